// A server as `inspector run --testing` starts it, for the deepest of the test client's depths.

import Synchronization

@testable import InspectorCore

/// Serves one app on a free port with the door for tests open.
final class RunningServer {
    private let mode: ExecutionMode
    private let log = EventLog()
    private let reader: TraceReader
    private let loops = ServerLoops(threads: 2)
    private var lane: HostedLane?
    private var server: HTTPServer?

    init(mode: ExecutionMode) throws {
        self.mode = mode
        reader = try TraceReader(log: log)
    }

    var url: String { server?.url ?? "" }

    func start(_ app: App) throws {
        let numbers = RequestNumbers()
        let lane = HostedLane(
            id: LaneID(rawValue: 0), app: app.freeze(), mode: mode, workers: 8, log: log, numbers: numbers)
        self.lane = lane
        let front = Front(lanes: [lane], numbers: numbers)
        server = try HTTPServer.start(
            port: 0, responder: TestDoor(before: front, reader: reader, numbers: numbers), loops: loops)
    }

    func stop() {
        if let server { HTTPServer.stop([server]) }
        lane?.stop()
        reader.stop()
        loops.stop()
    }
}

/// Results that several threads bring in.
final class Collected<Value: Sendable>: Sendable {
    private let state = Mutex<[Int: Result<Value, any Error>]>([:])

    func add(_ index: Int, _ result: Result<Value, any Error>) { state.withLock { $0[index] = result } }

    func take(_ index: Int) throws -> Value {
        guard let result = state.withLock({ $0[index] }) else {
            throw TestClientError(description: "Nothing was brought in under \(index).")
        }
        return try result.get()
    }
}
