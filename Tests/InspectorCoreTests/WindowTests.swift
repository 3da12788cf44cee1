// Rates, percentiles and counts over a window that ends now: they are of that window, from its first seconds on.

import Testing

@testable import InspectorCore

@Suite struct WindowTests {
    private static let second: UInt64 = 1_000_000_000

    /// Answers at a steady rate, from one moment to another, in s.
    private static func add(
        _ rate: Int, from begin: UInt64, to end: UInt64, response: UInt64, status: Int = 200,
        to statistics: inout Statistics
    ) {
        for number in 0..<(Int(end - begin) * rate) {
            statistics.begin()
            statistics.finish(
                status: status, response: response, at: begin * second + UInt64(number) * second / UInt64(rate))
        }
    }

    @Test(
        "a rate is right after two seconds, and has fallen two seconds after the last answer", arguments: [20, 3, 400])
    func rate(rate: Int) {
        var statistics = Statistics()
        Self.add(rate, from: 100, to: 102, response: 5, to: &statistics)
        #expect(abs(statistics.rate(at: 102 * Self.second) - Double(rate)) <= 0.5)
        for second in 102..<130 as Range<UInt64> {
            Self.add(rate, from: second, to: second + 1, response: 5, to: &statistics)
            let seen = statistics.rate(at: (second + 1) * Self.second)
            #expect(abs(seen - Double(rate)) <= max(0.5, Double(rate) / 20), "\(second): \(seen)")
        }
        #expect(statistics.rate(at: 131 * Self.second) < Double(rate) * 0.6)
        #expect(statistics.rate(at: 132 * Self.second + 100_000_000) == 0)
        // An answer of long ago, or a clock that has not begun, is no rate.
        #expect(statistics.rate(at: 99_999 * Self.second) == 0 && statistics.rate(at: 0) == 0)
    }

    @Test("percentiles, counts and shares are of their window: what was before is not in them")
    func windows() {
        var statistics = Statistics()
        Self.add(50, from: 1000, to: 1100, response: 8_000_000_000, status: 500, to: &statistics)
        Self.add(50, from: 1100, to: 1115, response: 10_000_000, to: &statistics)
        let now = 1115 * Self.second
        func p50(_ window: TimeWindow, at now: UInt64) -> UInt64? {
            statistics.percentile(percent: 50, window: window, at: now).map { $0 / 1_000_000 }
        }
        #expect(p50(.tenSeconds, at: now) == 10)
        #expect(statistics.sums(window: .tenSeconds, at: now).failures == 0)
        let ten = statistics.sums(window: .tenSeconds, at: now).count
        #expect((450...550).contains(ten), "\(ten)")
        // Of the last minute three quarters were before.
        #expect((p50(.minute, at: now) ?? 0) > 7000)
        let minute = statistics.sums(window: .minute, at: now)
        #expect((2950...3300).contains(minute.count), "\(minute.count)")
        #expect(statistics.sums(window: .tenMinutes, at: now) == statistics.sums(window: .all, at: now))
        #expect(statistics.sums().count == 115 * 50 && statistics.sums().failures == 5000)
        // When nothing comes any more a window runs empty.
        #expect(statistics.percentile(percent: 50, window: .tenSeconds, at: 1130 * Self.second) == nil)
        #expect(statistics.sums(window: .minute, at: 1300 * Self.second).count == 0)
        #expect(statistics.sums(window: .tenMinutes, at: 1300 * Self.second).count == 115 * 50)
        #expect(statistics.sums(window: .tenMinutes, at: 2000 * Self.second).count == 0)
        #expect(statistics.sums(window: .all, at: 2000 * Self.second).count == 115 * 50)
    }

    @Test(
        "slices lose nothing and count nothing twice, whatever the times: the windows agree with a list of all answers")
    func slices() {
        var random = SplitMix(seed: 7)
        for _ in 0..<20 {
            var statistics = Statistics()
            var all: [(time: UInt64, response: UInt64)] = []
            var now: UInt64 = UInt64.random(in: 0...1_000_000, using: &random) * 1_000_000_000
            for _ in 0..<400 {
                now += UInt64.random(in: 0...6_000_000_000, using: &random)
                let response = UInt64.random(in: 1...60_000, using: &random) * 1_000_000
                statistics.begin()
                statistics.finish(status: 200, response: response, at: now)
                all.append((now, response))
            }
            for window in TimeWindow.allCases {
                let seconds = window.seconds ?? .max
                let counted = statistics.sums(window: window, at: now).count
                // A slice that is cut by the window's begin is in it whole.
                let width: UInt64 = window == .tenSeconds ? 1 : window == .minute ? 5 : 30
                let moment = now / Self.second
                let least = all.count { $0.time / Self.second > moment.subtractingSaturated(seconds) }
                let most = all.count { $0.time / Self.second + width > moment.subtractingSaturated(seconds) }
                #expect(least <= counted && counted <= most, "\(window): \(least) \(counted) \(most)")
                #expect(statistics.times(window: window, at: now).count == counted)
            }
        }
    }

    @Test("clearing begins all numbers anew, and what is in flight still is")
    func clear() {
        let log = EventLog()
        var fold = TraceFold()
        func open(_ number: UInt64) -> RequestLog {
            let request = log.open(
                RequestSummary(
                    id: RequestID(number: number, lane: LaneID(rawValue: 0)), mode: .sync, method: "GET", target: "/",
                    accepted: 1000))
            request.instant(.accepted, at: 1000)
            return request
        }
        let pending = open(1)
        open(2).finish(status: 500, at: 5000)
        _ = log.read(waiting: 0) { fold.apply($0) }
        let key = Statistics.Key(lane: LaneID(rawValue: 0), mode: .sync)
        #expect(fold.traces(of: key.lane).count == 2)
        fold.clear()
        #expect(fold.traces(of: key.lane).map(\.id.number) == [1])
        #expect(fold.statistics[key]?.inFlight == 1 && fold.statistics[key]?.finished == 0)
        #expect(fold.statistics[key]?.failures == 0 && fold.routes.all.isEmpty)
        pending.finish(status: 200, at: 9000)
        _ = log.read(waiting: 0) { fold.apply($0) }
        #expect(fold.statistics[key]?.inFlight == 0 && fold.statistics[key]?.finished == 1)
        #expect(fold.routes.all.values.reduce(0) { $0 + $1.finished } == 1)
    }

    @Test("a percentile is never above the longest time")
    func most() {
        for coarse in [true, false] {
            var times = Times(isCoarse: coarse)
            for value in [1_000_000, 2_345_678_000, 3_541_234_000] as [UInt64] { times.add(value) }
            for percent in [50.0, 90, 99, 100] {
                #expect((times.percentile(percent: percent) ?? 0) <= (times.most ?? 0))
            }
            #expect(times.most == 3_541_234_000)
        }
    }

    @Test("who listens hears of every request, however few traces are kept")
    func listeners() throws {
        // Far more requests are pending at once than are kept, and end in the batches that let them go.
        let log = EventLog()
        var fold = TraceFold(limit: 100)
        let logs = (1...500).map { number in
            let request = log.open(
                RequestSummary(
                    id: RequestID(number: UInt64(number), lane: LaneID(rawValue: 0)), mode: .sync, method: "GET",
                    target: "/", accepted: 1000))
            request.instant(.accepted, at: 1000)
            return request
        }
        var answered = 0
        var finished = 0
        func read() {
            _ = log.read(waiting: 0) { batch in
                for (log, taken) in batch.requests {
                    guard let change = fold.apply(log, taken: taken) else { continue }
                    if change.isAnswered { answered += 1 }
                    if change.isFinished { finished += 1 }
                }
            }
        }
        read()
        for log in logs { log.finish(status: 200, at: 2000) }
        read()
        #expect(answered == 500 && finished == 500)
        #expect(fold.traces(of: LaneID(rawValue: 0)).count <= 100)
    }
}
