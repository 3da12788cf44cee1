// Every thread of the lanes: what it did in the last seconds, and what it does now.

internal import InspectorCore

/// Draws tracks, lane by lane.
struct ThreadsScreen {
    /// How far back the bars reach, in ns.
    static let window: UInt64 = 2_000_000_000

    private let model: Model
    private let glyphs: Glyphs

    init(_ model: Model) {
        self.model = model
        glyphs = model.glyphs
    }

    /// - Parameter isPanel: whether it is the small panel under the lanes: only threads that do something.
    func draw(on frame: inout Frame, _ rect: Rect, isPanel: Bool = false) {
        let title = "THREADS  last 2 s" + (isPanel ? "" : "  newest at the right")
        frame.box(rect, title: title, glyphs: glyphs)
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        let from = model.now > ThreadsScreen.window ? model.now - ThreadsScreen.window : 0
        var rows: [(lane: LaneModel, track: Track)] = []
        for lane in model.lanes {
            let tracks = Tracks.make(lane.traces, alive: lane.threads, from: from, now: model.now)
            for track in tracks where !isPanel || (!track.isEnded && (track.parent == nil || track.isBusy)) {
                rows.append((lane, track))
            }
        }
        if rows.isEmpty {
            frame.put(
                "No thread has run yet: workers start with the first request.", x: inside.x + 1, y: inside.y, .faint,
                clip: inside)
            return
        }
        let first = isPanel ? 0 : min(model.scroll, max(0, rows.count - inside.height))
        let nameWidth = min(24, max(12, inside.width / 5))
        let wordsWidth = min(48, max(0, inside.width * 2 / 5))
        let barWidth = max(0, inside.width - nameWidth - wordsWidth - 2)
        for (index, row) in rows.dropFirst(first).prefix(inside.height).enumerated() {
            let line = Rect(x: inside.x, y: inside.y + index, width: inside.width, height: 1)
            let name = row.track.parent == nil ? row.track.name : "  \(glyphs.bottomLeft) " + row.track.name
            let shown = model.isSideBySide && row.track.parent == nil ? "\(row.lane.mode.rawValue) \(name)" : name
            let isBusy = row.track.isBusy
            frame.put(
                TextWidth.fit(shown, nameWidth - 1, mark: glyphs.more), x: line.x, y: line.y,
                isBusy ? .strong : .faint, clip: line)
            let scale = TimeScale(start: from, length: ThreadsScreen.window, columns: barWidth)
            drawBar(row.track, scale, x: line.x + nameWidth, y: line.y, on: &frame)
            if let change = row.lane.lastChange, let cells = scale.cells(change, change) {
                frame.put(glyphs.vertical, x: line.x + nameWidth + cells.lowerBound, y: line.y, .warning, clip: line)
            }
            var words = row.track.isEnded ? "ended" : row.track.now.madeVisible
            if let since = row.track.since, isBusy, model.now > since {
                words += " " + TimeText.short(model.now - since, isASCII: glyphs == .ascii)
            }
            frame.put(
                TextWidth.fit(words, wordsWidth, mark: glyphs.more), x: line.x + nameWidth + barWidth + 2, y: line.y,
                isBusy ? .text : .faint, clip: line)
        }
        if rows.count > inside.height + first {
            let rest = rows.count - inside.height - first
            frame.put(
                " \(glyphs.more) \(rest) more threads\(isPanel ? ", t shows them" : ", down scrolls") ", x: rect.x + 2,
                y: rect.y + rect.height - 1, .faint, clip: rect)
        }
    }

    private func drawBar(_ track: Track, _ scale: TimeScale, x: Int, y: Int, on frame: inout Frame) {
        for segment in track.segments.sorted(by: { $0.depth < $1.depth }) {
            let end = segment.end ?? model.now
            guard let cells = scale.cells(max(segment.begin, scale.start), max(end, scale.start)), end >= scale.start
            else { continue }
            let (glyph, role) = look(segment.activity)
            for column in cells { frame.put(glyph, x: x + column, y: y, role) }
        }
        // Numbers over the beginnings, where there is room for them.
        var free = 0
        for segment in track.segments.sorted(by: { $0.begin < $1.begin }) where segment.depth <= 1 {
            guard segment.begin >= scale.start, let cells = scale.cells(segment.begin, segment.end ?? model.now) else {
                continue
            }
            let label = "#\(segment.request)"
            guard cells.lowerBound >= free, cells.count > label.count + 1 else { continue }
            frame.put(label, x: x + cells.lowerBound, y: y, .strong)
            free = cells.lowerBound + label.count + 1
        }
    }

    private func look(_ activity: Track.Activity) -> (String, Role) {
        switch activity {
        case .hook: (glyphs.running, .hook)
        case .running: (glyphs.running, .running)
        case .blocked: (glyphs.blocked, .blocked)
        case .awaiting: (glyphs.awaiting, .awaiting)
        case .waitingForSubThread: (glyphs.waiting, .subThread)
        case .errorHandler: ("e", .failing)
        case .teardown: ("t", .teardown)
        }
    }
}
