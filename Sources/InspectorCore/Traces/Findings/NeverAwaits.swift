// A finding: an async function that has a thread of its own, and waits for nothing.

/// An async function awaited nothing.
enum NeverAwaits: FindingCheck {
    static let name = "async functions that never await"
    static let why =
        "In async mode each call of an async function has a thread and a loop of its own; one that never waits pays "
        + "for them and gains nothing."
    static let remedy = "Make it a sync function."
    static let needsPattern = true

    static func look(at subject: inout FindingSubject) {
        guard subject.trace.skipped.isEmpty else { return }
        for span in subject.trace.spans where span.kind.isFunction {
            guard span.isOnSubThread, let end = span.end, !subject.functions.waiting.contains(span.id) else { continue }
            // A suspension without a name is seen by its second poll.
            let polls = (subject.functions.polls[span.track] ?? []).count {
                $0.begin <= end && ($0.end ?? end) >= span.begin
            }
            guard polls <= 1 else { continue }
            subject.note(
                .warn, about: span.label, weight: span.duration(until: subject.now),
                seen: "\(span.label) is async and awaited nothing, in a thread made for it.")
        }
    }
}

extension FindingKind {
    package static let neverAwaits = FindingKind(NeverAwaits.self)
}
