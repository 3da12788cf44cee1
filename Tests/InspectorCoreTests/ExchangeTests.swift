// What is kept beside the traces: heads and bodies, log lines, and what a person makes the simulated API do.

import Logging
import Testing

@testable import InspectorCore

@Suite struct ExchangeTests {
    private static func id(_ number: UInt64) -> RequestID { RequestID(number: number, lane: LaneID(rawValue: 0)) }

    @Test("heads and bodies of a served request are kept, in each lane, without what our own traffic says to us")
    func served() async throws {
        let app = App("echo")
        app.post("/echo") { request in JSON(["got": .string(String(decoding: request.body, as: UTF8.self))]) }
        let store = ExchangeStore()
        let numbers = RequestNumbers()
        let lane = HostedLane(
            id: LaneID(rawValue: 0), app: app.freeze(), mode: .sync, workers: 1, log: EventLog(), numbers: numbers,
            exchanges: store)
        let loops = ServerLoops(threads: 1)
        let server = try HTTPServer.start(port: 0, responder: LanePort(lane), loops: loops)
        let client = ExternalClient("test", baseURL: server.url)
        let answer = try await client.post(
            "/echo", headers: [RequestNumbers.headerName: numbers.headerValue(for: 7, sentAt: nil)],
            body: Array("hello".utf8))
        #expect(answer.status == 200)
        let exchange = store[Self.id(7)]
        #expect(exchange?.method == "POST")
        #expect(exchange?.requestBody.bytes == Array("hello".utf8))
        #expect(exchange?.requestHeaders[RequestNumbers.headerName] == nil)
        #expect(exchange?.status == 200)
        #expect(exchange?.responseHeaders["Content-Type"] == "application/json")
        #expect(exchange.map { String(decoding: $0.responseBody.bytes, as: UTF8.self) } == "{\"got\":\"hello\"}\n")
        client.stop()
        server.stop()
        lane.stop()
        loops.stop()
    }

    @Test("the store is bounded by bytes: the oldest go first, and a long body is kept in part")
    func bounded() {
        let store = ExchangeStore(limit: 1024 * 1024)
        for number in 1...100 {
            let request = IncomingRequest(
                method: "POST", target: "/", body: [UInt8](repeating: 65, count: 100_000))
            store.begin(Self.id(UInt64(number)), request: request, headers: [:])
            store.end(Self.id(UInt64(number)), response: Response("ok"))
        }
        #expect(store[Self.id(1)] == nil)
        let newest = store[Self.id(100)]
        #expect(newest?.requestBody.bytes.count == ExchangeStore.bodyLimit)
        #expect(newest?.requestBody.length == 100_000)
        #expect(newest?.requestBody.isWhole == false)
        let kept = (1...100).count { store[Self.id(UInt64($0))] != nil }
        #expect(kept > 10 && kept * (ExchangeStore.bodyLimit + 2048) <= 1024 * 1024)
    }

    @Test("a line that is logged goes to the book with the request whose code logs it")
    func logs() {
        let book = OutputBook()
        let sink = LogSink { Self.id(12) }
        sink.use(book)
        var logger = Logger(label: "shop") { RequestLogHandler(label: $0, sink: sink) }
        logger[metadataKey: "order"] = "7"
        logger.info("paid\nin full", metadata: ["by": "card"])
        logger.debug("unseen")
        logger.error("refused")
        let lines = book.lines
        #expect(lines.map(\.text) == ["info shop: paid ↵ in full by=card order=7", "error shop: refused order=7"])
        #expect(lines.allSatisfy { $0.request == Self.id(12) && $0.isLogged })
        #expect(lines.map(\.isError) == [false, true])
    }

    @Test("the code of a request finds itself when it logs, in a sync and in an async function")
    func current() throws {
        final class Seen: Sendable {
            let sink = LogSink { TaskContext.current?.call.log.summary.id }
            let book = OutputBook()
        }
        let seen = Seen()
        seen.sink.use(seen.book)
        let app = App("logs")
        app.get(
            "/",
            sync: { _ in
                Logger(label: "x") { RequestLogHandler(label: $0, sink: seen.sink) }.info("sync")
                return ""
            },
            async: { _ in
                try await sleep(for: .milliseconds(1))
                Logger(label: "x") { RequestLogHandler(label: $0, sink: seen.sink) }.info("async")
                return ""
            })
        for mode in ExecutionMode.allCases { _ = try TestClient(app, mode: mode).get("/") }
        #expect(seen.book.lines.map(\.text) == ["info x: sync", "info x: async", "info x: async"])
        #expect(seen.book.lines.allSatisfy { $0.request != nil })
    }

    @Test("the simulated API answers later and fails as it is told to, and as before when it is told nothing")
    func service() async throws {
        let upstream = try SimulatedUpstream()
        let client = ExternalClient("api", baseURL: upstream.url)
        #expect(try await client.get("/status/200").status == 200)
        upstream.settings = UpstreamSettings(addedMilliseconds: 120, failurePercent: 100)
        let begin = MonotonicClock.now()
        #expect(try await client.get("/status/200").status == 503)
        #expect(MonotonicClock.now() - begin >= 120_000_000)
        upstream.settings = UpstreamSettings()
        #expect(try await client.get("/status/200").status == 200)
        client.stop()
        upstream.stop()
    }
}
