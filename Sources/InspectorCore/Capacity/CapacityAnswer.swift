// What a plan came to, and everything that it rests on. The form of the JSON is documented in docs/capacity.md.

/// An answer, or the reason why there is none.
package struct CapacityAnswer: Sendable {
    /// The version of the JSON's form.
    package static let version = 1

    /// The file, as the user named it.
    package var file: String
    /// The recording as it was read.
    package var recorded: RecordedTraffic
    package var question: CapacityQuestion
    /// The window that was planned for, in seconds; nil where the whole recording is no longer.
    package var window: Double?
    /// What the model is, as a sentence.
    package var model: String
    /// Rank correlation of the recorded times with the requests in flight; nil for too few.
    package var correlation: Double?
    /// How many workers the recorded times waited for; nil where they hold no wait.
    package var recordedWorkers: Int?
    /// Where the costs come from, as a sentence.
    package var costs: String
    /// Whether they were measured, now or before.
    package var isMeasured: Bool
    /// Cores that other programs used, and that the machine under this one took, while the costs were measured.
    package var others: Double?
    package var stolen: Double?
    package var modes: [ModeAnswer] = []
    /// Why there is no plan; nil where there is one.
    package var withheld: String?
    /// What the reader has to know besides.
    package var notes: [String] = []
    /// What real replays came to beside what was simulated of them.
    package var checks: [Check] = []
    /// Requests that were simulated, and how long that took, in seconds.
    package var simulated = 0
    package var seconds = 0.0
    /// What an instance costs an hour, in any currency.
    package var price: Double?

    /// A real replay of the recording on one instance beside the simulated one.
    package struct Check: Sendable, Equatable {
        package let mode: ExecutionMode
        package let workers: Int?
        /// In seconds.
        package let measured: Double
        package let simulated: Double

        package init(mode: ExecutionMode, workers: Int?, measured: Double, simulated: Double) {
            self.mode = mode
            self.workers = workers
            self.measured = measured
            self.simulated = simulated
        }
    }

    package init(
        file: String, recorded: RecordedTraffic, question: CapacityQuestion, window: Double?, model: String,
        costs: String, isMeasured: Bool
    ) {
        self.file = file
        self.recorded = recorded
        self.question = question
        self.window = window
        self.model = model
        self.costs = costs
        self.isMeasured = isMeasured
    }

    /// Whether every mode that was asked for meets the target.
    package var isMet: Bool {
        withheld == nil && !modes.isEmpty
            && modes.allSatisfy { if case .plan = $0 { true } else { false } }
    }

    var plans: [ModePlan] { modes.compactMap { if case .plan(let plan) = $0 { plan } else { nil } } }
}

extension CapacityAnswer {
    /// The answer as one JSON object.
    package var json: JSON {
        JSON([
            "inspector": ProductVersion.number, "version": Self.version, "file": file, "model": model,
            "traffic": [
                "requests": .int(recorded.count), "rate": number(recorded.rate),
                "window_s": number(window ?? recorded.length), "window_requests": .int(question.traffic.count),
                "window_rate": number(question.traffic.rate),
                "dispersion": [
                    "100ms": number(question.traffic.dispersion(seconds: 0.1)),
                    "1s": number(question.traffic.dispersion(seconds: 1)),
                ],
                "in_flight_correlation": number(correlation),
                "recorded_workers": recordedWorkers.map { .int($0) } ?? .null,
                "service_ms": [
                    "p50": milliseconds(question.traffic.time(quantile: 0.5)),
                    "p90": milliseconds(question.traffic.time(quantile: 0.9)),
                    "p99": milliseconds(question.traffic.time(quantile: 0.99)),
                ],
            ] as JSON,
            "target": [
                "quantile": number(question.target.quantile), "ms": milliseconds(question.target.time),
                "refused": number(question.target.refused),
            ] as JSON,
            "rate": number(question.rate), "margin": number(question.margin), "cores": question.cores,
            "spare": question.spare, "balance": question.balancing.rawValue, "balancers": question.balancers,
            "growth_of": question.growth.rawValue, "jitter_s": number(question.jitter),
            "queue": question.queueLimit, "costs_us": costsJSON, "plans": JSON.array(modes.map(mode)),
            "check": JSON.array(checks.map(check)), "withheld": withheld,
            "notes": JSON.array(notes.map { .string($0) }),
            "simulated": [
                "requests": .int(simulated), "seconds": number(seconds), "seed": .string("\(question.seed)"),
            ] as JSON,
        ])
    }

    /// The costs of each mode in µs, and how they were found: what `--costs FILE` reads.
    package var costsJSON: JSON {
        var members: [String: JSON] = [
            "measured": .bool(isMeasured), "from": .string(costs), "others_cores": number(others),
            "stolen_cores": number(stolen),
        ]
        for (mode, costs) in question.costs { members[mode.rawValue] = costs.json }
        return .object(members)
    }

    private func mode(_ answer: ModeAnswer) -> JSON {
        switch answer {
        case .impossible(let mode, let idle):
            return [
                "mode": .string(mode.rawValue), "meets": false,
                "unloaded_\(question.target.name)_ms": milliseconds(idle),
            ]
        case .plan(let plan):
            let name = question.target.name
            var members: [String: any JSONConvertible] = [
                "mode": plan.mode.rawValue, "meets": true, "workers": plan.workers, "instances": plan.instances,
                "instances_if_bursts_grow": plan.instancesIfBurstsGrow,
                "interval": [
                    "simulation": range(plan.simulated), "recording": plan.recorded.map(range) ?? .null,
                ] as JSON,
                "p50_ms": milliseconds(plan.median), "refused": number(plan.refused),
                "cores_busy": number(plan.coresBusy), "workers_held": number(plan.held),
                "most_per_instance": number(plan.mostPerInstance), "room": number(plan.room),
                "one_lost": plan.oneLost.map { lost in
                    ["\(name)_ms": milliseconds(lost), "meets": .bool(lost <= question.target.time)] as JSON
                },
                "knee": number(plan.knee),
                "curve": JSON.array(plan.curve.map { .array([number($0.load), milliseconds($0.time)]) }),
                "by_workers": JSON.array(
                    plan.byWorkers.map { JSON(["workers": $0.workers, "instances": $0.instances]) }),
                "price": number(price.map { $0 * Double(plan.instances) }),
            ]
            // Not in the literal: a target of p50 has the name of the median, and a literal traps on a name twice.
            members["\(name)_ms"] = milliseconds(plan.time)
            members["\(name)_half_width_ms"] = milliseconds(plan.timeHalfWidth)
            members["unloaded_\(name)_ms"] = milliseconds(plan.idle)
            return JSON(members)
        }
    }

    private func check(_ check: Check) -> JSON {
        JSON([
            "mode": check.mode.rawValue, "workers": check.workers,
            "measured_\(question.target.name)_ms": milliseconds(check.measured),
            "simulated_\(question.target.name)_ms": milliseconds(check.simulated),
        ])
    }

    /// Null where no number is enough.
    private func range(_ range: ClosedRange<Int>) -> JSON {
        [.int(range.lowerBound), range.upperBound == .max ? .null : .int(range.upperBound)]
    }

    /// Six digits; null for what is no number.
    private func number(_ value: Double?) -> JSON {
        guard let value, value.isFinite else { return .null }
        return .double((value * 1e6).rounded() / 1e6)
    }

    private func milliseconds(_ seconds: Double) -> JSON { number(seconds * 1000) }
}

extension InstanceCosts {
    /// The costs in µs.
    package var json: JSON {
        func micro(_ seconds: Double) -> JSON { .double((seconds * 1e9).rounded() / 1000) }
        return [
            "request": micro(request), "call": micro(call), "call_slack": micro(callSlack),
            "sub_thread": micro(subThread), "beside": micro(beside), "wait": micro(wait),
        ]
    }

    /// Reads what `json` wrote; nil where a member is missing or is no time from 0 to 10 s.
    package init?(json: JSON) {
        func seconds(_ name: String) -> Double? {
            guard let micro = json[name]?.number, (0...1e7).contains(micro) else { return nil }
            return micro / 1e6
        }
        guard let request = seconds("request"), let call = seconds("call"), let callSlack = seconds("call_slack"),
            let subThread = seconds("sub_thread"), let beside = seconds("beside"), let wait = seconds("wait")
        else { return nil }
        self.init()
        self.request = request
        self.call = call
        self.callSlack = callSlack
        self.subThread = subThread
        self.beside = beside
        self.wait = wait
    }
}
