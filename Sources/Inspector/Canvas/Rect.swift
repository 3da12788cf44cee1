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

    /// No place or size is farther from 0: sums and products of them always fit.
    static let limit = 1 << 20

    /// Makes a rectangle; a negative size becomes 0, and what is larger than a million is held to it.
    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = min(max(-Rect.limit, x), Rect.limit)
        self.y = min(max(-Rect.limit, y), Rect.limit)
        self.width = min(max(0, width), Rect.limit)
        self.height = min(max(0, height), Rect.limit)
    }

    /// Whether it holds no cell.
    public var isEmpty: Bool { width == 0 || height == 0 }

    /// Whether a cell lies in it.
    func contains(_ x: Int, y: Int) -> Bool {
        x >= self.x && x < self.x + width && y >= self.y && y < self.y + height
    }

    /// The rectangle less `margin` cells on each side.
    func inset(by margin: Int) -> Rect {
        let margin = min(max(-Rect.limit, margin), Rect.limit)
        return Rect(x: x + margin, y: y + margin, width: width - 2 * margin, height: height - 2 * margin)
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
    func columns(count: Int) -> [Rect] {
        let count = min(max(1, count), Rect.limit)
        return (0..<count).map { index in
            let left = width * index / count
            let right = width * (index + 1) / count
            return Rect(x: x + left, y: y, width: right - left, height: height)
        }
    }
}
