// A finding: an await that has been pending for long.

/// Something has been awaited for long, and still is.
enum PendingLong: FindingCheck {
    static let name = "awaits pending for long"
    static let why = "What never answers holds its worker, and its client, for as long as it likes."
    static let looksAtPending = true
    static let remedy = "Put a withTimeout around it, or a deadline on the route."
    static let remedyElsewhere =
        "Give the call a timeout of its own (httpx's or requests' timeout=, asyncio.timeout)."

    static func look(at subject: inout FindingSubject) {
        for span in subject.trace.spans where span.kind == .await && span.end == nil && span.isOwnWait {
            let time = span.duration(until: subject.now)
            guard time >= Findings.Bound.pendingLook else { continue }
            subject.note(
                time >= Findings.Bound.pendingWarn ? .warn : .look, about: span.label, weight: time,
                seen: "\(span.label) has been pending for \(subject.text(time)) in \(subject.request).")
        }
    }
}

extension FindingKind {
    package static let pendingLong = FindingKind(PendingLong.self)
}
