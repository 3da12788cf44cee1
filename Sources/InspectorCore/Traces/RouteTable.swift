// Numbers for each route under each mode: what a developer compares when a mode is to be chosen.

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

    package private(set) var all: [Key: Statistics] = [:]
    private var counts: [Statistics.Key: Int] = [:]

    package init() {}

    /// Forgets all.
    mutating func clear() { self = RouteTable() }

    mutating func add(_ trace: Trace, lane: Statistics.Key, at time: UInt64) {
        let key = key(of: trace, lane: lane)
        all[key, default: Statistics(isCoarse: true)].begin()
        // What a server elsewhere did comes later than its answer, if at all.
        let isKnownNow = trace.summary.lane.isHosted
        all[key]?.finish(
            status: trace.status ?? 0, response: trace.hasAnswer ? trace.response(until: time) : nil, at: time,
            detail: isKnownNow ? (waits: trace.waitCount, hookTime: trace.hookTime(until: time)) : nil)
    }

    /// Adds what came of a server elsewhere after its answer: its waits, its hooks.
    mutating func addTold(_ trace: Trace, lane: Statistics.Key, at time: UInt64) {
        let key = key(of: trace, lane: lane)
        all[key]?.addDetail(
            waits: trace.waitCount, hookTime: trace.hookTime(until: time),
            response: trace.hasAnswer ? trace.response(until: time) : nil, at: time)
    }

    private mutating func key(of trace: Trace, lane: Statistics.Key) -> Key {
        let name = RouteTable.name(of: trace)
        // A server elsewhere is asked by any method; those that have names are told apart.
        let isKnown = !trace.rule.isEmpty || RouteTable.methods.contains(trace.summary.method)
        return key(
            lane: lane, method: isKnown ? trace.summary.method : "", rule: name == RouteTable.unmatched ? "" : name)
    }

    /// Adds requests without detail.
    mutating func add(_ ends: [ThinEnd]) {
        // Under a flood most are of the same route as the one before: it is looked up when it changes.
        var last: ThinEnd?
        var lastKey: Key?
        // None made in advance: a histogram's counters are set one by one.
        var found: Statistics?
        for end in ends {
            if lastKey == nil || end.rule != last?.rule || end.method != last?.method || end.lane != last?.lane
                || end.mode != last?.mode
            {
                if let lastKey { all[lastKey] = found }
                let key = key(
                    lane: Statistics.Key(lane: end.lane, mode: end.mode), method: end.method.text, rule: end.rule.text)
                found = all.removeValue(forKey: key) ?? Statistics(isCoarse: true)
                lastKey = key
                last = end
            }
            found?.begin()
            found?.finish(status: end.status, response: end.response, at: end.done)
        }
        if let lastKey { all[lastKey] = found }
    }

    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]

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
