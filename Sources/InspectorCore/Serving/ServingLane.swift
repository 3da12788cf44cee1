// What a front, a mirror, a replay, a recording and a screen need of a lane, whoever runs what it serves.

/// Something that answers requests: a lane, or the front that mirrors into several.
package protocol Responder: Sendable {
    /// Takes `request`; `reply` is called once, on any thread, when it is answered and torn down.
    ///
    /// - Parameter place: where `native` code runs.
    /// - Returns: the request, for what happens to its connection meanwhile.
    func respond(
        to request: IncomingRequest, on place: ServingLoop, reply: @escaping @Sendable (DispatchResult) -> Void
    ) -> InFlight

    /// Who takes `request` before its body has come, to pass it on as it comes; nil where it is to be read whole first.
    ///
    /// Asked once its head is known to be right. Whoever it names is given the request, and nobody else.
    func taker(ofComing request: IncomingRequest) -> (any Responder)?

    /// The form of the errors that the server answers itself.
    var errorForm: ErrorForm { get }
}

extension Responder {
    /// Who takes `request` before its body has come, to pass it on as it comes; nil where it is to be read whole first.
    package func taker(ofComing request: IncomingRequest) -> (any Responder)? { nil }

    /// A page for people.
    package var errorForm: ErrorForm { .html }
}

/// A lane that requests can be given to.
///
/// What not every lane has is nil or empty where it is missing: whoever needs it asks for it, and never for the lane's
/// kind. All may be called from any thread.
package protocol ServingLane: Responder {
    /// Its identity; the same as long as it lives.
    var id: LaneID { get }
    /// The lane as a request would meet it that is accepted now.
    var description: LaneDescription { get }
    /// The workers that its requests wait for; nil where it has none, or they are not ours to resize.
    var pool: WorkerPool? { get }
    /// The threads on which its requests run; nil where they are not known.
    var tracks: TrackRegistry? { get }
    /// Whether its requests run on the event loops of the server that accepts them.
    var runsOnServerLoops: Bool { get }
    /// The modes that it can be set to; empty where its mode cannot be changed.
    var modes: [ExecutionMode] { get }

    /// Runs requests accepted from now on under `mode`, one of `modes`; does nothing for another.
    func setMode(_ mode: ExecutionMode)

    /// Whether it takes `request` before its body has come.
    func takesBody(comingWith request: IncomingRequest) -> Bool
    /// One request in so many is known in detail: a server elsewhere may tell of some, and of the others nothing.
    var toldOneIn: Int { get }
    /// Whether requests can be given to it; those of a service that is only watched come from others.
    var takesRequests: Bool { get }

    /// Takes the number that the request brought along, if it is one of ours.
    func numbered(request: IncomingRequest) -> IncomingRequest

    /// Lets its threads end once their work is done.
    func stop()
}

extension ServingLane {
    package var pool: WorkerPool? { nil }
    package var tracks: TrackRegistry? { nil }
    package var runsOnServerLoops: Bool { false }
    package var modes: [ExecutionMode] { [] }
    package func takesBody(comingWith request: IncomingRequest) -> Bool { false }
    package var takesRequests: Bool { true }
    package var toldOneIn: Int { 1 }
    package func setMode(_ mode: ExecutionMode) {}
}

/// A request that a lane has taken.
package protocol TakenRequest: Sendable {
    /// Told that the client's connection is closed (`.clientGone`), or that the client sends nothing any more
    /// (`.clientClosedSide`).
    func noteClient(_ kind: EventKind)
}

/// A request that was taken, in each lane that was given it.
package struct InFlight: Sendable {
    /// The record of the lane that answers.
    package let log: RequestLog
    let requests: [any TakenRequest]

    package init(log: RequestLog, requests: [any TakenRequest] = []) {
        self.log = log
        self.requests = requests
    }

    /// Whether an app of ours makes its answer.
    var isOurs: Bool { requests.contains { $0 is Request } }

    /// Tells every lane what became of the client.
    func noteClient(_ kind: EventKind) {
        for request in requests { request.noteClient(kind) }
    }
}

extension Request: TakenRequest {
    /// Records it, and cancels the request where the app asks for that.
    package func noteClient(_ kind: EventKind) {
        log.instant(kind)
        if app.table.options.cancelsWhenClientGoes { stop(ClientDisconnected()) }
    }
}
