// Puts a frame together: the head, the screen that is open, the replay, what is typed, the key bar.

internal import InspectorCore

/// Draws a model.
package enum Screens {
    /// The smallest size on which a screen says something.
    static let smallest = (width: 40, height: 8)

    /// The frame for `model` at that size.
    ///
    /// Pure: the same model gives the same frame.
    package static func frame(model: Model, width: Int, height: Int) -> Frame {
        var frame = Frame(width: width, height: height)
        guard frame.width >= smallest.width, frame.height >= smallest.height else {
            drawCard(on: &frame)
            return frame
        }
        let (head, below) = frame.rect.splitTop(1)
        HeadLine(model: model).draw(on: &frame, rect: head)
        let (bar, middle) = below.splitBottom(1)
        KeyBar(model: model).draw(on: &frame, rect: bar)
        let (foot, rest) = middle.splitBottom(1)
        var body = rest
        if let replay = model.known.replay {
            let (line, above) = body.splitBottom(1)
            ReplayLine(replay: replay, glyphs: model.settings.glyphs).draw(on: &frame, rect: line)
            body = above
        }
        let answer = AnswerLines(model: model, width: body.width)
        if answer.count > 0 {
            // As much of it as leaves the screen under it readable.
            let (lines, above) = body.splitBottom(min(answer.count, max(2, body.height / 3)))
            answer.draw(on: &frame, rect: lines)
            body = above
        }
        if answer.count == 0, model.screen == .lanes || model.screen == .threads, body.height >= 10,
            let conclusion = model.known.experiment.map({
                ConclusionLine(experiment: $0, glyphs: model.settings.glyphs)
            }),
            !conclusion.isEmpty
        {
            let (line, above) = body.splitBottom(1)
            conclusion.draw(on: &frame, rect: line)
            body = above
        }
        if OverviewStrip.isShown(model: model, height: body.height) {
            let (strip, above) = body.splitBottom(OverviewStrip.rows)
            OverviewStrip(model: model).draw(on: &frame, rect: strip)
            body = above
        }
        drawScreen(model, on: &frame, body: body)
        switch model.prompt {
        case nil: drawMessage(model, on: &frame, rect: foot)
        case let prompt?: PromptLine(prompt: prompt, model: model).draw(on: &frame, rect: foot, over: body)
        }
        return frame
    }

    private static func drawScreen(_ model: Model, on frame: inout Frame, body: Rect) {
        switch model.screen {
        case .lanes:
            let threads = body.height >= 22 ? min(3 + threadRows(model), body.height / 3) : 0
            let (panel, lanes) = body.splitBottom(threads)
            LanesScreen(model: model).draw(on: &frame, rect: lanes)
            if threads > 0 { ThreadsScreen(model: model).draw(on: &frame, rect: panel, isPanel: true) }
        case .waterfall: WaterfallScreen(model: model).draw(on: &frame, rect: body)
        case .details: DetailsScreen(model: model).draw(on: &frame, rect: body)
        case .threads: ThreadsScreen(model: model).draw(on: &frame, rect: body)
        case .findings: FindingsScreen(model: model).draw(on: &frame, rect: body)
        case .statistics: StatisticsScreen(model: model).draw(on: &frame, rect: body)
        case .help: HelpScreen(model: model).draw(on: &frame, rect: body)
        case .output: OutputScreen(model: model).draw(on: &frame, rect: body)
        }
    }

    /// How many rows the threads' panel wants: its workers and a sub-thread for each, whatever they do now, so that
    /// the panel does not jump.
    private static func threadRows(_ model: Model) -> Int {
        model.known.lanes.reduce(0) { sum, lane in
            let workers = lane.load?.workers ?? 4
            return sum + (lane.threads == nil ? 0 : lane.mode == .sync ? workers : workers * 2)
        }
    }

    private static func drawCard(on frame: inout Frame) {
        let lines = ["inspector", "needs 40x8", "is \(frame.width)x\(frame.height)", "q quits"]
        let top = max(0, (frame.height - lines.count) / 2)
        for (row, line) in lines.enumerated() {
            frame.put(line, x: max(0, (frame.width - line.count) / 2), y: top + row, role: row == 0 ? .title : .text)
        }
    }

    private static func drawMessage(_ model: Model, on frame: inout Frame, rect: Rect) {
        guard let message = model.message else { return }
        frame.put(
            " " + TextWidth.fit(text: message.madeVisible, width: rect.width - 2, mark: model.settings.glyphs.more),
            x: rect.x,
            y: rect.y,
            role: .warning, clip: rect)
    }
}
