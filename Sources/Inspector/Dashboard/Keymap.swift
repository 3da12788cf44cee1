// The one table of keys: handlers, key bar and help all come from it.

/// A key's meaning.
package struct Binding: Sendable {
    package let keys: [Key]
    package let action: Action
    /// A word for the key bar.
    package let short: String
    /// A sentence for the help.
    package let long: String
    /// The screens on which the key bar shows it; the key itself works on all.
    package let screens: [ScreenName]
}

/// All keys.
package enum Keymap {
    private static let lists: [ScreenName] = [.lanes, .waterfall, .threads]
    private static let all: [ScreenName] = [
        .lanes, .waterfall, .threads, .findings, .statistics, .help, .output,
    ]

    package static let bindings: [Binding] = [
        Binding(
            keys: [.character("z")], action: .zoom, short: "zoom",
            long: "In a waterfall: leave the time in the queue out, so that the rest has the whole width; again: show "
                + "it.", screens: [.waterfall]),
        Binding(
            keys: [.character("b")], action: .burst, short: "burst",
            long: "Send 32 requests at once to every lane on the screen.", screens: lists),
        Binding(
            keys: [.enter], action: .open, short: "waterfall",
            long:
                "Open the waterfall of the selected request, or of the newest one that runs; of a finding, the request "
                + "that shows it best.", screens: [.lanes, .findings]),
        Binding(
            keys: [.character("m")], action: .toggleMode, short: "mode",
            long: "Change between sync and async, for requests accepted from now on. Side by side: choose the lane "
                + "that answers the address.", screens: lists),
        Binding(
            keys: [.character("s")], action: .toggleSideBySide, short: "side by side",
            long: "Show sync and async beside each other, both under the same traffic; again: one lane.",
            screens: lists),
        Binding(
            keys: [.character("r")], action: .replay, short: "replay",
            long: "Replay the traffic file to every lane on the screen at its recorded pace; again: stop it.",
            screens: lists),
        Binding(
            keys: [.character(" ")], action: .freeze, short: "freeze",
            long: "Hold the picture still; collecting goes on. Again: go on with the newest.", screens: lists),
        Binding(
            keys: [.character("t")], action: .threads, short: "threads",
            long: "Show what each worker, sub-thread and loop does now and did in the last seconds.",
            screens: [.lanes, .waterfall]),
        Binding(
            keys: [.character("f")], action: .findings, short: "findings",
            long: "Show what is worth telling of the newest requests: what was seen, why it matters, what to try.",
            screens: lists),
        Binding(
            keys: [.character("/")], action: .filter, short: "filter",
            long:
                "Type a filter: method:POST status:5xx path:/shop/* >200ms await:api mode:async thread:worker-1 error, "
                + "with and, or, not and parentheses. enter takes it, an empty one shows all, up brings one used before.",
            screens: [.lanes]),
        Binding(
            keys: [.character("x")], action: .toggleFilter, short: "filter off",
            long: "Turn the filter off, or on again.", screens: []),
        Binding(
            keys: [.character("i")], action: .statistics, short: "statistics",
            long:
                "Show the numbers of each route under each mode: counts, times, errors, what it waits for, and what a "
                + "mode makes of it.", screens: lists),
        Binding(
            keys: [.character("+"), .character("=")], action: .moreWorkers, short: "more workers",
            long: "Give the lane that answers one worker more.", screens: []),
        Binding(
            keys: [.character("-")], action: .fewerWorkers, short: "fewer workers",
            long: "Take a worker from the lane that answers; it ends when it is idle.", screens: []),
        Binding(
            keys: [.character("u")], action: .mirrorUnsafe, short: "mirror all",
            long:
                "Side by side: give requests that change something (POST, PUT, PATCH, DELETE) to the other lanes too, "
                + "which makes each change once for every lane; again: only those that change nothing.", screens: []),
        Binding(
            keys: [.up, .character("k")], action: .up, short: "up", long: "Select the request before, or scroll up.",
            screens: []),
        Binding(
            keys: [.down, .character("j")], action: .down, short: "down",
            long: "Select the request after, or scroll down.", screens: []),
        Binding(
            keys: [.pageUp], action: .pageUp, short: "page up", long: "Go a page up.", screens: []),
        Binding(
            keys: [.pageDown], action: .pageDown, short: "page down", long: "Go a page down.", screens: []),
        Binding(
            keys: [.home, .character("g")], action: .first, short: "first", long: "Select the oldest request kept.",
            screens: []),
        Binding(
            keys: [.end, .character("G")], action: .last, short: "newest", long: "Follow the newest request again.",
            screens: []),
        Binding(
            keys: [.character("n")], action: .toggleNative, short: "native",
            long: "Run async functions on the connection's own event loop (native), for requests from now on; again: "
                + "async.", screens: []),
        Binding(
            keys: [.character("o")], action: .output, short: "output",
            long: "Show what the app has printed to stdout and stderr.", screens: []),
        Binding(
            keys: [.escape, .backspace], action: .back, short: "back",
            long: "Leave this screen; on the first one: follow the newest request.",
            screens: [.waterfall, .threads, .findings, .statistics, .help, .output]),
        Binding(
            keys: [.character("?"), .character("h")], action: .help, short: "help", long: "Show this help.",
            screens: [.lanes, .waterfall, .threads, .findings, .statistics]),
        Binding(
            keys: [.character("q"), .control("c")], action: .quit, short: "quit",
            long: "Stop the servers and leave.", screens: all),
    ]

    /// The table for `docs/keys.md`.
    package static var document: String {
        var text = """
            # Keys

            Made from the program's own table of keys; a test holds the two together.

            | key | does |
            |---|---|

            """
        for binding in bindings {
            let keys = binding.keys.map { key in
                let name = key.name(.unicode)
                return "`\(name == "|" ? "\\|" : name)`"
            }
            text += "| \(keys.joined(separator: " ")) | \(binding.long) |\n"
        }
        return text
    }

    private static let byKey: [Key: Binding] = Dictionary(
        bindings.flatMap { binding in binding.keys.map { ($0, binding) } }, uniquingKeysWith: { first, _ in first })

    /// What `key` means, or nil.
    package static func action(for key: Key) -> Action? { byKey[key]?.action }
}
