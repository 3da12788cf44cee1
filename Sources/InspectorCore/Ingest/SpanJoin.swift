// Which request a span of another process belongs to: by the `traceparent` that went out with it, and by parents that may come
// later than their children.

internal import DequeModule
internal import Synchronization

/// Joins spans to the requests that we sent.
///
/// May be used from any thread.
package final class SpanJoin: Sendable {
    /// What came, and what became of it.
    package struct Counts: Sendable, Equatable {
        /// Spans that belong to a request of ours.
        package var joined = 0
        /// Spans without a valid id or a begin.
        package var rejected = 0
        /// Spans of requests that we did not send, or whose parents never came.
        package var unknown = 0

        package init() {}
    }

    /// What is told of a request of ours.
    struct Joined {
        let request: RequestID
        var spans: [IngestedSpan] = []
        /// The span of the server that was asked, where it is among them: those that it calls on have spans of servers too.
        var server: IngestedSpan?
    }

    private struct Known {
        var parent: UInt64
        var hasEnded: Bool
        var owner: RequestID?
    }

    private struct TraceState {
        var spans: [UInt64: Known] = [:]
        /// Those whose request is not known yet, or that were not given to it yet, in their newest form.
        var waiting: [UInt64: IngestedSpan] = [:]

        /// About how many bytes it takes.
        var cost: Int { waiting.values.reduce(256 + spans.count * 96) { $0 + $1.cost } }
    }

    private struct State {
        /// Requests by the id that went out as their parent, the oldest first in `order`.
        var requests: [UInt64: RequestID] = [:]
        var order = Deque<(span: UInt64, trace: IngestedSpan.TraceKey)>()
        /// How many of those requests belong to each trace.
        var ours: [IngestedSpan.TraceKey: Int] = [:]
        var traces: [IngestedSpan.TraceKey: TraceState] = [:]
        var traceOrder = Deque<IngestedSpan.TraceKey>()
        var bytes = 0
        var counts = Counts()
    }

    /// How many requests, traces and spans of a trace are remembered, and how many bytes what waits may take.
    private static let mostRequests = 20_000
    private static let mostTraces = 5_000
    private static let mostSpans = 2_048
    private static let mostBytes = 32 * 1024 * 1024

    private let state = Mutex(State())

    package init() {}

    package var counts: Counts { state.withLock { $0.counts } }

    /// A request goes out, with its context.
    package func sends(_ summary: RequestSummary) {
        state.withLock { state in
            let key = summary.context.spanID
            let trace = IngestedSpan.TraceKey(
                high: summary.context.traceID.high, low: summary.context.traceID.low)
            if state.requests.updateValue(summary.id, forKey: key) == nil {
                state.order.append((key, trace))
                state.ours[trace, default: 0] += 1
            }
            while state.order.count > SpanJoin.mostRequests, let oldest = state.order.popFirst() {
                state.requests[oldest.span] = nil
                let rest = (state.ours[oldest.trace] ?? 1) - 1
                state.ours[oldest.trace] = rest > 0 ? rest : nil
            }
        }
    }

    /// Parts the spans of traces in which a request of ours lies from those of others.
    func part(_ spans: [IngestedSpan]) -> (ours: [IngestedSpan], others: [IngestedSpan]) {
        state.withLock { state in
            var parts: (ours: [IngestedSpan], others: [IngestedSpan]) = ([], [])
            for span in spans {
                if state.ours[span.trace] != nil { parts.ours.append(span) } else { parts.others.append(span) }
            }
            return parts
        }
    }

    /// Takes what was read out of an export; gives what is known of our requests by it, each span in its newest form.
    func take(_ batch: IngestedSpan.Batch) -> [Joined] {
        state.withLock { state in
            state.counts.rejected += batch.rejected
            var touched: [IngestedSpan.TraceKey] = []
            for span in batch.spans {
                var trace = state.traces.removeValue(forKey: span.trace)
                if trace == nil {
                    trace = TraceState()
                    state.traceOrder.append(span.trace)
                }
                if touched.last != span.trace { touched.append(span.trace) }
                if var whole = trace {
                    state.bytes -= whole.cost
                    SpanJoin.add(span: span, to: &whole, counts: &state.counts)
                    state.bytes += whole.cost
                    state.traces[span.trace] = whole
                }
            }
            var found: [RequestID: Joined] = [:]
            for key in Set(touched) {
                guard var trace = state.traces.removeValue(forKey: key) else { continue }
                state.bytes -= trace.cost
                resolve(&trace, requests: state.requests, counts: &state.counts, found: &found)
                state.bytes += trace.cost
                state.traces[key] = trace
            }
            while state.traceOrder.count > SpanJoin.mostTraces || state.bytes > SpanJoin.mostBytes,
                let oldest = state.traceOrder.popFirst()
            {
                guard let gone = state.traces.removeValue(forKey: oldest) else { continue }
                state.bytes -= gone.cost
                state.counts.unknown += gone.waiting.count
            }
            return Array(found.values)
        }
    }

    private static func add(span: IngestedSpan, to trace: inout TraceState, counts: inout Counts) {
        if var known = trace.spans[span.id] {
            // Bodies come in any order: what has ended stays so.
            guard !known.hasEnded || span.end != nil else { return }
            known.hasEnded = span.end != nil
            known.parent = span.parent
            trace.spans[span.id] = known
        } else {
            guard trace.spans.count < mostSpans else {
                counts.unknown += 1
                return
            }
            trace.spans[span.id] = Known(parent: span.parent, hasEnded: span.end != nil)
        }
        trace.waiting[span.id] = span
    }

    /// Finds whose the waiting spans are: their parents may just have come.
    private func resolve(
        _ trace: inout TraceState, requests: [UInt64: RequestID], counts: inout Counts, found: inout [RequestID: Joined]
    ) {
        for (id, span) in trace.waiting {
            var way: [UInt64] = []
            var seen: Set<UInt64> = []
            var next = id
            var owner: RequestID?
            // A ring of parents ends where it began.
            while let known = trace.spans[next], seen.insert(next).inserted {
                way.append(next)
                owner = known.owner ?? requests[known.parent]
                if owner != nil { break }
                next = known.parent
            }
            guard let owner else { continue }
            for step in way where trace.spans[step]?.owner == nil {
                trace.spans[step]?.owner = owner
                counts.joined += 1
            }
            found[owner, default: Joined(request: owner)].spans.append(span)
            if span.role == .server, requests[span.parent] == owner { found[owner]?.server = span }
            trace.waiting[id] = nil
        }
    }
}
