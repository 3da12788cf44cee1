// A request as it came from a connection or another lane, before an app sees it.

internal import Synchronization

/// What a client sent.
package struct IncomingRequest: Sendable {
    package var method: String
    package var target: String
    package var headers: Headers
    package var body: [UInt8]
    /// Its body as it comes, where its taker asked for that; `body` is empty then.
    package var coming: ComingBody?
    /// When its head was read, by `MonotonicClock`.
    package var accepted: UInt64
    /// Its number when it has one already: another lane was given it too.
    package var number: UInt64?
    /// The address of the client that sent it; nil where it came over no connection.
    package var client: String?
    /// How it came to be read as late as it was; nil where nobody knows of a time before `accepted`.
    package var arrival: Arrival?
    /// What its body holds of the process's memory, if it is large enough to be counted.
    var hold: BodyHold?

    package init(
        method: String, target: String, headers: Headers = [:], body: [UInt8] = [],
        accepted: UInt64 = MonotonicClock.now(), number: UInt64? = nil
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.accepted = accepted
        self.number = number
    }
}

extension RequestLog {
    /// Records that a lane took the request, and how it came to be read as late as it was.
    func recordAcceptance(of incoming: IncomingRequest, on place: ServingLoop) {
        instant(.accepted, at: incoming.accepted)
        guard isRecording, var arrival = incoming.arrival else { return }
        if incoming.accepted.subtractingSaturated(arrival.began) >= LoopWatch.threshold {
            arrival.hold = place.queue.watch.hold(from: arrival.began, to: incoming.accepted)
        }
        record(arrival, acceptedAt: incoming.accepted)
    }
}

/// Numbers requests, one sequence for all lanes of a process; reads and makes the header by which our own traffic says
/// which number it was given, and when it was sent.
package final class RequestNumbers: Sendable {
    /// The header of our own traffic.
    ///
    /// Its value holds a secret of this process, so that no client can choose a number.
    package static let headerName = "X-Inspector-Request"

    private let next = Atomic<UInt64>(1)
    private let secret = UInt64.random(in: .min ... .max)

    package init() {}

    package func take() -> UInt64 { next.add(1, ordering: .relaxed).oldValue }

    /// The header's value for `number`.
    ///
    /// - Parameter sent: when the client's time begins, by `MonotonicClock`; nil where its clock is another.
    package func headerValue(for number: UInt64, sentAt sent: UInt64?) -> String {
        "\(String(secret, radix: 36)).\(number).\(sent.map(String.init) ?? "")"
    }

    /// Gives `request` the number and the time of sending that its header names, if the header is ours.
    package func take(from request: inout IncomingRequest) {
        guard request.number == nil, let value = request.headers[RequestNumbers.headerName] else { return }
        guard let (secret, rest) = value.cut(atByte: "."), secret.hasSameBytes(as: String(self.secret, radix: 36)),
            let (number, sent) = rest.cut(atByte: "."), number.isDigits, let number = UInt64(number)
        else { return }
        request.number = number
        if let sent = UInt64(sent) { request.arrival = Arrival(.sender, began: min(sent, request.accepted)) }
    }
}
