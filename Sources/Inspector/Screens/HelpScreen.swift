// What every key does and every mark means.

/// Draws the help.
struct HelpScreen {
    private let model: Model
    private let glyphs: Glyphs

    init(model: Model) {
        self.model = model
        glyphs = model.settings.glyphs
    }

    func draw(on frame: inout Frame, rect: Rect) {
        frame.box(rect: rect, title: "HELP", glyphs: glyphs)
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        let lines = lines(width: inside.width - 2)
        let first = frame.scroll(lines.count, in: inside.height, wanted: model.view.scroll)
        for (row, line) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            let y = inside.y + row
            frame.put(line.key, x: inside.x + 1, y: y, role: line.role, clip: inside)
            frame.put(line.text, x: inside.x + 1 + line.indent, y: y, clip: inside)
        }
        if lines.count > inside.height + first {
            frame.put(
                " \(glyphs.more) \(lines.count - inside.height - first) more lines, down scrolls ", x: rect.x + 2,
                y: rect.y + rect.height - 1, role: .faint, clip: rect)
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
        func heading(text: String) {
            if !lines.isEmpty { lines.append(Line()) }
            lines.append(Line(key: text, role: .title))
        }
        func row(key: String, text: String, role: Role = .key) {
            for (index, part) in HelpScreen.wrap(text, width: width - 16).enumerated() {
                lines.append(Line(key: index == 0 ? key : "", text: part, role: role))
            }
        }
        heading(text: "Keys")
        for binding in Keymap.bindings {
            row(key: binding.keys.map { $0.name(glyphs: glyphs) }.joined(separator: " "), text: binding.long)
        }
        heading(text: "Marks in a request's bar")
        row(
            key: glyphs.arriving, text: "Arriving: sent, and not read by its server yet.", role: .queued)
        row(key: glyphs.queued, text: "Queued: accepted, and waiting for a worker to take it.", role: .queued)
        row(key: glyphs.running, text: "Running: a function of the app runs, and waits for nothing.", role: .running)
        row(
            key: glyphs.awaited.joined(),
            text: "Awaiting: one call, or up to five and more at once; meanwhile the loop is free for others.",
            role: .awaiting)
        row(
            key: glyphs.blocked, text: "Blocked: a call holds the worker's thread; it can do nothing else.",
            role: .blocked)
        row(
            key: glyphs.scheduled,
            text: "Scheduled: what it waited for was there, and its loop ran something else.", role: .warning)
        row(key: glyphs.connecting, text: "Waiting for a connection, as a part of an external call.", role: .queued)
        row(key: glyphs.waiting, text: "A thread made for one call, or time between functions.", role: .subThread)
        row(key: glyphs.error, text: "An error was thrown here.", role: .failing)
        row(key: glyphs.seam, text: "The next of several calls in a row begins.", role: .blocked)
        row(
            key: "b e a t",
            text:
                "In a waterfall: a before hook, an error handler, an after hook, a teardown. As in Flask a teardown ends "
                + "before the first byte is sent.", role: .hook)
        row(key: glyphs.answers, text: "This lane answers the public address.", role: .focus)
        row(
            key: glyphs.vertical,
            text: "On a time axis: something was changed by hand here; the newest change is named.", role: .mark)
        row(
            key: "#12s",
            text: "A request that was accepted under another mode than the lane's now: s sync, a async, n native.",
            role: .faint)
        heading(text: "A waterfall")
        row(
            key: glyphs.idle,
            text:
                "In the bar of a function: it waits, and none of its code runs; \(glyphs.running), or its letter, where it runs.",
            role: .faint)
        row(
            key: glyphs.down + " " + glyphs.up,
            text:
                "Work goes from the worker to a sub-thread, and comes back; \(glyphs.downUp) where both fall into one column.",
            role: .strong)
        row(
            key: glyphs.critical,
            text:
                "On the critical path: what the answer waited for. Its steps have no gap and no overlap; were one shorter, the "
                + "answer would have come sooner.", role: .focus)
        row(
            key: "queue",
            text: "No worker was free. It is kept apart from the service, which begins when a worker takes the request."
        )
        row(key: "calls", text: "An await was pending, or a call held the thread, and nothing else was left to do.")
        row(key: "sub-threads", text: "A thread with a loop was made for an async function, or ended after it.")
        row(
            key: "functions",
            text:
                "Functions of the app went on, and no call of theirs: they ran, or waited for something without a name."
        )
        row(key: "server", text: "Routing, the time between functions, the socket.")
        row(
            key: "busy scheduled idle",
            text:
                "Of a function's loop: some task of it ran; none ran and one was ready; all waited. They add up to the "
                + "function's time. Of a task alone: the same for this task, which is another sum.")
        row(key: "poll", text: "One run of a task by its loop, from where it was resumed to where it waits again.")
        row(key: "leaked", text: "It began when its request was done: the work of a bare Task {}.", role: .failing)
        heading(text: "Threads")
        row(
            key: "pool", text: "How many workers were held, at most, in each column; orange where all were.",
            role: .running)
        row(
            key: "\(glyphs.running) #12", text: "Bars as above; a number where a request begins, if there is room.",
            role: .strong)
        heading(text: "Numbers of a lane")
        row(key: "in flight", text: "Requests accepted and not answered yet.", role: .strong)
        row(
            key: "p50 p99",
            text:
                "The response of half, and of 99 of 100, of the requests was no longer than this, in this mode, in the "
                + "window that stands before it; W changes the window.", role: .strong)
        row(
            key: "response",
            text: "From when the client sent the request, as far as that is known, until the last byte was answered.",
            role: .strong)
        row(key: "service", text: "The response less arriving and queue.", role: .strong)
        row(
            key: "arriving",
            text: "Sent, and not read by its server yet. Exact for what is sent from here; for others by the system's "
                + "clock, within its tick. docs/truth.md says what is measured where.", role: .strong)
        row(
            key: "lag",
            text:
                "Of an event loop: its longest turn in the last two seconds, and whose code it ran. What became ready "
                + "meanwhile waited so long.", role: .strong)
        row(key: "/s", text: "Answers a second, over the last two seconds.", role: .strong)
        row(
            key: "errors", text: "The share of the answers with status 500 or above, in the window.", role: .strong)
        row(key: "done", text: "Requests answered in this mode, since the start or since c cleared.", role: .strong)
        row(key: "queue", text: "Requests that wait for a worker now.", role: .strong)
        row(
            key: "lost", text: "Requests that found no room in the log: served and counted, but not recorded.",
            role: .strong)
        row(
            key: "1 in 16 in detail",
            text: "So many requests come that only each sixteenth is kept with its spans; counts and times are of all.",
            role: .warning)
        row(
            key: "own cost",
            text:
                "The part of this process's processor time, in the last second, that recording, reading and drawing took.",
            role: .faint)
        row(
            key: "lag",
            text:
                "Of an event loop: its longest turn in the last two seconds, and whose code it ran. What became ready "
                + "meanwhile waited so long.", role: .strong)
        row(key: "/s", text: "Answers a second over the last ten seconds.", role: .strong)
        row(
            key: "not recorded",
            text: "Requests that were served while the log was full: counted, but without a trace.", role: .strong)
        heading(text: "Numbers of a route")
        row(
            key: "\(isASCII ? "/" : "÷") sync",
            text: "The median of this mode divided by that of sync, for the same route.",
            role: .strong)
        row(key: "waits", text: "Awaits and blocked calls of a request, on average.", role: .strong)
        row(key: "hooks", text: "The part of the response that hooks took.", role: .strong)
        row(
            key: "100\(isASCII ? "us" : "µs") to 10s",
            text: "How many requests took how long: each column is a class 1.6 times as long as the one before.",
            role: .strong)
        row(
            key: "count errors", text: "Answers since the start, and those of them with status 500 or above.",
            role: .strong)
        row(
            key: "p50 p90 p99 max", text: "Half, 90 and 99 of 100 answers took no longer than this; the longest.",
            role: .strong)
        heading(text: "A replay")
        row(key: "queued late", text: "Due, and not sent yet; sent more than 10 ms after it was due.", role: .strong)
        row(
            key: "done failed", text: "Answered by every lane; given no answer at all by one: a 500 is an answer.",
            role: .strong)
        heading(text: "Findings")
        row(
            key: "warn", text: "Something that costs time or hides a fault; why, and what to try, stand below.",
            role: .bad)
        row(
            key: "look", text: "The same, where it may be as it has to be: too seldom or too short to be sure.",
            role: .warning)
        row(key: "ok", text: "The check found nothing in the requests that were looked at.", role: .good)
        heading(text: "Modes")
        row(key: "sync", text: "Each request has a worker thread; a call blocks it.", role: .strong)
        row(
            key: "async",
            text: "As Flask 2: each async function runs on a new sub-thread with an event loop, and the worker "
                + "waits for it. The gain is within a request: its calls can overlap.", role: .strong)
        row(
            key: "native", text: "Async functions run on the connection's own event loop: no worker is held.",
            role: .strong)
        return lines
    }

    /// `text` in lines of at most `width` columns, broken at spaces.
    static func wrap(_ text: String, width: Int) -> [String] {
        guard width > 8 else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, TextWidth.of(text: line) + 1 + TextWidth.of(text: String(word)) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}
