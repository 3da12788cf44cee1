// A finding: clients that did not wait for their answer.

/// A client closed its connection before it was answered.
enum ClientGone: FindingCheck {
    static let isSeenFromOutside = true
    static let name = "clients that went before their answer"
    static let why =
        "A client that goes has waited too long for its taste, "
        + "and what is done for it from then on is for nobody."
    static let remedy =
        "Answer sooner, or set options.cancelsWhenClientGoes, "
        + "which cancels what nobody waits for."
    static let remedyElsewhere =
        "Answer sooner, or give the calls timeouts that are shorter than the client's patience."
    static let needsPattern = true

    static func look(at subject: inout FindingSubject) {
        let trace = subject.trace
        guard let gone = trace.moment(.clientGone) else { return }
        let time = gone.time.subtractingSaturated(trace.began)
        subject.note(
            .look, about: "", weight: time,
            seen: "The client of \(subject.request) was gone after \(subject.text(time)).")
    }
}

extension FindingKind {
    package static let clientGone = FindingKind(ClientGone.self)
}
