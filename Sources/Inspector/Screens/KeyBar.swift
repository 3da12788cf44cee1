// The last line: what the keys do on this screen, out of the one table of keys.

internal import InspectorCore

/// Draws the key bar.
struct KeyBar {
    private let model: Model

    init(model: Model) { self.model = model }

    func draw(on frame: inout Frame, rect: Rect) {
        guard let prompt = model.prompt else {
            drawTable(on: &frame, rect: rect)
            return
        }
        var x = rect.x + 1
        for binding in Keymap.promptBindings where binding.kinds.contains(prompt.kind) && !binding.short.isEmpty {
            let names = binding.bar.map { $0.name(glyphs: model.settings.glyphs) }
            x = frame.put(
                names.joined(separator: model.settings.glyphs == .ascii ? " " : ""), x: x, y: rect.y, role: .key,
                clip: rect)
            x = frame.put(" \(binding.short)  ", x: x, y: rect.y, clip: rect)
        }
    }

    private func drawTable(on frame: inout Frame, rect: Rect) {
        var x = rect.x + 1
        let shown = bindings
        // The ways out and help stay readable on a narrow screen: room is kept for them, at the right.
        let last = shown.filter { [.back, .help, .quit].contains($0.element.action) }
        let tail = last.map { "\(name(binding: $0.element)) \($0.element.short)" }.joined(separator: "  ") + " "
        let right = rect.x + rect.width - TextWidth.of(text: tail)
        for (place, binding) in shown where !last.contains(where: { $0.offset == place }) {
            let width = TextWidth.of(text: name(binding: binding)) + 1 + TextWidth.of(text: words(binding: binding)) + 2
            guard x + width <= right else { continue }
            x = put(binding, place: place, on: &frame, x: x, rect: rect)
        }
        x = max(x, right)
        for (place, binding) in last { x = put(binding, place: place, on: &frame, x: x, rect: rect) }
    }

    /// What is shown on this screen, with its place in the table; what moves in time first, where something does.
    private var bindings: [(offset: Int, element: Binding)] {
        var moving: [Action] = []
        if [.lanes, .threads, .statistics].contains(model.screen) {
            if model.recording != nil {
                moving = [.pause, .seekBack, .seekForward, .halfSpeed, .doubleSpeed]
            } else if let replay = model.known.replay, !replay.isOver {
                moving = [.pause]
            }
        }
        // Where no app is hosted there is no simulated API.
        let hasApp = model.known.lanes.allSatisfy { $0.lane.isHosted } || model.known.lanes.contains { $0.mode != nil }
        let takesRequests = !model.known.lanes.allSatisfy { $0.lane.isWatched }
        let all = Array(Keymap.bindings.enumerated())
        return all.filter { moving.contains($0.element.action) }
            + all.filter { _, binding in
                binding.bar.contains(model.screen) && !binding.keys.isEmpty && !moving.contains(binding.action)
                    && (hasApp || binding.action != .service)
                    && (model.known.lanes.count > 1 || binding.action != .toggleMode
                        || model.known.lanes.contains { !$0.modes.isEmpty })
                    && (binding.action != .toggleSideBySide || model.known.lanes.count > 1
                        || model.known.lanes.contains { !$0.modes.isEmpty })
                    && (takesRequests
                        || ![.burst, .replay, .toggleMode, .resend, .edit, .copy, .copyBody].contains(binding.action))
                    && (model.recording == nil || binding.action.isOfRecording && binding.action != .freeze)
            }
    }

    private func name(binding: Binding) -> String {
        // The two arrows are told as one.
        if binding.action == .earlier { return model.settings.glyphs == .ascii ? "<- ->" : "←→" }
        return binding.keys[0].name(glyphs: model.settings.glyphs)
    }

    /// What a key does now: what is held goes on.
    private func words(binding: Binding) -> String {
        let isHeld = binding.action == .pause && (model.known.replay.map { $0.isPaused && !$0.isOver } ?? false)
        switch binding.action {
        case .open where model.screen == .statistics: return "requests"
        case .open where model.screen == .lanes && model.allNumbers.isEmpty: return "send traffic"
        case .leaveQueueOut where WaterfallGeometry(model: model).leavesQueueOut: return "with queue"
        case .pause where model.recording != nil && model.transport?.isPlaying == false: return "play"
        // Of lanes elsewhere it chooses who answers.
        case .toggleMode where model.known.lanes.allSatisfy(\.modes.isEmpty): return "who answers"
        default: break
        }
        return isHeld && model.recording == nil ? "go on" : binding.short
    }

    private func put(_ binding: Binding, place: Int, on frame: inout Frame, x: Int, rect: Rect) -> Int {
        let middle = frame.put(name(binding: binding), x: x, y: rect.y, role: .key, clip: rect)
        let end = frame.put(" \(words(binding: binding))", x: middle, y: rect.y, clip: rect)
        frame.mark(Rect(x: x, y: rect.y, width: end - x, height: 1), spot: .key(place))
        return end + 2
    }
}
