// What a waterfall comes to, in three lines: where the time went, what decided it, what the loops did.

internal import InspectorCore

/// Sums up one trace.
struct WaterfallFacts {
    /// `queued 12ms   service 251ms   5 calls overlapped: 1.05s of waiting in 231ms`.
    let shape: String
    /// `• critical path 263ms = calls 238ms + queue 12ms + …`.
    let critical: String
    /// `2 sub-threads cost 140µs   loop of view dashboard: busy 1.2ms + …`.
    let loops: String

    init(trace: Trace, path: CriticalPath, now: UInt64, glyphs: Glyphs) {
        let isASCII = glyphs == .ascii
        func text(time: UInt64) -> String { TimeText.short(nanoseconds: time, isASCII: isASCII) }
        shape = WaterfallFacts.shape(trace: trace, now: now, text: text)
        let whole = path.steps.map(\.length).sumSaturated()
        let parts = CriticalPath.Kind.allCases.map { ($0, path.total(kind: $0)) }.filter { $0.1 > 0 }
            .sorted { $0.1 > $1.1 }.map { "\($0.0.words) \(text(time: $0.1))" }
        let longest = path.steps.filter { $0.span != nil && $0.kind != .queue && $0.kind != .arriving }.max {
            $0.length < $1.length
        }
        let most = longest.flatMap { step in
            step.span.map { span in
                let name = span.kind.isWait ? span.label.madeVisible : WaterfallRows.name(of: span)
                return "   longest: \(name) \(text(time: step.length))"
            }
        }
        critical =
            parts.isEmpty
            ? ""
            : "\(glyphs.critical) critical path \(text(time: whole)) = \(parts.joined(separator: " + "))\(most ?? "")"

        let subThreads = trace.spans(.subThread)
        let skipped = trace.skipped.values.sumSaturated()
        var details: [String] = []
        if !subThreads.isEmpty {
            let cost = subThreads.map { WaterfallFacts.cost(of: $0, trace: trace) }.sumSaturated()
            let isOne = subThreads.count == 1
            let areKept = subThreads.allSatisfy { $0.flags.contains(.kept) }
            // Another process tells when they were, and not what making them cost.
            let isTold = subThreads.contains { $0.origin == .told }
            details.append(
                isTold
                    ? "\(subThreads.count) sub-thread\(isOne ? "" : "s")"
                    : areKept
                        ? "\(subThreads.count) call\(isOne ? "" : "s") on kept loops, \(text(time: cost)) to hand over and back"
                        : "\(subThreads.count) sub-thread\(isOne ? " costs" : "s cost") \(text(time: cost))")
        }
        if let view = trace.first(.view), view.isAsync, let time = LoopTime(of: view, in: trace, until: now) {
            details.append(
                "loop of \(WaterfallRows.name(of: view)): busy \(text(time: time.busy)) + scheduled \(text(time: time.scheduled)) "
                    + "+ idle \(text(time: time.idle)), \(time.polls) polls")
        }
        if skipped > 0 { details.append("\(skipped) more events not kept") }
        loops = details.joined(separator: "   ")
    }

    private static func shape(trace: Trace, now: UInt64, text: (UInt64) -> String) -> String {
        var parts: [String] = []
        if trace.arriving >= 1000 { parts.append("arriving \(text(trace.arriving))") }
        if trace.unseen > 0 { parts.append("up to \(text(trace.unseen)) unseen before it was read") }
        let queued = trace.queue(until: now)
        if queued > 0 { parts.append("queued \(text(queued))") }
        parts.append("service \(text(trace.service(until: now)))")
        let calls = LaneComparison.calls(of: trace, until: now)
        if calls.count > 1 { parts.append("\(calls.count) calls " + calls.words(text: text)) }
        if let offset = trace.clockOffset {
            parts.append(
                "its server's clock is \(text(offset.magnitude)) or more \(offset < 0 ? "behind" : "ahead of") ours")
        }
        return parts.joined(separator: "   ")
    }

    /// A sub-thread's time outside the function that it was made for.
    private static func cost(of thread: Span, trace: Trace) -> UInt64 {
        guard let end = thread.end else { return 0 }
        let function = trace.spans.first { span in
            span.track == thread.track && span.flags.contains(.isAsync) && span.begin >= thread.begin
                && span.begin <= end
        }
        guard let function, let functionEnd = function.end else { return 0 }
        let before = function.begin > thread.begin ? function.begin - thread.begin : 0
        return before.addingSaturated(end > functionEnd ? end - functionEnd : 0)
    }
}

extension LaneComparison.Calls {
    /// `overlapped: 1.05s of waiting in 231ms`; what matters most stands first, for a narrow screen cuts the end.
    func words(text: (UInt64) -> String) -> String {
        (overlapped ? "overlapped" : inARow ? "one after the other" : "overlapped in part")
            + ": \(text(sum)) of waiting in \(text(spread))"
    }
}

extension CriticalPath.Kind {
    /// What a sentence calls it.
    var words: String {
        switch self {
        case .arriving: "arriving"
        case .queue: "queue"
        case .waiting: "calls"
        case .scheduled: "scheduled"
        case .subThread: "sub-threads"
        case .running: "functions"
        case .server: "server"
        case .elsewhere: "elsewhere"
        }
    }
}
