// Requests of tests over real sockets: to a server in this process, or to one that runs already.

internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// Serves the app on a loopback port of this process.
struct SocketTransport: LocalTransport {
    let lane: TestLane
    private let server: HTTPServer

    /// - Throws: `ListenError`.
    init(lane: TestLane) throws {
        self.lane = lane
        server = try HTTPServer.start(port: 0, responder: LanePort(lane.lane), loops: lane.loops)
    }

    func send(_ request: IncomingRequest, hangUpAfter: Duration?) throws -> TestResponse {
        let number = lane.lane.takeNumber()
        var request = request
        request.headers[RequestNumbers.headerName] = lane.lane.headerValue(for: number)
        let answer = try SocketClient.send(
            request, host: server.host, port: server.port, on: lane.loops.group, hangUpAfter: hangUpAfter)
        return TestResponse(
            response: answer.response, isComplete: answer.isComplete,
            trace: try lane.trace(of: RequestID(number: number, lane: lane.lane.id)))
    }

    func stop() {
        HTTPServer.stop([server])
        lane.stop()
    }
}

/// Talks to a server that was started for tests.
struct ServerTransport: TestTransport {
    private let host: String
    private let port: Int
    private let lane: UInt8
    private let loops = ServerLoops(threads: 1)

    /// - Throws: `TestClientError`.
    init(url: String, lane: UInt8) throws {
        let rest = url.hasPrefix("http://") ? url.dropFirst(7) : url[...]
        let address = rest.prefix { $0 != "/" }
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
            (1...65_535).contains(port)
        else {
            throw TestClientError(
                description: "\(url) is not an address of a running server: http://127.0.0.1:8080 is one.")
        }
        host = String(address[..<colon].filter { $0 != "[" && $0 != "]" })
        self.port = port
        self.lane = lane
        _ = try ask(TestDoor.numberPath)
    }

    func send(_ request: IncomingRequest, hangUpAfter: Duration?) throws -> TestResponse {
        let ticket = try ask(TestDoor.numberPath)
        guard let number = ticket["number"]?.int, let header = ticket["header"]?.string else {
            throw TestClientError(description: "The server's door for tests gave no number: \(ticket).")
        }
        var request = request
        request.headers[RequestNumbers.headerName] = header
        let answer = try SocketClient.send(
            request, host: host, port: port, on: loops.group, hangUpAfter: hangUpAfter)
        let limit = MonotonicClock.now() + 30_000_000_000
        let pause = Bell()
        while MonotonicClock.now() < limit {
            let found = try ask(TestDoor.tracePath(number: number, lane: lane))
            if found != .null {
                guard let trace = Trace(json: found) else {
                    throw TestClientError(description: "The server's trace of request \(number) cannot be read.")
                }
                return TestResponse(response: answer.response, isComplete: answer.isComplete, trace: trace)
            }
            pause.wait(seconds: 0.005)
        }
        throw TestClientError(
            description: "The server has no finished trace of request \(number) in lane \(lane) after 30 s.")
    }

    func stop() { loops.stop() }

    private func ask(_ path: String) throws -> JSON {
        let request = IncomingRequest(method: "GET", target: path, headers: ["Host": "localhost"])
        let answer = try SocketClient.send(request, host: host, port: port, on: loops.group, hangUpAfter: nil)
        guard answer.response.status == 200, let json = try? JSON(parsing: answer.response.body) else {
            throw TestClientError(
                description: "The server on \(host):\(port) hands out no traces. Start it with --testing.")
        }
        return json
    }
}

/// Sends one request over a connection of its own.
enum SocketClient {
    struct Answer: Sendable {
        var response: Response
        var isComplete: Bool
    }

    /// - Throws: `TestClientError` when nothing listens, or no answer comes within 30 seconds.
    static func send(
        _ request: IncomingRequest, host: String, port: Int, on group: MultiThreadedEventLoopGroup,
        hangUpAfter: Duration?
    ) throws -> Answer {
        let promise = group.next().makePromise(of: Answer.self)
        let connected = ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    // What a test sends is sent as it stands, line breaks and all.
                    try pipeline.addHTTPClientHandlers(enableOutboundHeaderValidation: false)
                    try pipeline.addHandler(Collector(request: request, promise: promise, hangUpAfter: hangUpAfter))
                }
            }
            .connect(host: host, port: port)
        connected.whenFailure { promise.fail($0) }
        let outcome = Waiting()
        promise.futureResult.whenComplete { result in
            outcome.result.withLock { $0 = result }
            outcome.bell.ring()
        }
        outcome.bell.wait(seconds: 30)
        switch outcome.result.withLock({ $0 }) {
        case .success(let answer)?: return answer
        case .failure(let error)?:
            throw TestClientError(description: "No answer came from \(host):\(port): \(error).")
        case nil:
            connected.whenSuccess { $0.close(promise: nil) }
            throw TestClientError(description: "No answer came from \(host):\(port) within 30 s.")
        }
    }

    private final class Waiting: Sendable {
        let bell = Bell()
        let result = Mutex<Result<Answer, any Error>?>(nil)
    }

    /// Used on its channel's event loop only.
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundOut = HTTPClientRequestPart

        private let request: IncomingRequest
        private let promise: EventLoopPromise<Answer>
        private let hangUpAfter: Duration?
        private var response: Response?
        private var body: [UInt8] = []
        private var isOver = false

        init(request: IncomingRequest, promise: EventLoopPromise<Answer>, hangUpAfter: Duration?) {
            self.request = request
            self.promise = promise
            self.hangUpAfter = hangUpAfter
        }

        func channelActive(context: ChannelHandlerContext) {
            context.eventLoop.preconditionInEventLoop()
            var head = HTTPRequestHead(
                version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.target)
            for field in request.headers.fields { head.headers.add(name: field.name, value: field.value) }
            head.headers.add(name: "Connection", value: "close")
            if !request.body.isEmpty { head.headers.add(name: "Content-Length", value: String(request.body.count)) }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if !request.body.isEmpty {
                context.write(
                    wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: request.body)))),
                    promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            guard let hangUpAfter else { return }
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: hangUpAfter.nanoseconds))) {
                let (collector, context) = bound.value
                collector.finish(Answer(response: Response("", status: 499), isComplete: false), context: context)
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.eventLoop.preconditionInEventLoop()
            switch unwrapInboundIn(data) {
            case .head(let head):
                guard head.status.code >= 200 else { return }
                response = Response(
                    bytes: [], status: Int(head.status.code), contentType: nil,
                    headers: Headers(head.headers.map { Headers.Field($0.name, $0.value) }))
            case .body(let bytes):
                body += bytes.readableBytesView
            case .end:
                if let response, hangUpAfter == nil {
                    finish(Answer(response: response, isComplete: true), context: context)
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { cut(context, error: error) }

        func channelInactive(context: ChannelHandlerContext) {
            cut(context, error: TestClientError(description: "the connection was closed before an answer came"))
        }

        private func cut(_ context: ChannelHandlerContext, error: any Error) {
            context.eventLoop.preconditionInEventLoop()
            if let response {
                finish(Answer(response: response, isComplete: false), context: context)
            } else if !isOver {
                isOver = true
                promise.fail(error)
                context.close(promise: nil)
            }
        }

        private func finish(_ answer: Answer, context: ChannelHandlerContext) {
            context.eventLoop.preconditionInEventLoop()
            guard !isOver else { return }
            isOver = true
            var answer = answer
            answer.response.body = body
            promise.succeed(answer)
            context.close(promise: nil)
        }
    }
}
