// A hook, a call, a wait, a held worker, the queue and the service mean the same wherever they are told.

import Testing

@testable import InspectorCore

@Suite struct DefinitionsTests {
    /// A request with every kind of hook, two calls, a sleep and a call that outlived it; times in ms.
    private static func trace(lane: UInt8 = 0) -> Trace {
        let log = EventLog()
        let ms: UInt64 = 1_000_000
        let summary = RequestSummary(
            id: RequestID(number: 1, lane: LaneID(rawValue: lane)), mode: .sync, method: "GET", target: "/a",
            accepted: 1000 * ms)
        let request = log.open(summary)
        func span(
            _ kind: EventKind, from begin: UInt64, to end: UInt64, in parent: SpanID = .none,
            of waitKind: AwaitKind = .other,
            flags: Event.Flags = []
        ) -> SpanID {
            let span = request.begin(
                kind, label: request.own(text: "\(kind)"), parent: parent, value: Int64(waitKind.rawValue),
                flags: flags, track: 7,
                at: (1000 + begin) * ms)
            request.end(kind, span: span, track: 7, at: (1000 + end) * ms)
            return span
        }
        request.instant(.accepted, at: 1000 * ms)
        _ = span(.queued, from: 0, to: 10)
        _ = span(.routing, from: 10, to: 10)
        _ = span(.urlValuePreprocessor, from: 10, to: 20)
        _ = span(.beforeRequest, from: 20, to: 40)
        let view = span(.view, from: 40, to: 200)
        _ = span(.blocked, from: 50, to: 90, in: view, of: .http)
        _ = span(.blocked, from: 100, to: 150, in: view, of: .database)
        _ = span(.await, from: 150, to: 170, in: view, of: .sleep)
        _ = span(.await, from: 170, to: 400, in: view, of: .http, flags: .leaked)
        _ = span(.afterThisRequest, from: 200, to: 205)
        _ = span(.afterRequest, from: 205, to: 215)
        _ = span(.teardownRequest, from: 215, to: 220)
        request.finish(status: 200, at: 1230 * ms)
        var fold = TraceFold()
        _ = log.read(waiting: 0) { fold.apply($0) }
        return fold[summary.id] ?? Trace(summary: summary)
    }

    private static let ms: UInt64 = 1_000_000

    @Test("queue, service and response of a trace add up, and are those of report, recording and headless lines")
    func times() throws {
        let trace = Self.trace()
        let done = try #require(trace.done)
        #expect(trace.queue(until: done) == 10 * Self.ms && trace.service(until: done) == 220 * Self.ms)
        #expect(trace.queue(until: done) + trace.service(until: done) == trace.response(until: done))
        #expect(CriticalPath(trace: trace, until: done).total(kind: .queue) == trace.queue(until: done))
        let exchange = Exchange(request: IncomingRequest(method: "GET", target: "/a"), headers: [:])
        var answered = exchange
        answered.answer(Response("ok"))
        let recorded = try answered.recorded(trace: trace, offset: 0, redaction: Redaction())
        #expect(recorded.response?.duration == trace.service(until: done))
    }

    @Test("hooks are the same in statistics and findings")
    func hooks() throws {
        let trace = Self.trace()
        let done = try #require(trace.done)
        var table = RouteTable()
        table.add(trace, lane: Statistics.Key(lane: trace.id.lane, mode: .sync), at: done)
        let route = try #require(table.all.values.first)
        #expect(route.sums().hookTime == 45 * Self.ms && route.sums().hookTime == trace.hookTime(until: done))
        #expect(EventKind.allCases.filter(\.isHook).allSatisfy { $0.isFunction && !$0.isTeardown && !$0.isWait })
    }

    @Test("calls and waits are the same in statistics, comparisons, findings, totals and exports")
    func calls() throws {
        let trace = Self.trace()
        let done = try #require(trace.done)
        let own = trace.spans.filter(\.isCall)
        #expect(own.map { $0.duration(until: done) / Self.ms } == [40, 50])
        let compared = LaneComparison.calls(of: trace, until: done)
        #expect(compared.count == 2 && compared.sum == 90 * Self.ms && compared.spread == 100 * Self.ms)
        var totals = CauseTotals()
        totals.add(trace)
        #expect(
            totals.calls == compared.count && totals.callSpread.most == compared.spread)
        let findings = Findings.look(at: [trace], now: done) { "\($0 / Self.ms)ms" }
        let row = try #require(findings.first { $0.kind == .callsInARow })
        #expect(row.seen.hasPrefix("2 calls in a row in view, 100ms"), "\(row.seen)")
        var table = RouteTable()
        table.add(trace, lane: Statistics.Key(lane: trace.id.lane, mode: .sync), at: done)
        #expect(table.all.values.first?.sums().waits == 3 && trace.waitCount == 3, "a sleep is a wait, and no call")
        let document = OTLP.document(traces: [trace], app: "x", offset: 0)
        let spans = document["resourceSpans"]?[0]?["scopeSpans"]?[0]?["spans"]?.items ?? []
        // The one that outlived its request was made all the same.
        #expect(spans.count { $0["kind"]?.int == 3 } == compared.count + 1)
    }

    @Test("a worker is held from the queue's end until the last function, for tracks and totals alike")
    func held() throws {
        let trace = Self.trace()
        let done = try #require(trace.done)
        #expect(trace.heldTime(until: done) == 210 * Self.ms)
        var totals = CauseTotals()
        totals.add(trace)
        #expect(totals.held == trace.heldTime(until: done))
    }

    @Test("calls overlap, follow one another, or neither: what is said of them follows from their times")
    func overlaps() {
        func calls(sum: UInt64, spread: UInt64) -> LaneComparison.Calls {
            LaneComparison.Calls(count: 3, sum: sum * Self.ms, spread: spread * Self.ms)
        }
        #expect(calls(sum: 600, spread: 200).overlapped && !calls(sum: 600, spread: 200).inARow)
        #expect(calls(sum: 600, spread: 610).inARow && !calls(sum: 600, spread: 610).overlapped)
        #expect(!calls(sum: 341, spread: 300).overlapped && !calls(sum: 341, spread: 300).inARow)
    }
}
