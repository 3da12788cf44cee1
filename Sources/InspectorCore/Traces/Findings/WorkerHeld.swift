// A finding: a worker that went on after its client was answered.

/// A sync function was not done when its deadline was over, and holds its worker on.
enum WorkerHeld: FindingCheck {
    static let name = "workers held after the answer"
    static let why =
        "The client has its answer, and the worker is not free: "
        + "a pool of them fills with work that nobody waits for."
    static let remedy =
        "Give the calls of the function timeouts of their own, shorter than the deadline; "
        + "a sync function cannot be stopped from outside."

    static func look(at subject: inout FindingSubject) {
        for span in subject.trace.spans where span.kind == .held {
            let time = span.duration(until: subject.now)
            subject.note(
                .warn, about: "", weight: time,
                seen: "\(subject.request) held its worker for \(subject.text(time)) after its client was answered.")
        }
    }
}

extension FindingKind {
    package static let workerHeld = FindingKind(WorkerHeld.self)
}
