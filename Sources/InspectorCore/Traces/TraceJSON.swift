// A trace as JSON and back: what a test client fetches from a running server.

extension Trace {
    /// The trace as JSON; times in ns of the serving process's monotonic clock.
    package var json: JSON {
        .object([
            "number": .int(Int(clamping: summary.id.number)), "lane": .int(Int(summary.id.lane.rawValue)),
            "mode": .string(summary.mode.rawValue), "method": .string(summary.method),
            "target": .string(summary.target), "accepted": .int(Int(clamping: summary.accepted)),
            "status": status.map(JSON.int) ?? .null, "done": done.map { .int(Int(clamping: $0)) } ?? .null,
            "endpoint": .string(endpoint), "rule": .string(rule), "open": .int(open),
            "spans": .array(spans.map(\.json)), "moments": .array(moments.map(\.json)),
            "skipped": .object(
                Dictionary(uniqueKeysWithValues: skipped.map { ("\($0.key)", JSON.int($0.value)) })),
        ])
    }

    /// Reads what `json` wrote; nil when it is something else.
    package init?(json: JSON) {
        guard let number = json["number"]?.int, let lane = json["lane"]?.int.flatMap(UInt8.init(exactly:)),
            let mode = json["mode"]?.string.flatMap(ExecutionMode.init(rawValue:)),
            let method = json["method"]?.string, let target = json["target"]?.string,
            let accepted = json["accepted"]?.int, let spans = json["spans"]?.items, let moments = json["moments"]?.items
        else { return nil }
        self.init(
            RequestSummary(
                id: RequestID(number: UInt64(clamping: number), lane: LaneID(rawValue: lane)), mode: mode,
                method: method, target: target, accepted: UInt64(clamping: accepted)))
        self.spans = spans.compactMap(Span.init(json:))
        self.moments = moments.compactMap(Moment.init(json:))
        guard self.spans.count == spans.count, self.moments.count == moments.count else { return nil }
        status = json["status"]?.int
        done = json["done"]?.int.map { UInt64(clamping: $0) }
        endpoint = json["endpoint"]?.string ?? ""
        rule = json["rule"]?.string ?? ""
        open = json["open"]?.int ?? 0
        newest = (self.spans.compactMap(\.end) + self.moments.map(\.time)).max() ?? 0
        for kind in EventKind.allCases { skipped[kind] = json["skipped"]?["\(kind)"]?.int }
    }
}

extension EventKind {
    fileprivate init?(name: String?) {
        guard let kind = EventKind.allCases.first(where: { "\($0)" == name }) else { return nil }
        self = kind
    }
}

extension Span {
    fileprivate var json: JSON {
        .object([
            "id": .int(Int(id.rawValue)), "kind": .string("\(kind)"), "parent": .int(Int(parent.rawValue)),
            "label": .string(label), "scope": .string(scope), "detail": .string(detail),
            "begin": .int(Int(clamping: begin)), "end": end.map { .int(Int(clamping: $0)) } ?? .null,
            "outcome": .string("\(outcome)"), "value": .int(Int(value)), "endValue": .int(Int(endValue)),
            "track": .int(Int(track)), "task": .int(Int(task)), "flags": .int(Int(flags.rawValue)),
        ])
    }

    fileprivate init?(json: JSON) {
        guard let id = json["id"]?.int, let kind = EventKind(name: json["kind"]?.string),
            let begin = json["begin"]?.int,
            let outcome = Outcome.allCases.first(where: { "\($0)" == json["outcome"]?.string })
        else { return nil }
        self.init(
            id: SpanID(rawValue: UInt32(clamping: id)), kind: kind,
            parent: SpanID(rawValue: UInt32(clamping: json["parent"]?.int ?? 0)), label: json["label"]?.string ?? "",
            scope: json["scope"]?.string ?? "", detail: json["detail"]?.string ?? "", begin: UInt64(clamping: begin),
            end: json["end"]?.int.map { UInt64(clamping: $0) }, outcome: outcome,
            value: Int64(json["value"]?.int ?? 0), endValue: Int64(json["endValue"]?.int ?? 0),
            track: UInt32(clamping: json["track"]?.int ?? 0), task: UInt32(clamping: json["task"]?.int ?? 0),
            flags: Event.Flags(rawValue: UInt8(clamping: json["flags"]?.int ?? 0)))
    }
}

extension Moment {
    fileprivate var json: JSON {
        .object([
            "kind": .string("\(kind)"), "label": .string(label), "detail": .string(detail),
            "time": .int(Int(clamping: time)), "value": .int(Int(value)), "track": .int(Int(track)),
            "parent": .int(Int(parent.rawValue)), "flags": .int(Int(flags.rawValue)), "order": .int(Int(order)),
        ])
    }

    fileprivate init?(json: JSON) {
        guard let kind = EventKind(name: json["kind"]?.string), let time = json["time"]?.int else { return nil }
        self.init(
            kind: kind, label: json["label"]?.string ?? "", detail: json["detail"]?.string ?? "",
            time: UInt64(clamping: time), value: Int64(json["value"]?.int ?? 0),
            track: UInt32(clamping: json["track"]?.int ?? 0),
            parent: SpanID(rawValue: UInt32(clamping: json["parent"]?.int ?? 0)),
            flags: Event.Flags(rawValue: UInt8(clamping: json["flags"]?.int ?? 0)),
            order: UInt32(clamping: json["order"]?.int ?? 0))
    }
}
