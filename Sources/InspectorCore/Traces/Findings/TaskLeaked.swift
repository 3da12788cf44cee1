// A finding: work that went on when its request was done.

/// Something began when its request was done.
enum TaskLeaked: FindingCheck {
    static let name = "tasks that outlive their request"
    static let why =
        "Nobody waits for a bare Task: its errors are lost, "
        + "and what it does is done while others are served."
    static let remedy =
        "Use request.background for what may go on, or gather and spawn for "
        + "what belongs to the request."
    static let remedyElsewhere =
        "Await the task before the answer (asyncio.gather, a task group), or give what may go on to a queue of jobs."

    static func look(at subject: inout FindingSubject) {
        let leaked = subject.trace.spans.filter { $0.flags.contains(.leaked) }
        guard !leaked.isEmpty else { return }
        let named = leaked.first { $0.kind.isWait } ?? leaked[0]
        let what = named.label.isEmpty ? "" : " (\(named.label))"
        subject.note(
            .warn, about: "", weight: UInt64(leaked.count),
            seen: "\(subject.request) left a task behind that went on when it was done\(what).")
    }
}

extension FindingKind {
    package static let taskLeaked = FindingKind(TaskLeaked.self)
}
