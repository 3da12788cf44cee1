// What a waterfall shows, said in two lines: where the time went, and what the loop did.

internal import InspectorCore

/// Sums up one trace.
struct WaterfallFacts {
    /// `queued 12ms  service 251ms  5 calls, 1.05s of waiting in 231ms: they overlapped`.
    let shape: String
    /// `2 sub-threads, 14 polls: busy 1.2ms, scheduled 0.3ms`.
    let polls: String

    init(_ trace: Trace, now: UInt64, isASCII: Bool) {
        func text(_ time: UInt64) -> String { TimeText.short(time, isASCII: isASCII) }
        var parts: [String] = []
        let queued = trace.spans.filter { $0.kind == .queued }.reduce(0) { $0 + $1.duration(until: now) }
        let whole = trace.duration(until: now)
        if queued > 0 { parts.append("queued \(text(queued))") }
        parts.append("service \(text(whole > queued ? whole - queued : 0))")
        let calls = trace.spans.filter { span in
            (span.kind == .await || span.kind == .blocked) && span.awaitKind == .http
                && !span.flags.contains(.leaked) && WaterfallFacts.isInView(span, trace)
        }
        if calls.count > 1 {
            let sum = calls.reduce(0) { $0 + $1.duration(until: now) }
            let first = calls.map(\.begin).min() ?? 0
            let last = calls.map { $0.end ?? now }.max() ?? first
            let spread = last > first ? last - first : 0
            let isTogether = sum > spread + spread / 4
            parts.append(
                "\(calls.count) calls in the view: \(text(sum)) of waiting in \(text(spread)), "
                    + (isTogether ? "they overlapped" : "one after the other"))
        }
        shape = parts.joined(separator: "   ")

        let subThreads = trace.spans.filter { $0.kind == .subThread }
        let polls = trace.spans.filter { $0.kind == .poll }
        let skipped = trace.skipped.values.reduce(0, +)
        var details: [String] = []
        if !subThreads.isEmpty {
            let cost = subThreads.reduce(UInt64(0)) { $0 + WaterfallFacts.cost(of: $1, trace) }
            let isOne = subThreads.count == 1
            let areKept = subThreads.allSatisfy { $0.flags.contains(.kept) }
            details.append(
                areKept
                    ? "\(subThreads.count) call\(isOne ? "" : "s") on kept loops, \(text(cost)) to hand over and back"
                    : "\(subThreads.count) sub-thread\(isOne ? "" : "s"), \(text(cost)) to make and end "
                        + (isOne ? "it" : "them"))
        }
        if !polls.isEmpty {
            let busy = polls.reduce(0) { $0 + $1.duration(until: now) }
            let scheduled = polls.reduce(UInt64(0)) { $0 + UInt64(max(0, $1.value)) }
            details.append("\(polls.count) polls: busy \(text(busy)), scheduled \(text(scheduled))")
        }
        if skipped > 0 { details.append("\(skipped) more events not kept") }
        self.polls = details.joined(separator: "   ")
    }

    /// A sub-thread's time outside the function that it was made for.
    private static func cost(of thread: Span, _ trace: Trace) -> UInt64 {
        guard let end = thread.end else { return 0 }
        let function = trace.spans.first { span in
            span.track == thread.track && span.flags.contains(.isAsync) && span.begin >= thread.begin
                && span.begin <= end
        }
        guard let function, let functionEnd = function.end else { return 0 }
        let before = function.begin > thread.begin ? function.begin - thread.begin : 0
        return before + (end > functionEnd ? end - functionEnd : 0)
    }

    private static func isInView(_ span: Span, _ trace: Trace) -> Bool {
        var current: Span? = span
        while let next = current {
            if next.kind == .view { return true }
            if next.kind == .background { return false }
            current = trace.parent(of: next)
        }
        return false
    }
}
