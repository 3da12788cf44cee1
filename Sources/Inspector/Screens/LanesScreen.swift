// The first screen: each lane's numbers, and its requests as bars that grow while they are pending.

internal import InspectorCore

/// Draws the lanes beside each other.
struct LanesScreen {
    private let model: Model
    private let glyphs: Glyphs

    init(_ model: Model) {
        self.model = model
        glyphs = model.glyphs
    }

    /// How many requests a panel of that height shows.
    static func rows(height: Int) -> Int { max(0, height - 4) }

    func draw(on frame: inout Frame, _ rect: Rect) {
        let visible = visibleNumbers(rows: LanesScreen.rows(height: rect.height))
        let scale = scaleLength(visible)
        for (index, panel) in rect.columns(model.lanes.count).enumerated() {
            draw(model.lanes[index], index, visible, scale, on: &frame, panel)
        }
    }

    /// The numbers on the screen: the newest, or those around the selected one.
    private func visibleNumbers(rows: Int) -> [UInt64] {
        let numbers = model.numbers
        guard rows > 0, numbers.count > rows else { return numbers }
        guard let selected = model.selected, let place = numbers.firstIndex(where: { $0 >= selected }) else {
            return Array(numbers.suffix(rows))
        }
        let first = max(0, min(place - rows / 2, numbers.count - rows))
        return Array(numbers[first..<(first + rows)])
    }

    /// One scale for all lanes: the longest request on the screen.
    private func scaleLength(_ visible: [UInt64]) -> UInt64 {
        let shown = Set(visible)
        var longest: UInt64 = 0
        for lane in model.lanes {
            for trace in lane.traces where shown.contains(trace.id.number) {
                longest = max(longest, trace.duration(until: model.now))
            }
        }
        return TimeText.niceCeiling(max(longest, 100_000))
    }

    private func draw(
        _ lane: LaneModel, _ index: Int, _ visible: [UInt64], _ scale: UInt64, on frame: inout Frame, _ rect: Rect
    ) {
        let isFocused = model.isSideBySide && index == model.focus
        frame.box(rect, title: title(lane, width: rect.width), glyphs: glyphs, titleRole: isFocused ? .focus : .title)
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        drawNumbers(lane, scale, largest: visible.last ?? 0, on: &frame, inside)
        let traces = Dictionary(lane.traces.map { ($0.id.number, $0) }) { _, last in last }
        if visible.isEmpty { drawHint(on: &frame, inside) }
        for (row, number) in visible.enumerated() {
            let line = Rect(x: inside.x, y: inside.y + 2 + row, width: inside.width, height: 1)
            guard line.y < inside.y + inside.height else { break }
            if let trace = traces[number] {
                draw(trace, lane.mode, scale, largest: visible.last ?? 0, on: &frame, line)
            } else {
                frame.put("  #\(number)", x: line.x, y: line.y, .faint, clip: line)
                frame.put("not given to this lane", x: line.x + 10, y: line.y, .faint, clip: line)
            }
            if number == model.selected {
                frame.put(glyphs.pointer, x: line.x, y: line.y, .focus, clip: line)
                frame.select(row: line.y, in: line)
            }
        }
    }

    private func title(_ lane: LaneModel, width: Int) -> String {
        let load = lane.load
        guard lane.mode != .native else { return "NATIVE  event loops, no workers" }
        let isNarrow = width < 50
        let threads = lane.mode == .async && !isNarrow ? " + sub-threads" : ""
        let cells = min(8, max(1, load.workers))
        let busy = load.workers > 0 ? min(cells, (load.busy * cells + load.workers - 1) / load.workers) : 0
        let meter =
            String(repeating: glyphs.full, count: busy) + String(repeating: glyphs.empty, count: cells - busy)
        let workers = isNarrow ? "" : " \(load.workers) workers"
        return "\(lane.mode.rawValue.uppercased()) \(workers)\(threads) \(meter) "
            + "\(load.busy)/\(load.workers)  queue \(load.queued)"
    }

    private func drawNumbers(
        _ lane: LaneModel, _ scale: UInt64, largest: UInt64, on frame: inout Frame, _ rect: Rect
    ) {
        let statistics = lane.statistics
        var x = rect.x + 1
        func item(_ name: String, _ value: String, _ role: Role = .strong) {
            guard x + name.count + value.count + 1 <= rect.x + rect.width else { return }
            if !name.isEmpty { x = frame.put(name + " ", x: x, y: rect.y, .faint, clip: rect) }
            x = frame.put(value, x: x, y: rect.y, role, clip: rect) + 2
        }
        let isASCII = glyphs == .ascii
        func time(_ percent: Double) -> String {
            statistics.percentile(percent).map { TimeText.short($0, isASCII: isASCII) } ?? "-"
        }
        item("p50", time(50))
        item("p99", time(99))
        item("", TimeText.digits(statistics.rate(at: model.now), 1) + "/s")
        item("in flight", "\(statistics.inFlight)")
        let failures = statistics.failures + lane.lost.failures
        if failures > 0 { item("failed", "\(failures)", .bad) }
        if lane.lost.requests > 0 { item("not recorded", "\(lane.lost.requests)", .bad) }
        item("done", "\(statistics.finished + lane.lost.requests)")
        let room = min(60, rect.x + rect.width - x - 1)
        if room >= 10 {
            let history = glyphs.spark(statistics.history(room, at: model.now))
            frame.put(history, x: rect.x + rect.width - 1 - room, y: rect.y, .running, clip: rect)
        }
        drawRuler(scale, largest: largest, on: &frame, rect)
    }

    /// Where the columns of a row stand.
    private struct Columns {
        let method: Int
        let path: Int
        let pathWidth: Int
        let bar: Int
        let barWidth: Int
        let time: Int
        let status: Int

        /// - Parameter largest: the largest request number on the screen, for the width of the first column.
        init(_ rect: Rect, largest: UInt64) {
            let tail = 14
            let isNarrow = rect.width < 72
            let first = max(isNarrow ? 7 : 8, "\(largest)".count + 4)
            // Where there is little room the method gives way to the path.
            let methodWidth = rect.width < 48 ? 0 : isNarrow ? 5 : 7
            let head = first + methodWidth
            let room = max(0, rect.width - head - tail)
            pathWidth = max(0, min(24, room / (rect.width < 48 ? 2 : 3)))
            method = rect.x + first
            path = method + methodWidth
            bar = path + pathWidth + 1
            barWidth = max(0, room - pathWidth - 2)
            time = rect.x + rect.width - tail
            status = rect.x + rect.width - 5
        }
    }

    private func drawRuler(_ scale: UInt64, largest: UInt64, on frame: inout Frame, _ rect: Rect) {
        let columns = Columns(rect, largest: largest)
        let y = rect.y + 1
        frame.put("id", x: rect.x + 2, y: y, .faint, clip: rect)
        frame.put("request", x: columns.method, y: y, .faint, clip: rect)
        if columns.barWidth >= 30 { frame.put("from acceptance on", x: columns.bar, y: y, .faint) }
        let text = glyphs.arrow + TimeText.short(scale, isASCII: glyphs == .ascii)
        frame.put(
            text, x: columns.bar + columns.barWidth - text.count, y: y, .faint, clip: barClip(columns, y))
        frame.put("time", x: columns.time + 4, y: y, .faint, clip: rect)
        frame.put("code", x: columns.status, y: y, .faint, clip: rect)
    }

    private func barClip(_ columns: Columns, _ y: Int) -> Rect {
        Rect(x: columns.bar, y: y, width: columns.barWidth, height: 1)
    }

    private func draw(
        _ trace: Trace, _ mode: ExecutionMode, _ scale: UInt64, largest: UInt64, on frame: inout Frame, _ line: Rect
    ) {
        let columns = Columns(line, largest: largest)
        let isASCII = glyphs == .ascii
        let isPending = trace.done == nil
        // A request that was accepted before the mode was changed says which it runs under.
        let other = trace.summary.mode == mode ? "" : String(trace.summary.mode.rawValue.prefix(1))
        frame.put(" #\(trace.id.number)\(other)", x: line.x, y: line.y, isPending ? .strong : .faint, clip: line)
        frame.put(
            TextWidth.fit(trace.summary.method.madeVisible, columns.path - columns.method - 1, mark: glyphs.more),
            x: columns.method, y: line.y, clip: line)
        frame.put(
            TextWidth.fit(trace.summary.target.madeVisible, columns.pathWidth, mark: glyphs.more), x: columns.path,
            y: line.y, clip: line)
        let bar = RequestBar(
            trace, scale: TimeScale(start: trace.summary.accepted, length: scale, columns: columns.barWidth),
            now: model.now, glyphs: glyphs)
        bar.draw(on: &frame, x: columns.bar, y: line.y)
        let time = TimeText.short(trace.duration(until: model.now), isASCII: isASCII)
        frame.put(TextWidth.padLeft(time, 8), x: columns.time, y: line.y, isPending ? .warning : .text, clip: line)
        if let status = trace.status {
            frame.put("\(status)", x: columns.status, y: line.y, LanesScreen.role(of: status), clip: line)
        } else if trace.stage == .queued {
            frame.put("wait", x: columns.status, y: line.y, .queued, clip: line)
        } else {
            frame.put(glyphs.more, x: columns.status, y: line.y, .warning, clip: line)
        }
    }

    private func drawHint(on frame: inout Frame, _ rect: Rect) {
        let lines = [
            "No request yet.", "", "b  sends 32 requests at once",
            model.trafficFile.map { "r  replays \($0)" } ?? "r  replays a traffic file: inspector replay FILE.har",
            "s  shows sync and async side by side", "", "or:  curl \(model.url)",
        ]
        for (row, line) in lines.enumerated() {
            frame.put(line, x: rect.x + 3, y: rect.y + 3 + row, row == 0 ? .strong : .text, clip: rect)
        }
    }

    static func role(of status: Int) -> Role {
        switch status {
        case ..<400: .good
        case ..<500: .warning
        default: .bad
        }
    }
}
