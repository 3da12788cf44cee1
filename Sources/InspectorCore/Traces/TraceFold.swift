// Folds what logs hand out into traces and numbers. Pure: the same events give the same traces, live or from a file.

internal import DequeModule

/// The traces and numbers of all lanes, bounded.
package struct TraceFold: Sendable {
    private struct LaneTraces {
        var traces: [UInt64: Trace] = [:]
        /// Numbers, smallest first.
        var order: Deque<UInt64> = []
        /// What they are reckoned at, in bytes.
        var bytes = 0
    }

    /// How many traces a lane keeps, besides those still in flight.
    package let limit: Int
    /// How many bytes of them.
    package let byteLimit: Int
    private var lanes: [LaneID: LaneTraces] = [:]
    package private(set) var statistics: [Statistics.Key: Statistics] = [:]
    /// The same, for each route apart.
    package private(set) var routes = RouteTable()
    /// Grows with every change, so that a reader knows when there is nothing new.
    package private(set) var version = 0

    package init(limit: Int = 10_000, byteLimit: Int = 48 * 1024 * 1024) {
        self.limit = max(1, limit)
        self.byteLimit = max(0, byteLimit)
    }

    /// Adds all of `batch`.
    package mutating func apply(_ batch: EventLog.Batch) {
        apply(begun: batch.begun, ended: batch.ended)
        for (log, taken) in batch.requests { apply(log, taken: taken) }
    }

    /// Says that all is added which was known at `time`.
    package mutating func settle(at time: UInt64) {
        for key in Array(statistics.keys) { statistics[key]?.settle(at: time) }
    }

    /// Adds requests without detail.
    package mutating func apply(begun: BeginCounts, ended: [[ThinEnd]]) {
        guard !begun.isEmpty || !ended.isEmpty else { return }
        version += 1
        var counts: [(Statistics.Key, Int)] = []
        begun.forEach { counts.append((Statistics.Key(lane: $0, mode: $1), $2)) }
        for (key, count) in counts { statistics[key, default: Statistics()].begin(count) }
        for ended in ended {
            var key: Statistics.Key?
            // None made in advance: a histogram's counters are set one by one.
            var numbers: Statistics?
            for end in ended {
                if key?.lane != end.lane || key?.mode != end.mode {
                    if let key { statistics[key] = numbers }
                    let next = Statistics.Key(lane: end.lane, mode: end.mode)
                    numbers = statistics.removeValue(forKey: next) ?? Statistics()
                    key = next
                }
                numbers?.finish(status: end.status, response: end.response, at: end.done)
            }
            if let key { statistics[key] = numbers }
            routes.add(ended)
        }
    }

    /// A trace as a change left it, kept or not: whoever counts requests counts each, however few are kept.
    package struct Change: Sendable {
        package let trace: Trace
        /// Whether it was answered by this change.
        package let isAnswered: Bool
        /// Whether nothing of it goes on since this change.
        package let isFinished: Bool
    }

    /// Adds what `log` has handed out.
    ///
    /// - Returns: the trace after it; nil where there was nothing to add, or the fold had let the trace go before.
    @discardableResult
    package mutating func apply(_ log: RequestLog, taken: RequestLog.Taken) -> Change? {
        guard !taken.events.isEmpty || !taken.skipped.isEmpty else { return nil }
        // Once the fold has let a trace go, later events of that request make no trace of their own.
        return change(log.summary, mayBegin: taken.events.first?.kind == .accepted) { $0.apply(taken) }
    }

    /// Joins what another process told of a request to what is known of it; a request that nobody here has sent begins
    /// with it.
    ///
    /// - Parameter summary: what is known of the request where this is the first that is heard of it.
    @discardableResult
    package mutating func join(_ told: ToldRequest, summary: RequestSummary) -> Change? {
        change(summary, mayBegin: true) { $0.join(told) }
    }

    /// Notes that whoever keeps requests that are over was told of this one.
    mutating func setToldOf(_ id: RequestID) {
        lanes[id.lane]?.traces[id.number]?.fields.isToldOf = true
        guard let trace = self[id], let done = trace.done, trace.isToldWhole else { return }
        routes.addTold(trace, lane: Statistics.Key(lane: id.lane, mode: trace.summary.mode), at: done)
    }

    /// Changes the trace of a request, and counts the request when it begins and when it is done.
    @discardableResult
    private mutating func change(
        _ summary: RequestSummary, mayBegin: Bool, by body: (inout Trace) -> Void
    ) -> Change? {
        version += 1
        let key = Statistics.Key(lane: summary.id.lane, mode: summary.mode)
        var lane = lanes.removeValue(forKey: summary.id.lane) ?? LaneTraces()
        defer { lanes[summary.id.lane] = lane }
        var trace: Trace
        if let known = lane.traces.removeValue(forKey: summary.id.number) {
            trace = known
            lane.bytes -= known.cost
        } else {
            guard mayBegin else { return nil }
            trace = Trace(summary: summary)
            // In the order of the numbers; a request reported late goes a few places before the end.
            var place = lane.order.endIndex
            while place > lane.order.startIndex, lane.order[place - 1] > summary.id.number { place -= 1 }
            lane.order.insert(summary.id.number, at: place)
            statistics[key, default: Statistics()].begin()
        }
        let wasDone = trace.done != nil
        let wasFinished = trace.stage == .finished
        body(&trace)
        if !wasFinished, trace.stage == .finished { trace.fields.finishes += 1 }
        if !wasDone, let done = trace.done {
            statistics[key, default: Statistics()].finish(
                status: trace.status ?? 0, response: trace.hasAnswer ? trace.response(until: done) : nil, at: done)
            routes.add(trace, lane: key, at: done)
        }
        lane.bytes += trace.cost
        lane.traces[summary.id.number] = trace
        evict(&lane)
        return Change(
            trace: trace, isAnswered: !wasDone && trace.done != nil,
            isFinished: !wasFinished && trace.stage == .finished)
    }

    /// The traces of `lane`, in the order of their numbers.
    package func traces(of lane: LaneID) -> [Trace] {
        guard let lane = lanes[lane] else { return [] }
        return lane.order.compactMap { lane.traces[$0] }
    }

    /// The newest `count` traces of `lane`, oldest first.
    package func newest(count: Int, of lane: LaneID) -> [Trace] {
        guard let lane = lanes[lane] else { return [] }
        return lane.order.suffix(count).compactMap { lane.traces[$0] }
    }

    /// One trace, if it is kept.
    package subscript(id: RequestID) -> Trace? { lanes[id.lane]?.traces[id.number] }

    /// Forgets the requests that are over, and all numbers; what goes on is kept.
    package mutating func clear() {
        version += 1
        for id in Array(lanes.keys) {
            guard var lane = lanes.removeValue(forKey: id) else { continue }
            for (number, trace) in lane.traces where trace.stage == .finished {
                lane.bytes -= trace.cost
                lane.traces[number] = nil
            }
            lane.order.removeAll { lane.traces[$0] == nil }
            lanes[id] = lane
        }
        for key in Array(statistics.keys) { statistics[key]?.clear() }
        routes.clear()
    }

    private func evict(_ lane: inout LaneTraces) {
        var place = 0
        while lane.traces.count > limit || lane.bytes > byteLimit, place < lane.order.count {
            let number = lane.order[place]
            if let trace = lane.traces[number], trace.stage == .finished {
                lane.bytes -= trace.cost
                lane.traces[number] = nil
                lane.order.remove(at: place)
            } else {
                place += 1
            }
            guard place > 64 else { continue }
            // Those in flight are bounded by the lane's own limits; looking for more is not worth the time. Spans of another
            // process that never end are bounded by nobody.
            let oldest = lane.order[0]
            guard let trace = lane.traces[oldest], trace.done != nil || trace.summary.lane.isWatched,
                !trace.summary.lane.isHosted
            else { return }
            lane.bytes -= trace.cost
            lane.traces[oldest] = nil
            lane.order.remove(at: 0)
            place = 0
        }
    }
}

extension Trace {
    /// What the trace is reckoned at, in bytes: its spans, its moments, and texts of a usual length.
    fileprivate var cost: Int {
        512 + spans.count * MemoryLayout<Span>.stride + moments.count * MemoryLayout<Moment>.stride + texts.count * 40
            + fields.told.count * MemoryLayout<ToldSpan>.stride + fields.toldBytes
    }
}
