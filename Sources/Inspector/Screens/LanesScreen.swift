// The first screen: each lane's numbers, and its requests as bars that grow while they are pending.

internal import InspectorCore

/// Draws the lanes beside each other.
struct LanesScreen {
    private let model: Model
    private let glyphs: Glyphs

    init(model: Model) {
        self.model = model
        glyphs = model.settings.glyphs
    }

    /// How many rows the head of each lane has.
    private func headRows(rect: Rect) -> Int {
        model.transport == nil
            ? LaneHead.rows(width: rect.width / max(1, model.known.lanes.count), height: rect.height) : 1
    }

    func draw(on frame: inout Frame, rect: Rect) {
        // The edges and the ruler.
        let visible = visibleNumbers(rows: max(0, rect.height - 3 - headRows(rect: rect)))
        let heads = headRows(rect: rect)
        let scale = scale(visible: visible)
        for (index, panel) in rect.columns(count: model.known.lanes.count).enumerated() {
            draw(
                model.known.lanes[index], index: index, visible: visible, scale: scale, heads: heads, on: &frame,
                rect: panel)
        }
    }

    /// The numbers on the screen: the newest, or those around the selected one.
    private func visibleNumbers(rows: Int) -> [UInt64] {
        let numbers = model.numbers
        guard rows > 0, numbers.count > rows else { return numbers }
        guard let selected = model.view.selected, let place = numbers.firstIndex(where: { $0 >= selected }) else {
            return Array(numbers.suffix(rows))
        }
        var wanted = place - rows / 2
        if let anchor = model.view.anchor, let head = numbers.firstIndex(where: { $0 >= anchor }) {
            // As far as the selected one stays on the screen.
            wanted = place < head ? place : max(head, place - rows + 1)
        }
        let first = max(0, min(wanted, numbers.count - rows))
        return Array(numbers[first..<(first + rows)])
    }

    /// The scale of all bars on the screen.
    private struct Scale {
        let axis: Navigation.Axis
        let length: UInt64
        /// Where the bars begin; on the other axis each begins at its own.
        let start: UInt64

        func columns(count: Int, trace: Trace) -> TimeScale {
            TimeScale(start: axis == .clock ? start : trace.began, length: length, columns: count)
        }
    }

    /// One scale for all lanes: the longest request on the screen, or all the time that those on it took.
    private func scale(visible: [UInt64]) -> Scale {
        var longest: UInt64 = 0
        var first = model.time
        for lane in model.known.lanes {
            for number in visible {
                guard let trace = lane[number].flatMap(model.seen) else { continue }
                longest = max(longest, trace.response(until: model.time))
                first = min(first, trace.began)
            }
        }
        guard model.axis == .clock else {
            return Scale(axis: .sending, length: TimeText.niceCeiling(nanoseconds: max(longest, 100_000)), start: 0)
        }
        let length = TimeText.niceCeiling(nanoseconds: max(model.time - first, 100_000))
        return Scale(axis: .clock, length: length, start: model.time - min(model.time, length))
    }

    private func draw(
        _ lane: LaneModel, index: Int, visible: [UInt64], scale: Scale, heads: Int, on frame: inout Frame, rect: Rect
    ) {
        let isFocused = model.isSideBySide && index == model.known.focus
        frame.box(
            rect: rect, title: (isFocused ? glyphs.answers + " " : "") + title(lane: lane, width: rect.width),
            glyphs: glyphs, titleRole: Role.of(lane: lane.lane), isFocused: isFocused)
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        let (numbers, below) = inside.splitTop(heads)
        if model.transport == nil {
            LaneHead(lane: lane, now: model.known.now, window: model.view.window, glyphs: glyphs).draw(
                on: &frame, rect: numbers)
        } else {
            LaneHead.drawPast(lane, at: model.time, glyphs: glyphs, on: &frame, rect: numbers)
        }
        if visible.isEmpty {
            drawHint(on: &frame, rect: below)
        } else {
            drawRuler(scale, largest: visible.last ?? 0, on: &frame, rect: below)
        }
        for (row, number) in visible.enumerated() {
            let line = Rect(x: inside.x, y: inside.y + heads + 1 + row, width: inside.width, height: 1)
            guard line.y < inside.y + inside.height else { break }
            frame.mark(line, spot: .item(number, panel: index))
            if let trace = lane[number].flatMap(model.seen) {
                draw(trace, lane: lane, scale: scale, largest: visible.last ?? 0, on: &frame, line: line)
            } else {
                frame.put("  #\(number)", x: line.x, y: line.y, role: .faint, clip: line)
                frame.put(
                    model.transport == nil
                        ? "not given to this lane, or no longer kept"
                        : "not there yet, or not given to this lane",
                    x: line.x + 10, y: line.y, role: .faint, clip: line)
            }
            if number == model.view.selected {
                frame.put(glyphs.pointer, x: line.x, y: line.y, role: .focus, clip: line)
                frame.select(row: line.y, in: line)
            }
        }
    }

    /// What it is called, what runs it, and which window its percentiles are of.
    private func title(lane: LaneModel, width: Int) -> String {
        let name = lane.mode == nil ? lane.name : lane.name.uppercased()
        let isNarrow = width < 50
        let of = model.transport == nil ? "  " + model.view.window.words : ""
        guard let load = lane.load(at: model.transport?.time) else {
            return name + "  " + (lane.threads == nil ? lane.url.madeVisible : loopWords(lane: lane, width: width)) + of
        }
        let cells = min(8, max(1, load.workers))
        let busy = load.workers > 0 ? min(cells, (load.busy * cells + load.workers - 1) / load.workers) : 0
        let meter =
            String(repeating: glyphs.full, count: busy) + String(repeating: glyphs.empty, count: cells - busy)
        let workers = isNarrow ? "" : "\(load.workers) workers\(lane.mode == .async ? " + sub-threads" : "")  "
        return "\(name)  \(workers)\(meter) \(load.busy)/\(load.workers)"
            + (model.transport == nil ? of : "  queue \(load.queued)")
    }

    /// What runs a lane without workers: `2 loops  lag 78ms #12 blocks-loop`.
    private func loopWords(lane: LaneModel, width: Int) -> String {
        guard model.transport == nil, let latest = lane.latest else { return "event loops, no workers" }
        let count = "\(lane.loops.count) loop\(lane.loops.count == 1 ? "" : "s")"
        return count + (width < 50 ? "" : ", no workers") + "  " + latest.lag.words(isASCII: glyphs == .ascii)
    }

    /// Where the columns of a row stand.
    private struct Columns {
        let method: Int
        let path: Int
        let pathWidth: Int
        let bar: Int
        let barWidth: Int
        let time: Int
        let timeWidth: Int
        let status: Int

        /// - Parameter largest: the largest request number on the screen, for the width of the first column.
        init(rect: Rect, largest: UInt64) {
            // Where there is no room for a bar the status goes first, and the number is never written over.
            let isNarrow = rect.width < 72
            timeWidth = isNarrow ? 6 : 8
            let tail = timeWidth + (rect.width < 24 ? 1 : 6)
            let first = max(isNarrow ? 6 : 8, "\(largest)".count + 4)
            // Where there is little room the method gives way to the path.
            let methodWidth = rect.width < 48 ? 0 : isNarrow ? 5 : 7
            let head = first + methodWidth
            let room = max(0, rect.width - head - tail)
            pathWidth = max(0, min(24, room / (rect.width < 48 ? 2 : 3)))
            method = rect.x + first
            path = method + methodWidth
            bar = path + pathWidth + 1
            barWidth = max(0, room - pathWidth - 2)
            time = max(rect.x + first - 2, rect.x + rect.width - tail)
            status = rect.width < 24 ? rect.x + rect.width : rect.x + rect.width - 5
        }
    }

    private func drawRuler(_ scale: Scale, largest: UInt64, on frame: inout Frame, rect: Rect) {
        let columns = Columns(rect: rect, largest: largest)
        let y = rect.y
        guard rect.height > 0 else { return }
        frame.put("id", x: rect.x + 2, y: y, role: .faint, clip: rect)
        frame.put(
            TextWidth.fit(text: "request", width: columns.bar - 1 - columns.method, mark: glyphs.more),
            x: columns.method,
            y: y, role: .faint, clip: rect)
        let time = TimeText.short(nanoseconds: scale.length, isASCII: glyphs == .ascii)
        let clip = barClip(columns: columns, y: y)
        if scale.axis == .clock {
            // Two words that touch are none: where there is little room the first is enough.
            if columns.barWidth > TextWidth.of(text: time) {
                frame.put("-" + time, x: columns.bar, y: y, role: .faint, clip: clip)
            }
            if columns.barWidth > TextWidth.of(text: time) + 4 {
                frame.put("now", x: columns.bar + columns.barWidth - 3, y: y, role: .faint, clip: clip)
            }
        } else {
            if columns.barWidth >= 30 { frame.put("from its sending on", x: columns.bar, y: y, role: .faint) }
            let text = glyphs.arrow + time
            if TextWidth.of(text: text) <= columns.barWidth {
                frame.put(
                    text, x: columns.bar + columns.barWidth - TextWidth.of(text: text), y: y, role: .faint, clip: clip)
            }
        }
        frame.put("time", x: columns.time + columns.timeWidth - 4, y: y, role: .faint, clip: rect)
        if columns.status + 4 <= rect.x + rect.width {
            frame.put("code", x: columns.status, y: y, role: .faint, clip: rect)
        }
    }

    private func barClip(columns: Columns, y: Int) -> Rect {
        Rect(x: columns.bar, y: y, width: columns.barWidth, height: 1)
    }

    private func draw(
        _ trace: Trace, lane: LaneModel, scale: Scale, largest: UInt64, on frame: inout Frame, line: Rect
    ) {
        let columns = Columns(rect: line, largest: largest)
        let isASCII = glyphs == .ascii
        let isPending = trace.done == nil
        // A request that was accepted before the mode was changed says which it runs under.
        let isOther = trace.summary.lane.kind != lane.lane.kind
        let other = isOther ? String((trace.summary.mode?.rawValue ?? "").prefix(1)) : ""
        frame.put(" #\(trace.id.number)\(other)", x: line.x, y: line.y, role: isPending ? .strong : .faint, clip: line)
        frame.put(
            TextWidth.fit(
                text: trace.summary.method.madeVisible, width: columns.path - columns.method - 1, mark: glyphs.more),
            x: columns.method, y: line.y, clip: line)
        frame.put(
            TextWidth.fitMiddle(
                text: trace.summary.target.madeVisible, width: columns.pathWidth, mark: glyphs.more),
            x: columns.path,
            y: line.y, clip: line)
        let time = scale.columns(count: columns.barWidth, trace: trace)
        if scale.axis == .clock {
            for mark in model.marks(of: lane.id, from: time.start, to: model.time) {
                guard let cells = time.cells(begin: mark.time, end: mark.time) else { continue }
                frame.put(glyphs.vertical, x: columns.bar + cells.lowerBound, y: line.y, role: .mark)
            }
        }
        RequestBar(trace: trace, scale: time, now: model.time, glyphs: glyphs).draw(
            on: &frame, x: columns.bar, y: line.y)
        let taken = TimeText.short(nanoseconds: trace.response(until: model.time), isASCII: isASCII)
        frame.put(
            TextWidth.padLeft(taken, width: columns.timeWidth), x: columns.time, y: line.y,
            role: isPending ? .warning : .text,
            clip: line)
        if let status = trace.status {
            frame.put("\(status)", x: columns.status, y: line.y, role: LanesScreen.role(of: status), clip: line)
        } else if trace.stage == .queued {
            frame.put("wait", x: columns.status, y: line.y, role: .queued, clip: line)
        } else {
            frame.put("run", x: columns.status, y: line.y, role: .warning, clip: line)
        }
    }

    private func drawHint(on frame: inout Frame, rect: Rect) {
        let enter = glyphs.enter
        let lines = [
            "No request yet.", "",
            model.known.trafficFile.map { "\(enter)  sends traffic: \($0.madeVisible), its busiest seconds" }
                ?? "\(enter)  sends 32 requests at once",
            "b  sends 32 requests at once",
            model.known.trafficFile.map { "r  replays \($0.madeVisible) from its beginning" }
                ?? "r  replays a traffic file: inspector replay FILE.har",
            model.isSideBySide ? "s  shows one lane" : "s  shows sync and async side by side",
            ":  finds any action by name", "?  explains every key and mark", "",
            "or:  curl \(model.known.url)",
        ]
        for (row, line) in lines.enumerated() {
            frame.put(line, x: rect.x + 3, y: rect.y + 1 + row, role: row == 0 ? .strong : .text, clip: rect)
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
