// How long a client is waited for that does not take its answer.

import Testing

@testable import InspectorCore

@Suite("The pace at which a client reads")
struct ReadingPaceTests {
    private static let limits: Limits = {
        var limits = Limits()
        limits.idleSeconds = 60
        limits.answerRate = 100
        return limits
    }()

    private static func second(_ number: Int) -> UInt64 { UInt64(number) * 1_000_000_000 }

    @Test("one that takes as much as it has to is waited for, however long that goes on")
    func steady() {
        var pace = ReadingPace(taken: 0, now: 0)
        for second in stride(from: 2, to: 3600, by: 2) {
            let isSlow = pace.isTooSlow(taken: UInt64(second) * 100, now: Self.second(second), limits: Self.limits)
            #expect(!isSlow)
        }
    }

    @Test("one that takes a byte now and then is not, and neither is one that takes nothing", arguments: [0, 1])
    func trickle(bytes: Int) {
        var pace = ReadingPace(taken: 5000, now: 0)
        let cut = stride(from: 2, to: 3600, by: 2).first { second in
            pace.isTooSlow(taken: 5000 + UInt64(second * bytes), now: Self.second(second), limits: Self.limits)
        }
        #expect(cut == 62)
    }

    @Test("one that pauses and makes up for it has its whole time again")
    func bursts() {
        var pace = ReadingPace(taken: 0, now: 0)
        let slow = [(0, 50), (6000, 55), (6000, 115), (6000, 116)].map { taken, second in
            pace.isTooSlow(taken: UInt64(taken), now: Self.second(second), limits: Self.limits)
        }
        #expect(slow == [false, false, false, true])
    }

    /// Serves an answer of `size` bytes to a client that has asked for it.
    private func ask(
        size: Int, idleSeconds: Double, receiveBuffer: Int32? = nil, _ body: (RawClient, HTTPServer) throws -> Void
    ) throws {
        let app = App("large")
        app.get("/") { _ in Response(String(repeating: "x", count: size)) }
        let lane = try TestLane(app: app, mode: .native, workers: 1)
        defer { lane.stop() }
        var limits = Limits()
        limits.idleSeconds = idleSeconds
        let server = try HTTPServer.start(port: 0, responder: LanePort(lane.lane), loops: lane.loops, limits: limits)
        defer { server.stop() }
        let client = try RawClient(port: server.port, receiveBuffer: receiveBuffer)
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        try body(client, server)
    }

    @Test("over a socket, one that never reads its large answer is cut, and counts as gone")
    func socket() throws {
        try ask(size: 20_000_000, idleSeconds: 0.3) { client, server in
            let limit = MonotonicClock.now() + 20_000_000_000
            while server.counts.gone == 0, MonotonicClock.now() < limit { Bell().wait(seconds: 0.01) }
            #expect(server.counts.served == 1 && server.counts.gone == 1, "\(server.counts)")
            // Only now it reads, what the system kept for it; the rest is thrown away, not sent on.
            #expect(client.read().utf8.count < 20_000_000)
            #expect(client.wasReset)
        }
    }

    @Test("over a socket, one that reads for longer than a connection may do nothing gets the whole answer")
    func steadySocket() throws {
        try ask(size: 4_000_000, idleSeconds: 1, receiveBuffer: 64 * 1024) { client, _ in
            var pieces = 0
            let text = client.read { _ in
                pieces += 1
                // The client's own pace: three seconds for what it takes first.
                if pieces < 60 { Bell().wait(seconds: 0.05) }
                return false
            }
            #expect(text.utf8.count > 4_000_000)
            #expect(!client.wasReset)
        }
    }
}
