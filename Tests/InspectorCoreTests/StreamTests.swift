// Streamed bodies: after teardown, cut when they fail, held back by a slow client, stopped by one that went.

import Synchronization
import Testing

@testable import InspectorCore

@Suite struct StreamTests {
    static func app() -> App {
        let app = App("streams")
        app.teardownRequest("t") { _, _ in }
        app.get("/sync") { _ in Response.stream(pieces: ["one ", "two"], contentType: "text/plain") }
        app.get("/async") { _ in
            Response.stream(contentType: "text/plain") { (writer: ResponseWriter) async throws in
                try await writer.write("one ")
                try await sleep(for: .milliseconds(2))
                try await writer.write("two")
            }
        }
        app.get("/events") { _ in
            Response.events { (events: EventWriter) async throws in
                try await events.send(ServerSentEvent("a\nb", event: "x\n", id: "1", retry: 5))
                try await events.send("c")
            }
        }
        app.get("/cut") { _ in
            Response.stream { (writer: ResponseWriter) throws in
                try writer.write("half")
                throw HTTPError(.conflict)
            }
        }
        app.get("/fails-first") { _ in
            Response.stream { (writer: ResponseWriter) throws in throw HTTPError(.conflict) }
        }
        app.get("/context") { request in
            request.g["word"] = "kept"
            return streamWithContext(
                .stream { (writer: ResponseWriter) throws in
                    try writer.write(Request.current?.g["word", as: String.self] ?? "gone")
                })
        }
        app.get("/no-context") { _ in
            Response.stream { (writer: ResponseWriter) throws in
                try writer.write(Request.current == nil ? "gone" : "kept")
            }
        }
        app.get("/short") { _ in
            Response.stream(length: 10) { (writer: ResponseWriter) throws in try writer.write("12345") }
        }
        app.get("/long") { _ in
            Response.stream(length: 3) { (writer: ResponseWriter) throws in try writer.write("12345") }
        }
        return app
    }

    @Test(
        "pieces come in order after teardown, sync and async, through memory and socket",
        arguments: ExecutionMode.allCases)
    func streams(mode: ExecutionMode) throws {
        for depth in TestClient.Depth.allCases {
            let client = try TestClient(Self.app(), depth: depth, mode: mode)
            for path in ["/sync", "/async"] {
                let answer = try client.get(path)
                #expect(answer.response.text == "one two", "\(depth) \(path)")
                #expect(answer.isComplete)
                #expect(answer.trace.happened(.teardownRequest, before: .stream))
                #expect(answer.trace.moments.filter { $0.kind == .streamChunk }.count == 2)
                #expect(answer.trace.first(.stream)?.isAsync == (path == "/async"))
            }
            #expect(
                try client.get("/events").response.text
                    == "event: x\nid: 1\nretry: 5\ndata: a\ndata: b\n\ndata: c\n\n")
            #expect(try client.get("/context").response.text == "kept")
            let context = try client.get("/context").trace
            #expect(context.happened(.stream, before: .teardownRequest))
            #expect(try client.get("/no-context").response.text == "gone")
        }
    }

    @Test("a body that fails in its middle is cut, one that fails before it begins is a 500")
    func failures() throws {
        for depth in TestClient.Depth.allCases {
            let client = try TestClient(Self.app(), depth: depth)
            let cut = try client.get("/cut")
            #expect(cut.response.status == 200)
            #expect(!cut.isComplete)
            #expect(cut.trace.moment(.propagate)?.label == "Conflict")
            #expect(try client.get("/fails-first").response.status == 500)
        }
        let client = try TestClient(Self.app(), depth: .socket)
        #expect(!(try client.get("/short").isComplete))
        let long = try client.get("/long")
        #expect(!long.isComplete || long.response.status == 500)
    }

    @Test("a stream never starts for HEAD")
    func head() throws {
        for depth in TestClient.Depth.allCases {
            let answer = try TestClient(Self.app(), depth: depth).send("HEAD", "/sync")
            #expect(answer.response.status == 200)
            #expect(answer.trace.first(.stream) == nil)
        }
    }

    @Test("a function that streams without end is stopped once its client has gone", arguments: ExecutionMode.allCases)
    func clientGone(mode: ExecutionMode) throws {
        let app = App("endless")
        app.get("/") { _ in
            Response.stream { (writer: ResponseWriter) async throws in
                while true {
                    try await writer.write("tick\n")
                    try await sleep(for: .milliseconds(1))
                }
            }
        }
        app.get("/flood") { _ in
            Response.stream { (writer: ResponseWriter) throws in
                let piece = [UInt8](repeating: 65, count: 64 * 1024)
                while true { try writer.write(piece) }
            }
        }
        let client = try TestClient(app, depth: .socket, mode: mode)
        for path in ["/", "/flood"] {
            let answer = try client.send("GET", path, hangUpAfter: .milliseconds(30))
            #expect(answer.trace.first(.stream)?.detail == "OSError", "\(path)")
            #expect(answer.trace.moments.contains { $0.kind == .clientGone })
        }
    }

    @Test("a teardown that fails after a stream with context cuts the answer, and its own awaits are not a leak")
    func teardownAfterStream() throws {
        let app = App("context")
        app.get("/fails") { _ in streamWithContext(.stream { (writer: ResponseWriter) throws in try writer.write("x") })
        }
        app.get("/good") { _ in streamWithContext(.stream { (writer: ResponseWriter) throws in try writer.write("x") })
        }
        app.teardownRequest("t") { request, _ in
            try await sleep(for: .milliseconds(5))
            if request.path == "/fails" { throw HTTPError(.conflict) }
        }
        let client = try TestClient(app, depth: .socket)
        #expect(!(try client.get("/fails").isComplete))
        let good = try client.get("/good")
        #expect(good.isComplete)
        #expect(!good.trace.spans(.await).contains { $0.flags.contains(.leaked) })
        #expect(good.trace.happened(.teardownRequest, before: .bodySent))
    }

    @Test("a pipe lets go of whoever took from it after the last piece")
    func noRing() {
        weak var known: StreamPipe?
        for isEarly in [true, false] {
            do {
                let pipe = StreamPipe()
                known = pipe
                if isEarly { pipe.finish(failed: false) }
                pipe.start { [pipe] _ in
                    _ = pipe
                    return .kept
                }
                if !isEarly { pipe.finish(failed: true) }
            }
            #expect(known == nil)
        }
    }

    @Test("a client that stops reading is dropped, and what writes to it ends")
    func notReading() throws {
        let app = App("flood")
        app.get("/") { _ in
            Response.stream { (writer: ResponseWriter) throws in
                let piece = [UInt8](repeating: 65, count: 64 * 1024)
                while true { try writer.write(piece) }
            }
        }
        let lane = try TestLane(app: app, mode: .async, workers: 1)
        defer { lane.stop() }
        var limits = Limits()
        limits.idleSeconds = 1
        let server = try HTTPServer.start(
            port: 0, responder: LanePort(lane.lane), loops: lane.loops, limits: limits)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        let trace = try lane.trace(of: RequestID(number: 1, lane: lane.lane.id))
        #expect(trace.first(.stream)?.detail == "OSError")
        #expect(trace.moments.contains { $0.label == "client stopped reading" })
        #expect(trace.moments.contains { $0.kind == .clientGone })
        // Kept open until here: it is the client that does not read, not one that has gone.
        client.closeSide()
    }

    @Test("a writer is held back while its client does not read")
    func backPressure() async throws {
        let pipe = StreamPipe()
        pipe.start { _ in .kept }
        #expect(try pipe.offer([UInt8](repeating: 0, count: 200 * 1024)))
        #expect(!(try pipe.offer([UInt8](repeating: 0, count: 200 * 1024))))
        let passed = Atomic<Bool>(false)
        async let waiting: Void = {
            await pipe.room()
            passed.store(true, ordering: .relaxed)
        }()
        pipe.consumed(count: 300 * 1024)
        await waiting
        let isPassed = passed.load(ordering: .relaxed)
        #expect(isPassed)
        pipe.cancel()
        #expect(throws: ClientDisconnected.self) { try pipe.offer([0]) }
    }

    @Test("a blocking write that could never finish says so")
    func neverFinishes() throws {
        let app = App("blocking")
        app.get("/") { _ in
            Response.stream { (writer: ResponseWriter) async throws in
                func block() throws { for _ in 0..<10 { try writer.write([UInt8](repeating: 65, count: 64 * 1024)) } }
                try await sleep(for: .milliseconds(1))
                try block()
            }
        }
        let answer = try TestClient(app, depth: .socket, mode: .native).get("/")
        #expect(!answer.isComplete)
        #expect(answer.trace.moment(.propagate)?.detail.contains("would never finish") == true)
    }
}
