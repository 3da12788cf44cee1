// Which function of the app each span belongs to, and what the functions waited for.

/// Which function each span of a trace lies in.
///
/// Found once: asked for each pair of spans, a deep trace out of a file would take minutes.
struct TraceFunctions {
    /// The place of the function in which the span of that number lies, or which it is.
    private var holders: [SpanID: Int] = [:]
    /// By the number of their function: calls of services that have ended.
    private(set) var calls: [SpanID: [Span]] = [:]
    /// The functions in which something was awaited, or a task was made.
    private(set) var waiting: Set<SpanID> = []
    /// By their track.
    private(set) var polls: [UInt32: [Span]] = [:]

    init(trace: Trace) {
        // A span's parent stands before it.
        for place in trace.spans.indices {
            let span = trace.spans[place]
            let isFunction = span.kind.isFunction
            let holder = isFunction ? place : trace.parent(of: span).flatMap { holders[$0.id] }
            holders[span.id] = holder
            if span.kind == .poll { polls[span.track, default: []].append(span) }
            guard !isFunction, let holder else { continue }
            let function = trace.spans[holder].id
            if span.kind == .await || span.kind == .task { waiting.insert(function) }
            if span.isCall, span.end != nil { calls[function, default: []].append(span) }
        }
    }

    func function(of span: Span, in trace: Trace) -> Span? { holders[span.id].map { trace.spans[$0] } }
}
