// A finding: one service that decides how long a request takes.

/// Calls of one service took most of a request.
enum OneService: FindingCheck {
    static let name = "one service that takes most of the time"
    static let why =
        "However fast the app is, its requests take as long as this service does: "
        + "only fewer, overlapping or kept answers help."
    static let remedy =
        "Overlap its calls (gather), ask for several things in one call, "
        + "or keep what seldom changes."
    static let remedyElsewhere =
        "Overlap its calls (asyncio.gather), ask for several things in one call, or keep what seldom changes."
    static let needsPattern = true

    static func look(at subject: inout FindingSubject) {
        let trace = subject.trace
        let service = trace.service(until: subject.now)
        guard service > 0 else { return }
        let calls = Dictionary(grouping: trace.spans.filter { $0.isCall && $0.awaitKind == .http }) { call in
            let target = call.label.split(separator: " ").last.map(String.init) ?? call.label
            return target.split(separator: "/").first.map(String.init) ?? target
        }
        for (name, made) in calls {
            // A bare task's call may outlast its request: only what the request waited counts.
            let time = TimeRanges.length(
                made.map { $0.begin..<max($0.begin, min($0.end ?? subject.now, trace.done ?? subject.now)) })
            guard time >= Findings.Bound.serviceTime,
                Double(time) / Double(service) >= Findings.Bound.serviceShare
            else { continue }
            subject.note(
                .look, about: name, weight: time,
                seen: "\(name) took \(subject.text(time)) of \(subject.text(service)) in \(subject.request), in "
                    + "\(made.count) call\(made.count == 1 ? "" : "s").")
        }
    }
}

extension FindingKind {
    package static let oneService = FindingKind(OneService.self)
}
