// Numbers for each route under each mode: what a developer compares when a mode is to be chosen.

/// What is counted of one route while its lane runs in one mode.
package struct RouteStatistics: Sendable {
    /// Counts and times.
    package fileprivate(set) var answers = Statistics(isCoarse: true)
    /// Awaits and blocked calls of its requests, all together.
    package fileprivate(set) var waits = 0
    /// What its hooks took, all together, in ns.
    package fileprivate(set) var hookTime: UInt64 = 0
    /// From acceptance to answer, all together, in ns.
    package fileprivate(set) var wholeTime: UInt64 = 0
}

/// The numbers of all routes, bounded.
package struct RouteTable: Sendable {
    /// Whose numbers they are.
    package struct Key: Hashable, Sendable {
        package let lane: Statistics.Key
        package let method: String
        /// As registered; for requests that none matched, `(no route)`.
        package let rule: String
    }

    /// How many routes a lane has numbers for in one mode; the rest share one line.
    package static let limit = 100
    package static let unmatched = "(no route)"
    package static let others = "(other routes)"

    package private(set) var all: [Key: RouteStatistics] = [:]
    private var counts: [Statistics.Key: Int] = [:]

    package init() {}

    mutating func add(_ trace: Trace, _ lane: Statistics.Key, at time: UInt64) {
        var key = Key(
            lane: lane, method: trace.summary.method, rule: trace.rule.isEmpty ? RouteTable.unmatched : trace.rule)
        // Methods come from clients: only those of routes are told apart.
        if trace.rule.isEmpty { key = Key(lane: lane, method: "", rule: RouteTable.unmatched) }
        if all[key] == nil {
            if counts[lane, default: 0] >= RouteTable.limit {
                key = Key(lane: lane, method: "", rule: RouteTable.others)
            } else {
                counts[lane, default: 0] += 1
            }
        }
        var route = all.removeValue(forKey: key) ?? RouteStatistics()
        let whole = trace.duration(until: time)
        route.answers.begin()
        route.answers.finish(status: trace.status ?? 0, duration: whole, at: time)
        route.wholeTime &+= whole
        for span in trace.spans {
            switch span.kind {
            case .await, .blocked: route.waits += 1
            case .beforeRequest, .afterRequest, .afterThisRequest, .urlValuePreprocessor:
                route.hookTime &+= span.duration(until: time)
            default: break
            }
        }
        all[key] = route
    }
}
