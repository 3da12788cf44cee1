// One request, span by span, growing while it is pending. In several lanes: one above the other, one ruler and scale.

internal import InspectorCore

/// Draws the waterfall of the current request.
struct WaterfallScreen {
    private let model: Model
    private let glyphs: Glyphs

    init(model: Model) {
        self.model = model
        glyphs = model.settings.glyphs
    }

    func draw(on frame: inout Frame, rect: Rect) {
        let geometry = WaterfallGeometry(model: model)
        guard !geometry.panels.isEmpty else {
            frame.box(rect: rect, title: "WATERFALL", glyphs: glyphs)
            let text =
                model.current.map { "Request #\($0) is no longer kept. esc goes back to the list." }
                ?? "There is no request yet. Press b for a burst, then esc and choose one."
            frame.put(text, x: rect.x + 2, y: rect.y + 2, role: .warning, clip: rect.inset(by: 1))
            return
        }
        let words = WaterfallWords(model: model, geometry: geometry)
        let sentences = words.below
        // One sentence may take two lines; several take one each.
        let wrapped = sentences.count == 1 ? TextWidth.wrap(sentences[0], width: rect.width - 2) : sentences
        let below = wrapped.prefix(rect.height >= 16 ? max(2, sentences.count) : 1)
        let (foot, body) = rect.splitBottom(below.count)
        for (row, line) in below.enumerated() {
            frame.put(
                " " + TextWidth.fit(text: line, width: rect.width - 2, mark: glyphs.more), x: foot.x, y: foot.y + row,
                role: .cursor,
                clip: foot)
        }
        let comparisons = geometry.panels.indices.dropFirst().map { index -> [String] in
            guard body.height >= 20, let text = words.comparison(of: index) else { return [] }
            let lines = TextWidth.wrap(text, width: rect.width - 2)
            guard lines.count > 2 else { return lines }
            // A sentence that finds no room ends in a mark, not as if it were over.
            let rest = lines.dropFirst().joined(separator: " ")
            return [lines[0], TextWidth.fit(text: rest, width: rect.width - 2, mark: glyphs.more)]
        }
        let room = body.height - comparisons.reduce(0) { $0 + $1.count }
        let panels = geometry.panels.indices.map { WaterfallPanel(model: model, geometry: geometry, index: $0) }
        let heights = heights(wanted: panels.map(\.wantedHeight), room: room)
        var rest = body
        for (index, panel) in panels.enumerated() {
            if index > 0 {
                let lines = comparisons[index - 1]
                let (strip, under) = rest.splitTop(lines.count)
                for (row, line) in lines.enumerated() {
                    frame.put(" " + line, x: strip.x, y: strip.y + row, role: .focus, clip: strip)
                }
                rest = under
            }
            let (part, under) = rest.splitTop(index == panels.count - 1 ? rest.height : heights[index])
            rest = under
            panel.draw(on: &frame, rect: part)
        }
    }

    /// Shares the rows among the panels: who needs less than an equal part gets that, and the others what is left, equally.
    ///
    /// By need alone a request that waits, with its few rows, would have none beside one that has done much.
    private func heights(wanted: [Int], room: Int) -> [Int] {
        var heights = wanted
        var left = room
        for (place, index) in wanted.indices.sorted(by: { (wanted[$0], $0) < (wanted[$1], $1) }).enumerated() {
            heights[index] = max(3, min(wanted[index], left / (wanted.count - place)))
            left -= heights[index]
        }
        return heights
    }
}
