// Where the columns of the list of requests stand in a panel.

internal import InspectorCore

/// The columns of a row, fitted into a width.
struct ListLayout {
    /// A column's place.
    struct Place {
        let column: ListColumn
        let x: Int
        let width: Int
    }

    /// Those that find room, from the left.
    let places: [Place]
    let bar: Int
    let barWidth: Int

    /// - Parameters:
    ///   - columns: those that are wanted.
    ///   - largest: the largest request number on the screen, for the width of the first column.
    init(rect: Rect, columns: [ListColumn], largest: UInt64) {
        let isNarrow = rect.width < 72
        var columns = columns
        let numberWidth = max(isNarrow ? 6 : 8, "\(largest)".count + 4)
        func width(_ column: ListColumn) -> Int {
            switch column {
            case .number: numberWidth
            case .method: isNarrow ? 5 : 7
            case .path: 0
            case .queue, .time: isNarrow ? 7 : 9
            case .calls: 6
            case .thread: isNarrow ? 9 : 12
            case .status: 5
            }
        }
        // What finds no room goes in this order: the bar and the path need some of it.
        // A path of three characters tells nothing: the bar is worth more.
        if rect.width < 24 { columns.removeAll { $0 == .path } }
        let hasPath = columns.contains(.path)
        func taken() -> Int { columns.reduce(0) { $0 + width($1) } + (hasPath ? 11 : 0) + 7 }
        for column in [ListColumn.method, .thread, .calls, .queue, .status, .time] where taken() > rect.width {
            columns.removeAll { $0 == column }
        }
        let fixed = columns.reduce(0) { $0 + width($1) }
        let room = max(0, rect.width - fixed)
        // Where there is little room names matter more than long bars.
        let wanted = max(room / 3, min(14, room * 2 / 5))
        let pathWidth = hasPath ? max(0, min(rect.width < 48 ? 12 : 25, rect.width < 48 ? room / 2 : wanted)) : 0
        var places: [Place] = []
        var x = rect.x
        for column in columns where [.number, .method, .path].contains(column) {
            let width = column == .path ? pathWidth : width(column)
            places.append(Place(column: column, x: x, width: width))
            x += width
        }
        bar = x
        barWidth = max(0, room - pathWidth - 1)
        x += barWidth + 1
        for column in columns where ![.number, .method, .path].contains(column) {
            let width = width(column)
            places.append(Place(column: column, x: x, width: width))
            x += width
        }
        self.places = places
    }
}
