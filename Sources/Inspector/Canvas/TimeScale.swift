// From time to columns: one scale for all bars that are to be compared.

/// Maps a window of time onto a number of columns.
struct TimeScale {
    let start: UInt64
    /// How long the window is, in ns; at least 1.
    let length: UInt64
    let columns: Int

    init(start: UInt64, length: UInt64, columns: Int) {
        self.start = start
        self.length = max(1, length)
        self.columns = min(max(0, columns), Rect.limit)
    }

    /// Where `time` lies, in columns from the left; not clamped to the window.
    func position(time: UInt64) -> Double {
        let offset = time >= start ? Double(time - start) : -Double(start - time)
        // Times out of a file may be anything; as an Int, what is beyond would trap.
        return max(-1e9, min(1e9, offset / Double(length) * Double(columns)))
    }

    /// The columns that a span touches, at least one when it lies in the window; nil when it does not.
    func cells(begin: UInt64, end: UInt64) -> Range<Int>? {
        let left = position(time: begin)
        let right = position(time: max(begin, end))
        guard right >= 0, left < Double(columns), columns > 0 else { return nil }
        let first = min(columns - 1, max(0, Int(left)))
        let last = min(columns, max(first + 1, Int(right.rounded(.up))))
        return first..<last
    }

    /// The columns that a span covers wholly, or nil when there is none.
    func fullCells(begin: UInt64, end: UInt64) -> Range<Int>? {
        let first = max(0, Int(max(-1, position(time: begin)).rounded(.up)))
        let last = min(columns, Int(min(Double(columns), max(0, position(time: max(begin, end))))))
        return first < last ? first..<last : nil
    }
}
