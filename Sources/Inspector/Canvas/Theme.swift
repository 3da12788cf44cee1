// Roles as colours and styles: for 256, 16 and 8 colours, on dark and on light ground, and for none.

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

/// What a terminal can show, and what its user has asked for.
public struct ColorChoice: Sendable, Equatable {
    /// How many colours the terminal has.
    public var colors: Int
    /// Whether no colour at all is wanted (`NO_COLOR`).
    public var isPlain: Bool
    /// Whether the ground is light.
    public var isLight: Bool

    /// Makes a choice.
    public init(colors: Int, isPlain: Bool = false, isLight: Bool = false) {
        self.colors = colors
        self.isPlain = isPlain
        self.isLight = isLight
    }

    /// Whether `COLORFGBG`, which some terminals set, says that the ground is light; nil when it says nothing.
    public static func isLight(colorFGBG: String?) -> Bool? {
        guard let last = colorFGBG?.split(separator: ";").last, let ground = Int(last) else { return nil }
        return ground == 7 || ground == 15
    }

    /// Whether a ground of that colour, each part from 0 to 1, is light, by how bright it is seen.
    public static func isLight(red: Double, green: Double, blue: Double) -> Bool {
        0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5
    }
}

/// A look for every role.
public struct Theme: Sendable {
    /// Whether it is made for a light ground.
    public let isLight: Bool
    private let looks: [Look]

    private init(isLight: Bool = false, looks: [Role: Look]) {
        self.isLight = isLight
        self.looks = Role.allCases.map { looks[$0] ?? Look() }
    }

    /// The look of `role`.
    public subscript(role: Role) -> Look { looks[Int(role.rawValue)] }

    /// The theme for a terminal and its user.
    public static func forTerminal(_ choice: ColorChoice) -> Theme {
        if choice.isPlain || choice.colors < 8 { return monochrome }
        if choice.colors >= 256 { return choice.isLight ? richLight : rich }
        if choice.colors >= 16 { return choice.isLight ? plainLight : sixteen }
        return choice.isLight ? plainLight : plain
    }

    /// Without any colour.
    static let monochrome = Theme(looks: [
        .faint: Look(dim: true), .strong: Look(bold: true), .title: Look(bold: true), .focus: Look(bold: true),
        .selected: Look(reversed: true), .key: Look(bold: true), .bad: Look(bold: true), .warning: Look(bold: true),
        .border: Look(dim: true), .queued: Look(dim: true), .running: Look(bold: true), .failing: Look(bold: true),
        .cursor: Look(reversed: true), .lit: Look(bold: true, reversed: true), .mark: Look(bold: true),
        .laneSync: Look(bold: true), .laneAsync: Look(bold: true), .laneNative: Look(bold: true),
        .laneOther: Look(bold: true), .serviceOne: Look(), .serviceTwo: Look(bold: true), .serviceThree: Look(),
    ])

    /// For eight colours.
    static let plain = Theme(looks: [
        .faint: Look(dim: true), .strong: Look(bold: true), .border: Look(dim: true), .title: Look(6, bold: true),
        .focus: Look(3, bold: true), .selected: Look(reversed: true), .key: Look(6, bold: true), .good: Look(2),
        .warning: Look(3, bold: true), .bad: Look(1, bold: true), .queued: Look(7), .hook: Look(5),
        .running: Look(2, bold: true), .awaiting: Look(6, bold: true), .blocked: Look(3), .failing: Look(1, bold: true),
        .teardown: Look(6), .subThread: Look(6), .cursor: Look(reversed: true),
        .lit: Look(0, on: 3), .mark: Look(5, bold: true),
        .laneSync: Look(3, bold: true), .laneAsync: Look(6, bold: true), .laneNative: Look(2, bold: true),
        .laneOther: Look(7, bold: true), .serviceOne: Look(5), .serviceTwo: Look(2), .serviceThree: Look(4, bold: true),
    ])

    /// For sixteen colours: the bright ones instead of bold, which some terminals draw thin.
    static let sixteen = Theme(looks: [
        .faint: Look(8), .strong: Look(15), .border: Look(8), .title: Look(14), .focus: Look(11),
        .selected: Look(reversed: true), .key: Look(14), .good: Look(10), .warning: Look(11), .bad: Look(9),
        .queued: Look(7), .hook: Look(5), .running: Look(2), .awaiting: Look(14), .blocked: Look(11),
        .failing: Look(9), .teardown: Look(6), .subThread: Look(6), .cursor: Look(reversed: true),
        .lit: Look(0, on: 11), .mark: Look(13), .laneSync: Look(11), .laneAsync: Look(14), .laneNative: Look(10),
        .laneOther: Look(7), .serviceOne: Look(13), .serviceTwo: Look(10), .serviceThree: Look(12),
    ])

    /// For eight or sixteen colours on a light ground: no yellow, no bright white, no dim text.
    static let plainLight = Theme(
        isLight: true,
        looks: [
            .strong: Look(bold: true), .title: Look(4, bold: true), .focus: Look(5, bold: true),
            .selected: Look(reversed: true), .key: Look(4, bold: true), .good: Look(2), .warning: Look(5, bold: true),
            .bad: Look(1, bold: true), .hook: Look(5), .running: Look(2, bold: true), .awaiting: Look(4, bold: true),
            .blocked: Look(1), .failing: Look(5, bold: true), .teardown: Look(6), .subThread: Look(6),
            .cursor: Look(reversed: true), .lit: Look(bold: true, reversed: true), .mark: Look(5, bold: true),
            .laneSync: Look(1, bold: true), .laneAsync: Look(4, bold: true), .laneNative: Look(5, bold: true),
            .laneOther: Look(2, bold: true), .serviceOne: Look(5), .serviceTwo: Look(2), .serviceThree: Look(4),
        ])

    /// For 256 colours on a dark ground.
    static let rich = Theme(looks: [
        .faint: Look(244), .strong: Look(bold: true), .border: Look(240), .title: Look(74, bold: true),
        .focus: Look(179, bold: true), .selected: Look(255, on: 236, bold: true), .key: Look(74, bold: true),
        .good: Look(71), .warning: Look(178, bold: true), .bad: Look(167, bold: true), .queued: Look(250),
        .hook: Look(133), .running: Look(114), .awaiting: Look(117), .blocked: Look(208),
        .failing: Look(197, bold: true), .teardown: Look(73), .subThread: Look(73), .cursor: Look(179, bold: true),
        .lit: Look(232, on: 179, bold: true), .mark: Look(133, bold: true), .laneSync: Look(208, bold: true),
        .laneAsync: Look(117, bold: true), .laneNative: Look(141, bold: true), .laneOther: Look(186, bold: true),
        .serviceOne: Look(176), .serviceTwo: Look(149), .serviceThree: Look(75),
    ])

    /// For 256 colours on a light ground: the same hues, darker.
    static let richLight = Theme(
        isLight: true,
        looks: [
            .faint: Look(243), .strong: Look(bold: true), .border: Look(249), .title: Look(25, bold: true),
            .focus: Look(130, bold: true), .selected: Look(234, on: 254, bold: true), .key: Look(25, bold: true),
            .good: Look(28), .warning: Look(130, bold: true), .bad: Look(124, bold: true), .queued: Look(243),
            .hook: Look(90), .running: Look(28), .awaiting: Look(33), .blocked: Look(166),
            .failing: Look(161, bold: true), .teardown: Look(30), .subThread: Look(30), .cursor: Look(130, bold: true),
            .lit: Look(231, on: 130, bold: true), .mark: Look(90, bold: true), .laneSync: Look(166, bold: true),
            .laneAsync: Look(26, bold: true), .laneNative: Look(97, bold: true), .laneOther: Look(240, bold: true),
            .serviceOne: Look(130), .serviceTwo: Look(26), .serviceThree: Look(23),
        ])
}
