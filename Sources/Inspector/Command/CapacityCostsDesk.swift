// Where the costs of a plan come from: a file, a measurement, or nowhere.

internal import ArgumentParser
internal import Foundation
internal import InspectorCore

/// Finds the costs that a plan counts.
struct CapacityCostsDesk {
    private let runner: CommandRunner
    private let arguments: CapacityArguments
    private let force: Bool

    init(runner: CommandRunner, arguments: CapacityArguments, force: Bool) {
        self.runner = runner
        self.arguments = arguments
        self.force = force
    }

    /// Puts them into the question of `answer`; withholds it where they could not be measured.
    ///
    /// - Parameter checks: whether real replays are made as well, to compare.
    /// - Throws: `ExitCode(130)` when a signal asked to stop.
    func find(
        for answer: inout CapacityAnswer, traffic: TrafficSource, model: RecordedModelOptions, checks: Bool
    ) throws {
        if case .file(let path) = arguments.costs { try read(path, into: &answer) }
        guard arguments.costs == .measure || checks else { return }
        let hosting = try HostingOptions.parse(["--mode", arguments.mode.rawValue, "--seed", "\(model.seed)"])
        let host = try runner.makeHost(
            runner.choose("model", hosting: hosting), hosting: hosting,
            options: ServeOptions.parse(["--port", "0", "--otlp", "off"]), keepsLittle: true)
        defer { CommandRunner.tell(CommandRunner.stop(host), onlyStuck: true) }
        do { try measure(host, for: &answer, traffic: traffic, model: model, checks: checks) } catch is Calibrator
            .Stopped
        {
            CapacityCommand.status("")
            throw ExitCode(130)
        }
    }

    private func measure(
        _ host: Host, for answer: inout CapacityAnswer, traffic: TrafficSource, model: RecordedModelOptions,
        checks: Bool
    ) throws {
        let calibrator = Calibrator(host: host, traffic: traffic, model: model)
        let times = answer.recorded.times
        let began = MonotonicClock.now()
        var loads: [ExecutionMode: Double] = [:]
        var (others, stolen): ([Double], [Double]) = ([], [])
        if arguments.costs == .measure {
            for (index, slot) in host.rack.shown.enumerated() {
                guard let mode = slot.lane.description.mode else { continue }
                CapacityCommand.status("measuring what a request costs here: \(mode.rawValue)")
                let costs = try calibrator.costs(lane: index, times: times)
                answer.question.costs[mode] = costs.found.costs
                loads[mode] = costs.found.load
                others += costs.others.map { [$0] } ?? []
                stolen += costs.stolen.map { [$0] } ?? []
            }
            let seconds = (Double(MonotonicClock.now().subtractingSaturated(began)) / 1e9).rounded()
            (answer.others, answer.stolen, answer.isMeasured) = (others.max(), stolen.max(), true)
            answer.costs = words(of: answer, seconds: Int(seconds))
            let taken = (answer.others ?? 0) + (answer.stolen ?? 0)
            guard taken <= ReplayResult.mostTaken else {
                answer.withheld =
                    "others took \(CapacityAnswer.percent(taken)) of a core while costs were measured: they would be of no use. "
                    + "Try again when it is quiet, or use --costs FILE or --costs none"
                return
            }
            if let path = arguments.saveCosts { try write(answer, to: path) }
        }
        guard checks else { return }
        for (index, slot) in host.rack.shown.enumerated() {
            guard let mode = slot.lane.description.mode else { continue }
            CapacityCommand.status("replaying the recording, to check: \(mode.rawValue)")
            let found = Calibration.Found(
                costs: answer.question.costs[mode] ?? InstanceCosts(), load: loads[mode] ?? 0)
            let seconds = 55 / Double(max(1, host.rack.shown.count))
            let (check, taken) = try calibrator.check(
                lane: index, seconds: seconds, question: answer.question, times: times, found: found)
            answer.checks.append(check)
            if let taken, taken > ReplayResult.mostTaken {
                answer.notes.append(
                    "others took \(CapacityAnswer.percent(taken)) of a core while \(mode.rawValue) was checked: what was measured "
                        + "then is not worth much")
            }
        }
    }

    /// `costs of this machine, measured 12 s: sync request 250µs …`.
    private func words(of answer: CapacityAnswer, seconds: Int) -> String {
        func time(_ seconds: Double) -> String { TimeText.short(nanoseconds: UInt64(saturating: seconds * 1e9)) }
        let parts = arguments.mode.modes.compactMap { mode -> String? in
            answer.question.costs[mode].map { costs in
                "\(mode.rawValue) request \(time(costs.request)), call \(time(costs.call)) of CPU and "
                    + "\(time(costs.callSlack)) more"
                    + (costs.subThread > 0 ? ", sub-threads \(time(costs.subThread))" : "")
            }
        }
        let others = answer.others.map { "others used \(CapacityAnswer.percent($0)) of a core" }
        let stolen = answer.stolen.map {
            $0 > 0.005 ? ", \(CapacityAnswer.percent($0)) was taken by the machine under it" : ""
        }
        return "costs of this machine, measured \(seconds) s: \(parts.joined(separator: "; ")); "
            + (others ?? "what others used of it is not known") + (stolen ?? "")
    }

    private func write(_ answer: CapacityAnswer, to path: String) throws {
        let json = JSON(["costs_us": answer.costsJSON])
        try FileWriting.write(json.encoded + [10], toNew: path, replacing: force)
    }

    /// Reads what `--save-costs` wrote.
    private func read(_ path: String, into answer: inout CapacityAnswer) throws {
        let json: JSON
        do { json = try JSON(parsing: Data(contentsOf: URL(fileURLWithPath: path))) } catch {
            throw FileProblem(path: path, reason: "it holds no costs (\(error))")
        }
        for mode in arguments.mode.modes {
            guard let found = json["costs_us"]?[mode.rawValue].flatMap(InstanceCosts.init(json:)) else {
                throw FileProblem(
                    path: path, reason: "it has no costs of \(mode.rawValue): --save-costs writes such a file")
            }
            answer.question.costs[mode] = found
        }
        answer.costs = "costs from \(path)"
        answer.isMeasured = true
    }
}
