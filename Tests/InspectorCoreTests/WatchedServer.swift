// A server in a process of its own, as a remote lane whose spans come back.

import Foundation
import Synchronization

@testable import InspectorCore

/// A server that was started to be watched.
final class WatchedServer {
    let passage: Passage
    private let program: Process
    private let input = Pipe()
    private let receiver: HTTPServer
    private let loops = ServerLoops(threads: 1)

    /// Who takes the spans is made once it is known where the server listens.
    private final class Door: Responder {
        let inner = Mutex<OTLPReceiver?>(nil)

        func respond(
            to request: IncomingRequest, on place: ServingLoop, reply: @escaping @Sendable (DispatchResult) -> Void
        ) -> InFlight {
            if let inner = inner.withLock({ $0 }) { return inner.respond(to: request, on: place, reply: reply) }
            reply(.response(HTTPError(status: 503, message: "Not yet.").makeResponse()))
            let summary = RequestSummary(
                id: RequestID(number: 0, lane: LaneID(rawValue: 0)), mode: .native, method: request.method,
                target: request.target, accepted: request.accepted)
            return InFlight(log: EventLog.unrecorded(summary: summary))
        }
    }

    /// The top of the repository.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Starts a program that prints the port on which it listens as the last word of its first line.
    ///
    /// - Parameters:
    ///   - arguments: given where spans are taken.
    ///   - environment: what is set beside the usual.
    init(
        _ path: URL, arguments: (_ endpoint: String) -> [String], environment: (_ endpoint: String) -> [String: String]
    ) throws {
        guard FileManager.default.isExecutableFile(atPath: path.path) else {
            throw VectorError(description: "\(path.path) is missing: run make setup-test, and build.")
        }
        let door = Door()
        let receiver = try HTTPServer.start(port: 0, responder: door, loops: loops)
        self.receiver = receiver
        let program = Process()
        self.program = program
        program.executableURL = path
        program.arguments = arguments(receiver.url)
        program.environment = ProcessInfo.processInfo.environment.merging(environment(receiver.url)) { _, new in new }
        program.standardInput = input
        let output = Pipe()
        program.standardOutput = output
        try program.run()
        var line = ""
        while !line.contains("\n") {
            let bytes = output.fileHandleForReading.availableData
            guard !bytes.isEmpty else { throw VectorError(description: "\(path.lastPathComponent) ended: \(line)") }
            line += String(decoding: bytes, as: UTF8.self)
        }
        guard let port = line.split(whereSeparator: \.isWhitespace).last.flatMap({ Int($0) }) else {
            throw VectorError(description: "\(path.lastPathComponent) says no port: \(line)")
        }
        let passage = try Passage(to: "http://127.0.0.1:\(port)")
        self.passage = passage
        let tracks = passage.lane.toldTracks
        door.inner.withLock { inner in
            inner = OTLPReceiver(reader: passage.reader, join: passage.join) { _ in tracks }
        }
    }

    /// Its input ends, and it is asked to end.
    func stop() {
        try? input.fileHandleForWriting.close()
        program.terminate()
        program.waitUntilExit()
        receiver.stop()
        loops.stop()
    }

    /// Waits until the traces that `condition` is given satisfy it.
    func wait(until condition: ([Trace]) -> Bool) -> [Trace]? {
        let limit = MonotonicClock.now() + 30_000_000_000
        let pause = Bell()
        while MonotonicClock.now() < limit {
            let traces = passage.reader.look { Array($0.traces(of: LaneID(rawValue: 0))) }
            if condition(traces) { return traces }
            pause.wait(seconds: 0.005)
        }
        return nil
    }
}
