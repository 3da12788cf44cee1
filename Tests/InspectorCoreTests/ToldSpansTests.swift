// Spans that another process tells: in any order, in parts, twice, broken.

import Testing

@testable import InspectorCore

@Suite struct ToldSpansTests {
    static let summary = RequestSummary(
        number: 7, lane: LaneDescription(id: LaneID(rawValue: 3), kind: .watched(service: "shop"), name: nil),
        method: "GET", target: "/orders", accepted: 1000, context: nil)

    static func span(_ id: UInt64, in parent: UInt64 = 0, _ range: Range<UInt64>, kind: EventKind = .view) -> ToldSpan {
        ToldSpan(id: id, parent: parent, kind: kind, label: "s\(id)", begin: range.lowerBound, end: range.upperBound)
    }

    /// A view that awaits two calls, and a teardown.
    static let spans = [
        span(90, 1000..<5000), span(11, in: 90, 1100..<2000, kind: .await), span(55, in: 90, 2100..<4000, kind: .await),
        span(2, 5100..<5200, kind: .teardownRequest),
    ]

    static func trace(_ parts: [[ToldSpan]]) -> Trace {
        var trace = Trace(summary: summary)
        for part in parts { trace.join(ToldRequest(spans: part)) }
        return trace
    }

    static func text(_ trace: Trace) -> [String] {
        trace.spans.map { "\($0.label) in \(trace.parent(of: $0)?.label ?? "-") \($0.begin)-\($0.end ?? 0)" }
    }

    @Test("the same spans make the same trace, in whatever order and parts they come")
    func order() {
        let expected = ["s90 in - 1000-5000", "s11 in s90 1100-2000", "s55 in s90 2100-4000", "s2 in - 5100-5200"]
        var order = Self.spans
        for turn in 0..<24 {
            // Many orders, each out of the one before.
            order.swapAt(turn % 4, (turn / 4 + 1) % 4)
            #expect(Self.text(Self.trace([order])) == expected)
            #expect(Self.text(Self.trace(order.map { [$0] })) == expected)
            #expect(Self.text(Self.trace([Array(order[..<2]), Array(order[1...])])) == expected)
        }
        #expect(Self.trace([order]).spans.allSatisfy { $0.origin == .told })
    }

    @Test("a span that is told again replaces itself, and holds the request until it has ended")
    func again() {
        var trace = Trace(summary: Self.summary)
        var open = Self.span(90, 1000..<5000)
        open.end = nil
        trace.join(ToldRequest(spans: [open], done: 4500, status: 200))
        #expect(trace.stage == .settling && trace.endOfAll == nil && trace.spans.count == 1)
        let version = trace.version
        trace.join(ToldRequest(spans: [Self.span(90, 1000..<5000), Self.span(11, in: 90, 1100..<2000)]))
        #expect(trace.stage == .finished && trace.endOfAll == 5000 && trace.spans.count == 2)
        #expect(trace.version > version && trace.done == 4500 && trace.status == 200)
    }

    @Test("spans that are their own forefathers lie in the request, and what lies in them stays there")
    func rings() {
        let trace = Self.trace([
            [
                Self.span(1, in: 2, 10..<20), Self.span(2, in: 1, 11..<20), Self.span(3, in: 1, 12..<20),
                Self.span(4, in: 4, 13..<20), Self.span(5, in: 77, 14..<20), Self.span(0, 1..<2),
            ]
        ])
        #expect(
            Self.text(trace) == [
                "s1 in - 10-20", "s2 in - 11-20", "s3 in s1 12-20", "s4 in - 13-20", "s5 in - 14-20",
            ])
        #expect(TraceTree.spans(items: TraceTree(trace: trace).roots).count == 4)
    }

    @Test("a child that began before its parent by its clock is shown early, under its parent")
    func skew() {
        let trace = Self.trace([[Self.span(1, in: 2, 10..<20), Self.span(2, 15..<30), Self.span(3, 12..<13)]])
        #expect(Self.text(trace) == ["s3 in - 12-13", "s2 in - 15-30", "s1 in s2 10-20"])
    }

    @Test("what one request is told is bounded, and what is left out is counted")
    func bound() {
        let many = (1...UInt64(Trace.spanLimit + 40)).map { Self.span($0, in: $0 - 1, $0..<($0 + 5)) }
        // Those without room are told twice, as a span is that ends later.
        let trace = Self.trace([many, many])
        #expect(trace.spans.count == Trace.spanLimit && trace.skipped[.view] == 40)
    }

    @Test("spans of this process go on between those that are told")
    func both() {
        var trace = Trace(summary: Self.summary)
        func event(_ edge: Event.Edge, _ id: UInt32, _ time: UInt64) -> Event {
            Event(
                time: time, value: 0, span: SpanID(rawValue: id), parent: .none, label: .none, detail: .none, track: 1,
                task: 0, kind: .view, edge: edge, outcome: edge == .end ? .done : .none, flags: [])
        }
        trace.apply(RequestLog.Taken(events: [event(.begin, 1, 900)], texts: [], firstText: 0, skipped: [:]))
        trace.join(ToldRequest(spans: Self.spans))
        trace.apply(
            RequestLog.Taken(
                events: [event(.begin, 2, 950), event(.end, 1, 9000)], texts: [], firstText: 0, skipped: [:]))
        trace.join(ToldRequest(spans: Self.spans))
        #expect(trace.spans.map(\.begin) == [900, 950, 1000, 1100, 2100, 5100])
        #expect(trace.spans.map(\.origin) == [.observed, .observed, .told, .told, .told, .told])
        #expect(trace[SpanID(rawValue: 1)]?.end == 9000 && trace[SpanID(rawValue: 2)]?.end == nil)
        #expect(trace.open == 1)
    }

    @Test("a request that only others tell of is counted once, when it is done")
    func fold() {
        var fold = TraceFold()
        fold.join(ToldRequest(spans: Self.spans), summary: Self.summary)
        let key = Statistics.Key(lane: Self.summary.id.lane, mode: Self.summary.mode)
        #expect(fold.statistics[key]?.finished == 0)
        fold.join(ToldRequest(done: 5000, status: 500), summary: Self.summary)
        fold.join(ToldRequest(spans: Self.spans, done: 5000, status: 500), summary: Self.summary)
        #expect(fold.statistics[key]?.finished == 1)
        #expect(fold.traces(of: Self.summary.id.lane).map { Self.text($0).count } == [4])
    }
}
