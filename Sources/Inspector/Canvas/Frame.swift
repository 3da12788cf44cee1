// A screenful as a value: a grid of cells that knows no terminal and no model.

internal import InspectorCore

/// One place on the screen.
struct Cell: Sendable, Equatable {
    /// What stands there; empty when a wide character on its left reaches over it.
    var text: String
    var role: Role
    /// Whether it belongs to the selected row.
    var isSelected = false

    static let blank = Cell(text: " ", role: .text)
}

/// What a place on the screen stands for, so that a click on it means something to the screen that drew it.
enum Spot: Sendable, Equatable {
    /// A line that can be selected, by a number of its own, in one of several panels.
    case item(UInt64, panel: Int)
    /// A key of the key bar, by its place in the table of keys.
    case key(Int)
    /// A piece of a time axis: its first column stands for the first moment, in ns.
    case time(from: UInt64, length: UInt64)
    /// The progress of a replay: its first column stands for its beginning, its last for its end.
    case replay
}

/// A grid of cells, drawn by screens and shown by the terminal.
public struct Frame: Sendable, Equatable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    private(set) var cells: [Cell]
    /// Later ones lie over earlier ones.
    private var spots: [(rect: Rect, spot: Spot)] = []

    /// Makes an empty frame; a negative size becomes 0, and a huge one 1000.
    public init(width: Int, height: Int) {
        self.width = min(max(0, width), 1000)
        self.height = min(max(0, height), 1000)
        cells = Array(repeating: .blank, count: self.width * self.height)
    }

    /// The whole of it.
    public var rect: Rect { Rect(x: 0, y: 0, width: width, height: height) }

    /// The text of each row, without the spaces at its end: what tests compare.
    public var lines: [String] {
        (0..<height).map { row in
            var line = ""
            for column in 0..<width { line += cells[row * width + column].text }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// All rows, as text.
    public var text: String { lines.joined(separator: "\n") }

    /// Two frames are the same when they look the same.
    public static func == (left: Frame, right: Frame) -> Bool {
        left.width == right.width && left.height == right.height && left.cells == right.cells
    }

    /// In which row of its list the selected item is; nil where none is selected.
    var selectedRow: Int?

    /// How far what is drawn can be scrolled; nil where nothing can be.
    private(set) var scrollLimit: Int?

    /// Says that `count` lines are shown in `height` rows.
    ///
    /// - Returns: the first line to draw, when somebody has scrolled by `wanted`.
    mutating func scroll(_ count: Int, in height: Int, wanted: Int) -> Int {
        let limit = max(0, count - height)
        scrollLimit = limit
        return min(max(0, wanted), limit)
    }

    /// Says what `rect` stands for.
    mutating func mark(_ rect: Rect, spot: Spot) { spots.append((rect, spot)) }

    /// The highest row with an item; nil without items.
    var firstItemRow: Int? {
        spots.compactMap { rect, spot in if case .item = spot { rect.y } else { nil } }.min()
    }

    /// What stands at a place, and how far in it the place is.
    func spot(x: Int, y: Int) -> (spot: Spot, rect: Rect)? {
        spots.last { $0.rect.contains(x, y: y) }.map { ($0.spot, $0.rect) }
    }

    /// Gives cells another role and leaves their text as it is.
    mutating func paint(_ rect: Rect, role: Role) {
        for y in max(0, rect.y)..<max(max(0, rect.y), min(height, rect.y + rect.height)) {
            for x in max(0, rect.x)..<max(max(0, rect.x), min(width, rect.x + rect.width)) {
                cells[y * width + x].role = role
            }
        }
    }

    func cell(x: Int, y: Int) -> Cell? {
        x >= 0 && x < width && y >= 0 && y < height ? cells[y * width + x] : nil
    }

    /// Puts `text` at a place, cut at the right edge of `clip` and of the frame.
    ///
    /// Whatever could drive the terminal is made visible here at the latest: no caller can forget it.
    ///
    /// - Returns: the column after the text.
    @discardableResult
    mutating func put(_ text: String, x: Int, y: Int, role: Role = .text, clip: Rect? = nil) -> Int {
        let clip = clip ?? rect
        let left = max(0, clip.x)
        let right = min(width, clip.x + clip.width)
        guard y >= max(0, clip.y), y < min(height, clip.y + clip.height) else { return x }
        var column = x
        for character in text.madeVisible {
            let wide = TextWidth.of(character: character)
            guard wide > 0 else {
                if column > left, column <= right { cells[y * width + column - 1].text.append(character) }
                continue
            }
            guard column + wide <= right else { break }
            if column >= left {
                set(column, y: y, cell: Cell(text: String(character), role: role))
                if wide == 2 { set(column + 1, y: y, cell: Cell(text: "", role: role)) }
            }
            column += wide
        }
        return column
    }

    /// Marks the cells of a row as selected.
    mutating func select(row y: Int, in rect: Rect) {
        guard y >= 0, y < height else { return }
        for x in max(0, rect.x)..<max(max(0, rect.x), min(width, rect.x + rect.width)) {
            cells[y * width + x].isSelected = true
        }
    }

    /// Draws a panel's frame with a title in its upper edge; that of the panel which the keys act on is heavier.
    mutating func box(
        rect: Rect, title: String, glyphs: Glyphs, titleRole: Role = .title, isFocused: Bool = false
    ) {
        guard rect.width >= 2, rect.height >= 2 else { return }
        let edge = glyphs.edge(isFocused: isFocused)
        let role: Role = isFocused ? .focus : .border
        let line = String(repeating: edge.horizontal, count: rect.width - 2)
        let bottom = rect.y + rect.height - 1
        put(edge.topLeft + line + edge.topRight, x: rect.x, y: rect.y, role: role)
        put(edge.bottomLeft + line + edge.bottomRight, x: rect.x, y: bottom, role: role)
        for y in (rect.y + 1)..<max(rect.y + 1, bottom) {
            put(edge.vertical, x: rect.x, y: y, role: role)
            put(edge.vertical, x: rect.x + rect.width - 1, y: y, role: role)
        }
        let room = rect.width - 4
        if room > 2 {
            put(
                " " + TextWidth.fit(text: title, width: room - 2, mark: glyphs.more) + " ", x: rect.x + 1, y: rect.y,
                role: titleRole)
        }
    }

    private mutating func set(_ x: Int, y: Int, cell: Cell) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        var cell = cell
        cell.isSelected = cells[y * width + x].isSelected
        // Half of a wide character cannot stay: what is left of it becomes a space.
        if cells[y * width + x].text.isEmpty, !cell.text.isEmpty, x > 0,
            TextWidth.of(text: cells[y * width + x - 1].text) == 2
        {
            cells[y * width + x - 1].text = " "
        }
        if TextWidth.of(text: cells[y * width + x].text) == 2, x + 1 < width, cells[y * width + x + 1].text.isEmpty {
            cells[y * width + x + 1].text = " "
        }
        cells[y * width + x] = cell
    }
}
