// Numbers for each route under each mode: what a developer compares when a mode is to be chosen.

/// What is counted of one route while its lane runs in one mode.
package struct RouteStatistics: Sendable {
    /// Counts and times.
    package fileprivate(set) var answers = Statistics(isCoarse: true)
    /// How many of them were recorded in detail: what follows is of those.
    package fileprivate(set) var detailed = 0
    /// Waits (`EventKind.isWait`), all together.
    package fileprivate(set) var waits = 0
    /// What hooks took, all together, in ns.
    package fileprivate(set) var hookTime: UInt64 = 0
    /// From acceptance to answer, all together, in ns.
    package fileprivate(set) var detailedTime: UInt64 = 0
    /// The same of all requests.
    package fileprivate(set) var wholeTime: UInt64 = 0

    fileprivate mutating func add(_ trace: Trace, at time: UInt64) {
        let whole = trace.duration(until: time)
        answers.begin()
        answers.finish(status: trace.status ?? 0, duration: whole, at: time)
        detailed += 1
        detailedTime = detailedTime.addingSaturated(whole)
        wholeTime = wholeTime.addingSaturated(whole)
        waits += trace.waitCount
        hookTime = hookTime.addingSaturated(trace.hookTime(until: time))
    }
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

    mutating func add(_ trace: Trace, lane: Statistics.Key, at time: UInt64) {
        let key = key(lane: lane, method: trace.summary.method, rule: trace.rule)
        all[key, default: RouteStatistics()].add(trace, at: time)
    }

    /// Adds requests without detail.
    mutating func add(_ ends: [ThinEnd]) {
        // Under a flood most are of the same route as the one before: it is looked up when it changes.
        var last: ThinEnd?
        var lastKey: Key?
        // None made in advance: a histogram's counters are set one by one.
        var found: RouteStatistics?
        for end in ends {
            if lastKey == nil || end.rule != last?.rule || end.method != last?.method || end.lane != last?.lane
                || end.mode != last?.mode
            {
                if let lastKey { all[lastKey] = found }
                let key = key(
                    lane: Statistics.Key(lane: end.lane, mode: end.mode), method: end.method.text, rule: end.rule.text)
                found = all.removeValue(forKey: key) ?? RouteStatistics()
                lastKey = key
                last = end
            }
            found?.answers.begin()
            found?.answers.finish(status: end.status, duration: end.duration, at: end.done)
            found?.wholeTime &+= end.duration
        }
        if let lastKey { all[lastKey] = found }
    }

    /// Where a request is counted.
    private mutating func key(lane: Statistics.Key, method: String, rule: String) -> Key {
        // Methods come from clients: only those of routes are told apart.
        var key =
            rule.isEmpty
            ? Key(lane: lane, method: "", rule: RouteTable.unmatched) : Key(lane: lane, method: method, rule: rule)
        if all[key] == nil {
            if counts[lane, default: 0] >= RouteTable.limit {
                key = Key(lane: lane, method: "", rule: RouteTable.others)
            } else {
                counts[lane, default: 0] += 1
            }
        }
        return key
    }
}
