// What a connection carries piece by piece: answers that their function writes, bodies that are passed on as they come.

internal import NIOCore
internal import NIOHTTP1

extension Connection {
    // MARK: A body that is passed on

    /// Takes a part of the request that is with its taker already.
    func takeComing(_ part: HTTPServerRequestPart, context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        guard let pipe = coming?.body.pipe else { return }
        switch part {
        case .head:
            // The parser gives none before the end of the last.
            break
        case .body(let bytes):
            perform(state.readBody(bytes.readableBytesView), context: context)
            // Who wants no more of it is sent nothing; what comes is thrown away.
            guard let hasRoom = try? pipe.offer(Array(bytes.readableBytesView)), !hasRoom else { return }
            coming?.isPaused = true
            try? context.channel.syncOptions?.setOption(.autoRead, value: false)
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            let eventLoop = context.eventLoop
            pipe.whenRoom { eventLoop.execute { bound.value.0.goOnReading(bound.value.1) } }
        case .end:
            perform(state.readEnd(), context: context)
            coming = nil
            pipe.finish(failed: false)
        }
    }

    /// Reads on, after whoever takes the body had no room.
    func goOnReading(_ context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        guard coming?.isPaused == true else { return }
        coming?.isPaused = false
        state.bodyRested(now: MonotonicClock.now())
        goOn(context)
        guard context.channel.isActive, !isPaused, coming?.isPaused != true else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        context.read()
    }

    // MARK: An answer that is streamed

    func begin(_ stream: OutgoingStream, context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        self.stream = stream
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((self, stream, context), eventLoop: eventLoop)
        stream.pipe.start { piece in
            // Never at once, not even on the loop itself: the pipe is held while it hands a piece over.
            eventLoop.execute {
                let (connection, stream, context) = bound.value
                connection.take(piece, of: stream, context: context)
            }
            return .kept
        }
        if !context.channel.isActive || !state.isServing { stream.pipe.cancel() }
    }

    private func take(_ piece: StreamPipe.Piece, of stream: OutgoingStream, context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        let isAlive = context.channel.isActive && state.isServing && self.stream === stream
        switch piece {
        case .bytes(let bytes):
            guard isAlive, stream.fits(bytes.count) else {
                stream.pipe.cancel()
                return
            }
            sendHead(of: stream, context: context)
            stream.sent += bytes.count
            let written = context.eventLoop.makePromise(of: Void.self)
            let bound = NIOLoopBound((self, stream), eventLoop: context.eventLoop)
            // Also when it could not be written: a function that waits has to go on, and see that the client is gone.
            written.futureResult.whenComplete { _ in
                bound.value.0.state.wroteBytes(now: MonotonicClock.now())
                bound.value.1.pipe.consumed(count: bytes.count)
            }
            let piece = writer.piece(bytes: bytes, isChunked: stream.isChunked, allocator: context.channel.allocator)
            context.writeAndFlush(wrapOutboundOut(piece), promise: written)
        case .end, .failure:
            self.stream = nil
            let isComplete =
                if case .end = piece { stream.length == nil || stream.length == stream.sent } else { false }
            guard isAlive else {
                stream.log.finish(status: stream.response.status)
                return
            }
            if isComplete {
                sendHead(of: stream, context: context)
                end(
                    writer.end(isChunked: stream.isChunked, allocator: context.channel.allocator), context: context,
                    log: stream.log,
                    status: stream.response.status, bytes: stream.sent)
            } else if stream.isHeadSent {
                // The head is gone: all that can be done is not to end the body, so that the client sees it is cut.
                stream.log.instant(
                    .mark, label: Label("answer cut"), detail: stream.log.own(text: "after \(stream.sent) bytes"),
                    value: 1)
                stream.log.finish(status: stream.response.status)
                context.close(promise: nil)
            } else {
                write(HTTPError(status: 500).makeResponse(), context: context, log: stream.log)
            }
        }
    }

    private func sendHead(of stream: OutgoingStream, context: ChannelHandlerContext) {
        context.eventLoop.preconditionInEventLoop()
        guard !stream.isHeadSent else { return }
        stream.isHeadSent = true
        endAfterEarlyAnswer()
        if stream.length == nil {
            if state.isOld { state.endsWithConnection() } else { stream.isChunked = stream.response.mayHaveBody }
        }
        let framing: ResponseHead.Framing =
            stream.length.map { .length($0) } ?? (stream.isChunked ? .chunked : .connection)
        let head = writer.head(
            response: stream.response, framing: framing, keepsAlive: state.keepsAlive, isOld: state.isOld,
            allocator: context.channel.allocator)
        context.write(wrapOutboundOut(head), promise: nil)
        stream.log.instant(.headSent)
    }
}
