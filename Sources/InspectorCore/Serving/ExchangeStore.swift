// Heads and bodies of the newest requests and their answers: to be read, sent again, copied. Bounded by bytes.

internal import DequeModule
internal import Synchronization

/// What a client sent and what it was answered, as far as it is kept.
package struct Exchange: Sendable {
    /// The bytes of a body.
    package struct Body: Sendable, Equatable {
        /// The first of them.
        package let bytes: [UInt8]
        /// How many there were in all; nil for a stream, which is not kept.
        package let length: Int?

        /// Whether all of it is here.
        package var isWhole: Bool { length == bytes.count }
    }

    package let method: String
    /// Path and query as they came.
    package let target: String
    package let requestHeaders: Headers
    package fileprivate(set) var requestBody: Body
    /// Nil until it was answered.
    package fileprivate(set) var status: Int?
    /// As the app made them: the server adds Date, Content-Length and Connection.
    package fileprivate(set) var responseHeaders = Headers()
    package fileprivate(set) var responseBody = Body(bytes: [], length: 0)

    /// - Parameter headers: those that the app saw: without what our own traffic says to us.
    package init(request: IncomingRequest, headers: Headers, bodyLimit: Int = ExchangeStore.bodyLimit) {
        method = request.method
        target = request.target
        requestHeaders = headers
        requestBody =
            request.coming == nil
            ? ExchangeStore.kept(body: request.body, limit: bodyLimit) : Body(bytes: [], length: nil)
    }

    /// The same exchange with other texts: a copy that is to be handed around.
    package func changed(
        target: String, request: (headers: Headers, body: Body), response: (headers: Headers, body: Body)
    ) -> Exchange {
        var copy = Exchange(
            request: IncomingRequest(method: method, target: target, body: []), headers: request.headers,
            requestBody: request.body)
        copy.status = status
        copy.responseHeaders = response.headers
        copy.responseBody = response.body
        return copy
    }

    private init(request: IncomingRequest, headers: Headers, requestBody: Body) {
        method = request.method
        target = request.target
        requestHeaders = headers
        self.requestBody = requestBody
    }

    /// Adds the answer.
    package mutating func answer(_ response: Response, bodyLimit: Int = ExchangeStore.bodyLimit) {
        status = response.status
        responseHeaders = response.headers
        responseBody =
            response.isStreamed
            ? Body(bytes: [], length: nil) : ExchangeStore.kept(body: response.body, limit: bodyLimit)
    }
}

/// Keeps exchanges until there are too many bytes of them, the oldest of which go first.
///
/// Every function may be called from any thread.
package final class ExchangeStore: Sendable {
    /// How many bytes of a body are kept.
    package static let bodyLimit = 64 * 1024
    /// What is reckoned for an exchange beside its bodies, in bytes.
    private static let headCost = 2048

    private struct State {
        var exchanges: [RequestID: Exchange] = [:]
        var order = Deque<RequestID>()
        var bytes = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    /// Makes a store of at most about `limit` bytes.
    package init(limit: Int = 48 * 1024 * 1024) { self.limit = limit }

    /// What is kept of that request.
    package subscript(id: RequestID) -> Exchange? { state.withLock { $0.exchanges[id] } }

    func begin(_ id: RequestID, request: IncomingRequest, headers: Headers) {
        let exchange = Exchange(request: request, headers: headers)
        state.withLock { state in
            if state.exchanges.updateValue(exchange, forKey: id) == nil {
                state.order.append(id)
                state.bytes += ExchangeStore.headCost + exchange.requestBody.bytes.count
            }
            while state.bytes > limit, let oldest = state.order.popFirst() {
                guard let gone = state.exchanges.removeValue(forKey: oldest) else { continue }
                state.bytes -=
                    ExchangeStore.headCost + gone.requestBody.bytes.count + gone.responseBody.bytes.count
            }
        }
    }

    /// The body of the request, which was passed on as it came, as far as it was kept.
    func take(_ id: RequestID, requestBody body: Exchange.Body) {
        state.withLock { state in
            guard let old = state.exchanges[id]?.requestBody else { return }
            state.bytes += body.bytes.count - old.bytes.count
            state.exchanges[id]?.requestBody = body
        }
    }

    /// - Parameter body: the body of a streamed answer, as far as it was kept; nil for what the response itself holds.
    func end(_ id: RequestID, response: Response, body: Exchange.Body? = nil) {
        state.withLock { state in
            guard var exchange = state.exchanges.removeValue(forKey: id) else { return }
            state.bytes -= exchange.responseBody.bytes.count
            exchange.answer(response)
            if let body { exchange.responseBody = body }
            state.bytes += exchange.responseBody.bytes.count
            state.exchanges[id] = exchange
        }
    }

    /// A long body is copied in part: kept whole, a window of it would hold all of it.
    fileprivate static func kept(body: [UInt8], limit: Int) -> Exchange.Body {
        Exchange.Body(bytes: body.count <= limit ? body : Array(body[..<limit]), length: body.count)
    }
}
