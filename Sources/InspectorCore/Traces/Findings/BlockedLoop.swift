// A finding: a function of an event loop held its thread.

/// An async function blocked its loop.
enum BlockedLoop: FindingCheck {
    static let name = "blocking on an event loop"
    static let why =
        "While a function holds its loop's thread, nothing else on that loop goes on: its other awaits, and in native "
        + "mode other requests."
    static let remedy =
        "Await the async form of the call. Where there is none, give the function as sync: too, or move the work to a "
        + "thread of its own."
    static let remedyElsewhere =
        "Await the async form of the call (httpx.AsyncClient, asyncio.sleep). Where there is none, make the function sync, "
        + "or move the call to a thread (asyncio.to_thread)."

    static func look(at subject: inout FindingSubject) {
        lookAtTold(&subject)
        for span in subject.trace.spans where span.kind == .blocked {
            guard let function = subject.functions.function(of: span, in: subject.trace), function.isAsync else {
                continue
            }
            let time = span.duration(until: subject.now)
            guard time >= Findings.Bound.blockedLook else { continue }
            subject.note(
                time >= Findings.Bound.blockedWarn ? .warn : .look, about: function.label + span.label, weight: time,
                seen: "\(function.label) held its event loop for \(subject.text(time)): blocked on \(span.label).")
        }
    }
}

extension BlockedLoop {
    /// What a Flask elsewhere tells of its async functions: how long the longest run between two awaits was.
    private static func lookAtTold(_ subject: inout FindingSubject) {
        for span in subject.trace.spans where span.origin == .told && span.kind.isFunction && span.isAsync {
            guard let longest = subject.trace.facts(of: span.id)?["inspector.poll.longest"].flatMap({ UInt64($0) }),
                longest >= Findings.Bound.blockedLook
            else { continue }
            subject.note(
                longest >= Findings.Bound.blockedWarn ? .warn : .look, about: span.label, weight: longest,
                seen: "\(span.label) did not give its event loop back for \(subject.text(longest)).")
        }
    }
}

extension FindingKind {
    package static let blockedLoop = FindingKind(BlockedLoop.self)
}
