// A request's target goes out as it came, byte for byte.

internal import NIOCore
internal import NIOHTTP1

/// Puts the target that a request names beside its URL into the head that is sent.
///
/// The library takes a URL only, and writes it anew: `%zz` becomes `%25zz`, `[` `%5B`, and then the server is asked for
/// something else than the client asked for.
final class ExactTarget: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    /// Names the target; it never leaves this process.
    static let fieldName = "X-Inspector-Target"

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.eventLoop.preconditionInEventLoop()
        guard case .head(var head) = unwrapOutboundIn(data), let target = head.headers.first(name: Self.fieldName)
        else {
            return context.write(data, promise: promise)
        }
        head.uri = target
        head.headers.remove(name: Self.fieldName)
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    /// Adds one to a connection that the library has made.
    @Sendable static func add(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let encoder = try pipeline.handler(type: HTTPRequestEncoder.self)
            try pipeline.addHandler(ExactTarget(), position: .after(encoder))
        }
    }
}
