// Where a request's time went: the critical path, the loops, two lanes compared, the trace at an earlier moment.

import Testing

@testable import InspectorCore

@Suite struct CriticalPathTests {
    /// A trace out of spans whose times are given in ms.
    final class Maker {
        let log = EventLog()
        let request: RequestLog
        private let ms: UInt64 = 1_000_000

        init(_ number: UInt64 = 1, mode: ExecutionMode = .async, lane: UInt8 = 0) {
            request = log.open(
                RequestSummary(
                    id: RequestID(number: number, lane: LaneID(rawValue: lane)), mode: mode, method: "GET",
                    target: "/", accepted: 0))
            request.instant(.accepted, at: 0)
        }

        @discardableResult
        func span(
            _ kind: EventKind, _ begin: UInt64, _ end: UInt64?, in parent: SpanID = .none, track: UInt32 = 1,
            flags: Event.Flags = [], value: Int64 = 0, task: UInt32 = 0, name: String = ""
        ) -> SpanID {
            let span = request.begin(
                kind, label: request.own(text: name), parent: parent, value: value, flags: flags, track: track,
                task: task,
                at: begin * ms)
            if let end { request.end(kind, span: span, track: track, task: task, at: end * ms) }
            return span
        }

        func trace(done: UInt64?) -> Trace {
            if let done { request.finish(status: 200, at: done * ms) }
            var fold = TraceFold()
            _ = log.read(waiting: 0) { fold.apply($0) }
            return fold[request.summary.id] ?? Trace(summary: request.summary)
        }
    }

    private static let http = Int64(AwaitKind.http.rawValue)

    @Test("of awaits that overlap the one that ended last is on the path, and the times add up to the whole")
    func overlapping() {
        let maker = Maker()
        maker.span(.queued, 0, 10)
        let view = maker.span(.view, 12, 260, flags: [.isAsync])
        let short = maker.span(.await, 20, 200, in: view)
        let long = maker.span(.await, 20, 250, in: view)
        let trace = maker.trace(done: 270)
        let path = CriticalPath(trace: trace, until: 0)
        #expect(path.spans.contains(long))
        #expect(!path.spans.contains(short))
        #expect(path.total(kind: .queue) == 10_000_000)
        #expect(path.total(kind: .waiting) == 230_000_000)
        #expect(path.total(kind: .running) == 18_000_000)
        #expect(path.total(kind: .server) == 12_000_000)
        #expect(path.steps.reduce(0) { $0 + $1.length } == 270_000_000)
        for (step, next) in zip(path.steps, path.steps.dropFirst()) { #expect(step.end == next.begin) }
    }

    @Test("calls in a row are all on the path, and so is the sub-thread around them, for what it costs")
    func inARow() {
        let maker = Maker()
        maker.span(.queued, 0, 0)
        maker.span(.subThread, 0, 105, track: 7)
        let view = maker.span(.view, 2, 103, track: 7, flags: [.isAsync, .onSubThread])
        let calls = (0..<5).map { maker.span(.await, 3 + 20 * $0, 23 + 20 * $0, in: view, track: 7) }
        let path = CriticalPath(trace: maker.trace(done: 105), until: 0)
        #expect(path.spans.isSuperset(of: calls))
        #expect(path.total(kind: .waiting) == 100_000_000)
        #expect(path.total(kind: .subThread) == 4_000_000)
        #expect(path.total(kind: .running) == 1_000_000)
    }

    @Test("a background task and a leaked one are not waited for, and a pending request's path ends now")
    func notWaitedFor() {
        let maker = Maker()
        let view = maker.span(.view, 0, 50)
        let background = maker.span(.background, 10, 49)
        let leaked = maker.span(.await, 20, 48, in: view, flags: [.leaked])
        let path = CriticalPath(trace: maker.trace(done: nil), until: 80_000_000)
        #expect(!path.spans.contains(background))
        #expect(!path.spans.contains(leaked))
        #expect(path.steps.last?.end == 80_000_000)
        #expect(path.total(kind: .running) == 50_000_000)
    }

    @Test("a function that outlasts its answer was waited for until the answer")
    func outlasts() {
        let maker = Maker()
        let view = maker.span(.view, 10, 500)
        let path = CriticalPath(trace: maker.trace(done: 100), until: 600_000_000)
        #expect(path.spans == [view])
        #expect(path.total(kind: .running) == 90_000_000)
        #expect(path.total(kind: .server) == 10_000_000)
    }

    @Test("busy, scheduled and idle of a function's loop add up to its time; a task's own are another sum")
    func loopTime() {
        let maker = Maker()
        let view = maker.span(.view, 0, 100, track: 7, flags: [.isAsync], task: 1)
        // Ready for 5 ms each before they ran; the second task was ready while the first ran.
        maker.span(.poll, 0, 10, track: 7, task: 1)
        maker.span(.poll, 50, 60, track: 7, value: 5_000_000, task: 1)
        maker.span(.poll, 60, 70, track: 7, value: 5_000_000, task: 2)
        maker.span(.poll, 10, 90, track: 9, task: 1)
        let trace = maker.trace(done: 100)
        let span = trace[view]
        #expect(span != nil)
        guard let span, let loop = LoopTime(of: span, in: trace, until: 0) else { return }
        #expect(loop.busy == 30_000_000)
        #expect(loop.scheduled == 5_000_000)
        #expect(loop.idle == 65_000_000)
        #expect(loop.polls == 3)
        let task = TaskTime(of: span, in: trace, until: 0)
        #expect(task?.busy == 100_000_000)
        #expect((task?.busy ?? 0) + (task?.scheduled ?? 0) + (task?.idle ?? 0) == 100_000_000)
    }

    @Test("what two lanes differ in adds up to the whole difference, and names the calls that overlapped")
    func comparison() {
        func make(_ mode: ExecutionMode, together: Bool, queue: UInt64) -> Trace {
            let maker = Maker(1, mode: mode)
            maker.span(.queued, 0, queue)
            let length: UInt64 = together ? 102 : 502
            let view = maker.span(.view, queue, queue + length)
            for call in 0..<UInt64(5) {
                let begin = queue + 1 + (together ? 0 : call * 100)
                maker.span(
                    together ? .await : .blocked, begin, begin + 100, in: view, value: Self.http,
                    name: "GET api/\(call)")
            }
            return maker.trace(done: queue + length + 1)
        }
        let sync = make(.sync, together: false, queue: 30)
        let async = make(.async, together: true, queue: 10)
        let comparison = LaneComparison(first: sync, second: async)
        #expect(comparison?.difference == -420_000_000)
        #expect(comparison?.difference(kind: .waiting) == -400_000_000)
        #expect(comparison?.difference(kind: .queue) == -20_000_000)
        let sum = CriticalPath.Kind.allCases.reduce(Int64(0)) { $0 + (comparison?.difference(kind: $1) ?? 0) }
        #expect(sum == comparison?.difference)
        #expect(comparison?.first.calls.overlapped == false)
        #expect(comparison?.second.calls.overlapped == true)
        #expect(comparison?.second.calls.spread == 100_000_000)
        #expect(LaneComparison(first: sync, second: Maker().trace(done: nil)) == nil)
    }

    @Test("a trace at an earlier moment knows nothing of what came later")
    func seen() {
        let maker = Maker()
        maker.span(.queued, 0, 10)
        let view = maker.span(.view, 10, 60)
        maker.span(.await, 20, 40, in: view)
        maker.request.instant(.mark, label: Label("late"), at: 50_000_000)
        let trace = maker.trace(done: 70)
        let then = trace.seen(at: 30_000_000)
        #expect(then?.stage == .running)
        #expect(then?.done == nil && then?.status == nil)
        #expect(then?.spans(.await).first?.end == nil)
        #expect(then?.spans(.queued).first?.end == 10_000_000)
        #expect(then?.moments.contains { $0.kind == .mark } == false)
        #expect(trace.seen(at: 5_000_000)?.stage == .queued)
        #expect(trace.seen(at: 70_000_000)?.status == 200)
        let late = EventLog().open(
            RequestSummary(
                id: RequestID(number: 2, lane: LaneID(rawValue: 0)), mode: .sync, method: "GET", target: "/",
                accepted: 100))
        #expect(Trace(summary: late.summary).seen(at: 99) == nil)
        #expect(trace.instants == [0, 10, 20, 40, 50, 60, 70].map { $0 * 1_000_000 })
    }

    @Test("how many workers were held is the most at any moment of a column, and one that goes on is one")
    func saturation() {
        let traces = [(0, 10, 50), (0, 10, 30), (0, 30, 60)].enumerated().map { index, times in
            let maker = Maker(UInt64(index + 1))
            maker.span(.queued, UInt64(times.0), UInt64(times.1))
            maker.span(.routing, UInt64(times.1), UInt64(times.1), track: 9)
            maker.span(.view, UInt64(times.1), UInt64(times.2), track: 9)
            // The answer is on its way while the worker has gone on.
            return maker.trace(done: UInt64(times.2 + 15))
        }
        let pool = Tracks.saturation(traces: traces, workers: 2, from: 0, now: 80_000_000, count: 8)
        #expect(pool.held == [0, 2, 2, 2, 2, 1, 0, 0])
        #expect(pool.queued == [3, 1, 1, 0, 0, 0, 0, 0])
        #expect(pool.full == 40_000_000)
        #expect(Tracks.saturation(traces: traces, workers: 2, from: 5, now: 5, count: 8).held.isEmpty)
        let refused = Maker(9)
        let span = refused.request.begin(.queued, at: 0)
        refused.request.end(.queued, span: span, outcome: .failed, at: 1)
        #expect(refused.trace(done: 5).workerHeld(until: 9) == nil)
    }
}
