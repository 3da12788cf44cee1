// A trace as it was at an earlier moment: what slow motion, stepping back and an opened recording show.

extension Trace {
    /// What was known of the request at `time`, or nil when its client had not begun yet.
    ///
    /// A span that went on then has no end, and what began later is not there.
    package func seen(at time: UInt64) -> Trace? {
        guard began <= time else { return nil }
        if done != nil, open == 0, newest <= time { return self }
        var seen = Trace(summary: summary)
        seen.skipped = skipped
        seen.spans = spans.compactMap { span in
            guard span.begin <= time else { return nil }
            guard let end = span.end, end > time else { return span }
            var span = span
            span.end = nil
            span.outcome = .none
            span.detail = ""
            span.endValue = 0
            return span
        }
        seen.moments = moments.filter { $0.time <= time }
        seen.open = seen.spans.count { $0.end == nil }
        seen.newest = min(newest, time)
        if let done, done <= time {
            seen.done = done
            seen.status = status
        }
        if seen.spans.contains(where: { $0.kind == .routing && $0.end != nil }) {
            seen.endpoint = endpoint
            seen.rule = rule
        }
        return seen
    }

    /// Every moment at which something began, ended or happened, in order and each once.
    package var instants: [UInt64] {
        let times = [began, summary.accepted] + spans.map(\.begin) + spans.compactMap(\.end) + moments.map(\.time)
        return Set(times + [done].compactMap { $0 }).sorted()
    }
}
