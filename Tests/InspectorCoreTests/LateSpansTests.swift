// Spans that come before their request is known, or after it is over: none is lost, and what is kept waits for them.

import Synchronization
import Testing

@testable import InspectorCore

@Suite struct LateSpansTests {
    private static let told = ToldRequest(spans: [ToldSpansTests.span(5, 1000..<2000)])
    private static let second: UInt64 = 1_000_000_000

    private static func finished(_ number: UInt64 = 7) -> (TraceFold, Trace) {
        let summary = RequestSummary(
            number: number, lane: LaneDescription(id: LaneID(rawValue: 3), kind: .watched(service: "shop"), name: nil),
            method: "GET", target: "/", accepted: 1000, context: nil)
        var fold = TraceFold(limit: 100)
        var whole = Self.told
        whole.done = 2000
        whole.isWhole = true
        fold.join(whole, summary: summary)
        return (fold, fold[summary.id] ?? Trace(summary: summary))
    }

    @Test(
        "what is told of a request that is not known yet is handed over once, when it is; the oldest are let go and counted"
    )
    func early() {
        var late = LateSpans()
        let lane = LaneID(rawValue: 0)
        for number in 0..<5_000 { late.keep(Self.told, of: RequestID(number: UInt64(number), lane: lane)) }
        let newest = (1...2).map { _ in late.takeEarly(of: RequestID(number: 4_999, lane: lane)) }
        let oldest = late.takeEarly(of: RequestID(number: 0, lane: lane))
        #expect(newest == [[Self.told], []] && oldest.isEmpty)
        #expect(late.unplaced == 5_000 - 4_096)
    }

    @Test("a request of a server that tells spans is kept back until they have ended and are calm, or for so long")
    func held() {
        let (fold, trace) = Self.finished()
        var late = LateSpans()
        func released(at time: UInt64) -> [RequestID] { late.release(at: time, fold: fold).map(\.id) }
        let isHeldUntold = late.holds(trace, at: 5 * Self.second)
        late.tells(of: trace.id, at: 5 * Self.second)
        let isHeld = late.holds(trace, at: 5 * Self.second)
        #expect(!isHeldUntold && isHeld)
        let tooEarly = released(at: 5 * Self.second + LateSpans.calm - 1)
        late.tells(of: trace.id, at: 5 * Self.second + LateSpans.calm - 1)
        let whereMoreCame = released(at: 5 * Self.second + LateSpans.calm)
        #expect(tooEarly.isEmpty && whereMoreCame.isEmpty)
        let calm = released(at: 6 * Self.second)
        let again = released(at: .max)
        #expect(calm == [trace.id] && again.isEmpty)
    }

    @Test("a request whose spans go on, or whose server's own span never comes, is told of when patience ends")
    func patience() {
        var (fold, trace) = Self.finished()
        var open = Self.told
        open.spans[0].end = nil
        fold.join(open, summary: trace.summary)
        var late = LateSpans()
        late.tells(of: trace.id, at: 1)
        let isHeld = late.holds(trace, at: 1)
        let within = late.release(at: LateSpans.patience, fold: fold)
        let after = late.release(at: LateSpans.patience + 1, fold: fold)
        #expect(isHeld && within.isEmpty && after.count == 1)
    }

    @Test("who keeps requests is told of each once, with the spans that came before it was known and after it was over")
    func listeners() throws {
        let server = try RawServer { _ in .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let kept = Mutex<[Trace]>([])
        let bell = Bell()
        passage.reader.onFinish { trace in
            kept.withLock { $0.append(trace) }
            bell.ring()
        }
        // The lane is known for one that tells; this is of a request that is not there yet.
        let early = RequestID(number: 1, lane: LaneID(rawValue: 0))
        passage.reader.join(ToldRequest(spans: [ToldSpansTests.span(3, 1..<2, kind: .beforeRequest)]), to: early)
        _ = try passage.get("/")
        let id = try #require(passage.traces(1).first).id
        #expect(id == early)
        var last = ToldRequest(spans: [ToldSpansTests.span(4, 1..<2, kind: .teardownRequest)])
        last.isWhole = true
        passage.reader.join(last, to: id)
        #expect(bell.wait(seconds: 30))
        let trace = try #require(kept.withLock { $0.first })
        #expect(trace.spans(.beforeRequest).count == 1 && trace.spans(.teardownRequest).count == 1)
        passage.reader.join(last, to: id)
        passage.reader.stop()
        #expect(kept.withLock { $0.count } == 1)
    }
}
