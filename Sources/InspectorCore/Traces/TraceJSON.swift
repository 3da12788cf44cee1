// A trace as JSON and back: what a test client fetches from a running server.

extension Trace {
    /// The trace as JSON; times in ns of the serving process's monotonic clock.
    package var json: JSON {
        var fields: [String: JSON] = [
            "number": .int(Int(clamping: summary.id.number)), "method": .string(summary.method),
            "target": .string(summary.target), "accepted": .int(Int(clamping: summary.accepted)),
            "status": status.map(JSON.int) ?? .null, "done": done.map { .int(Int(clamping: $0)) } ?? .null,
            "endpoint": .string(endpoint), "rule": .string(rule), "open": .int(open),
            "spans": .array(spans.map(\.json)), "moments": .array(moments.map(\.json)),
            "skipped": .object(
                Dictionary(uniqueKeysWithValues: skipped.map { ("\($0.key)", JSON.int($0.value)) })),
        ]
        fields["told"] = toldJSON
        if began < summary.accepted { fields["began"] = .int(Int(clamping: began)) }
        fields["traceparent"] = .string(summary.context.traceparent())
        if summary.context.parentID != 0 {
            fields["parent_span"] = .string(TraceContext.hex(number: summary.context.parentID))
        }
        if !summary.context.state.isEmpty { fields["tracestate"] = .string(summary.context.state) }
        return .object(fields.merging(summary.lane.json) { first, _ in first })
    }

    /// How many spans, and how many moments, are taken from a file.
    ///
    /// More than a lane of ours keeps of a request (`spanLimit`, and those that are essential); without a limit one
    /// line of a file could be a trace whose frame takes minutes.
    package static let readLimit = 2048

    /// Reads what `json` wrote; nil when it is something else.
    package init?(json: JSON) {
        var oddities: [String] = []
        self.init(json: json, oddities: &oddities)
    }

    /// Reads what `json` wrote; nil when it is something else.
    ///
    /// This is the one door for traces from outside. Behind it moments are at most `lastMoment`, nothing ends before it
    /// begins, and spans stand in the order of their numbers, each once: what draws and sums them up need not ask again.
    ///
    /// - Parameter oddities: given, as parts of a sentence, what was not as it has to be.
    package init?(json: JSON, oddities: inout [String]) {
        var door = TraceDoor()
        guard let number = json["number"]?.int, let lane = LaneDescription(json: json, text: { door.text(text: $0) }),
            let method = json["method"]?.string, let target = json["target"]?.string,
            let accepted = json["accepted"]?.nearest.map({ door.time(value: $0) }), let spans = json["spans"]?.items,
            let moments = json["moments"]?.items
        else { return nil }
        self.init(
            summary: RequestSummary(
                number: UInt64(clamping: number), lane: lane, method: door.text(text: method),
                target: door.text(text: target),
                accepted: accepted, began: json["began"]?.nearest.map { door.time(value: $0) },
                context: TraceContext(json: json) { door.text(text: $0) }))
        let readSpans = spans.compactMap { Span(json: $0, door: &door) }
        let readMoments = moments.compactMap { Moment(json: $0, door: &door) }
        guard readSpans.count == spans.count, readMoments.count == moments.count else { return nil }
        for kind in EventKind.allCases {
            skipped[kind] = json["skipped"]?["\(kind)"]?.nearest.map { door.count(value: $0) }
        }
        self.spans = door.spans(spans: readSpans, skipped: &skipped)
        self.moments = Array(readMoments.prefix(Trace.readLimit))
        door.left += readMoments.count - self.moments.count
        for moment in readMoments.dropFirst(Trace.readLimit) { skipped[moment.kind, default: 0] += 1 }
        status = json["status"]?.nearest.map { door.status(value: $0) }
        done = json["done"]?.nearest.map { door.end(door.time(value: $0), after: accepted) }
        endpoint = json["endpoint"]?.string.map { door.text(text: $0) } ?? ""
        rule = json["rule"]?.string.map { door.text(text: $0) } ?? ""
        open = self.spans.count { $0.end == nil }
        newest = self.spans.reduce(max(accepted, done ?? 0)) { max($0, $1.end ?? $1.begin) }
        for moment in self.moments { newest = max(newest, moment.time) }
        readTold(json["told"])
        oddities += door.oddities
    }
}

/// What a trace from outside is held to, and how often it was not so.
private struct TraceDoor {
    /// A text that a lane of ours keeps has 512 characters; of names and paths that are longer, so much is taken.
    private static let textLimit = 16 * 1024
    private static let countLimit = 1 << 31

    /// Spans and moments that are left out because there are too many.
    var left = 0
    private var lateTimes = 0
    private var earlyEnds = 0
    private var doubles = 0
    private var others = 0

    init() {}

    mutating func time(value: Int) -> UInt64 {
        let time = UInt64(clamping: value)
        if value < 0 || time > .lastMoment { lateTimes += 1 }
        return min(time, .lastMoment)
    }

    mutating func end(_ end: UInt64, after begin: UInt64) -> UInt64 {
        if end < begin { earlyEnds += 1 }
        return max(begin, end)
    }

    mutating func count(value: Int) -> Int {
        if !(0...TraceDoor.countLimit).contains(value) { others += 1 }
        return min(max(0, value), TraceDoor.countLimit)
    }

    mutating func status(value: Int) -> Int {
        if !(0...999).contains(value) { others += 1 }
        return min(max(0, value), 999)
    }

    mutating func text(text: String) -> String {
        guard text.utf8.count > TraceDoor.textLimit else { return text }
        others += 1
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(512))) + "…"
    }

    /// The spans in the order of their numbers, each number once: a tree in which two spans are the parent of the same
    /// ones grows with every level.
    mutating func spans(spans: [Span], skipped: inout [EventKind: Int]) -> [Span] {
        var sorted = spans
        if zip(spans, spans.dropFirst()).contains(where: { $0.id.rawValue >= $1.id.rawValue }) {
            sorted = spans.enumerated()
                .sorted { ($0.element.id.rawValue, $0.offset) < ($1.element.id.rawValue, $1.offset) }.map(\.element)
        }
        var kept: [Span] = []
        kept.reserveCapacity(min(sorted.count, Trace.readLimit))
        for span in sorted {
            if span.id == .none || span.id == kept.last?.id {
                doubles += 1
            } else if kept.count < Trace.readLimit {
                kept.append(span)
            } else {
                left += 1
                skipped[span.kind, default: 0] += 1
            }
        }
        return kept
    }

    /// What was not as it has to be, as parts of a sentence.
    var oddities: [String] {
        var found: [String] = []
        if lateTimes > 0 { found.append("\(lateTimes) of its times are negative or beyond 146 years, and were cut") }
        if earlyEnds > 0 { found.append("\(earlyEnds) of its ends come before their begins, and were moved there") }
        if doubles > 0 { found.append("\(doubles) of its spans have no number of their own, and are left out") }
        if left > 0 { found.append("\(left) of its spans and moments are only counted: \(Trace.readLimit) are kept") }
        if others > 0 { found.append("\(others) of its values are out of their range, and were cut") }
        return found
    }
}

extension JSON {
    /// The whole part of the number, or the nearest that an `Int` holds; nil when this is not a number.
    var nearest: Int? { int ?? number.map { Int(saturating: $0) } }
}

extension TraceContext {
    /// Reads what a trace was recorded with; nil where it was recorded without.
    fileprivate init?(json: JSON, text: (String) -> String) {
        guard let traceparent = json["traceparent"]?.string else { return nil }
        self.init(
            recorded: traceparent, parentID: json["parent_span"]?.string.flatMap { UInt64($0, radix: 16) } ?? 0,
            state: text(json["tracestate"]?.string ?? ""))
    }
}

extension LaneDescription {
    /// The lane as members of a JSON object.
    ///
    /// A hosted lane with its usual name is a number and a mode, as recordings had it when there were no others.
    fileprivate var json: [String: JSON] {
        var members: [String: JSON] = ["lane": .int(Int(id.rawValue))]
        switch kind {
        case .hosted(let mode):
            members["mode"] = .string(mode.rawValue)
            if name == mode.rawValue { return members }
        case .remote(let url): members["remote"] = .string(url)
        case .watched(let service): members["watched"] = .string(service)
        }
        members["lane_name"] = .string(name)
        return members
    }

    /// Reads what `json` wrote; nil when it is something else.
    ///
    /// - Parameter text: holds a text from outside to its limit.
    fileprivate init?(json: JSON, text: (String) -> String) {
        guard let id = json["lane"]?.int.flatMap(UInt8.init(exactly:)) else { return nil }
        let kind: LaneKind
        if let mode = json["mode"]?.string.flatMap(ExecutionMode.init(rawValue:)) {
            kind = .hosted(mode)
        } else if let url = json["remote"]?.string {
            kind = .remote(url: text(url))
        } else if let service = json["watched"]?.string {
            kind = .watched(service: text(service))
        } else {
            return nil
        }
        self.init(id: LaneID(rawValue: id), kind: kind, name: json["lane_name"]?.string.map(text))
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

    fileprivate init?(json: JSON, door: inout TraceDoor) {
        guard let id = json["id"]?.int, let kind = EventKind(name: json["kind"]?.string),
            let begin = json["begin"]?.nearest.map({ door.time(value: $0) }),
            let outcome = Outcome.allCases.first(where: { "\($0)" == json["outcome"]?.string })
        else { return nil }
        self.init(
            id: SpanID(rawValue: UInt32(clamping: id)), kind: kind,
            parent: SpanID(rawValue: UInt32(clamping: json["parent"]?.int ?? 0)),
            label: door.text(text: json["label"]?.string ?? ""), scope: door.text(text: json["scope"]?.string ?? ""),
            detail: door.text(text: json["detail"]?.string ?? ""), begin: begin,
            end: json["end"]?.nearest.map { door.end(door.time(value: $0), after: begin) }, outcome: outcome,
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

    fileprivate init?(json: JSON, door: inout TraceDoor) {
        guard let kind = EventKind(name: json["kind"]?.string),
            let time = json["time"]?.nearest.map({ door.time(value: $0) })
        else { return nil }
        self.init(
            kind: kind, label: door.text(text: json["label"]?.string ?? ""),
            detail: door.text(text: json["detail"]?.string ?? ""),
            time: time, value: Int64(json["value"]?.int ?? 0),
            track: UInt32(clamping: json["track"]?.int ?? 0),
            parent: SpanID(rawValue: UInt32(clamping: json["parent"]?.int ?? 0)),
            flags: Event.Flags(rawValue: UInt8(clamping: json["flags"]?.int ?? 0)),
            order: UInt32(clamping: json["order"]?.int ?? 0))
    }
}
