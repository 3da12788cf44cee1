// Sends requests to an app and hands back the answer with its trace: in memory, over a socket, or to a running server.

internal import Synchronization

/// Why a test client got no answer.
public struct TestClientError: Error, CustomStringConvertible {
    /// A sentence.
    public let description: String
}

/// Sends requests to an app for tests, and hands back each answer with its trace.
///
/// ```swift
/// let client = try TestClient(app)
/// let answer = try client.get("/hello/ada")
/// #expect(answer.text == "Hello, ada!")
/// #expect(answer.trace.happened(.teardownRequest, before: .headSent))
/// ```
///
/// The same test can go to three depths: `.memory` calls the app with nothing between; `.socket` serves it on a free
/// loopback port of this process; `init(server:)` talks to a server that runs already, one that was started with
/// `inspector run APP --testing`. Cookies are kept from one answer to the next request. May be used from any thread;
/// each call waits for its answer: in an async test, `await` it, so that no thread of Swift's pool is held meanwhile.
public final class TestClient: RequestSending {
    /// How much of the way a request goes.
    public enum Depth: Sendable, CaseIterable {
        /// The app is called; nothing is sent over a socket.
        case memory
        /// The app is served on a loopback port of this process.
        case socket
    }

    private let transport: any TestTransport
    private let cookies = Mutex<[String: String]>([:])

    /// What writes and reads JSON: the app's own where the app is here.
    public let coder: JSONCoder

    init(_ transport: any TestTransport, coder: JSONCoder = JSONCoder()) {
        self.transport = transport
        self.coder = coder
    }

    /// Starts a lane for `app`.
    ///
    /// - Throws: an error that lists the app's problems, if it has any; or that no thread or port could be had.
    public convenience init(
        _ app: App, depth: Depth = .memory, mode: ExecutionMode = .async, workers: Int = 4
    ) throws {
        let lane = try TestLane(app: app, mode: mode, workers: workers)
        switch depth {
        case .memory: self.init(MemoryTransport(lane: lane), coder: app.options.coder)
        case .socket: self.init(try SocketTransport(lane: lane), coder: app.options.coder)
        }
    }

    /// Talks to a running server.
    ///
    /// - Parameters:
    ///   - url: where it listens: `http://127.0.0.1:8080`. It has to run with `--testing`, or it hands out no traces.
    ///   - lane: whose trace is wanted when several lanes are given the request; the first one made is 0.
    /// - Throws: `TestClientError` when nothing answers there, or it was not started for tests.
    public convenience init(server url: String, lane: UInt8 = 0) throws {
        self.init(try ServerTransport(url: url, lane: lane))
    }

    deinit { transport.stop() }

    /// Sends a request, and waits until it is answered and everything it started has ended, 30 seconds at most.
    ///
    /// - Parameter hangUpAfter: closes the connection after that time, without waiting for the answer; not in memory,
    ///   where there is none.
    /// - Throws: `TestClientError`.
    public func send(
        _ method: String, _ target: String, headers: Headers = [:], body: [UInt8] = [],
        hangUpAfter: Duration? = nil
    ) throws -> TestResponse {
        var headers = headers
        if headers["Host"] == nil { headers["Host"] = "localhost" }
        if headers["Cookie"] == nil {
            let kept = cookies.withLock { $0 }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            if !kept.isEmpty { headers["Cookie"] = kept.joined(separator: "; ") }
        }
        let request = IncomingRequest(method: method, target: target, headers: headers, body: body)
        var got = try transport.send(request, hangUpAfter: hangUpAfter)
        got.coder = coder
        for field in got.response.headers.all("Set-Cookie") { keep(field) }
        return got
    }

    /// As the sync form, for a test that is async: it holds no thread of Swift's pool, which an app's bare tasks need.
    public func send(
        _ method: String, _ target: String, headers: Headers = [:], body: [UInt8] = [],
        hangUpAfter: Duration? = nil
    ) async throws -> TestResponse {
        try await withCheckedThrowingContinuation { continuation in
            do throws(ThreadError) {
                try OwnThread.start("test-client") { [self] in
                    continuation.resume(
                        with: Result {
                            try send(method, target, headers: headers, body: body, hangUpAfter: hangUpAfter)
                        })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Sends a request, as the methods' own forms do.
    ///
    /// - Throws: `TestClientError`.
    public func send(_ request: OutgoingRequest) throws -> TestResponse {
        try send(request.method, request.target, headers: request.headers, body: request.body)
    }

    /// As the sync form, for a test that is async.
    public func send(_ request: OutgoingRequest) async throws -> TestResponse {
        try await send(request.method, request.target, headers: request.headers, body: request.body)
    }

    /// Forgets all cookies.
    public func forgetCookies() { cookies.withLock { $0 = [:] } }

    /// Waits until the trace of `id` fulfils `condition`, for 30 seconds at most; nil when it never does.
    package func waitForTrace(id: RequestID, condition: (Trace) -> Bool) -> Trace? {
        (transport as? any LocalTransport)?.lane.waitForTrace(id: id, condition: condition)
    }

    private func keep(_ field: String) {
        let pieces = field.split(separator: ";")
        guard let pair = pieces.first, let equals = pair.firstIndex(of: "=") else { return }
        let name = pair[..<equals].trimmed
        let isGone = pieces.contains { $0.trimmed.lowercased() == "max-age=0" }
        cookies.withLock { $0[name] = isGone ? nil : pair[pair.index(after: equals)...].trimmed }
    }
}

/// One of the depths.
protocol TestTransport: Sendable {
    func send(_ request: IncomingRequest, hangUpAfter: Duration?) throws -> TestResponse
    func stop()
}

/// A depth whose lane is in this process.
protocol LocalTransport: TestTransport {
    var lane: TestLane { get }
}
