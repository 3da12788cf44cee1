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
        var ids = SharedSpanIDs()
        var spans: [UInt64: Known] = [:]
        /// Those whose request is not known yet, in their newest form.
        var waiting: [UInt64: IngestedSpan] = [:]
        /// Those of them that lie in a span, or in one that has not come: looked for by their parent when it is known.
        var children: [UInt64: [UInt64]] = [:]
        /// About how many bytes it takes.
        var bytes = 256
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
            var found: [RequestID: Joined] = [:]
            for span in batch.spans {
                var trace = state.traces.removeValue(forKey: span.trace) ?? TraceState()
                if trace.spans.isEmpty { state.traceOrder.append(span.trace) }
                state.bytes -= trace.bytes
                add(span, to: &trace, requests: state.requests, counts: &state.counts, found: &found)
                state.bytes += trace.bytes
                state.traces[span.trace] = trace
            }
            while state.traceOrder.count > SpanJoin.mostTraces || state.bytes > SpanJoin.mostBytes,
                let oldest = state.traceOrder.popFirst()
            {
                guard let gone = state.traces.removeValue(forKey: oldest) else { continue }
                state.bytes -= gone.bytes
                state.counts.unknown += gone.waiting.count
            }
            return Array(found.values)
        }
    }

    private func add(
        _ span: IngestedSpan, to trace: inout TraceState, requests: [UInt64: RequestID], counts: inout Counts,
        found: inout [RequestID: Joined]
    ) {
        // The room is asked first: ids beyond it would be remembered for nothing.
        guard trace.spans.count < SpanJoin.mostSpans || trace.spans[span.id] != nil else {
            counts.unknown += 1
            return
        }
        let span = trace.ids.distinct(span)
        if var known = trace.spans[span.id] {
            // Bodies come in any order: what has ended stays so.
            guard !known.hasEnded || span.end != nil else { return }
            known.hasEnded = span.end != nil
            trace.spans[span.id] = known
            if let owner = known.owner { return give(span, to: owner, requests: requests, found: &found) }
            trace.bytes -= trace.waiting[span.id]?.cost ?? 0
        } else {
            trace.spans[span.id] = Known(parent: span.parent, hasEnded: span.end != nil)
            trace.bytes += 96
            guard let owner = requests[span.parent] ?? trace.spans[span.parent]?.owner else {
                trace.children[span.parent, default: []].append(span.id)
                trace.waiting[span.id] = span
                trace.bytes += span.cost
                return
            }
            own(span, by: owner, in: &trace, requests: requests, counts: &counts, found: &found)
            return
        }
        trace.waiting[span.id] = span
        trace.bytes += span.cost
    }

    /// A span's request is known, and so is that of all that waited for it: each is looked at once.
    private func own(
        _ span: IngestedSpan, by owner: RequestID, in trace: inout TraceState, requests: [UInt64: RequestID],
        counts: inout Counts, found: inout [RequestID: Joined]
    ) {
        trace.spans[span.id]?.owner = owner
        counts.joined += 1
        give(span, to: owner, requests: requests, found: &found)
        var next = [span.id]
        while let parent = next.popLast() {
            for child in trace.children.removeValue(forKey: parent) ?? [] {
                guard trace.spans[child]?.owner == nil, let waiting = trace.waiting.removeValue(forKey: child) else {
                    continue
                }
                trace.bytes -= waiting.cost
                trace.spans[child]?.owner = owner
                counts.joined += 1
                give(waiting, to: owner, requests: requests, found: &found)
                next.append(child)
            }
        }
    }

    private func give(
        _ span: IngestedSpan, to owner: RequestID, requests: [UInt64: RequestID], found: inout [RequestID: Joined]
    ) {
        found[owner, default: Joined(request: owner)].spans.append(span)
        if span.role == .server, requests[span.parent] == owner { found[owner]?.server = span }
    }
}
