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
        _ keys: [Key], _ action: Action, _ short: String, _ long: String, on scope: [ScreenName]? = nil,
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
            [.character("b")], .burst, "burst", "Send 32 requests at once to every lane on the screen.",
            bar: [.lanes, .threads, .statistics]),
        Binding(
            [.enter], .open, "waterfall",
            "Open the waterfall of the selected request, or of the newest one that runs; of a finding, the request that "
                + "shows it best; in a waterfall, the details of the request.", bar: [.lanes, .findings]),
        Binding(
            [.character("m")], .toggleMode, "mode",
            "Change between sync and async, for requests accepted from now on. Side by side: choose the lane that "
                + "answers the address.", bar: lists),
        Binding(
            [.character("s")], .toggleSideBySide, "side by side",
            "Show sync and async beside each other, both under the same traffic; again: one lane.", bar: [.lanes]),
        Binding(
            [.character("r")], .replay, "replay",
            "Replay the traffic file to every lane on the screen at its recorded pace; again: stop it.", bar: lists),
        Binding(
            [.character("p")], .pause, "pause", "Hold the replay, or an opened recording, and go on."),
        Binding(
            [.character("P")], .stepOne, "one request",
            "Send the next request of the replay, and stand still before the one after."),
        Binding(
            [.character("[")], .seekBack, "back", "Go back in the replay, or in an opened recording, by a twentieth."),
        Binding([.character("]")], .seekForward, "forward", "Go forward by a twentieth."),
        Binding([.character("<")], .halfSpeed, "half speed", "Replay, or play a recording, more slowly."),
        Binding([.character(">")], .doubleSpeed, "double speed", "Replay, or play a recording, faster."),
        Binding(
            [.character("z")], .zoomIn, "zoom in",
            "In a waterfall: show half of the time, around the cursor. On the threads: half of the seconds.",
            on: [.waterfall, .threads], bar: [.waterfall]),
        Binding(
            [.character("Z")], .zoomOut, "out",
            "In a waterfall: show twice the time. On the threads: twice the seconds.", on: [.waterfall, .threads],
            bar: [.waterfall]),
        Binding(
            [.character("0")], .zoomWhole, "whole", "In a waterfall: show the whole request again.",
            on: [.waterfall]),
        Binding(
            [.left], .earlier, "cursor",
            "In a waterfall: move the cursor that reads times off to the left; in slow motion: to the moment before. "
                + "Elsewhere: hold the picture, and step back to the moment before.", bar: [.waterfall]),
        Binding(
            [.right], .later, "later",
            "In a waterfall: move the cursor to the right; in slow motion: to the next moment. Elsewhere, while the "
                + "picture is held: step on to the next moment."),
        Binding(
            [.character(",")], .slower, "slow motion",
            "Play the request again at a tenth of its speed; again: at 1/100, then 1/1000. space pauses, esc leaves.",
            bar: [.waterfall]),
        Binding(
            [.character(".")], .faster, "faster",
            "In slow motion: play ten times as fast, up to the request's own speed."),
        Binding(
            [.character("v")], .leaveQueueOut, "without queue",
            "In a waterfall: leave the time in the queue out, so that the rest has the whole width; again: show it.",
            on: [.waterfall], bar: [.waterfall]),
        Binding(
            [.tab], .nextPanel, "next lane",
            "Side by side: go to the next lane's waterfall; on the other screens: the next lane answers the address."),
        Binding(
            [.character("d")], .details, "details",
            "Show heads and bodies of the request and its answers, its log lines, and how to send it with curl.",
            bar: [.waterfall]),
        Binding(
            [.character("R")], .resend, "send again", "Send the selected request again, to every lane on the screen.",
            bar: [.waterfall, .details]),
        Binding(
            [.character("E")], .edit, "edit and send",
            "Change the selected request before it is sent again: ^R sends it, esc does not.",
            bar: [.details]),
        Binding(
            [.character("y")], .copy, "copy as curl",
            "Give the selected request to the terminal's clipboard as a curl command (OSC 52).", bar: [.details]),
        Binding(
            [.character(" ")], .freeze, "freeze",
            "Hold the picture still; collecting goes on. Again: go on with the newest. In slow motion: pause, and go on.",
            bar: lists),
        Binding(
            [.character("/")], .filter, "filter",
            "Type a filter: method:POST status:5xx path:/shop/* >200ms await:api mode:async thread:worker-1 error, "
                + "with and, or, not and parentheses. enter takes it, an empty one shows all, up brings one used before.",
            bar: [.lanes]),
        Binding([.character("x")], .toggleFilter, "filter off or on", "Turn the filter off, or on again."),
        Binding(
            [.character("t")], .threads, "threads",
            "Show what each worker, sub-thread and loop does now and did in the last seconds.",
            bar: [.lanes, .waterfall]),
        Binding(
            [.character("f")], .findings, "findings",
            "Show what is worth telling of the newest requests: what was seen, why it matters, what to try.",
            bar: [.lanes, .threads, .statistics]),
        Binding(
            [.character("i")], .statistics, "statistics",
            "Show the numbers of each route under each mode: counts, times, errors, what it waits for, and what a mode "
                + "makes of it.", bar: [.lanes, .threads, .findings]),
        Binding([.character("o")], .output, "output", "Show what the app has printed and logged."),
        Binding(
            [.character("u")], .service, "simulated API",
            "Change the simulated API while it serves: by how much it answers later, and how many of its answers fail.",
            bar: [.lanes]),
        Binding(
            [.character("a")], .axis, "time axis",
            "Draw the bars from each request's acceptance on, or on the clock's time, newest at the right.",
            on: [.lanes]),
        Binding(
            [.character("+"), .character("=")], .moreWorkers, "more workers",
            "Give the lane that answers one worker more."),
        Binding(
            [.character("-")], .fewerWorkers, "fewer workers",
            "Take a worker from the lane that answers; it ends when it is idle."),
        Binding(
            [.character("n")], .toggleNative, "native",
            "Run async functions on the connection's own event loop (native), for requests from now on; again: async. "
                + "Side by side: show a native lane too, or leave it out."),
        Binding(
            [.character("M")], .mirrorUnsafe, "mirror all",
            "Side by side: give requests that change something (POST, PUT, PATCH, DELETE) to the other lanes too, which "
                + "makes each change once for every lane; again: only those that change nothing."),
        Binding(
            [.up, .character("k")], .up, "up", "Select the request or the row before, or scroll up."),
        Binding(
            [.down, .character("j")], .down, "down", "Select the request or the row after, or scroll down."),
        Binding([.pageUp], .pageUp, "page up", "Go a page up."),
        Binding([.pageDown], .pageDown, "page down", "Go a page down."),
        Binding([.home, .character("g")], .first, "first", "Select the oldest request kept, or the first row."),
        Binding([.end, .character("G")], .last, "newest", "Follow the newest request again, or select the last row."),
        Binding(
            [.character("e")], .export, "export",
            "Write into the current folder: this screen as text and picture, or requests as a trace for Perfetto, as OTLP "
                + "or as HAR."),
        Binding(
            [.character("T")], .toggleMouse, "mouse",
            "Let the mouse select, scroll and drag, or leave it to the terminal; with shift, text can be selected always."
        ),
        Binding(
            [.character(":")], .palette, "find an action",
            "Find any action by a part of its name: enter does it."),
        Binding(
            [.escape, .backspace], .back, "back", "Leave this screen; on the first one: follow the newest request.",
            bar: [.waterfall, .details, .threads, .findings, .statistics, .help, .output]),
        Binding(
            [.character("?"), .character("h")], .help, "help", "Show this help.",
            bar: [.lanes, .waterfall, .details, .threads, .findings, .statistics, .output]),
        Binding(
            [.character("q"), .control("c")], .quit, "quit", "Stop the servers and leave.", bar: ScreenName.allCases),
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
                let name = key.name(.unicode)
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
            let keys = binding.bar.map { "`\($0.name(.unicode))`" }.joined(separator: " ")
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
