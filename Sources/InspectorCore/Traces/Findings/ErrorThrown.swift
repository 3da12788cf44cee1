// A finding: requests that failed, by kind of error and by route.

/// A function threw, or a request was answered with 500 or above.
enum ErrorThrown: FindingCheck {
    static let isSeenFromOutside = true
    static let name = "errors"
    static let why =
        "A request that fails is what a user sees first. "
        + "One kind on one route is one fault, however often it comes."
    static let remedy =
        "Open the newest one: its details (d) say what it said, which function threw it, "
        + "and who handled it."

    static func look(at subject: inout FindingSubject) {
        let trace = subject.trace
        // What a deadline has cancelled failed by that, which is a finding of its own.
        guard trace.moments.firstPlace(of: .deadline) == nil else { return }
        var isTold = false
        for error in trace.errors {
            let level: Finding.Level
            let fate: String
            switch error.fate {
            case .unhandled: (level, fate) = (.warn, "nobody handled it")
            case .propagated: (level, fate) = (.warn, "it left the app")
            case .handled(let handler):
                guard trace.status ?? 0 >= 500 else { continue }
                (level, fate) = (.look, "handled by \(handler.label)")
            case .answered:
                guard trace.status ?? 0 >= 500 else { continue }
                (level, fate) = (.look, "an answer of its own")
            }
            isTold = true
            let thrower = error.thrower.map { " in \($0.label)" } ?? ""
            // The newest says it best: it is the one that can still be looked at.
            subject.note(
                level, about: error.kind, weight: trace.done ?? 0,
                seen: "\(subject.request) failed: \(error.words)\(thrower); \(fate).")
        }
        guard !isTold, let status = trace.status, status >= 500 else { return }
        subject.note(
            .look, about: "\(status)", weight: trace.done ?? 0,
            seen: "\(subject.request) was answered \(status), and "
                + (trace.summary.lane.isHosted ? "no function threw." : "its server tells of no error."))
    }
}

extension FindingKind {
    package static let errorThrown = FindingKind(ErrorThrown.self)
}
