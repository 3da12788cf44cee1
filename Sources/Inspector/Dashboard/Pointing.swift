// What the mouse means: a click selects, again opens; the wheel scrolls; dragging moves the cursor on a time axis.

internal import InspectorCore

extension Model {
    /// Takes what the mouse did on `frame`, the one that is on the screen.
    package mutating func point(mouse: Key.Mouse, on frame: Frame) -> [Effect] {
        switch mouse.kind {
        case .wheelUp: return update(.up)
        case .wheelDown: return update(.down)
        case .press, .drag: break
        }
        guard let (spot, rect) = frame.spot(x: mouse.x, y: mouse.y) else { return [] }
        switch spot {
        case .key(let place):
            guard mouse.kind == .press, Keymap.bindings.indices.contains(place) else { return [] }
            return update(Keymap.bindings[place].action)
        case .replay:
            guard let replay = known.replay, !replay.isOver, replay.length > 0 else { return [] }
            let wanted = Double(mouse.x - rect.x) / Double(max(1, rect.width - 1))
            let time = UInt64(saturating: max(0, min(1, wanted)) * Double(replay.length))
            message =
                "The replay goes on from \(TimeText.short(nanoseconds: time)) of "
                + "\(TimeText.short(nanoseconds: replay.length))."
            return [.host(.seekReplay(wanted - Double(replay.time) / Double(replay.length)))]
        case .time(let from, let length):
            guard rect.width > 0 else { return [] }
            if screen != .waterfall {
                let part = Double(mouse.x - rect.x) / Double(max(1, rect.width - 1))
                goTo(from.addingSaturated(UInt64(saturating: max(0, min(1, part)) * Double(length))))
                return []
            }
            // The middle of the column, which is that column's again when the cursor is drawn.
            let part = (Double(mouse.x - rect.x) + 0.5) / Double(rect.width)
            setCursor(from.addingSaturated(UInt64(saturating: part * Double(length))))
            return []
        case .item(let number, let panel):
            guard mouse.kind == .press else { return [] }
            return choose(number, panel: panel, row: mouse.y - (frame.firstItemRow ?? mouse.y))
        }
    }

    /// - Parameter row: where in the list that was clicked: there it stays.
    private mutating func choose(_ number: UInt64, panel: Int, row: Int) -> [Effect] {
        switch screen {
        case .lanes:
            if view.selected == number { return update(.open) }
            view.selected = number
            view.row = row
        case .waterfall:
            let row = SpanID(rawValue: UInt32(clamping: number))
            if view.waterfall.row == row, view.waterfall.panel == panel { return update(.details) }
            view.waterfall.panel = panel
            view.waterfall.row = row
        case .findings:
            if view.finding == Int(clamping: number) { return update(.open) }
            view.finding = Int(clamping: number)
        case .statistics:
            let lines = routeLines
            guard lines.indices.contains(Int(clamping: number)) else { break }
            if view.routes.selected == lines[Int(clamping: number)].key { return update(.open) }
            view.routes.selected = lines[Int(clamping: number)].key
        default: break
        }
        return []
    }
}
