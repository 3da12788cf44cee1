// A request's target goes out as it came, byte for byte.

internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Puts the target that a request names beside its URL into the head that is sent.
///
/// The library takes a URL only, and writes it anew: `%zz` becomes `%25zz`, `[` `%5B`, and then the server is asked for
/// something else than the client asked for.
final class ExactTarget: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    /// Names the target; it never leaves this process.
    static let fieldName = "X-Inspector-Target"

    private let used: ConnectionUse
    private var isUsed = false

    private init(used: ConnectionUse) { self.used = used }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.eventLoop.preconditionInEventLoop()
        guard case .head(var head) = unwrapOutboundIn(data), let target = head.headers.first(name: Self.fieldName)
        else {
            return context.write(data, promise: promise)
        }
        head.uri = target
        head.headers.remove(name: Self.fieldName)
        if let ticket = head.headers.first(name: ConnectionUse.fieldName).flatMap({ UInt64($0) }) {
            head.headers.remove(name: ConnectionUse.fieldName)
            used.note(ticket, isReused: isUsed)
        }
        isUsed = true
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    /// Adds one to a connection that the library has made.
    static func add(to channel: any Channel, used: ConnectionUse) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let encoder = try pipeline.handler(type: HTTPRequestEncoder.self)
            try pipeline.addHandler(ExactTarget(used: used), position: .after(encoder))
        }
    }
}

/// Knows of each request that goes out when it did, and whether its connection had carried another one before.
///
/// May be used from any thread.
final class ConnectionUse: Sendable {
    /// Names the request's ticket; it never leaves this process.
    static let fieldName = "X-Inspector-Ticket"

    private struct State {
        var last: UInt64 = 0
        var uses: [UInt64: (time: UInt64, isReused: Bool)] = [:]
    }

    private let state = Mutex(State())

    /// A ticket for a request that is about to be sent.
    func makeTicket() -> UInt64 {
        state.withLock { state in
            state.last += 1
            return state.last
        }
    }

    fileprivate func note(_ ticket: UInt64, isReused: Bool) {
        let now = MonotonicClock.now()
        state.withLock { $0.uses[ticket] = (now, isReused) }
    }

    /// When the request's head was handed to the socket, by `MonotonicClock`; nil before.
    ///
    /// What the library tells afterwards comes later than the server may have read it, by however long this process waits
    /// for a core then.
    func sendTime(of ticket: UInt64) -> UInt64? { state.withLock { $0.uses[ticket]?.time } }

    /// Gives the ticket back; whether its request went over a connection that was used before.
    func isReused(handingIn ticket: UInt64) -> Bool {
        state.withLock { $0.uses.removeValue(forKey: ticket)?.isReused ?? false }
    }
}
