// What is said under the screen in full sentences: a step of the tour, or a question that was asked and its answer.

internal import InspectorCore

/// Draws them.
struct AnswerLines {
    private let lines: [(text: String, role: Role)]
    private let width: Int

    init(model: Model, width: Int) {
        self.width = width
        if let tour = model.tourText {
            lines = TextWidth.wrap(tour, width: width - 2).map { ($0.madeVisible, Role.focus) }
            return
        }
        guard let (question, answer) = model.answer else {
            lines = []
            return
        }
        let head = "Q\(question.number)  \(question.text)"
        let text = answer ?? model.lacking(for: question)
        lines =
            [(TextWidth.fit(text: head, width: width - 2, mark: model.settings.glyphs.more), Role.focus)]
            + TextWidth.wrap(text, width: width - 2).map { ($0.madeVisible, Role.strong) }
    }

    /// Rows that it wants.
    var count: Int { lines.count }

    func draw(on frame: inout Frame, rect: Rect) {
        for (row, line) in lines.prefix(rect.height).enumerated() {
            frame.put(" " + line.text, x: rect.x, y: rect.y + row, role: line.role, clip: rect)
        }
    }
}
