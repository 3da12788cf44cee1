import Foundation
import Testing

@testable import InspectorCore

@Suite struct ServingTests {
    /// An app on a loopback port.
    private final class Scene: Sendable {
        let server: HTTPServer
        let lane: HostedLane
        let loops = ServerLoops(threads: 1)
        let reader: TraceReader

        init(_ app: App, mode: ExecutionMode = .async, limits: Limits = Limits()) throws {
            let log = EventLog()
            reader = try TraceReader(log: log)
            lane = HostedLane(
                id: LaneID(rawValue: 0), app: app.freeze(), mode: mode, workers: 4, log: log, numbers: RequestNumbers())
            server = try HTTPServer.start(port: 0, responder: lane, loops: loops, limits: limits)
        }

        deinit {
            server.stop()
            lane.stop()
            loops.stop()
            reader.stop()
        }

        /// Waits until a trace fulfils `condition`, for 30 seconds at most.
        func trace(_ condition: @Sendable (Trace) -> Bool) -> Trace? {
            let limit = MonotonicClock.now() + 30_000_000_000
            let pause = Bell()
            while MonotonicClock.now() < limit {
                let lane = lane.id
                if let found = reader.look({ $0.traces(of: lane).first(where: condition) }) { return found }
                pause.wait(seconds: 0.002)
            }
            return nil
        }
    }

    private static func hello() -> App {
        let app = App("test")
        app.get("/") { _ in "hello" }
        app.post("/echo") { request in String(decoding: request.body, as: UTF8.self) }
        app.get("/slow") { _ in
            try await sleep(for: .milliseconds(100))
            return "slow"
        }
        return app
    }

    private static let get = "GET / HTTP/1.1\r\nHost: x\r\n"

    private static func count(_ text: String, _ part: String) -> Int { text.components(separatedBy: part).count - 1 }

    @Test("a connection is kept, and pipelined requests are answered in order", arguments: ExecutionMode.allCases)
    func pipelining(mode: ExecutionMode) throws {
        let scene = try Scene(Self.hello(), mode: mode)
        let client = try RawClient(port: scene.server.port)
        client.send(
            "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n" + Self.get + "\r\n"
                + "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + Self.get
                + "Connection: close\r\n\r\n")
        let text = client.read()
        #expect(Self.count(text, "HTTP/1.1 200 OK") == 4)
        let bodies = text.components(separatedBy: "\r\n\r\n").dropFirst().map { $0.prefix { $0 != "H" } }
        #expect(bodies.map(String.init) == ["slow", "hello", "abc", "hello"])
    }

    @Test("a body may come in chunks")
    func chunked() throws {
        let scene = try Scene(Self.hello())
        let client = try RawClient(port: scene.server.port)
        client.send(
            "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        #expect(client.read().hasSuffix("abcde"))
    }

    @Test("HEAD has the head of GET and no body")
    func head() throws {
        let scene = try Scene(Self.hello())
        let client = try RawClient(port: scene.server.port)
        client.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let text = client.read()
        #expect(text.contains("Content-Length: 5\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test(
        "what is not HTTP gets 400 and a closed connection",
        arguments: ["NOT HTTP AT ALL\r\n\r\n", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n"])
    func malformed(bytes: String) throws {
        let scene = try Scene(Self.hello())
        let client = try RawClient(port: scene.server.port)
        client.send(bytes)
        #expect(client.read().hasPrefix("HTTP/1.1 400 "))
    }

    @Test("a head that is too large gets 431, one field or all together")
    func largeHead() throws {
        let scene = try Scene(Self.hello())
        let one = try RawClient(port: scene.server.port)
        one.send(Self.get + "X: " + String(repeating: "a", count: 17_000) + "\r\n\r\n")
        #expect(one.read().hasPrefix("HTTP/1.1 431 "))
        let many = try RawClient(port: scene.server.port)
        let fields = (0..<10).map { "X\($0): " + String(repeating: "a", count: 8000) + "\r\n" }.joined()
        many.send(Self.get + fields + "\r\n")
        #expect(many.read().hasPrefix("HTTP/1.1 431 "))
    }

    @Test("a body that is too large gets 413, announced or not")
    func largeBody() throws {
        var limits = Limits()
        limits.body = 1000
        let scene = try Scene(Self.hello(), limits: limits)
        let announced = try RawClient(port: scene.server.port)
        announced.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
        #expect(announced.read().hasPrefix("HTTP/1.1 413 "))
        let chunked = try RawClient(port: scene.server.port)
        chunked.send(
            "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n"
                + String(repeating: "a", count: 1001) + "\r\n")
        #expect(chunked.read().hasPrefix("HTTP/1.1 413 "))
    }

    @Test("a client that closes its side is told of, and answered")
    func halfClosed() throws {
        let scene = try Scene(Self.hello())
        let client = try RawClient(port: scene.server.port)
        client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        client.closeSide()
        #expect(client.read().hasSuffix("slow"))
        let trace = try #require(scene.trace { $0.stage == .finished })
        #expect(trace.moments.contains { $0.kind == .clientClosedSide })
        #expect(!trace.moments.contains { $0.kind == .clientGone })
    }

    @Test("a client that resets the connection is gone, and teardown runs all the same")
    func reset() throws {
        let app = Self.hello()
        app.teardownRequest("last") { _, _ in }
        let scene = try Scene(app)
        let client = try RawClient(port: scene.server.port)
        client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try #require(scene.trace { $0.spans.contains { $0.kind == .view } })
        client.reset()
        let trace = try #require(scene.trace { $0.stage == .finished })
        #expect(trace.moments.contains { $0.kind == .clientGone })
        #expect(trace.spans.contains { $0.kind == .teardownRequest && $0.outcome == .done })
    }

    @Test("teardown runs before the first byte is sent, and sent is recorded before done")
    func order() throws {
        let app = Self.hello()
        app.teardownRequest("last") { _, _ in }
        let scene = try Scene(app)
        let client = try RawClient(port: scene.server.port)
        client.send(Self.get + "Connection: close\r\n\r\n")
        _ = client.read()
        let trace = try #require(scene.trace { $0.stage == .finished })
        let teardown = try #require(trace.spans.first { $0.kind == .teardownRequest }?.end)
        let head = try #require(trace.moments.first { $0.kind == .headSent }?.time)
        #expect(teardown <= head)
        let last = trace.moments.map(\.kind).suffix(3)
        #expect(Array(last) == [.headSent, .bodySent, .done])
    }

    @Test("a header with a line break never reaches the client")
    func injection() throws {
        let app = App("test")
        app.get("/") { _ in Response("x", headers: ["X-Bad": "a\r\nSet-Cookie: b"]) }
        let scene = try Scene(app)
        let client = try RawClient(port: scene.server.port)
        client.send(Self.get + "Connection: close\r\n\r\n")
        let text = client.read()
        #expect(text.hasPrefix("HTTP/1.1 500 "))
        #expect(!text.contains("Set-Cookie"))
    }

    @Test("a port that is in use is refused with a sentence, or passed over when more may be tried")
    func portInUse() throws {
        let scene = try Scene(Self.hello())
        let error = #expect(throws: ListenError.self) {
            try HTTPServer.start(port: scene.server.port, responder: scene.lane, loops: scene.loops)
        }
        #expect(error?.description.contains("in use") == true)
        let other = try HTTPServer.start(
            port: scene.server.port, tries: 50, responder: scene.lane, loops: scene.loops)
        #expect(other.port > scene.server.port)
        other.stop()
    }

    @Test("the front answers by one lane and gives safe requests to the others, under one number")
    func mirrors() throws {
        let log = EventLog()
        let reader = try TraceReader(log: log)
        let numbers = RequestNumbers()
        let loops = ServerLoops(threads: 1)
        let lanes = [ExecutionMode.sync, .async].enumerated().map { index, mode in
            HostedLane(
                id: LaneID(rawValue: UInt8(index)), app: Self.hello().freeze(), mode: mode, workers: 2, log: log,
                numbers: numbers)
        }
        let front = Front(lanes: lanes, numbers: numbers)
        front.setLanes(lanes, focus: 1)
        let server = try HTTPServer.start(port: 0, responder: front, loops: loops)
        defer {
            server.stop()
            for lane in lanes { lane.stop() }
            loops.stop()
            reader.stop()
        }
        let client = try RawClient(port: server.port)
        client.send(
            Self.get + "\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\na")
        #expect(Self.count(client.read(), "HTTP/1.1 200") == 2)
        let pause = Bell()
        let limit = MonotonicClock.now() + 30_000_000_000
        func traces(_ lane: Int) -> [Trace] { reader.look { $0.traces(of: LaneID(rawValue: UInt8(lane))) } }
        while MonotonicClock.now() < limit,
            traces(0).count < 1 || traces(1).count < 2 || (traces(0) + traces(1)).contains(where: { $0.done == nil })
        {
            pause.wait(seconds: 0.002)
        }
        #expect(traces(0).map(\.summary.method) == ["GET"])
        #expect(traces(1).map(\.summary.method) == ["GET", "POST"])
        #expect(traces(0).first?.id.number == traces(1).first?.id.number)
        #expect(traces(0).first?.status == 200)
    }

    @Test(
        "a first word that is not a method is a 400, whatever its length, and the server goes on",
        arguments: [String(repeating: "A", count: 40), String(repeating: "A", count: 32), "A", ""])
    func longMethod(word: String) throws {
        let scene = try Scene(ServingTests.hello())
        let client = try RawClient(port: scene.server.port)
        client.send(word)
        client.send("B")
        client.send(" / HTTP/9.9\r\n\r\n")
        #expect(client.read().hasPrefix("HTTP/1.1 400"))
        let next = try RawClient(port: scene.server.port)
        next.send(Self.get + "Connection: close\r\n\r\n")
        #expect(next.read().hasSuffix("hello"))
    }

    @Test("a method that the parser does not know is answered by the app, again and again on one connection")
    func unknownMethods() throws {
        let scene = try Scene(ServingTests.hello())
        let client = try RawClient(port: scene.server.port)
        for round in 1...3 {
            client.send("BREW / HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = client.read { $0.contains("</p>\n") }
            #expect(answer.hasPrefix("HTTP/1.1 405"), "\(round)")
            #expect(answer.contains("Allow: GET, HEAD, OPTIONS"))
        }
        client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nBREW / HT")
        #expect(client.read { $0.hasSuffix("BREW / HT") }.hasPrefix("HTTP/1.1 200"))
    }

    @Test("a status that no answer can have is a 500", arguments: [-1, 0, 42, 101, 600, .max, .min])
    func badStatus(status: Int) throws {
        let app = App("status")
        app.get("/") { _ in Response("", status: status) }
        app.get("/stream") { _ in
            Response.stream(status: status) { (writer: ResponseWriter) throws in try writer.write("x") }
        }
        for depth in TestClient.Depth.allCases {
            let client = try TestClient(app, depth: depth)
            #expect(try client.get("/").response.status == 500)
            #expect(try client.get("/stream").response.status == 500)
        }
    }

    @Test("a mirrored lane says the status that the answering one sent, cut streams and refused headers too")
    func mirroredStatus() throws {
        func app() -> App {
            let app = StreamTests.app()
            app.get("/bad-header") { _ in Response("", headers: ["X": "a\r\nb"]) }
            return app
        }
        let log = EventLog()
        let reader = try TraceReader(log: log)
        let loops = ServerLoops(threads: 1)
        let numbers = RequestNumbers()
        let lanes = [ExecutionMode.sync, .async, .native].enumerated().map { index, mode in
            HostedLane(
                id: LaneID(rawValue: UInt8(index)), app: app().freeze(), mode: mode, workers: 2, log: log,
                numbers: numbers)
        }
        let server = try HTTPServer.start(port: 0, responder: Front(lanes: lanes, numbers: numbers), loops: loops)
        defer {
            server.stop()
            for lane in lanes { lane.stop() }
            loops.stop()
            reader.stop()
        }
        for path in ["/cut", "/fails-first", "/bad-header", "/sync", "/async"] {
            let client = try RawClient(port: server.port)
            client.send("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let status = client.read().split(separator: " ").dropFirst().first.flatMap { Int($0) }
            let limit = MonotonicClock.now() + 30_000_000_000
            var seen: [Int?] = []
            while MonotonicClock.now() < limit {
                seen = reader.look { fold in
                    lanes.map { lane in fold.traces(of: lane.id).last { $0.summary.target == path }?.status }
                }
                if !seen.contains(nil) { break }
            }
            #expect(seen == [status, status, status], "\(path)")
        }
    }
}
