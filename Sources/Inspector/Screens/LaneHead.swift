// A lane's head: its numbers now, each with its last minute and its peak, in the order of their worth.

internal import InspectorCore

/// Draws the numbers of a lane in one row or several.
struct LaneHead {
    /// One number of the head.
    private struct Item {
        let name: String
        let value: String
        var role = Role.strong
        /// Second by second, oldest first; empty where nothing is known of it.
        var history: [Int] = []
        /// The largest of `history`, as text.
        var peak = ""
    }

    /// The narrowest item with a line of its history, and the widest.
    private static let roomy = 26
    private static let widest = 62

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

    /// How many rows a head has in a panel of that size: the requests have most of it.
    static func rows(width: Int, height: Int) -> Int {
        if height < 12 { return 1 }
        return width >= 100 ? 2 : height < 20 ? 2 : 3
    }

    func draw(on frame: inout Frame, rect: Rect) {
        guard rect.height > 0, rect.width > 4 else { return }
        let items = items
        if rect.height == 1 { return drawLine(items, on: &frame, rect: rect) }
        // So many columns that the most worthy find room, as wide as they can be.
        let wanted = (items.count + rect.height - 1) / rect.height
        let columns = max(1, min(wanted, (rect.width - 1) / LaneHead.roomy))
        let width = min(LaneHead.widest, (rect.width - 1) / columns)
        for (place, item) in items.prefix(columns * rect.height).enumerated() {
            let cell = Rect(
                x: rect.x + 1 + place % columns * width, y: rect.y + place / columns, width: width - 1, height: 1)
            draw(item, on: &frame, rect: cell)
        }
    }

    /// Name, value, the last minute, its peak.
    private func draw(_ item: Item, on frame: inout Frame, rect: Rect) {
        // A name as long as it is where there is no room for columns: a number that is cut reads as another one.
        let isTight = rect.width < 15
        let value = rect.x + (isTight ? TextWidth.of(text: item.name) + 1 : 8)
        let valueWidth = isTight ? rect.x + rect.width - value : rect.width >= 34 ? 8 : 6
        frame.put(item.name, x: rect.x, y: rect.y, role: .faint, clip: rect)
        frame.put(
            TextWidth.fit(text: item.value, width: valueWidth, mark: glyphs.more), x: value, y: rect.y, role: item.role,
            clip: rect)
        guard item.history.contains(where: { $0 > 0 }) else { return }
        let from = value + valueWidth + 1
        let peak = item.peak.isEmpty ? "" : " \(glyphs.peak)\(item.peak)"
        let whole = rect.x + rect.width - from
        // A line of a few seconds says less than the peak beside it.
        let hasPeak = !peak.isEmpty && whole >= TextWidth.of(text: peak) + 3
        let room = min(60, whole - (hasPeak ? TextWidth.of(text: peak) : 0))
        guard room >= 3 else { return }
        let line = LaneHead.fitted(item.history, columns: room)
        frame.put(glyphs.spark(counts: line), x: from, y: rect.y, role: Role.of(lane: lane.lane), clip: rect)
        if hasPeak { frame.put(peak, x: from + line.count, y: rect.y, role: .faint, clip: rect) }
    }

    /// The seconds since there was anything, in so many columns: each a second, or the most of several.
    static func fitted(_ seconds: [Int], columns: Int) -> [Int] {
        let known = Array(seconds.drop { $0 == 0 })
        guard columns > 0, known.count > columns else { return known }
        let width = (known.count + columns - 1) / columns
        let first = known.count % width
        var line = first > 0 ? [known[..<first].max() ?? 0] : []
        for begin in stride(from: first, to: known.count, by: width) {
            line.append(known[begin..<(begin + width)].max() ?? 0)
        }
        return line
    }

    /// All that finds room, in one line.
    private func drawLine(_ items: [Item], on frame: inout Frame, rect: Rect) {
        var x = rect.x + 1
        for item in items {
            let width = TextWidth.of(text: item.name) + 1 + TextWidth.of(text: item.value)
            guard x + width <= rect.x + rect.width else { continue }
            x = frame.put(item.name + " ", x: x, y: rect.y, role: .faint, clip: rect)
            x = frame.put(item.value, x: x, y: rect.y, role: item.role, clip: rect) + 2
        }
    }

    /// In the order of their worth: what finds no room goes from the end.
    private var items: [Item] {
        let statistics = lane.statistics
        let isASCII = glyphs == .ascii
        func text(_ nanoseconds: UInt64) -> String { TimeText.short(nanoseconds: nanoseconds, isASCII: isASCII) }
        let moments = statistics.moments(count: 60, at: now)
        let times = statistics.times(window: window, at: now)
        func percentile(_ name: String, percent: Double, of value: (SlidingNumbers.Moment) -> UInt64) -> Item {
            let seconds = moments.map { $0.map(value) ?? 0 }
            return Item(
                name: name, value: times.percentile(percent: percent).map(text) ?? "-",
                history: seconds.map { Int(clamping: $0) }, peak: text(seconds.max() ?? 0))
        }
        func counts(_ name: String, value: String, history: [Int], role: Role = .strong) -> Item {
            Item(name: name, value: value, role: role, history: history, peak: "\(history.max() ?? 0)")
        }
        var items: [Item] = []
        if let load = lane.load {
            items.append(
                counts(
                    "queue", value: "\(load.queued)", history: lane.queuePeaks,
                    role: load.queued > 0 ? .warning : .strong))
        } else if let latest = lane.latest {
            let longest = lane.loopLags.map { Int(clamping: $0) }
            items.append(
                Item(
                    name: "lag", value: latest.lag.longest > 0 ? text(latest.lag.longest) : "<1ms",
                    role: latest.lag.isHarmful ? .warning : .strong, history: longest,
                    peak: text(lane.loopLags.max() ?? 0)))
        }
        items.append(percentile("p50", percent: 50, of: \.median))
        if let load = lane.load { items.append(Item(name: "workers", value: "\(load.busy)/\(load.workers)")) }
        let answers = statistics.history(count: 60, at: now)
        items.append(
            counts("rate", value: TimeText.digits(value: statistics.rate(at: now), places: 1) + "/s", history: answers))
        items.append(percentile("p99", percent: 99, of: \.p99))
        let inFlight = statistics.inFlightPeaks(count: 60, at: now)
        items.append(counts("flight", value: "\(statistics.inFlight)", history: inFlight))
        // What was lost is counted since the start, and so belongs to no shorter window.
        let sums = statistics.sums(window: window, at: now)
        let lost = window == .all ? lane.lost : LostCount()
        let failures = sums.failures.addingSaturated(lost.failures)
        let counted = sums.count.addingSaturated(lost.requests)
        items.append(
            counts(
                "errors", value: counted > 0 ? TimeText.share(failures, of: counted) : "-",
                history: moments.map { $0?.failures ?? 0 }, role: failures > 0 ? .bad : .strong))
        let done = statistics.finished.addingSaturated(lane.lost.requests)
        items.append(Item(name: "done", value: "\(done)"))
        if lane.lost.requests > 0 {
            items.insert(Item(name: "unseen", value: "\(lane.lost.requests)", role: .bad), at: 0)
        }
        return items
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
