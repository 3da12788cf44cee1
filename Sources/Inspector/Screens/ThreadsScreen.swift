// Every thread of the lanes: what it did in the last seconds, and what it does now; and how full each pool was.

internal import InspectorCore

/// Draws tracks, lane by lane.
struct ThreadsScreen {
    private let model: Model
    private let glyphs: Glyphs
    private let from: UInt64

    init(model: Model) {
        self.model = model
        glyphs = model.settings.glyphs
        from = model.time > model.view.threadsReach ? model.time - model.view.threadsReach : 0
    }

    /// Of how many of the newest requests ended loops are counted.
    private static let counted = 1000

    /// A line of the screen.
    private enum Row {
        case track(LaneModel, Track)
        /// The loops of a worker that have ended, as one.
        case ended(LaneModel, Track, EndedLoops)
        /// The pool's workers over time.
        case pool(LaneModel, [Trace])
        /// A lane whose threads nobody has told of.
        case unknown(LaneModel)
    }

    /// Sub-threads that have ended in the time that is shown.
    private struct EndedLoops {
        /// Whether there may be more of them.
        var isCut = false
        var count = 0
        /// How long they lived, added up, in ns.
        var time: UInt64 = 0
    }

    /// Where the columns stand.
    private struct Columns {
        let name: Int
        let words: Int
        let bar: Int

        init(_ width: Int) {
            name = min(24, max(12, width / 5))
            words = min(48, max(0, width * 2 / 5))
            bar = max(0, width - name - words - 2)
        }
    }

    /// - Parameter isPanel: whether it is the small panel under the lanes: only threads that do something.
    func draw(on frame: inout Frame, rect: Rect, isPanel: Bool = false) {
        let reach = TimeText.short(nanoseconds: model.view.threadsReach, isASCII: glyphs == .ascii)
        frame.box(
            rect: rect, title: "THREADS  last \(reach)" + (isPanel ? "" : "  newest at the right"), glyphs: glyphs)
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        let rows = rows(isPanel: isPanel)
        if rows.isEmpty {
            let areKnown = model.known.lanes.contains { $0.threads != nil }
            frame.put(
                areKnown
                    ? "No thread has run yet: workers start with the first request."
                    : "A server elsewhere has told of no thread yet: docs/watch.md says how it does.", x: inside.x + 1,
                y: inside.y, role: .faint, clip: inside)
            return
        }
        let columns = Columns(inside.width)
        let scale = TimeScale(start: from, length: model.view.threadsReach, columns: columns.bar)
        let body = isPanel ? inside : inside.splitTop(1).rest
        if !isPanel { drawRuler(scale, columns: columns, on: &frame, rect: inside) }
        let first = isPanel ? 0 : frame.scroll(rows.count, in: body.height, wanted: model.view.scroll)
        for (index, row) in rows.dropFirst(first).prefix(body.height).enumerated() {
            let line = Rect(x: body.x, y: body.y + index, width: body.width, height: 1)
            let lane: LaneModel
            switch row {
            case .track(let of, let track):
                lane = of
                draw(track, lane: lane, scale: scale, columns: columns, on: &frame, line: line)
            case .ended(let of, let track, let loops):
                lane = of
                drawEnded(track, loops: loops, scale: scale, columns: columns, on: &frame, line: line)
            case .pool(let of, let traces):
                lane = of
                drawPool(lane, traces: traces, columns: columns, on: &frame, line: line)
            case .unknown(let of):
                lane = of
                frame.put("\(lane.name): its threads are not known", x: line.x, y: line.y, role: .faint, clip: line)
            }
            for mark in model.marks(of: lane.id, from: from, to: model.time) {
                guard let cells = scale.cells(begin: mark.time, end: mark.time) else { continue }
                frame.put(
                    glyphs.vertical, x: line.x + columns.name + cells.lowerBound, y: line.y, role: .mark, clip: line)
            }
        }
        if rows.count > body.height + first {
            let rest = rows.count - body.height - first
            frame.put(
                " \(glyphs.more) \(rest) more thread\(rest == 1 ? "" : "s")\(isPanel ? ", t shows them" : ", down scrolls") ",
                x: rect.x + 2,
                y: rect.y + rect.height - 1, role: .faint, clip: rect)
        }
    }

    private func rows(isPanel: Bool) -> [Row] {
        var rows: [Row] = []
        for lane in model.known.lanes {
            if lane.threads == nil, !isPanel { rows.append(.unknown(lane)) }
            let traces = lane.traces(since: from, until: model.known.now).compactMap(model.seen)
            let tracks = Tracks.make(traces, alive: lane.threads ?? [], from: from, now: model.time, hasEnded: !isPanel)
            if !isPanel, lane.load != nil, !tracks.isEmpty { rows.append(.pool(lane, traces)) }
            let ended = isPanel ? [:] : endedLoops(of: traces)
            // Those of one worker, one after the other: of each a row would tell nothing that one row does not.
            var folded: Track?
            func close() {
                guard let track = folded, let parent = track.parent else { return }
                rows.append(.ended(lane, track, ended[parent] ?? EndedLoops()))
                folded = nil
            }
            for track in tracks where !isPanel || (!track.isEnded && (track.parent == nil || track.isBusy)) {
                if track.isEnded, track.parent != nil {
                    if folded == nil { folded = track } else { folded?.segments += track.segments }
                    continue
                }
                if track.parent == nil { close() }
                rows.append(.track(lane, track))
            }
            close()
        }
        return rows
    }

    /// By the number of the worker that waited for them.
    private func endedLoops(of traces: [Trace]) -> [UInt32: EndedLoops] {
        var all: [UInt32: EndedLoops] = [:]
        // Of thousands that takes longer than all else.
        for trace in traces.suffix(ThreadsScreen.counted) {
            let spans = trace.spans
            guard let routing = spans.firstPlace(of: .routing) else { continue }
            let worker = spans[routing].track
            for place in spans.indices where spans[place].kind == .subThread {
                guard let end = spans[place].end, end >= from else { continue }
                all[worker, default: EndedLoops()].count += 1
                let time = all[worker]?.time ?? 0
                all[worker]?.time = time.addingSaturated(end.subtractingSaturated(spans[place].begin))
            }
        }
        if traces.count > ThreadsScreen.counted { for worker in all.keys { all[worker]?.isCut = true } }
        return all
    }

    private func drawEnded(
        _ track: Track, loops: EndedLoops, scale: TimeScale, columns: Columns, on frame: inout Frame, line: Rect
    ) {
        let name = "  \(glyphs.bottomLeft) ended loops"
        frame.put(
            TextWidth.fit(text: name, width: columns.name - 1, mark: glyphs.more), x: line.x, y: line.y, role: .faint,
            clip: line)
        drawBar(track, scale: scale, x: line.x + columns.name, y: line.y, on: &frame)
        let time = TimeText.short(nanoseconds: loops.time, isASCII: glyphs == .ascii)
        let words =
            (loops.isCut ? "at least " : "") + "\(loops.count) loop\(loops.count == 1 ? "" : "s") ended, \(time) in all"
        frame.put(
            TextWidth.fit(text: words, width: columns.words, mark: glyphs.more),
            x: line.x + columns.name + columns.bar + 2, y: line.y, role: .faint, clip: line)
    }

    private func drawRuler(_ scale: TimeScale, columns: Columns, on frame: inout Frame, rect: Rect) {
        let clip = Rect(x: rect.x + columns.name, y: rect.y, width: columns.bar, height: 1)
        let isASCII = glyphs == .ascii
        let step = TimeText.niceStep(nanoseconds: model.view.threadsReach / UInt64(max(1, min(8, columns.bar / 12))))
        var back = step
        while step > 0, back < model.view.threadsReach {
            guard
                let cells = scale.cells(
                    begin: model.time - min(model.time, back), end: model.time - min(model.time, back))
            else {
                break
            }
            frame.put(
                glyphs.tick + "-" + TimeText.short(nanoseconds: back, isASCII: isASCII), x: clip.x + cells.lowerBound,
                y: rect.y,
                role: .faint, clip: clip)
            back += step
        }
        // The newest change by hand is named, the others are only marked.
        let shown = model.known.lanes.map(\.id)
        if let mark = model.known.marks.last(where: { mark in
            mark.time >= from && mark.time <= model.time && mark.lane.map(shown.contains) ?? true
        }),
            let cells = scale.cells(begin: mark.time, end: mark.time)
        {
            let width = TextWidth.of(text: mark.text)
            let isRoomy = cells.lowerBound + 1 + width <= clip.width
            let text = isRoomy ? glyphs.vertical + mark.text : mark.text + glyphs.vertical
            let x = clip.x + cells.lowerBound - (isRoomy ? 0 : width)
            frame.put(text, x: x, y: rect.y, role: .mark, clip: clip)
        }
        frame.put("thread", x: rect.x, y: rect.y, role: .faint, clip: rect)
        frame.put("now", x: rect.x + columns.name + columns.bar + 2, y: rect.y, role: .faint, clip: rect)
    }

    private func drawPool(
        _ lane: LaneModel, traces: [Trace], columns: Columns, on frame: inout Frame, line: Rect
    ) {
        let name = model.isSideBySide ? "\(lane.name) pool" : "pool"
        frame.put(
            TextWidth.fit(text: name, width: columns.name - 1, mark: glyphs.more), x: line.x, y: line.y, role: .title,
            clip: line)
        let workers = max(1, lane.load?.workers ?? 0)
        let pool = Tracks.saturation(traces: traces, workers: workers, from: from, now: model.time, count: columns.bar)
        for (column, count) in pool.held.enumerated() where count > 0 {
            let level = min(glyphs.levels.count - 1, max(0, count * glyphs.levels.count / workers - 1))
            let isFull = count >= workers
            frame.put(
                glyphs.levels[level], x: line.x + columns.name + column, y: line.y, role: isFull ? .blocked : .running,
                clip: line)
        }
        // A request is handed to a free worker within microseconds: only while all are held does it wait.
        let most = pool.full > 0 ? pool.queued.max() ?? 0 : 0
        let share = TimeText.share(Int(clamping: pool.full), of: Int(clamping: max(1, model.time - from)))
        let words = "all \(workers) busy \(share) of the time" + (most > 0 ? ", up to \(most) waited" : "")
        frame.put(
            TextWidth.fit(text: words, width: columns.words, mark: glyphs.more),
            x: line.x + columns.name + columns.bar + 2,
            y: line.y, role: most > 0 ? .warning : .faint, clip: line)
    }

    private func draw(
        _ track: Track, lane: LaneModel, scale: TimeScale, columns: Columns, on frame: inout Frame, line: Rect
    ) {
        let name = track.parent == nil ? track.name : "  \(glyphs.bottomLeft) " + track.name
        let shown = model.isSideBySide && track.parent == nil ? "\(lane.name) \(name)" : name
        frame.put(
            TextWidth.fitMiddle(text: shown, width: columns.name - 1, mark: glyphs.more), x: line.x, y: line.y,
            role: track.isBusy ? .strong : .faint, clip: line)
        drawBar(track, scale: scale, x: line.x + columns.name, y: line.y, on: &frame)
        for turn in lane.loops.first(where: { $0.name == track.name })?.turns ?? [] {
            // While it ran one thing for long, whatever else was ready waited.
            guard turn.end <= model.time,
                let cells = scale.cells(begin: turn.end.subtractingSaturated(turn.length), end: turn.end)
            else { continue }
            for column in cells {
                frame.put(
                    glyphs.scheduled, x: line.x + columns.name + column, y: line.y, role: .warning, clip: line)
            }
        }
        var words = track.isEnded ? "ended" : track.now.madeVisible
        if let since = track.since, track.isBusy, model.time > since {
            words += " " + TimeText.short(nanoseconds: model.time - since, isASCII: glyphs == .ascii)
        }
        let loop = model.transport == nil ? lane.loops.first { $0.name == track.name } : nil
        if let lag = loop?.lag, lag.longest > 0 { words = lag.words(isASCII: glyphs == .ascii) + "  " + words }
        frame.put(
            TextWidth.fit(text: words, width: columns.words, mark: glyphs.more),
            x: line.x + columns.name + columns.bar + 2,
            y: line.y, role: loop?.lag.isHarmful == true ? .warning : track.isBusy ? .text : .faint, clip: line)
    }

    private func drawBar(_ track: Track, scale: TimeScale, x: Int, y: Int, on frame: inout Frame) {
        // Under a flood a track has thousands of pieces: each column is put once, whatever stood there before.
        var columns = [Track.Activity?](repeating: nil, count: scale.columns)
        var labels: [(cells: Range<Int>, request: UInt64)] = []
        for depth in 0...3 {
            for segment in track.segments where segment.depth == depth {
                let end = segment.end ?? model.time
                guard end >= scale.start,
                    let cells = scale.cells(begin: max(segment.begin, scale.start), end: max(end, scale.start))
                else { continue }
                for column in cells { columns[column] = segment.activity }
                if depth <= 1, cells.count > 3, segment.begin >= scale.start {
                    labels.append((cells, segment.request))
                }
            }
        }
        for (column, activity) in columns.enumerated() {
            guard let activity else { continue }
            let (glyph, role) = look(activity)
            frame.put(glyph, x: x + column, y: y, role: role)
        }
        // Numbers over the beginnings, where there is room for them.
        var free = 0
        for (cells, request) in labels.sorted(by: { $0.cells.lowerBound < $1.cells.lowerBound }) {
            let label = "#\(request)"
            guard cells.lowerBound >= free, cells.count > label.count + 1 else { continue }
            frame.put(label, x: x + cells.lowerBound, y: y, role: .strong)
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
        case .idle: (glyphs.idle, .faint)
        }
    }
}
