// Each finding with a case that must warn, one near it that is only worth a look, and one that must not be told.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct FindingsTests {
    private static let ms: UInt64 = 1_000_000

    /// A trace made by hand; times in ms after its acceptance.
    private final class Sketch {
        private let request: RequestLog
        private let log = EventLog()
        private let start: UInt64 = 1_000_000_000
        private var fold = TraceFold()

        init(_ mode: ExecutionMode = .async, number: UInt64 = 1) {
            request = log.open(
                RequestSummary(
                    id: RequestID(number: number, lane: LaneID(rawValue: 0)), mode: mode, method: "GET", target: "/x",
                    accepted: 1_000_000_000))
            request.instant(.accepted, at: start)
        }

        @discardableResult
        func span(
            _ kind: EventKind, _ name: String = "", _ begin: UInt64, _ end: UInt64?, in parent: SpanID = .none,
            _ outcome: Outcome = .done, await kindOfAwait: AwaitKind = .http, flags: Event.Flags = [],
            track: UInt32 = 7
        ) -> SpanID {
            let value = kind == .await || kind == .blocked ? Int64(kindOfAwait.rawValue) : 0
            let span = request.begin(
                kind, label: request.own(text: name), parent: parent, value: value, flags: flags, track: track,
                at: start + begin * FindingsTests.ms)
            if let end {
                request.end(
                    kind, span: span, outcome: outcome, detail: outcome == .raised ? Label("ValueError") : .none,
                    track: track,
                    at: start + end * FindingsTests.ms)
            }
            return span
        }

        func findings(done: UInt64?, now: UInt64) -> [Finding] {
            Findings.look(at: [trace(done: done)], now: start + now * FindingsTests.ms) { "\($0 / FindingsTests.ms)ms" }
        }

        func trace(done: UInt64?) -> Trace {
            if let done { request.finish(status: 200, at: start + done * FindingsTests.ms) }
            _ = log.read(waiting: 0) { fold.apply($0) }
            return fold[request.summary.id] ?? Trace(summary: request.summary)
        }
    }

    private static let asyncFlags: Event.Flags = [.isAsync, .onSubThread]

    @Test("a loop held for long is a warning, for a moment a look, and a sync function's wait is nothing")
    func blockedLoop() {
        func level(_ time: UInt64, isAsync: Bool) -> Finding.Level? {
            let sketch = Sketch()
            let view = sketch.span(.view, "page", 0, 100, flags: isAsync ? Self.asyncFlags : [])
            sketch.span(.await, "sleep", 0, 10, in: view, await: .sleep)
            sketch.span(.blocked, "a lock", 10, 10 + time, in: view, await: .lock)
            return sketch.findings(done: 100, now: 100).first { $0.kind == .blockedLoop }?.level
        }
        #expect(level(200, isAsync: true) == .warn)
        #expect(level(5, isAsync: true) == .look)
        #expect(level(1, isAsync: true) == nil)
        #expect(level(200, isAsync: false) == nil)
    }

    @Test("calls in a row are a warning with an honest estimate; two are a look; overlapping ones nothing")
    func callsInARow() throws {
        func find(_ spans: [(UInt64, UInt64)], _ kind: EventKind = .await, name: String = "GET api/city") -> Finding? {
            let sketch = Sketch(kind == .await ? .async : .sync)
            let view = sketch.span(.view, "page", 0, 1100, flags: kind == .await ? Self.asyncFlags : [])
            for (begin, end) in spans { sketch.span(kind, name, begin, end, in: view) }
            return sketch.findings(done: 1100, now: 1100).first { $0.kind == .callsInARow }
        }
        let row: [(UInt64, UInt64)] = [(0, 200), (200, 430), (430, 630), (630, 830), (830, 1020)]
        let warned = try #require(find(row, .blocked))
        #expect(warned.level == .warn)
        #expect(
            warned.seen
                == "5 calls in a row in page, 1020ms; together about 230ms, as long as the slowest, if none needs "
                + "another's answer.")
        #expect(find(row)?.level == .warn)
        #expect(find([(0, 200), (200, 430)])?.level == .look)
        #expect(find([(0, 200), (1, 230), (2, 200), (3, 200)]) == nil, "they overlap")
        #expect(find([(0, 10), (10, 20), (20, 30)]) == nil, "too short to matter")
        #expect(find([(0, 1000), (1000, 1010), (1010, 1020)]) == nil, "the slowest is nearly all of it")
    }

    @Test("a queue longer than the service is a warning once it is a pattern")
    func workersExhausted() {
        func find(_ queue: UInt64, _ requests: UInt64) -> Finding? {
            var traces: [Trace] = []
            for number in 1...requests {
                let sketch = Sketch(number: number)
                sketch.span(.queued, "", 0, queue)
                sketch.span(.view, "page", queue, queue + 50)
                traces.append(sketch.trace(done: queue + 50))
            }
            return Findings.look(at: traces, now: 2_000_000_000) { "\($0)" }.first { $0.kind == .workersExhausted }
        }
        #expect(find(300, 5)?.level == .warn)
        #expect(find(300, 5)?.count == 5)
        #expect(find(300, 1)?.level == .look)
        #expect(find(40, 5) == nil)
    }

    @Test("an async function that never awaits is told; one that awaits, or suspends without a name, is not")
    func neverAwaits() {
        func find(polls: Int, awaits: Bool, requests: UInt64 = 4) -> Finding? {
            var traces: [Trace] = []
            for number in 1...requests {
                let sketch = Sketch(number: number)
                let view = sketch.span(.view, "page", 0, 10, flags: Self.asyncFlags)
                if awaits { sketch.span(.await, "sleep", 1, 2, in: view, await: .sleep) }
                for poll in 0..<polls { sketch.span(.poll, "", UInt64(poll), UInt64(poll) + 1) }
                traces.append(sketch.trace(done: 10))
            }
            return Findings.look(at: traces, now: 2_000_000_000) { "\($0)" }.first { $0.kind == .neverAwaits }
        }
        #expect(find(polls: 1, awaits: false)?.level == .warn)
        #expect(find(polls: 1, awaits: false, requests: 1)?.level == .look)
        #expect(find(polls: 2, awaits: true) == nil)
        #expect(find(polls: 2, awaits: false) == nil)
    }

    @Test("a hook that takes most of a request is a warning, half a look, little nothing")
    func hookDominates() {
        func level(_ hook: UInt64, of whole: UInt64) -> Finding.Level? {
            let sketch = Sketch(.sync)
            sketch.span(.beforeRequest, "auth", 0, hook)
            sketch.span(.view, "page", hook, whole)
            return sketch.findings(done: whole, now: whole).first { $0.kind == .hookDominates }?.level
        }
        #expect(level(80, of: 100) == .warn)
        #expect(level(50, of: 100) == .look)
        #expect(level(20, of: 100) == nil)
        #expect(level(4, of: 5) == nil, "too short to matter")
    }

    @Test("an await that is pending for long is a look, then a warning, and one that ended is nothing")
    func pendingLong() {
        func level(pending: UInt64, ends: Bool) -> Finding.Level? {
            let sketch = Sketch()
            let view = sketch.span(.view, "page", 0, nil, flags: Self.asyncFlags)
            sketch.span(.await, "GET api/hang", 0, ends ? pending : nil, in: view)
            return sketch.findings(done: nil, now: pending).first { $0.kind == .pendingLong }?.level
        }
        #expect(level(pending: 6000, ends: false) == .warn)
        #expect(level(pending: 3000, ends: false) == .look)
        #expect(level(pending: 1000, ends: false) == nil)
        #expect(level(pending: 6000, ends: true) == nil)
    }

    @Test("a teardown that failed is a warning, one that ran is nothing")
    func teardownFailed() throws {
        func find(_ outcome: Outcome) -> Finding? {
            let sketch = Sketch(.sync)
            sketch.span(.view, "page", 0, 1)
            sketch.span(.teardownRequest, "close", 1, 2, outcome)
            return sketch.findings(done: 2, now: 2).first { $0.kind == .teardownFailed }
        }
        let found = try #require(find(.raised))
        #expect(found.level == .warn)
        #expect(found.seen == "The teardown close threw ValueError after GET /x.")
        #expect(find(.done) == nil)
    }

    /// A finished request of a route, with what `body` records in it.
    private static func request(
        _ number: UInt64, _ rule: String, at time: UInt64 = start, status: Int = 200, mode: ExecutionMode = .sync,
        body: (RequestLog, UInt64) -> Void = { _, _ in }
    ) -> Trace {
        let log = EventLog()
        var fold = TraceFold()
        let request = log.open(
            RequestSummary(
                id: RequestID(number: number, lane: LaneID(rawValue: 0)), mode: mode, method: "GET", target: rule,
                accepted: time))
        request.instant(.accepted, at: time)
        let routing = request.begin(.routing, at: time)
        request.end(.routing, span: routing, outcome: .done, label: Label(rule), detail: Label("e"), at: time)
        body(request, time)
        request.finish(status: status, at: time + 100 * ms)
        _ = log.read(waiting: 0) { fold.apply($0) }
        return fold[request.summary.id] ?? Trace(summary: request.summary)
    }

    private static let start: UInt64 = 50_000_000_000

    @Test("a finding names its route, of how many requests of that route it is true, and the first and the newest")
    func counted() throws {
        func hooked(_ request: RequestLog, _ time: UInt64) {
            let hook = request.begin(.beforeRequest, label: Label("auth"), at: time)
            request.end(.beforeRequest, span: hook, outcome: .continue, at: time + 90 * Self.ms)
            let view = request.begin(.view, label: Label("v"), at: time + 90 * Self.ms)
            request.end(.view, span: view, outcome: .response, at: time + 91 * Self.ms)
        }
        // More than any list keeps: 400 of one route and 2 of another, and 100 without the hook.
        var book = FindingBook { "\($0 / Self.ms)ms" }
        for number in 1...400 { book.add(Self.request(UInt64(number), "/", body: hooked), at: Self.start) }
        for number in 401...402 { book.add(Self.request(UInt64(number), "/broken", body: hooked), at: Self.start) }
        for number in 403...502 { book.add(Self.request(UInt64(number), "/"), at: Self.start) }
        let found = book.findings(window: .all, at: Self.start).filter { $0.kind == .hookDominates }
        #expect(found.map(\.subject) == ["auth in GET /", "auth in GET /broken"])
        #expect(found.map(\.countWords) == ["400 of 500 requests", "2 of 2 requests"])
        #expect(found.map(\.first.number) == [1, 401] && found.map(\.newest.number) == [400, 402])
    }

    @Test("findings are of their window, and clearing forgets them")
    func windows() {
        func failing(_ request: RequestLog, _ time: UInt64) {
            let view = request.begin(.view, label: Label("raises"), at: time)
            request.instant(.thrown, label: Label("ValueError"), detail: Label("no such city"), parent: view, at: time)
            request.end(.view, span: view, outcome: .raised, detail: Label("ValueError"), at: time)
            request.instant(.unhandled, label: Label("ValueError"), detail: Label("no such city"), at: time)
        }
        var book = FindingBook { "\($0)" }
        for second in 0..<400 as Range<UInt64> {
            let time = Self.start + second * 1_000_000_000
            book.add(
                Self.request(second + 1, "/raises", at: time, status: 500, body: failing), at: time)
        }
        let now = Self.start + 400 * 1_000_000_000
        func count(_ window: TimeWindow, _ now: UInt64) -> Int? {
            book.findings(window: window, at: now).first { $0.kind == .errorThrown }?.count
        }
        #expect(count(.all, now) == 400 && count(.tenMinutes, now) == 400)
        #expect((60...70).contains(count(.minute, now) ?? 0))
        #expect((10...20).contains(count(.tenSeconds, now) ?? 0))
        #expect(count(.minute, now + 100 * 1_000_000_000) == nil)
        #expect(
            book.findings(window: .all, at: now).first?.seen
                == "GET /raises failed: ValueError: no such city in raises; nobody handled it.")
        book.clear()
        #expect(book.findings(window: .all, at: now).isEmpty)
    }

    @Test("faults are found: what was leaked, held, abandoned, cancelled, left by its client, held up by another")
    func faults() {
        func kinds(_ body: (RequestLog, UInt64) -> Void) -> Set<FindingKind> {
            var book = FindingBook { "\($0)" }
            for number in 1...3 as ClosedRange<UInt64> {
                book.add(Self.request(number, "/x", body: body), at: Self.start)
            }
            return Set(book.findings(window: .all, at: Self.start).map(\.kind))
        }
        func span(_ request: RequestLog, _ kind: EventKind, _ label: String, _ time: UInt64, _ flags: Event.Flags = [])
        {
            let span = request.begin(
                kind, label: Label(label), value: Int64(AwaitKind.http.rawValue), flags: flags, at: time)
            request.end(kind, span: span, at: time + 20 * Self.ms)
        }
        #expect(kinds { _, _ in } == [])
        #expect(kinds { span($0, .await, "GET api/x", $1, [.leaked]) } == [.taskLeaked])
        #expect(kinds { span($0, .held, "v", $1) } == [.workerHeld])
        #expect(kinds { $0.instant(.abandoned, label: Label("v"), at: $1) } == [.callAbandoned])
        #expect(kinds { $0.instant(.deadline, value: 100, at: $1) } == [.deadlineOver])
        #expect(kinds { $0.instant(.clientGone, at: $1) } == [.clientGone])
        #expect(
            kinds { request, time in
                for _ in 0..<2 { span(request, .blocked, "GET api/oslo", time) }
            } == [.sameCallTwice])
        let holder = RequestID(number: 77, lane: LaneID(rawValue: 0))
        #expect(
            kinds { request, time in
                request.record(
                    Arrival(
                        .sender, began: time - 80 * Self.ms,
                        hold: LoopHold(
                            begin: time - 80 * Self.ms, end: time, request: holder, function: Label("blocks-loop"))),
                    acceptedAt: time)
            } == [.loopStarved])
    }

    @Test("a route that async makes slower is found by the numbers of both modes, and only where they are enough")
    func modes() throws {
        func table(_ count: Int, _ fast: UInt64, _ slow: UInt64) -> [RouteTable.Key: Statistics] {
            var table: [RouteTable.Key: Statistics] = [:]
            for (mode, time) in [(ExecutionMode.sync, fast), (.async, slow)] {
                let key = RouteTable.Key(
                    lane: Statistics.Key(lane: LaneID(rawValue: mode == .sync ? 0 : 1), mode: mode), method: "GET",
                    rule: "/")
                var statistics = Statistics()
                for _ in 0..<count {
                    statistics.begin()
                    statistics.finish(status: 200, response: time, at: Self.start, detail: (waits: 0, hookTime: 0))
                }
                table[key] = statistics
            }
            return table
        }
        func found(_ table: [RouteTable.Key: Statistics]) -> [Finding] {
            Findings.comparedModes(
                table, window: .all, at: Self.start, text: { "\($0 / Self.ms)ms" },
                lane: { LaneDescription(id: $0.lane, kind: .hosted($0.mode ?? .sync)) },
                example: { RequestID(number: 5, lane: $0.lane.lane) })
        }
        let slower = try #require(found(table(30, 8 * Self.ms, 16 * Self.ms)).first)
        #expect(
            slower.seen == "GET / is 8ms slower async (p50 16ms instead of 8ms): it awaits nothing.", "\(slower.seen)")
        #expect(found(table(10, 8 * Self.ms, 16 * Self.ms)).isEmpty)
        #expect(found(table(30, 16 * Self.ms, 8 * Self.ms)).isEmpty)
        #expect(found(table(30, 8 * Self.ms, 8 * Self.ms)).isEmpty)
    }
}
