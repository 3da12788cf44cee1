// What the help says: of the keys, out of their table, and of every mark and number, by the screen they are on.

internal import InspectorCore

/// The text of the help.
struct HelpText {
    /// One line of it.
    struct Line {
        var key = ""
        var text = ""
        var role = Role.text
        var indent = HelpText.indent

        func holds(_ words: String) -> Bool { (key + " " + text).lowercased().contains(words.lowercased()) }
    }

    /// Where explanations begin.
    static let indent = 16

    /// A part of it.
    struct Section {
        let title: String
        /// The screens that it explains; empty for all.
        let screens: [ScreenName]
        var rows: [Row] = []
    }

    /// A key or a mark, and what it means.
    struct Row {
        let key: String
        let text: String
        let role: Role
    }

    private(set) var sections: [Section] = []
    private let glyphs: Glyphs
    private let isASCII: Bool

    /// - Parameter screen: where the user is: its keys and marks stand first.
    init(screen: ScreenName, glyphs: Glyphs) {
        self.glyphs = glyphs
        isASCII = glyphs == .ascii
        heading("Keys of \(screen.words)", on: [screen])
        for binding in Keymap.bindings where binding.isOf(screen) { row(of: binding) }
        write()
        heading("All other keys", on: [])
        for binding in Keymap.bindings where !binding.isOf(screen) { row(of: binding) }
        // What explains this screen before what explains others, each in its order.
        sections =
            sections.filter { $0.screens.contains(screen) } + sections.filter { $0.screens.isEmpty }
            + sections.filter { !$0.screens.isEmpty && !$0.screens.contains(screen) }
    }

    /// All lines, broken to `width` columns.
    static func lines(of model: Model, width: Int) -> [Line] {
        var lines: [Line] = []
        let before = model.view.screens.dropLast().last ?? .lanes
        for section in HelpText(screen: before, glyphs: model.settings.glyphs).sections {
            if !lines.isEmpty { lines.append(Line()) }
            lines.append(Line(key: section.title, role: .title))
            for row in section.rows {
                // A key that is longer than its column has a line of its own.
                let isLong = TextWidth.of(text: row.key) >= indent - 1
                if isLong { lines.append(Line(key: row.key, role: row.role)) }
                for (index, part) in TextWidth.wrap(row.text, width: width - indent).enumerated() {
                    lines.append(Line(key: index == 0 && !isLong ? row.key : "", text: part, role: row.role))
                }
            }
        }
        return lines
    }

    private mutating func heading(_ title: String, on screens: [ScreenName]) {
        sections.append(Section(title: title, screens: screens))
    }

    private mutating func row(key: String, text: String, role: Role = .key) {
        sections[sections.count - 1].rows.append(Row(key: key, text: text, role: role))
    }

    private mutating func row(of binding: Binding) {
        let keys = binding.keys.map { $0.name(glyphs: glyphs) }.joined(separator: " ")
        row(key: keys.isEmpty ? ":" + binding.short : keys, text: binding.long)
    }

    private mutating func write() {
        heading("Marks in a request's bar", on: [.lanes, .waterfall, .threads])
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
        row(key: glyphs.connecting, text: "Waiting for a connection to another server.", role: .queued)
        row(
            key: glyphs.waiting,
            text: "A thread made for one call, time between functions, or a server elsewhere has it.", role: .subThread)
        row(key: glyphs.error, text: "An error was thrown here.", role: .failing)
        row(key: glyphs.dot, text: "In a waterfall: the router looks for the view.", role: .faint)
        row(key: glyphs.pointer, text: "In a waterfall: something that took no time, at its moment: an error, a mark.")
        row(key: glyphs.seam, text: "The next of several calls in a row begins.", role: .blocked)
        row(
            key: "b m e a t",
            text:
                "In a waterfall: a before hook, a middleware, an error handler, an after hook, a teardown. As in Flask a teardown ends "
                + "before the first byte is sent.", role: .hook)
        row(key: glyphs.answers, text: "This lane answers the public address.", role: .focus)
        row(
            key: glyphs.vertical,
            text: "On a time axis: something was changed by hand here; the newest change is named.", role: .mark)
        row(
            key: "#12s",
            text: "A request that was accepted under another mode than the lane's now: s sync, a async, n native.",
            role: .faint)
        heading("A waterfall", on: [.waterfall])
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
        row(
            key: "all \(glyphs.running) \(glyphs.running)",
            text: "Under the lists: when requests came, over all that is kept; before it the length of that.")
        row(key: "calls", text: "An await was pending, or a call held the thread, and nothing else was left to do.")
        row(key: "sub-threads", text: "A thread with a loop was made for an async function, or ended after it.")
        row(
            key: "functions",
            text:
                "Functions of the app went on, and no call of theirs: they ran, or waited for something without a name."
        )
        row(
            key: "elsewhere",
            text: "A server elsewhere was connected to, was sent the body, had the request, or sent its answer's body.")
        row(
            key: "no telemetry",
            text:
                "A server elsewhere does not say what it does. Started with OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 "
                + "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf under opentelemetry-instrument it does; docs/watch.md has more.",
            role: .strong)
        row(key: "server", text: "Routing, the time between functions, the socket.")
        row(
            key: "busy scheduled idle",
            text:
                "Of a function's loop: some task of it ran; none ran and one was ready; all waited. They add up to the "
                + "function's time. Of a task alone: the same for this task, which is another sum.")
        row(key: "poll", text: "One run of a task by its loop, from where it was resumed to where it waits again.")
        row(key: "leaked", text: "It began when its request was done: the work of a bare Task {}.", role: .failing)
        heading("Threads", on: [.threads])
        row(
            key: "pool", text: "How many workers were held, at most, in each column; orange where all were.",
            role: .running)
        row(
            key: glyphs.scheduled,
            text: "On an event loop: it ran one thing for so long that whatever else was ready waited.", role: .warning)
        row(
            key: "\(glyphs.running) #12", text: "Bars as above; a number where a request begins, if there is room.",
            role: .strong)
        heading("Numbers of a lane", on: [.lanes])
        row(
            key: "\(glyphs.levels[1])\(glyphs.levels[4])\(glyphs.levels[7]) \(glyphs.peak)12",
            text: "The last minute, second by second, and the largest of it.", role: .strong)
        row(key: "flight", text: "Requests accepted and not answered yet.", role: .strong)
        row(
            key: "p50 p99",
            text:
                "The response of half, and of 99 of 100, of the requests was no longer than this, in this mode, in the "
                + "window that the title of the lane names; W changes it.", role: .strong)
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
        row(key: "rate", text: "Answers a second, over the last two seconds.", role: .strong)
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
                "The part of this process's processor time, in the last second, that recording, reading and drawing took; not said while it serves too little to compare.",
            role: .faint)
        row(
            key: "unseen",
            text: "Requests that were served while the log was full: counted, but without a trace.", role: .strong)
        heading("Numbers of a route", on: [.statistics])
        row(
            key: "than sync",
            text: "By how much the median of this lane is shorter, or longer, than that of sync, for the same route.",
            role: .strong)
        row(key: "waits", text: "Awaits and blocked calls of a request, on average.", role: .strong)
        row(key: "hooks", text: "The part of the response that hooks took.", role: .strong)
        row(
            key: "100\(isASCII ? "us" : "µs") to 10s",
            text: "How many requests took how long: each column is a class 1.6 times as long as the one before.",
            role: .strong)
        row(
            key: "count errors", text: "Answers in the window, and those of them with status 500 or above.",
            role: .strong)
        row(
            key: "p50 p90 p99 max", text: "Half, 90 and 99 of 100 answers took no longer than this; the longest.",
            role: .strong)
        heading("A replay", on: [.lanes])
        row(key: "queued late", text: "Due, and not sent yet; sent more than 10 ms after it was due.", role: .strong)
        row(
            key: "done failed", text: "Answered by every lane; given no answer at all by one: a 500 is an answer.",
            role: .strong)
        heading("Findings", on: [.findings])
        row(
            key: "warn", text: "Something that costs time or hides a fault; why, and what to try, stand below.",
            role: .bad)
        row(
            key: "look", text: "The same, where it may be as it has to be: too seldom or too short to be sure.",
            role: .warning)
        row(key: "ok", text: "The check found nothing in the requests that were looked at.", role: .good)
        heading("Modes", on: [.lanes, .statistics])
        row(key: "sync", text: "Each request has a worker thread; a call blocks it.", role: .strong)
        row(
            key: "async",
            text: "As Flask 2: each async function runs on a new sub-thread with an event loop, and the worker "
                + "waits for it. The gain is within a request: its calls can overlap.", role: .strong)
        row(
            key: "native", text: "Async functions run on the connection's own event loop: no worker is held.",
            role: .strong)
    }
}

extension Binding {
    /// Whether it belongs to a screen more than to others: its keys mean this only there, or the key bar shows it.
    fileprivate func isOf(_ screen: ScreenName) -> Bool {
        scope?.contains(screen) ?? (bar.contains(screen) && bar.count < ScreenName.allCases.count - 1)
    }
}
