// Plans and schedules at the ends of what there is: far times, tiny speeds, many rounds, long pauses.

import Testing

@testable import InspectorCore

@Suite struct ReplayBoundsTests {
    private static let second: UInt64 = 1_000_000_000

    private static func index(_ times: [Int]) throws -> TrafficIndex {
        let lines = times.enumerated().map { place, time in
            "{\"type\":\"request\",\"id\":\(place + 1),\"method\":\"GET\",\"target\":\"/\(place)\",\"headers\":[],"
                + "\"time\":\(time)}\n"
        }
        let text = "{\"inspector\":1,\"type\":\"header\"}\n" + lines.joined()
        return try TrafficIndex(bytes: TrafficBytes(bytes: Array(text.utf8), name: "times.jsonl"))
    }

    /// Forty requests, a second apart.
    private static var forty: TrafficIndex {
        get throws { try index((1...40).map { $0 * 1_000_000_000 }) }
    }

    private static func plan(_ index: TrafficIndex, _ change: (inout ReplayOptions) -> Void) -> Plan {
        var options = ReplayOptions()
        change(&options)
        return Plan(indexes: [index], options: options)
    }

    /// Entries are planned or skipped, and all that is planned is due in order, within ten years.
    private static func check(_ plan: Plan) {
        #expect(plan.entries == plan.items.count / plan.rounds + plan.skipped.values.reduce(0, +))
        #expect(zip(plan.items, plan.items.dropFirst()).allSatisfy { $0.due <= $1.due })
        #expect(plan.length <= Plan.Bound.length)
        _ = plan.gaps
    }

    @Test("centuries between requests: what would be due after ten years is skipped, and said")
    func centuries() throws {
        let plan = Self.plan(try Self.index([1, 2, Int.max - 1, Int.max])) { $0.maxGap = nil }
        Self.check(plan)
        #expect(plan.items.count == 2)
        #expect(plan.skipped.first?.key.contains("more than ten years after the start") == true)
        #expect(plan.skipped.first?.value == 2)
        let cut = Self.plan(try Self.index([1, 2, Int.max - 1, Int.max])) { $0.maxGap = Self.second }
        Self.check(cut)
        #expect(cut.items.count == 4 && cut.cutGaps.count == 1)
    }

    @Test("a file's times beyond 146 years, or before its zero, are cut with a note")
    func farTimes() throws {
        let index = try Self.index([Int.min, -1, 5, Int.max])
        #expect(index.entries.map(\.time) == [0, 0, 5, .lastMoment])
        #expect(index.notes.contains { $0.reason.contains("1 request has a time beyond the year 2116") })
    }

    @Test("tiny speeds and rates: each is kept as far as ten years reach")
    func slow() throws {
        let slow = Self.plan(try Self.forty) {
            $0.speed = 0.001
            $0.loops = 100_000
        }
        Self.check(slow)
        #expect(slow.rounds > 1 && slow.rounds < 100_000)
        #expect(slow.length > Plan.Bound.length - 41_000 * Self.second, "as many rounds as there is room for")
        #expect(slow.ownNotes.count == 1 && slow.notes == slow.ownNotes)
        #expect(slow.ownNotes[0].reason.contains("only \(slow.rounds) of 100000 rounds"))
        for speed in [1e-300, .leastNonzeroMagnitude, 0, -1, .nan] {
            let plan = Self.plan(try Self.forty) { $0.speed = speed }
            Self.check(plan)
            #expect(!plan.items.isEmpty, "\(speed)")
        }
        for rate in [1e-9, 1e-300, .infinity, 1e300] {
            Self.check(Self.plan(try Self.forty) { $0.rate = rate })
        }
        let rated = Self.plan(try Self.forty) { $0.rate = 1e-9 }
        #expect(rated.items.count == 1 && rated.skipped.values.reduce(0, +) == 39)
    }

    @Test("rounds are bounded by their requests and by their time, and one round is always whole")
    func rounds() throws {
        let most = Plan.Bound.items
        #expect(Plan.rounds(wanted: 100_000, of: 40, length: 0, last: 0) == 100_000)
        #expect(Plan.rounds(wanted: 100_000, of: 1000, length: 0, last: 0) == most / 1000)
        #expect(Plan.rounds(wanted: 2, of: most + 1, length: 0, last: 0) == 1)
        #expect(Plan.rounds(wanted: .max, of: 0, length: 0, last: 0) == most)
        #expect(Plan.rounds(wanted: 5, of: 2, length: Plan.Bound.length, last: Plan.Bound.length) == 1)
        #expect(Plan.rounds(wanted: 5, of: 2, length: Plan.Bound.length / 2, last: 0) == 3)
        let empty = Self.plan(try Self.index([])) { $0.loops = 100_000 }
        #expect(empty.items.isEmpty && empty.length == 0)
    }

    @Test("a schedule at any speed, place and moment says some moment", arguments: [0.001, 1, 1000])
    func schedule(speed: Double) {
        let ends: [UInt64] = [0, 1, Plan.Bound.length, .lastMoment, .max - 1, .max]
        for start in ends {
            for now in ends {
                var schedule = Schedule(startingAt: start, speed: speed)
                for time in ends {
                    _ = schedule.due(time: time)
                    schedule.seek(to: time, at: now)
                    _ = schedule.time(at: .max)
                    _ = schedule.due(time: .max)
                    schedule.pause(at: now)
                    #expect(schedule.due(time: time) == nil)
                    schedule.goOn(at: start)
                    schedule.setSpeed(speed * 2, at: now)
                }
            }
        }
    }

    @Test("speeds that are none are not taken, and those beyond the range are its ends")
    func speeds() {
        var schedule = Schedule(startingAt: 5)
        for _ in 0..<2000 { schedule.setSpeed(schedule.speed * 2, at: 5) }
        #expect(schedule.speed == 1000)
        for _ in 0..<4000 { schedule.setSpeed(schedule.speed * 0.5, at: 5) }
        #expect(schedule.speed == 0.001)
        schedule.setSpeed(.nan, at: 5)
        #expect(schedule.speed == 0.001)
        schedule.setSpeed(.infinity, at: 5)
        #expect(schedule.speed == 1000)
        schedule.setSpeed(-.infinity, at: 5)
        #expect(schedule.speed == 0.001)
        #expect(Schedule(startingAt: 0, speed: .nan).speed == 1)
    }

    @Test("the place of a moment in a plan is found")
    func places() throws {
        let plan = Plan(indexes: [try Self.forty])
        for time in [0, 1, Self.second, 39 * Self.second, 40 * Self.second, .max] {
            #expect(plan.place(after: time) == plan.items.firstIndex { $0.due > time } ?? 40, "\(time)")
        }
    }

    @Test("a replay is moved anywhere, to what is not a place too, while it stands")
    func seek() throws {
        let log = EventLog()
        let numbers = RequestNumbers()
        let app = App("x")
        app.get("/<path:rest>") { _ in "ok" }
        let loops = ServerLoops(threads: 1)
        let lane = HostedLane(
            id: LaneID(rawValue: 0), app: app.freeze(), mode: .native, workers: 1, log: log, numbers: numbers)
        let server = try HTTPServer.start(port: 0, responder: LanePort(lane), loops: loops)
        defer {
            server.stop()
            lane.stop()
            loops.stop()
        }
        // Ten years of it, but for what is asked for.
        let plan = Self.plan(try Self.index([1, Int(Plan.Bound.length / 1000)])) {
            $0.maxGap = nil
            $0.speed = 0.001
        }
        #expect(plan.items.count == 2)
        let target = ReplayTarget(url: server.url, lane: lane.description, workers: 1)
        let sender = try Sender(plan: plan, to: [target], numbers: numbers)
        sender.pauseOrGoOn()
        for part in [-.infinity, -1, 0, .nan, 0.5, 1, 2, 1e300] {
            sender.seek(to: part)
            sender.setSpeed(part)
            #expect(sender.progress.time <= plan.length && sender.progress.queued == 0)
        }
        #expect(sender.progress.time == plan.length)
        sender.stop()
        let limit = MonotonicClock.now() + 20_000_000_000
        while !sender.progress.isOver, MonotonicClock.now() < limit {}
        #expect(sender.progress.isOver)
    }
}
