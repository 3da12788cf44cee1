// What became of a plan in one lane: counts that are exact, times in histograms, what the traces say of its causes.

/// What the traces of a replay say of where the time went.
package struct CauseTotals: Sendable {
    /// Traces that were looked at.
    package private(set) var traces = 0
    /// Critical path by kind, added up, in ns.
    package private(set) var path: [CriticalPath.Kind: UInt64] = [:]
    /// The same, request by request.
    private var pathTimes: [CriticalPath.Kind: Times] = [:]
    /// Time in which a worker was held, added up, in ns.
    package private(set) var held: UInt64 = 0
    /// Requests that waited for something.
    package private(set) var waiting = 0
    /// Requests whose view made more than one call, and how many those made.
    package private(set) var withCalls = 0
    package private(set) var calls = 0
    /// Those of them whose calls were under way together.
    package private(set) var overlapping = 0
    /// From the first of a request's calls to the last.
    package private(set) var callSpread = Times(isCoarse: true)

    package init() {}

    mutating func add(_ trace: Trace) {
        guard let done = trace.done else { return }
        traces += 1
        let critical = CriticalPath(trace: trace, until: done)
        for kind in CriticalPath.Kind.allCases {
            let time = critical.total(kind: kind)
            path[kind] = path[kind, default: 0].addingSaturated(time)
            pathTimes[kind, default: Times(isCoarse: true)].add(time)
        }
        held = held.addingSaturated(trace.heldTime(until: done))
        if trace.waitCount > 0 { waiting += 1 }
        let made = LaneComparison.calls(of: trace, until: done)
        guard made.count > 1 else { return }
        withCalls += 1
        calls += made.count
        if made.overlapped { overlapping += 1 }
        callSpread.add(made.spread)
    }

    package mutating func merge(_ other: CauseTotals) {
        traces += other.traces
        path.merge(other.path) { $0.addingSaturated($1) }
        for (kind, times) in other.pathTimes { pathTimes[kind, default: Times(isCoarse: true)].merge(times) }
        held = held.addingSaturated(other.held)
        waiting += other.waiting
        withCalls += other.withCalls
        calls += other.calls
        overlapping += other.overlapping
        callSpread.merge(other.callSpread)
    }

    /// The mean of a kind over the requests, in ns: the means of all kinds add up to the mean response.
    package func mean(kind: CriticalPath.Kind) -> UInt64 { traces == 0 ? 0 : (path[kind] ?? 0) / UInt64(traces) }

    /// What half of the requests spent on a kind, or less, in ns.
    package func median(kind: CriticalPath.Kind) -> UInt64 {
        // The histogram begins at 1 µs.
        guard let median = pathTimes[kind]?.percentile(percent: 50), median > 1000 else { return 0 }
        return median
    }
}

/// A request of a replay with its four moments, in ns after the replay's start.
package struct SentRequest: Sendable {
    package let number: UInt64
    package let request: String
    package let status: Int?
    package let due: UInt64
    package let sent: UInt64
    package let firstByte: UInt64?
    package let end: UInt64

    /// end − due, in ns.
    var response: UInt64 { end.subtractingSaturated(due) }
}

/// What became of a plan in one lane.
package struct LaneOutcome: Sendable {
    /// How many of the slowest requests, and of the differences, are kept.
    package static let listLimit = 50

    /// The lane, as it was when the sending began.
    package var lane: LaneDescription
    /// How many workers its requests waited for; nil where there are none, or they are not known.
    package var workers: Int?
    package var sent = 0
    package var done = 0
    package var failed = 0
    package var dropped = 0
    package var late = 0
    package var differ = 0
    /// Requests with a method that may change something (RFC 9110, 9.2.1): sent again they would change it again.
    package var changes = 0
    /// A sentence when most of what was sent got no answer at all (a broken connection, say); nil when most did.
    package var unanswered: String? {
        guard failed > sent / 2, failed > 0 else { return nil }
        let most = failures.max { ($0.value, $1.key) < ($1.value, $0.key) }
        return "\(failed) of \(sent) requests to \(lane.name) got no answer"
            + (most.map { " (\($0.key)\($0.value == failed ? "" : ", \($0.value) of them"))" } ?? "")
    }

    /// The lane in a table: `sync ×4`.
    package var title: String { lane.name + (workers.map { " ×\($0)" } ?? "") }

    /// Answers by status.
    package var status: [Int: Int] = [:]
    /// sent − due.
    package var lag = Times()
    /// end − due: what a user would have waited.
    package var response = Times()
    /// The response of each pass of the plan.
    package var passes = [ResponseSample()]
    /// The response less arriving and queue, by the traces.
    package var service = Times()
    /// Time between the sending and the reading, by the traces.
    package var arriving = Times()
    /// Time before a worker was free, by the traces.
    package var queue = Times()
    package var causes = CauseTotals()
    /// How long the sending and the answering took in all, in ns.
    package var elapsed: UInt64 = 0
    /// Response times by route: method and path without the query.
    package var routes: [String: Times] = [:]
    package var differences: [ResponseDifference] = []
    /// Why requests failed, by reason.
    package var failures: [String: Int] = [:]
    /// The slowest, by their response time.
    package var slowest: [SentRequest] = []
    /// What became of them, by their numbers, as far as their traces came.
    package private(set) var slowTraces: [UInt64: SlowTrace] = [:]

    package init(lane: LaneDescription, workers: Int?) {
        self.lane = lane
        self.workers = workers
    }

    /// Counts an answer.
    mutating func answered(status: Int, difference: ResponseDifference?) {
        done += 1
        self.status[status, default: 0] += 1
        guard let difference else { return }
        differ += 1
        if differences.count < LaneOutcome.listLimit { differences.append(difference) }
    }

    /// Takes the times of an answered request.
    mutating func measured(request: SentRequest) {
        response.add(request.response)
        passes[passes.count - 1].add(request.response)
        if routes.count < 200 || routes[request.request] != nil {
            routes[request.request, default: Times(isCoarse: true)].add(request.response)
        }
        keep(request)
    }

    private mutating func keep(_ request: SentRequest) {
        let place = slowest.firstIndex { $0.response < request.response } ?? slowest.count
        guard place < LaneOutcome.listLimit else { return }
        slowest.insert(request, at: place)
        if slowest.count > LaneOutcome.listLimit { slowest.removeLast() }
    }

    /// The same without secrets, for a report.
    func redacted(redaction: Redaction) -> LaneOutcome {
        var clean = self
        clean.lane = lane.changingTexts(change: redaction.text)
        clean.routes = [:]
        for (route, times) in routes {
            clean.routes[redaction.text(text: route), default: Times(isCoarse: true)].merge(times)
        }
        clean.failures = Dictionary(failures.map { (redaction.text(text: $0.key), $0.value) }, uniquingKeysWith: +)
        clean.differences = differences.map { difference in
            ResponseDifference(
                place: redaction.text(text: difference.place), request: redaction.text(text: difference.request),
                what: difference.what, recorded: redaction.text(text: difference.recorded),
                now: redaction.text(text: difference.now))
        }
        clean.slowest = slowest.map { sent in
            SentRequest(
                number: sent.number, request: redaction.text(text: sent.request), status: sent.status, due: sent.due,
                sent: sent.sent, firstByte: sent.firstByte, end: sent.end)
        }
        return clean
    }

    /// How many answers there were a second.
    package var throughput: Double { elapsed == 0 ? 0 : Double(done) / (Double(elapsed) / 1e9) }

    /// Takes what the trace of one of its requests says.
    ///
    /// - Parameter threadName: what a thread of the lane is called.
    mutating func add(_ trace: Trace, threadName: (UInt32) -> String? = { _ in nil }) {
        causes.add(trace)
        guard let done = trace.done else { return }
        keepSlow(trace, response: trace.response(until: done), threadName: threadName)
        service.add(trace.service(until: done))
        arriving.add(trace.arriving)
        if trace.spans.hasOne({ $0.kind == .queued }) { queue.add(trace.queue(until: done)) }
    }

    /// Keeps what became of a request that is one of the slowest, or may become one: its answer may be counted later.
    private mutating func keepSlow(_ trace: Trace, response: UInt64, threadName: (UInt32) -> String?) {
        let isFull = slowest.count >= LaneOutcome.listLimit
        guard !isFull || response >= (slowest.last?.response ?? 0) / 2 else { return }
        slowTraces[trace.id.number] = SlowTrace(trace: trace, threadName: threadName)
        guard slowTraces.count > LaneOutcome.listLimit * 4 else { return }
        let kept = Set(slowest.map(\.number))
        slowTraces = slowTraces.filter { kept.contains($0.key) }
    }

    /// How many workers were held, as a mean over the time: what a pool has to have at the least.
    ///
    /// Where only some requests were recorded in detail, the others are taken to have held one for as long.
    package var workersHeld: Double {
        guard elapsed > 0, causes.traces > 0 else { return 0 }
        let share = Double(max(response.count, causes.traces)) / Double(causes.traces)
        return Double(causes.held) * share / Double(elapsed)
    }

    /// Adds what another part of the same plan came to.
    package mutating func merge(_ other: LaneOutcome) {
        sent += other.sent
        done += other.done
        failed += other.failed
        dropped += other.dropped
        late += other.late
        differ += other.differ
        changes += other.changes
        status.merge(other.status) { $0 + $1 }
        lag.merge(other.lag)
        response.merge(other.response)
        passes += other.passes
        service.merge(other.service)
        arriving.merge(other.arriving)
        queue.merge(other.queue)
        causes.merge(other.causes)
        elapsed = elapsed.addingSaturated(other.elapsed)
        for (route, times) in other.routes { routes[route, default: Times(isCoarse: true)].merge(times) }
        differences = Array((differences + other.differences).prefix(LaneOutcome.listLimit))
        failures.merge(other.failures) { $0 + $1 }
        for request in other.slowest { keep(request) }
        slowTraces.merge(other.slowTraces) { first, _ in first }
        let kept = Set(slowest.map(\.number))
        slowTraces = slowTraces.filter { kept.contains($0.key) }
    }
}
