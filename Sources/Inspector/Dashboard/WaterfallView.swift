// Which part of a waterfall is looked at: its window on time, the cursor, the selected row, the lane.

package import InspectorCore

/// Where the user is in a waterfall.
package struct WaterfallView: Sendable, Equatable {
    /// Whether bars begin where the queue ends, as the user chose; nil: where the queue is more than half of it all.
    package var choice: Bool?
    /// The part that is shown, in ns after each panel's begin; nil for the whole.
    package var window: Range<UInt64>?
    /// Where times are read off, in ns after each panel's begin; nil for nowhere.
    package var cursor: UInt64?
    /// Which of the panels has the keys.
    package var panel = 0
    /// The selected row of it: a span's number.
    package var row: SpanID?

    package init() {}
}

/// The panels of a waterfall on one scale.
package struct WaterfallGeometry {
    /// One lane's part.
    package struct Panel {
        package let lane: LaneModel
        /// The whole of what is kept: rows do not come and go while it is played.
        package let trace: Trace
        /// Where its bars begin, by `MonotonicClock`.
        package let start: UInt64
    }

    package let panels: [Panel]
    /// Whether bars begin where the queue ends.
    package let leavesQueueOut: Bool
    /// How long the longest panel is, in ns, made round.
    package let length: UInt64
    /// The part that is shown, in ns after each panel's begin.
    package let window: Range<UInt64>

    package init(model: Model) {
        var panels: [Panel] = []
        var longest: UInt64 = 0
        let traces = model.currentTraces
        leavesQueueOut =
            model.view.waterfall.choice
            ?? (model.transport == nil
                && traces.contains { _, trace in
                    // While it waits there is nothing else to show.
                    let queue = trace.queue(until: model.known.now)
                    return trace.stage != .queued && queue > trace.response(until: model.known.now) / 2
                })
        for (lane, trace) in traces {
            let began = min(trace.began, model.known.now)
            let end = max(began, trace.lastTime(until: model.known.now))
            var start = began
            if leavesQueueOut, let queued = trace.first(.queued) {
                start = min(end, max(began, queued.end ?? model.known.now))
            }
            longest = max(longest, end - start)
            panels.append(Panel(lane: lane, trace: trace, start: start))
        }
        self.panels = panels
        length = TimeText.niceCeiling(nanoseconds: max(longest, 10_000))
        if let window = model.view.waterfall.window {
            let size = max(1000, min(length, window.upperBound - window.lowerBound))
            let begin = min(window.lowerBound, length - size)
            self.window = begin..<(begin + size)
        } else {
            window = 0..<length
        }
    }

    /// The panel that has the keys.
    package func focused(view: WaterfallView) -> Panel? {
        panels.isEmpty ? nil : panels[min(max(0, view.panel), panels.count - 1)]
    }
}

extension Model {
    /// Shows half or twice as much time, around the cursor or the middle.
    mutating func zoomWaterfall(in isIn: Bool) {
        let geometry = WaterfallGeometry(model: self)
        let window = geometry.window
        let size = window.upperBound - window.lowerBound
        let wanted = isIn ? size / 2 : size.multipliedSaturated(by: 2)
        guard wanted >= 1000 else {
            message = "The screen shows one microsecond: it cannot zoom in further."
            return
        }
        guard wanted < geometry.length else {
            if view.waterfall.window == nil, !isIn { message = "This is the whole of it. z shows half." }
            view.waterfall.window = nil
            return
        }
        let middle = view.waterfall.cursor ?? window.lowerBound.addingSaturated(size / 2)
        let begin = middle > wanted / 2 ? middle - wanted / 2 : 0
        view.waterfall.window = min(begin, geometry.length - wanted)..<(min(begin, geometry.length - wanted) + wanted)
    }

    /// Moves the cursor by a column or so; the window follows it.
    mutating func moveCursor(_ direction: Int) {
        let geometry = WaterfallGeometry(model: self)
        guard !geometry.panels.isEmpty else { return }
        let window = geometry.window
        let size = window.upperBound - window.lowerBound
        let step = max(1, size / UInt64(max(20, view.columns / 2)))
        guard let cursor = view.waterfall.cursor else {
            setCursor(direction > 0 ? window.lowerBound : window.upperBound)
            return
        }
        setCursor(direction < 0 ? cursor - min(cursor, step) : min(geometry.length, cursor.addingSaturated(step)))
    }

    /// Puts the cursor at a moment, in ns after each panel's begin.
    mutating func setCursor(_ time: UInt64) {
        let geometry = WaterfallGeometry(model: self)
        let time = min(time, geometry.length)
        view.waterfall.cursor = time
        let window = geometry.window
        guard !window.contains(time), time < geometry.length || window.upperBound != geometry.length else { return }
        let size = window.upperBound - window.lowerBound
        let begin = min(time > size / 2 ? time - size / 2 : 0, geometry.length - size)
        view.waterfall.window = begin..<(begin + size)
    }

    /// Selects the row before or after, or far away.
    mutating func moveRow(_ rows: Int) {
        let geometry = WaterfallGeometry(model: self)
        guard let panel = geometry.focused(view: view.waterfall) else { return }
        let all = WaterfallRows.make(panel.trace, threadNames: panel.lane.trackNames).compactMap(\.span?.id)
        guard !all.isEmpty else { return }
        guard let row = view.waterfall.row, let place = all.firstIndex(of: row) else {
            view.waterfall.row = rows > 0 ? all.first : all.last
            return
        }
        view.waterfall.row = all[max(0, min(all.count - 1, place + max(-all.count, min(all.count, rows))))]
    }

    /// Gives the keys to the next panel.
    mutating func nextPanel() {
        let count = currentTraces.count
        guard count > 1 else {
            message = "There is one waterfall. Press s on the first screen for two lanes side by side."
            return
        }
        view.waterfall.panel = (min(view.waterfall.panel, count - 1) + 1) % count
        view.waterfall.row = nil
    }
}
