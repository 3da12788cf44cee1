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
    /// How many calls are awaited at once, from one to five and more: the more, the fuller.
    var awaited: [String]
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
    /// A cell that is filled from its left by one eighth to seven: where a bar ends.
    var eighths: [String]
    /// Where one of several calls in a row begins.
    var seam: String
    /// The lane that answers the public address.
    var answers: String
    /// The panel that the keys act on has an edge of its own.
    var focusEdge: Edge
    /// Before the largest of the numbers beside it.
    var peak: String
    /// Beside the head of a column that is sorted, from small to large and from large to small.
    var rising: String
    var falling: String
    /// Beside the number of a request that is marked, or commented.
    var mark: String
    var comment: String
    /// The upper, and the lower, half of a cell.
    var upperHalf: String
    var lowerHalf: String

    /// The edge of a panel.
    struct Edge: Sendable, Equatable {
        var horizontal: String
        var vertical: String
        var topLeft: String
        var topRight: String
        var bottomLeft: String
        var bottomRight: String
    }

    /// A wait of one row of its own.
    var awaiting: String { self == .ascii ? "o" : awaited[awaited.count / 2] }

    /// The edge of a panel.
    func edge(isFocused: Bool) -> Edge {
        isFocused
            ? focusEdge
            : Edge(
                horizontal: horizontal, vertical: vertical, topLeft: topLeft, topRight: topRight,
                bottomLeft: bottomLeft, bottomRight: bottomRight)
    }

    /// How full a cell is that awaits so many calls.
    func awaited(calls: Int) -> String { awaited[min(max(calls, 1), awaited.count) - 1] }

    /// For UTF-8.
    public static let unicode = Glyphs(
        horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└", bottomRight: "┘", more: "…",
        pointer: "▸", arriving: "›", queued: "░", running: "█", awaited: ["▂", "▃", "▄", "▅", "▆"], blocked: "▓",
        connecting: "┄",
        waiting: "╌", idle: "─", scheduled: "≡",
        error: "✖",
        start: "▏", full: "█", empty: "·", tick: "┬", dot: "·", play: "▶", enter: "⏎", arrow: "→",
        back: "←", down: "↘", up: "↗", downUp: "↕", critical: "•", pause: "‖", stop: "■", record: "●",
        levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"], eighths: ["▏", "▎", "▍", "▌", "▋", "▊", "▉"], seam: "▌",
        answers: "◆",
        focusEdge: Edge(
            horizontal: "━", vertical: "┃", topLeft: "┏", topRight: "┓", bottomLeft: "┗", bottomRight: "┛"),
        peak: "↑", rising: "▲", falling: "▼", mark: "★", comment: "✎",
        upperHalf: "▀", lowerHalf: "▄")

    /// For everything else.
    public static let ascii = Glyphs(
        horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+", more: "~",
        pointer: ">", arriving: ",", queued: ".", running: "#", awaited: ["1", "2", "3", "4", "5"], blocked: "=",
        connecting: ":",
        waiting: "-", idle: "_", scheduled: "%",
        error: "X",
        start: "|", full: "#", empty: "-", tick: "+", dot: "-", play: ">", enter: "Enter", arrow: "->",
        back: "<-", down: "v", up: "^", downUp: "!", critical: "*", pause: "||", stop: "#", record: "*",
        levels: [" ", ".", ":", "-", "=", "+", "*", "#"], eighths: ["|", "|", "|", "|", "#", "#", "#"], seam: "|",
        answers: "*",
        focusEdge: Edge(
            horizontal: "=", vertical: "|", topLeft: "#", topRight: "#", bottomLeft: "#", bottomRight: "#"),
        peak: "^", rising: "^", falling: "v", mark: "*", comment: "\"",
        upperHalf: "'", lowerHalf: ".")

    /// Counts as a line of columns, the largest of them full; nothing stands for zero.
    func spark(counts: [Int]) -> String {
        let most = max(1, counts.max() ?? 1)
        return counts.map { count in
            count == 0 ? " " : levels[min(levels.count - 1, count * (levels.count - 1) / most)]
        }.joined()
    }
}
