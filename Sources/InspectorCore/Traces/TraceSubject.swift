// A trace as a filter sees it.

/// A trace with the names of its threads, at one moment.
package struct TraceSubject: FilterSubject {
    private let trace: Trace
    private let names: [UInt32: String]
    private let now: UInt64

    package init(_ trace: Trace, threadNames: [UInt32: String], now: UInt64) {
        self.trace = trace
        names = threadNames
        self.now = now
    }

    package func filterTexts(_ field: FilterField) -> [String] {
        switch field {
        case .method: [trace.summary.method]
        case .path: [trace.summary.target]
        case .route: trace.rule.isEmpty ? [] : [trace.rule]
        case .mode: [trace.summary.mode.rawValue]
        case .id: ["\(trace.id.number)"]
        case .await:
            trace.spans.filter { $0.kind == .await || $0.kind == .blocked }.map(\.label)
        case .thread:
            Set(trace.spans.map(\.track)).compactMap { trace.subThreadName(of: $0) ?? names[$0] }
        }
    }

    package var filterStatus: Int? { trace.status }

    package var filterDuration: UInt64? { trace.duration(until: now) }

    package var filterHasError: Bool {
        if let status = trace.status, status >= 500 { return true }
        return trace.spans.contains { $0.outcome == .raised && $0.kind != .routing }
            || trace.moments.contains { $0.kind == .unhandled || $0.kind == .propagate }
    }
}
