// A lane of a test, with the reader of its traces.

internal import Synchronization

/// An app served for tests.
final class TestLane: Sendable {
    let lane: HostedLane
    let loops: ServerLoops
    private let reader: TraceReader

    /// - Parameter isRecording: off for requests of which nothing is recorded, as of most under a flood.
    /// - Throws: the app's problems, or that no thread could be had.
    init(app: App, mode: ExecutionMode, workers: Int, isRecording: Bool = true) throws {
        let problems = app.problems
        guard problems.isEmpty else { throw AppProblems(app: app.name, problems: problems) }
        let log = EventLog()
        reader = try TraceReader(log: log)
        loops = ServerLoops(threads: 1)
        lane = HostedLane(
            id: LaneID(rawValue: 0), app: app.freeze(), mode: mode, workers: workers, log: log,
            numbers: RequestNumbers(), isRecording: isRecording)
        try lane.start()
    }

    func stop() {
        lane.stop()
        reader.stop()
        loops.stop()
    }

    func waitForTrace(id: RequestID, condition: (Trace) -> Bool) -> Trace? {
        let limit = MonotonicClock.now() + 30_000_000_000
        let pause = Bell()
        while MonotonicClock.now() < limit {
            if let trace = reader.look({ $0[id] }), condition(trace) { return trace }
            pause.wait(seconds: 0.002)
        }
        return nil
    }

    /// The trace of `id`, finished.
    ///
    /// - Throws: `TestClientError` when it does not finish.
    func trace(of id: RequestID) throws -> Trace {
        guard let trace = waitForTrace(id: id, condition: { $0.stage == .finished }) else {
            throw TestClientError(
                description: "The request was answered, but 30 s later something of it goes on still: a task that "
                    + "never ends, or a teardown that hangs.")
        }
        return trace
    }
}

/// Calls the app with nothing between.
struct MemoryTransport: LocalTransport {
    let lane: TestLane

    private final class Answer: Sendable {
        struct State {
            var response: Response?
            var body: [UInt8] = []
            var isComplete = true
        }

        let state = Mutex(State())
        let bell = Bell()
    }

    func send(_ request: IncomingRequest, hangUpAfter: Duration?) throws -> TestResponse {
        guard hangUpAfter == nil else {
            throw TestClientError(description: "In memory there is no connection to hang up: use the depth .socket.")
        }
        let (response, isComplete, log) = try answer(to: request)
        return TestResponse(
            response: response, isComplete: isComplete, trace: try lane.trace(of: log.summary.id))
    }

    /// What is answered, and whether all of it came.
    ///
    /// - Throws: `TestClientError` when nothing is.
    func answer(to request: IncomingRequest) throws -> (response: Response, isComplete: Bool, log: RequestLog) {
        let answer = Answer()
        let log = lane.lane.respond(to: request, on: lane.loops.place) { result in
            guard case .streaming(let response, let pipe) = result else {
                answer.state.withLock { $0.response = result.answer }
                answer.bell.ring()
                return
            }
            pipe.start { piece in
                answer.state.withLock { state in
                    switch piece {
                    case .bytes(let bytes):
                        state.response = state.response ?? response.buffered
                        state.body += bytes
                    case .end:
                        state.response = state.response ?? response.buffered
                    case .failure:
                        state.isComplete = state.response == nil
                        state.response = state.response ?? HTTPError(status: 500).makeResponse()
                    }
                }
                if case .bytes = piece { return .discarded }
                answer.bell.ring()
                return .discarded
            }
        }.log
        guard answer.bell.wait(seconds: 30) else {
            throw TestClientError(description: "No answer came within 30 s: a function of the app does not end.")
        }
        let (made, body, isComplete) = answer.state.withLock { ($0.response, $0.body, $0.isComplete) }
        var response = made ?? HTTPError(status: 500).makeResponse()
        if !body.isEmpty { response.body = body }
        if ResponseHead.problem(in: response) != nil { response = HTTPError(status: 500).makeResponse() }
        log.instant(.headSent)
        log.instant(.bodySent, value: Int64(response.body.count))
        log.finish(status: response.status)
        // As a connection would frame it.
        response.headers["Content-Length"] =
            response.mayHaveBody && !response.isStreamed ? String(response.body.count) : nil
        if request.method == "HEAD" || !response.mayHaveBody { response = response.buffered }
        return (response, isComplete, log)
    }

    func stop() { lane.stop() }
}
