// One client's connection: turns what NIO reads into requests, in their order, and asks for their answers.

internal import NIOCore
internal import NIOHTTP1

/// The last handler of a server's channel.
///
/// Used on its channel's event loop only.
final class Connection: ChannelInboundHandler, NIOScheduledCallbackHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    let responder: any Responder
    private let place: ServingLoop
    private let methods: UnknownMethods
    let limits: Limits
    private let book: ConnectionBook
    private let hosts: HostHeaderRule?
    var state: ConnectionState
    var writer = AnswerWriter()
    var inFlight: InFlight?
    var stream: OutgoingStream?
    var waiting = WaitingParts()
    var isPaused = false
    /// The body that is passed on as it comes, and who takes its request.
    var coming: (body: ComingBody, isPaused: Bool)?
    private var taker: (any Responder)?
    /// What a request is answered with whose body broke off.
    private var brokenBody: HTTPError?
    /// How the client takes its answer; only while one waits to be taken.
    private var pace: ReadingPace?
    private var timer: NIOScheduledCallback?
    /// Set while the handler is part of its channel.
    private var context: ChannelHandlerContext?
    private var counts = RequestCounts()
    /// Whether our own sender is at the other end: it says itself when it sent.
    private var isOwn = false
    /// The address at the other end.
    private var client: String?
    /// Counts requests, so that an answer that comes after its connection went on is known for late.
    var generation = 0
    /// Whether the responder is being asked just now: an answer that it gives before it returns has to wait a turn.
    private var isAsking = false
    /// Whether the end of an answer is being given to the socket just now: it takes most of them at once.
    private var isFlushing = false

    init(
        responder: any Responder, place: ServingLoop, limits: Limits, hosts: HostHeaderRule?, methods: UnknownMethods,
        book: ConnectionBook
    ) {
        self.responder = responder
        self.place = place
        self.methods = methods
        self.limits = limits
        self.hosts = hosts
        self.book = book
        state = ConnectionState(limits: limits, memory: book.memory, now: MonotonicClock.now())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        // Our own sender replays requests as they were recorded, Host included; it is known by its socket's address.
        client = context.channel.remoteAddress?.ipAddress
        isOwn = client.map(OwnAddress.isOurs) ?? false
        state = ConnectionState(
            limits: limits, hosts: isOwn ? nil : hosts, memory: book.memory, now: MonotonicClock.now())
        methods.onRead = { [unowned self] count in
            perform(state.readBytes(count, now: MonotonicClock.now()), context: context)
        }
        book.add(context.channel)
        watch(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.eventLoop.preconditionInEventLoop()
        let part = unwrapInboundIn(data)
        guard !state.isOver, !state.isBodyBroken else { return }
        if coming != nil, waiting.isEmpty {
            takeComing(part, context: context)
        } else if state.isServing || !waiting.isEmpty {
            queue(item: .part(part, read: MonotonicClock.now()), context: context)
        } else {
            take(part, read: nil, context: context)
        }
    }

    /// - Parameter read: when it was read, by `MonotonicClock`, where it had to wait for its turn since.
    func take(_ part: HTTPServerRequestPart, read: UInt64?, context: ChannelHandlerContext) {
        switch part {
        case .head(let head):
            var request = IncomingRequest(
                method: methods.takeMethod() ?? head.method.rawValue, target: head.uri,
                headers: Headers(head.headers.map { Headers.Field($0.name, RequestRules.bare(value: $0.value)) }))
            request.client = client
            if let read {
                request.arrival = Arrival(.connection, began: read)
            } else if !isOwn {
                request.arrival = ClientArrival.find(
                    channel: context.channel, watch: place.queue.watch, readAt: request.accepted,
                    isFirst: counts.served + counts.refused == 0)
            }
            let isOld = head.version == .http1_0
            // The parser takes nothing more where it saw the end, and overlooks some that the rules see.
            let keepsAlive = head.isKeepAlive && RequestRules.keepsAlive(request.headers, isOld: isOld)
            let action = state.readHead(request, keepsAlive: keepsAlive, isOld: isOld) { request in
                taker = responder.taker(ofComing: request)
                return taker != nil
            }
            perform(action, context: context)
        case .body(let bytes):
            perform(state.readBody(bytes.readableBytesView), context: context)
        case .end:
            perform(state.readEnd(), context: context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.eventLoop.preconditionInEventLoop()
        switch event {
        case ChannelEvent.inputClosed:
            if state.isServing { (inFlight ?? stream?.inFlight)?.noteClient(.clientClosedSide) }
            if state.isServing && !waiting.isEmpty {
                // Whole requests are waiting: a client may close its side as soon as it has sent them.
                queue(item: .inputClosed, context: context)
            } else {
                perform(state.inputClosed(), context: context)
            }
        case is ChannelShouldQuiesceEvent:
            perform(state.quiesce(), context: context)
        case let halt as HaltEvent:
            self.halt(halt, context: context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// The server's time to stop is over.
    private func halt(_ event: HaltEvent, context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        let wasWaiting = state.awaitsAnswer
        if wasWaiting, let inFlight = inFlight ?? stream?.inFlight { event.add(inFlight.log.summary) }
        let hasHead = stream?.isHeadSent ?? false
        stream?.pipe.cancel()
        let wasComing = coming != nil
        coming?.body.pipe.finish(failed: true)
        coming = nil
        guard !hasHead else { return context.close(promise: nil) }
        let action = state.halt()
        if wasWaiting, case .reject(let status, let message) = action {
            counts.halted += 1
            // We cut its body off: what the app makes of that is not what the client got.
            if wasComing, let cut = inFlight {
                cut.log.finish(status: status)
                inFlight = nil
            }
            reject(page(HTTPError(status: status, message: message)), context: context)
        } else {
            perform(action, context: context)
        }
        if context.channel.isActive { book.end(context.channel, counts: counts) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        if state.isServing { (inFlight ?? stream?.inFlight)?.noteClient(.clientGone) }
        stream?.pipe.cancel()
        coming?.body.pipe.finish(failed: true)
        coming = nil
        state.closed()
        timer?.cancel()
        timer = nil
        methods.onRead = nil
        waiting.removeAll()
        counts.gone += counts.open
        book.remove(context.channel, counts: counts)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.eventLoop.preconditionInEventLoop()
        guard let error = error as? HTTPParserError else {
            // A reset, most often: the channel becomes inactive next, which is where it is recorded.
            context.close(promise: nil)
            return
        }
        // NIO says 400 of all; a head that is too large has a status of its own (RFC 6585, 5).
        let status = error == .headerOverflow ? 431 : 400
        if (state.isServing && coming == nil) || !waiting.isEmpty {
            queue(item: .failed(status: status), context: context)
        } else {
            perform(state.failed(status: status), context: context)
        }
    }

    // MARK: Time

    /// Looks now and then whether the client takes too long.
    ///
    /// One timer a connection, which no byte moves: moving it with each would cost more than the answer does.
    private func watch(_ context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        let shortest = min(
            limits.idleSeconds, limits.readSeconds, limits.lingerSeconds, limits.bodyIdleSeconds, limits.bodySeconds)
        let pause = TimeAmount.milliseconds(Int64(max(20, min(2000, shortest * 250))))
        // Without a closure and a promise: there are ten thousand of them. It fails only on a loop that has ended.
        timer = try? context.eventLoop.assumeIsolated().scheduleCallback(in: pause, handler: self)
    }

    /// The timer's time has come.
    func handleScheduledCallback(eventLoop: some EventLoop) {
        eventLoop.preconditionInEventLoop()
        guard let context, context.channel.isActive else { return }
        check(context)
        watch(context)
    }

    private func check(_ context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        let now = MonotonicClock.now()
        guard state.isWriting || stream?.pipe.isBackedUp == true else {
            pace = nil
            if coming?.isPaused == true { state.bodyRested(now: now) }
            perform(state.check(now: now), context: context)
            return
        }
        ReadingPace.askTaken(channel: context.channel) { [self] taken in
            guard pace?.isTooSlow(taken: taken, now: now, limits: limits) == true else {
                pace = pace ?? ReadingPace(taken: taken, now: now)
                return
            }
            // What writes to it would be held for ever.
            stream?.log.instant(.mark, label: Label("client stopped reading"))
            if let stream { stream.inFlight.noteClient(.clientGone) }
            stream?.pipe.cancel()
            perform(state.stalled(), context: context)
        }
    }

    // MARK: Answers

    func perform(_ action: ConnectionState.Action, context: ChannelHandlerContext) {
        switch action {
        case .nothing:
            break
        case .sendContinue:
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        case .serve:
            serve(context, by: responder)
        case .serveComing(let tellsToGoOn):
            if tellsToGoOn { perform(.sendContinue, context: context) }
            guard let taker, let body = state.request.coming else { return }
            coming = (body, isPaused: false)
            self.taker = nil
            serve(context, by: taker)
        case .breakBody(let status, let message):
            let error = HTTPError(status: status, message: message)
            brokenBody = error
            coming?.body.trouble.note(message == nil ? nil : error)
            coming?.body.pipe.finish(failed: true)
            coming = nil
        case .reject(let status, let message):
            counts.refused += 1
            var response = page(HTTPError(status: status, message: message))
            // What holds the memory is answered, or given up, by then.
            if status == 503 {
                response.headers["Retry-After"] = String(Int(saturating: max(1, limits.bodyIdleSeconds)))
            }
            reject(response, context: context)
        case .close:
            context.close(promise: nil)
        case .closeOutput:
            // Whoever takes the body may wait for room that nobody makes any more.
            goOnReading(context)
            coming = nil
            context.close(mode: .output, promise: nil)
        case .reset:
            ReadingPace.forgetUnsent(context.channel)
            context.close(promise: nil)
        }
    }

    /// The server's own answer, in the form of the app's.
    private func page(_ error: HTTPError) -> Response {
        error.makeResponse(in: responder.errorForm, accept: state.request.headers["Accept"])
    }

    private func serve(_ context: ChannelHandlerContext, by responder: any Responder) {
        context.eventLoop.preconditionInEventLoop()
        generation += 1
        let generation = generation
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        counts.served += 1
        isAsking = true
        inFlight = responder.respond(to: state.takeRequest(), on: place) { result in
            if eventLoop.inEventLoop, !bound.value.0.isAsking {
                bound.value.0.finish(result, generation: generation, context: bound.value.1)
            } else {
                eventLoop.execute { bound.value.0.finish(result, generation: generation, context: bound.value.1) }
            }
        }
        isAsking = false
    }

    private func finish(_ result: DispatchResult, generation: Int, context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        guard let inFlight, generation == self.generation else { return }
        self.inFlight = nil
        let log = inFlight.log
        var response = if case .propagated = result { page(HTTPError(status: 500)) } else { result.answer }
        let broken = brokenBody
        brokenBody = nil
        // An app of ours was told by its body's reader, and has answered in its own form.
        if let broken, !inFlight.isOurs {
            response = page(broken)
            if case .streaming(_, let pipe) = result { pipe.cancel() }
        } else if let problem = ResponseHead.problem(in: response) {
            // Sent as it is, it would be two headers, or another answer: the app is told, not the client.
            log.instant(.mark, label: Label("response refused"), detail: log.own(text: problem), value: 1)
            response = page(HTTPError(status: 500))
            if case .streaming(_, let pipe) = result { pipe.cancel() }
        } else if case .streaming(_, let pipe) = result {
            begin(OutgoingStream(inFlight: inFlight, pipe: pipe, response: response), context: context)
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
        write(response, context: context, log: log)
    }

    /// What is left of a body that was answered before it had come is not read: the client is told that the connection ends.
    func endAfterEarlyAnswer() {
        if state.isBodyComing || state.isBodyBroken { state.endsWithConnection() }
    }

    /// Writes a whole answer.
    func write(_ response: Response, context: ChannelHandlerContext, log: RequestLog) {
        endAfterEarlyAnswer()
        let bytes = writer.whole(
            response: response, keepsAlive: state.keepsAlive, isHead: state.isHead, isOld: state.isOld,
            allocator: context.channel.allocator)
        log.instant(.headSent)
        end(bytes, context: context, log: log, status: response.status, bytes: response.body.count)
    }

    /// Writes `last`, with which an answer ends.
    func end(
        _ last: ByteBuffer, context: ChannelHandlerContext, log: RequestLog, status: Int, bytes: Int
    ) {
        context.eventLoop.preconditionInEventLoop()
        // A client may have read the answer before this thread comes to know that it is written: what is said of a
        // response may never be more than what its client measured.
        let handed = MonotonicClock.now()
        state.writes(now: handed)
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        written.futureResult.whenComplete { result in
            let (connection, context) = bound.value
            guard case .success = result else {
                // The channel is closing: what waits behind this answer has nobody to be answered to.
                log.instant(.clientGone)
                log.finish(status: status)
                return
            }
            connection.counts.answered += 1
            let now = connection.isFlushing ? handed : MonotonicClock.now()
            log.instant(.bodySent, value: Int64(bytes), at: now)
            log.finish(status: status, at: now)
            connection.methods.requestEnded()
            connection.perform(connection.state.answered(now: now), context: context)
            connection.goOn(context)
        }
        isFlushing = true
        context.writeAndFlush(wrapOutboundOut(last), promise: written)
        isFlushing = false
    }

    /// Answers for the server itself, and closes: this side at once, the other when the client has done so too, or has
    /// had time to read.
    private func reject(_ response: Response, context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        let bytes = writer.whole(
            response: response, keepsAlive: false, isHead: state.isHead, isOld: state.isOld,
            allocator: context.channel.allocator)
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value.close(mode: .output, promise: nil) }
        waiting.removeAll()
        state.wroteBytes(now: MonotonicClock.now())
        context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
    }
}
