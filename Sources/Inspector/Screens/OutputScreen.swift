// What the app has printed and logged while the screen was up.

internal import InspectorCore

/// Draws the caught lines, newest last.
struct OutputScreen {
    private let model: Model

    init(model: Model) { self.model = model }

    func draw(on frame: inout Frame, rect: Rect) {
        frame.box(
            rect: rect, title: "OUTPUT  what this process printed and logged, newest last",
            glyphs: model.settings.glyphs)
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        if model.known.output.isEmpty {
            frame.put("Nothing was printed or logged yet.", x: inside.x + 1, y: inside.y, role: .faint, clip: inside)
        }
        let back = frame.scroll(model.known.output.count, in: inside.height, wanted: model.view.scroll)
        let last = max(0, model.known.output.count - back)
        for (row, line) in model.known.output[..<last].suffix(inside.height).enumerated() {
            let age = model.known.now > line.time ? model.known.now - line.time : 0
            let y = inside.y + row
            frame.put(
                TextWidth.padLeft(
                    "-" + TimeText.short(nanoseconds: age, isASCII: model.settings.glyphs == .ascii), width: 8),
                x: inside.x,
                y: y,
                role: .faint, clip: inside)
            let request = line.request.map { "#\($0.number)" } ?? ""
            frame.put(TextWidth.padLeft(request, width: 7), x: inside.x + 9, y: y, role: .strong, clip: inside)
            frame.put(
                line.text.madeVisible, x: inside.x + 18, y: y, role: line.isError ? .warning : .text, clip: inside)
        }
    }
}
