// Whether a replay keeps its schedule: 2,000 requests a second, for as long as it takes to see a drift.

import BenchKit
import Synchronization

@testable import InspectorCore

/// Sends 20,000 requests at 2,000 a second, then a minute of them; the bars are p99 of the lag under 2 ms, and no drift.
func measureReplay(_ table: inout Table) {
    for seconds in [10, 60] { table.add(replay(seconds: seconds)) }
}

private func replay(seconds: Int) -> Row {
    let rate = 2000
    let lines = (0..<rate * seconds).map { number in
        "{\"type\":\"request\",\"id\":\(number + 1),\"method\":\"GET\",\"target\":\"/\(number)\",\"headers\":[],"
            + "\"time\":\(1_000_000_000 + number * (1_000_000_000 / rate))}\n"
    }
    let text = "{\"inspector\":1,\"type\":\"header\"}\n" + lines.joined()
    let arrivals = Mutex([UInt64](repeating: 0, count: rate * seconds))
    let app = App("arrivals")
    app.get("/<int:number>") { request async throws -> String in
        let now = MonotonicClock.now()
        let number = request.viewArgs["number"]?.int ?? 0
        arrivals.withLock { if $0.indices.contains(number) { $0[number] = now } }
        return "ok"
    }
    do {
        let index = try TrafficIndex(bytes: TrafficBytes(bytes: Array(text.utf8), name: "steady"))
        let plan = Plan(indexes: [index])
        let loops = ServerLoops(threads: 1)
        let log = EventLog()
        let reader = try TraceReader(log: log, limit: 100)
        let numbers = RequestNumbers()
        let lane = HostedLane(
            id: LaneID(rawValue: 0), app: app.freeze(), mode: .native, workers: 1, log: log, numbers: numbers)
        let server = try HTTPServer.start(port: 0, responder: LanePort(lane), loops: loops)
        let ended = Bell()
        let target = ReplayTarget(url: server.url, lane: lane.description, workers: 1)
        let sender = try Sender(plan: plan, to: [target], numbers: numbers) { _ in ended.ring() }
        ended.wait(seconds: Double(seconds) + 30)
        let outcome = sender.outcomes[0]
        // How late each arrived, against the first: what grows is a drift.
        let times = arrivals.withLock { $0 }
        let late = times.enumerated().map { number, time in
            Double(time) - Double(times[0]) - Double(number) * 1e9 / Double(rate)
        }
        func median(_ part: ArraySlice<Double>) -> Double { part.sorted()[part.count / 2] / 1e6 }
        let tenth = late.count / 10
        let drift = median(late.suffix(tenth)) - median(late.prefix(tenth))
        let lag = Double(outcome.lag.percentile(percent: 99) ?? 0)
        let row = Row(
            "replay of \(seconds) s at \(rate) a second: lag p99", Unit.nanoseconds(lag), bar: "< 2 ms",
            isReached: lag < 2e6 && abs(drift) < 2 && outcome.done == plan.items.count,
            note:
                "sent \(outcome.sent), done \(outcome.done), p50 \(Unit.nanoseconds(Double(outcome.lag.percentile(percent: 50) ?? 0))), "
                + "most \(Unit.nanoseconds(Double(outcome.lag.most ?? 0))); the last tenth \(Table.digits(drift)) ms later than the first"
        )
        server.stop()
        lane.stop()
        loops.stop()
        reader.stop()
        return row
    } catch { return Row("replay", "\(error)", bar: "< 2 ms", isReached: false) }
}
