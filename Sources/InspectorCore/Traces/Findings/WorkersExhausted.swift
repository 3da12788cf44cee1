// A finding: a request waited longer for a worker than it was served.

/// All workers were held.
enum WorkersExhausted: FindingCheck {
    static let name = "waiting for a worker longer than being served"
    static let why =
        "All workers were held by other requests. Async makes each request shorter, but each still holds a worker."
    static let remedy =
        "More workers (the key +, or --workers), shorter requests (gather what is independent), or native mode, which "
        + "holds none."
    static let remedyElsewhere =
        "More workers or threads of that server (gunicorn --workers, --threads), or shorter requests: calls that do not "
        + "need one another's answers at the same time (asyncio.gather)."
    static let needsPattern = true

    static func look(at subject: inout FindingSubject) {
        let trace = subject.trace
        guard let queued = trace.first(.queued), queued.end != nil, trace.done != nil else { return }
        let waited = trace.queue(until: subject.now)
        let service = trace.service(until: subject.now)
        guard waited > service, waited >= Findings.Bound.queueTime else { return }
        subject.note(
            .warn, about: "", weight: waited,
            seen: "\(subject.request) waited \(subject.text(waited)) for a worker, and then took "
                + "\(subject.text(service)).")
    }
}

extension FindingKind {
    package static let workersExhausted = FindingKind(WorkersExhausted.self)
}
