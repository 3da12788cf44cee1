// The public address: answers by the focused lane, and gives the request to the others too.

internal import Synchronization

/// Answers by one lane and mirrors each safe request into the others.
///
/// A request with an unsafe method (RFC 9110, 9.2.1) is not mirrored unless that is turned on: what it changes would be
/// changed once for each lane.
package final class Front: Responder {
    private struct State {
        var lanes: [any ServingLane]
        var focus: Int
        var mirrorsUnsafe = false
    }

    private let state: Mutex<State>
    private let numbers: RequestNumbers

    package init(lanes: [any ServingLane], numbers: RequestNumbers) {
        state = Mutex(State(lanes: lanes, focus: 0))
        self.numbers = numbers
    }

    /// Sets which lanes are given requests, and which of them answers.
    package func setLanes(_ lanes: [any ServingLane], focus: Int) {
        state.withLock { state in
            state.lanes = lanes
            state.focus = min(max(0, focus), max(0, lanes.count - 1))
        }
    }

    /// Whether requests with an unsafe method are mirrored too.
    package var mirrorsUnsafe: Bool { state.withLock { $0.mirrorsUnsafe } }

    /// Sets whether requests with an unsafe method are mirrored too: what they change is changed once for each lane.
    package func setMirrorsUnsafe(_ mirrors: Bool) { state.withLock { $0.mirrorsUnsafe = mirrors } }

    package func respond(
        to incoming: IncomingRequest, on place: ServingLoop, reply: @escaping @Sendable (DispatchResult) -> Void
    ) -> InFlight {
        let (lanes, focus, mirrorsUnsafe) = state.withLock { ($0.lanes, $0.focus, $0.mirrorsUnsafe) }
        guard lanes.indices.contains(focus) else {
            return NobodyAsked.respond(
                to: incoming, lane: LaneDescription(id: LaneID(rawValue: .max), kind: .watched(service: "")),
                reply: reply)
        }
        var request = lanes[focus].numbered(request: incoming)
        request.number = request.number ?? numbers.take()
        var requests: [any TakenRequest] = []
        if lanes.count > 1, mirrorsUnsafe || RequestRules.isSafe(method: request.method) {
            for (index, lane) in lanes.enumerated() where index != focus {
                requests += mirror(request, into: lane, on: place).requests
            }
        }
        let answering = lanes[focus].respond(to: request, on: place, reply: reply)
        return InFlight(log: answering.log, requests: answering.requests + requests)
    }

    /// That of the lane that answers.
    package var errorForm: ErrorForm {
        state.withLock { state in state.lanes.indices.contains(state.focus) ? state.lanes[state.focus] : nil }?
            .errorForm
            ?? .html
    }

    /// The lane that answers, if no other gets the request: what is given to several is read whole first.
    package func taker(ofComing request: IncomingRequest) -> (any Responder)? {
        let (lanes, focus, mirrorsUnsafe) = state.withLock { ($0.lanes, $0.focus, $0.mirrorsUnsafe) }
        guard lanes.indices.contains(focus) else { return nil }
        let isMirrored = lanes.count > 1 && (mirrorsUnsafe || RequestRules.isSafe(method: request.method))
        return isMirrored ? nil : LanePort(lanes[focus]).taker(ofComing: request)
    }

    /// Runs the request in a lane that answers nobody.
    private func mirror(_ request: IncomingRequest, into lane: any ServingLane, on place: ServingLoop) -> InFlight {
        let answered = AnsweredLog()
        let inFlight = lane.respond(to: request, on: place) { result in
            // What a client would have got: the same rules hold where one is answered.
            let status = ResponseHead.problem(in: result.answer) == nil ? result.answer.status : 500
            guard case .streaming(_, let pipe) = result else { return answered.finish(status: status) }
            pipe.start { piece in
                switch piece {
                case .bytes: answered.begin()
                case .end: answered.finish(status: status)
                // Once its head is gone, the answer keeps its status and is cut.
                case .failure: answered.finish(status: answered.hasBegun ? status : 500)
                }
                return .discarded
            }
        }
        answered.set(inFlight.log)
        return inFlight
    }
}

/// Finishes a mirrored request's log: it is given its log and its result by two threads, in either order.
private final class AnsweredLog: Sendable {
    private struct State {
        var log: RequestLog?
        var status: Int?
        var hasBegun = false
    }

    private let state = Mutex(State())

    /// Whether a piece of a streamed answer came.
    var hasBegun: Bool { state.withLock { $0.hasBegun } }

    func begin() { state.withLock { $0.hasBegun = true } }

    func set(_ log: RequestLog) {
        let status = state.withLock { state in
            state.log = log
            return state.status
        }
        if let status { log.finish(status: status) }
    }

    func finish(status: Int) {
        let log = state.withLock { state in
            state.status = status
            return state.log
        }
        log?.finish(status: status)
    }
}
