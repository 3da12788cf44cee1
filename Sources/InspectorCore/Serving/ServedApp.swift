// An app on a loopback port of this process, which nobody watches.

internal import Synchronization

/// An app that is served beside the one that is looked at: a service that it calls.
///
/// May be used from any thread.
final class ServedApp: Sendable {
    private let server: HTTPServer
    private let loops: ServerLoops
    private let lane: HostedLane
    private let isStopped = Atomic(false)

    /// Where it listens: `http://127.0.0.1:49152`.
    var url: String { server.url }

    /// Starts it.
    ///
    /// - Parameter port: 0 for any free one.
    /// - Throws: `ListenError`, `StartFailed`.
    init(_ app: App, port: Int = 0) throws {
        loops = ServerLoops(threads: 1, name: app.registry.name)
        lane = HostedLane(
            id: LaneID(rawValue: .max), app: app.freeze(), mode: .native, workers: 1, log: EventLog(capacity: 0),
            numbers: RequestNumbers(), isRecording: false)
        var limits = Limits()
        // Nobody is owed an answer of it when it ends, and some never give one.
        limits.stopSeconds = 0.1
        try lane.start()
        server = try HTTPServer.start(port: port, responder: lane, loops: loops, limits: limits)
    }

    /// Cuts off what is still asked of it, and ends its threads.
    func stop() {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        server.stop()
        lane.stop()
        loops.stop(waiting: 0.2)
    }
}
