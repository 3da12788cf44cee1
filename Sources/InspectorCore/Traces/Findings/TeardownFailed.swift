// A finding: a teardown that threw.

/// A teardown failed.
enum TeardownFailed: FindingCheck {
    static let name = "failed teardowns"
    static let why =
        "A teardown that throws turns the answer into a bare 500, however good it was, and the rest of its list is "
        + "skipped."
    static let remedy = "Catch what may fail in it; options.runsAllTeardowns lets the others run."
    static let remedyElsewhere =
        "Catch what may fail in it."

    static func look(at subject: inout FindingSubject) {
        for span in subject.trace.spans where span.kind.isTeardown && span.outcome == .raised {
            subject.note(
                .warn, about: span.label, weight: 1,
                seen: "The teardown \(span.label) threw \(span.detail) after \(subject.request).")
        }
    }
}

extension FindingKind {
    package static let teardownFailed = FindingKind(TeardownFailed.self)
}
