// The last line: what the keys do on this screen, out of the one table of keys.

internal import InspectorCore

/// Draws the key bar.
struct KeyBar {
    private let model: Model

    init(_ model: Model) { self.model = model }

    func draw(on frame: inout Frame, _ rect: Rect) {
        let keys: [(name: String, short: String, place: Int?)]
        switch model.prompt {
        case .filter: keys = [(Key.enter.name(model.glyphs), "take", nil), ("^U", "empty", nil), ("esc", "leave", nil)]
        case .export: keys = [(Key.enter.name(model.glyphs), "write it", nil), ("esc", "leave", nil)]
        case .palette: keys = [(Key.enter.name(model.glyphs), "do it", nil), ("esc", "leave", nil)]
        case .editor: keys = [("^R", "send", nil), ("^U", "empty the line", nil), ("esc", "do not send", nil)]
        case .service:
            let isASCII = model.glyphs == .ascii
            keys = [
                (isASCII ? "Left Right" : "←→", "less, more", nil), (isASCII ? "Up Down" : "↑↓", "the other", nil),
                ("0", "as it was", nil), ("esc", "leave", nil),
            ]
        case nil:
            drawTable(on: &frame, rect)
            return
        }
        var x = rect.x + 1
        for key in keys {
            x = frame.put(key.name, x: x, y: rect.y, .key, clip: rect)
            x = frame.put(" \(key.short)  ", x: x, y: rect.y, clip: rect)
        }
    }

    private func drawTable(on frame: inout Frame, _ rect: Rect) {
        var x = rect.x + 1
        let shown = bindings
        // The ways out and help stay readable on a narrow screen: room is kept for them, at the right.
        let last = shown.filter { [.back, .help, .quit].contains($0.element.action) }
        let tail = last.map { "\(name($0.element)) \($0.element.short)" }.joined(separator: "  ") + " "
        let right = rect.x + rect.width - TextWidth.of(tail)
        for (place, binding) in shown where !last.contains(where: { $0.offset == place }) {
            let width = TextWidth.of(name(binding)) + 1 + TextWidth.of(binding.short) + 2
            guard x + width <= right else { continue }
            x = put(binding, place, on: &frame, x, rect)
        }
        x = max(x, right)
        for (place, binding) in last { x = put(binding, place, on: &frame, x, rect) }
    }

    /// What is shown on this screen, with its place in the table; what moves in time first, where something does.
    private var bindings: [(offset: Int, element: Binding)] {
        var moving: [Action] = []
        if [.lanes, .threads, .statistics].contains(model.screen) {
            if model.recording != nil {
                moving = [.pause, .seekBack, .seekForward, .halfSpeed, .doubleSpeed]
            } else if let replay = model.replay, !replay.isOver {
                moving = [.pause]
            }
        }
        let all = Array(Keymap.bindings.enumerated())
        return all.filter { moving.contains($0.element.action) }
            + all.filter { _, binding in
                binding.bar.contains(model.screen) && !binding.keys.isEmpty && !moving.contains(binding.action)
                    && (model.recording == nil || binding.action.isOfRecording && binding.action != .freeze)
            }
    }

    private func name(_ binding: Binding) -> String {
        // The two arrows are told as one.
        if binding.action == .earlier { return model.glyphs == .ascii ? "<- ->" : "←→" }
        return binding.keys[0].name(model.glyphs)
    }

    private func put(_ binding: Binding, _ place: Int, on frame: inout Frame, _ x: Int, _ rect: Rect) -> Int {
        let middle = frame.put(name(binding), x: x, y: rect.y, .key, clip: rect)
        let end = frame.put(" \(binding.short)", x: middle, y: rect.y, clip: rect)
        frame.mark(Rect(x: x, y: rect.y, width: end - x, height: 1), .key(place))
        return end + 2
    }
}
