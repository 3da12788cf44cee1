// The statistics as an entry: which route is selected, how they are sorted, and the way to their requests and back.

package import InspectorCore

/// A column of the statistics.
package enum RouteColumn: String, Sendable, Equatable, CaseIterable {
    case count
    case p50
    case p90
    case p99
    case max
    case comparison = "against"
    case errors
    case rate = "/s"
    case waits
    case hooks
    case distribution

    /// Those by which routes are sorted.
    static let sortable: [RouteColumn] = [.count, .p50, .p90, .p99, .max, .errors, .rate, .waits, .hooks]
}

/// Where the user is in the statistics.
package struct RoutesView: Sendable, Equatable {
    package var selected: RouteTable.Key?
    /// Nil for the usual order: what took the most time in all first.
    package var sort: RouteColumn?
    package var isAscending = false
    /// How many columns are left out at the left.
    package var shift = 0
    /// The filter that was on before the requests of a route were chosen; nil while none are.
    package var filterBefore: FilterBefore?

    /// A filter that comes back.
    package struct FilterBefore: Sendable, Equatable {
        let filter: Filter?
        let isOn: Bool
    }

    package init() {}
}

/// One route under one mode.
package struct RouteLine: Sendable {
    package let key: RouteTable.Key
    package let route: Statistics
    /// What was added up of it in the window that is shown.
    package let sums: RequestSums
    /// Its responses in that window.
    package let times: Times
    /// The median of the same route in the lane that it is compared with, in ns; nil for that lane itself.
    package var base: UInt64?
    /// Of how many requests that is the median.
    package var baseCount = 0

    /// Its number in a column, for sorting.
    func size(column: RouteColumn, now: UInt64) -> Double {
        func time(_ percent: Double) -> Double { Double(times.percentile(percent: percent) ?? 0) }
        return switch column {
        case .count, .comparison, .distribution: Double(sums.count)
        case .p50: time(50)
        case .p90: time(90)
        case .p99: time(99)
        case .max: Double(times.most ?? 0)
        case .errors: Double(sums.failures)
        case .rate: route.rate(at: now)
        case .waits: Double(sums.waits) / Double(Swift.max(1, sums.detailed))
        case .hooks: Double(sums.hookTime) / Double(Swift.max(1, sums.detailedTime))
        }
    }
}

extension Model {
    /// The routes of the lanes on the screen, in the order in which they are shown: each under its lanes in their order.
    package var routeLines: [RouteLine] {
        struct Name: Hashable {
            let method: String
            let rule: String
        }
        let shown = Set(known.lanes.map(\.id))
        let base = routeBase
        let lines = known.routes.filter { shown.contains($0.key.lane.lane) }.map { key, route in
            RouteLine(
                key: key, route: route, sums: route.sums(window: view.window, at: known.now),
                times: route.times(window: view.window, at: known.now), base: nil)
        }.filter { $0.sums.count > 0 }
        let groups = Dictionary(grouping: lines) { Name(method: $0.key.method, rule: $0.key.rule) }
        func size(_ group: [RouteLine]) -> Double {
            guard let sort = view.routes.sort else { return Double(group.map(\.sums.wholeTime).sumSaturated()) }
            return group.map { $0.size(column: sort, now: known.now) }.max() ?? 0
        }
        let isAscending = view.routes.sort != nil && view.routes.isAscending
        let order = groups.map { (name: $0.key, lines: $0.value, size: size($0.value)) }.sorted { left, right in
            if left.size != right.size { return (left.size > right.size) != isAscending }
            return (left.name.rule, left.name.method) < (right.name.rule, right.name.method)
        }
        return order.flatMap { group in
            let compared = group.lines.first { isRouteBase($0.key.lane, base: base) }
            return group.lines.sorted { modeOrder(key: $0.key.lane) < modeOrder(key: $1.key.lane) }.map { line in
                var line = line
                line.base = isRouteBase(line.key.lane, base: base) ? nil : compared?.times.percentile(percent: 50)
                line.baseCount = compared?.times.count ?? 0
                return line
            }
        }
    }

    /// The lane, under one mode, that the others are compared with.
    package var routeBase: LaneDescription? {
        let shown = Set(known.lanes.map(\.id))
        let keys = Set(known.routes.keys.map(\.lane)).filter { shown.contains($0.lane) }
        return LaneDescription.base(among: keys.sorted { modeOrder(key: $0) < modeOrder(key: $1) }.map(lane(of:)))
    }

    private func isRouteBase(_ key: Statistics.Key, base: LaneDescription?) -> Bool {
        key.lane == base?.id && key.mode == base?.mode
    }

    /// By mode, then by lane; lanes that are not ours come last.
    private func modeOrder(key: Statistics.Key) -> Int {
        let modes = ExecutionMode.allCases
        return (key.mode.flatMap { modes.firstIndex(of: $0) } ?? modes.count) * 256 + Int(key.lane.rawValue)
    }

    /// Selects the row `rows` further.
    mutating func moveRoute(_ rows: Int) {
        let lines = routeLines
        guard !lines.isEmpty else {
            message = "No request was answered in \(view.window.phrase). W changes the window."
            return
        }
        let place = lines.firstIndex { $0.key == view.routes.selected } ?? 0
        view.routes.selected =
            lines[max(0, min(lines.count - 1, place + max(-lines.count, min(lines.count, rows))))].key
    }

    mutating func sortRoutes(by step: Int) {
        let all: [RouteColumn?] = [nil] + RouteColumn.sortable
        let place = all.firstIndex(of: view.routes.sort) ?? 0
        view.routes.sort = all[(place + step + all.count) % all.count]
        view.routes.isAscending = false
        sayRouteOrder()
    }

    mutating func invertRoutes() {
        guard view.routes.sort != nil else {
            message = "Routes that took the most time in all are first. < and > choose a column to sort by."
            return
        }
        view.routes.isAscending.toggle()
        sayRouteOrder()
    }

    private mutating func sayRouteOrder() {
        message =
            view.routes.sort.map {
                "Sorted by \($0.rawValue), the \(view.routes.isAscending ? "smallest" : "largest") first."
            }
            ?? "Routes that took the most time in all are first."
    }

    /// Shows the columns further to the right, or to the left.
    mutating func shiftRoutes(_ step: Int) {
        let shift = max(0, min(RouteColumn.allCases.count - 1, view.routes.shift + step))
        guard shift != view.routes.shift else {
            message = step < 0 ? "These are the first columns." : "This is the last column."
            return
        }
        view.routes.shift = shift
    }

    /// Chooses the requests of the selected route in the list; `esc` there takes it back.
    mutating func openRoute() {
        let lines = routeLines
        guard let line = lines.first(where: { $0.key == view.routes.selected }) ?? lines.first else {
            message = "No request was answered in \(view.window.phrase). W changes the window."
            return
        }
        let isUnmatched = line.key.rule == RouteTable.unmatched
        guard isUnmatched || line.key.rule.hasPrefix("/") else {
            message = "These are of many routes: / types a filter for one of them."
            return
        }
        // A pattern of paths is no route: its paths are chosen then.
        let isPattern = known.lanes.contains { lane in
            lane.traces.suffix(500).contains { $0.rule != line.key.rule && RouteTable.name(of: $0) == line.key.rule }
        }
        let pattern = line.key.rule.replacing(/<[a-z]+>/, with: "*").replacing("\"", with: "")
        var text =
            isUnmatched
            ? "not route:/"
            : isPattern ? "path:\"\(pattern)\"" : "route:\"\(line.key.rule.replacing("*", with: ""))\""
        if !line.key.method.isEmpty { text += " method:\(line.key.method)" }
        guard let filter = try? Filter(text) else {
            message = "The route \(line.key.rule.madeVisible) cannot be written as a filter."
            return
        }
        if view.routes.filterBefore == nil {
            view.routes.filterBefore = RoutesView.FilterBefore(filter: self.filter, isOn: isFilterOn)
        }
        self.filter = filter
        isFilterOn = true
        refilter()
        view.screens.removeAll { $0 == .lanes }
        view.screens.append(.lanes)
        view.selected = nil
        message =
            "The requests of \(TextWidth.joined(first: line.key.method, second: line.key.rule).madeVisible). esc goes back."
    }

    /// Takes the filter of a route back, and returns to the statistics; false where none was chosen.
    mutating func leaveRoute() -> Bool {
        guard screen == .lanes, let before = view.routes.filterBefore else { return false }
        view.routes.filterBefore = nil
        filter = before.filter
        isFilterOn = before.isOn
        refilter()
        view.selected = nil
        view.screens.removeAll { $0 == .lanes || $0 == .statistics }
        view.screens = [.lanes] + view.screens + [.statistics]
        return true
    }
}
