// A service of a test's own, for apps that call one.

internal import Synchronization

/// An HTTP service on loopback with the routes that a test gives it, which can be slow, fail, and says what was asked.
///
/// ```swift
/// let weather = try FakeService { service in
///     service.get("/city/<name>") { _ in ["celsius": 7] }
/// }
/// weather.delay = .milliseconds(50)
/// weather.fail(next: 1, status: 503)
/// let client = try TestClient(makeApp(weatherURL: weather.url))
/// #expect(try client.get("/oslo").status == 502)
/// #expect(weather.requests.map(\.target) == ["/city/oslo"])
/// ```
///
/// May be used from any thread. It ends when nobody holds it, or with `stop()`.
public final class FakeService: Sendable {
    /// A request that came.
    public struct Received: Sendable {
        /// The method, in upper case.
        public let method: String
        /// Path and query as they came.
        public let target: String
        /// The header fields.
        public let headers: Headers
        /// The body, in bytes.
        public let body: [UInt8]

        /// The body as JSON.
        ///
        /// - Throws: an error that says where it is none.
        public func json() throws -> JSON { try JSON(parsing: body) }
    }

    private final class Conduct: Sendable {
        struct State {
            var delay = Duration.zero
            var failures: [Int] = []
            var requests: [Received] = []
        }

        let state = Mutex(State())
    }

    /// How many requests are kept: the first, for a test that loops.
    private static let mostRequests = 10_000

    private let served: ServedApp
    private let conduct: Conduct

    /// Starts it on a free port of this machine.
    ///
    /// - Parameter register: is given an app to register routes with, hooks and error handlers too.
    /// - Throws: an error that lists what could not be registered, or that no port could be had.
    public init(_ register: (App) -> Void) throws {
        let app = App("service")
        let conduct = Conduct()
        self.conduct = conduct
        app.beforeRequest("conduct") { request -> Response? in
            let (delay, status) = conduct.state.withLock { state -> (Duration, Int?) in
                if state.requests.count < FakeService.mostRequests {
                    state.requests.append(
                        Received(
                            method: request.method, target: request.target, headers: request.headers, body: request.body
                        ))
                }
                return (state.delay, state.failures.isEmpty ? nil : state.failures.removeFirst())
            }
            if delay > .zero { try await sleep(for: delay) }
            return status.map { Response("", status: $0) }
        }
        register(app)
        guard app.problems.isEmpty else { throw AppProblems(app: "service", problems: app.problems) }
        served = try ServedApp(app)
    }

    deinit { served.stop() }

    /// Where it listens: `http://127.0.0.1:49152`.
    public var url: String { served.url }

    /// How long every answer is kept back from now on; none unless set.
    public var delay: Duration {
        get { conduct.state.withLock { $0.delay } }
        set { conduct.state.withLock { $0.delay = newValue } }
    }

    /// Answers the next requests with `status`, before any route of its own is asked.
    public func fail(next count: Int = 1, status: Status = .serviceUnavailable) {
        conduct.state.withLock { $0.failures += Array(repeating: status.code, count: max(0, min(count, 10_000))) }
    }

    /// What was asked of it, in order of arrival: the first 10,000.
    public var requests: [Received] { conduct.state.withLock { $0.requests } }

    /// Forgets what was asked of it.
    public func forgetRequests() { conduct.state.withLock { $0.requests = [] } }

    /// Cuts off what is still asked of it, and ends its threads; calling it twice does no harm.
    public func stop() { served.stop() }
}
