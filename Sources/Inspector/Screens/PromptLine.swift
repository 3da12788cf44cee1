// What is typed or chosen: in the line above the key bar, and over the screen where it needs more room.

internal import InspectorCore

/// Draws the open prompt.
struct PromptLine {
    private let prompt: Prompt
    private let model: Model
    private let glyphs: Glyphs

    init(prompt: Prompt, model: Model) {
        self.prompt = prompt
        self.model = model
        glyphs = model.settings.glyphs
    }

    /// - Parameter body: where the screen is, over which a list or an editor lies.
    func draw(on frame: inout Frame, rect: Rect, over body: Rect) {
        switch prompt {
        case .filter(let line): draw(line, on: &frame, rect: rect)
        case .palette(let palette): draw(palette, on: &frame, rect: rect, body: body)
        case .editor(let editor): draw(editor, on: &frame, rect: rect, body: body)
        case .service(let panel): draw(panel, on: &frame, rect: rect)
        case .export(let panel): draw(panel, on: &frame, rect: rect, body: body)
        case .comment(let input): type("comment on #\(input.number): ", text: input.text, on: &frame, rect: rect)
        case .search(let text): type("search the help: ", text: text, on: &frame, rect: rect)
        case .questions(let panel):
            let all = Question.all
            say(
                " " + (model.message ?? "Answered by the requests that are kept."), on: &frame, rect: rect, x: rect.x,
                role: .faint)
            list("QUESTIONS", count: all.count, choice: panel.choice, on: &frame, body: body) { place in
                "\(all[place].number % 10)  \(all[place].text)"
            }
        case .files(let panel):
            let words =
                model.message ?? panel.words
                ?? (panel.entries.isEmpty ? "There is no traffic file in \(panel.folder.madeVisible)." : "Looking…")
            say(" " + words, on: &frame, rect: rect, x: rect.x, role: .faint)
            list("FILES", count: panel.entries.count, choice: panel.choice, on: &frame, body: body) { panel.line($0) }
        case .columns(let panel):
            let all = ListColumn.optional
            say(
                " " + (model.message ?? "The list shows what is ticked."), on: &frame, rect: rect, x: rect.x,
                role: .faint)
            list("COLUMNS", count: all.count, choice: panel.choice, on: &frame, body: body) { place in
                let isShown = model.view.columnsShown.contains(all[place])
                let name = TextWidth.pad(all[place].rawValue, width: 9)
                return "[\(isShown ? "x" : " ")] \(name) \(all[place].words)"
            }
        }
    }

    private func draw(_ input: FilterInput, on frame: inout Frame, rect: Rect) {
        var x = frame.put(" / ", x: rect.x, y: rect.y, role: .key, clip: rect)
        // What is wrong begins where the error says.
        let characters = Array(input.text.madeVisible)
        let bad = input.error.map { min($0.position, characters.count) } ?? characters.count
        x = frame.put(String(characters[..<bad]), x: x, y: rect.y, role: .strong, clip: rect)
        x = frame.put(String(characters[bad...]), x: x, y: rect.y, role: .bad, clip: rect)
        x = frame.put(glyphs.start + "  ", x: x, y: rect.y, role: .key, clip: rect)
        let rest: String
        if let message = model.message {
            rest = message
        } else if let error = input.error {
            rest = error.reason
        } else if input.text.isEmpty {
            rest = "method:POST status:5xx path:/shop/* >200ms await:api not error"
        } else if let (chosen, all) = model.matches(of: input) {
            rest = "\(chosen) of \(all)"
        } else {
            rest = ""
        }
        say(rest, on: &frame, rect: rect, x: x, role: input.error == nil ? .faint : .bad)
    }

    private func say(_ text: String, on frame: inout Frame, rect: Rect, x: Int, role: Role) {
        let room = max(0, rect.x + rect.width - x - 1)
        frame.put(
            TextWidth.fit(text: text.madeVisible, width: room, mark: glyphs.more), x: x, y: rect.y, role: role,
            clip: rect)
    }

    private func draw(_ panel: ServicePanel, on frame: inout Frame, rect: Rect) {
        guard let service = model.known.service else { return }
        var x = frame.put(" simulated API   ", x: rect.x, y: rect.y, role: .title, clip: rect)
        func knob(name: String, value: String, knob: ServicePanel.Knob) {
            let isChosen = panel.knob == knob
            x = frame.put(name + " ", x: x, y: rect.y, role: .faint, clip: rect)
            let text = isChosen ? "\(glyphs.back) \(value) \(glyphs.arrow)" : "  \(value)  "
            x = frame.put(text, x: x, y: rect.y, role: isChosen ? .focus : .text, clip: rect) + 3
        }
        knob(name: "answers later by", value: "\(service.addedMilliseconds) ms", knob: .latency)
        knob(name: "answers that fail", value: "\(service.failurePercent) %", knob: .failures)
        if let message = model.message { say(message, on: &frame, rect: rect, x: x, role: .faint) }
    }

    private func draw(_ palette: Palette, on frame: inout Frame, rect: Rect, body: Rect) {
        var x = frame.put(" : ", x: rect.x, y: rect.y, role: .key, clip: rect)
        x = frame.put(palette.text.madeVisible, x: x, y: rect.y, role: .strong, clip: rect)
        x = frame.put(glyphs.start + "  ", x: x, y: rect.y, role: .key, clip: rect)
        let found = palette.found
        let count = found.isEmpty ? "no action matches" : "\(found.count) action\(found.count == 1 ? "" : "s")"
        say(model.message ?? count, on: &frame, rect: rect, x: x, role: .faint)
        let rows = min(found.count, max(0, min(12, body.height - 2)))
        guard rows > 0 else { return }
        let list = body.splitBottom(rows + 2).bottom
        clear(rect: list, on: &frame)
        frame.box(rect: list, title: "ACTIONS", glyphs: glyphs, titleRole: .focus)
        let inside = list.inset(by: 1)
        let first = max(0, min(palette.choice - rows / 2, found.count - rows))
        for (row, place) in (first..<found.count).prefix(inside.height).enumerated() {
            let binding = found[place]
            let y = inside.y + row
            let line = Rect(x: inside.x, y: y, width: inside.width, height: 1)
            let can = binding.holds(on: model.screen)
            let keys = binding.keys.map { $0.name(glyphs: glyphs) }.joined(separator: " ")
            frame.put(
                TextWidth.fit(text: keys, width: 9, mark: glyphs.more), x: line.x + 2, y: y, role: .key, clip: line)
            frame.put(
                TextWidth.fit(text: binding.short, width: 20, mark: glyphs.more), x: line.x + 12, y: y,
                role: can ? .strong : .faint,
                clip: line)
            frame.put(
                TextWidth.fit(text: binding.long, width: max(0, line.width - 34), mark: glyphs.more), x: line.x + 33,
                y: y, role: .faint,
                clip: line)
            if place == palette.choice {
                frame.put(glyphs.pointer, x: line.x, y: y, role: .focus, clip: line)
                frame.select(row: y, in: line)
            }
        }
    }

    private func draw(_ panel: ExportPanel, on frame: inout Frame, rect: Rect, body: Rect) {
        let words = model.message ?? "Files are written into the current folder, never over another one."
        say(" " + words, on: &frame, rect: rect, x: rect.x, role: .faint)
        let all = ExportChoice.all
        let count = model.numbers.count
        list("EXPORT", count: all.count, choice: panel.choice, on: &frame, body: body) { place in
            all[place].words(number: model.current, count: count)
        }
    }

    /// A line in which something is typed.
    private func type(_ label: String, text: String, on frame: inout Frame, rect: Rect) {
        var x = frame.put(" " + label, x: rect.x, y: rect.y, role: .key, clip: rect)
        // The end of a long text is what is typed.
        let room = max(0, rect.width - TextWidth.of(text: label) - 4)
        let shown =
            TextWidth.of(text: text.madeVisible) > room ? String(text.madeVisible.suffix(room)) : text.madeVisible
        x = frame.put(shown, x: x, y: rect.y, role: .strong, clip: rect)
        frame.put(glyphs.start, x: x, y: rect.y, role: .key, clip: rect)
    }

    /// A list over the screen from which one is chosen.
    private func list(
        _ title: String, count: Int, choice: Int, on frame: inout Frame, body: Rect, words: (Int) -> String
    ) {
        let rows = min(count, max(0, body.height - 2))
        guard rows > 0 else { return }
        let list = body.splitBottom(rows + 2).bottom
        clear(rect: list, on: &frame)
        frame.box(rect: list, title: title, glyphs: glyphs, titleRole: .focus)
        let inside = list.inset(by: 1)
        let first = max(0, min(choice - rows / 2, count - rows))
        for (row, place) in (first..<count).prefix(inside.height).enumerated() {
            let line = Rect(x: inside.x, y: inside.y + row, width: inside.width, height: 1)
            frame.put(
                TextWidth.fit(text: words(place), width: line.width - 3, mark: glyphs.more), x: line.x + 2, y: line.y,
                clip: line)
            if place == choice {
                frame.put(glyphs.pointer, x: line.x, y: line.y, role: .focus, clip: line)
                frame.select(row: line.y, in: line)
            }
        }
    }

    private func draw(_ editor: RequestEditor, on frame: inout Frame, rect: Rect, body: Rect) {
        clear(rect: body, on: &frame)
        let bytes = editor.fixedBytes.map { ", and \($0) bytes of body that are no text" } ?? ""
        frame.box(
            rect: body, title: "EDIT  method and path, headers, an empty line, body\(bytes)", glyphs: glyphs,
            titleRole: .focus)
        let inside = body.inset(by: 1)
        guard !inside.isEmpty else { return }
        let first = max(0, min(editor.row - inside.height / 2, editor.lines.count - inside.height))
        for (row, place) in (first..<editor.lines.count).prefix(inside.height).enumerated() {
            let y = inside.y + row
            let isHere = place == editor.row
            let isWrong = editor.mistake?.line == place + 1
            // Shown as it is: what the user has typed himself may hold no control byte, what came with a request may.
            let characters = Array(editor.lines[place])
            let before = String(characters.prefix(isHere ? editor.column : characters.count)).madeVisible
            // A long line moves so that its cursor is seen.
            let over = max(0, TextWidth.of(text: before) - inside.width + 2)
            let start = inside.x - (isHere ? over : 0)
            let role: Role = isWrong ? .bad : place == 0 ? .strong : .text
            var x = frame.put(before, x: start, y: y, role: role, clip: inside)
            guard isHere else { continue }
            let rest = String(characters.dropFirst(editor.column)).madeVisible
            let under = rest.first.map(String.init) ?? " "
            x = frame.put(under, x: x, y: y, role: .lit, clip: inside)
            frame.put(String(rest.dropFirst()), x: x, y: y, role: role, clip: inside)
        }
        if let mistake = editor.mistake {
            say(" line \(mistake.line): \(mistake.reason)", on: &frame, rect: rect, x: rect.x, role: .bad)
        } else {
            say(
                " " + (model.message ?? "It goes to every lane on the screen."), on: &frame, rect: rect, x: rect.x,
                role: .faint)
        }
    }

    private func clear(rect: Rect, on frame: inout Frame) {
        let blank = String(repeating: " ", count: rect.width)
        for y in rect.y..<(rect.y + rect.height) { frame.put(blank, x: rect.x, y: y, clip: rect) }
    }
}
