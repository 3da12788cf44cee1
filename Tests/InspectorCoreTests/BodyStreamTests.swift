// Bodies that a view reads while they come: bounded, held back, told where they break off, seen in the trace.

import Foundation
import Synchronization
import Testing

@testable import InspectorCore

@Suite struct BodyStreamTests {
    /// Counts the bytes of its body, and says how many came at most before it read on.
    private static func app(maxBytes: Int = 1 << 30) -> App {
        let app = App("uploads")
        app.post("/sync", endpoint: "sync", options: [.streamsBody(maxBytes: maxBytes)]) { request in
            var count = 0
            while let piece = try request.bodyStream.read() { count += piece.count }
            return "\(count) \(request.body.count)"
        }
        app.post("/async", endpoint: "async", options: [.streamsBody(maxBytes: maxBytes)]) { request in
            var count = 0
            for try await piece in request.bodyStream { count += piece.count }
            return "\(count) \(request.body.count)"
        }
        app.post("/early", endpoint: "early", options: [.streamsBody(maxBytes: maxBytes)]) { _ in "not read" }
        app.post("/whole", endpoint: "whole") { request in
            let first = try request.bodyStream.read() ?? []
            return "\(first.count) \(try request.bodyStream.read()?.count ?? 0)"
        }
        app.get("/") { _ in "home" }
        return app
    }

    /// The app on a port, and its traces.
    private final class Served {
        let lane: TestLane
        let server: HTTPServer

        init(_ app: App, mode: ExecutionMode) throws {
            lane = try TestLane(app: app, mode: mode, workers: 1)
            server = try HTTPServer.start(
                port: 0, responder: Front(lanes: [lane.lane], numbers: RequestNumbers()), loops: lane.loops)
        }

        func trace(_ number: UInt64, condition: (Trace) -> Bool) -> Trace? {
            lane.waitForTrace(id: RequestID(number: number, lane: LaneID(rawValue: 0)), condition: condition)
        }

        deinit {
            HTTPServer.stop([server])
            lane.stop()
        }
    }

    private static func head(_ path: String, length: Int) -> String {
        "POST /\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(length)\r\n\r\n"
    }

    private static let wait = "the client to send its body"

    /// A client that has sent half of its body, once the view waits for the rest: the request of that number.
    private static func half(_ path: String, number: UInt64, to served: Served) throws -> RawClient {
        let client = try RawClient(port: served.server.port)
        client.send(head(path, length: 6) + "abc")
        let waiting = served.trace(number) { trace in
            trace.spans.contains { $0.kind.isWait && $0.end == nil && $0.label == wait }
        }
        #expect(waiting?.first(.view) != nil)
        return client
    }

    @Test("a view reads the body while it comes, and its waits are seen", arguments: ExecutionMode.allCases)
    func reads(mode: ExecutionMode) throws {
        let served = try Served(Self.app(), mode: mode)
        for (number, path) in ["sync", "async"].enumerated() {
            let client = try Self.half(path, number: UInt64(number + 1), to: served)
            client.send("def")
            #expect(client.read().hasSuffix("6 0"))
        }
    }

    @Test("a body far past the server's limit is read in bounded memory", arguments: ExecutionMode.allCases)
    func large(mode: ExecutionMode) throws {
        let served = try Served(Self.app(), mode: mode)
        let client = try RawClient(port: served.server.port)
        let count = 40 << 20
        client.send(Self.head("async", length: count))
        let piece = [UInt8](repeating: 0x78, count: 1 << 20)
        for _ in 0..<40 { client.send(piece) }
        #expect(client.read().hasSuffix("\(count) 0"))
        #expect(try #require(served.trace(1) { $0.stage == .finished }).status == 200)
    }

    @Test("what a view does not read is not taken from the client, beyond a window")
    func heldBack() throws {
        let (reached, released) = (Bell(), Bell())
        let app = App("slow")
        app.post("/", options: [.streamsBody(maxBytes: 1 << 30)]) { request in
            _ = try request.bodyStream.read()
            reached.ring()
            released.wait()
            var count = 0
            while let piece = try request.bodyStream.read() { count += piece.count }
            return "\(count > 0)"
        }
        let served = try Served(app, mode: .sync)
        let client = try RawClient(port: served.server.port)
        let count = 64 << 20
        client.send(Self.head("", length: count))
        let sending = client.duplicate()
        let sent = Mutex(0)
        let end = Bell()
        try OwnThread.start("sender") {
            let piece = [UInt8](repeating: 0x78, count: 1 << 16)
            while sent.withLock({ $0 }) < count {
                let taken = sending.sendSome(piece)
                if taken <= 0 { break }
                sent.withLock { $0 += taken }
            }
            end.ring()
        }
        #expect(reached.wait(seconds: 30))
        #expect(!end.wait(seconds: 1), "all of it went out, and nobody read it")
        #expect(sent.withLock { $0 } < count)
        released.ring()
        #expect(client.read().hasSuffix("true") && end.wait(seconds: 30))
    }

    @Test("too long, and broken off, are answers with a reason", arguments: ExecutionMode.allCases)
    func refused(mode: ExecutionMode) throws {
        let served = try Served(Self.app(maxBytes: 10), mode: mode)
        for path in ["sync", "async"] {
            let long = try RawClient(port: served.server.port)
            long.send(Self.head(path, length: 11) + "12345678901")
            let answer = long.read()
            #expect(answer.hasPrefix("HTTP/1.1 413") && answer.contains("longer than the 10 bytes"), "\(answer)")
            let chunked = try RawClient(port: served.server.port)
            chunked.send(
                "POST /\(path) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "b\r\n12345678901\r\n0\r\n\r\n")
            #expect(chunked.read { $0.contains("10 bytes") }.hasPrefix("HTTP/1.1 413"))
            let broken = try RawClient(port: served.server.port)
            broken.send("POST /\(path) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz")
            #expect(broken.read().hasPrefix("HTTP/1.1 400"))
        }
        let home = try RawClient(port: served.server.port)
        home.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(home.read().hasSuffix("home"), "the worker is free")
    }

    @Test("a client that goes while it sends ends the view's wait", arguments: ExecutionMode.allCases)
    func gone(mode: ExecutionMode) throws {
        let served = try Served(Self.app(), mode: mode)
        for (number, path) in ["sync", "async"].enumerated() {
            let client = try Self.half(path, number: UInt64(number + 1), to: served)
            client.reset()
            let trace = served.trace(UInt64(number + 1)) { $0.stage == .finished }
            #expect(trace?.first(.view)?.outcome == .raised)
            #expect(trace?.first(.view)?.detail == "BadRequest")
        }
    }

    @Test(
        "an answer may come before the body, and other routes give theirs in one piece",
        arguments: ExecutionMode.allCases)
    func others(mode: ExecutionMode) throws {
        let served = try Served(Self.app(), mode: mode)
        let early = try RawClient(port: served.server.port)
        early.send(Self.head("early", length: 3))
        #expect(early.read { $0.hasSuffix("not read") }.hasPrefix("HTTP/1.1 200"))
        early.send("abc")
        let whole = try RawClient(port: served.server.port)
        whole.send(Self.head("whole", length: 3) + "abc")
        #expect(whole.read().hasSuffix("3 0"))
        let direct = try TestClient(Self.app(), mode: mode)
        #expect(try direct.post("/async", body: Array("abcd".utf8)).text == "4 0", "with nothing between")
    }

    @Test("lines come as they are written, whatever pieces they come in", arguments: [1, 2, 3, 5, 100])
    func lines(size: Int) async throws {
        let text = "one\r\n\ntwo äö\nno end"
        let pipe = StreamPipe()
        let log = EventLog.unrecorded(
            summary: RequestSummary(
                id: RequestID(number: 1, lane: LaneID(rawValue: 0)), mode: .native, method: "POST", target: "/",
                accepted: 0))
        let body = BodyStream(pipe, announced: nil, limit: .max, kept: 0, log: log)
        let bytes = Array(text.utf8)
        for place in stride(from: 0, to: bytes.count, by: size) {
            _ = try pipe.offer(Array(bytes[place..<min(bytes.count, place + size)]))
        }
        pipe.finish(failed: false)
        var lines: [String] = []
        for try await line in body.lines() { lines.append(line) }
        #expect(lines == ["one", "", "two äö", "no end"])
        let long = BodyStream(Array("ab\nabcd\n".utf8), log: log)
        await #expect {
            for try await _ in long.lines(maxBytes: 3) {}
        } throws: {
            "\($0)".contains("Line 2 of the body is longer than 3 bytes")
        }
    }

    @Test(
        "a body that waits behind another request is its own view's, whatever comes after it",
        arguments: ExecutionMode.allCases)
    func pipelined(mode: ExecutionMode) throws {
        let app = App("uploads")
        app.post("/echo", options: [.streamsBody(maxBytes: 1 << 20)]) { request in
            var bytes: [UInt8] = []
            while let piece = try await request.bodyStream.read() { bytes += piece }
            return "<" + String(decoding: bytes, as: UTF8.self) + ">"
        }
        app.post("/early", options: [.streamsBody(maxBytes: 1 << 20)]) { _ in "early" }
        app.get("/slow") { _ in
            try await sleep(for: .milliseconds(50))
            return "slow"
        }
        app.post("/plain") { request in "[" + String(decoding: request.body, as: UTF8.self) + "]" }
        let served = try Served(app, mode: mode)
        func request(_ method: String, _ path: String, _ body: String, more: String = "") -> String {
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(more)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        func answers(_ text: String) -> [String] {
            text.components(separatedBy: "\r\n\r\n").dropFirst().map {
                $0.components(separatedBy: "HTTP/1.1")[0]
            }
        }
        // All at once, then the last body's second half later.
        let client = try RawClient(port: served.server.port)
        client.send(
            request("GET", "/slow", "") + request("POST", "/echo", "mine") + request("POST", "/plain", "other")
                + request("POST", "/echo", "third")
                + "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
        )
        // Bodies that are taken as they come are numbered by the lane itself: this is its third.
        _ = served.trace(3) { $0.spans.contains { $0.kind.isWait && $0.label == Self.wait } }
        client.send("3\r\ndef\r\n0\r\n\r\n")
        #expect(answers(client.read()) == ["slow", "<mine>", "[other]", "<third>", "<abcdef>"])
        // Far more than a window, behind another request.
        let large = String(repeating: "x", count: 1 << 20)
        let second = try RawClient(port: served.server.port)
        second.send(request("GET", "/slow", "") + request("POST", "/echo", large, more: "Connection: close\r\n"))
        #expect(second.read().hasSuffix("<" + large + ">"))
        // Who answers early says that the connection ends.
        let early = try RawClient(port: served.server.port)
        early.send("POST /early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")
        let answer = early.read { $0.hasSuffix("early") }
        #expect(answer.loweredASCII.contains("connection: close"), "\(answer)")
    }

    @Test("a body that breaks off is answered by the app, with what it adds to every answer")
    func brokenOff() throws {
        let app = Self.app()
        app.cors(origins: ["https://a.example"])
        let served = try Served(app, mode: .async)
        let client = try RawClient(port: served.server.port)
        client.send(
            "POST /async HTTP/1.1\r\nHost: localhost\r\nOrigin: https://a.example\r\nContent-Length: 9\r\n\r\nabc")
        client.closeSide()
        let answer = client.read()
        #expect(answer.hasPrefix("HTTP/1.1 400") && answer.contains("broke off after 3 bytes"), "\(answer)")
        #expect(answer.contains("Access-Control-Allow-Origin: https://a.example"))
    }
}
