// Holds what is shown of a real Flask, watched by the extension, to what Flask did: one specification for ours and theirs.

import Foundation
import Synchronization
import Testing

@testable import InspectorCore

@Suite struct FlaskExtensionVectors {
    /// What the vectors tell and a trace of a server elsewhere does not: signals, and the pieces of a streamed body.
    private static let untold: Set<String> = ["signal", "stream_chunk", "stream_close"]

    @Test("what is shown of a real Flask is what it did: every vector, event by event, on the thread on which it was")
    func shown() throws {
        let flask = try WatchedFlask()
        defer { flask.stop() }
        let cases = try VectorCase.all()
        var events = 0
        for vector in cases {
            let traces = try flask.send(vector)
            for (index, trace) in traces.enumerated() {
                let place = "\(vector.id), request \(index)"
                let expected = Self.told(vector.content["expected"]?[index]?["events"]?.items ?? [])
                let got = Self.told(VectorEvents(trace, arguments: nil, mode: .async).list)
                for (number, pair) in zip(got, expected).enumerated() where pair.0 != pair.1 {
                    Issue.record("\(place), event \(number): shown \(pair.0), Flask had \(pair.1)")
                    break
                }
                #expect(got.count == expected.count, "\(place): the number of events; shown \(got)")
                events += expected.count
            }
        }
        print("Flask vectors: \(cases.count) run on the real Flask, \(events) events shown")
    }

    private static func told(_ events: [JSON]) -> [JSON] {
        events.compactMap { event in
            guard case .object(var fields) = event, let name = fields["event"]?.string, !untold.contains(name) else {
                return nil
            }
            fields["args"] = nil
            // With its message, on the screen.
            if let outcome = fields["outcome"]?.string, outcome.hasPrefix("raise:") {
                fields["outcome"] = .string(outcome.components(separatedBy: ": ").first ?? outcome)
            }
            if name == "url_value_preprocessor" { fields["async"] = false }
            return .object(fields)
        }
    }
}

/// A real Flask that serves the vectors' apps with the extension, as a remote lane whose spans come back.
private final class WatchedFlask {
    private let program = Process()
    private let input = Pipe()
    private let door: Door
    private let receiver: HTTPServer
    private let loops = ServerLoops(threads: 1)
    private let passage: Passage
    private var seen: Set<UInt64> = []

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

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let python = root.appendingPathComponent(".build/python/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path) else {
            throw VectorError(description: "\(python.path) is missing: run make setup-test.")
        }
        let door = Door()
        self.door = door
        receiver = try HTTPServer.start(port: 0, responder: door, loops: loops)
        program.executableURL = python
        program.arguments = [
            root.appendingPathComponent("Extensions/flask/tests/vector_server.py").path,
            root.appendingPathComponent("Tests/InspectorCoreTests/FlaskVectors").path,
        ]
        program.environment = ProcessInfo.processInfo.environment.merging([
            "INSPECTOR_ENDPOINT": receiver.url, "INSPECTOR_RATE": "all", "PYTHONDONTWRITEBYTECODE": "1",
        ]) { _, new in new }
        program.standardInput = input
        let output = Pipe()
        program.standardOutput = output
        try program.run()
        var line = ""
        while !line.hasSuffix("\n") {
            let bytes = output.fileHandleForReading.availableData
            guard !bytes.isEmpty else { throw VectorError(description: "The vectors' server ended: \(line)") }
            line += String(decoding: bytes, as: UTF8.self)
        }
        guard let port = line.split(whereSeparator: \.isWhitespace).last.flatMap({ Int($0) }) else {
            throw VectorError(description: "The vectors' server says no port: \(line)")
        }
        let passage = try Passage(to: "http://127.0.0.1:\(port)")
        self.passage = passage
        let tracks = passage.lane.toldTracks
        door.inner.withLock { inner in
            inner = OTLPReceiver(reader: passage.reader, join: passage.join) { _ in tracks }
        }
    }

    /// Its end is the end of its input.
    func stop() {
        try? input.fileHandleForWriting.close()
        program.waitUntilExit()
        receiver.stop()
        loops.stop()
    }

    /// Sends a case's requests; gives their traces once all is told.
    func send(_ vector: VectorCase) throws -> [Trace] {
        if vector.isConcurrent {
            let bells = try vector.requests.enumerated().map { index, request in
                let bell = Bell()
                let port = passage.server.port
                try OwnThread.start("vector-\(index)") {
                    Self.exchange(request, of: vector.id, port: port)
                    bell.ring()
                }
                return bell
            }
            for bell in bells { bell.wait() }
        } else {
            for request in vector.requests { Self.exchange(request, of: vector.id, port: passage.server.port) }
        }
        var traces = try waitForTold(count: vector.requests.count)
        seen.formUnion(traces.map(\.id.number))
        guard vector.isConcurrent else { return traces }
        return vector.requests.compactMap { request in
            guard let place = traces.firstIndex(where: { $0.summary.target == request["path"]?.string }) else {
                return nil
            }
            return traces.remove(at: place)
        }
    }

    private static func exchange(_ request: JSON, of id: String, port: Int) {
        let body = request["body"]?.string ?? ""
        var head = "\(request["method"]?.string ?? "GET") \(request["path"]?.string ?? "/") HTTP/1.1\r\n"
        head += "Host: localhost\r\nConnection: close\r\nX-Vector: \(id)\r\n"
        if case .object(let fields)? = request["headers"] {
            for (name, value) in fields { head += "\(name): \(value.string ?? "")\r\n" }
        }
        if !body.isEmpty { head += "Content-Length: \(body.utf8.count)\r\n" }
        guard let client = try? RawClient(port: port) else { return }
        client.send(head + "\r\n" + body)
        if let after = request["close_after_ms"]?.int {
            // The case is that of a client that goes after this time.
            Bell().wait(seconds: Double(after) / 1000)
            client.reset()
        } else {
            _ = client.read()
        }
    }

    /// The new traces, once the server's own span of each has ended: it is the last of them.
    private func waitForTold(count: Int) throws -> [Trace] {
        let limit = MonotonicClock.now() + 30_000_000_000
        let pause = Bell()
        while MonotonicClock.now() < limit {
            let traces = passage.reader.look { $0.traces(of: LaneID(rawValue: 0)) }
                .filter { !seen.contains($0.id.number) }
            let told = traces.filter { trace in
                trace.done != nil && trace.spans.contains { $0.kind == .span && $0.end != nil }
            }
            if told.count == count { return told }
            pause.wait(seconds: 0.005)
        }
        throw VectorError(description: "The spans of \(count) requests did not come.")
    }
}
