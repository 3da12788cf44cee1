// A finding: a hook took most of a request.

/// A hook took most of the time.
enum HookDominates: FindingCheck {
    static let name = "hooks that take most of the time"
    static let why = "A hook runs before or after every view it is registered for: its time is added to each."
    static let remedy =
        "Do it only for the routes that need it (a blueprint's hook), keep its result, or let its calls overlap with "
        + "the view's."

    static func look(at subject: inout FindingSubject) {
        let trace = subject.trace
        let service = trace.service(until: subject.now)
        guard trace.done != nil, service > 0, trace.first(.view) != nil else { return }
        for span in trace.spans where span.kind.isHook || span.kind == .middleware {
            let time =
                span.kind.isHook
                ? span.duration(until: subject.now) : trace.ownTime(ofMiddleware: span, until: subject.now)
            let share = Double(time) / Double(service)
            guard time >= Findings.Bound.hookTime, share >= Findings.Bound.hookLook else { continue }
            subject.note(
                share >= Findings.Bound.hookWarn ? .warn : .look, about: span.label, weight: time,
                seen:
                    "The \(span.kind.isHook ? "hook" : "middleware") \(span.label) took \(subject.text(time)) of \(subject.text(service)) of service in "
                    + "\(subject.request).")
        }
    }
}

extension FindingKind {
    package static let hookDominates = FindingKind(HookDominates.self)
}
