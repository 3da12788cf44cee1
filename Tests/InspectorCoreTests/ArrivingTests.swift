// Time begins when the client began: what a request waited before its server read it is a part of it, and who held it up
// is named.

import Foundation
import Glibc
import Testing

@testable import InspectorCore

@Suite(.serialized) struct ArrivingTests {
    private static let ms: UInt64 = 1_000_000

    /// One thread of loops, and an app whose view blocks it.
    private static func serve(_ body: (TestLane, HTTPServer) throws -> Void) throws {
        let app = App("held")
        app.get("/blocks/<int:ms>") { request async -> String in
            // On purpose what an async view must not do.
            usleep(request.viewArgs["ms"].flatMap { UInt32("\($0)") }.map { $0 * 1000 } ?? 0)
            return "held"
        }
        app.get("/quick") { _ async -> String in "quick" }
        app.get("/sleeps") { _ async throws -> String in
            try await sleep(for: .milliseconds(200))
            return "slept"
        }
        let lane = try TestLane(app: app, mode: .native, workers: 1)
        let server = try HTTPServer.start(port: 0, responder: LanePort(lane.lane), loops: lane.loops)
        defer {
            server.stop()
            lane.stop()
        }
        try body(lane, server)
    }

    /// What a client saw of one request, by its own clock.
    private struct Seen: Sendable {
        let before: UInt64
        let after: UInt64
        let end: UInt64
    }

    /// Sends one request on a connection of its own, and times it.
    private static func fetch(_ path: String, port: Int) throws -> Seen {
        let client = try RawClient(port: port)
        let before = MonotonicClock.now()
        client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        let after = MonotonicClock.now()
        let answer = client.read()
        let end = MonotonicClock.now()
        guard answer.hasPrefix("HTTP/1.1 200") else { throw VectorError(description: "\(path): \(answer)") }
        return Seen(before: before, after: after, end: end)
    }

    /// Sends each of `paths` at once, after `delay` µs each, and waits for all.
    private static func fetch(_ paths: [(path: String, delay: UInt32)], port: Int) throws -> [Seen] {
        let found = Collected<Seen>()
        let threads = paths.enumerated().map { index, item in
            let ended = Bell()
            Thread.detachNewThread {
                usleep(item.delay)
                found.add(index, Result { try fetch(item.path, port: port) })
                ended.ring()
            }
            return ended
        }
        for ended in threads { #expect(ended.wait(seconds: 60)) }
        return try paths.indices.map { try found.take($0) }
    }

    @Test("a loop that another request blocks makes its neighbours late, on the screen as for their clients")
    func neighbours() throws {
        // On a busy machine the clients themselves wake late: agreement has to be seen once, exaggeration never.
        var agreed = false
        for _ in 0..<8 where !agreed {
            try Self.serve { lane, server in
                _ = try Self.fetch("/quick", port: server.port)
                let paths =
                    Array(repeating: ("/blocks/60", UInt32(0)), count: 4)
                    + Array(repeating: ("/quick", UInt32(60_000)), count: 4)
                let seen = try Self.fetch(paths.map { (path: $0.0, delay: $0.1) }, port: server.port)
                let traces = try (2...9).map { try lane.trace(of: RequestID(number: $0, lane: LaneID(rawValue: 0))) }
                let quick = traces.filter { $0.summary.target == "/quick" }
                #expect(quick.count == 4)
                for trace in traces where trace.arriving > 0 {
                    let span = try #require(trace.first(.arriving))
                    #expect(span.begin == trace.began && span.end == trace.summary.accepted)
                    let tolerance = UInt64(span.endValue)
                    #expect(tolerance <= ClientArrival.tick)
                    let truth = seen.contains {
                        $0.before <= trace.began + tolerance && trace.began <= $0.after + tolerance
                    }
                    #expect(truth, "\(trace.arriving) ns of arriving are of nobody's request")
                }
                // Who held it up is named, and can be gone to.
                let late = quick.filter { $0.arriving > 20 * Self.ms }
                for trace in late {
                    let holder = try #require(trace.first(.arriving)?.holder)
                    #expect(traces.contains { $0.id == holder && $0.summary.target == "/blocks/60" })
                }
                func sorted(_ values: [UInt64]) -> [UInt64] { values.sorted() }
                let ours = sorted(traces.map { $0.response(until: .max) })
                let theirs = sorted(seen.map { $0.end - $0.before })
                agreed =
                    !late.isEmpty
                    && zip(ours, theirs).allSatisfy { one, two in
                        let difference = Int64(clamping: one).subtractingSaturated(Int64(clamping: two)).magnitude
                        return difference <= max(two / 20, 2 * Self.ms) + ClientArrival.tick
                    }
            }
        }
        #expect(agreed, "no run of eight agreed with what the clients measured")
    }

    @Test("what waits behind an earlier request on its connection is arriving until its turn")
    func pipelined() throws {
        try Self.serve { lane, server in
            let client = try RawClient(port: server.port)
            client.send("GET /sleeps HTTP/1.1\r\nHost: localhost\r\n\r\n")
            client.send("GET /quick HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            _ = client.read()
            let first = try lane.trace(of: RequestID(number: 1, lane: LaneID(rawValue: 0)))
            let second = try lane.trace(of: RequestID(number: 2, lane: LaneID(rawValue: 0)))
            let span = try #require(second.first(.arriving))
            #expect(span.arrivalWitness == .connection)
            #expect(second.arriving > 0 && second.began < (first.done ?? 0))
            #expect(second.response(until: .max) == second.arriving + second.service(until: .max))
        }
    }

    @Test("what we send ourselves is timed from its sending, to the nanosecond")
    func own() throws {
        let numbers = RequestNumbers()
        var request = IncomingRequest(method: "GET", target: "/", accepted: 5000)
        request.headers[RequestNumbers.headerName] = numbers.headerValue(for: 7, sentAt: 1200)
        numbers.take(from: &request)
        #expect(request.number == 7 && request.arrival == Arrival(.sender, began: 1200))
        // From another process, or with a time to come: no time at all, and none that is negative.
        var other = IncomingRequest(method: "GET", target: "/", accepted: 5000)
        other.headers[RequestNumbers.headerName] = RequestNumbers().headerValue(for: 7, sentAt: 1200)
        numbers.take(from: &other)
        #expect(other.number == nil && other.arrival == nil)
        var late = IncomingRequest(method: "GET", target: "/", accepted: 5000)
        late.headers[RequestNumbers.headerName] = numbers.headerValue(for: 8, sentAt: 9000)
        numbers.take(from: &late)
        #expect(late.arrival?.began == 5000)
    }

    @Test("the system's answer is believed within its tick, and no further")
    func system() {
        let tick = ClientArrival.tick
        let now: UInt64 = 1_000_000_000
        let held = LoopWatch.Turn(looked: now - 90 * Self.ms, begin: now - 80 * Self.ms, end: now - 10_000)
        let idle = LoopWatch.Turn(
            looked: now - 700 * Self.ms, begin: now - 500 * Self.ms, end: now - 500 * Self.ms + 20_000)
        func find(_ age: UInt64?, _ turn: LoopWatch.Turn, isFirst: Bool = false) -> Arrival? {
            ClientArrival.find(age: age, turn: turn, readAt: now, isFirst: isFirst)
        }
        // Just read, on a loop that was not away: nothing.
        #expect(find(0, idle) == nil)
        #expect(find(tick, idle) == nil)
        // Lay there while the loop was away.
        let found = find(60 * Self.ms, held)
        #expect(found?.witness == .system && found?.tolerance == tick && found?.began == now - 60 * Self.ms)
        // It cannot have come before the loop last looked, unless it was not accepted then.
        let bounded = find(90 * Self.ms, held)
        #expect(bounded.map { $0.began - $0.tolerance >= held.looked } == true)
        #expect(find(90 * Self.ms, held, isFirst: true)?.began == now - 90 * Self.ms)
        // What the two say may not fit together: the system saw the bytes.
        #expect(find(300 * Self.ms, held).map { $0.began >= now - 300 * Self.ms && $0.began <= now } == true)
        // An idle loop that the machine woke late.
        #expect(find(50 * Self.ms, idle)?.began == now - 50 * Self.ms)
        // A system that says nothing: a bound, and nothing counted.
        let unseen = find(nil, held)
        #expect(unseen?.witness == .nobody && unseen?.counted == nil && unseen?.began == held.looked)
        #expect(find(nil, idle) == nil)
    }

    @Test("what nobody can date is said as a bound, and no time of the request grows by it")
    func unseen() throws {
        let log = EventLog()
        let summary = RequestSummary(
            id: RequestID(number: 1, lane: LaneID(rawValue: 0)), mode: .native, method: "GET", target: "/",
            accepted: 100 * Self.ms)
        let request = log.open(summary)
        request.instant(.accepted, at: summary.accepted)
        let hold = LoopHold(
            begin: 10 * Self.ms, end: 90 * Self.ms, request: RequestID(number: 12, lane: LaneID(rawValue: 2)),
            function: Label("blocks-loop"))
        request.record(Arrival(.nobody, began: 22 * Self.ms, hold: hold), acceptedAt: summary.accepted)
        request.finish(status: 200, at: 101 * Self.ms)
        var fold = TraceFold()
        _ = log.read(waiting: 0) { fold.apply($0) }
        let trace = try #require(fold[summary.id])
        #expect(trace.unseen == 78 * Self.ms && trace.arriving == 0)
        #expect(trace.response(until: .max) == Self.ms)
        #expect(trace.moment(.arriving)?.label == "blocks-loop")
    }

    @Test("a trace keeps when its client began on its way through a recording")
    func json() throws {
        var trace = Trace(
            summary: RequestSummary(
                number: 3, lane: LaneDescription(id: LaneID(rawValue: 1), kind: .hosted(.sync)), method: "GET",
                target: "/", accepted: 500, began: 200))
        trace.done = 900
        let read = try #require(Trace(json: trace.json))
        #expect(read.began == 200 && read.arriving == 300 && read.response(until: .max) == 700)
        #expect(read.seen(at: 250)?.done == nil && read.seen(at: 100) == nil)
    }

    @Test("a request's lane and number fit into one value, and nothing else does")
    func packed() {
        let id = RequestID(number: 0xFFFF_FFFF_FFFF, lane: LaneID(rawValue: 255))
        #expect(RequestID(packed: id.packed) == id)
        #expect(RequestID(packed: 0) == nil && RequestID(packed: -1) == nil && RequestID(packed: .max) == nil)
    }

    @Test("an await ends when its time is over; that another request held the loop on is scheduled time, and its name")
    func ready() throws {
        var seen = false
        for _ in 0..<8 where !seen {
            try Self.serve { lane, server in
                _ = try Self.fetch(
                    [(path: "/sleeps", delay: 0), (path: "/blocks/500", delay: 60_000)], port: server.port)
                let traces = try (1...2).map { try lane.trace(of: RequestID(number: $0, lane: LaneID(rawValue: 0))) }
                let trace = try #require(traces.first { $0.summary.target == "/sleeps" })
                let done = try #require(trace.done)
                let sleep = try #require(trace.first(.await, "sleep"))
                #expect(sleep.duration(until: done) == 200 * Self.ms)
                let path = CriticalPath(trace: trace, until: done)
                #expect(path.steps.map(\.length).sumSaturated() == trace.response(until: done))
                // Only where the other came in time.
                guard path.total(kind: .scheduled) > 100 * Self.ms else { return }
                let view = try #require(trace.first(.view))
                let time = try #require(LoopTime(of: view, in: trace, until: done))
                #expect(time.scheduled > 100 * Self.ms && time.idle < 250 * Self.ms)
                let holder = trace.spans(.poll).compactMap(\.holder).first
                #expect(holder == traces.first { $0.id != trace.id }?.id)
                seen = true
            }
        }
        #expect(seen, "the loop was never held in eight runs")
    }
}
