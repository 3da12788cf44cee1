// Sends requests to an app without a socket, and hands back the answer with its trace.

internal import Synchronization

/// What a test got: the answer, and how it came about.
public struct TestResponse: Sendable {
    /// The response; a bare 500 when the error left the app.
    public let response: Response
    /// The request's trace, complete.
    package let trace: Trace
}

/// Runs an app in memory for tests.
///
/// ```swift
/// let client = try TestClient(app, mode: .async)
/// let answer = try client.get("/hello/ada")
/// #expect(answer.response.text == "Hello, ada!")
/// ```
///
/// May be used from any thread; each call waits for its answer.
public final class TestClient: Sendable {
    private let lane: Lane
    private let loops: ServerLoops
    private let reader: TraceReader
    private let numbers = RequestNumbers()

    /// Starts a lane for `app`.
    ///
    /// - Throws: an error that lists the app's problems, if it has any; or that no thread could be had.
    public init(_ app: App, mode: ExecutionMode = .async, workers: Int = 4) throws {
        guard app.problems.isEmpty else { throw AppProblems(app: app.name, problems: app.problems) }
        let log = EventLog()
        reader = try TraceReader(log: log)
        loops = ServerLoops(threads: 1)
        lane = Lane(
            id: LaneID(rawValue: 0), app: app.freeze(), mode: mode, workers: workers, log: log, numbers: numbers)
    }

    deinit {
        lane.stop()
        reader.stop()
        loops.stop()
    }

    /// Sends GET.
    public func get(_ target: String, headers: Headers = [:]) -> TestResponse {
        send("GET", target, headers: headers)
    }

    /// Sends a request, and waits until it is answered and torn down.
    public func send(
        _ method: String, _ target: String, headers: Headers = [:], body: [UInt8] = []
    ) -> TestResponse {
        let answered = Bell()
        let shared = Shared()
        let incoming = IncomingRequest(method: method, target: target, headers: headers, body: body)
        let log = lane.respond(to: incoming, on: loops.place) { result in
            shared.result.withLock { $0 = result }
            answered.ring()
        }
        answered.wait()
        let response = shared.result.withLock { $0 }?.answer ?? HTTPError(status: 500).makeResponse()
        log.finish(status: response.status)
        return TestResponse(response: response, trace: trace(of: log.summary))
    }

    /// Waits until the trace of `id` fulfils `condition`, for 30 seconds at most; nil when it never does.
    package func waitForTrace(_ id: RequestID, _ condition: (Trace) -> Bool) -> Trace? {
        let limit = MonotonicClock.now() + 30_000_000_000
        let pause = Bell()
        while MonotonicClock.now() < limit {
            if let trace = reader.look({ $0[id] }), condition(trace) { return trace }
            pause.wait(seconds: 0.002)
        }
        return nil
    }

    private func trace(of summary: RequestSummary) -> Trace {
        waitForTrace(summary.id) { $0.stage == .finished } ?? reader.look { $0[summary.id] } ?? Trace(summary)
    }

    private final class Shared: Sendable {
        let result = Mutex<DispatchResult?>(nil)
    }
}
