// Methods that the HTTP parser has no name for. The parser refuses a request that begins with one (400); an app has to
// see it, for 405 with the methods that the address does take is its answer, not the parser's.

internal import NIOCore

/// Stands before the parser: a request whose method the parser does not know is given to it under another, and the
/// method itself to the connection.
///
/// Only where a request is known to begin: at the beginning of a connection, or after a request without a body whose
/// bytes came in one piece. Elsewhere the parser's 400 stands. Used on its channel's event loop only.
final class UnknownMethods: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What the parser is told: a method without a meaning of its own there.
    private static let placeholder = "REPORT"
    private static let known: Set<String> = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "COPY", "LOCK", "MKCOL", "MOVE",
        "PROPFIND", "PROPPATCH", "SEARCH", "UNLOCK", "BIND", "REBIND", "UNBIND", "ACL", "REPORT", "MKACTIVITY",
        "CHECKOUT", "MERGE", "M-SEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "PURGE", "MKCALENDAR", "LINK", "UNLINK",
        "SOURCE", "PRI",
    ]
    private static let tokenLimit = 32

    /// Told how many bytes came, before the parser sees them.
    var onRead: ((Int) -> Void)?

    private let eventLoop: any EventLoop
    private var isAtBeginning = true
    private var endsCleanly = false
    private var held: ByteBuffer?
    private var method: String?

    init(on eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        eventLoop.preconditionInEventLoop()
        var bytes = unwrapInboundIn(data)
        onRead?(bytes.readableBytes)
        if var before = held {
            before.writeBuffer(&bytes)
            bytes = before
            held = nil
        }
        guard isAtBeginning else {
            endsCleanly = false
            context.fireChannelRead(wrapInboundOut(bytes))
            return
        }
        let view = bytes.readableBytesView
        let token = view.prefix { $0.isOfToken }
        if token.endIndex == view.endIndex, token.count <= UnknownMethods.tokenLimit {
            // The method is not all here yet.
            held = bytes
            return
        }
        isAtBeginning = false
        endsCleanly = UnknownMethods.isOneHead(view)
        if !token.isEmpty, token.endIndex < view.endIndex, view[token.endIndex] == 0x20,
            case let name = String(decoding: token, as: UTF8.self), name != "GET", !UnknownMethods.known.contains(name)
        {
            method = name
            bytes.moveReaderIndex(forwardBy: token.count)
            var changed = context.channel.allocator.buffer(capacity: bytes.readableBytes + 8)
            changed.writeString(UnknownMethods.placeholder)
            changed.writeBuffer(&bytes)
            bytes = changed
        }
        context.fireChannelRead(wrapInboundOut(bytes))
    }

    func channelInactive(context: ChannelHandlerContext) {
        eventLoop.preconditionInEventLoop()
        held = nil
        context.fireChannelInactive()
    }

    /// The method of the request whose head was just read, if it was one of these.
    func takeMethod() -> String? {
        eventLoop.preconditionInEventLoop()
        defer { method = nil }
        return method
    }

    /// A request was answered, and the connection goes on: the next bytes may begin another.
    func requestEnded() {
        eventLoop.preconditionInEventLoop()
        if endsCleanly { isAtBeginning = true }
    }

    /// Whether the bytes are the head of one request without a body, whole, and nothing else.
    private static func isOneHead(_ view: ByteBufferView) -> Bool {
        view.withUnsafeBytes { bytes in
            guard bytes.count >= 4, bytes.suffix(4).elementsEqual([13, 10, 13, 10]) else { return false }
            // The end of a head that stands before the last one.
            return !(0..<(bytes.count - 4)).contains { place in
                bytes[place] == 10 && bytes[place + 1] == 13 && bytes[place + 2] == 10
            }
        }
    }
}
