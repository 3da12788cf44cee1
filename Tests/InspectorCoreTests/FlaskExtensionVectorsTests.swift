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

/// A real Flask that serves the vectors' apps with the extension.
private final class WatchedFlask {
    private let server: WatchedServer
    private var seen: Set<UInt64> = []

    private var passage: Passage { server.passage }

    init() throws {
        let root = WatchedServer.root
        server = try WatchedServer(root.appendingPathComponent(".build/python/bin/python")) { _ in
            [
                root.appendingPathComponent("Extensions/flask/tests/vector_server.py").path,
                root.appendingPathComponent("Tests/InspectorCoreTests/FlaskVectors").path,
            ]
        } environment: {
            ["INSPECTOR_ENDPOINT": $0, "INSPECTOR_RATE": "all", "PYTHONDONTWRITEBYTECODE": "1"]
        }
    }

    func stop() { server.stop() }

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
        func told(_ traces: [Trace]) -> [Trace] {
            traces.filter { trace in
                !seen.contains(trace.id.number) && trace.done != nil
                    && trace.spans.contains { $0.kind == .span && $0.end != nil }
            }
        }
        guard let traces = server.wait(until: { told($0).count == count }) else {
            throw VectorError(description: "The spans of \(count) requests did not come.")
        }
        return told(traces)
    }
}
