// The door of a running server for test clients: numbers for their requests, and the traces of those.

/// Answers test clients under `/.inspector/`, and gives everything else to the server's own responder.
///
/// Off unless a server is started with `--testing`: whoever can reach it can read the traces of all requests.
package struct TestDoor: Responder {
    static let numberPath = "/.inspector/number"

    static func tracePath(number: Int, lane: UInt8) -> String { "/.inspector/trace/\(lane)/\(number)" }

    private let inner: any Responder
    private let reader: TraceReader
    private let numbers: RequestNumbers

    package init(before inner: any Responder, reader: TraceReader, numbers: RequestNumbers) {
        self.inner = inner
        self.reader = reader
        self.numbers = numbers
    }

    package func respond(
        to request: IncomingRequest, on place: ServingLoop, reply: @escaping @Sendable (DispatchResult) -> Void
    ) -> InFlight {
        guard request.target.hasPrefix("/.inspector/") else {
            return inner.respond(to: request, on: place, reply: reply)
        }
        let summary = RequestSummary(
            id: RequestID(number: 0, lane: LaneID(rawValue: 0)), mode: .native, method: request.method,
            target: request.target, accepted: request.accepted)
        reply(.response(answer(request.target)))
        return InFlight(log: EventLog.unrecorded(summary: summary))
    }

    package var errorForm: ErrorForm { inner.errorForm }

    package func taker(ofComing request: IncomingRequest) -> (any Responder)? {
        request.target.hasPrefix("/.inspector/") ? nil : inner.taker(ofComing: request)
    }

    private func answer(_ target: String) -> Response {
        if target == TestDoor.numberPath {
            let number = numbers.take()
            return .json([
                "number": .int(Int(clamping: number)), "header": .string(numbers.headerValue(for: number, sentAt: nil)),
            ])
        }
        let words = target.split(separator: "/")
        guard words.count == 4, words[1] == "trace", let lane = UInt8(words[2]), let number = UInt64(words[3]) else {
            return HTTPError(.notFound).makeResponse()
        }
        let trace = reader.look { $0[RequestID(number: number, lane: LaneID(rawValue: lane))] }
        guard let trace, trace.stage == .finished else { return .json(.null) }
        return .json(trace.json)
    }
}
