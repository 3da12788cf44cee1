import Testing

@testable import InspectorCore

@Suite struct EventLogTests {
    private func summary(_ number: UInt64) -> RequestSummary {
        RequestSummary(
            id: RequestID(number: number, lane: LaneID(rawValue: 0)), mode: .async, method: "GET", target: "/",
            accepted: 0)
    }

    private func take(_ log: EventLog) -> [(RequestLog, RequestLog.Taken)] {
        var taken: [(RequestLog, RequestLog.Taken)] = []
        _ = log.read(waiting: 0) { for (log, news) in $0.requests { taken.append((log, news)) } }
        return taken
    }

    @Test("a full log loses whole requests, and counts each")
    func losesWholeRequests() {
        let log = EventLog(capacity: 3 * RequestLog.chunk)
        let requests = (1...5).map { log.open(summary(UInt64($0))) }
        #expect(requests.map(\.isRecording) == [true, true, true, false, false])
        for request in requests {
            request.instant(.accepted)
            request.finish(status: 500)
        }
        let taken = take(log)
        #expect(taken.count == 3)
        for (_, taken) in taken { #expect(taken.events.map(\.kind) == [.accepted, .done]) }
        #expect(log.lost[LaneID(rawValue: 0)]?.requests == 2)
        #expect(log.lost[LaneID(rawValue: 0)]?.failures == 2)
    }

    @Test("what was read makes room for other requests")
    func readingMakesRoom() {
        let log = EventLog(capacity: RequestLog.chunk)
        for number in 1...100 {
            let request = log.open(summary(UInt64(number)))
            #expect(request.isRecording, "request \(number)")
            request.instant(.accepted)
            request.finish(status: 200)
            _ = take(log)
        }
        #expect(log.lost.isEmpty)
    }

    @Test("a span that began always has room for its end")
    func endsHaveRoom() {
        let log = EventLog(capacity: 4096)
        let request = log.open(summary(1))
        request.instant(.accepted)
        let spans = (0..<2000).map { _ in request.begin(.await) }
        for span in spans { request.end(.await, span: span) }
        let view = request.begin(.view)
        request.end(.view, span: view)
        request.finish(status: 200)
        let events = take(log).flatMap(\.1.events)
        let skipped = request.take().skipped
        #expect(skipped.isEmpty)
        let begun = events.filter { $0.kind == .await && $0.edge == .begin }.map(\.span)
        let ended = events.filter { $0.kind == .await && $0.edge == .end }.map(\.span)
        #expect(begun == ended)
        #expect(begun.count < 2000)
        #expect(events.contains { $0.kind == .view && $0.edge == .end })
        #expect(events.last?.kind == .done)
    }

    @Test("what found no room is counted by kind")
    func countsSkipped() {
        let log = EventLog(capacity: 4096)
        let request = log.open(summary(1))
        for _ in 0..<1000 { request.end(.poll, span: request.begin(.poll)) }
        let taken = take(log)
        let polls = taken[0].1.events.filter { $0.kind == .poll && $0.edge == .begin }.count
        #expect(polls + (taken[0].1.skipped[.poll] ?? 0) == 1000)
    }

    @Test("an event is 48 bytes")
    func size() { #expect(MemoryLayout<Event>.stride == 48) }

    @Test("past a rate one request in a power of two is kept in detail, and all again when the flood is over")
    func thinning() {
        var thinning = Thinning(perSecond: 1000, now: 0)
        var now: UInt64 = 0
        func second(_ count: Int) -> Int {
            var factor = 0
            for _ in 0..<20 {
                now += 50_000_000
                factor = thinning.saw(count / 20, at: now)
            }
            return factor
        }
        #expect(second(900) == 1)
        #expect(second(3000) == 4)
        #expect(second(50_000) == 64)
        #expect(second(1_000_000_000) == 4096)
        #expect(second(0) == 1)
    }

    @Test("under a flood counts, failures and times stay exact, route by route, while few requests have detail")
    func flood() throws {
        let log = EventLog(detailed: 1)
        var fold = TraceFold()
        var number: UInt64 = 0
        var failures = 0
        let rule = Label("/flood")
        // Until the log has seen that it is a flood, and then for ten thousand more.
        var left = 10_000
        let limit = MonotonicClock.now() + 30_000_000_000
        while left > 0, MonotonicClock.now() < limit {
            number += 1
            if log.thinning > 1 { left -= 1 }
            let summary = RequestSummary(
                id: RequestID(number: number, lane: LaneID(rawValue: 3)), mode: .native, method: "GET", target: "/",
                accepted: 1_000_000_000)
            let request = log.open(summary)
            request.instant(.accepted, at: 1_000_000_000)
            request.end(.routing, span: request.begin(.routing), outcome: .done, label: rule)
            let fails = number % 100 == 0
            if fails { failures += 1 }
            request.finish(status: fails ? 500 : 200, at: 1_005_000_000)
            if number % 64 == 0 { _ = log.read(waiting: 0) { fold.apply($0) } }
        }
        _ = log.read(waiting: 0) { fold.apply($0) }
        let key = Statistics.Key(lane: LaneID(rawValue: 3), mode: .native)
        let numbers = try #require(fold.statistics[key])
        #expect(numbers.begun == Int(number))
        #expect(numbers.finished == Int(number))
        #expect(numbers.failures == failures)
        #expect(numbers.percentile(percent: 99).map { $0 / 100_000 } == 50)
        let route = try #require(fold.routes.all[RouteTable.Key(lane: key, method: "GET", rule: "/flood")])
        #expect(route.finished == Int(number))
        #expect(route.sums().wholeTime == number * 5_000_000)
        #expect(route.sums().detailed < Int(number) / 2)
        #expect(fold.traces(of: key.lane).count == route.sums().detailed)
        #expect(log.lost.isEmpty)
    }

    @Test("while somebody wants every request, every request has detail")
    func keepsAll() {
        let log = EventLog(detailed: 1)
        log.keepAll()
        var number: UInt64 = 0
        let limit = MonotonicClock.now() + 200_000_000
        while MonotonicClock.now() < limit {
            number += 1
            let request = log.open(summary(number))
            #expect(request.isRecording)
            request.finish(status: 200)
            if number % 64 == 0 { _ = log.read(waiting: 0) { _ in } }
        }
        log.endKeeping()
        #expect(log.thinning > 1)
    }

    @Test("what the recording costs is measured on this machine, and counted")
    func cost() {
        let log = EventLog()
        log.cost.calibrate()
        #expect(log.cost.nanosecondsOfEvent > 0)
        #expect(log.cost.nanosecondsOfEvent < 100_000)
        let before = log.cost.sample(others: 0)
        for number in UInt64(1)...100 {
            let request = log.open(summary(number))
            for _ in 0..<10 { request.instant(.mark) }
            request.finish(status: 200)
        }
        _ = log.read(waiting: 0) { _ in }
        let after = log.cost.sample(others: 1_000_000_000)
        #expect(log.cost.eventCount == 1100)
        #expect(after.own > before.own + 1_000_000_000)
    }
}
