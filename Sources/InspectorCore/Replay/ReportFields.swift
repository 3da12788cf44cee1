// The table of what a report says of a lane. A new field is a line here: text, JSON and the page come from it, and a
// test holds docs/replay-report.schema.json to it.

/// A field of a lane in a report.
struct ReportField: Sendable {
    /// A column of the tables for people.
    struct Column: Sendable {
        let title: String
        /// What stands in it; nil where there is nothing to say.
        let value: @Sendable (LaneOutcome) -> Value?
    }

    /// A number as a table shows it.
    enum Value: Sendable {
        case text(String)
        case count(Int)
        /// In ns.
        case time(UInt64)
        case decimal(Double)
    }

    /// Its name in JSON.
    let name: String
    let json: @Sendable (LaneOutcome) -> JSON
    let columns: [Column]

    /// In the order of the tables.
    static let all: [ReportField] = [
        ReportField(name: "lane", columns: [Column(title: "lane") { .text($0.title) }]) { .string($0.lane.name) },
        ReportField(name: "id") { .int(Int($0.lane.id.rawValue)) },
        ReportField(name: "kind") { .string(kind(of: $0.lane)) },
        ReportField(name: "mode") { $0.lane.mode.map { .string($0.rawValue) } ?? .null },
        ReportField(name: "workers") { $0.workers.map { .int($0) } ?? .null },
        count(name: "sent") { $0.sent },
        count(name: "done") { $0.done },
        count(name: "failed") { $0.failed },
        count(name: "dropped") { $0.dropped },
        count(name: "late") { $0.late },
        count(name: "differ") { $0.differ },
        times(name: "response_ms", columns: ["p50": 50, "p90": 90, "p99": 99], most: "max") { $0.response },
        times(name: "arriving_ms", columns: [:]) { $0.arriving },
        times(name: "service_ms", columns: ["service p50": 50]) { $0.service },
        times(name: "queue_ms", columns: ["queue p50": 50]) { $0.queue },
        times(name: "lag_ms", columns: ["lag p99": 99]) { $0.lag },
        ReportField(name: "throughput", columns: [Column(title: "answers/s") { .decimal($0.throughput) }]) {
            .double(rounded(value: $0.throughput))
        },
        ReportField(
            name: "workers_held",
            columns: [Column(title: "mean workers held") { $0.workers == nil ? nil : .decimal($0.workersHeld) }]
        ) { .double(rounded(value: $0.workersHeld)) },
        ReportField(name: "traces") { .int($0.causes.traces) },
        ReportField(name: "status") { counts(counts: $0.status.map { ("\($0.key)", $0.value) }) },
        ReportField(name: "path_ms") { lane in
            let parts = CriticalPath.Kind.allCases.map { kind in
                (
                    "\(kind)",
                    JSON.object([
                        "mean": milliseconds(nanoseconds: lane.causes.mean(kind: kind)),
                        "p50": milliseconds(nanoseconds: lane.causes.median(kind: kind)),
                    ])
                )
            }
            return .object(Dictionary(parts) { first, _ in first })
        },
        ReportField(name: "routes") { .object($0.routes.mapValues(times)) },
        ReportField(name: "failures") { counts(counts: $0.failures.map { ($0.key, $0.value) }) },
        ReportField(name: "differences") { .array($0.differences.map(difference)) },
    ]

    /// All columns, in order.
    static let columns = all.flatMap(\.columns)

    private init(
        name: String, columns: [Column] = [], json: @escaping @Sendable (LaneOutcome) -> JSON
    ) {
        self.name = name
        self.columns = columns
        self.json = json
    }

    private static func count(name: String, value: @escaping @Sendable (LaneOutcome) -> Int) -> ReportField {
        ReportField(name: name, columns: [Column(title: name) { .count(value($0)) }]) { .int(value($0)) }
    }

    /// - Parameters:
    ///   - columns: the percentiles that tables show, by their titles.
    ///   - most: the title of the longest time, where tables show it.
    private static func times(
        name: String, columns: KeyValuePairs<String, Double>, most: String? = nil,
        value: @escaping @Sendable (LaneOutcome) -> Times
    ) -> ReportField {
        var shown = columns.map { title, percent in
            Column(title: title) { value($0).percentile(percent: percent).map { .time($0) } }
        }
        if let most { shown.append(Column(title: most) { value($0).most.map { .time($0) } }) }
        return ReportField(name: name, columns: shown) { times(times: value($0)) }
    }

    // MARK: JSON

    private static func kind(of lane: LaneDescription) -> String {
        switch lane.kind {
        case .hosted: "hosted"
        case .remote: "remote"
        case .watched: "watched"
        }
    }

    private static func times(times: Times) -> JSON {
        .object([
            "p50": milliseconds(nanoseconds: times.percentile(percent: 50)),
            "p90": milliseconds(nanoseconds: times.percentile(percent: 90)),
            "p99": milliseconds(nanoseconds: times.percentile(percent: 99)),
            "max": milliseconds(nanoseconds: times.most),
        ])
    }

    private static func counts(counts: [(String, Int)]) -> JSON {
        .object(Dictionary(counts.map { ($0.0, JSON.int($0.1)) }) { first, _ in first })
    }

    private static func difference(difference: ResponseDifference) -> JSON {
        .object([
            "place": .string(difference.place), "request": .string(difference.request),
            "what": .string(difference.what), "recorded": .string(difference.recorded), "now": .string(difference.now),
        ])
    }

    private static func milliseconds(nanoseconds: UInt64?) -> JSON {
        nanoseconds.map { .double(rounded(value: Double($0) / 1e6)) } ?? .null
    }

    private static func rounded(value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
