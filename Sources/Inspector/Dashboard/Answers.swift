// The answers to the questions, out of requests that were measured: a sentence each, nil while there is too little.

internal import InspectorCore

/// What the requests that are kept say.
enum Answers {
    typealias Evidence = QuestionEvidence

    // MARK: Small measures

    static func median(_ values: [UInt64]) -> UInt64? {
        values.isEmpty ? nil : values.sorted()[(values.count - 1) / 2]
    }

    static func response(_ trace: Trace) -> UInt64 { trace.response(until: trace.done ?? 0) }

    /// How many of `ranges` lie over one another at most.
    private static func together(_ ranges: [(begin: UInt64, end: UInt64)]) -> Int {
        let edges = ranges.flatMap { [($0.begin, 1), ($0.end, -1)] }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        var (count, most) = (0, 0)
        for (_, step) in edges {
            count += step
            most = max(most, count)
        }
        return most
    }

    /// While it held its worker; without one, from its acceptance to its answer.
    private static func served(_ trace: Trace) -> (begin: UInt64, end: UInt64) {
        let accepted = trace.summary.accepted
        return trace.workerHeld(until: trace.done ?? accepted) ?? (accepted, trace.done ?? accepted)
    }

    /// How many times as fast the second is, by medians; nil where that may be chance.
    private static func speed(_ before: [UInt64], _ after: [UInt64]) -> Double? {
        var samples = (ResponseSample(), ResponseSample())
        for time in before { samples.0.add(time) }
        for time in after { samples.1.add(time) }
        guard let speed = SpeedRatio(base: [samples.0], other: [samples.1]), !speed.crossesOne else { return nil }
        return speed.ratio
    }

    /// The rule that took it, or its path where nothing tells of rules.
    static func route(_ trace: Trace) -> String {
        trace.rule.isEmpty ? String(trace.summary.target.prefix { $0 != "?" }) : trace.rule
    }

    /// How many calls its view made.
    private static func viewCalls(_ trace: Trace) -> UInt64 {
        UInt64(LaneComparison.calls(of: trace, until: trace.done ?? 0).count)
    }

    private static func elapsed(_ traces: [Trace]) -> UInt64 {
        (traces.compactMap(\.done).max() ?? 0).subtractingSaturated(traces.map(\.began).min() ?? 0)
    }

    // MARK: The answers

    static let oneCall: @Sendable (Evidence) -> String? = { evidence in
        let sides = evidence.sides.filter { !$0.traces.isEmpty }
        guard let async = evidence.side(.async), async.traces.count >= 4 else { return nil }
        let calls = median(async.traces.map(viewCalls)) ?? 0
        let took = sides.map { side in
            "\(side.lane.name) \(evidence.text(elapsed(side.traces))), \(together(side.traces.map(served))) at a time"
        }
        let why =
            calls <= 1
            ? "A request awaits \(calls == 1 ? "one call" : "no call"): nothing overlaps within it, and its worker is held all the while."
            : "A request makes \(calls) calls, which overlap within it; between requests the workers set the pace."
        return why + " \(async.traces.count) requests took: " + took.joined(separator: "; ") + "."
    }

    static let queue: @Sendable (Evidence) -> String? = { evidence in
        let all = evidence.sides.flatMap { side in side.traces.map { (side.lane, $0) } }
        guard all.count >= 4, let (lane, slowest) = all.max(by: { response($0.1) < response($1.1) }),
            let done = slowest.done
        else { return nil }
        let queue = slowest.queue(until: done)
        let service = slowest.service(until: done)
        // Who found a worker at once has waited a moment as well.
        let least = max(1_000_000, queue / 20)
        let waiting = all.filter { $0.0.id == lane.id && $0.1.queue(until: done) > least }.map(\.1).first
        return
            "Both. #\(slowest.id.number) in \(lane.name) took \(evidence.text(response(slowest))) as its client saw it: "
            + "\(evidence.text(slowest.arriving)) arriving, \(evidence.text(queue)) in the queue, \(evidence.text(service)) of service, "
            + "which is all that a view can measure."
            + (waiting.map { " The queue began with #\($0.id.number)." } ?? "")
    }

    static let workers: @Sendable (Evidence) -> String? = { evidence in
        let parts = evidence.sides.compactMap { side -> String? in
            guard let workers = workers(of: side), side.traces.count >= 4, let needed = workersNeeded(side.traces)
            else { return nil }
            let most = side.traces.map { $0.queue(until: $0.done ?? 0) }.max() ?? 0
            let held = side.traces.map { $0.heldTime(until: $0.done ?? 0) }.sumSaturated()
            let share = Double(held) / Double(max(1, elapsed(side.traces))) / Double(max(1, workers)) * 100
            return
                "\(side.lane.name): \(workers) worker\(workers == 1 ? "" : "s")\(side.lane.load == nil ? " seen" : ""), held \(Int(saturating: min(100, share).rounded()))% of the time, the "
                + "longest wait \(evidence.text(most)); with \(needed) nothing waits"
        }
        guard !parts.isEmpty else { return nil }
        return "For this traffic, as it came: " + parts.joined(separator: ". ")
            + ". A thread more each costs memory, no core."
    }

    /// How many workers a lane has; of a server elsewhere, how many threads its requests were seen on; nil where neither is
    /// known.
    private static func workers(of side: Evidence.Side) -> Int? {
        if let load = side.lane.load { return load.workers }
        let tracks = side.traces.compactMap { trace in
            trace.workerHeld(until: trace.done ?? 0) == nil ? nil : (trace.first(.routing) ?? trace.first(.view))?.track
        }
        return tracks.isEmpty ? nil : Set(tracks).count
    }

    /// The fewest workers with which none of the same requests would have waited a millisecond: each comes when it came, and
    /// holds a worker for as long as it did.
    static func workersNeeded(_ traces: [Trace]) -> Int? {
        let jobs = traces.compactMap { trace -> (begin: UInt64, length: UInt64)? in
            guard let held = trace.workerHeld(until: trace.done ?? 0) else { return nil }
            return (trace.summary.accepted, held.end.subtractingSaturated(held.begin))
        }.sorted { $0.begin < $1.begin }
        guard !jobs.isEmpty else { return nil }
        for workers in 1...512 {
            var free = [UInt64](repeating: 0, count: workers)
            let isEnough = jobs.allSatisfy { job in
                guard let place = free.indices.min(by: { free[$0] < free[$1] }) else { return false }
                let begin = max(job.begin, free[place])
                free[place] = begin.addingSaturated(job.length)
                return begin - job.begin < 1_000_000
            }
            if isEnough { return workers }
        }
        return nil
    }

    static let worth: @Sendable (Evidence) -> String? = { evidence in
        guard let sync = evidence.side(.sync), let async = evidence.side(.async) else { return nil }
        func byPath(_ traces: [Trace]) -> [String: [Trace]] {
            Dictionary(grouping: traces, by: route)
        }
        let (one, two) = (byPath(sync.traces), byPath(async.traces))
        let parts = one.keys.sorted().compactMap { path -> String? in
            // The queue is the pool's, and not the view's.
            let before = (one[path] ?? []).map { $0.service(until: $0.done ?? 0) }
            let after = (two[path] ?? []).map { $0.service(until: $0.done ?? 0) }
            guard min(before.count, after.count) >= 3, let slow = median(before), let fast = median(after) else {
                return nil
            }
            let calls = median((two[path] ?? []).map(viewCalls)) ?? 0
            let ratio = speed(before, after)
            if let ratio, ratio > 1.1, calls > 1 {
                return "\(path) is \(ratio.decimal(places: 1)) times as fast async: its \(calls) calls overlap"
            }
            guard ratio.map({ $0 < 1 }) ?? false else {
                return "\(path) gains nothing: it makes \(calls) call\(calls == 1 ? "" : "s")"
            }
            return "\(path) is \(evidence.text(fast.subtractingSaturated(slow))) slower async: it makes \(calls) "
                + "call\(calls == 1 ? "" : "s"), and a sub-thread costs that"
        }
        guard !parts.isEmpty else { return nil }
        // What the app spends in all, each route as often as it was asked for in both.
        let sums = one.keys.reduce(into: (before: 0.0, after: 0.0)) { sums, path in
            guard let others = two[path], let traces = one[path] else { return }
            let times = (traces, others)
            guard let slow = median(times.0.map { $0.service(until: $0.done ?? 0) }),
                let fast = median(times.1.map { $0.service(until: $0.done ?? 0) })
            else { return }
            let count = Double(min(traces.count, others.count))
            sums.before += Double(slow) * count
            sums.after += Double(fast) * count
        }
        let ratio = sums.after > 0 ? sums.before / sums.after : 1
        let whole =
            ratio > 1.1
            ? "Yes, for this traffic: its service takes \(ratio.decimal(places: 1)) times as long sync. "
            : ratio < 0.9
                ? "No, for this traffic: its service takes \((1 / max(0.01, ratio)).decimal(places: 1)) times as long async. "
                : "It makes no difference for this traffic as a whole. "
        return whole + parts.joined(separator: "; ") + ". Of service, medians."
    }

    static let hooks: @Sendable (Evidence) -> String? = { evidence in
        guard let async = evidence.side(.async), async.traces.count >= 4 else { return nil }
        let counts = async.traces.map { $0.spans.count { $0.kind == .subThread } }
        guard let count = median(counts.map(UInt64.init)), count > 0,
            let cost = median(async.traces.map { CriticalPath(trace: $0, until: $0.done ?? 0).total(kind: .subThread) })
        else { return nil }
        let sync = evidence.side(.sync).flatMap { median($0.traces.map { $0.service(until: $0.done ?? 0) }) }
        let whole = median(async.traces.map { $0.service(until: $0.done ?? 0) }) ?? 0
        return
            "Each async function gets a thread with a loop of its own: about \(evidence.text(cost / count)) here. A request of "
            + "\(count) of them (hooks and view) pays \(evidence.text(cost)) (median)"
            + (sync.map { "; the whole service is \(evidence.text(whole)) async, \(evidence.text($0)) sync." } ?? ".")
    }

    static let blocking: @Sendable (Evidence) -> String? = { evidence in
        let sentences = evidence.sides.compactMap { side -> String? in
            let blocked = side.traces.flatMap { trace in
                trace.spans.filter { span in
                    span.kind == .blocked && (trace.parent(of: span)?.isAsync ?? false)
                }.map { (trace, $0) }
            }
            guard
                let (trace, span) = blocked.max(by: {
                    $0.1.duration(until: evidence.now) < $1.1.duration(until: evidence.now)
                })
            else { return nil }
            // Who came to the loop meanwhile, and had to wait.
            let late = side.traces.filter { other in
                other.id != trace.id
                    && other.spans.contains { other.holder(of: $0, until: evidence.now)?.request == trace.id }
            }
            let whom =
                late.isEmpty
                ? side.gait == .async
                    ? "its loop is its own: nobody else was held up, only its own calls could not overlap"
                    : "nobody else was on that loop"
                : "\(late.count) other request\(late.count == 1 ? "" : "s") on that loop waited, the longest "
                    + evidence.text(late.map(response).max() ?? 0)
            return "\(side.lane.name): \(span.label.madeVisible) blocked #\(trace.id.number)'s loop for "
                + "\(evidence.text(span.duration(until: evidence.now))); \(whom)"
        }
        return sentences.isEmpty ? nil : sentences.joined(separator: ". ") + "."
    }

    static let slowOnes: @Sendable (Evidence) -> String? = { evidence in
        var found: (lane: LaneModel, trace: Trace, holder: (request: RequestID, function: String, time: UInt64))?
        for side in evidence.sides {
            for trace in side.traces {
                for span in trace.spans {
                    guard let holder = trace.holder(of: span, until: evidence.now), holder.request != trace.id,
                        holder.time > (found?.holder.time ?? 1_000_000)
                    else { continue }
                    found = (side.lane, trace, holder)
                }
            }
        }
        if let found {
            let usual =
                median(
                    evidence.sides.filter { $0.lane.id == found.lane.id }.flatMap(\.traces)
                        .filter { $0.summary.target == found.trace.summary.target }.map(response)) ?? 0
            return
                "#\(found.trace.id.number) in \(found.lane.name) took \(evidence.text(response(found.trace))), where half take "
                + "\(evidence.text(usual)): its loop ran #\(found.holder.request.number), "
                + "\(found.holder.function.madeVisible), for \(evidence.text(found.holder.time)). Whoever comes to the loop then is the "
                + "slow one."
        }
        if let words = heldProcess(evidence) { return words }
        // Where there are workers it is they that were full.
        guard let side = evidence.sides.first(where: { $0.traces.count >= 10 && workers(of: $0) != nil }),
            let slowest = side.traces.max(by: { $0.queue(until: $0.done ?? 0) < $1.queue(until: $1.done ?? 0) })
        else { return nil }
        let queue = slowest.queue(until: slowest.done ?? 0)
        guard queue > 10_000_000 else { return nil }
        return "#\(slowest.id.number) in \(side.lane.name) waited \(evidence.text(queue)) for a worker: all were held."
    }

    static let teardown: @Sendable (Evidence) -> String? = { evidence in
        var parts: [(key: String, words: String)] = []
        for side in evidence.sides.reversed() {
            for trace in side.traces.suffix(100).reversed() {
                guard let torn = trace.first(.teardownRequest) else { continue }
                // The server's own span ends as badly as what lies in it.
                let raised = trace.spans.first { ($0.kind == .view || $0.kind.isHook) && $0.outcome == .raised }
                let isGone = trace.moments.contains { $0.kind == .clientGone || $0.kind == .clientClosedSide }
                let body = trace.first(.stream) ?? trace.first(.receiving).flatMap { longBody($0) }
                let key =
                    isGone
                    ? "its client goes"
                    : raised != nil ? "the view raises" : body != nil ? "the body streams" : "the view returns"
                guard !parts.contains(where: { $0.key == key }) else { continue }
                let given = trace.moments.first {
                    $0.kind == .givenError || ($0.kind == .mark && $0.label.hasPrefix("torn down"))
                }
                let order =
                    body.map {
                        torn.begin <= $0.begin
                            ? ", before the first byte of the body"
                            : torn.begin < ($0.end ?? .max)
                                ? ", while the body streamed" : ", after the body's last byte"
                    } ?? ""
                let error = given.map {
                    $0.kind == .givenError ? ", given \($0.label.madeVisible)" : ", \($0.detail.madeVisible)"
                }
                parts.append(
                    (
                        key,
                        "when \(key) (#\(trace.id.number) in \(side.lane.name)): yes, "
                            + "\(evidence.text(torn.begin.subtractingSaturated(trace.began))) in"
                            + (raised.map { " after \($0.detail.madeVisible) was thrown" } ?? "") + order
                            + (error ?? "")
                    ))
            }
        }
        guard !parts.isEmpty else { return nil }
        return "Teardown runs " + parts.map(\.words).sorted().joined(separator: "; ") + "."
    }

    /// The body of an answer where it took long enough to have come in pieces.
    private static func longBody(_ body: Span) -> Span? {
        body.duration(until: body.end ?? body.begin) > 20_000_000 ? body : nil
    }

    static let holdingCall: @Sendable (Evidence) -> String? = { evidence in
        let sentences = evidence.sides.prefix(3).compactMap { holdingCall(of: $0, evidence: evidence) }
        return sentences.isEmpty ? nil : sentences.joined(separator: ". ") + "."
    }

    private static func holdingCall(of side: Evidence.Side, evidence: Evidence) -> String? {
        var times: [String: UInt64] = [:]
        var held: UInt64 = 0
        for trace in side.traces {
            let done = trace.done ?? 0
            held = held.addingSaturated(trace.heldTime(until: done))
            for span in trace.innermostWaits where span.isCall {
                times[span.label, default: 0] = (times[span.label] ?? 0).addingSaturated(span.duration(until: done))
            }
        }
        guard held > 0, let most = times.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }) else { return nil }
        let rest = times.filter { $0.key != most.key }.max { $0.value < $1.value }
        let share = Int(saturating: (Double(most.value) / Double(held) * 100).rounded())
        return
            "\(most.key.madeVisible): \(evidence.text(most.value)) of the \(evidence.text(held)) in which workers of \(side.lane.name) "
            + "were held by \(side.traces.count) requests, \(min(100, share))%"
            + (rest.map { "; the next is \($0.key.madeVisible) with \(evidence.text($0.value))" } ?? "")
    }

    static let loops: @Sendable (Evidence) -> String? = { evidence in
        guard let async = evidence.side(.async), let native = evidence.side(.native),
            min(async.traces.count, native.traces.count) >= 4,
            let one = median(async.traces.map(response)), let two = median(native.traces.map(response))
        else { return nil }
        let cost =
            median(async.traces.map { CriticalPath(trace: $0, until: $0.done ?? 0).total(kind: .subThread) }) ?? 0
        return
            "\(async.lane.name) holds a worker for each request: \(together(async.traces.map(served))) at a time, half answered within "
            + "\(evidence.text(one)), \(evidence.text(cost)) of it for sub-threads. \(native.lane.name), on its loop: "
            + "\(together(native.traces.map(served))) at a time, half within \(evidence.text(two)). Within a request both overlap "
            + "calls; only loops also overlap waiting requests, and there a view that blocks holds up all."
    }
}
