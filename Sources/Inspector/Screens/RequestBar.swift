// One request as a bar: what it was doing, column by column.

internal import InspectorCore

/// Draws a trace on one row.
struct RequestBar {
    private let glyphs: Glyphs
    private let scale: TimeScale
    private var cells: [(text: String, role: Role)?]
    /// In which code of it could have run, and its loop ran something else.
    private var ready: [Range<UInt64>] = []

    /// Makes the bar of `trace` on `scale`, with what is pending drawn up to `now`.
    init(trace: Trace, scale: TimeScale, now: UInt64, glyphs: Glyphs) {
        self.glyphs = glyphs
        self.scale = scale
        cells = Array(repeating: nil, count: scale.columns)
        let end = trace.done ?? now
        // From the general to the particular: what is drawn later stands on top.
        fill(trace.began, end: end, text: glyphs.waiting, role: .faint, touched: true)
        for span in trace.spans {
            let spanEnd = span.end ?? now
            switch span.kind {
            case .arriving: fill(span.begin, end: spanEnd, text: glyphs.arriving, role: .queued, touched: true)
            case .queued: fill(span.begin, end: spanEnd, text: glyphs.queued, role: .queued, touched: true)
            case .view, .stream:
                if span.isAsync, fillPieces(of: span, in: trace, now: now) { break }
                fill(span.begin, end: spanEnd, text: glyphs.running, role: .running, touched: true)
            case let kind where kind.isHook:
                fill(span.begin, end: spanEnd, text: glyphs.running, role: .hook, touched: false)
            case .errorHandler: fill(span.begin, end: spanEnd, text: glyphs.running, role: .failing, touched: false)
            default: break
            }
        }
        fillWaits(trace, until: end, now: now)
        for range in ready {
            fill(range.lowerBound, end: range.upperBound, text: glyphs.scheduled, role: .warning, touched: false)
        }
        for span in trace.spans {
            switch span.kind {
            case .beforeRequest, .urlValuePreprocessor: letter(text: "b", role: .hook, at: span.begin)
            case .afterRequest, .afterThisRequest: letter(text: "a", role: .hook, at: span.begin)
            case .teardownRequest, .teardownAppContext: letter(text: "t", role: .teardown, at: span.begin)
            default: break
            }
        }
        for span in trace.spans {
            if span.outcome == .raised, span.kind != .routing, let end = span.end {
                letter(text: glyphs.error, role: .failing, at: end)
            }
            if span.kind == .errorHandler { letter(text: "e", role: .failing, at: span.begin) }
        }
    }

    /// Draws an async function by when its code ran; false where nobody knows.
    private mutating func fillPieces(of span: Span, in trace: Trace, now: UInt64) -> Bool {
        guard let pieces = LoopPieces(of: span, in: trace, until: now) else { return false }
        fill(span.begin, end: span.end ?? now, text: glyphs.idle, role: .faint, touched: true)
        for range in pieces.ran {
            fill(range.lowerBound, end: range.upperBound, text: glyphs.running, role: .running, touched: true)
        }
        ready += pieces.ready
        return true
    }

    /// Draws what is waited for over what runs.
    ///
    /// Between two long calls the column in which code runs is left to it, so that the calls can be counted. Where they
    /// are shorter than three columns that would make the bar look as if it ran half of the time: there a column
    /// belongs to what fills most of it.
    private mutating func fillWaits(_ trace: Trace, until end: UInt64, now: UInt64) {
        var covered = [Double](repeating: 0, count: scale.columns)
        var reached = scale.start
        for span in trace.spans where span.isOwnWait {
            let spanEnd = min(span.end ?? now, end)
            let look = span.kind == .await ? (glyphs.awaiting, Role.awaiting) : (glyphs.blocked, Role.blocked)
            fill(span.begin, end: spanEnd, text: look.0, role: look.1, touched: false)
            let from = scale.position(time: max(span.begin, reached))
            let to = scale.position(time: max(spanEnd, reached))
            reached = max(reached, spanEnd)
            guard scale.position(time: spanEnd) - scale.position(time: max(span.begin, scale.start)) < 3 else {
                continue
            }
            var column = Int(max(0, from))
            while column < scale.columns, Double(column) < to {
                covered[column] += min(to, Double(column + 1)) - max(from, Double(column))
                if covered[column] >= 0.5 { cells[column] = look }
                column += 1
            }
        }
    }

    /// Puts the bar into `frame`, left end at `x`.
    func draw(on frame: inout Frame, x: Int, y: Int) {
        for (column, cell) in cells.enumerated() {
            if let cell { frame.put(cell.text, x: x + column, y: y, role: cell.role) }
        }
    }

    private mutating func fill(_ begin: UInt64, end: UInt64, text: String, role: Role, touched: Bool) {
        guard let range = touched ? scale.cells(begin: begin, end: end) : scale.fullCells(begin: begin, end: end) else {
            return
        }
        for column in range { cells[column] = (text, role) }
    }

    private mutating func letter(text: String, role: Role, at time: UInt64) {
        guard let range = scale.cells(begin: time, end: time) else { return }
        cells[range.lowerBound] = (text, role)
    }
}
