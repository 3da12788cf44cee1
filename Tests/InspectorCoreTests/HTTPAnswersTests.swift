import Foundation
import Testing

@testable import InspectorCore

/// Sends the requests of `docs/http-answers.md` as they stand there.
@Suite struct HTTPAnswersTests {
    private struct Row: CustomTestStringConvertible {
        let name: String
        let request: [UInt8]
        let status: Int

        var testDescription: String { name }
    }

    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../docs/http-answers.md")

    private static func rows() -> [Row] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            let cells = line.components(separatedBy: " | ")
            guard cells.count == 3, let status = Int(cells[2].filter(\.isNumber)), cells[1].hasPrefix("`") else {
                return nil
            }
            return Row(
                name: String(cells[0].dropFirst(2)), request: bytes(String(cells[1].dropFirst().dropLast())),
                status: status)
        }
    }

    /// Undoes the table's way of writing bytes.
    private static func bytes(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Substring(text)
        while let first = rest.first {
            if rest.hasPrefix("\\r") {
                bytes.append(13)
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("\\n") {
                bytes.append(10)
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("\\x") {
                bytes.append(UInt8(rest.dropFirst(2).prefix(2), radix: 16) ?? 0)
                rest = rest.dropFirst(4)
            } else if first == "{", let end = rest.firstIndex(of: "}") {
                let parts = rest[rest.index(after: rest.startIndex)..<end].split(separator: "*")
                bytes += Array(String(repeating: String(parts[1]), count: Int(parts[0]) ?? 0).utf8)
                rest = rest[rest.index(after: end)...]
            } else {
                bytes += Array(String(first).utf8)
                rest = rest.dropFirst()
            }
        }
        return bytes
    }

    @Test("each request of the table gets the answer that stands beside it, and the server goes on")
    func table() throws {
        let rows = Self.rows()
        #expect(rows.count >= 55)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("static-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let app = App("answers")
        app.staticFiles(in: folder.path)
        app.get("/") { _ in "hello" }
        app.post("/echo") { request in String(decoding: request.body, as: UTF8.self) }
        let lane = try TestLane(app: app, mode: .native, workers: 1)
        defer { lane.stop() }
        let server = try HTTPServer.start(
            port: 0, responder: LanePort(lane.lane), loops: lane.loops, hosts: HostHeaderRule(more: ["my.test"]))
        defer { server.stop() }
        for row in rows {

            let client = try RawClient(port: server.port)
            client.send(row.request)
            let answer = client.read { $0.contains("\r\n\r\n") }
            let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            #expect(status == row.status, "\(row.name): \(answer.prefix(200))")
            // A request that was refused must not be followed by another that lay in its body.
            if row.status >= 400, row.status != 404 {
                #expect(answer.contains("Connection: close"), "\(row.name)")
            }
        }
        let last = try RawClient(port: server.port)
        last.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        #expect(last.read().hasSuffix("hello"))
    }

    @Test("our own sender is answered whatever Host it was recorded with, and a header does not make a client ours")
    func ownSender() throws {
        let app = App("own")
        app.get("/") { request in request.headers["Host"] ?? "" }
        let lane = try TestLane(app: app, mode: .native, workers: 1)
        defer { lane.stop() }
        let server = try HTTPServer.start(
            port: 0, responder: LanePort(lane.lane), loops: lane.loops, hosts: HostHeaderRule())
        defer { server.stop() }
        var options = ExternalClient.Options()
        options.localAddress = OwnAddress.text
        let own = ExternalClient("own", baseURL: server.url, options: options)
        defer { own.stop() }
        #expect(try own.get("/", headers: ["Host": "shop.example"]).text == "shop.example")
        let other = ExternalClient("other", baseURL: server.url)
        defer { other.stop() }
        let copied = RequestNumbers().headerValue(for: 1, sentAt: nil)
        let answer = try other.get("/", headers: ["Host": "shop.example", RequestNumbers.headerName: copied])
        #expect(answer.status == 421)
    }

    @Test("a client that sends its head or its body too slowly is told 408")
    func slowWriters() throws {
        let app = App("slow")
        app.post("/echo") { request in String(decoding: request.body, as: UTF8.self) }
        let lane = try TestLane(app: app, mode: .native, workers: 1)
        defer { lane.stop() }
        var limits = Limits()
        limits.readSeconds = 0.2
        limits.bodyIdleSeconds = 0.2
        limits.lingerSeconds = 0.05
        let server = try HTTPServer.start(
            port: 0, responder: LanePort(lane.lane), loops: lane.loops, limits: limits)
        defer { server.stop() }
        let head = try RawClient(port: server.port)
        head.send("GET / HTTP/1.1\r\nHost: loc")
        #expect(head.read().hasPrefix("HTTP/1.1 408 "))
        let body = try RawClient(port: server.port)
        body.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")
        #expect(body.read().hasPrefix("HTTP/1.1 408 "))
        // Neither client has closed its side: the server lets go of both all the same.
        let limit = MonotonicClock.now() + 30_000_000_000
        let pause = Bell()
        while server.connections > 0, MonotonicClock.now() < limit { pause.wait(seconds: 0.002) }
        #expect(server.connections == 0)
    }

    @Test("a stop answers what is in flight, tells 503 to what is not done in time, and names it")
    func stopping() throws {
        let app = App("stop")
        let gate = Bell()
        app.get("/quick") { _ in
            try await sleep(for: .milliseconds(100))
            return "done"
        }
        app.get("/never") { _ in
            gate.wait()
            return ""
        }
        app.teardownRequest("last") { _, _ in }
        let lane = try TestLane(app: app, mode: .async, workers: 4)
        defer { lane.stop() }
        var limits = Limits()
        limits.stopSeconds = 0.6
        let server = try HTTPServer.start(
            port: 0, responder: LanePort(lane.lane), loops: lane.loops, limits: limits)
        let quick = try RawClient(port: server.port)
        quick.send("GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n")
        let never = try RawClient(port: server.port)
        never.send("GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for number in [UInt64(1), 2] {
            let trace = lane.waitForTrace(id: RequestID(number: number, lane: lane.lane.id)) { trace in
                trace.spans.contains { $0.kind == .view }
            }
            #expect(trace != nil)
        }
        let stuck = server.stop()
        #expect(quick.read().hasSuffix("done"))
        let answer = never.read()
        #expect(answer.hasPrefix("HTTP/1.1 503 "))
        #expect(answer.contains("Connection: close"))
        #expect(stuck.map(\.target) == ["/never"])
        gate.ring()
        let trace = try lane.trace(of: RequestID(number: 2, lane: lane.lane.id))
        #expect(trace.spans.count { $0.kind == .teardownRequest } == 1)
    }

    @Test(
        "a large answer is sent whole to a client that reads slowly, closes its side, or is answered as the server stops",
        arguments: ["keep-alive", "close"])
    func largeAnswers(connection: String) throws {
        let app = App("large")
        let size = 6_000_000
        app.get("/") { _ in Response(String(repeating: "x", count: size)) }
        let lane = try TestLane(app: app, mode: .native, workers: 1)
        defer { lane.stop() }
        var limits = Limits()
        limits.lingerSeconds = 0.05
        limits.idleSeconds = 20
        let server = try HTTPServer.start(
            port: 0, responder: LanePort(lane.lane), loops: lane.loops, limits: limits)
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: \(connection)\r\n\r\n")
        client.closeSide()
        let stopped = Bell()
        var pieces = 0
        let text = client.read { text in
            pieces += 1
            // Far more than the time to linger goes by while the answer is on its way.
            if pieces < 8 { Bell().wait(seconds: 0.05) }
            if pieces == 4 {
                Thread.detachNewThread {
                    server.stop()
                    stopped.ring()
                }
            }
            return false
        }
        #expect(text.utf8.count > size)
        #expect(text.hasSuffix("x"))
        stopped.wait(seconds: 10)
        #expect(server.counts == RequestCounts(served: 1, answered: 1))
    }

    @Test("after HEAD the refusal of a broken request has its body, and what was not asked for is not run")
    func afterHead() throws {
        let app = App("head")
        app.get("/") { _ in "hello" }
        let lane = try TestLane(app: app, mode: .native, workers: 1)
        defer { lane.stop() }
        let server = try HTTPServer.start(port: 0, responder: LanePort(lane.lane), loops: lane.loops)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = client.read { $0.contains("\r\n\r\n") }
        client.send("NO HTTP AT ALL\r\n\r\n")
        let answer = client.read()
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains("<h1>Bad Request</h1>"))
        let upgrade = try RawClient(port: server.port)
        upgrade.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        // It is told that nothing follows: the parser would take it for another protocol.
        #expect(upgrade.read().contains("Connection: close"))
    }
}
