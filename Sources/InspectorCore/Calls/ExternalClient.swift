// Calls to other services from a view, blocking or async, each of them a span of its request.

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// An HTTP client whose every call is seen: with its label, its wait for a connection apart from its wait for the
/// answer, and how it ended.
///
/// Each function comes blocking and async under one name; Swift picks by whether the closure that calls it is async.
/// A blocking call holds its thread, and shows as *blocked*; an async one suspends its task, and shows as an *await*.
/// May be used from any thread and any task, and kept across requests: its sockets are read by threads of its own, so
/// no sub-thread's end can close a connection.
public final class ExternalClient: RequestSending {
    /// How the client behaves.
    public struct Options: Sendable {
        /// How many connections may be open to one host at once.
        ///
        /// More calls than that wait; the wait is shown.
        public var connectionsPerHost = 1024
        /// How long a call may take in all.
        public var timeout: Duration = .seconds(30)
        /// The largest body that is taken, in bytes.
        public var bodyLimit = 16 * 1024 * 1024

        /// The address that its sockets are bound to; the system chooses unless it is set.
        package var localAddress: String?

        /// Makes the options that hold unless changed.
        public init() {}
    }

    /// The name in labels: `GET api/city/oslo`.
    public let name: String
    /// Where paths begin: `http://127.0.0.1:9000`.
    public let baseURL: String

    private let options: Options
    private let group: MultiThreadedEventLoopGroup
    private let client: HTTPClient
    private let isStopped = Atomic<Bool>(false)

    /// Makes a client.
    ///
    /// `stop()` must be called before it goes, or its threads stay.
    public init(_ name: String, baseURL: String, options: Options = Options()) {
        self.name = name
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.options = options
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = max(1, options.connectionsPerHost)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        configuration.localAddress = options.localAddress
        // Our own spans are made here; the library's would count each call twice.
        configuration.tracing.tracer = nil
        client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
        let loop = group.next()
        loop.execute {
            ThreadRecord.name(name: "\(name)-client", track: ThreadRecord.track)
            SignalStacks.shared.useForEver()
        }
    }

    deinit { stop() }

    /// Closes all connections and ends the threads, in the background.
    ///
    /// Calls still open fail.
    public func stop() {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        let group = group
        client.shutdown { _ in group.shutdownGracefully { _ in } }
    }

    /// What writes JSON: the coder of the app whose request calls (`AppOptions.coder`).
    public var coder: JSONCoder { .current }

    /// Calls, and holds this thread until the answer is there, as the methods' own forms do.
    ///
    /// - Throws: `CallError`.
    public func send(_ request: OutgoingRequest) throws -> ExternalResponse {
        try send(request.method, request.target, headers: request.headers, body: request.body)
    }

    /// Calls, as the methods' own forms do.
    ///
    /// - Throws: `CallError`, or `CancellationError` as soon as the task is cancelled.
    public func send(_ request: OutgoingRequest) async throws -> ExternalResponse {
        try await send(request.method, request.target, headers: request.headers, body: request.body)
    }

    /// Calls any method, and holds this thread until the answer is there.
    ///
    /// - Throws: `CallError`. On an event loop, where waiting could never end, a sentence that says so.
    public func send(
        _ method: String, _ path: String, headers: Headers = [:], body: [UInt8] = []
    ) throws -> ExternalResponse {
        let flight = CallFlight(call: label(method: method, path: path), to: baseURL, isBlocking: true)
        if client.eventLoopGroup.any().inEventLoop {
            throw CallError(
                kind: CallError.connectionError, call: flight.call,
                reason: "a blocking call on the client's own event loop could never end; use the async one")
        }
        let bell = Bell()
        try start(method, path: path, headers: headers, body: body, flight: flight) { bell.ring() }
        bell.wait()
        return try flight.answer()
    }

    /// Calls any method.
    ///
    /// - Throws: `CallError`, or `CancellationError` as soon as the task is cancelled.
    public func send(
        _ method: String, _ path: String, headers: Headers = [:], body: [UInt8] = []
    ) async throws -> ExternalResponse {
        let flight = CallFlight(call: label(method: method, path: path), to: baseURL, isBlocking: false)
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do {
                    try start(method, path: path, headers: headers, body: body, flight: flight) {
                        continuation.resume()
                    }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            flight.cancel()
        }
        return try flight.answer()
    }

    /// Calls any method and comes back at once; `ended` is called once, on the client's own thread or on this one, with
    /// the moment at which the answer's head came.
    package func send(
        _ method: String, path: String, headers: Headers, body: [UInt8],
        ended: @escaping @Sendable (Result<ExternalResponse, any Error>, UInt64?) -> Void
    ) {
        let flight = CallFlight(call: label(method: method, path: path), to: baseURL, isBlocking: false)
        do {
            try start(method, path: path, headers: headers, body: body, flight: flight) {
                ended(Result { try flight.answer() }, flight.headTime)
            }
        } catch {
            ended(.failure(error), nil)
        }
    }

    private func label(method: String, path: String) -> String {
        "\(method) \(name)\(path.hasPrefix("/") ? "" : "/")\(path.prefix { $0 != "?" })"
    }

    /// Starts a call; `ended` is called once, on the client's own thread.
    private func start(
        _ method: String, path: String, headers: Headers, body: [UInt8], flight: CallFlight,
        ended: @escaping @Sendable () -> Void
    ) throws {
        guard !isStopped.load(ordering: .relaxed) else {
            // Its loops have ended: a call would never come back.
            let error = CallError(
                kind: CallError.connectionError, call: flight.call, reason: "the client was stopped before")
            flight.fail(error)
            throw error
        }
        var fields = HTTPHeaders(headers.fields.map { ($0.name, $0.value) })
        if let number = flight.requestNumber { fields.add(name: ExternalClient.numberHeader, value: "\(number)") }
        // What the app has set itself is its own business.
        if let trace = flight.traceFields, headers["traceparent"] == nil {
            fields.add(name: "traceparent", value: trace.traceparent)
            if !trace.tracestate.isEmpty { fields.replaceOrAdd(name: "tracestate", value: trace.tracestate) }
        }
        let url = baseURL + (path.hasPrefix("/") ? "" : "/") + path
        let request: HTTPClient.Request
        do {
            request = try HTTPClient.Request(
                url: url, method: HTTPMethod(rawValue: method), headers: fields,
                body: body.isEmpty ? nil : .bytes(body))
        } catch {
            let error = CallError(
                kind: CallError.connectionError, call: flight.call, reason: "\(url) is not a valid URL")
            flight.fail(error)
            throw error
        }
        let task = client.execute(
            request: request, delegate: CallDelegate(flight: flight, bodyLimit: options.bodyLimit),
            deadline: .now() + .nanoseconds(Int64(clamping: options.timeout.nanoseconds)))
        flight.setCancel { task.cancel() }
        task.futureResult.whenComplete { result in
            flight.finish(result)
            ended()
        }
    }

    /// Tells a simulated service which request calls, so that the same request meets the same service in every lane.
    package static let numberHeader = "X-Inspector-Number"
}
