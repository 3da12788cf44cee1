// Each route under each mode: counts, times, what it waits for; what a mode makes of it; and of the selected one its
// latencies over time and its errors.

internal import InspectorCore

/// Draws the numbers of routes.
struct StatisticsScreen {
    private let model: Model
    private let glyphs: Glyphs

    init(model: Model) {
        self.model = model
        glyphs = model.settings.glyphs
    }

    /// The shortest and the longest time of the drawn distributions, in ns: 100 µs to 10 s.
    private static let span: (from: UInt64, to: UInt64) = (100_000, 10_000_000_000)

    /// Under so many answers in a lane nothing is compared.
    private static let least = 5

    /// One column of numbers.
    private struct Column {
        let column: RouteColumn
        let name: String
        let width: Int
        let value: (RouteLine) -> (text: String, role: Role)
    }

    func draw(on frame: inout Frame, rect: Rect) {
        let lines = model.routeLines
        let below = lines.isEmpty || rect.height < 18 ? 0 : min(14, rect.height / 3 + 1)
        let (detail, table) = rect.splitBottom(below)
        frame.box(rect: table, title: "STATISTICS  by route, \(model.view.window.phrase)", glyphs: glyphs)
        let inside = table.inset(by: 1)
        guard inside.height >= 2 else { return }
        guard !lines.isEmpty else {
            frame.put(
                model.known.routes.isEmpty
                    ? "No request was answered yet. b sends some."
                    : "No request was answered in \(model.view.window.phrase). W changes the window.",
                x: inside.x + 1, y: inside.y, role: .faint, clip: inside)
            return
        }
        let (columns, left) = shown(width: inside.width - 28)
        let name = inside.width - 1 - columns.reduce(0) { $0 + $1.width + 1 }
        drawHeads(columns, name: name, on: &frame, rect: inside)
        let selected = lines.firstIndex { $0.key == model.view.routes.selected } ?? 0
        let rows = inside.height - 1
        let first = max(0, min(selected - rows / 2, lines.count - rows))
        var before: RouteTable.Key?
        for (row, line) in lines.dropFirst(first).prefix(rows).enumerated() {
            let y = inside.y + 1 + row
            let isNew = before?.rule != line.key.rule || before?.method != line.key.method
            before = line.key
            draw(line, columns: columns, name: name, isNew: isNew, on: &frame, rect: inside, y: y)
            let whole = Rect(x: inside.x, y: y, width: inside.width, height: 1)
            frame.mark(whole, spot: .item(UInt64(first + row), panel: 0))
            if first + row == selected {
                frame.put(glyphs.pointer, x: inside.x, y: y, role: .focus, clip: inside)
                frame.select(row: y, in: whole)
            }
        }
        var foot = "\(first + 1)-\(min(lines.count, first + rows)) of \(lines.count)"
        if left > 0 {
            foot += "  \(left) more column\(left == 1 ? "" : "s") (\(Key.right.name(glyphs: glyphs)))"
        }
        frame.put(" \(foot) ", x: table.x + 2, y: table.y + table.height - 1, role: .faint, clip: table)
        if below > 0 {
            RouteDetail(model: model, line: lines[selected]).draw(on: &frame, rect: detail)
        }
    }

    /// The columns that find room, and how many are left over at the right.
    private func shown(width: Int) -> ([Column], left: Int) {
        // In a window that has become wider no column is left out that would find room.
        var needed = 0
        let least = columns.lastIndex { column in
            needed += column.width + 1
            return needed > width
        }
        let all = Array(columns.dropFirst(min(model.view.routes.shift, least.map { $0 + 1 } ?? 0)))
        var shown: [Column] = []
        var left = width
        for column in all {
            guard left >= column.width + 1 else { break }
            shown.append(column)
            left -= column.width + 1
        }
        return (shown, all.count - shown.count)
    }

    private func draw(
        _ line: RouteLine, columns: [Column], name: Int, isNew: Bool, on frame: inout Frame, rect: Rect, y: Int
    ) {
        let lane = model.lane(of: line.key.lane)
        let title = isNew ? TextWidth.joined(first: line.key.method, second: line.key.rule).madeVisible : ""
        frame.put(
            TextWidth.fitMiddle(text: title, width: max(0, name - 9), mark: glyphs.more), x: rect.x + 1, y: y,
            role: .strong, clip: rect)
        var x = rect.x + max(1, name - 7)
        frame.put(
            TextWidth.fit(text: lane.name.madeVisible, width: 7, mark: glyphs.more), x: x, y: y,
            role: Role.of(lane: lane), clip: rect)
        x = rect.x + 1 + name
        for column in columns {
            let (text, role) = column.value(line)
            frame.put(TextWidth.padLeft(text, width: column.width), x: x, y: y, role: role, clip: rect)
            x += column.width + 1
        }
    }

    private func drawHeads(_ columns: [Column], name: Int, on frame: inout Frame, rect: Rect) {
        frame.put("route", x: rect.x + 1, y: rect.y, role: .faint, clip: rect)
        frame.put("lane", x: rect.x + max(1, name - 7), y: rect.y, role: .faint, clip: rect)
        var x = rect.x + 1 + name
        let view = model.view.routes
        for column in columns {
            let isSorted = view.sort == column.column
            let sign = isSorted ? (view.isAscending ? glyphs.rising : glyphs.falling) : ""
            frame.put(
                TextWidth.padLeft(column.name + sign, width: column.width), x: x, y: rect.y,
                role: isSorted ? .focus : .faint, clip: rect)
            x += column.width + 1
        }
    }

    private var columns: [Column] {
        let isASCII = glyphs == .ascii
        func time(_ percent: Double) -> (RouteLine) -> (String, Role) {
            { line in
                (
                    line.times.percentile(percent: percent).map { TimeText.short(nanoseconds: $0, isASCII: isASCII) }
                        ?? "-", .text
                )
            }
        }
        let from = StatisticsScreen.span.from
        let to = StatisticsScreen.span.to
        return [
            Column(column: .count, name: "count", width: 7) { ("\($0.sums.count)", .text) },
            Column(column: .p50, name: "p50", width: 6, value: time(50)),
            Column(column: .p90, name: "p90", width: 6, value: time(90)),
            Column(column: .p99, name: "p99", width: 6, value: time(99)),
            Column(column: .max, name: "max", width: 6) { line in
                (line.times.most.map { TimeText.short(nanoseconds: $0, isASCII: isASCII) } ?? "-", .text)
            },
            Column(
                column: .comparison,
                name: "than "
                    + TextWidth.fit(
                        text: model.routeBase?.name.madeVisible ?? "sync", width: 7, mark: glyphs.more), width: 12
            ) { comparison(of: $0) },
            Column(column: .errors, name: "errors", width: 7) {
                ("\($0.sums.failures)", $0.sums.failures > 0 ? .bad : .text)
            },
            Column(column: .rate, name: "/s", width: 6) {
                (TimeText.digits(value: $0.route.rate(at: model.known.now), places: 1), .text)
            },
            Column(column: .waits, name: "waits", width: 6) { line in
                (TimeText.digits(value: Double(line.sums.waits) / Double(max(1, line.sums.detailed)), places: 1), .text)
            },
            Column(column: .hooks, name: "hooks", width: 6) { line in
                let share = Double(line.sums.hookTime) / Double(max(1, line.sums.detailedTime))
                return ("\(Int(saturating: (min(1, share) * 100).rounded()))%", .text)
            },
            Column(column: .distribution, name: "100\(isASCII ? "us" : "µs") to 10s", width: 24) { line in
                (
                    glyphs.spark(counts: line.times.distribution(count: 24, from: from, to: to)),
                    Role.of(lane: model.lane(of: line.key.lane))
                )
            },
        ]
    }

    /// `4.3× faster`: by medians; nothing for the lane that is compared with.
    private func comparison(of line: RouteLine) -> (String, Role) {
        guard let base = line.base, base > 0, let own = line.times.percentile(percent: 50), own > 0 else {
            return ("", .text)
        }
        // The medians of a few requests may differ by chance as much as these.
        guard min(line.baseCount, line.times.count) >= StatisticsScreen.least else { return ("too few", .faint) }
        let ratio = Double(base) / Double(own)
        let times = glyphs == .ascii ? "x" : "×"
        // Less than the histogram can tell is no difference.
        if ratio > 0.98, ratio < 1.02 { return ("the same", .faint) }
        return ratio > 1
            ? (ratio.decimal(places: ratio < 1.1 ? 2 : 1) + times + " faster", .good)
            : ((1 / ratio).decimal(places: 1 / ratio < 1.1 ? 2 : 1) + times + " slower", .warning)
    }
}
