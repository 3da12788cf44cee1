// Looks for patterns in traces. Pure, and careful: what may be as it has to be is only worth a look.

/// Finds what is worth telling.
package struct Findings {
    /// The bounds between nothing, a look and a warning.
    package enum Bound {
        /// A loop held for so long, in ns.
        package static let blockedLook: UInt64 = 2_000_000
        package static let blockedWarn: UInt64 = 20_000_000
        /// Calls in a row that together took so long, in ns.
        package static let rowTotal: UInt64 = 50_000_000
        /// The slowest of them took at most this part of the whole.
        package static let rowShare = 0.7
        /// A hook took this part of the request's service time, and so long.
        package static let hookLook = 0.4
        package static let hookWarn = 0.6
        package static let hookTime: UInt64 = 10_000_000
        /// An await has been pending for so long, in ns.
        package static let pendingLook: UInt64 = 2_000_000_000
        package static let pendingWarn: UInt64 = 5_000_000_000
        /// So many requests make a pattern of what one alone might be by chance.
        package static let pattern = 3
    }

    /// How many of a lane's newest requests are looked at.
    package static let reach = 200

    private struct Key: Hashable {
        let kind: FindingKind
        let lane: LaneDescription
        let subject: String
    }

    private struct Sight {
        var level: Finding.Level
        var seen: String
        var weight: UInt64
        var example: RequestID
        var count = 1
    }

    private let now: UInt64
    private var sights: [Key: Sight] = [:]

    /// What is worth telling of the newest of `traces`, those of one lane, most certain first.
    ///
    /// - Parameter text: writes a time in ns.
    package static func look(
        at traces: [Trace], now: UInt64, text: (UInt64) -> String
    ) -> [Finding] {
        var findings = Findings(now: now)
        for trace in traces.suffix(reach) { findings.look(at: trace, text) }
        return findings.sights.map { key, sight in
            var level = sight.level
            // Seen once or twice it may be chance.
            if key.kind == .neverAwaits || key.kind == .workersExhausted, sight.count < Bound.pattern { level = .look }
            return Finding(
                kind: key.kind, level: level, lane: key.lane, subject: key.subject, seen: sight.seen,
                example: sight.example,
                count: sight.count)
        }.sorted { left, right in
            if left.level != right.level { return left.level > right.level }
            if left.count != right.count { return left.count > right.count }
            return (left.kind.rawValue, left.seen) < (right.kind.rawValue, right.seen)
        }
    }

    private init(now: UInt64) { self.now = now }

    /// Which function each span lies in, found once for a trace: asked for each pair of spans, a deep trace out of a file
    /// would take minutes.
    private struct Functions {
        /// The place of the function in which the span of that number lies, or which it is.
        private var holders: [SpanID: Int] = [:]
        /// By the number of their function: calls of services that have ended.
        private(set) var calls: [SpanID: [Span]] = [:]
        /// The functions in which something was awaited, or a task was made.
        private(set) var waiting: Set<SpanID> = []
        /// By their track.
        private(set) var polls: [UInt32: [Span]] = [:]

        init(_ trace: Trace) {
            // A span's parent stands before it.
            for place in trace.spans.indices {
                let span = trace.spans[place]
                let isFunction = span.kind.isFunction
                let holder = isFunction ? place : trace.parent(of: span).flatMap { holders[$0.id] }
                holders[span.id] = holder
                if span.kind == .poll { polls[span.track, default: []].append(span) }
                guard !isFunction, let holder else { continue }
                let function = trace.spans[holder].id
                if span.kind == .await || span.kind == .task { waiting.insert(function) }
                if span.isCall, span.end != nil { calls[function, default: []].append(span) }
            }
        }

        func function(of span: Span, _ trace: Trace) -> Span? { holders[span.id].map { trace.spans[$0] } }
    }

    private mutating func look(at trace: Trace, _ text: (UInt64) -> String) {
        let functions = Functions(trace)
        for span in trace.spans {
            if span.kind == .blocked {
                lookAtBlocked(span, functions, trace, text)
            } else if span.kind == .await {
                lookAtPending(span, trace, text)
            } else if span.kind.isTeardown, span.outcome == .raised {
                note(
                    .teardownFailed, .warn, trace, span.label, weight: 1,
                    "The teardown \(span.label) threw \(span.detail) after \(trace.summary.method) \(place(trace)).")
            } else if span.kind.isFunction {
                lookAtFunction(span, functions, trace, text)
            }
        }
        lookAtQueue(trace, text)
        lookAtHooks(trace, text)
    }

    private mutating func note(
        _ kind: FindingKind, _ level: Finding.Level, _ trace: Trace, _ subject: String, weight: UInt64, _ seen: String
    ) {
        let key = Key(kind: kind, lane: trace.summary.lane, subject: subject)
        guard var known = sights[key] else {
            sights[key] = Sight(level: level, seen: seen, weight: weight, example: trace.id)
            return
        }
        known.count += 1
        known.level = max(known.level, level)
        if weight > known.weight {
            known.seen = seen
            known.weight = weight
            known.example = trace.id
        }
        sights[key] = known
    }

    /// The route, or the path where no route was found.
    private func place(_ trace: Trace) -> String {
        trace.rule.isEmpty ? String(trace.summary.target.prefix { $0 != "?" }) : trace.rule
    }

    private mutating func lookAtBlocked(
        _ span: Span, _ functions: Functions, _ trace: Trace, _ text: (UInt64) -> String
    ) {
        guard let function = functions.function(of: span, trace), function.isAsync else { return }
        let time = span.duration(until: now)
        guard time >= Bound.blockedLook else { return }
        note(
            .blockedLoop, time >= Bound.blockedWarn ? .warn : .look, trace, function.label + span.label, weight: time,
            "\(function.label) held its event loop for \(text(time)): blocked on \(span.label).")
    }

    private mutating func lookAtPending(_ span: Span, _ trace: Trace, _ text: (UInt64) -> String) {
        let time = span.duration(until: now)
        guard span.end == nil, time >= Bound.pendingLook, !span.flags.contains(.leaked) else { return }
        note(
            .pendingLong, time >= Bound.pendingWarn ? .warn : .look, trace, span.label, weight: time,
            "\(span.label) has been pending for \(text(time)) in \(trace.summary.method) \(place(trace)).")
    }

    private mutating func lookAtFunction(
        _ span: Span, _ functions: Functions, _ trace: Trace, _ text: (UInt64) -> String
    ) {
        lookAtRow(functions.calls[span.id] ?? [], of: span, trace, text)
        guard span.isOnSubThread, let end = span.end, trace.skipped.isEmpty, !functions.waiting.contains(span.id) else {
            return
        }
        // A suspension without a name is seen by its second poll.
        let polls = (functions.polls[span.track] ?? []).count { $0.begin <= end && ($0.end ?? end) >= span.begin }
        guard polls <= 1 else { return }
        note(
            .neverAwaits, .warn, trace, span.label, weight: span.duration(until: now),
            "\(span.label) is async and awaited nothing, in a thread made for it.")
    }

    private mutating func lookAtRow(
        _ calls: [Span], of function: Span, _ trace: Trace, _ text: (UInt64) -> String
    ) {
        var row: [Span] = []
        var longest: [Span] = []
        for call in calls.sorted(by: { $0.begin < $1.begin }) {
            if let last = row.last?.end, call.begin >= last { row.append(call) } else { row = [call] }
            if row.count > longest.count { longest = row }
        }
        guard longest.count >= 2, let first = longest.first, let last = longest.last?.end else { return }
        // Together they would still take as long as the slowest.
        let slowest = longest.map { $0.duration(until: now) }.max() ?? 0
        let total = last.subtractingSaturated(first.begin)
        guard total >= Bound.rowTotal, Double(slowest) <= Double(total) * Bound.rowShare else { return }
        // Two may well need one another; three or more of one service seldom do.
        let service = Set(longest.map { $0.label.split(separator: "/").first.map(String.init) ?? $0.label })
        let isPattern = longest.count >= Bound.pattern && service.count == 1
        note(
            .callsInARow, isPattern ? .warn : .look, trace, function.label, weight: total,
            "\(longest.count) calls in a row in \(function.label), \(text(total)); together about \(text(slowest)), as "
                + "long as the slowest, if none needs another's answer.")
    }

    private mutating func lookAtQueue(_ trace: Trace, _ text: (UInt64) -> String) {
        guard let queued = trace.first(.queued) else { return }
        let waited = trace.queue(until: now)
        let service = trace.service(until: now)
        guard queued.end != nil, trace.done != nil, waited > service, waited >= Bound.hookTime else { return }
        note(
            .workersExhausted, .warn, trace, "", weight: waited,
            "\(trace.summary.method) \(place(trace)) waited \(text(waited)) for a worker, and took \(text(service)) then."
        )
    }

    private mutating func lookAtHooks(_ trace: Trace, _ text: (UInt64) -> String) {
        guard trace.done != nil else { return }
        let service = trace.service(until: now)
        guard service > 0, trace.first(.view) != nil else { return }
        for span in trace.spans where span.kind.isHook {
            let time = span.duration(until: now)
            let share = Double(time) / Double(service)
            guard time >= Bound.hookTime, share >= Bound.hookLook else { continue }
            note(
                .hookDominates, share >= Bound.hookWarn ? .warn : .look, trace, span.label, weight: time,
                "The hook \(span.label) took \(text(time)) of \(text(service)) in \(trace.summary.method) "
                    + "\(place(trace)).")
        }
    }
}
