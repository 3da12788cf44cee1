// What every key does and every mark means.

/// Draws the help.
struct HelpScreen {
    private let model: Model
    private let glyphs: Glyphs

    init(_ model: Model) {
        self.model = model
        glyphs = model.settings.glyphs
    }

    func draw(on frame: inout Frame, _ rect: Rect) {
        frame.box(rect, title: "HELP", glyphs: glyphs)
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        let lines = lines(width: inside.width - 2)
        let first = frame.scroll(lines.count, in: inside.height, wanted: model.view.scroll)
        for (row, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            let y = inside.y + row
            frame.put(line.key, x: inside.x + 1, y: y, line.role, clip: inside)
            frame.put(line.text, x: inside.x + 1 + line.indent, y: y, clip: inside)
        }
        if lines.count > inside.height + first {
            frame.put(
                " \(glyphs.more) \(lines.count - inside.height - first) more lines, down scrolls ", x: rect.x + 2,
                y: rect.y + rect.height - 1, .faint, clip: rect)
        }
    }

    private struct Line {
        var key = ""
        var text = ""
        var role = Role.text
        var indent = 16
    }

    private func lines(width: Int) -> [Line] {
        var lines: [Line] = []
        let isASCII = glyphs == .ascii
        func heading(_ text: String) {
            if !lines.isEmpty { lines.append(Line()) }
            lines.append(Line(key: text, role: .title))
        }
        func row(_ key: String, _ text: String, _ role: Role = .key) {
            for (index, part) in HelpScreen.wrap(text, width - 16).enumerated() {
                lines.append(Line(key: index == 0 ? key : "", text: part, role: role))
            }
        }
        heading("Keys")
        for binding in Keymap.bindings {
            row(binding.keys.map { $0.name(glyphs) }.joined(separator: " "), binding.long)
        }
        heading("Marks in a request's bar")
        row(glyphs.queued, "Queued: accepted, and waiting for a worker to take it.", .queued)
        row("b", "A before hook begins here.", .hook)
        row(glyphs.running, "Running: a function of the app runs, and waits for nothing.", .running)
        row(glyphs.awaiting, "Awaiting: the function's tasks are suspended on something; its loop is free.", .awaiting)
        row(glyphs.blocked, "Blocked: a call holds the worker's thread; it can do nothing else.", .blocked)
        row(glyphs.connecting, "Waiting for a connection, as a part of an external call.", .queued)
        row(glyphs.waiting, "A thread made for one call, or time between functions.", .subThread)
        row(glyphs.error, "An error was thrown here.", .failing)
        row("e", "An error handler begins.", .failing)
        row("a", "An after hook begins.", .hook)
        row("t", "A teardown begins. As in Flask it ends before the first byte is sent.", .teardown)
        row(glyphs.vertical, "On a time axis: something was changed by hand here; the newest change is named.", .mark)
        row(
            "#12s", "A request that was accepted under another mode than the lane's now: s sync, a async, n native.",
            .faint)
        heading("A waterfall")
        row(
            glyphs.idle,
            "In the bar of a function: it waits, and none of its code runs; \(glyphs.running), or its letter, where it runs.",
            .faint)
        row(
            glyphs.down + " " + glyphs.up,
            "Work goes from the worker to a sub-thread, and comes back; \(glyphs.downUp) where both fall into one column.",
            .strong)
        row(
            glyphs.critical,
            "On the critical path: what the answer waited for. Its steps have no gap and no overlap; were one shorter, the "
                + "answer would have come sooner.", .focus)
        row(
            "queue",
            "No worker was free. It is kept apart from the service, which begins when a worker takes the request.")
        row("calls", "An await was pending, or a call held the thread, and nothing else was left to do.")
        row("sub-threads", "A thread with a loop was made for an async function, or ended after it.")
        row(
            "functions",
            "Functions of the app went on, and no call of theirs: they ran, or waited for something without a name.")
        row("server", "Routing, the time between functions, the socket.")
        row(
            "busy scheduled idle",
            "Of a function's loop: some task of it ran; none ran and one was ready; all waited. They add up to the "
                + "function's time. Of a task alone: the same for this task, which is another sum.")
        row("poll", "One run of a task by its loop, from where it was resumed to where it waits again.")
        row("leaked", "It began when its request was done: the work of a bare Task {}.", .failing)
        heading("Threads")
        row("pool", "How many workers were held, at most, in each column; orange where all were.", .running)
        row("\(glyphs.running) #12", "Bars as above; a number where a request begins, if there is room.", .strong)
        heading("Numbers of a lane")
        row("in flight", "Requests accepted and not answered yet.", .strong)
        row(
            "p50 p99",
            "Half, and 99 of 100, of the requests took no longer than this, from acceptance to answer; "
                + "in this mode, since the start.", .strong)
        row("errors", "The share of the answers with status 500 or above.", .strong)
        row("done", "Requests answered in this mode, since the start.", .strong)
        row("queue", "Requests that wait for a worker now.", .strong)
        row("lost", "Requests that found no room in the log: served and counted, but not recorded.", .strong)
        row(
            "1 in 16 in detail",
            "So many requests come that only each sixteenth is kept with its spans; counts and times are of all.",
            .warning)
        row(
            "own cost",
            "The part of this process's processor time, in the last second, that recording, reading and drawing took.",
            .faint)
        row("/s", "Answers a second over the last ten seconds.", .strong)
        row("not recorded", "Requests that were served while the log was full: counted, but without a trace.", .strong)
        heading("Numbers of a route")
        row(
            "\(isASCII ? "/" : "÷") sync", "The median of this mode divided by that of sync, for the same route.",
            .strong)
        row("waits", "Awaits and blocked calls of a request, on average.", .strong)
        row("hooks", "The part of the time, from acceptance to answer, that hooks took.", .strong)
        row(
            "100\(isASCII ? "us" : "µs") to 10s",
            "How many requests took how long: each column is a class 1.6 times as long as the one before.", .strong)
        row("count errors", "Answers since the start, and those of them with status 500 or above.", .strong)
        row("p50 p90 p99 max", "Half, 90 and 99 of 100 answers took no longer than this; the longest.", .strong)
        heading("A replay")
        row("queued late", "Due, and not sent yet; sent more than 10 ms after it was due.", .strong)
        row("done failed", "Answered by every lane; given no answer at all by one: a 500 is an answer.", .strong)
        heading("Findings")
        row("warn", "Something that costs time or hides a fault; why, and what to try, stand below.", .bad)
        row("look", "The same, where it may be as it has to be: too seldom or too short to be sure.", .warning)
        row("ok", "The check found nothing in the requests that were looked at.", .good)
        heading("Modes")
        row("sync", "Each request has a worker thread; a call blocks it.", .strong)
        row(
            "async",
            "As Flask 2: each async function runs on a new sub-thread with an event loop, and the worker "
                + "waits for it. The gain is within a request: its calls can overlap.", .strong)
        row("native", "Async functions run on the connection's own event loop: no worker is held.", .strong)
        return lines
    }

    /// `text` in lines of at most `width` columns, broken at spaces.
    static func wrap(_ text: String, _ width: Int) -> [String] {
        guard width > 8 else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, TextWidth.of(line) + 1 + TextWidth.of(String(word)) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}
