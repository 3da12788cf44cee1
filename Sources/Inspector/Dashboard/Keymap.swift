// The one table of keys: handlers, key bar, palette, help and docs/keys.md all come from it.

/// A key's meaning.
package struct Binding: Sendable {
    package let keys: [Key]
    package let action: Action
    /// A word or two, for the key bar and the palette.
    package let short: String
    /// A sentence for the help.
    package let long: String
    /// The screens on which the keys mean this; nil for all.
    package let scope: [ScreenName]?
    /// The screens on which the key bar shows it.
    package let bar: [ScreenName]

    fileprivate init(
        keys: [Key], action: Action, short: String, long: String, on scope: [ScreenName]? = nil,
        bar: [ScreenName] = []
    ) {
        self.keys = keys
        self.action = action
        self.short = short
        self.long = long
        self.scope = scope
        self.bar = bar
    }

    /// Whether its keys mean this on `screen`.
    package func holds(on screen: ScreenName) -> Bool { scope?.contains(screen) ?? true }
}

/// All keys.
package enum Keymap {
    private static let lists: [ScreenName] = [.lanes, .threads]

    /// In the order of the key bar: what is there first stays when there is little room.
    package static let bindings: [Binding] = [
        Binding(
            keys: [.character("b")], action: .burst, short: "burst",
            long:
                "Send 32 requests at once to every lane on the screen: for the selected request's path, or for the one that "
                + "waits longest.",
            bar: [.lanes, .threads, .statistics]),
        Binding(
            keys: [.enter], action: .open, short: "waterfall",
            long:
                "Open the waterfall of the selected request, or of the newest one that runs; of a finding, the request that "
                + "shows it best; of a route, its requests; in a waterfall, the details of the request. Where there is no "
                + "request yet: send the busiest seconds of the traffic file.", bar: [.lanes, .findings, .statistics]),
        Binding(
            keys: [.character("S")], action: .toggleMode, short: "mode",
            long:
                "Change between sync and async, for requests accepted from now on. Side by side: choose the lane that "
                + "answers the address.", bar: lists),
        Binding(
            keys: [.character("s")], action: .toggleSideBySide, short: "side by side",
            long: "Show sync and async beside each other, both under the same traffic; again: one lane.", bar: [.lanes]),
        Binding(
            keys: [.character("r")], action: .replay, short: "replay",
            long: "Replay the traffic file to every lane on the screen at its recorded pace; again: stop it.",
            bar: lists),
        Binding(
            keys: [.character("F")], action: .files, short: "files",
            long:
                "Choose a traffic file of this folder, or one replayed before, and replay it: what is in it is said as "
                + "inspector plan does."),
        Binding(
            keys: [.character("p")], action: .pause, short: "pause",
            long: "Hold the replay, or an opened recording, and go on."),
        Binding(
            keys: [.character("P")], action: .stepOne, short: "one request",
            long: "Send the next request of the replay, and stand still before the one after."),
        Binding(
            keys: [.character("[")], action: .seekBack, short: "back",
            long:
                "Go back by a twentieth: in the replay, in an opened recording, or through all that is kept while the picture "
                + "is held."),
        Binding(
            keys: [.character("]")], action: .seekForward, short: "forward",
            long: "Go forward by a twentieth. The arrows go moment by moment."),
        Binding(
            keys: [.character("{")], action: .halfSpeed, short: "half speed",
            long: "Replay, or play a recording, more slowly."),
        Binding(
            keys: [.character("}")], action: .doubleSpeed, short: "double speed",
            long: "Replay, or play a recording, faster."),
        Binding(
            keys: [.character("z")], action: .zoomIn, short: "zoom in",
            long:
                "In a waterfall: show half of the time, around the cursor. On the threads and in the list on the clock: half of "
                + "the time.",
            on: [.lanes, .waterfall, .threads], bar: [.waterfall]),
        Binding(
            keys: [.character("Z")], action: .zoomOut, short: "out",
            long: "In a waterfall, on the threads and in the list on the clock: show twice the time.",
            on: [.lanes, .waterfall, .threads],
            bar: [.waterfall]),
        Binding(
            keys: [.character("0")], action: .zoomWhole, short: "whole",
            long: "In a waterfall: show the whole request again. In the list: as much of the clock as fits.",
            on: [.lanes, .waterfall]),
        Binding(
            keys: [.left], action: .earlier, short: "cursor",
            long:
                "In a waterfall: move the cursor that reads times off to the left; in slow motion: to the moment before. In "
                + "the statistics: show the columns before. Elsewhere: hold the picture, and step back to the moment before.",
            bar: [.waterfall]),
        Binding(
            keys: [.right], action: .later, short: "later",
            long:
                "In a waterfall: move the cursor to the right; in slow motion: to the next moment. In the statistics: show the "
                + "columns further to the right. Elsewhere, while the picture is held: step on to the next moment."),
        Binding(
            keys: [.character(",")], action: .slower, short: "slow motion",
            long:
                "Play the request again at a tenth of its speed; again: at 1/100, then 1/1000. space pauses, esc leaves.",
            bar: [.waterfall]),
        Binding(
            keys: [.character(".")], action: .faster, short: "faster",
            long: "In slow motion: play ten times as fast, up to the request's own speed."),
        Binding(
            keys: [.character("v")], action: .leaveQueueOut, short: "without queue",
            long:
                "In a waterfall: leave the time in the queue out, so that the rest has the whole width; again: show it.",
            on: [.waterfall], bar: [.waterfall]),
        Binding(
            keys: [.tab], action: .nextPanel, short: "next lane",
            long:
                "Side by side: go to the next lane's waterfall; on the other screens: the next lane answers the address."
        ),
        Binding(
            keys: [.character("d")], action: .details, short: "details",
            long: "Show heads and bodies of the request and its answers, its log lines, and how to send it with curl.",
            bar: [.waterfall]),
        Binding(
            keys: [.character("R")], action: .resend, short: "send again",
            long: "Send the selected request again, to every lane on the screen.",
            bar: [.waterfall, .details]),
        Binding(
            keys: [.character("E")], action: .edit, short: "edit and send",
            long: "Change the selected request before it is sent again: ^R sends it, esc does not.",
            bar: [.details]),
        Binding(
            keys: [.character("y")], action: .copy, short: "copy as curl",
            long: "Give the selected request to the terminal's clipboard as a curl command (OSC 52).", bar: [.details]),
        Binding(
            keys: [.character("Y")], action: .copyBody, short: "copy body",
            long: "Give the body of the answer to the terminal's clipboard.", bar: [.details]),
        Binding(
            keys: [.character(" ")], action: .freeze, short: "freeze",
            long:
                "Hold the picture still; collecting goes on. Again: go on with the newest. In slow motion: pause, and go on.",
            bar: lists),
        Binding(
            keys: [.character("/")], action: .filter, short: "filter",
            long:
                "Type a filter: method:POST status:5xx path:/shop/* >200ms await:api mode:async thread:worker-1 error, "
                + "with and, or, not and parentheses. enter takes it, an empty one shows all, up brings one used before. In the help: "
                + "search it.",
            bar: [.lanes]),
        Binding(
            keys: [.character("x")], action: .toggleFilter, short: "filter off or on",
            long: "Turn the filter off, or on again."),
        Binding(
            keys: [.character("t")], action: .threads, short: "threads",
            long: "Show what each worker, sub-thread and loop does now and did in the last seconds.",
            bar: [.lanes, .waterfall]),
        Binding(
            keys: [.character("f")], action: .findings, short: "findings",
            long: "Show what is worth telling of the newest requests: what was seen, why it matters, what to try.",
            bar: [.lanes, .threads, .statistics]),
        Binding(
            keys: [.character("i")], action: .statistics, short: "statistics",
            long:
                "Show the numbers of each route under each mode: counts, times, errors, what it waits for, and what a mode "
                + "makes of it.", bar: [.lanes, .threads, .findings]),
        Binding(
            keys: [.character("W")], action: .window, short: "window",
            long:
                "Take percentiles, counts and shares over the last 10 seconds, minute or 10 minutes, or over all since the "
                + "start.", bar: [.statistics]),
        Binding(
            keys: [.character("c")], action: .clear, short: "clear",
            long:
                "Begin anew: drop the requests that are over and all numbers, and mark it on the time axis. What is "
                + "recorded into a file stays.", bar: [.statistics]),
        Binding(
            keys: [.character("o")], action: .output, short: "output", long: "Show what the app has printed and logged."
        ),
        Binding(
            keys: [.character("u")], action: .service, short: "simulated API",
            long:
                "Change the simulated API while it serves: by how much it answers later, and how many of its answers fail.",
            bar: [.lanes]),
        Binding(
            keys: [.character("a")], action: .axis, short: "time axis",
            long: "Draw the bars from each request's sending on, or on the clock's time, newest at the right.",
            on: [.lanes]),
        Binding(
            keys: [.character("<")], action: .sortBefore, short: "sort by the column before",
            long: "Sort the list, or the routes, by the column on the left of the one they are sorted by.",
            on: [.lanes, .statistics]),
        Binding(
            keys: [.character(">")], action: .sortAfter, short: "sort",
            long: "Sort the list, or the routes, by the next column: the longest or the most first.",
            on: [.lanes, .statistics], bar: [.statistics]),
        Binding(
            keys: [.character("I")], action: .invertOrder, short: "invert", long: "Turn the order round.",
            on: [.lanes, .statistics]),
        Binding(
            keys: [.character("w")], action: .columns, short: "columns",
            long: "Choose the columns of the list: queue, calls and thread besides the usual ones.", on: [.lanes]),
        Binding(
            keys: [.character("Q")], action: .questions, short: "questions",
            long:
                "Ten questions that people ask about async in a server, each answered by the requests that are kept. The app "
                + "questions sends traffic that shows each answer."),
        Binding(
            keys: [.character("H")], action: .tour, short: "tour",
            long: "Walk through seven things to see, on live data; again: end the tour."),
        Binding(
            keys: [.character("m")], action: .mark, short: "mark",
            long: "Mark the selected request, or take its mark away. A recording keeps marks."),
        Binding(
            keys: [.character("M")], action: .onlyMarked, short: "only marked",
            long: "Show the requests with a mark or a comment only; again: all.", on: [.lanes]),
        Binding(
            keys: [.character(";")], action: .comment, short: "comment",
            long: "Write a comment on the selected request. A recording keeps it."),
        Binding(
            keys: [.character("C")], action: .compare, short: "compare",
            long:
                "Take the selected request; on another one: show both as waterfalls on one scale, with what they differ in. "
                + "They may be of different routes or lanes."),
        Binding(
            keys: [.character("n")], action: .nextHit, short: "next hit",
            long: "Go to the next request that failed, is marked or has a comment; in the help: to the next line found."
        ),
        Binding(
            keys: [.character("N")], action: .hitBefore, short: "hit before", long: "The same, backwards."),
        Binding(
            keys: [.character("+"), .character("=")], action: .moreWorkers, short: "more workers",
            long: "Give the lane that answers one worker more."),
        Binding(
            keys: [.character("-")], action: .fewerWorkers, short: "fewer workers",
            long: "Take a worker from the lane that answers; it ends when it is idle."),
        Binding(
            keys: [.character("l")], action: .toggleNative, short: "native",
            long:
                "Run async functions on the connection's own event loop (native), for requests from now on; again: async. "
                + "Side by side: show a native lane too, or leave it out."),
        Binding(
            keys: [.character("B")], action: .mirrorUnsafe, short: "mirror all",
            long:
                "Side by side: give requests that change something (POST, PUT, PATCH, DELETE) to the other lanes too, which "
                + "makes each change once for every lane; again: only those that change nothing."),
        Binding(
            keys: [.up, .character("k")], action: .up, short: "up",
            long: "Select the request or the row before, or scroll up."),
        Binding(
            keys: [.down, .character("j")], action: .down, short: "down",
            long: "Select the request or the row after, or scroll down."),
        Binding(keys: [.pageUp, .control("b")], action: .pageUp, short: "page up", long: "Go a page up."),
        Binding(keys: [.pageDown, .control("f")], action: .pageDown, short: "page down", long: "Go a page down."),
        Binding(
            keys: [.control("u")], action: .halfPageUp, short: "half a page up", long: "Go half a page up."),
        Binding(
            keys: [.control("d")], action: .halfPageDown, short: "half a page down", long: "Go half a page down."),
        Binding(
            keys: [.home, .character("g")], action: .first, short: "first",
            long: "Select the oldest request kept, or the first row."),
        Binding(
            keys: [.end, .character("G")], action: .last, short: "newest",
            long: "Follow the newest request again, or select the last row."),
        Binding(
            keys: [.character("e")], action: .export, short: "export",
            long:
                "Write into the current folder: this screen as text and picture, or requests as a trace for Perfetto, as OTLP "
                + "or as HAR."),
        Binding(
            keys: [.character("T")], action: .toggleMouse, short: "mouse",
            long:
                "Let the mouse select, scroll and drag, or leave it to the terminal; with shift, text can be selected always."
        ),
        Binding(
            keys: [.character(":")], action: .palette, short: "find an action",
            long: "Find any action by a part of its name: enter does it."),
        Binding(
            keys: [.escape, .backspace], action: .back, short: "back",
            long:
                "Leave this screen; in the requests of a route: go back to the routes; on the first screen: follow the newest "
                + "request.",
            bar: [.waterfall, .details, .threads, .findings, .statistics, .help, .output]),
        Binding(
            keys: [.character("?"), .character("h")], action: .help, short: "help", long: "Show this help.",
            bar: [.lanes, .waterfall, .details, .threads, .findings, .statistics, .output]),
        Binding(
            keys: [.character("q")], action: .back, short: "close", long: "In the help: close it.", on: [.help],
            bar: [.help]),
        Binding(
            keys: [.character("q")], action: .quit, short: "quit", long: "Stop the servers and leave.",
            on: ScreenName.allCases.filter { $0 != .help }, bar: ScreenName.allCases.filter { $0 != .help }),
        Binding(
            keys: [.control("c")], action: .quit, short: "leave", long: "Stop the servers and leave, on every screen."),
    ]

    /// The table for `docs/keys.md`.
    package static var document: String {
        var text = """
            # Keys

            Made from the program's own table of keys; a test holds the two together. `:` finds any of them by name.

            | key | action | does |
            |---|---|---|

            """
        for binding in bindings {
            let keys = binding.keys.map { key in
                let name = key.name(glyphs: .unicode)
                return "`\(name == "|" ? "\\|" : name)`"
            }
            text += "| \(keys.joined(separator: " ")) | \(binding.short) | \(binding.long) |\n"
        }
        text += """

            While something is typed or chosen, other keys are letters:

            | where | key | does |
            |---|---|---|

            """
        for binding in promptBindings where !binding.short.isEmpty {
            let keys = binding.bar.map { "`\($0.name(glyphs: .unicode))`" }.joined(separator: " ")
            text += "| \(binding.kinds.map(\.rawValue).joined(separator: ", ")) | \(keys) | \(binding.short) |\n"
        }
        text += """

            Pasted text is text there, and does nothing elsewhere. Keys with Alt, function keys and arrows with other
            keys held do nothing. `^Z` gives the terminal to the shell until `fg`; after `bg` the servers go on. `^\\`
            ends as `SIGTERM` does.

            """
        return text
    }

    /// What `key` means on `screen`, or nil.
    package static func action(for key: Key, on screen: ScreenName) -> Action? {
        bindings.first { $0.keys.contains(key) && $0.holds(on: screen) }?.action
    }
}
