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
        let heads = headRows(rect: rect)
        // The edges and the ruler.
        let part = part(rows: max(0, rect.height - 3 - heads))
        frame.selectedRow = part.row
        let scale = scale(visible: part.numbers)
        for (index, panel) in rect.columns(count: model.known.lanes.count).enumerated() {
            draw(
                model.known.lanes[index], index: index, part: part, scale: scale, heads: heads, on: &frame, rect: panel)
        }
    }

    /// What part of the list is on the screen.
    private struct Part {
        let numbers: [UInt64]
        /// The place of the first of them in the whole list.
        let first: Int
        let count: Int
        /// The row of the selected one.
        let row: Int?
    }

    /// Whether requests are shown that are one lane's alone: what others were not given needs no words then.
    private var hasWatched: Bool {
        model.known.lanes.contains { $0.lane.isWatched }
    }

    /// The newest, or what is around the selected one, which stays in its row.
    private func part(rows: Int) -> Part {
        let all = model.listed
        let selected = model.view.selected.flatMap { number in
            all.firstIndex(of: number) ?? (model.view.order.isByNumber ? all.firstIndex { $0 >= number } : nil)
        }
        let most = max(0, all.count - rows)
        guard let selected else {
            // Sorted otherwise, what is worth looking at stands at the head.
            let first = model.view.order.isByNumber ? most : 0
            return Part(numbers: Array(all.dropFirst(first).prefix(rows)), first: first, count: all.count, row: nil)
        }
        let row = min(max(0, model.view.row ?? rows / 2), max(0, rows - 1))
        let first = min(max(0, selected - row), most)
        return Part(
            numbers: Array(all.dropFirst(first).prefix(rows)), first: first, count: all.count, row: selected - first)
    }

    /// One scale for all lanes: the longest request on the screen, or all the time that those on it took.
    private func scale(visible: [UInt64]) -> ListRows.Scale {
        var longest: UInt64 = 0
        var first = model.time
        var last: UInt64 = 0
        for lane in model.known.lanes {
            for number in visible {
                guard let trace = lane[number].flatMap(model.seen) else { continue }
                longest = max(longest, trace.response(until: model.time))
                first = min(first, trace.began)
                last = max(last, min(model.time, trace.done ?? model.time))
            }
        }
        guard model.axis == .clock else {
            return ListRows.Scale(
                axis: .sending, length: TimeText.niceCeiling(nanoseconds: max(longest, 100_000)), start: 0)
        }
        // While nothing happens the picture stands still, and a long pause does not make slivers of what there was: what
        // began earlier says when. A user may have chosen how far the clock reaches.
        let end = last == 0 ? model.time : last
        let most = max(longest.multipliedSaturated(by: 12), 2_000_000_000)
        let wanted = model.view.reach ?? min(end.subtractingSaturated(first), most)
        let length = TimeText.niceCeiling(nanoseconds: max(wanted, 100_000))
        return ListRows.Scale(axis: .clock, length: length, start: end.subtractingSaturated(length))
    }

    private func draw(
        _ lane: LaneModel, index: Int, part: Part, scale: ListRows.Scale, heads: Int, on frame: inout Frame, rect: Rect
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
        guard !part.numbers.isEmpty else {
            // Once is enough: beside it the other lanes are as empty.
            if index == 0 {
                drawHint(on: &frame, rect: below)
            } else {
                frame.put("No request yet.", x: below.x + 3, y: below.y + 1, role: .strong, clip: below)
            }
            return
        }
        let layout = ListLayout(rect: inside, columns: model.columns, largest: part.numbers.max() ?? 0)
        let rows = ListRows(model: model, lane: lane, scale: scale, layout: layout)
        rows.drawRuler(on: &frame, rect: below)
        if index == 0 { drawPosition(part, on: &frame, rect: rect) }
        for (row, number) in part.numbers.enumerated() {
            let line = Rect(x: inside.x, y: inside.y + heads + 1 + row, width: inside.width, height: 1)
            guard line.y < inside.y + inside.height else { break }
            frame.mark(line, spot: .item(number, panel: index))
            if let trace = lane[number].flatMap(model.seen) {
                rows.draw(trace, on: &frame, line: line)
            } else if !hasWatched {
                frame.put("  #\(number)", x: line.x, y: line.y, role: .faint, clip: line)
                let why =
                    model.transport == nil
                    ? "not given to this lane, or no longer kept" : "not there yet, or not given to this lane"
                frame.put(
                    TextWidth.fit(text: why, width: max(0, line.width - 10), mark: glyphs.more), x: line.x + 10,
                    y: line.y, role: .faint, clip: line)
            }
            if number == model.view.selected {
                frame.put(glyphs.pointer, x: line.x, y: line.y, role: .focus, clip: line)
                frame.select(row: line.y, in: line)
            }
        }
    }

    /// What it is called, what runs it, and which window its percentiles are of.
    private func title(lane: LaneModel, width: Int) -> String {
        let name = lane.name == lane.mode?.rawValue ? lane.name.uppercased() : lane.name
        let isNarrow = width < 50
        let of = model.transport == nil ? "  " + model.view.window.words : ""
        guard let load = lane.load(at: model.transport?.time) else {
            // Where a server elsewhere is, and not the address under which this process passes requests on to it.
            if case .remote(let url) = lane.lane.kind { return name + "  " + url.madeVisible + of }
            if case .watched = lane.lane.kind {
                // Its rate and its count are of those that are shown.
                return name + (lane.toldOneIn > 1 ? "  watched, shows 1 in \(lane.toldOneIn)" : "  watched") + of
            }
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

    /// Where in the list one is, and whether the newest is followed.
    private func drawPosition(_ part: Part, on frame: inout Frame, rect: Rect) {
        let last = part.first + part.numbers.count
        var words = "\(part.first + 1)-\(last) of \(part.count)"
        if model.view.order.isByNumber {
            if model.transport != nil {
                words += "  held"
            } else if model.view.selected == nil {
                words += "  following"
            } else if last < part.count {
                words += "  \(part.count - last) newer, G follows"
            }
        } else {
            words += "  by \(model.view.order.column.rawValue)"
        }
        frame.put(
            " " + TextWidth.fit(text: words, width: max(0, rect.width - 6), mark: glyphs.more) + " ", x: rect.x + 2,
            y: rect.y + rect.height - 1, role: .faint, clip: rect)
    }

    private func drawHint(on frame: inout Frame, rect: Rect) {
        let isWatching = model.known.lanes.contains { $0.lane.isWatched }
        let width = rect.width - 4
        for (row, line) in (isWatching ? watchingHint : hint(width: width)).enumerated() {
            let text = TextWidth.fit(text: line, width: width, mark: glyphs.more)
            frame.put(text, x: rect.x + 3, y: rect.y + 1 + row, role: row == 0 ? .strong : .text, clip: rect)
        }
    }

    /// What can be done while there is no request: each in as many words as there is room for.
    private func hint(width: Int) -> [String] {
        let enter = glyphs.enter
        let file = model.known.trafficFile?.madeVisible
        var lines: [(long: String, short: String)] = [("No request yet.", "No request yet."), ("", "")]
        if let file {
            lines.append(("\(enter)  sends traffic: \(file), its busiest seconds", "\(enter)  sends \(file)"))
            lines.append(("b  sends 32 requests at once", "b  sends 32 at once"))
            lines.append(("r  replays \(file) from its beginning", "r  replays all of it"))
        } else {
            lines.append(("\(enter)  sends 32 requests at once", "\(enter)  sends 32 at once"))
            lines.append(("r  replays a traffic file: inspector replay FILE.har", "r  replays a file"))
        }
        if model.isSideBySide {
            lines.append(("s  shows one lane", "s  one lane"))
        } else if model.known.lanes.contains(where: { !$0.modes.isEmpty }) {
            lines.append(("s  shows sync and async side by side", "s  sync and async"))
        }
        lines += [
            (":  finds any action by name", ":  any action"), ("?  explains every key and mark", "?  help"), ("", ""),
            ("or:  curl \(model.known.url)", "curl \(model.known.url)"),
        ]
        return lines.map { TextWidth.of(text: $0.long) <= width ? $0.long : $0.short }
    }

    /// What a person does so that a service tells of itself.
    private var watchingHint: [String] {
        let url = model.known.spansURL ?? "nowhere: --otlp names a port"
        return [
            "No request yet.", "",
            "Spans are taken on \(url) (OTLP over HTTP).", "",
            "Flask:   inspector flask-extension writes a file; then Inspector(app)",
            "others:  OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            "         OTEL_EXPORTER_OTLP_ENDPOINT=\(url)", "",
            "?  explains every key and mark",
        ]
    }

    static func role(of status: Int) -> Role {
        switch status {
        case ..<400: .good
        case ..<500: .warning
        default: .bad
        }
    }
}
