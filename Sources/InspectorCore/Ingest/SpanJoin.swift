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
    }

    private struct Known {
        /// Its newest form.
        var span: IngestedSpan
        var owner: RequestID?
    }

    private struct TraceState {
        var spans: [UInt64: Known] = [:]
        var waiting: Set<UInt64> = []
    }

    private struct State {
        /// Requests by the id that went out as their parent, the oldest first in `order`.
        var requests: [UInt64: RequestID] = [:]
        var order = Deque<UInt64>()
        var traces: [IngestedSpan.TraceKey: TraceState] = [:]
        var traceOrder = Deque<IngestedSpan.TraceKey>()
        var counts = Counts()
    }

    /// How many requests, traces and spans of a trace are remembered.
    private static let mostRequests = 20_000
    private static let mostTraces = 5_000
    private static let mostSpans = 2_048

    private let state = Mutex(State())

    package init() {}

    package var counts: Counts { state.withLock { $0.counts } }

    /// A request goes out, with its context.
    package func sends(_ summary: RequestSummary) {
        state.withLock { state in
            let key = summary.context.spanID
            if state.requests.updateValue(summary.id, forKey: key) == nil { state.order.append(key) }
            while state.order.count > SpanJoin.mostRequests, let oldest = state.order.popFirst() {
                state.requests[oldest] = nil
            }
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
                    SpanJoin.add(span: span, to: &whole, counts: &state.counts)
                    state.traces[span.trace] = whole
                }
            }
            var found: [RequestID: Joined] = [:]
            for key in Set(touched) {
                guard var trace = state.traces.removeValue(forKey: key) else { continue }
                resolve(&trace, requests: state.requests, counts: &state.counts, found: &found)
                state.traces[key] = trace
            }
            while state.traceOrder.count > SpanJoin.mostTraces, let oldest = state.traceOrder.popFirst() {
                state.counts.unknown += state.traces.removeValue(forKey: oldest)?.waiting.count ?? 0
            }
            return Array(found.values)
        }
    }

    private static func add(span: IngestedSpan, to trace: inout TraceState, counts: inout Counts) {
        if var known = trace.spans[span.id] {
            // Bodies come in any order: what has ended stays so.
            guard known.span.end == nil || span.end != nil else { return }
            known.span = span
            trace.spans[span.id] = known
        } else {
            guard trace.spans.count < mostSpans else {
                counts.unknown += 1
                return
            }
            trace.spans[span.id] = Known(span: span)
        }
        trace.waiting.insert(span.id)
    }

    /// Finds whose the waiting spans are: their parents may just have come.
    private func resolve(
        _ trace: inout TraceState, requests: [UInt64: RequestID], counts: inout Counts, found: inout [RequestID: Joined]
    ) {
        for id in trace.waiting {
            var way: [UInt64] = []
            var seen: Set<UInt64> = []
            var next = id
            var owner: RequestID?
            // A ring of parents ends where it began.
            while let known = trace.spans[next], seen.insert(next).inserted {
                way.append(next)
                owner = known.owner ?? requests[known.span.parent]
                if owner != nil { break }
                next = known.span.parent
            }
            guard let owner, let span = trace.spans[id]?.span else { continue }
            for step in way where trace.spans[step]?.owner == nil {
                trace.spans[step]?.owner = owner
                counts.joined += 1
            }
            found[owner, default: Joined(request: owner)].spans.append(span)
            trace.waiting.remove(id)
        }
    }
}
