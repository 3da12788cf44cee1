// A finding: requests that took longer than they may.

/// A deadline was over.
enum DeadlineOver: FindingCheck {
    static let name = "deadlines that were over"
    static let why =
        "The client was answered with an error, "
        + "and what the request had done until then was for nothing."
    static let remedy =
        "Look at what it waited for when its time was over; "
        + "a withTimeout around that call fails sooner."
    static let remedyElsewhere =
        "Look at what it waited for when its time was over; a timeout of that call (asyncio.timeout, httpx's timeout=) "
        + "fails sooner."

    static func look(at subject: inout FindingSubject) {
        let trace = subject.trace
        guard let deadline = trace.moment(.deadline) else { return }
        let waited = trace.overran.map(\.label)
        subject.note(
            .warn, about: "", weight: UInt64(clamping: deadline.value),
            seen:
                "\(subject.request) was cancelled when its \(subject.text(UInt64(clamping: deadline.value))) were over"
                + (waited.isEmpty ? "." : ", waiting for \(waited.joined(separator: ", "))."))
    }
}

extension FindingKind {
    package static let deadlineOver = FindingKind(DeadlineOver.self)
}
