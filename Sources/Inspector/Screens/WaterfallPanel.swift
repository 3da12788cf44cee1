// One lane's waterfall: a ruler, a row for each span, what it comes to.

internal import InspectorCore

/// Draws a request as one lane served it.
struct WaterfallPanel {
    /// The columns of a panel: the thread, the span's name, its bar by the clock, how long it took.
    private struct Columns {
        let thread: Int
        let name: Int
        /// How wide a row's time is.
        let time = 8
        /// Where the bars begin.
        let bars: Int
        /// The clock of the bars.
        let scale: TimeScale

        init(inside: Rect, start: UInt64, window: Range<UInt64>) {
            thread = min(16, max(13, inside.width / 7))
            name = max(12, min(38, inside.width * 3 / 10))
            bars = inside.x + thread + name + 1
            scale = TimeScale(
                start: start.addingSaturated(window.lowerBound), length: window.upperBound - window.lowerBound,
                columns: max(0, inside.width - thread - name - time - 2))
        }
    }

    private let model: Model
    private let glyphs: Glyphs
    private let lane: LaneModel
    /// The whole of what is kept: it decides the rows.
    private let whole: Trace
    /// As it was at the moment that is shown.
    private let trace: Trace
    private let start: UInt64
    private let window: Range<UInt64>
    private let leavesQueueOut: Bool
    private let index: Int
    private let isFocused: Bool
    private let rows: [WaterfallRow]
    private let path: CriticalPath

    private var isASCII: Bool { glyphs == .ascii }

    init(model: Model, geometry: WaterfallGeometry, index: Int) {
        let panel = geometry.panels[index]
        let count = geometry.panels.count
        self.model = model
        glyphs = model.settings.glyphs
        lane = panel.lane
        whole = panel.trace
        trace = model.seen(trace: panel.trace) ?? Trace(summary: panel.trace.summary)
        start = panel.start
        window = geometry.window
        leavesQueueOut = geometry.leavesQueueOut
        self.index = index
        isFocused = count > 1 && index == min(max(0, model.view.waterfall.panel), count - 1)
        rows = WaterfallRows.make(panel.trace, threadNames: panel.lane.trackNames)
        path = CriticalPath(trace: panel.trace, until: model.known.now)
    }

    /// How many rows it would need for everything.
    var wantedHeight: Int { rows.count + 6 }

    func draw(on frame: inout Frame, rect: Rect) {
        frame.box(
            rect: rect, title: title, glyphs: glyphs, titleRole: Role.of(lane: whole.summary.lane), isFocused: isFocused
        )
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        let columns = Columns(inside: inside, start: start, window: window)
        drawRuler(columns, on: &frame, rect: inside)
        let facts = WaterfallFacts(trace: whole, path: path, now: model.known.now, glyphs: glyphs)
        let lines = [facts.shape, facts.critical, facts.loops].filter { !$0.isEmpty }
        let (foot, body) = inside.splitTop(1).rest.splitBottom(min(lines.count, inside.height / 5))
        frame.mark(
            Rect(x: columns.bars, y: inside.y, width: columns.scale.columns, height: inside.height - foot.height),
            spot: .time(from: window.lowerBound, length: window.upperBound - window.lowerBound))
        let first = firstRow(height: body.height)
        let critical = path.spans
        for (place, row) in rows.dropFirst(first).prefix(body.height).enumerated() {
            let line = Rect(x: inside.x, y: body.y + place, width: inside.width, height: 1)
            draw(
                row, columns: columns, isCritical: row.span.map { critical.contains($0.id) } ?? false, on: &frame,
                line: line)
        }
        drawLines(columns, on: &frame, rect: body)
        let left = leftOut(above: first, below: max(0, rows.count - body.height - first))
        if !left.isEmpty, body.height > 0 {
            frame.put(" \(left) ", x: rect.x + 2, y: rect.y + rect.height - 1, role: .faint, clip: rect)
        }
        for (place, line) in lines.prefix(foot.height).enumerated() {
            frame.put(
                TextWidth.fit(text: line, width: foot.width, mark: glyphs.more), x: foot.x, y: foot.y + place,
                role: place == 0 ? .strong : .faint, clip: foot)
        }
    }

    /// `… 6 rows above (↑), 4 below (↓)`; empty where all are shown.
    private func leftOut(above: Int, below: Int) -> String {
        let (up, down) = isASCII ? ("Up", "Down") : ("↑", "↓")
        switch (above, below) {
        case (0, 0): return ""
        case (0, _): return "\(glyphs.more) \(below) more row\(below == 1 ? "" : "s") (\(down))"
        case (_, 0): return "\(glyphs.more) \(above) row\(above == 1 ? "" : "s") above (\(up))"
        default: return "\(glyphs.more) \(above) row\(above == 1 ? "" : "s") above (\(up)), \(below) below (\(down))"
        }
    }

    /// The first row that is drawn: the selected one stays in view, and in slow motion the newest that runs.
    ///
    /// Where nothing is selected and not all rows have room, it is the first that took some of the time that is shown: what
    /// came before it in microseconds would hide what the time went to.
    private func firstRow(height: Int) -> Int {
        let most = max(0, rows.count - height)
        var wanted: Int?
        if isFocused || !model.isSideBySide, let id = model.view.waterfall.row {
            wanted = rows.firstIndex { $0.span?.id == id }
        }
        if wanted == nil, model.transport?.request != nil {
            wanted = rows.lastIndex { row in row.span.map { isGoingOn($0) } ?? false }
        }
        if let wanted { return max(0, min(most, wanted - height / 2)) }
        guard most > 0 else { return 0 }
        let least = max(1, (window.upperBound - window.lowerBound) / 20)
        let telling = rows.firstIndex { row in
            guard let span = row.span, span.kind != .arriving, span.kind != .queued else { return false }
            return span.duration(until: model.known.now) >= least
        }
        return min(most, telling ?? 0)
    }

    private var title: String {
        let lane = whole.summary.lane.name.madeVisible
        let time = TimeText.short(nanoseconds: trace.response(until: model.time), isASCII: isASCII)
        let status = trace.status.map { "\($0) \(HTTPStatus.name(of: $0))" } ?? "pending"
        let target = TextWidth.fitMiddle(text: whole.summary.target.madeVisible, width: 40, mark: glyphs.more)
        return "#\(whole.id.number) \(whole.summary.method.madeVisible) \(target)  \(lane)  \(status)  \(time)"
    }

    private func drawRuler(_ columns: Columns, on frame: inout Frame, rect: Rect) {
        let scale = columns.scale
        frame.put("thread", x: rect.x, y: rect.y, role: .faint, clip: rect)
        frame.put(
            TextWidth.fit(
                text: leavesQueueOut ? "span, from the queue's end" : "span", width: columns.name - 2, mark: glyphs.more
            ),
            x: rect.x + columns.thread, y: rect.y, role: .faint, clip: rect)
        guard scale.columns > 8 else { return }
        let clip = Rect(x: columns.bars, y: rect.y, width: scale.columns, height: 1)
        let marks = max(1, min(8, scale.columns / 12))
        let step = max(1, TimeText.niceStep(nanoseconds: scale.length / UInt64(marks)))
        var time = (window.lowerBound.addingSaturated(step - 1) / step).multipliedSaturated(by: step)
        while time < window.upperBound {
            let column = Int(scale.position(time: start.addingSaturated(time)))
            let text = time == 0 ? "0" : glyphs.tick + TimeText.short(nanoseconds: time, isASCII: isASCII)
            frame.put(text, x: columns.bars + column, y: rect.y, role: .faint, clip: clip)
            time = time.addingSaturated(step)
        }
    }

    private func draw(_ row: WaterfallRow, columns: Columns, isCritical: Bool, on frame: inout Frame, line: Rect) {
        let y = line.y
        frame.put(
            TextWidth.fitMiddle(text: row.thread.madeVisible, width: columns.thread - 1, mark: glyphs.more), x: line.x,
            y: y, role: Role.of(service: row.service), clip: line)
        // Past six levels a blank each, so that a call within a call within a call still shows.
        let indent =
            String(repeating: "  ", count: min(6, row.depth))
            + String(repeating: " ", count: max(0, min(14, row.depth) - 6))
        let isLit = row.span.map { isGoingOn($0) } ?? false
        let look = WaterfallLook(item: row.content, glyphs: glyphs)
        // Calls of a kind begin alike and end with what tells them apart.
        let isCall = row.span?.kind.isWait ?? false
        let name =
            isCall
            ? TextWidth.fitMiddle(text: indent + row.name, width: columns.name - 2, mark: glyphs.more)
            : TextWidth.fit(text: indent + row.name, width: columns.name - 2, mark: glyphs.more)
        frame.put(name, x: line.x + columns.thread, y: y, role: isLit ? .lit : look.role, clip: line)
        // What the trace knows of the row at the moment that is shown; what has not begun then is only named.
        let time: String
        var isPending = false
        switch row.content {
        case .span(let span):
            if isCritical { frame.put(glyphs.critical, x: columns.bars - 2, y: y, role: .focus, clip: line) }
            guard let known = trace[span.id] else {
                time = ""
                break
            }
            isPending = known.end == nil
            time = TimeText.short(nanoseconds: known.duration(until: model.time), isASCII: isASCII)
            drawBar(known, row: row, columns: columns, y: y, on: &frame)
        case .moment(let moment):
            guard moment.time <= model.time else {
                time = ""
                break
            }
            let after = moment.time - min(moment.time, whole.began)
            time = "@" + TimeText.short(nanoseconds: after, isASCII: isASCII)
            if let cells = columns.scale.cells(begin: moment.time, end: moment.time) {
                frame.put(glyphs.pointer, x: columns.bars + cells.lowerBound, y: y, role: look.role)
            }
        }
        frame.put(
            TextWidth.padLeft(time, width: columns.time), x: line.x + line.width - columns.time, y: y,
            role: isPending ? .warning : .text, clip: line)
        if let id = row.span?.id {
            frame.mark(
                Rect(x: line.x, y: y, width: columns.bars - line.x, height: 1),
                spot: .item(UInt64(id.rawValue), panel: index))
            if isFocused || !model.isSideBySide, model.view.waterfall.row == id { frame.select(row: y, in: line) }
        }
    }

    private func drawBar(_ span: Span, row: WaterfallRow, columns: Columns, y: Int, on frame: inout Frame) {
        let scale = columns.scale
        let x = columns.bars
        let end = span.end ?? model.time
        guard let cells = scale.cells(begin: span.begin, end: end) else { return }
        let look = WaterfallLook(item: .span(span), glyphs: glyphs)
        let pieces = span.kind.isFunction && span.isAsync ? LoopPieces(of: span, in: trace, until: model.time) : nil
        let ran = ranCells(span: span, pieces: pieces, scale: scale)
        for column in cells {
            let runs = ran?.contains(column) ?? true
            frame.put(runs ? look.glyph : glyphs.idle, x: x + column, y: y, role: runs ? look.role : .faint)
        }
        for range in pieces?.ready ?? [] {
            for column in scale.fullCells(begin: range.lowerBound, end: range.upperBound) ?? 0..<0 {
                frame.put(glyphs.scheduled, x: x + column, y: y, role: .warning)
            }
        }
        if let connecting = row.connecting,
            let part = scale.fullCells(begin: connecting.begin, end: min(end, connecting.end ?? end))
        {
            for column in part { frame.put(glyphs.connecting, x: x + column, y: y, role: .queued) }
        }
        if span.kind == .subThread { drawHops(span, cells: cells, columns: columns, y: y, on: &frame) }
        if span.outcome == .raised || span.outcome == .failed || span.outcome == .timedOut {
            frame.put(glyphs.error, x: x + cells.upperBound - 1, y: y, role: .failing)
        }
        let note = look.note
        if !note.isEmpty {
            let room = Rect(x: x, y: y, width: scale.columns, height: 1)
            let width = TextWidth.of(text: note) + 1
            if cells.upperBound + width <= scale.columns {
                frame.put(" " + note, x: x + cells.upperBound, y: y, role: .faint, clip: room)
            } else if cells.lowerBound >= width {
                frame.put(note + " ", x: x + cells.lowerBound - width, y: y, role: .faint, clip: room)
            }
        }
    }

    /// The columns in which a function's own code ran; nil for what is not a function, or where it is not known.
    private func ranCells(span: Span, pieces: LoopPieces?, scale: TimeScale) -> Set<Int>? {
        guard span.kind.isFunction else { return nil }
        var ran: Set<Int> = []
        if span.isAsync {
            guard let pieces else { return span.origin == .told ? cells(of: span, less: .await, scale: scale) : nil }
            for range in pieces.ran {
                if let cells = scale.cells(begin: range.lowerBound, end: range.upperBound) { ran.formUnion(cells) }
            }
            return ran
        }
        guard span.kind == .middleware else { return cells(of: span, less: .blocked, scale: scale) }
        var own = cells(of: span, less: .await, scale: scale) ?? []
        for inner in trace.wrapped(byMiddleware: span, until: model.time) {
            own.subtract(scale.fullCells(begin: inner.lowerBound, end: inner.upperBound) ?? 0..<0)
        }
        return own
    }

    /// The columns of a function without those in which it waited: for what it awaited itself, or for what blocked its
    /// thread.
    private func cells(of span: Span, less wait: EventKind, scale: TimeScale) -> Set<Int>? {
        let end = span.end ?? model.time
        guard let all = scale.cells(begin: span.begin, end: end) else { return nil }
        var ran = Set(all)
        for call in trace.spans where call.kind == wait && call.begin >= span.begin && call.begin <= end {
            guard wait == .await ? call.parent == span.id : call.track == span.track,
                let cells = scale.fullCells(begin: call.begin, end: min(end, call.end ?? model.time))
            else {
                continue
            }
            ran.subtract(cells)
        }
        return ran
    }

    /// The arrows where work goes to a sub-thread and comes back.
    private func drawHops(_ span: Span, cells: Range<Int>, columns: Columns, y: Int, on frame: inout Frame) {
        let scale = columns.scale
        let x = columns.bars
        let hasBegin = span.begin >= scale.start
        let hasEnd = span.end.map { scale.position(time: $0) <= Double(scale.columns) } ?? false
        if cells.count == 1, hasBegin, hasEnd {
            frame.put(glyphs.downUp, x: x + cells.lowerBound, y: y, role: .strong)
            return
        }
        if hasBegin { frame.put(glyphs.down, x: x + cells.lowerBound, y: y, role: .strong) }
        if hasEnd { frame.put(glyphs.up, x: x + cells.upperBound - 1, y: y, role: .strong) }
    }

    /// The cursor, and in slow motion the moment that is shown.
    private func drawLines(_ columns: Columns, on frame: inout Frame, rect: Rect) {
        let scale = columns.scale
        var moments: [UInt64] = []
        if let cursor = model.view.waterfall.cursor { moments.append(start.addingSaturated(cursor)) }
        if let transport = model.transport { moments.append(transport.time) }
        for moment in moments {
            // The end of the window has no column of its own: the last one stands for it.
            let column = Int(scale.position(time: moment))
            guard scale.columns > 0, moment >= scale.start, column <= scale.columns else { continue }
            let place = columns.bars + min(column, scale.columns - 1)
            for y in rect.y..<(rect.y + rect.height) {
                if frame.cell(x: place, y: y)?.text == " " {
                    frame.put(glyphs.vertical, x: place, y: y, role: .cursor)
                } else {
                    frame.paint(Rect(x: place, y: y, width: 1, height: 1), role: .cursor)
                }
            }
        }
    }

    /// Whether a span goes on at the moment that slow motion shows, or has ended so shortly before that it still glows.
    private func isGoingOn(_ span: Span) -> Bool {
        guard model.transport?.request != nil, span.begin <= model.time else { return false }
        return (span.end ?? .max) + min(model.glow, .max - (span.end ?? .max)) > model.time
    }
}
