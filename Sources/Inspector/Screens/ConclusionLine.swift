// What the last replay or burst came to, lane against lane, in the line under the lists.

internal import InspectorCore

/// Draws the conclusion.
struct ConclusionLine {
    private let experiment: Experiment
    private let glyphs: Glyphs

    init(experiment: Experiment, glyphs: Glyphs) {
        self.experiment = experiment
        self.glyphs = glyphs
    }

    /// Whether there is something to conclude yet.
    var isEmpty: Bool { sentence(.least) == nil }

    func draw(on frame: inout Frame, rect: Rect) {
        let sentences = Experiment.Length.allCases.compactMap(sentence)
        let room = rect.width - 2
        guard let text = sentences.first(where: { TextWidth.of(text: $0) <= room }) ?? sentences.last else { return }
        frame.put(
            " " + TextWidth.fit(text: text, width: room, mark: glyphs.more), x: rect.x, y: rect.y, role: .strong,
            clip: rect)
    }

    private func sentence(_ length: Experiment.Length) -> String? {
        let isASCII = glyphs == .ascii
        return experiment.sentence(
            length: length, dot: isASCII ? "|" : "·", times: isASCII ? "x" : "×",
            atMost: isASCII ? "<=" : "≤"
        ) {
            TimeText.short(nanoseconds: $0, isASCII: isASCII)
        }?.madeVisible
    }
}
