// What a request brought and what it was answered, its log lines, and how to send it again.

internal import InspectorCore

/// Draws the details of the current request.
struct DetailsScreen {
    private let model: Model
    private let glyphs: Glyphs

    init(model: Model) {
        self.model = model
        glyphs = model.settings.glyphs
    }

    func draw(on frame: inout Frame, rect: Rect) {
        let number = model.current.map { "#\($0)" } ?? ""
        frame.box(rect: rect, title: "DETAILS  \(number)", glyphs: glyphs)
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        let lines = DetailsText(model: model, width: max(20, inside.width - 2)).lines
        let first = frame.scroll(lines.count, in: inside.height, wanted: model.view.scroll)
        for (row, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            let x = frame.put(line.name, x: inside.x + 1, y: inside.y + row, role: .key, clip: inside)
            frame.put(
                line.text, x: line.name.isEmpty ? inside.x + 1 : x, y: inside.y + row, role: line.role, clip: inside)
        }
        if lines.count > inside.height + first {
            frame.put(
                " \(glyphs.more) \(lines.count - inside.height - first) more lines, down scrolls ", x: rect.x + 2,
                y: rect.y + rect.height - 1, role: .faint, clip: rect)
        }
    }
}

/// The lines of it.
struct DetailsText {
    /// A line with a name before it, perhaps.
    struct Line {
        var name = ""
        var text = ""
        var role = Role.text
    }

    private(set) var lines: [Line] = []
    private let model: Model
    private let width: Int

    init(model: Model, width: Int) {
        self.model = model
        self.width = width
        guard let first = model.currentTraces.first else {
            add("The request is no longer kept.", role: .warning)
            return
        }
        if let note = model.notes[first.trace.id.number] {
            heading(text: "NOTE")
            add(note.comment.isEmpty ? "marked" : note.comment, role: .mark)
        }
        guard let exchange = model.known.exchanges.values.first else {
            heading(text: "REQUEST")
            add("\(first.trace.summary.method) \(first.trace.summary.target)", role: .strong)
            if first.lane.lane.isWatched {
                add("(what others send to a service is not seen: only what its spans tell)", role: .faint)
            } else {
                add(
                    "Its heads and bodies are no longer kept: they are let go before the request itself is.",
                    role: .warning)
            }
            addErrors()
            addLog()
            addTraces()
            addTold()
            return
        }
        heading(text: "REQUEST")
        add("\(exchange.method) \(exchange.target)", role: .strong)
        addHeaders(exchange.requestHeaders)
        addBody(exchange.requestBody, headers: exchange.requestHeaders)
        addAnswers()
        addErrors()
        addLog()
        addTraces()
        addTold()
        heading(text: "AS CURL  y copies it")
        wrapped(text: model.command(for: exchange).text)
    }

    private mutating func heading(text: String) {
        if !lines.isEmpty { lines.append(Line()) }
        lines.append(Line(text: text, role: .title))
    }

    private mutating func add(_ text: String, role: Role = .text) {
        lines.append(
            Line(
                text: TextWidth.fit(text: text.madeVisible, width: width, mark: model.settings.glyphs.more), role: role)
        )
    }

    /// A long text in lines of the screen's width, broken anywhere.
    private mutating func wrapped(text: String, role: Role = .text) {
        var line = ""
        var used = 0
        for character in text.madeVisible {
            let next = TextWidth.of(character: character)
            if used + next > width {
                lines.append(Line(text: line, role: role))
                line = ""
                used = 0
            }
            line.append(character)
            used += next
        }
        lines.append(Line(text: line, role: role))
    }

    private mutating func addHeaders(_ headers: Headers) {
        for field in headers.fields {
            let name = field.name.madeVisible + ": "
            let room = max(8, width - TextWidth.of(text: name))
            lines.append(
                Line(
                    name: name,
                    text: TextWidth.fit(text: field.value.madeVisible, width: room, mark: model.settings.glyphs.more)))
        }
    }

    private mutating func addBody(_ body: Exchange.Body, headers: Headers) {
        guard let length = body.length else {
            add("(the body was streamed, and is not kept)", role: .faint)
            return
        }
        guard length > 0 else {
            add("(no body)", role: .faint)
            return
        }
        lines.append(Line())
        let text = BodyText(bytes: body.bytes, contentType: headers["Content-Type"], isWhole: body.isWhole)
        for line in text.lines.prefix(DetailsText.bodyLines) { add(line) }
        let rest = text.lines.count - min(text.lines.count, DetailsText.bodyLines)
        if rest > 0 { add("(\(rest) more lines)", role: .faint) }
        add(
            "(\(length) bytes, \(text.kind)\(body.isWhole ? "" : "; the first \(body.bytes.count) are kept"))",
            role: .faint)
    }

    /// The ids by which other tools find the request: lanes that were given the same one have traces of their own, unless
    /// it brought one along.
    private mutating func addTraces() {
        heading(text: "TRACE")
        for (lane, trace) in model.currentTraces {
            let context = trace.summary.context
            let parent = context.parentID == 0 ? "" : "  called by span \(TraceContext.hex(number: context.parentID))"
            let name = model.isSideBySide ? lane.name + ": " : ""
            lines.append(
                Line(
                    name: name,
                    text: TextWidth.fit(
                        text: "\(context.traceIDText)  span \(TraceContext.hex(number: context.spanID))\(parent)",
                        width: max(8, width - TextWidth.of(text: name)), mark: model.settings.glyphs.more)))
        }
    }

    /// What servers elsewhere said of their spans.
    private mutating func addTold() {
        for (lane, trace) in model.currentTraces {
            let told = ToldText(trace: trace, isASCII: model.settings.glyphs == .ascii)
            guard !told.lines.isEmpty else { continue }
            heading(text: "TOLD BY ITS SPANS" + (model.isSideBySide ? "  \(lane.name)" : ""))
            for line in told.lines {
                let name = String(repeating: " ", count: line.indent) + line.name.madeVisible
                let room = max(8, width - TextWidth.of(text: name))
                lines.append(
                    Line(
                        name: TextWidth.fit(text: name, width: width, mark: model.settings.glyphs.more),
                        text: TextWidth.fit(
                            text: line.text.madeVisible, width: room, mark: model.settings.glyphs.more),
                        role: line.isFaint ? .faint : .text))
            }
        }
    }

    /// How many lines of a body are shown.
    private static let bodyLines = 400

    /// The answers of the lanes; where they are the same it is said once.
    private mutating func addAnswers() {
        var known: Exchange?
        for (lane, trace) in model.currentTraces {
            let name = trace.summary.lane.name.madeVisible
            guard let exchange = model.known.exchanges[lane.id], let status = exchange.status else {
                heading(text: "ANSWER  \(name)")
                add(trace.done == nil ? "(it is not answered yet)" : "(it is no longer kept)", role: .faint)
                continue
            }
            if let known, known.status == status, known.responseBody == exchange.responseBody,
                known.responseHeaders == exchange.responseHeaders
            {
                heading(text: "ANSWER  \(name)")
                add("(the same, to the byte)", role: .faint)
                continue
            }
            known = known ?? exchange
            heading(text: "ANSWER  \(name)")
            add("\(status) \(HTTPStatus.name(of: status))", role: LanesScreen.role(of: status))
            addHeaders(exchange.responseHeaders)
            addBody(exchange.responseBody, headers: exchange.responseHeaders)
        }
    }

    /// What was thrown, in words, by which function, and who handled it.
    ///
    /// Where lanes say the same, it is said once.
    private mutating func addErrors() {
        var known: [String] = []
        for (lane, trace) in model.currentTraces {
            let errors = trace.errors
            let words = errors.map { "\($0.words) \($0.place)" }
            guard !errors.isEmpty, words != known else { continue }
            known = words
            heading(text: "ERRORS" + (model.isSideBySide ? "  \(lane.name)" : ""))
            for error in errors {
                wrapped(text: error.words, role: .bad)
                add("  " + error.place, role: .faint)
                for frame in error.frames {
                    add("    at \(frame.function)" + (frame.place.isEmpty ? "" : "  \(frame.place)"))
                }
            }
        }
    }

    private mutating func addLog() {
        heading(text: "LOG")
        let lines = model.linesOfCurrent
        guard !lines.isEmpty else {
            let isElsewhere = model.currentTraces.allSatisfy { !$0.lane.lane.isHosted }
            add(
                isElsewhere
                    ? "(what a server elsewhere logs is not seen from here)" : "(it logged and printed nothing)",
                role: .faint)
            return
        }
        for (mode, offset, line) in lines {
            let after = TimeText.padLeft(TimeText.short(nanoseconds: offset, isASCII: model.settings.glyphs == .ascii))
            let room = max(8, width - 9 - mode.count - 1)
            self.lines.append(
                Line(
                    name: "\(after) \(mode) ",
                    text: TextWidth.fit(text: line.text.madeVisible, width: room, mark: model.settings.glyphs.more),
                    role: line.isError ? .warning : .text))
        }
    }
}

extension TraceError {
    /// Who threw it, and what became of it.
    var place: String {
        let name = thrower.map { "thrown by " + WaterfallRows.name(of: $0) } ?? "thrown"
        switch fate {
        case .handled(let handler): return name + ", handled by " + WaterfallRows.name(of: handler)
        case .answered: return name + ", which is an answer of its own"
        case .unhandled: return name + ", handled by nobody: a 500 was made of it"
        case .propagated: return name + ", and left the app"
        }
    }
}

extension TimeText {
    /// A time at the right of eight columns.
    fileprivate static func padLeft(_ text: String) -> String { TextWidth.padLeft(text, width: 8) }
}

extension Model {
    /// The lines that the current request's code logged, and those printed while it alone was running: with its mode,
    /// and how long after its client began, in ns.
    var linesOfCurrent: [(mode: String, offset: UInt64, line: OutputLine)] {
        currentTraces.flatMap { lane, trace -> [(mode: String, offset: UInt64, line: OutputLine)] in
            let began = trace.began
            let end = trace.lastTime(until: known.now)
            return known.output.compactMap { line in
                guard line.time >= began else { return nil }
                let isOwn =
                    line.isLogged
                    ? line.request == trace.id : line.time <= end && runningAlone(at: line.time) == trace.id
                guard isOwn else { return nil }
                return (trace.summary.lane.name.madeVisible, line.time - began, line)
            }
        }
    }

    /// The only request that ran at that moment: what is printed then can be its alone; nil when there were more.
    func runningAlone(at time: UInt64) -> RequestID? {
        var found: RequestID?
        for lane in known.lanes {
            for trace in lane.traces.reversed() {
                guard trace.summary.accepted <= time, trace.lastTime(until: known.now) >= time else { continue }
                if let queue = trace.first(.queued), (queue.end ?? .max) > time { continue }
                guard found == nil else { return nil }
                found = trace.id
            }
        }
        return found
    }
}
