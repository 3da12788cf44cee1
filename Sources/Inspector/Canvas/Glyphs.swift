// The characters that the screens draw with: box and block characters, or ASCII where the locale is not UTF-8.

/// One set of characters.
///
/// Each phase of a request has one of its own, so that nothing hangs on colour.
public struct Glyphs: Sendable, Equatable {
    var horizontal: String
    var vertical: String
    var topLeft: String
    var topRight: String
    var bottomLeft: String
    var bottomRight: String
    var more: String
    var pointer: String
    /// Sent, and not read by its server yet.
    var arriving: String
    var queued: String
    var running: String
    var awaiting: String
    var blocked: String
    var connecting: String
    var waiting: String
    /// In a function's own bar: none of its code runs.
    var idle: String
    /// In a function's own bar: it could go on, and its loop runs something else.
    var scheduled: String
    var error: String
    var start: String
    var full: String
    var empty: String
    var tick: String
    var dot: String
    var play: String
    var enter: String
    var arrow: String
    var back: String
    /// Work goes from a worker to a sub-thread.
    var down: String
    /// Work comes back.
    var up: String
    /// Both, in one column.
    var downUp: String
    /// On the critical path.
    var critical: String
    var pause: String
    /// Over.
    var stop: String
    var record: String
    /// Eight heights, for a line of numbers.
    var levels: [String]

    /// For UTF-8.
    public static let unicode = Glyphs(
        horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└", bottomRight: "┘", more: "…",
        pointer: "▸", arriving: "›", queued: "·", running: "█", awaiting: "░", blocked: "▒", connecting: "┄",
        waiting: "╌", idle: "─", scheduled: "≡",
        error: "✖",
        start: "▏", full: "█", empty: "░", tick: "┬", dot: "·", play: "▶", enter: "⏎", arrow: "→",
        back: "←", down: "↘", up: "↗", downUp: "↕", critical: "•", pause: "‖", stop: "■", record: "●",
        levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"])

    /// For everything else.
    public static let ascii = Glyphs(
        horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+", more: "~",
        pointer: ">", arriving: ",", queued: ".", running: "#", awaiting: "~", blocked: "=", connecting: ":",
        waiting: "-", idle: "_", scheduled: "%",
        error: "X",
        start: "|", full: "#", empty: "-", tick: "+", dot: "-", play: ">", enter: "Enter", arrow: "->",
        back: "<-", down: "v", up: "^", downUp: "!", critical: "*", pause: "||", stop: "#", record: "*",
        levels: [" ", ".", ":", "-", "=", "+", "*", "#"])

    /// Counts as a line of columns, the largest of them full; nothing stands for zero.
    func spark(counts: [Int]) -> String {
        let most = max(1, counts.max() ?? 1)
        return counts.map { count in
            count == 0 ? " " : levels[min(levels.count - 1, count * (levels.count - 1) / most)]
        }.joined()
    }
}
