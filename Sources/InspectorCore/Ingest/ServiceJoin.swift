// Requests that others sent, out of the spans of the services that took them.

internal import DequeModule
internal import Synchronization

/// Makes a request of each span of a server, with all that lies in it; a service that calls another has that one's spans in
/// its request too.
///
/// May be used from any thread.
package final class ServiceJoin: Sendable {
    /// What is told of one request in one message.
    struct Told {
        let summary: RequestSummary
        /// Whether nothing was told of it before.
        let isFirst: Bool
        var spans: [IngestedSpan]
        let server: IngestedSpan
    }

    private struct Known {
        var span: IngestedSpan
        /// The requests that were given its newest form.
        var given: Set<UInt64> = []
    }

    private struct TraceState {
        var ids = SharedSpanIDs()
        var spans: [UInt64: Known] = [:]
        /// The requests, by the span of the server that took each.
        var requests: [UInt64: RequestSummary] = [:]
        /// The spans that lie in each, known or not.
        var children: [UInt64: [UInt64]] = [:]
        /// New, or changed, since requests were last made of them.
        var fresh: [UInt64] = []
        var bytes = 0

        /// Whether one of its requests goes on.
        var hasPendingRequest: Bool { requests.keys.contains { spans[$0]?.span.end == nil } }
    }

    private struct State {
        var traces: [IngestedSpan.TraceKey: TraceState] = [:]
        var order: Deque<IngestedSpan.TraceKey> = []
        /// Older ones, in which a request went on when their turn to be forgotten came.
        var pending: Deque<IngestedSpan.TraceKey> = []
        var bytes = 0
        var refused = 0
    }

    private static let mostTraces = 5_000
    /// Those of them that are spared while a request goes on in them.
    private static let mostPending = 2_500
    private static let mostSpans = 2_048
    private static let mostBytes = 32 * 1024 * 1024
    /// How many services one within another are followed.
    private static let mostLevels = 16

    private let state = Mutex(State())
    private let lanes: WatchedLanes
    private let numbers: RequestNumbers

    /// - Parameter numbers: each request gets one of these, as those that are sent from here do.
    package init(lanes: WatchedLanes, numbers: RequestNumbers) {
        self.lanes = lanes
        self.numbers = numbers
    }

    /// Spans that found no room.
    package var refused: Int { state.withLock { $0.refused } }

    /// Takes spans of traces that did not begin here; gives what is known of requests by them.
    func take(_ spans: [IngestedSpan]) -> [Told] {
        state.withLock { state in
            var touched: Set<IngestedSpan.TraceKey> = []
            for span in spans {
                var trace = state.traces.removeValue(forKey: span.trace)
                if trace == nil { state.order.append(span.trace) }
                touched.insert(span.trace)
                state.bytes -= trace?.bytes ?? 0
                add(span, to: &trace, refused: &state.refused)
                state.bytes += trace?.bytes ?? 0
                state.traces[span.trace] = trace
            }
            var told: [Told] = []
            for key in touched {
                guard var trace = state.traces.removeValue(forKey: key) else { continue }
                resolve(&trace, told: &told)
                state.traces[key] = trace
            }
            forget(in: &state)
            return told
        }
    }

    /// Makes room, and spares what goes on: the end of a request that is forgotten would look like one of its own.
    private func forget(in state: inout State) {
        while state.traces.count > ServiceJoin.mostTraces || state.bytes > ServiceJoin.mostBytes {
            let isTight = state.pending.count >= ServiceJoin.mostPending || state.order.isEmpty
            guard let oldest = isTight ? state.pending.popFirst() : state.order.popFirst() else { return }
            if !isTight, state.traces[oldest]?.hasPendingRequest == true {
                state.pending.append(oldest)
            } else {
                state.bytes -= state.traces.removeValue(forKey: oldest)?.bytes ?? 0
            }
        }
    }

    private func add(_ span: IngestedSpan, to trace: inout TraceState?, refused: inout Int) {
        var whole = trace ?? TraceState()
        // Two owners of it would copy all of it for each span.
        trace = nil
        defer { trace = whole }
        // The room is asked first: ids beyond it would be remembered for nothing.
        guard whole.spans.count < ServiceJoin.mostSpans || whole.spans[span.id] != nil else {
            refused += 1
            return
        }
        let span = whole.ids.distinct(span)
        if let known = whole.spans[span.id] {
            // What has ended stays as it is: messages overtake each other, and a retry tells the same again.
            guard known.span.end == nil else { return }
            whole.bytes -= known.span.cost
        } else {
            whole.children[span.parent, default: []].append(span.id)
        }
        whole.spans[span.id] = Known(span: span)
        whole.fresh.append(span.id)
        whole.bytes += span.cost
    }

    private func resolve(_ trace: inout TraceState, told: inout [Told]) {
        var given: [UInt64: [IngestedSpan]] = [:]
        var known: [UInt64: [UInt64]] = [:]
        // What is new, and all that lies in it: that has new spans around it.
        var next = trace.fresh
        var seen: Set<UInt64> = []
        trace.fresh = []
        while let id = next.popLast() {
            guard seen.insert(id).inserted, let one = trace.spans[id] else { continue }
            next += trace.children[id] ?? []
            for server in servers(around: id, in: trace, known: &known) where !one.given.contains(server) {
                given[server, default: []].append(one.span)
                trace.spans[id]?.given.insert(server)
            }
        }
        // The outermost first: its number is the lowest.
        let order = given.keys.compactMap { trace.spans[$0]?.span }.sorted { ($0.begin, $0.id) < ($1.begin, $1.id) }
        for server in order {
            let isFirst = trace.requests[server.id] == nil
            guard let summary = trace.requests[server.id] ?? summary(of: server) else { continue }
            trace.requests[server.id] = summary
            told.append(Told(summary: summary, isFirst: isFirst, spans: given[server.id] ?? [], server: server))
        }
    }

    /// The spans of servers in which a span lies, itself among them, the innermost first: each is a request.
    ///
    /// - Parameter known: those of other spans, found before: a chain is walked once.
    private func servers(around id: UInt64, in trace: TraceState, known: inout [UInt64: [UInt64]]) -> [UInt64] {
        var way: [UInt64] = []
        var seen: Set<UInt64> = []
        var next = id
        // A ring of parents ends where it began.
        while known[next] == nil, let one = trace.spans[next], seen.insert(next).inserted {
            way.append(next)
            next = one.span.parent
        }
        var found = seen.contains(next) ? [] : known[next] ?? []
        for step in way.reversed() {
            if trace.spans[step]?.span.role == .server {
                found = Array(([step] + found).prefix(ServiceJoin.mostLevels))
            }
            known[step] = found
        }
        return found
    }

    private func summary(of server: IngestedSpan) -> RequestSummary? {
        guard let lane = lanes.lane(of: server.service.name) else { return nil }
        let query = server["url.query"] ?? ""
        let path = server["url.path", "http.target"] ?? server.name
        let trace = TraceContext.hex(number: server.trace.high) + TraceContext.hex(number: server.trace.low)
        return RequestSummary(
            number: numbers.take(), lane: lane.description,
            method: server["http.request.method", "http.method"] ?? "",
            target: query.isEmpty ? path : "\(path)?\(query)", accepted: server.queued ?? server.begin,
            began: server.sent,
            context: TraceContext(
                recorded: "00-\(trace)-\(TraceContext.hex(number: server.id))-01", parentID: server.parent, state: ""))
    }
}
