// The event path within the process: one event, one sub-thread, the fold.

import BenchKit
import Glibc
import Synchronization

@testable import InspectorCore

/// One event where it is recorded, and a thread of its own for a call.
func measureEvents(_ table: inout Table) {
    let log = EventLog()
    func summary(_ number: Int) -> RequestSummary {
        RequestSummary(
            id: RequestID(number: UInt64(number), lane: LaneID(rawValue: 0)), mode: .native, method: "GET", target: "/",
            accepted: 1)
    }
    let requests = 20_000
    var kept: [EventLog.Batch] = []
    let events = Pairs.measure(
        times: 9,
        {
            // As many as a request of the weather page has, and as many requests as are in flight at once.
            var values: [Double] = []
            for _ in 0..<50 {
                let opened = (0..<32).map { log.open(summary($0)) }
                values.append(
                    nanoseconds(of: 32 * 24) {
                        for request in opened { for _ in 0..<12 { request.end(.view, span: request.begin(.view)) } }
                    })
                for request in opened { request.finish(status: 200) }
                _ = log.read(waiting: 0) { kept.append($0) }
                kept = []
            }
            return Pairs.median(values)
        }, { nanoseconds(of: requests) { for _ in 0..<requests { _ = MonotonicClock.now() } } })
    table.add(
        Row(
            name: "one event ÷ one reading of the clock", ours: Unit.nanoseconds(Pairs.median(events.ours)),
            peer: Unit.nanoseconds(Pairs.median(events.peers)), ratio: events.ratio,
            spread: [events.ratios.first ?? 0, events.ratios.last ?? 0], pairs: 9, bar: "≤ 60 ns",
            verdict: Pairs.median(events.ours) <= 60 ? .reached : .missed, note: "the clock's reading is within it"))
    // The same events recorded and folded: what the reader spends on what a request spent.
    var fold = TraceFold()
    let folding = Pairs.measure(
        times: 9,
        {
            var batches: [EventLog.Batch] = []
            for number in 0..<1000 { recordDashboard(UInt64(number + 1), lane: 0, into: log) }
            _ = log.read(waiting: 0) { batches.append($0) }
            let count = batches.reduce(0) { $0 + $1.requests.reduce(0) { $0 + $1.taken.events.count } }
            return nanoseconds(of: count) { for batch in batches { fold.apply(batch) } }
        },
        {
            let begin = now()
            for number in 0..<1000 { recordDashboard(UInt64(number + 1), lane: 1, into: log) }
            let time = now() - begin
            var count = 0
            _ = log.read(waiting: 0) { batch in count += batch.requests.reduce(0) { $0 + $1.taken.events.count } }
            return Double(time) / Double(max(1, count))
        })
    table.add(
        Row(
            "fold of one event ÷ its recording", folding, unit: Unit.nanoseconds,
            note: "on the reader's thread; under a flood most requests have no events"))
}

/// A sub-thread from its making to its end, beside a bare thread that does nothing.
func measureSubThread(_ table: inout Table) {
    let tracks = TrackRegistry()
    let pool = WorkerPool(name: "bench", workers: 1, tracks: tracks)
    defer { pool.stop() }
    let log = EventLog()
    let calls = 2000
    func ours() -> Double {
        let ended = Bell()
        let time = Mutex(0.0)
        _ = pool.submit(
            .task { _ in
                let request = log.open(
                    RequestSummary(
                        id: RequestID(number: 1, lane: LaneID(rawValue: 0)), mode: .async, method: "GET", target: "/",
                        accepted: 1))
                let begin = now()
                for _ in 0..<calls {
                    let call = SubThread.Call(log: request, function: Label("noop"), ordinal: 1) { loop, executor in
                        TaskContext(
                            call: CallContext(log: request, span: .none, loop: loop, executor: executor), span: .none,
                            variables: VariableStore())
                    }
                    try? await SubThread.run(call, on: .new) {}
                }
                time.withLock { $0 = Double(now() - begin) / Double(calls) }
                request.finish(status: 200)
                ended.ring()
            })
        ended.wait()
        _ = log.read(waiting: 0) { _ in }
        return time.withLock(\.self)
    }
    func peer() -> Double {
        nanoseconds(of: calls) {
            for _ in 0..<calls {
                var thread = pthread_t()
                pthread_create(&thread, nil, { _ in nil }, nil)
                pthread_join(thread, nil)
            }
        }
    }
    _ = ours()
    _ = peer()
    table.add(
        Row(
            "a sub-thread ÷ pthread_create and join", Pairs.measure(times: 9, ours, peer), unit: Unit.nanoseconds,
            bar: "≤ 1.5", note: "with its loop, its task and its events recorded", reached: { $0 <= 1.5 }))
}
