// One request, span by span, on a ruler; growing while it is pending. In several lanes: one above the other, one scale.

internal import InspectorCore

/// Draws the waterfall of the current request.
struct WaterfallScreen {
    private let model: Model
    private let glyphs: Glyphs
    private var isASCII: Bool { glyphs == .ascii }

    init(_ model: Model) {
        self.model = model
        glyphs = model.glyphs
    }

    func draw(on frame: inout Frame, _ rect: Rect) {
        let traces = model.currentTraces
        guard !traces.isEmpty else {
            frame.box(rect, title: "WATERFALL", glyphs: glyphs)
            let text =
                model.current.map { "Request #\($0) is no longer kept. esc goes back to the list." }
                ?? "There is no request yet. Press b for a burst, then esc and choose one."
            frame.put(text, x: rect.x + 2, y: rect.y + 2, .warning, clip: rect.inset(by: 1))
            return
        }
        let windows = traces.map { window(of: $0.trace) }
        let length = TimeText.niceCeiling(max(windows.map { $0.end - $0.start }.max() ?? 0, 10_000))
        let parts = heights(traces.map { WaterfallRows.make($0.trace, threadNames: $0.lane.trackNames).count }, rect)
        var rest = rect
        for (index, pair) in traces.enumerated() {
            let (part, after) = rest.splitTop(index == traces.count - 1 ? rest.height : parts[index])
            rest = after
            draw(pair.trace, pair.lane, start: windows[index].start, length: length, on: &frame, part)
        }
    }

    /// What of the request is shown: the whole of it, or what came after the queue.
    ///
    /// Several lanes' waterfalls are put under one another at these starts, and on one scale.
    private func window(of trace: Trace) -> (start: UInt64, end: UInt64) {
        let accepted = min(trace.summary.accepted, model.now)
        let end = max(accepted, trace.lastTime(until: model.now))
        guard model.isZoomed, let queued = trace.spans.first(where: { $0.kind == .queued }) else {
            return (accepted, end)
        }
        return (min(end, queued.end ?? model.now), end)
    }

    /// Shares the rows among the panels: each what it needs, and the rest by need.
    private func heights(_ rows: [Int], _ rect: Rect) -> [Int] {
        let wanted = rows.map { $0 + 5 }
        let total = wanted.reduce(0, +)
        guard total > rect.height, total > 0 else { return wanted }
        return wanted.map { max(3, $0 * rect.height / total) }
    }

    private func draw(
        _ trace: Trace, _ lane: LaneModel, start: UInt64, length: UInt64, on frame: inout Frame, _ rect: Rect
    ) {
        frame.box(rect, title: title(trace), glyphs: glyphs)
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        let rows = WaterfallRows.make(trace, threadNames: lane.trackNames)
        let threadWidth = min(16, max(13, inside.width / 7))
        let nameWidth = max(12, min(38, inside.width * 3 / 10))
        let timeWidth = 8
        let barX = inside.x + threadWidth + nameWidth + 1
        let barWidth = max(0, inside.width - threadWidth - nameWidth - timeWidth - 2)
        let scale = TimeScale(start: start, length: length, columns: barWidth)
        drawRuler(scale, x: barX, on: &frame, inside, threadWidth)
        let (foot, body) = inside.splitTop(1).rest.splitBottom(min(2, max(0, inside.height - 3)))
        let first = min(model.scroll, max(0, rows.count - body.height))
        for (index, row) in rows.dropFirst(first).prefix(body.height).enumerated() {
            let y = body.y + index
            let line = Rect(x: inside.x, y: y, width: inside.width, height: 1)
            frame.put(
                TextWidth.fit(row.thread, threadWidth - 1, mark: glyphs.more), x: inside.x, y: y, .faint, clip: line)
            let indent = String(repeating: "  ", count: min(6, row.depth))
            frame.put(
                TextWidth.fit(indent + row.name, nameWidth - 1, mark: glyphs.more), x: inside.x + threadWidth, y: y,
                role(of: row), clip: line)
            drawBar(row, scale, x: barX, y: y, on: &frame)
            let isPending: Bool
            let time: String
            switch row.content {
            case .span(let span):
                isPending = span.end == nil
                time = TimeText.short(span.duration(until: model.now), isASCII: isASCII)
            case .moment(let moment):
                isPending = false
                let after = moment.time - min(moment.time, trace.summary.accepted)
                time = "@" + TimeText.short(after, isASCII: isASCII)
            }
            frame.put(
                TextWidth.padLeft(time, timeWidth), x: inside.x + inside.width - timeWidth, y: y,
                isPending ? .warning : .text, clip: line)
        }
        if rows.count > body.height + first, body.height > 0 {
            let text = " \(glyphs.more) \(rows.count - body.height - first) more rows, down scrolls "
            frame.put(text, x: rect.x + 2, y: rect.y + rect.height - 1, .faint, clip: rect)
        }
        drawFoot(trace, on: &frame, foot)
    }

    private func title(_ trace: Trace) -> String {
        let mode = trace.summary.mode.rawValue
        let time = TimeText.short(trace.duration(until: model.now), isASCII: isASCII)
        let status = trace.status.map { "\($0) \(HTTPStatus.name(of: $0))" } ?? "pending"
        let target = TextWidth.fit(trace.summary.target.madeVisible, 40, mark: glyphs.more)
        return "#\(trace.id.number) \(trace.summary.method.madeVisible) \(target)  \(mode)  \(status)  \(time)"
    }

    private func drawRuler(_ scale: TimeScale, x: Int, on frame: inout Frame, _ rect: Rect, _ threadWidth: Int) {
        frame.put("thread", x: rect.x, y: rect.y, .faint, clip: rect)
        frame.put(
            model.isZoomed ? "span, from the queue's end" : "span", x: rect.x + threadWidth, y: rect.y, .faint,
            clip: rect)
        guard scale.columns > 8 else { return }
        let clip = Rect(x: x, y: rect.y, width: scale.columns, height: 1)
        let marks = max(1, min(8, scale.columns / 12))
        var step = TimeText.niceStep(scale.length / UInt64(marks))
        if step == 0 { step = 1 }
        var time: UInt64 = 0
        while time < scale.length {
            let column = Int(scale.position(scale.start + time))
            frame.put(
                (time == 0 ? "0" : glyphs.tick + TimeText.short(time, isASCII: isASCII)), x: x + column, y: rect.y,
                .faint, clip: clip)
            time += step
        }
    }

    private func drawBar(_ row: WaterfallRow, _ scale: TimeScale, x: Int, y: Int, on frame: inout Frame) {
        guard case .span(let span) = row.content else {
            if case .moment(let moment) = row.content, let cells = scale.cells(moment.time, moment.time) {
                frame.put(glyphs.pointer, x: x + cells.lowerBound, y: y, role(of: row))
            }
            return
        }
        let end = span.end ?? model.now
        guard let cells = scale.cells(span.begin, end) else { return }
        for column in cells { frame.put(glyph(of: span), x: x + column, y: y, role(of: span)) }
        if let connecting = row.connecting,
            let part = scale.fullCells(connecting.begin, connecting.end ?? model.now)
        {
            for column in part { frame.put(glyphs.connecting, x: x + column, y: y, .queued) }
        }
        if span.outcome == .raised || span.outcome == .failed || span.outcome == .timedOut {
            frame.put(glyphs.error, x: x + cells.upperBound - 1, y: y, .failing)
        }
        let note = note(of: span)
        if !note.isEmpty {
            let room = Rect(x: x, y: y, width: scale.columns, height: 1)
            let width = TextWidth.of(note) + 1
            if cells.upperBound + width <= scale.columns {
                frame.put(" " + note, x: x + cells.upperBound, y: y, .faint, clip: room)
            } else if cells.lowerBound >= width {
                frame.put(note + " ", x: x + cells.lowerBound - width, y: y, .faint, clip: room)
            }
        }
    }

    private func note(of span: Span) -> String {
        if span.flags.contains(.leaked) { return "leaked: began after its request was done" }
        switch span.outcome {
        case .raised: return "raised \(span.detail.madeVisible)"
        case .failed: return TextWidth.fit("failed \(span.detail.madeVisible)", 40, mark: glyphs.more)
        case .timedOut: return "timed out"
        case .cancelled: return "cancelled"
        case .replaced: return "replaced the response"
        case .nothing: return "returned nothing"
        case .response where span.kind == .beforeRequest: return "answered"
        default:
            let isCall = span.kind == .await || span.kind == .blocked
            return isCall && span.endValue > 0 ? "\(span.endValue)" : ""
        }
    }

    private func glyph(of span: Span) -> String {
        switch span.kind {
        case .queued: glyphs.queued
        case .await: glyphs.awaiting
        case .blocked: glyphs.blocked
        case .subThread, .task, .background: glyphs.waiting
        case .beforeRequest: "b"
        case .afterRequest, .afterThisRequest: "a"
        case .errorHandler: "e"
        case .teardownRequest, .teardownAppContext: "t"
        case .routing: glyphs.dot
        default: glyphs.running
        }
    }

    private func role(of row: WaterfallRow) -> Role {
        switch row.content {
        case .span(let span): role(of: span)
        case .moment(let moment): moment.kind == .mark || moment.kind == .autoOptions ? .strong : .bad
        }
    }

    private func role(of span: Span) -> Role {
        if span.outcome == .raised { return .failing }
        return switch span.kind {
        case .queued: .queued
        case .await: .awaiting
        case .blocked: .blocked
        case .subThread, .task, .background: .subThread
        case .beforeRequest, .afterRequest, .afterThisRequest, .urlValuePreprocessor: .hook
        case .errorHandler: .failing
        case .teardownRequest, .teardownAppContext: .teardown
        case .view, .render, .stream: .running
        default: .faint
        }
    }

    private func drawFoot(_ trace: Trace, on frame: inout Frame, _ rect: Rect) {
        guard !rect.isEmpty else { return }
        let facts = WaterfallFacts(trace, now: model.now, isASCII: isASCII)
        frame.put(TextWidth.fit(facts.shape, rect.width, mark: glyphs.more), x: rect.x, y: rect.y, .strong, clip: rect)
        frame.put(
            TextWidth.fit(facts.polls, rect.width, mark: glyphs.more), x: rect.x, y: rect.y + 1, .faint, clip: rect)
    }
}
