// The question that was asked and its answer, under the screen.

internal import InspectorCore

/// Draws an answer.
struct AnswerLines {
    private let lines: [(text: String, role: Role)]
    private let width: Int

    init(model: Model, width: Int) {
        self.width = width
        guard let (question, answer) = model.answer else {
            lines = []
            return
        }
        let head = "Q\(question.number)  \(question.text)"
        let text = answer ?? "There are too few requests yet to tell."
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
