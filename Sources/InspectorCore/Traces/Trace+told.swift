// What another process tells of a request: spans that come late, in any order, twice, or without their parents.

/// A span as another process told it.
package struct ToldSpan: Sendable, Equatable {
    /// Its id there (`OTLP 1.x: Span.span_id`), as a number; never 0.
    package var id: UInt64
    /// The id of what it lies in; 0 when it lies in nothing, or in a span of this process.
    package var parent: UInt64
    /// A phase, a function, an await.
    package var kind: EventKind
    /// A function's name, an await's target.
    package var label: String
    /// Where a hook was registered.
    package var scope: String = ""
    /// What its end said: an error's name, a reason.
    package var detail: String = ""
    /// By this process's monotonic clock, in ns.
    package var begin: UInt64
    /// Nil while it goes on.
    package var end: UInt64?
    /// How it ended.
    package var outcome: Outcome = .none
    /// As `Span.value`: depends on the kind.
    package var value: Int64 = 0
    /// As `Span.endValue`: a status.
    package var endValue: Int64 = 0
    /// The thread it began on, as `Tracks` numbers it; 0 when that is not known.
    package var track: UInt32 = 0
    /// Whether it is async, whether it ran on a sub-thread.
    package var flags: Event.Flags = []
}

/// What another process tells of a request in one message.
package struct ToldRequest: Sendable, Equatable {
    /// New spans, and known spans that have changed; each is complete.
    package var spans: [ToldSpan] = []
    /// When the request was answered, by this process's monotonic clock, in ns; nil when that is not told.
    package var done: UInt64?
    /// The status it was answered with; nil when that is not told.
    package var status: Int?
    /// The endpoint that the router found there.
    package var endpoint: String?
    /// The rule that the router found there (`OTLP semantic conventions: http.route`).
    package var rule: String?

    package init(spans: [ToldSpan] = [], done: UInt64? = nil, status: Int? = nil) {
        self.spans = spans
        self.done = done
        self.status = status
    }
}

extension Trace {
    /// Joins what another process told to what is known.
    ///
    /// The same spans make the same trace, whatever their order and however many messages carry them. A span that comes
    /// again replaces its earlier form. A parent that comes late gets its children then. A span that is its own ancestor
    /// lies in the request itself.
    package mutating func join(_ told: ToldRequest) { fields.join(told) }
}

extension Trace.Fields {
    mutating func join(_ request: ToldRequest) {
        version += 1
        let known = told.count
        for span in request.spans where span.id != 0 {
            guard told[span.id] != nil || told.count < Trace.spanLimit else {
                // It comes again when it has ended, and counts once.
                if leftOut.count < Trace.leftOutLimit, leftOut.insert(span.id).inserted {
                    skipped[span.kind, default: 0] += 1
                }
                continue
            }
            told[span.id] = span
        }
        if let status = request.status { self.status = status }
        if let endpoint = request.endpoint { self.endpoint = endpoint }
        if let rule = request.rule { self.rule = rule }
        if let done = request.done { self.done = max(summary.accepted, done) }
        newest = max(newest, done ?? 0)
        if !request.spans.isEmpty { assemble(replacing: known) }
    }

    /// Puts the told spans behind the observed ones: by the time of their beginning, but none before its parent.
    ///
    /// - Parameter count: how many told spans the trace holds now.
    private mutating func assemble(replacing count: Int) {
        open -= spans.suffix(count).count { $0.end == nil }
        spans.removeLast(count)
        let parents = parentsWithoutRings()
        // What has no parent among them lies in what is seen of their process from outside.
        let outside = spans.last { $0.kind == .remote }?.id ?? .none
        var numbers: [UInt64: SpanID] = [:]
        for span in ordered(parents: parents) {
            let number = SpanID(told: numbers.count)
            numbers[span.id] = number
            // The observed span that asked the other process is not known by its id here.
            let parent = parents[span.id].flatMap { numbers[$0] } ?? outside
            let end = span.end.map { max($0, span.begin) }
            spans.append(
                Span(
                    id: number, kind: span.kind, parent: parent, label: span.label, scope: span.scope,
                    detail: span.detail, begin: span.begin, end: end, outcome: span.outcome, value: span.value,
                    endValue: span.endValue, track: span.track, task: 0, flags: span.flags))
            if end == nil { open += 1 }
            newest = max(newest, end ?? span.begin)
        }
    }

    /// By the time of their beginning, each after its parent: a clock that is off shows a child early, not elsewhere.
    private func ordered(parents: [UInt64: UInt64]) -> [ToldSpan] {
        func isBefore(_ left: ToldSpan, _ right: ToldSpan) -> Bool { (left.begin, left.id) < (right.begin, right.id) }
        var children: [UInt64: [ToldSpan]] = [:]
        var ready: [ToldSpan] = []
        for span in told.values {
            let parent = parents[span.id] ?? 0
            if told[parent] == nil { ready.append(span) } else { children[parent, default: []].append(span) }
        }
        // The next one is taken from the end.
        ready.sort { isBefore($1, $0) }
        var order: [ToldSpan] = []
        order.reserveCapacity(told.count)
        while let next = ready.popLast() {
            order.append(next)
            for child in children[next.id] ?? [] {
                ready.insert(child, at: ready.firstIndex { isBefore($0, child) } ?? ready.endIndex)
            }
        }
        return order
    }

    /// The parent of each told span; 0 for those that are their own ancestors.
    private func parentsWithoutRings() -> [UInt64: UInt64] {
        var parents = told.mapValues(\.parent)
        var isSeen: Set<UInt64> = []
        for start in told.keys where !isSeen.contains(start) {
            var way: [UInt64] = []
            var next = start
            while let parent = told[next]?.parent, isSeen.insert(next).inserted {
                way.append(next)
                next = parent
            }
            guard let first = way.firstIndex(of: next) else { continue }
            for id in way[first...] { parents[id] = 0 }
        }
        return parents
    }
}
