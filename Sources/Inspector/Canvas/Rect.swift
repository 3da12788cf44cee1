// A part of the screen. Signed and clamped everywhere: the terminal may be of any size, and Swift traps.

/// A rectangle of cells; it may be empty, and is never negative.
public struct Rect: Sendable, Equatable {
    /// The column of its left edge.
    public let x: Int
    /// The row of its upper edge.
    public let y: Int
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int

    /// Makes a rectangle; a negative size becomes 0.
    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = max(0, width)
        self.height = max(0, height)
    }

    /// Whether it holds no cell.
    public var isEmpty: Bool { width == 0 || height == 0 }

    /// Whether a cell lies in it.
    func contains(_ x: Int, _ y: Int) -> Bool {
        x >= self.x && x < self.x + width && y >= self.y && y < self.y + height
    }

    /// The rectangle less `margin` cells on each side.
    func inset(by margin: Int) -> Rect {
        Rect(x: x + margin, y: y + margin, width: width - 2 * margin, height: height - 2 * margin)
    }

    /// The upper `rows`, and the rest.
    func splitTop(_ rows: Int) -> (top: Rect, rest: Rect) {
        let rows = min(max(0, rows), height)
        return (
            Rect(x: x, y: y, width: width, height: rows),
            Rect(x: x, y: y + rows, width: width, height: height - rows)
        )
    }

    /// The lower `rows`, and the rest.
    func splitBottom(_ rows: Int) -> (bottom: Rect, rest: Rect) {
        let (rest, bottom) = splitTop(height - min(max(0, rows), height))
        return (bottom, rest)
    }

    /// `count` columns of about equal width.
    func columns(_ count: Int) -> [Rect] {
        let count = max(1, count)
        return (0..<count).map { index in
            let left = width * index / count
            let right = width * (index + 1) / count
            return Rect(x: x + left, y: y, width: right - left, height: height)
        }
    }
}
