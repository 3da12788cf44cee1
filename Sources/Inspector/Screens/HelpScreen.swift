// What every key does and every mark means: of the screen one comes from first. What is searched for is lit.

internal import InspectorCore

/// Draws the help.
struct HelpScreen {
    private let model: Model
    private let glyphs: Glyphs

    init(model: Model) {
        self.model = model
        glyphs = model.settings.glyphs
    }

    func draw(on frame: inout Frame, rect: Rect) {
        let search = model.view.helpSearch
        let lines = HelpText.lines(of: model, width: rect.width - 4)
        let found = search.isEmpty ? "" : "  \(lines.count { $0.holds(search) }) lines with \(search.madeVisible)"
        frame.box(rect: rect, title: "HELP  / searches" + found, glyphs: glyphs)
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        let first = frame.scroll(lines.count, in: inside.height, wanted: model.view.scroll)
        for (row, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            let y = inside.y + row
            let isFound = !search.isEmpty && line.holds(search)
            frame.put(line.key, x: inside.x + 1, y: y, role: line.role, clip: inside)
            frame.put(line.text, x: inside.x + 1 + line.indent, y: y, role: isFound ? .focus : .text, clip: inside)
            if isFound { frame.put(glyphs.pointer, x: inside.x, y: y, role: .focus, clip: inside) }
        }
        if lines.count > inside.height + first {
            frame.put(
                " \(glyphs.more) \(lines.count - inside.height - first) more lines, down scrolls ", x: rect.x + 2,
                y: rect.y + rect.height - 1, role: .faint, clip: rect)
        }
    }
}
