// The same request in two lanes: by how much one answered sooner, and what that came from.

/// What a request did in one lane compared with what it did in another.
///
/// Both times are taken apart along their critical paths, so the differences by kind add up to the whole difference.
package struct LaneComparison: Sendable {
    /// One lane's side.
    package struct Side: Sendable {
        package let lane: LaneDescription
        /// From acceptance to answer, in ns.
        package let whole: UInt64
        package let path: CriticalPath
        /// The external calls of its view.
        package let calls: Calls
        package let subThreads: Int
    }

    /// The calls that a view made.
    package struct Calls: Sendable, Equatable {
        package let count: Int
        /// How long each took, added up, in ns.
        package let sum: UInt64
        /// From the begin of the first to the end of the last, in ns.
        package let spread: UInt64

        /// Whether they were under way together.
        package var overlapped: Bool { count > 1 && sum > spread.addingSaturated(spread / 4) }

        /// Whether each began when the one before it had ended: then they take no longer together than one by one.
        ///
        /// What is neither was under way together for a part of its time.
        package var inARow: Bool { sum <= spread.addingSaturated(spread / 50) }
    }

    package let first: Side
    package let second: Side

    /// Compares two traces of one request; nil until both are answered, and where a server gave no answer.
    package init?(first: Trace, second: Trace) {
        guard let one = LaneComparison.side(trace: first), let two = LaneComparison.side(trace: second) else {
            return nil
        }
        self.first = one
        self.second = two
    }

    /// The second's time of a kind less the first's, in ns.
    package func difference(kind: CriticalPath.Kind) -> Int64 {
        Int64(clamping: second.path.total(kind: kind)).subtractingSaturated(
            Int64(clamping: first.path.total(kind: kind)))
    }

    /// The second's whole time less the first's, in ns.
    package var difference: Int64 {
        Int64(clamping: second.whole).subtractingSaturated(Int64(clamping: first.whole))
    }

    /// The external calls in the view of `trace`.
    package static func calls(of trace: Trace, until now: UInt64) -> Calls {
        let calls = trace.innermostWaits.filter { $0.isCall && isInView($0, trace: trace) }
        let first = calls.map(\.begin).min() ?? 0
        let last = calls.map { $0.end ?? now }.max() ?? first
        return Calls(
            count: calls.count, sum: calls.map { $0.duration(until: now) }.sumSaturated(),
            spread: last > first ? last - first : 0)
    }

    private static func isInView(_ span: Span, trace: Trace) -> Bool {
        var current: Span? = span
        while let next = current {
            if next.kind == .view { return true }
            if next.kind == .background { return false }
            current = trace.parent(of: next)
        }
        return false
    }

    private static func side(trace: Trace) -> Side? {
        guard let done = trace.done, trace.hasAnswer else { return nil }
        return Side(
            lane: trace.summary.lane, whole: trace.response(until: done), path: CriticalPath(trace: trace, until: done),
            calls: calls(of: trace, until: done), subThreads: trace.spans(.subThread).count)
    }
}
