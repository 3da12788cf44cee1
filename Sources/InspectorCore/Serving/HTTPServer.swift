// HTTP/1.1 on a loopback port: listens, accepts, and stops without cutting anyone off.

internal import Dispatch
internal import Glibc
internal import NIOCore
internal import NIOExtras
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// Why a server could not listen.
package struct ListenError: Error, CustomStringConvertible {
    package let host: String
    package let port: Int
    package let reason: String

    package var description: String {
        "Nothing could be served on \(host):\(port): \(reason). Name another port with --port, or 0 for any free one."
    }
}

/// The event loops of a process's servers.
package final class ServerLoops: Sendable {
    let group: MultiThreadedEventLoopGroup
    private let queues: [ObjectIdentifier: LoopQueue]
    package let tracks: TrackRegistry
    /// Each loop's name and what is known of its turns, in the order of the names.
    package let watches: [(name: String, watch: LoopWatch)]
    /// What the bodies of requests hold: one bound for all servers of these loops.
    package let memory = RequestMemory()

    /// Starts the loops' threads.
    package init(threads: Int = System.coreCount, name: String = "loop", tracks: TrackRegistry = TrackRegistry()) {
        let watches = LoopWatches()
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, threads), metricsDelegate: watches)
        self.tracks = tracks
        let loops = Array(group.makeIterator())
        var named: [(name: String, watch: LoopWatch)] = []
        var queues: [ObjectIdentifier: LoopQueue] = [:]
        for (index, loop) in loops.enumerated() {
            let queue = LoopQueue(loop)
            queues[ObjectIdentifier(loop)] = queue
            named.append(("\(name)-\(index + 1)", queue.watch))
        }
        self.queues = queues
        self.watches = named
        watches.set(queues.mapValues(\.watch))
        for (index, loop) in loops.enumerated() {
            loop.execute {
                let track = ThreadRecord.track
                ThreadRecord.name(name: "\(name)-\(index + 1)", track: track)
                tracks.add(track, name: "\(name)-\(index + 1)")
                SignalStacks.shared.useForEver()
            }
        }
    }

    /// A place for a request that comes over no connection.
    package var place: ServingLoop { place(of: group.next()) }

    /// The place of what comes over a connection of `loop`.
    func place(of loop: any EventLoop) -> ServingLoop {
        ServingLoop(queue: queues[ObjectIdentifier(loop)] ?? LoopQueue(loop))
    }

    /// Ends the threads, and waits for that: a view that blocks one of them is not waited for longer than `seconds`.
    package func stop(waiting seconds: Double = 5) {
        let ended = Bell()
        group.shutdownGracefully(queue: .global()) { _ in ended.ring() }
        ended.wait(seconds: seconds)
    }
}

/// Tells each loop's watch of its turns.
private final class LoopWatches: NIOEventLoopMetricsDelegate {
    private let watches = Mutex<[ObjectIdentifier: LoopWatch]>([:])

    func set(_ watches: [ObjectIdentifier: LoopWatch]) { self.watches.withLock { $0 = watches } }

    /// On the loop's own thread, after every turn.
    func processedTick(info: NIOEventLoopTickInfo) {
        let begin = info.startTime.uptimeNanoseconds
        // It slept in the question which of its sockets are ready, which was asked when the turn before had ended.
        let looked = begin.subtractingSaturated(UInt64(clamping: info.sleepTime.nanoseconds))
        watches.withLock { $0[info.eventLoopID] }?.turned(
            LoopWatch.Turn(looked: looked, begin: begin, end: info.endTime.uptimeNanoseconds))
    }
}

/// One listening socket.
package final class HTTPServer: Sendable {
    /// The address that clients reach it under.
    package let host: String
    package let port: Int

    private let channel: any Channel
    private let quiescing: Mutex<ServerQuiescingHelper?>
    private let limits: Limits
    private let book: ConnectionBook

    private init(
        host: String, port: Int, channel: any Channel, quiescing: ServerQuiescingHelper, limits: Limits,
        book: ConnectionBook
    ) {
        self.host = host
        self.port = port
        self.channel = channel
        self.quiescing = Mutex(quiescing)
        self.limits = limits
        self.book = book
    }

    /// What became of the requests of connections that are closed.
    package var counts: RequestCounts { book.counts }

    /// How many connections are open.
    package var connections: Int { book.count }

    /// The address to type.
    package var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Listens on `port`; 0 takes any free one.
    ///
    /// May be called from any thread but an event loop's.
    ///
    /// - Parameters:
    ///   - tries: how many ports after `port` are tried when it is in use.
    ///   - hosts: the names that are answered to; nil for any.
    /// - Throws: `ListenError`.
    package static func start(
        host: String = "127.0.0.1", port: Int, tries: Int = 0, responder: any Responder, loops: ServerLoops,
        limits: Limits = Limits(), hosts: HostHeaderRule? = nil
    ) throws(ListenError) -> HTTPServer {
        var reason = ""
        for port in port...(port == 0 ? 0 : min(65_535, port + max(0, tries))) {
            let quiescing = ServerQuiescingHelper(group: loops.group)
            let book = ConnectionBook(memory: loops.memory)
            let bootstrap = bootstrap(
                responder, loops: loops, limits: limits, hosts: hosts, quiescing: quiescing, book: book)
            let bound = Bell()
            let shared = Shared()
            bootstrap.bind(host: host, port: port).whenComplete { result in
                shared.outcome.withLock { $0 = result }
                bound.ring()
            }
            bound.wait()
            switch shared.outcome.withLock({ $0 }) {
            case .success(let channel)?:
                return HTTPServer(
                    host: host, port: channel.localAddress?.port ?? port, channel: channel, quiescing: quiescing,
                    limits: limits, book: book)
            case .failure(let error as IOError)?:
                reason = error.errnoCode == EADDRINUSE ? "the port is in use" : "\(error)"
                if error.errnoCode != EADDRINUSE { throw ListenError(host: host, port: port, reason: reason) }
            case .failure(let error)?:
                throw ListenError(host: host, port: port, reason: "\(error)")
            case nil:
                reason = "no answer came from the system"
            }
        }
        throw ListenError(host: host, port: port, reason: reason)
    }

    /// Takes no more connections, lets the requests in flight be answered, and closes.
    ///
    /// Waits for that, for as long as the limits allow; then what is still open is told 503.
    ///
    /// - Returns: the requests that were not done in time.
    @discardableResult
    package func stop() -> [RequestSummary] { HTTPServer.stop([self]) }

    /// Stops several servers at once, so that their times to wait do not add up.
    ///
    /// - Returns: the requests that were not done in time.
    @discardableResult
    package static func stop(_ servers: [HTTPServer]) -> [RequestSummary] {
        let stopping = servers.map { server in
            (server, server.beginStop(), MonotonicClock.now() + UInt64(server.limits.stopSeconds * 1e9))
        }
        var halted: [(Bell, HaltEvent)] = []
        for (server, closed, limit) in stopping {
            let now = MonotonicClock.now()
            if !closed.wait(seconds: limit > now ? Double(limit - now) / 1e9 : 0) {
                halted.append((closed, server.book.halt()))
            }
        }
        // The last answers are on their way to clients that may not read them.
        let limit = MonotonicClock.now() + 500_000_000
        for (closed, _) in halted {
            let now = MonotonicClock.now()
            closed.wait(seconds: limit > now ? Double(limit - now) / 1e9 : 0.02)
        }
        for (_, event) in halted { event.wait(seconds: 0.5) }
        return halted.flatMap { $0.1.requests }
    }

    /// Begins to stop; the bell is rung when it is done.
    private func beginStop() -> Bell {
        let closed = Bell()
        // Let go here, while its loop still runs: it completes a promise as it goes.
        let known = quiescing.withLock { quiescing in
            defer { quiescing = nil }
            return quiescing
        }
        guard let known else {
            closed.ring()
            return closed
        }
        let promise = channel.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in closed.ring() }
        known.initiateShutdown(promise: promise)
        return closed
    }

    private final class Shared: Sendable {
        let outcome = Mutex<Result<any Channel, any Error>?>(nil)
    }

    private static func bootstrap(
        _ responder: any Responder, loops: ServerLoops, limits: Limits, hosts: HostHeaderRule?,
        quiescing: ServerQuiescingHelper, book: ConnectionBook
    ) -> ServerBootstrap {
        ServerBootstrap(group: loops.group)
            .serverChannelOption(ChannelOptions.backlog, value: 1024)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            // A head is a few hundred bytes; a connection that brings more is given larger buffers as it goes. Each of ten
            // thousand keeps the one it has.
            .childChannelOption(
                ChannelOptions.recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536)
            )
            // One buffer at a time: what is read in one go has to be kept, however many requests it holds.
            .childChannelOption(ChannelOptions.maxMessagesPerRead, value: 1)
            // Without it a client that closes its side of the connection gets no answer any more.
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try addHandlers(
                        to: channel, responder: responder, place: loops.place(of: channel.eventLoop), limits: limits,
                        hosts: hosts,
                        book: book)
                }
            }
    }

    /// What a client's connection goes through: the parser, and a `Connection` as the last.
    ///
    /// On the channel's event loop.
    static func addHandlers(
        to channel: any Channel, responder: any Responder, place: ServingLoop, limits: Limits, hosts: HostHeaderRule?,
        book: ConnectionBook
    ) throws {
        channel.eventLoop.preconditionInEventLoop()
        var decoder = NIOHTTPDecoderLimitConfiguration()
        decoder.maxHeaderFieldSize = limits.headerField
        decoder.maxHeaderListSize = limits.header
        let pipeline = channel.pipeline.syncOperations
        let methods = UnknownMethods(on: channel.eventLoop)
        try pipeline.addHandler(methods)
        try pipeline.addHandler(
            ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoder)))
        try pipeline.addHandler(
            Connection(
                responder: responder, place: place, limits: limits, hosts: hosts, methods: methods, book: book))
    }
}
