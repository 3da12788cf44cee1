// Puts a frame together: the head, the screen that is open, the replay, the key bar.

internal import InspectorCore

/// Draws a model.
package enum Screens {
    /// The smallest size on which a screen says something.
    static let smallest = (width: 40, height: 8)

    /// The frame for `model` at that size.
    ///
    /// Pure: the same model gives the same frame.
    package static func frame(_ model: Model, width: Int, height: Int) -> Frame {
        var frame = Frame(width: width, height: height)
        guard frame.width >= smallest.width, frame.height >= smallest.height else {
            drawCard(on: &frame)
            return frame
        }
        let (head, below) = frame.rect.splitTop(1)
        drawHead(model, on: &frame, head)
        let (bar, middle) = below.splitBottom(1)
        drawKeys(model, on: &frame, bar)
        let hasReplay = model.replay != nil
        let (foot, body) = middle.splitBottom((hasReplay ? 1 : 0) + 1)
        if let replay = model.replay { drawReplay(replay, model, on: &frame, foot.splitTop(1).top) }
        if let input = model.input {
            drawInput(input, model, on: &frame, foot.splitBottom(1).bottom)
        } else {
            drawMessage(model, on: &frame, foot.splitBottom(1).bottom)
        }
        switch model.screen {
        case .lanes:
            let threads = body.height >= 22 ? min(2 + threadRows(model), body.height / 3) : 0
            let (panel, lanes) = body.splitBottom(threads)
            LanesScreen(model).draw(on: &frame, lanes)
            if threads > 0 { ThreadsScreen(model).draw(on: &frame, panel, isPanel: true) }
        case .waterfall: WaterfallScreen(model).draw(on: &frame, body)
        case .threads: ThreadsScreen(model).draw(on: &frame, body)
        case .findings: FindingsScreen(model).draw(on: &frame, body)
        case .statistics: StatisticsScreen(model).draw(on: &frame, body)
        case .help: HelpScreen(model).draw(on: &frame, body)
        case .output: OutputScreen(model).draw(on: &frame, body)
        }
        return frame
    }

    /// How many rows the threads' panel wants: its workers and a sub-thread for each, whatever they do now, so that
    /// the panel does not jump.
    private static func threadRows(_ model: Model) -> Int {
        model.lanes.reduce(0) { sum, lane in
            sum + (lane.mode == .sync ? lane.load.workers : lane.load.workers * 2)
        }
    }

    private static func drawCard(on frame: inout Frame) {
        let lines = ["inspector", "needs 40x8", "is \(frame.width)x\(frame.height)", "q quits"]
        let top = max(0, (frame.height - lines.count) / 2)
        for (row, line) in lines.enumerated() {
            frame.put(line, x: max(0, (frame.width - line.count) / 2), y: top + row, row == 0 ? .title : .text)
        }
    }

    private static func drawHead(_ model: Model, on frame: inout Frame, _ rect: Rect) {
        var x = frame.put(" inspector ", x: rect.x, y: rect.y, .title)
        x = frame.put(" \(model.app)  ", x: x, y: rect.y, .strong, clip: rect)
        x = frame.put(model.url + "  ", x: x, y: rect.y, clip: rect)
        x =
            model.isFrozen
            ? frame.put("FROZEN  space goes on  ", x: x, y: rect.y, .warning, clip: rect)
            : frame.put("LIVE  ", x: x, y: rect.y, .good, clip: rect)
        if model.isSideBySide, model.lanes.indices.contains(model.focus) {
            let name = model.lanes[model.focus].mode.rawValue
            x = frame.put("answered by \(name)  ", x: x, y: rect.y, .focus, clip: rect)
        }
        let lost = model.lanes.reduce(0) { $0 + $1.lost.requests }
        x = frame.put("lost \(lost)  ", x: x, y: rect.y, lost > 0 ? .bad : .faint, clip: rect)
        if let filter = model.filter, let matching = model.matching {
            let text = "/ \(filter.text.madeVisible)  \(matching.count) of \(model.allNumbers.count)  "
            if x + 12 <= rect.width - 8 {
                x = frame.put(
                    TextWidth.fit(text, max(0, rect.width - 8 - x), mark: model.glyphs.more), x: x, y: rect.y, .focus,
                    clip: rect)
            }
        }
        let warnings = model.findings.filter { $0.level == .warn }.count
        if warnings > 0 {
            let text = "f: \(warnings) finding\(warnings == 1 ? "" : "s")  "
            if x + text.count + 8 <= rect.width { x = frame.put(text, x: x, y: rect.y, .warning, clip: rect) }
        }
        let help = "? help "
        if rect.width - x > 20 { frame.put(help, x: rect.width - help.count, y: rect.y, .faint) }
    }

    private static func drawReplay(_ replay: ReplayProgress, _ model: Model, on frame: inout Frame, _ rect: Rect) {
        let glyphs = model.glyphs
        let isASCII = glyphs == .ascii
        var x = frame.put(
            " \(glyphs.play) replay \(replay.name.madeVisible) ", x: rect.x, y: rect.y, .strong, clip: rect)
        let over = replay.isOver ? (replay.isStopped ? "stopped" : "over") : "running"
        var counts =
            " \(replay.sent)/\(replay.planned) \(over)  sent \(replay.sent)  queued \(replay.queued)  late \(replay.late)"
        if replay.late > 0 { counts += " (max \(TimeText.short(replay.maxLag, isASCII: isASCII)))" }
        counts += "  in flight \(replay.inFlight)  done \(replay.done)  failed \(replay.failed)"
        let room = max(0, min(30, rect.width - (x - rect.x) - TextWidth.of(counts) - 1))
        let filled = replay.planned > 0 ? room * replay.sent / replay.planned : 0
        if room >= 4 {
            x = frame.put(String(repeating: glyphs.full, count: filled), x: x, y: rect.y, .good, clip: rect)
            x = frame.put(String(repeating: glyphs.empty, count: room - filled), x: x, y: rect.y, .faint, clip: rect)
        }
        frame.put(counts, x: x, y: rect.y, replay.failed > 0 ? .bad : .text, clip: rect)
    }

    private static func drawInput(_ input: FilterInput, _ model: Model, on frame: inout Frame, _ rect: Rect) {
        var x = frame.put(" / ", x: rect.x, y: rect.y, .key, clip: rect)
        // What is wrong begins where the error says.
        let characters = Array(input.text.madeVisible)
        let bad = input.error.map { min($0.position, characters.count) } ?? characters.count
        x = frame.put(String(characters[..<bad]), x: x, y: rect.y, .strong, clip: rect)
        x = frame.put(String(characters[bad...]), x: x, y: rect.y, .bad, clip: rect)
        x = frame.put(model.glyphs.start + "  ", x: x, y: rect.y, .key, clip: rect)
        let rest: String
        if let error = input.error {
            rest = error.reason
        } else if input.text.isEmpty {
            rest = "method:POST status:5xx path:/shop/* >200ms await:api not error"
        } else if let (chosen, all) = model.matches(of: input) {
            rest = "\(chosen) of \(all)"
        } else {
            rest = ""
        }
        let room = max(0, rect.x + rect.width - x - 1)
        frame.put(
            TextWidth.fit(rest.madeVisible, room, mark: model.glyphs.more), x: x, y: rect.y,
            input.error == nil ? .faint : .bad, clip: rect)
    }

    private static func drawMessage(_ model: Model, on frame: inout Frame, _ rect: Rect) {
        guard let message = model.message else { return }
        frame.put(
            " " + TextWidth.fit(message.madeVisible, rect.width - 2, mark: model.glyphs.more), x: rect.x, y: rect.y,
            .warning, clip: rect)
    }

    private static func drawKeys(_ model: Model, on frame: inout Frame, _ rect: Rect) {
        var x = rect.x + 1
        let shown = Keymap.bindings.filter { $0.screens.contains(model.screen) && !$0.keys.isEmpty }
        // The ways out and help stay readable on a narrow screen: they are drawn first, at the right.
        let last = shown.filter { [.back, .help, .quit].contains($0.action) }
        let tail = last.map { "\($0.keys[0].name(model.glyphs)) \($0.short)" }.joined(separator: "  ") + " "
        let right = rect.x + rect.width - TextWidth.of(tail)
        for binding in shown where !last.contains(where: { $0.action == binding.action }) {
            let name = binding.keys[0].name(model.glyphs)
            let width = TextWidth.of(name) + 1 + TextWidth.of(binding.short) + 2
            guard x + width <= right else { continue }
            x = frame.put(name, x: x, y: rect.y, .key)
            x = frame.put(" \(binding.short)  ", x: x, y: rect.y)
        }
        x = max(x, right)
        for binding in last {
            x = frame.put(binding.keys[0].name(model.glyphs), x: x, y: rect.y, .key, clip: rect)
            x = frame.put(" \(binding.short)  ", x: x, y: rect.y, clip: rect)
        }
    }
}
