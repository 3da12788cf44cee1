import Testing

@testable import InspectorCore

@Suite struct TraceTests {
    private func summary(_ number: UInt64, accepted: UInt64 = 100) -> RequestSummary {
        RequestSummary(
            id: RequestID(number: number, lane: LaneID(rawValue: 0)), mode: .sync, method: "GET", target: "/",
            accepted: accepted)
    }

    @Test("a trace is pending until its request is done, and finished when its last span has ended")
    func stages() {
        let log = EventLog()
        let request = log.open(summary(1))
        var fold = TraceFold()
        func stage() -> Trace.Stage? {
            fold.apply(request, taken: request.take())
            return fold[request.summary.id]?.stage
        }
        request.instant(.accepted)
        let queued = request.begin(.queued)
        #expect(stage() == .queued)
        request.end(.queued, span: queued)
        let call = request.begin(.await)
        #expect(stage() == .running)
        request.finish(status: 200)
        #expect(stage() == .settling)
        request.end(.await, span: call)
        #expect(stage() == .finished)
    }

    @Test("of thousands of spans the first and the last are kept, and the others counted")
    func bounded() {
        let log = EventLog()
        let request = log.open(summary(1))
        var fold = TraceFold()
        request.instant(.accepted)
        for _ in 0..<100 {
            for _ in 0..<50 { request.end(.await, span: request.begin(.await)) }
            fold.apply(request, taken: request.take())
        }
        request.finish(status: 200)
        fold.apply(request, taken: request.take())
        let trace = fold[request.summary.id]
        #expect(trace?.spans.count == Trace.spanLimit)
        #expect(trace?.skipped[.await] == 5000 - Trace.spanLimit)
        #expect(trace?.spans.first?.id.rawValue == 1)
        #expect(trace?.spans.last?.id.rawValue == 5000)
        #expect(trace?.spans.allSatisfy { $0.end != nil } == true)
    }

    @Test("finished traces make way for new ones, pending ones stay, counts stay exact")
    func evicts() {
        let log = EventLog()
        var fold = TraceFold(limit: 10)
        let pending = log.open(summary(1))
        pending.instant(.accepted)
        fold.apply(pending, taken: pending.take())
        for number in 2...100 {
            let request = log.open(summary(UInt64(number)))
            request.instant(.accepted)
            request.finish(status: number % 2 == 0 ? 200 : 500, at: 100 + 1_000_000)
            fold.apply(request, taken: request.take())
        }
        let traces = fold.traces(of: LaneID(rawValue: 0))
        #expect(traces.count == 10)
        #expect(traces.first?.id.number == 1)
        #expect(traces.last?.id.number == 100)
        let statistics = fold.statistics[Statistics.Key(lane: LaneID(rawValue: 0), mode: .sync)]
        #expect(statistics?.finished == 99)
        #expect(statistics?.failures == 49)
        #expect(statistics?.inFlight == 1)
        #expect(statistics?.percentile(percent: 50).map { $0 / 10_000 } == 100)
    }

    @Test("a request's own texts stay right however often the log was read")
    func ownTexts() {
        let log = EventLog()
        let request = log.open(summary(1))
        var fold = TraceFold()
        request.instant(.accepted)
        for number in 0..<10 {
            request.instant(.mark, label: request.own(text: "text \(number)"))
            fold.apply(request, taken: request.take())
        }
        let marks = fold[request.summary.id]?.moments.filter { $0.kind == .mark }.map(\.label)
        #expect(marks == (0..<10).map { "text \($0)" })
    }

    @Test("each route has numbers of its own, and however many there are, their memory is bounded")
    func routes() throws {
        let log = EventLog()
        var fold = TraceFold(limit: 10)
        for number in 1...300 {
            let summary = RequestSummary(
                id: RequestID(number: UInt64(number), lane: LaneID(rawValue: 0)), mode: .sync, method: "GET",
                target: "/", accepted: 1000)
            let request = log.open(summary)
            request.instant(.accepted, at: 1000)
            let routing = request.begin(.routing, at: 1000)
            request.end(
                .routing, span: routing, outcome: .done, label: Label("/route\(number)"), detail: Label("e"), at: 1000)
            let hook = request.begin(.beforeRequest, label: Label("h"), at: 1000)
            request.end(.beforeRequest, span: hook, outcome: .continue, at: 2000)
            request.finish(status: number == 1 ? 500 : 200, at: 3000)
            _ = log.read(waiting: 0) { fold.apply($0) }
        }
        #expect(fold.routes.all.count == RouteTable.limit + 1)
        let others = fold.routes.all.first { $0.key.rule == RouteTable.others }
        #expect(others?.value.finished == 300 - RouteTable.limit)
        let first = fold.routes.all.first { $0.key.rule == "/route1" }
        #expect(first?.value.failures == 1)
        #expect(first?.value.sums().hookTime == 1000)
        #expect(fold.routes.all.reduce(0) { $0 + $1.value.finished } == 300)
    }

    @Test("a distribution counts each request once, in the class of its time")
    func distribution() {
        var statistics = Statistics()
        for time in [50_000, 200_000, 5_000_000, 900_000_000, 60_000_000_000] as [UInt64] {
            statistics.begin()
            statistics.finish(status: 200, response: time, at: 0)
        }
        let classes = statistics.times().distribution(count: 24, from: 100_000, to: 10_000_000_000)
        #expect(classes.count == 24)
        #expect(classes.reduce(0, +) == 5)
        #expect(classes.first == 1)
        #expect(classes.last == 1)
        #expect(statistics.times().distribution(count: 0, from: 1, to: 2) == [])
    }
}
