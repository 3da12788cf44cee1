// One client's connection: turns what NIO reads into requests, and answers into what NIO writes.

internal import NIOCore
internal import NIOHTTP1

/// The last handler of a server's channel.
///
/// Used on its channel's event loop only.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let responder: any Responder
    private var state: ConnectionState
    private var log: RequestLog?
    /// Counts requests, so that an answer that comes after its connection went on is known for late.
    private var generation = 0

    init(responder: any Responder, limits: Limits) {
        self.responder = responder
        state = ConnectionState(bodyLimit: limits.body)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let request = IncomingRequest(
                method: head.method.rawValue, target: head.uri,
                headers: Headers(head.headers.map { Headers.Field($0.name, $0.value) }))
            perform(state.readHead(request, keepsAlive: head.isKeepAlive), context)
        case .body(let bytes):
            perform(state.readBody(bytes.readableBytesView), context)
        case .end:
            perform(state.readEnd(), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            if state.isServing { log?.instant(.clientClosedSide) }
            perform(state.inputClosed(), context)
        case is IdleStateHandler.IdleStateEvent:
            perform(state.idled(), context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if state.isServing { log?.instant(.clientGone) }
        state.closed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            // A reset, most often: the channel becomes inactive next, which is where it is recorded.
            context.close(promise: nil)
            return
        }
        // NIO says 400 of all; a head that is too large has a status of its own (RFC 6585, 5).
        perform(state.failed(status: error == .headerOverflow ? 431 : 400), context)
    }

    private func perform(_ action: ConnectionState.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .nothing:
            break
        case .sendContinue:
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        case .serve:
            serve(context)
        case .reject(let status):
            write(HTTPError(status: status).makeResponse(), context, isHead: false, keepsAlive: false, log: nil)
        case .close:
            context.close(promise: nil)
        }
    }

    private func serve(_ context: ChannelHandlerContext) {
        generation += 1
        let generation = generation
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        log = responder.respond(to: state.request, on: LoopPlace(eventLoop)) { result in
            eventLoop.execute {
                let (connection, context) = bound.value
                connection.finish(result, generation: generation, context)
            }
        }
    }

    private func finish(_ result: DispatchResult, generation: Int, _ context: ChannelHandlerContext) {
        guard let log, generation == self.generation else { return }
        self.log = nil
        var response = result.answer
        if let field = ResponseHead.badField(in: response) {
            // Sent as it is, it would be two headers, or another answer: the app is told, not the client.
            log.instant(.mark, Label("response refused"), detail: log.own("the header \(field) holds a line break"))
            response = HTTPError(status: 500).makeResponse()
        }
        guard context.channel.isActive, state.isServing else {
            log.finish(status: response.status)
            return
        }
        write(response, context, isHead: state.isHead, keepsAlive: state.keepsAlive, log: log)
    }

    private func write(
        _ response: Response, _ context: ChannelHandlerContext, isHead: Bool, keepsAlive: Bool, log: RequestLog?
    ) {
        let head = ResponseHead.make(response, keepsAlive: keepsAlive)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        log?.instant(.headSent)
        if !isHead, !response.body.isEmpty, ResponseHead.mayHaveBody(response.status) {
            context.write(
                wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: response.body)))),
                promise: nil)
        }
        // Before the end is written: that hands the next pipelined request over, at once.
        let next = log == nil ? ConnectionState.Action.close : state.answered()
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let status = response.status
        written.futureResult.whenComplete { result in
            let (connection, context) = bound.value
            switch result {
            case .success: log?.instant(.bodySent, value: Int64(response.body.count))
            case .failure: log?.instant(.clientGone)
            }
            log?.finish(status: status)
            connection.perform(next, context)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }
}
