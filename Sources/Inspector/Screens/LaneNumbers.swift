// The numbers of a lane in one line: now, or at an earlier moment that is looked at.

internal import InspectorCore

/// Draws a lane's numbers.
struct LaneNumbers {
    private let lane: LaneModel
    private let now: UInt64
    private let window: TimeWindow
    private let glyphs: Glyphs

    init(lane: LaneModel, now: UInt64, window: TimeWindow, glyphs: Glyphs) {
        self.lane = lane
        self.now = now
        self.window = window
        self.glyphs = glyphs
    }

    func draw(on frame: inout Frame, rect: Rect) {
        let statistics = lane.statistics
        var x = rect.x + 1
        func item(name: String, value: String, role: Role = .strong) {
            guard x + name.count + value.count + 1 <= rect.x + rect.width else { return }
            if !name.isEmpty { x = frame.put(name + " ", x: x, y: rect.y, role: .faint, clip: rect) }
            x = frame.put(value, x: x, y: rect.y, role: role, clip: rect) + 2
        }
        let isASCII = glyphs == .ascii
        let times = statistics.times(window: window, at: now)
        func time(percent: Double) -> String {
            times.percentile(percent: percent).map { TimeText.short(nanoseconds: $0, isASCII: isASCII) } ?? "-"
        }
        item(name: window.words, value: "")
        x -= 2
        item(name: "p50", value: time(percent: 50))
        item(name: "p99", value: time(percent: 99))
        item(name: "", value: TimeText.digits(value: statistics.rate(at: now), places: 1) + "/s")
        item(name: "in flight", value: "\(statistics.inFlight)")
        let done = statistics.finished.addingSaturated(lane.lost.requests)
        // What was lost is counted since the start, and so belongs to no shorter window.
        let sums = statistics.sums(window: window, at: now)
        let lost = window == .all ? lane.lost : LostCount()
        let failures = sums.failures.addingSaturated(lost.failures)
        let counted = sums.count.addingSaturated(lost.requests)
        if counted > 0 {
            item(name: "errors", value: TimeText.share(failures, of: counted), role: failures > 0 ? .bad : .strong)
        }
        if lane.lost.requests > 0 { item(name: "not recorded", value: "\(lane.lost.requests)", role: .bad) }
        item(name: "done", value: "\(done)")
        let room = min(60, rect.x + rect.width - x - 1)
        if room >= 10 {
            let history = glyphs.spark(counts: statistics.history(count: room, at: now))
            frame.put(history, x: rect.x + rect.width - 1 - room, y: rect.y, role: .running, clip: rect)
        }
    }

    /// What of the requests that are kept was going on at an earlier moment: the counts since the start are of now.
    static func drawPast(_ lane: LaneModel, at time: UInt64, glyphs: Glyphs, on frame: inout Frame, rect: Rect) {
        var pending = 0
        var answered = 0
        var failed = 0
        for trace in lane.traces where trace.began <= time {
            if let done = trace.done, done <= time {
                answered += 1
                if (trace.status ?? 0) >= 500 { failed += 1 }
            } else {
                pending += 1
            }
        }
        let text =
            "then, of \(lane.traces.count) requests:  in flight \(pending)  answered \(answered)  errors \(failed)"
        frame.put(
            TextWidth.fit(text: text, width: rect.width - 2, mark: glyphs.more), x: rect.x + 1, y: rect.y, role: .focus,
            clip: rect)
    }
}

extension LaneModel {
    /// How busy the lane's pool is now, or was at an earlier moment, as far as its kept requests tell; nil without one.
    func load(at time: UInt64?) -> WorkerPool.Load? {
        guard let load, let time else { return load }
        var past = WorkerPool.Load(workers: load.workers, busy: 0, queued: 0)
        for trace in traces where trace.began <= time {
            if let held = trace.workerHeld(until: .max), held.begin <= time, held.end > time {
                past.busy += 1
            } else if let queue = trace.first(.queued), queue.begin <= time, (queue.end ?? .max) > time {
                past.queued += 1
            }
        }
        return past
    }
}
