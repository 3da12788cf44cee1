// What a frame costs with 10,000 requests in the model, at 200 by 50: the bar is 8 ms.

import BenchKit
import Glibc

@testable import Inspector
@testable import InspectorCore

/// Requests as the weather page makes them: a hook with a call, a view with five, each on its sub-thread.
func recordDashboard(_ number: UInt64, lane: UInt8, into log: EventLog) {
    let start = 10_000_000_000 + number * 1_000_000
    let request = log.open(
        RequestSummary(
            id: RequestID(number: number, lane: LaneID(rawValue: lane)), mode: .async, method: "GET",
            target: "/dashboard?from=\(number)", accepted: start))
    func span(
        _ kind: EventKind, _ name: String, _ begin: UInt64, _ end: UInt64, in parent: SpanID = .none, track: UInt32 = 1,
        flags: Event.Flags = []
    ) -> SpanID {
        let span = request.begin(
            kind, label: request.own(text: name), parent: parent, value: 1, flags: flags, track: track,
            at: start + begin)
        request.end(kind, span: span, value: 200, track: track, at: start + end)
        return span
    }
    request.instant(.accepted, at: start)
    _ = span(.queued, "", 0, 1_000_000)
    _ = span(.routing, "/dashboard", 1_000_000, 1_050_000)
    for (place, begin) in [UInt64(1_100_000), 13_000_000].enumerated() {
        let track = UInt32(number * 2) + UInt32(place) + 100
        _ = span(.subThread, "call", begin, begin + 11_000_000, track: track)
        let function = span(
            place == 0 ? .beforeRequest : .view, "dashboard", begin + 50_000, begin + 10_900_000, track: track,
            flags: [.isAsync, .onSubThread])
        for call in 0..<UInt64(place == 0 ? 1 : 5) {
            _ = span(.poll, "", begin + 60_000 + call * 10_000, begin + 65_000 + call * 10_000, track: track)
            _ = span(
                .await, "GET api/city/\(call)", begin + 70_000, begin + 10_000_000 + call * 100_000, in: function,
                track: track)
        }
    }
    _ = span(.teardownRequest, "forget user", 24_500_000, 24_510_000)
    request.finish(status: 200, at: start + 25_000_000)
}

private func milliseconds(_ runs: Int = 41, _ body: () -> Void) -> (median: Double, most: Double) {
    body()
    let times = (0..<runs).map { _ -> Double in
        let begin = MonotonicClock.now()
        body()
        return Double(MonotonicClock.now() - begin) / 1e6
    }.sorted()
    return (times[runs / 2], times[runs - 1])
}

/// Draws each screen of a model with 10,000 requests in two lanes, 1,000 of them in flight.
func measureFrames(_ table: inout Table) {
    let log = EventLog()
    var fold = TraceFold(limit: 5000)
    for number in UInt64(1)...5000 {
        for lane in [UInt8(0), 1] { recordDashboard(number, lane: lane, into: log) }
        _ = log.read(waiting: 0) { fold.apply($0) }
    }
    func lanes() -> [LaneModel] {
        [UInt8(0), 1].map { number in
            let id = LaneID(rawValue: number)
            return LaneModel(
                lane: LaneDescription(id: id, kind: .hosted(number == 0 ? .sync : .async)), url: "http://127.0.0.1:1",
                load: WorkerPool.Load(workers: 8, busy: 3, queued: 0), traces: fold.traces(of: id),
                statistics: fold.statistics[Statistics.Key(lane: id, mode: .async)] ?? Statistics(),
                threads: (1...8).map { TrackRegistry.Entry(track: $0, name: "worker-\($0)") },
                trackNames: [1: "worker-1"])
        }
    }
    let now = 10_000_000_000 + UInt64(4500) * 1_000_000
    var model = Model(app: "weather", url: "http://127.0.0.1:8080", lanes: lanes(), now: now)
    func show(_ name: String, _ body: () -> Void) {
        let (median, most) = milliseconds(41, body)
        table.add(
            Row(
                "frame of 10,000 requests, 200×50: \(name)", Unit.nanoseconds(median * 1e6), bar: "< 8 ms",
                isReached: median < 8, note: most < 8 ? "" : "the slowest of 41 took \(Unit.nanoseconds(most * 1e6))"))
    }
    show("taking what is known") { model.known.lanes = lanes() }
    // As the console does twice a second.
    show("the overview") { model.known.overview = Overview(lanes: model.known.lanes, range: model.keptRange, now: now) }
    for screen in ScreenName.allCases {
        model.view.screens = [.lanes, screen]
        model.view.opened = screen == .waterfall || screen == .details ? 4000 : nil
        if screen == .statistics { model.known.routes = fold.routes.all }
        show("\(screen)") { _ = Screens.frame(model: model, width: 200, height: 50) }
    }
    model.view.screens = [.lanes]
    model.view.axis = .clock
    model.isFilterOn = true
    model.filter = try? Filter("await:api >20ms not error")
    show("lanes by the clock, filtered") {
        model.refilter()
        _ = Screens.frame(model: model, width: 200, height: 50)
    }
}
