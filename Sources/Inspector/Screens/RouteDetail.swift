// Of the selected route: its latencies over time as a heat map in half blocks, and its errors by kind.

internal import InspectorCore

/// Draws what is known of one route besides its numbers.
struct RouteDetail {
    private let model: Model
    private let line: RouteLine
    private let glyphs: Glyphs

    init(model: Model, line: RouteLine) {
        self.model = model
        self.line = line
        glyphs = model.settings.glyphs
    }

    func draw(on frame: inout Frame, rect: Rect) {
        let lane = model.lane(of: line.key.lane)
        let route = TextWidth.joined(first: line.key.method, second: line.key.rule).madeVisible
        frame.box(
            rect: rect, title: "\(route)  \(lane.name.madeVisible)  latency over time", glyphs: glyphs,
            titleRole: Role.of(lane: lane))
        let inside = rect.inset(by: 1)
        guard inside.height >= 3, inside.width >= 30 else { return }
        let errors = errorLines
        let (foot, map) = inside.splitBottom(min(errors.count, max(1, inside.height / 3)))
        drawMap(on: &frame, rect: map, role: Role.of(lane: lane))
        for (row, error) in errors.prefix(foot.height).enumerated() {
            frame.put(
                TextWidth.fit(text: error.text, width: foot.width - 2, mark: glyphs.more), x: foot.x + 1,
                y: foot.y + row,
                role: error.role, clip: foot)
        }
    }

    /// Time to the right, latency upwards: half a row is a class of latencies.
    private func drawMap(on frame: inout Frame, rect: Rect, role: Role) {
        let now = model.known.now
        let pieces = line.route.pieces(window: model.view.window, at: now)
        guard let seconds = model.view.window.seconds, !pieces.isEmpty, rect.height >= 3 else {
            frame.put(
                "The latencies of all since the start have no time: W chooses a window.", x: rect.x + 1, y: rect.y,
                role: .faint, clip: rect)
            return
        }
        let isASCII = glyphs == .ascii
        let low = pieces.compactMap { $0.times.percentile(percent: 0.1) }.min() ?? 1000
        let high = max(pieces.compactMap(\.times.most).max() ?? low, low.addingSaturated(1000))
        let label = 8
        let rows = rect.height - 1
        let classes = rows * 2
        let columns = max(1, rect.width - label - 2)
        let begin = now / 1_000_000_000 - min(now / 1_000_000_000, seconds)
        for piece in pieces {
            func column(_ second: UInt64) -> Int {
                let after = second.subtractingSaturated(begin).multipliedSaturated(by: UInt64(columns))
                return Int(clamping: after / max(1, seconds))
            }
            let (from, to) = (column(piece.start), column(piece.start + piece.width))
            let counts = piece.times.distribution(
                count: classes, from: max(1, low - min(low, low / 20)), to: high + high / 20 + 1)
            guard counts.count == classes else { continue }
            let most = max(1, counts.max() ?? 1)
            for row in 0..<rows {
                let upper = counts[classes - 1 - row * 2]
                let lower = counts[classes - 2 - row * 2]
                guard upper + lower > 0 else { continue }
                let text = upper > 0 && lower > 0 ? glyphs.full : upper > 0 ? glyphs.upperHalf : glyphs.lowerHalf
                // Few are faint: what many did stands out.
                let isMany = max(upper, lower) * 4 >= most
                for column in max(0, from)..<max(max(0, from) + 1, min(columns, to)) where column < columns {
                    frame.put(
                        text, x: rect.x + label + column, y: rect.y + row, role: isMany ? role : .faint, clip: rect)
                }
            }
        }
        func time(_ nanoseconds: UInt64) -> String {
            TextWidth.padLeft(TimeText.short(nanoseconds: nanoseconds, isASCII: isASCII), width: label - 1)
        }
        frame.put(time(high), x: rect.x, y: rect.y, role: .faint, clip: rect)
        frame.put(time(low), x: rect.x, y: rect.y + rows - 1, role: .faint, clip: rect)
        let back = "-" + TimeText.short(nanoseconds: seconds.multipliedSaturated(by: 1_000_000_000), isASCII: isASCII)
        frame.put(back, x: rect.x + label, y: rect.y + rows, role: .faint, clip: rect)
        frame.put("now", x: rect.x + label + columns - 3, y: rect.y + rows, role: .faint, clip: rect)
    }

    /// `3 × 500 ValueError: no such city, newest #87`: of the lane's newest requests.
    private var errorLines: [(text: String, role: Role)] {
        guard let lane = model.known.lanes.first(where: { $0.id == line.key.lane.lane }) else { return [] }
        var kinds: [String: (count: Int, newest: UInt64)] = [:]
        var seen = 0
        for trace in lane.traces.suffix(RouteDetail.reach) where isOf(trace) && trace.done != nil {
            seen += 1
            guard let kind = RouteDetail.errorKind(of: trace) else { continue }
            kinds[kind, default: (0, 0)].count += 1
            kinds[kind]?.newest = trace.id.number
        }
        guard !kinds.isEmpty else {
            let isAll = lane.traces.count <= RouteDetail.reach
            return [
                (
                    isAll
                        ? "No error among the \(seen) of its requests that are kept."
                        : "No error among the newest \(seen) of its requests.", .faint
                )
            ]
        }
        let times = glyphs == .ascii ? "x" : "×"
        return kinds.sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }.map { kind, found in
            ("\(found.count) \(times) \(kind), newest #\(found.newest)", .bad)
        }
    }

    /// How many of the lane's newest requests are looked at: all of ten thousand would take half of a frame.
    private static let reach = 1000

    private func isOf(_ trace: Trace) -> Bool {
        RouteTable.name(of: trace) == line.key.rule
            && (line.key.method.isEmpty || trace.summary.method == line.key.method)
    }

    /// What went wrong in a request, without what differs from one to the next; nil where nothing did.
    private static func errorKind(of trace: Trace) -> String? {
        let status = trace.status ?? 0
        let thrown = trace.spans.first { $0.outcome == .raised && !$0.detail.isEmpty }?.detail
        guard status >= 500 || thrown != nil else { return nil }
        return "\(status) "
            + (thrown.map { String($0.prefix { $0 != ":" && $0 != "(" }) } ?? HTTPStatus.name(of: status)).madeVisible
    }
}
