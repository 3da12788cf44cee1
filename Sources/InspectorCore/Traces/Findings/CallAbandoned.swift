// A finding: a call that did not end when it was cancelled.

/// A call was left to itself.
enum CallAbandoned: FindingCheck {
    static let name = "calls that ignore being cancelled"
    static let why =
        "What is cancelled and does not end goes on beside the requests that follow, "
        + "and holds what it has taken."
    static let remedy =
        "Check for cancellation in loops (Task.checkCancellation), and do not catch "
        + "CancellationError without ending."
    static let remedyElsewhere =
        "End what it does when it is cancelled: asyncio.CancelledError goes on, and is not caught without an end."

    static func look(at subject: inout FindingSubject) {
        for moment in subject.trace.moments where moment.kind == .abandoned {
            subject.note(
                .warn, about: moment.label, weight: 1,
                seen: "\(moment.label) did not end when it was cancelled, in \(subject.request).")
        }
    }
}

extension FindingKind {
    package static let callAbandoned = FindingKind(CallAbandoned.self)
}
