// Roles as colours and styles: for 256 colours, for 8, and for none.

/// How a cell of a role looks.
public struct Look: Sendable, Equatable {
    /// A colour of the terminal's palette, or -1 for its own.
    public var foreground: Int
    /// A colour of the terminal's palette, or -1 for its own.
    public var background: Int
    /// Heavier than other text.
    public var isBold: Bool
    /// Fainter than other text.
    public var isDim: Bool
    /// Foreground and background exchanged.
    public var isReversed: Bool

    /// Makes a look.
    public init(
        _ foreground: Int = -1, on background: Int = -1, bold: Bool = false, dim: Bool = false, reversed: Bool = false
    ) {
        self.foreground = foreground
        self.background = background
        self.isBold = bold
        self.isDim = dim
        self.isReversed = reversed
    }
}

/// A look for every role.
public struct Theme: Sendable {
    private let looks: [Role: Look]

    /// The look of `role`.
    public subscript(role: Role) -> Look { looks[role] ?? Look() }

    /// The theme for a terminal of that many colours; none when `NO_COLOR` is set.
    public static func forTerminal(colors: Int, noColor: Bool) -> Theme {
        if noColor || colors < 8 { return monochrome }
        return colors >= 256 ? rich : plain
    }

    /// Without any colour.
    static let monochrome = Theme(looks: [
        .faint: Look(dim: true), .strong: Look(bold: true), .title: Look(bold: true), .focus: Look(bold: true),
        .selected: Look(reversed: true), .key: Look(bold: true), .bad: Look(bold: true), .warning: Look(bold: true),
        .border: Look(dim: true), .queued: Look(dim: true), .running: Look(bold: true), .failing: Look(bold: true),
    ])

    /// For eight colours.
    static let plain = Theme(looks: [
        .faint: Look(dim: true), .strong: Look(bold: true), .border: Look(dim: true), .title: Look(6, bold: true),
        .focus: Look(3, bold: true), .selected: Look(reversed: true), .key: Look(6, bold: true), .good: Look(2),
        .warning: Look(3, bold: true), .bad: Look(1, bold: true), .queued: Look(7, dim: true), .hook: Look(5),
        .running: Look(2, bold: true), .awaiting: Look(4, bold: true), .blocked: Look(3), .failing: Look(1, bold: true),
        .teardown: Look(6), .subThread: Look(6),
    ])

    /// For 256 colours; chosen to be told apart on dark and on light ground.
    static let rich = Theme(looks: [
        .faint: Look(244), .strong: Look(bold: true), .border: Look(240), .title: Look(74, bold: true),
        .focus: Look(179, bold: true), .selected: Look(-1, on: 238, bold: true), .key: Look(74, bold: true),
        .good: Look(71), .warning: Look(178, bold: true), .bad: Look(167, bold: true), .queued: Look(244),
        .hook: Look(133), .running: Look(71, bold: true), .awaiting: Look(68), .blocked: Look(172),
        .failing: Look(167, bold: true), .teardown: Look(73), .subThread: Look(73),
    ])
}
