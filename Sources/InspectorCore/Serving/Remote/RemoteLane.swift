// A server elsewhere as a lane: requests are passed on to it, and its answers come back as they come.

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A server in another process, to which requests are sent as to any lane.
///
/// What is known of a request is what is seen from outside: when it was sent, when the first byte of the answer came, when
/// the last. May be used from any thread.
package final class RemoteLane: ServingLane {
    /// How the server is spoken to.
    package struct Options: Sendable {
        /// Fields that each request is sent with.
        package var headers = Headers()
        /// Whether the request's own Host is sent, and not the one of the lane's URL.
        package var keepsHost = false
        /// Whether any certificate is taken, also one that does not verify.
        package var takesAnyCertificate = false
        /// How long the server may take until its answer begins, connecting included, in seconds; connecting alone may take
        /// ten at most.
        package var answerSeconds: Double = 30
        /// How long a body may pause, in seconds: a stream of events may be still for long.
        package var pauseSeconds: Double = 300
        /// How many requests may be with the server at once; what is more waits for a connection.
        package var connections = 16_384

        package init() {}
    }

    package let id: LaneID
    package let description: LaneDescription
    package let target: RemoteTarget
    /// The threads of the server that it has told of.
    package let toldTracks = TrackRegistry()
    package var tracks: TrackRegistry? { toldTracks.known.isEmpty ? nil : toldTracks }
    package func takesBody(comingWith request: IncomingRequest) -> Bool { true }

    private let options: Options
    private let fields: RemoteFields
    private let log: EventLog
    private let numbers: RequestNumbers
    private let exchanges: ExchangeStore?
    private let group: MultiThreadedEventLoopGroup
    /// Whether the loops are those of the server that accepts, and each request stays on its own.
    private let sharesLoops: Bool
    /// A request for each usual method: making one reads the URL anew, which takes longer than all else here.
    private let templates: [String: HTTPClient.Request]
    private let ownHost: String
    /// One for each loop: the library keeps no connection for a request that has to stay on its loop.
    private let clients: [ObjectIdentifier: HTTPClient]
    private let used: ConnectionUse
    private let onSend: (@Sendable (RequestSummary) -> Void)?
    private let isStopped = Atomic<Bool>(false)

    /// Makes a lane; nothing is sent before the first request.
    ///
    /// - Parameters:
    ///   - onSend: told of each request before it goes out, on any thread.
    ///   - loops: those of the server that accepts, to save two changes of thread for each request; nil for a loop of
    ///   the lane's own: where an app is hosted, what it keeps a loop from would be taken for time of the server elsewhere.
    package init(
        id: LaneID, target: RemoteTarget, log: EventLog, numbers: RequestNumbers, exchanges: ExchangeStore? = nil,
        options: Options = Options(), loops: ServerLoops? = nil,
        onSend: (@Sendable (RequestSummary) -> Void)? = nil
    ) {
        self.id = id
        self.target = target
        self.options = options
        self.onSend = onSend
        self.log = log
        self.numbers = numbers
        self.exchanges = exchanges
        fields = RemoteFields(added: options.headers, keepsHost: options.keepsHost)
        description = LaneDescription(id: id, kind: .remote(url: target.url), name: target.name)
        group = loops?.group ?? MultiThreadedEventLoopGroup(numberOfThreads: 1)
        sharesLoops = loops != nil
        let isDefault = target.port == (target.url.hasPrefix("https") ? 443 : 80)
        ownHost = isDefault ? target.host : "\(target.host):\(target.port)"
        var templates: [String: HTTPClient.Request] = [:]
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            templates[method] = try? HTTPClient.Request(url: target.url + "/", method: .init(rawValue: method))
        }
        self.templates = templates
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        configuration.timeout.connect = .milliseconds(Int64(max(0.05, min(10, options.answerSeconds)) * 1000))
        configuration.timeout.read = .milliseconds(Int64(max(0.05, options.pauseSeconds) * 1000))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, options.connections)
        configuration.connectionPool.retryConnectionEstablishment = false
        // A server closes an idle connection after 2 (gunicorn) to 75 s (nginx), and a request that is sent in the same
        // moment gets no answer. This side closes first.
        configuration.connectionPool.idleTimeout = .seconds(1)
        let used = ConnectionUse()
        self.used = used
        configuration.http1_1ConnectionDebugInitializer = { ExactTarget.add(to: $0, used: used) }
        // Our own spans are made here; the library's would count each request twice.
        configuration.tracing.tracer = nil
        if options.takesAnyCertificate {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.certificateVerification = .none
            configuration.tlsConfiguration = tls
        }
        clients = Dictionary(
            group.makeIterator().map { loop in
                (
                    ObjectIdentifier(loop),
                    HTTPClient(eventLoopGroupProvider: .shared(loop), configuration: configuration)
                )
            }
        ) { first, _ in first }
        let name = target.name
        guard loops == nil else { return }
        group.next().execute {
            ThreadRecord.name(name: "\(name)-sender", track: ThreadRecord.track)
            SignalStacks.shared.useForEver()
        }
    }

    deinit { stop() }

    /// Closes all connections and ends the lane's own thread; requests that are still with the server fail.
    package func stop() {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        let ended = Bell()
        let ending = Ending(left: clients.count) { [group, sharesLoops] in
            if sharesLoops { ended.ring() } else { group.shutdownGracefully { _ in } }
        }
        for client in clients.values { client.shutdown { _ in ending.one() } }
        // The loops may end next, and what they are asked for after that they cannot do.
        if sharesLoops, MultiThreadedEventLoopGroup.currentEventLoop == nil { ended.wait(seconds: 0.5) }
    }

    /// Counts what has ended.
    private final class Ending: Sendable {
        private let left: Atomic<Int>
        private let whenAll: @Sendable () -> Void

        init(left: Int, whenAll: @escaping @Sendable () -> Void) {
            self.left = Atomic(left)
            self.whenAll = whenAll
        }

        func one() { if left.subtract(1, ordering: .relaxed).newValue == 0 { whenAll() } }
    }

    package func numbered(request: IncomingRequest) -> IncomingRequest {
        var request = request
        numbers.take(from: &request)
        return request
    }

    package func respond(
        to incoming: IncomingRequest, on place: ServingLoop, reply: @escaping @Sendable (DispatchResult) -> Void
    ) -> InFlight {
        let id = RequestID(number: incoming.number ?? numbers.take(), lane: id)
        let context = incoming.headers.traceContext(for: id)
        let log = log.open(
            RequestSummary(
                number: id.number, lane: description, method: incoming.method, target: incoming.target,
                accepted: incoming.accepted, began: incoming.arrival?.counted, context: context))
        onSend?(log.summary)
        log.recordAcceptance(of: incoming, on: place)
        exchanges?.begin(id, request: incoming, headers: OwnHeaders.left(out: incoming.headers))
        let exchange = RemoteExchange(
            log: log, address: target.url, kept: exchanges, fields: fields, request: incoming, reply: reply)
        let loop = sharesLoops ? place.queue.eventLoop : group.next()
        exchange.markChanged(incoming.headers, of: "request")
        if let refusal = fields.refusal(of: incoming.headers) {
            exchange.refuse(refusal)
        } else if let request = makeRequest(incoming, context: log.summary.context),
            !isStopped.load(ordering: .relaxed),
            let client = clients[ObjectIdentifier(loop)]
        {
            exchange.start(
                on: client, loop: loop, used: used, request: request, seconds: options.answerSeconds)
        } else {
            exchange.fail(RemoteProblem.unsendable(address: target.url))
        }
        return InFlight(log: log, requests: [exchange])
    }

    /// The request as it is sent; nil where its target is none that a server takes.
    private func makeRequest(_ incoming: IncomingRequest, context: TraceContext) -> HTTPClient.Request? {
        guard let sent = target.requestTarget(of: incoming.target),
            var request = templates[incoming.method]
                ?? (try? HTTPClient.Request(url: target.url + "/", method: .init(rawValue: incoming.method)))
        else { return nil }
        let onward = fields.onward(request: incoming, host: ownHost, context: context)
        request.headers.reserveCapacity(onward.fields.count + 2)
        for field in onward.fields { request.headers.add(name: field.name, value: field.value) }
        request.headers.add(name: ExactTarget.fieldName, value: sent)
        if !incoming.body.isEmpty { request.body = .bytes(incoming.body) }
        return request
    }
}
