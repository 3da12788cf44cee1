// Each route under each mode: counts, times, what it waits for; and what a mode makes of the same route.

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

    /// One column of numbers.
    private struct Column {
        let name: String
        let width: Int
        let value: (Line) -> String
    }

    /// One route under one mode.
    private struct Line {
        let key: RouteTable.Key
        let route: Statistics
        /// What was added up of it in the window that is shown.
        let sums: RequestSums
        /// Its responses in that window.
        let times: Times
        /// The median of the same route in the mode that it is compared with, in ns.
        let base: UInt64?
    }

    func draw(on frame: inout Frame, rect: Rect) {
        frame.box(rect: rect, title: "STATISTICS  by route, \(model.view.window.phrase)", glyphs: glyphs)
        let inside = rect.inset(by: 1)
        guard inside.height >= 2 else { return }
        let shown = Set(model.known.lanes.map(\.id))
        let known = model.known.routes.filter { shown.contains($0.key.lane.lane) }
        let base = base(of: known)
        let lines = lines(known: known, base: base)
        guard !lines.isEmpty else {
            frame.put(
                known.isEmpty
                    ? "No request was answered yet. b sends some."
                    : "No request was answered in \(model.view.window.phrase). W changes the window.",
                x: inside.x + 1, y: inside.y, role: .faint, clip: inside)
            return
        }
        // The more there is room for, the more is told; what matters most stands first.
        var columns: [Column] = []
        var left = inside.width - 30
        for column in self.columns(base: base) where left >= column.width + 1 {
            columns.append(column)
            left -= column.width + 1
        }
        let name = inside.width - 1 - columns.reduce(0) { $0 + $1.width + 1 }
        drawHeads(columns, name: name, on: &frame, rect: inside)
        let first = frame.scroll(lines.count, in: inside.height - 1, wanted: model.view.scroll)
        var before: RouteTable.Key?
        for (row, line) in lines.dropFirst(first).prefix(inside.height - 1).enumerated() {
            let y = inside.y + 1 + row
            let isNew = before?.rule != line.key.rule || before?.method != line.key.method
            before = line.key
            let title = isNew ? TextWidth.joined(first: line.key.method, second: line.key.rule).madeVisible : ""
            frame.put(
                TextWidth.fit(text: title, width: max(0, name - 8), mark: glyphs.more), x: inside.x + 1, y: y,
                role: .strong, clip: inside)
            var x = inside.x + max(1, name - 7)
            let lane = model.lane(of: line.key.lane).name.madeVisible
            frame.put(TextWidth.fit(text: lane, width: 7, mark: glyphs.more), x: x, y: y, role: .text, clip: inside)
            x = inside.x + 1 + name
            for column in columns {
                let role: Role = column.name == "errors" && line.sums.failures > 0 ? .bad : .text
                frame.put(
                    TextWidth.padLeft(column.value(line), width: column.width), x: x, y: y, role: role, clip: inside)
                x += column.width + 1
            }
        }
    }

    private func drawHeads(_ columns: [Column], name: Int, on frame: inout Frame, rect: Rect) {
        frame.put("route", x: rect.x + 1, y: rect.y, role: .faint, clip: rect)
        frame.put("mode", x: rect.x + max(1, name - 7), y: rect.y, role: .faint, clip: rect)
        var x = rect.x + 1 + name
        for column in columns {
            frame.put(TextWidth.padLeft(column.name, width: column.width), x: x, y: rect.y, role: .faint, clip: rect)
            x += column.width + 1
        }
    }

    /// The lane, under one mode, that the others are compared with.
    private func base(of known: [RouteTable.Key: Statistics]) -> LaneDescription? {
        let keys = Set(known.keys.map(\.lane)).sorted { modeOrder(key: $0) < modeOrder(key: $1) }
        return LaneDescription.base(among: keys.map(model.lane(of:)))
    }

    private func columns(base: LaneDescription?) -> [Column] {
        let isASCII = glyphs == .ascii
        func time(nanoseconds: UInt64?) -> String {
            nanoseconds.map { TimeText.short(nanoseconds: $0, isASCII: isASCII) } ?? "-"
        }
        let from = StatisticsScreen.span.from
        let to = StatisticsScreen.span.to
        return [
            Column(name: "count", width: 7) { "\($0.sums.count)" },
            Column(name: "p50", width: 7) { time(nanoseconds: $0.times.percentile(percent: 50)) },
            Column(name: "p99", width: 7) { time(nanoseconds: $0.times.percentile(percent: 99)) },
            Column(
                name: TextWidth.fit(
                    text: "\(isASCII ? "/" : "÷") \(base?.name.madeVisible ?? "sync")", width: 7, mark: glyphs.more),
                width: 7
            ) { line in
                guard let base = line.base, base > 0, let own = line.times.percentile(percent: 50) else {
                    return ""
                }
                return TimeText.digits(value: Double(own) / Double(base), places: 2)
            },
            Column(name: "errors", width: 6) { "\($0.sums.failures)" },
            Column(name: "p90", width: 7) { time(nanoseconds: $0.times.percentile(percent: 90)) },
            Column(name: "max", width: 7) { time(nanoseconds: $0.times.most) },
            Column(name: "/s", width: 6) {
                TimeText.digits(value: $0.route.rate(at: model.known.now), places: 1)
            },
            Column(name: "waits", width: 6) { line in
                TimeText.digits(value: Double(line.sums.waits) / Double(max(1, line.sums.detailed)), places: 1)
            },
            Column(name: "hooks", width: 6) { line in
                let share = Double(line.sums.hookTime) / Double(max(1, line.sums.detailedTime))
                return "\(Int(saturating: (min(1, share) * 100).rounded()))%"
            },
            Column(name: "100\(isASCII ? "us" : "µs") to 10s", width: 24) { line in
                glyphs.spark(counts: line.times.distribution(count: 24, from: from, to: to))
            },
        ]
    }

    /// The routes that took the most time first, each under its modes in their own order.
    private func lines(known: [RouteTable.Key: Statistics], base: LaneDescription?) -> [Line] {
        struct Name: Hashable {
            let method: String
            let rule: String
        }
        let window = model.view.window
        let now = model.known.now
        let lines = known.map { key, route in
            Line(
                key: key, route: route, sums: route.sums(window: window, at: now),
                times: route.times(window: window, at: now), base: nil)
        }.filter { $0.sums.count > 0 }
        let groups = Dictionary(grouping: lines) { Name(method: $0.key.method, rule: $0.key.rule) }
        let order = groups.sorted { left, right in
            let first = left.value.map(\.sums.wholeTime).sumSaturated()
            let second = right.value.map(\.sums.wholeTime).sumSaturated()
            return first == second ? left.key.rule < right.key.rule : first > second
        }
        return order.flatMap { _, members in
            let compared = members.first { isBase($0.key.lane, base: base) }?.times.percentile(percent: 50)
            return members.sorted { modeOrder(key: $0.key.lane) < modeOrder(key: $1.key.lane) }.map { line in
                Line(
                    key: line.key, route: line.route, sums: line.sums, times: line.times,
                    base: isBase(line.key.lane, base: base) ? nil : compared)
            }
        }
    }

    private func isBase(_ key: Statistics.Key, base: LaneDescription?) -> Bool {
        key.lane == base?.id && key.mode == base?.mode
    }

    /// By mode, then by lane; lanes that are not ours come last.
    private func modeOrder(key: Statistics.Key) -> Int {
        let modes = ExecutionMode.allCases
        return (key.mode.flatMap { modes.firstIndex(of: $0) } ?? modes.count) * 256 + Int(key.lane.rawValue)
    }
}
