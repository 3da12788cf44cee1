// All that is kept, in two rows: requests and errors over time, what was changed by hand, and where one looks.

internal import InspectorCore

/// Draws the overview.
struct OverviewStrip {
    /// Rows that it takes.
    static let rows = 2

    private let model: Model
    private let glyphs: Glyphs

    init(model: Model) {
        self.model = model
        glyphs = model.settings.glyphs
    }

    /// Whether it is worth its rows: while time is gone through, and where there is room anyway.
    static func isShown(model: Model, height: Int) -> Bool {
        guard [.lanes, .threads].contains(model.screen), model.transport?.request == nil else { return false }
        return height >= (model.isFrozen ? 14 : 34) && model.keptRange.upperBound > model.keptRange.lowerBound
    }

    func draw(on frame: inout Frame, rect: Rect) {
        guard rect.height >= OverviewStrip.rows, rect.width >= 30 else { return }
        let overview = model.overview
        let range = overview.range
        let length = range.upperBound - range.lowerBound
        let isASCII = glyphs == .ascii
        let text = TimeText.short(nanoseconds: length, isASCII: isASCII)
        let label = " all \(text) "
        let x = frame.put(label, x: rect.x, y: rect.y, role: .faint, clip: rect)
        let width = rect.x + rect.width - x - 1
        guard width >= 10 else { return }
        let scale = TimeScale(start: range.lowerBound, length: length, columns: width)
        let (begun, failed, queue) = overview.fitted(columns: width)
        let line = Array(glyphs.spark(counts: begun))
        for column in 0..<width {
            frame.put(
                failed[column] ? (line[column] == " " ? glyphs.error : String(line[column])) : String(line[column]),
                x: x + column, y: rect.y, role: failed[column] ? .bad : .good)
        }
        frame.put(" queue", x: rect.x, y: rect.y + 1, role: .faint, clip: rect)
        frame.put(glyphs.spark(counts: queue), x: x, y: rect.y + 1, role: .queued, clip: rect)
        for mark in model.known.marks {
            guard let cells = scale.cells(begin: mark.time, end: mark.time) else { continue }
            frame.put(glyphs.vertical, x: x + cells.lowerBound, y: rect.y + 1, role: .mark)
        }
        // Where one looks: the end of what is shown.
        if let cells = scale.cells(begin: model.time, end: model.time) {
            let place = min(width - 1, cells.lowerBound)
            frame.put(glyphs.vertical, x: x + place, y: rect.y, role: .cursor)
            frame.put(glyphs.vertical, x: x + place, y: rect.y + 1, role: .cursor)
        }
        frame.mark(
            Rect(x: x, y: rect.y, width: width, height: OverviewStrip.rows),
            spot: .time(from: range.lowerBound, length: length))
    }
}
