// A finding: a request that another one held up.

/// Code of another request kept the loop while this one could have gone on.
enum LoopStarved: FindingCheck {
    static let name = "loops held by another request"
    static let why =
        "While one request runs on a loop, all others of that loop wait: "
        + "they look slow, and are not."
    static let remedy =
        "Open one (enter), select the row that was held up, and press enter again: "
        + "that is the request to mend."

    static func look(at subject: inout FindingSubject) {
        let trace = subject.trace
        var worst: (holder: (request: RequestID, function: String, time: UInt64), span: Span)?
        for span in trace.spans where span.kind == .arriving || (span.kind.isFunction && span.isAsync) {
            guard let holder = trace.holder(of: span, until: subject.now), holder.request != trace.id,
                holder.time > worst?.holder.time ?? 0
            else { continue }
            worst = (holder, span)
        }
        guard let worst, worst.holder.time >= Findings.Bound.starvedLook else { return }
        let name = worst.holder.function.isEmpty ? "another request" : worst.holder.function
        subject.note(
            worst.holder.time >= Findings.Bound.starvedWarn ? .warn : .look, about: name, weight: worst.holder.time,
            seen: "\(name) held the event loop: \(subject.request) waited \(subject.text(worst.holder.time)) for it.",
            isOfRoute: false)
    }
}

extension FindingKind {
    package static let loopStarved = FindingKind(LoopStarved.self)
}
