// Joining what another process tells of a request: spans that come late, in any order, twice, or without their parents.

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
            toldBytes += span.cost - (told[span.id]?.cost ?? 0)
            told[span.id] = span
        }
        if let status = request.status { self.status = status }
        if let endpoint = request.endpoint { self.endpoint = endpoint }
        if let rule = request.rule { self.rule = rule }
        if request.isWhole { isToldWhole = true }
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
        let since = reachedServer ?? 0
        var numbers: [UInt64: SpanID] = [:]
        var happened: [(moment: ToldMoment, parent: SpanID, track: UInt32)] = []
        facts = [:]
        for span in ordered(parents: parents) {
            let number = SpanID(told: numbers.count)
            numbers[span.id] = number
            // The observed span that asked the other process is not known by its id here.
            let parent = parents[span.id].flatMap { numbers[$0] } ?? outside
            let end = span.end.map { max($0, span.begin) }
            // What waits within a server does so since that has the request, whenever its client began.
            let begin = span.kind == .queued ? min(end ?? .max, max(span.begin, since)) : span.begin
            spans.append(
                Span(
                    id: number, kind: span.kind, parent: parent, label: span.label, scope: span.scope,
                    detail: span.detail, begin: begin, end: end, outcome: span.outcome, value: span.value,
                    endValue: span.endValue, track: span.track, task: 0, flags: span.flags))
            if end == nil { open += 1 }
            newest = max(newest, end ?? span.begin)
            facts[number] = span.facts
            for moment in span.moments { happened.append((moment, number, span.track)) }
        }
        place(moments: happened)
    }

    /// Puts the told moments behind the observed ones, each among the told spans by its time.
    private mutating func place(moments happened: [(moment: ToldMoment, parent: SpanID, track: UInt32)]) {
        moments.removeLast(toldMoments)
        let kept = happened.sorted { ($0.moment.time, $0.parent.rawValue) < ($1.moment.time, $1.parent.rawValue) }
            .prefix(Trace.spanLimit)
        var begun = spans.suffix(told.count).map { (begin: $0.begin, id: $0.id.rawValue) }[...]
        begun.sort { $0.begin < $1.begin }
        var newest: UInt32 = 0
        for (moment, parent, track) in kept {
            // At one time with the begin of a span, it was told of before: what it says is why the span begins.
            while let next = begun.first, next.begin < moment.time {
                newest = max(newest, next.id)
                begun.removeFirst()
            }
            moments.append(
                Moment(
                    kind: moment.kind, label: moment.label, detail: moment.detail, time: moment.time,
                    value: moment.value, track: track, parent: parent, flags: [],
                    order: max(newest, parent.rawValue)))
        }
        toldMoments = kept.count
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
