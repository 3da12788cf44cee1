// A finding: a call that was made twice in one request.

/// The same call was made more than once in one request: twice the same answer, or a retry.
enum SameCallTwice: FindingCheck {
    static let name = "the same call made twice in one request"
    static let why =
        "The second answer is the first one, or the first failed: "
        + "either way the request waits twice."
    static let remedy =
        "Keep the answer (request.g), or let a retry wait and end; "
        + "two functions may not know that both ask."
    static let remedyElsewhere =
        "Keep the answer for the request (flask.g), or let a retry wait and end; two functions may not know that both ask."
    static let needsPattern = true

    static func look(at subject: inout FindingSubject) {
        let calls = Dictionary(grouping: subject.trace.spans.filter(\.isCall)) { $0.label }
        for (label, made) in calls where made.count > 1 && label.hasPrefix("GET ") {
            let failed = made.count { $0.outcome == .failed || $0.outcome == .timedOut || $0.endValue >= 500 }
            let time = made.dropFirst().map { $0.duration(until: subject.now) }.sumSaturated()
            let what = failed > 0 ? ", \(failed) of them failed" : ""
            subject.note(
                .look, about: label, weight: time,
                seen: "\(label) was called \(made.count) times in one \(subject.request)\(what); "
                    + "all but the first took \(subject.text(time)).")
        }
    }
}

extension FindingKind {
    package static let sameCallTwice = FindingKind(SameCallTwice.self)
}
