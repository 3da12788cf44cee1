// What the loop of one async function did while the function went on.

/// A function's time on its loop, in three parts that add up to the time from its begin to its end.
///
/// This is the view of a function: *busy* while some task of it ran, *scheduled* while none ran and one was ready,
/// *idle* while all waited. A single task's own time is another view, and the two are never added.
package struct LoopTime: Sendable, Equatable {
    /// In ns.
    package let busy: UInt64
    /// In ns.
    package let scheduled: UInt64
    /// In ns.
    package let idle: UInt64
    /// How often a task was run.
    package let polls: Int

    /// Looks at the polls on the function's thread while it went on; nil when there were none.
    package init?(of function: Span, in trace: Trace, until now: UInt64) {
        guard let pieces = LoopPieces(of: function, in: trace, until: now) else { return nil }
        polls = pieces.polls
        busy = TimeRanges.length(pieces.ran)
        scheduled = TimeRanges.length(pieces.ready)
        idle = max(function.begin, function.end ?? now) - function.begin - busy - scheduled
    }
}

/// When the code of an async function ran, and when it could have.
package struct LoopPieces: Sendable {
    /// In which some task of it ran, in order.
    package let ran: [Range<UInt64>]
    /// In which one was ready and none ran, in order: the loop ran something else.
    package let ready: [Range<UInt64>]
    /// How often a task was run.
    package let polls: Int
    /// What the loop ran in the longest of the times in which one was ready, where that was for long.
    package let holder: (request: RequestID, function: String, time: UInt64)?

    /// Looks at the polls on the function's thread while it went on; nil when there were none.
    package init?(of function: Span, in trace: Trace, until now: UInt64) {
        // Polls that found no room would count as idle.
        guard trace.skipped[.poll] == nil else { return nil }
        let from = function.begin
        let to = max(from, function.end ?? now)
        var running: [Range<UInt64>] = []
        var waiting: [Range<UInt64>] = []
        var holder: (request: RequestID, function: String, time: UInt64)?
        for poll in trace.spans where poll.kind == .poll && poll.track == function.track {
            let end = min(to, poll.end ?? now)
            // The poll in which the function began started a moment before it.
            let begin = max(from, poll.begin)
            guard begin <= end, poll.begin <= to, (poll.end ?? now) >= from else { continue }
            running.append(begin..<end)
            let wait = UInt64(max(0, poll.value))
            let since = max(from, poll.begin >= wait ? poll.begin - wait : 0)
            if since < begin { waiting.append(since..<begin) }
            if let request = poll.holder, wait > holder?.time ?? 0 { holder = (request, poll.label, wait) }
        }
        guard !running.isEmpty else { return nil }
        polls = running.count
        ran = TimeRanges.merged(running)
        ready = TimeRanges.less(waiting, running)
        self.holder = holder
    }
}

/// A single task's own time, as tokio-console tells it: busy + scheduled + idle is its whole time.
package struct TaskTime: Sendable, Equatable {
    /// In ns.
    package let busy: UInt64
    /// In ns.
    package let scheduled: UInt64
    /// In ns.
    package let idle: UInt64
    /// How often it was run.
    package let polls: Int

    /// Looks at the polls of the task in which `span` began, while it went on; nil when there were none.
    package init?(of span: Span, in trace: Trace, until now: UInt64) {
        guard span.task != 0, trace.skipped[.poll] == nil else { return nil }
        let from = span.begin
        let to = max(from, span.end ?? now)
        var busy: UInt64 = 0
        var scheduled: UInt64 = 0
        var count = 0
        for poll in trace.spans where poll.kind == .poll && poll.task == span.task {
            let begin = max(from, poll.begin)
            let end = min(to, poll.end ?? now)
            guard begin <= end, poll.begin <= to, (poll.end ?? now) >= from else { continue }
            count += 1
            busy = busy.addingSaturated(end - begin)
            let wait = UInt64(max(0, poll.value))
            let since = max(from, poll.begin >= wait ? poll.begin - wait : 0)
            if since < begin { scheduled = scheduled.addingSaturated(begin - since) }
        }
        guard count > 0 else { return nil }
        let whole = to - from
        self.busy = min(whole, busy)
        self.scheduled = min(whole - self.busy, scheduled)
        idle = whole - self.busy - self.scheduled
        polls = count
    }
}
