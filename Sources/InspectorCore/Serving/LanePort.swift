// A lane's own address, which mirrors into no other lane.

/// Answers by one lane; takes the number that our own traffic brings along.
package struct LanePort: Responder {
    private let lane: any ServingLane

    package init(_ lane: any ServingLane) { self.lane = lane }

    package func respond(
        to request: IncomingRequest, on place: ServingLoop, reply: @escaping @Sendable (DispatchResult) -> Void
    ) -> InFlight {
        lane.respond(to: lane.numbered(request: request), on: place, reply: reply)
    }

    package var errorForm: ErrorForm { lane.errorForm }

    package func taker(ofComing request: IncomingRequest) -> (any Responder)? {
        lane.takesBody(comingWith: request) ? self : nil
    }
}
