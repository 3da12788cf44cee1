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
    private let methods: UnknownMethods
    private var state: ConnectionState
    private var inFlight: InFlight?
    private var stream: OutgoingStream?
    /// Counts requests, so that an answer that comes after its connection went on is known for late.
    private var generation = 0

    init(responder: any Responder, limits: Limits, methods: UnknownMethods) {
        self.responder = responder
        self.methods = methods
        state = ConnectionState(bodyLimit: limits.body)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let request = IncomingRequest(
                method: methods.takeMethod() ?? head.method.rawValue, target: head.uri,
                headers: Headers(head.headers.map { Headers.Field($0.name, $0.value) }))
            perform(
                state.readHead(request, keepsAlive: head.isKeepAlive, isOld: head.version == .http1_0), context)
        case .body(let bytes):
            perform(state.readBody(bytes.readableBytesView), context)
        case .end:
            perform(state.readEnd(), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            if state.isServing { (inFlight ?? stream?.inFlight)?.noteClient(.clientClosedSide) }
            perform(state.inputClosed(), context)
        case is IdleStateHandler.IdleStateEvent:
            if let stream, stream.pipe.isBackedUp {
                // The client has stopped reading: what writes to it would be held for ever.
                stream.log.instant(.mark, Label("client stopped reading"))
                stream.pipe.cancel()
                context.close(promise: nil)
            } else {
                perform(state.idled(), context)
            }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if state.isServing { (inFlight ?? stream?.inFlight)?.noteClient(.clientGone) }
        stream?.pipe.cancel()
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
            write(HTTPError(status: status).makeResponse(), context, log: nil)
        case .close:
            context.close(promise: nil)
        }
    }

    private func serve(_ context: ChannelHandlerContext) {
        generation += 1
        let generation = generation
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        inFlight = responder.respond(to: state.request, on: LoopPlace(eventLoop)) { result in
            eventLoop.execute {
                let (connection, context) = bound.value
                connection.finish(result, generation: generation, context)
            }
        }
    }

    private func finish(_ result: DispatchResult, generation: Int, _ context: ChannelHandlerContext) {
        guard let inFlight, generation == self.generation else { return }
        self.inFlight = nil
        let log = inFlight.log
        var response = result.answer
        if let problem = ResponseHead.problem(in: response) {
            // Sent as it is, it would be two headers, or another answer: the app is told, not the client.
            log.instant(.mark, Label("response refused"), detail: log.own(problem), value: 1)
            response = HTTPError(status: 500).makeResponse()
            if case .streaming(_, let pipe) = result { pipe.cancel() }
        } else if case .streaming(_, let pipe) = result {
            begin(OutgoingStream(inFlight, pipe, response), context)
            return
        }
        guard context.channel.isActive, state.isServing else {
            log.finish(status: response.status)
            return
        }
        if case .dropped = result {
            log.finish(status: response.status)
            context.close(promise: nil)
            return
        }
        write(response, context, log: log)
    }

    private func write(_ response: Response, _ context: ChannelHandlerContext, log: RequestLog?) {
        // A stream that never starts (HEAD) has the head it would have had.
        let length = response.stream.map(\.length) ?? response.body.count
        let head = ResponseHead.make(response, length: length, keepsAlive: log != nil && state.keepsAlive)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        log?.instant(.headSent)
        if !state.isHead, !response.body.isEmpty, response.mayHaveBody {
            context.write(
                wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: response.body)))),
                promise: nil)
        }
        end(context, log: log, status: response.status, bytes: response.body.count)
    }

    private func end(_ context: ChannelHandlerContext, log: RequestLog?, status: Int, bytes: Int) {
        // Before the end is written: that hands the next pipelined request over, at once.
        let next = log == nil ? ConnectionState.Action.close : state.answered()
        methods.requestEnded()
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        written.futureResult.whenComplete { result in
            let (connection, context) = bound.value
            switch result {
            case .success: log?.instant(.bodySent, value: Int64(bytes))
            case .failure: log?.instant(.clientGone)
            }
            log?.finish(status: status)
            connection.perform(next, context)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    // MARK: Streaming

    private func begin(_ stream: OutgoingStream, _ context: ChannelHandlerContext) {
        self.stream = stream
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((self, stream, context), eventLoop: eventLoop)
        stream.pipe.start { piece in
            eventLoop.execute {
                let (connection, stream, context) = bound.value
                connection.take(piece, of: stream, context)
            }
        }
        if !context.channel.isActive || !state.isServing { stream.pipe.cancel() }
    }

    private func take(_ piece: StreamPipe.Piece, of stream: OutgoingStream, _ context: ChannelHandlerContext) {
        let isAlive = context.channel.isActive && state.isServing && self.stream === stream
        switch piece {
        case .bytes(let bytes):
            guard isAlive, stream.fits(bytes.count) else {
                stream.pipe.cancel()
                return
            }
            sendHead(of: stream, context)
            stream.sent += bytes.count
            let written = context.eventLoop.makePromise(of: Void.self)
            // Also when it could not be written: a function that waits has to go on, and see that the client is gone.
            written.futureResult.whenComplete { [pipe = stream.pipe] _ in pipe.consumed(bytes.count) }
            context.writeAndFlush(
                wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))),
                promise: written)
        case .end, .failure:
            self.stream = nil
            let isComplete =
                if case .end = piece { stream.length == nil || stream.length == stream.sent } else { false }
            guard isAlive else {
                stream.log.finish(status: stream.response.status)
                return
            }
            if isComplete {
                sendHead(of: stream, context)
                end(context, log: stream.log, status: stream.response.status, bytes: stream.sent)
            } else if stream.isHeadSent {
                // The head is gone: all that can be done is not to end the body, so that the client sees it is cut.
                stream.log.instant(
                    .mark, Label("answer cut"), detail: stream.log.own("after \(stream.sent) bytes"), value: 1)
                stream.log.finish(status: stream.response.status)
                context.close(promise: nil)
            } else {
                write(HTTPError(status: 500).makeResponse(), context, log: stream.log)
            }
        }
    }

    private func sendHead(of stream: OutgoingStream, _ context: ChannelHandlerContext) {
        guard !stream.isHeadSent else { return }
        stream.isHeadSent = true
        if stream.length == nil, state.isOld { state.endsWithConnection() }
        var head = ResponseHead.make(stream.response, length: stream.length, keepsAlive: state.keepsAlive)
        if stream.length == nil, !state.isOld { head.headers.add(name: "Transfer-Encoding", value: "chunked") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        stream.log.instant(.headSent)
    }
}

/// A response whose body is on its way.
///
/// Used on its connection's event loop only.
private final class OutgoingStream {
    let inFlight: InFlight
    let pipe: StreamPipe
    let response: Response
    let length: Int?
    var isHeadSent = false
    var sent = 0

    var log: RequestLog { inFlight.log }

    init(_ inFlight: InFlight, _ pipe: StreamPipe, _ response: Response) {
        self.inFlight = inFlight
        self.pipe = pipe
        self.response = response
        length = response.stream?.length
    }

    /// Whether `count` more bytes are within the length that the client was told.
    func fits(_ count: Int) -> Bool { length.map { sent + count <= $0 } ?? true }
}
