// The rows of the list of requests in one lane, and the ruler above them.

internal import InspectorCore

/// Draws the list of one lane.
struct ListRows {
    /// The scale of all bars on the screen.
    struct Scale {
        let axis: Navigation.Axis
        let length: UInt64
        /// Where the bars begin; on the other axis each begins at its own.
        let start: UInt64

        func columns(count: Int, trace: Trace) -> TimeScale {
            TimeScale(start: axis == .clock ? start : trace.began, length: length, columns: count)
        }
    }

    private let model: Model
    private let lane: LaneModel
    private let scale: Scale
    private let layout: ListLayout
    private let glyphs: Glyphs

    private var isASCII: Bool { glyphs == .ascii }

    init(model: Model, lane: LaneModel, scale: Scale, layout: ListLayout) {
        self.model = model
        self.lane = lane
        self.scale = scale
        self.layout = layout
        glyphs = model.settings.glyphs
    }

    func drawRuler(on frame: inout Frame, rect: Rect) {
        let y = rect.y
        guard rect.height > 0 else { return }
        let order = model.view.order
        for place in layout.places {
            let isSorted = !order.isByNumber && order.column == place.column
            let sign = isSorted ? (order.isDescending ? glyphs.falling : glyphs.rising) : ""
            // The sign may take the column's gap.
            let room = place.width - (isSorted ? 0 : 1)
            let whole = place.column.rawValue + sign
            // A head that is cut to three letters says less than none.
            let name =
                room < 5 && TextWidth.of(text: whole) > room
                ? sign : TextWidth.fit(text: whole, width: room, mark: glyphs.more)
            let isLeft = [.number, .method, .path].contains(place.column)
            let text =
                isLeft ? (place.column == .number ? "  " : "") + name : TextWidth.padLeft(name, width: room)
            frame.put(text, x: place.x, y: y, role: isSorted ? .focus : .faint, clip: rect)
        }
        let width = layout.barWidth
        let clip = Rect(x: layout.bar, y: y, width: width, height: 1)
        let time = TimeText.short(nanoseconds: scale.length, isASCII: isASCII)
        if scale.axis == .clock {
            // Two words that touch are none: where there is little room the first is enough.
            if width > time.count { frame.put("-" + time, x: layout.bar, y: y, role: .faint, clip: clip) }
            let late = model.time.subtractingSaturated(scale.start.addingSaturated(scale.length))
            let end = late < 1_000_000_000 ? "now" : TimeText.short(nanoseconds: late, isASCII: isASCII) + " ago"
            if width > time.count + 1 + end.count {
                frame.put(end, x: layout.bar + width - end.count, y: y, role: .faint, clip: clip)
            }
        } else {
            if width >= 30 { frame.put("from its sending on", x: layout.bar, y: y, role: .faint, clip: clip) }
            let text = glyphs.arrow + time
            if TextWidth.of(text: text) <= width {
                frame.put(text, x: layout.bar + width - TextWidth.of(text: text), y: y, role: .faint, clip: clip)
            }
        }
    }

    func draw(_ trace: Trace, on frame: inout Frame, line: Rect) {
        for place in layout.places {
            let (text, role) = value(of: place.column, in: trace)
            let room = place.width - 1
            let shown =
                switch place.column {
                case .path: TextWidth.fitMiddle(text: text, width: room, mark: glyphs.more)
                case .number: TextWidth.fit(text: text, width: place.width, mark: glyphs.more)
                case .method: TextWidth.fit(text: text, width: room, mark: glyphs.more)
                default:
                    TextWidth.padLeft(
                        TextWidth.fitMiddle(text: text, width: room, mark: glyphs.more), width: room)
                }
            frame.put(shown, x: place.x, y: line.y, role: role, clip: line)
        }
        let time = scale.columns(count: layout.barWidth, trace: trace)
        if scale.axis == .clock {
            for mark in model.marks(of: lane.id, from: time.start, to: model.time) {
                guard let cells = time.cells(begin: mark.time, end: mark.time) else { continue }
                frame.put(glyphs.vertical, x: layout.bar + cells.lowerBound, y: line.y, role: .mark)
            }
        }
        if scale.axis == .clock, let done = trace.done, done < time.start {
            // It lies before what is shown.
            let ago = TimeText.short(nanoseconds: model.time.subtractingSaturated(trace.began), isASCII: isASCII)
            frame.put(
                TextWidth.fit(text: "\(glyphs.back) \(ago) ago", width: layout.barWidth, mark: glyphs.more),
                x: layout.bar, y: line.y, role: .faint, clip: line)
            return
        }
        RequestBar(trace: trace, scale: time, now: model.time, glyphs: glyphs).draw(
            on: &frame, x: layout.bar, y: line.y)
    }

    private func value(of column: ListColumn, in trace: Trace) -> (text: String, role: Role) {
        let isPending = trace.done == nil
        switch column {
        case .number:
            // A request that was accepted before the mode was changed says which it runs under.
            let isOther = trace.summary.lane.kind != lane.lane.kind
            let other = isOther ? String((trace.summary.mode?.rawValue ?? "").prefix(1)) : ""
            let note = model.notes[trace.id.number]?.sign(glyphs: glyphs) ?? ""
            return (" #\(trace.id.number)\(other)\(note)", note.isEmpty ? isPending ? .strong : .faint : .mark)
        case .method: return (trace.summary.method.madeVisible, .text)
        case .path: return (trace.summary.target.madeVisible, .text)
        case .queue:
            let queue = trace.queue(until: model.time)
            return (queue > 0 ? TimeText.short(nanoseconds: queue, isASCII: isASCII) : "-", .queued)
        case .calls: return ("\(trace.callCount)", .text)
        case .thread: return (lane.workerName(of: trace)?.madeVisible ?? "-", .faint)
        case .time:
            let taken = TimeText.short(nanoseconds: trace.response(until: model.time), isASCII: isASCII)
            return (taken, isPending ? .warning : .text)
        case .status:
            // Nobody read the answer, if there was one.
            if trace.moment(.clientGone) != nil { return ("gone", .warning) }
            if let status = trace.status { return ("\(status)", LanesScreen.role(of: status)) }
            return trace.stage == .queued ? ("wait", .queued) : ("run", .warning)
        }
    }
}
