// A trace as a filter sees it.

/// A trace with the names of its threads, at one moment.
package struct TraceSubject: FilterSubject {
    private let trace: Trace
    private let names: [UInt32: String]
    private let now: UInt64

    package init(trace: Trace, threadNames: [UInt32: String], now: UInt64) {
        self.trace = trace
        names = threadNames
        self.now = now
    }

    package func filterHas(field: FilterField, condition: (String) -> Bool) -> Bool {
        switch field {
        case .method: condition(trace.summary.method)
        case .path: condition(trace.summary.target)
        case .route: !trace.rule.isEmpty && condition(trace.rule)
        // A lane that is not ours has no mode; its name is what stands there on the screen.
        case .mode: condition(trace.summary.mode?.rawValue ?? trace.summary.lane.name)
        case .id: condition("\(trace.id.number)")
        case .await: trace.spans.hasOne { $0.kind.isWait && condition($0.label) }
        case .thread:
            Set(trace.spans.map(\.track)).contains { track in
                (trace.subThreadName(of: track) ?? names[track]).map(condition) ?? false
            }
        }
    }

    package var filterStatus: Int? { trace.status }

    package var filterDuration: UInt64? { trace.response(until: now) }

    package var filterHasError: Bool {
        if let status = trace.status, status >= 500 { return true }
        return trace.spans.hasOne { $0.outcome == .raised && $0.kind != .routing }
            || trace.moments.contains { $0.kind == .unhandled || $0.kind == .propagate }
    }
}
