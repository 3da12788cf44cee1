// What clients can make a server hold by sending bodies and not ending them.

import Testing

@testable import InspectorCore

@Suite struct WaitingBodiesTests {
    private static func second(_ seconds: Double) -> UInt64 { UInt64(seconds * 1e9) }

    /// Waits until `condition` holds, for 30 seconds at most.
    private static func waits(_ condition: () -> Bool) -> Bool {
        let limit = MonotonicClock.now() + 30_000_000_000
        while MonotonicClock.now() < limit {
            if condition() { return true }
            Bell().wait(seconds: 0.002)
        }
        return condition()
    }

    private static func post(_ length: Int, _ path: String = "/echo") -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(length)\r\n\r\n"
    }

    // MARK: Pace

    private static let limits: Limits = {
        var limits = Limits()
        limits.bodyIdleSeconds = 10
        limits.bodyRate = 1000
        limits.bodySeconds = 100
        return limits
    }()

    /// When the body is given up, in seconds, of those after which it is looked at.
    private func end(_ come: (Int) -> Int) -> Int? {
        var pace = BodyPace(now: 0)
        return (1...200).first { second in
            pace.problem(bytes: come(second), now: Self.second(Double(second)), limits: Self.limits) != nil
        }
    }

    @Test("a body that comes at the least rate is waited for until its whole time is over")
    func steady() { #expect(end { $0 * 1000 } == 101) }

    @Test("all of it but one byte, and then nothing, or a byte now and then: it is given up after the pause")
    func lastByte() {
        #expect(end { _ in 16_777_215 } == 12)
        #expect(end { 16_000_000 + $0 } == 12)
        #expect(end { _ in 0 } == 11)
    }

    @Test("a pause that is made up for is forgiven, one that is not is not")
    func pauses() {
        #expect(end { $0 < 9 ? 1000 : 9000 + ($0 - 9) * 1000 } == 101)
        #expect(end { $0 < 9 ? 1000 : 1001 + $0 } == 12)
    }

    // MARK: Memory

    private func reading(_ length: Int?, _ memory: RequestMemory, _ limits: Limits) -> ConnectionState {
        var state = ConnectionState(limits: limits, memory: memory, now: 0)
        var headers: Headers = ["Host": "localhost"]
        if let length { headers["Content-Length"] = String(length) } else { headers["Transfer-Encoding"] = "chunked" }
        let action = state.readHead(
            IncomingRequest(method: "POST", target: "/", headers: headers, accepted: 0), keepsAlive: true)
        #expect(action == .nothing)
        return state
    }

    @Test("a length that is announced costs nothing until its bytes come, and then at most twice as many")
    func grows() {
        let memory = RequestMemory()
        var state = reading(16 * 1024 * 1024, memory, Limits())
        #expect(memory.bytes == 0)
        var sent = 0
        while sent < 1_000_000 {
            #expect(state.readBody([UInt8](repeating: 65, count: 10_000)) == .nothing)
            sent += 10_000
            #expect(memory.bytes <= max(Limits().freeBody, 2 * sent + 10_000), "\(sent)")
        }
        #expect(memory.bytes >= sent)
        // The last reference to it gives it back.
        _ = state.readEnd()
        var request: IncomingRequest? = state.takeRequest()
        #expect(request?.body.count == sent)
        _ = state.answered(now: 1)
        #expect(memory.bytes >= sent)
        request = nil
        #expect(memory.bytes == 0)
    }

    @Test("a body never takes more than was announced, and what is refused or gone gives back what it took")
    func bounds() {
        var limits = Limits()
        limits.bodies = 100_000
        limits.freeBody = 1000
        let memory = RequestMemory()
        var small = reading(1000, memory, limits)
        _ = small.readBody([UInt8](repeating: 65, count: 999))
        #expect(memory.bytes == 0)
        var first = reading(60_000, memory, limits)
        for _ in 0..<6 { #expect(first.readBody([UInt8](repeating: 65, count: 9999)) == .nothing) }
        #expect(memory.bytes == 60_000)
        var second = reading(nil, memory, limits)
        var answer = ConnectionState.Action.nothing
        for _ in 0..<6 where answer == .nothing { answer = second.readBody([UInt8](repeating: 65, count: 9999)) }
        guard case .reject(503, _) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(memory.bytes == 60_000)
        first.closed()
        #expect(memory.bytes == 0)
    }

    // MARK: On loopback

    @Test("many clients that hold back their last byte hold what the limit says, and for as long as it says")
    func manyClients() throws {
        let app = App("bodies")
        app.get("/") { _ in "hello" }
        app.post("/echo") { request in "\(request.body.count)" }
        let lane = try TestLane(app: app, mode: .async, workers: 2)
        defer { lane.stop() }
        var limits = Limits()
        limits.bodies = 1_000_000
        limits.freeBody = 1000
        limits.bodyIdleSeconds = 3
        let server = try HTTPServer.start(port: 0, responder: LanePort(lane.lane), loops: lane.loops, limits: limits)
        defer { server.stop() }
        let memory = lane.loops.memory
        let most = String(repeating: "x", count: 199_999)
        var holders: [RawClient] = []
        for number in 1...5 {
            let client = try RawClient(port: server.port)
            client.send(Self.post(200_000) + most)
            holders.append(client)
            // A system's rounding may spare a client the last step.
            #expect(Self.waits { memory.bytes >= number * 195_000 }, "\(memory.bytes)")
        }
        for _ in 0..<3 {
            let late = try RawClient(port: server.port)
            late.send(Self.post(200_000) + most)
            let answer = late.read()
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            #expect(answer.contains("\r\nRetry-After: 3\r\n"))
            #expect(memory.bytes <= 1_000_000)
        }
        // What needs no memory of it is served all the while.
        let other = try RawClient(port: server.port)
        other.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + Self.post(500) + most.prefix(500))
        #expect(other.read { $0.hasSuffix("500") }.contains("hello"))
        for client in holders { #expect(client.read().hasPrefix("HTTP/1.1 408 ")) }
        #expect(Self.waits { memory.bytes == 0 })
        let last = try RawClient(port: server.port)
        last.send(Self.post(200_000) + most + "y")
        #expect(last.read { $0.hasSuffix("200000") }.hasPrefix("HTTP/1.1 200 "))
    }

    @Test("a body counts until its request is torn down, though its client has gone")
    func goneClient() throws {
        let app = App("held")
        let gate = Bell()
        app.post("/wait") { _ in
            gate.wait()
            return "done"
        }
        let lane = try TestLane(app: app, mode: .async, workers: 1)
        defer { lane.stop() }
        let server = try HTTPServer.start(port: 0, responder: LanePort(lane.lane), loops: lane.loops)
        defer { server.stop() }
        let memory = lane.loops.memory
        for number in 1...3 {
            let client = try RawClient(port: server.port)
            client.send(Self.post(100_000, "/wait") + String(repeating: "x", count: 100_000))
            #expect(Self.waits { memory.bytes == number * 100_000 })
            client.reset()
            #expect(Self.waits { server.connections == 0 })
            #expect(memory.bytes == number * 100_000)
        }
        let isGivenBack = Self.waits {
            gate.ring()
            return memory.bytes == 0
        }
        #expect(isGivenBack, "\(memory.bytes)")
    }

    @Test("a large body behind a request that is served waits, and is read on once there is room")
    func pipelined() throws {
        let app = App("pipelined")
        let gate = Bell()
        app.get("/wait") { _ in
            gate.wait()
            return "done"
        }
        app.post("/echo") { request in "\(request.body.count)" }
        let lane = try TestLane(app: app, mode: .async, workers: 1)
        defer { lane.stop() }
        let server = try HTTPServer.start(port: 0, responder: LanePort(lane.lane), loops: lane.loops)
        defer { server.stop() }
        let client = try RawClient(port: server.port)
        client.send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n" + Self.post(3_000_000))
        client.send(String(repeating: "x", count: 200_000))
        gate.ring()
        // Read on once there is room: the whole body comes.
        client.send(String(repeating: "x", count: 2_800_000))
        #expect(client.read { $0.hasSuffix("3000000") }.contains("done"))
    }
}
