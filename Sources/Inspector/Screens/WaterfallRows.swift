// The rows of one request's waterfall: its spans in the order of their beginning, each under what it belongs to.

internal import InspectorCore

/// One row.
struct WaterfallRow {
    let span: Span
    let thread: String
    let depth: Int
    let name: String
    /// A part of the span that is told apart: waiting for a connection.
    let connecting: Span?
}

/// Makes rows of a trace.
enum WaterfallRows {
    static func make(_ trace: Trace, threadNames: [UInt32: String]) -> [WaterfallRow] {
        var children: [SpanID: [Span]] = [:]
        var roots: [Span] = []
        for span in trace.spans where isShown(span) {
            if let parent = parent(of: span, in: trace) {
                children[parent, default: []].append(span)
            } else {
                roots.append(span)
            }
        }
        let connecting = Dictionary(
            trace.spans.filter { $0.kind == .connecting }.map { ($0.parent, $0) }) { first, _ in first }
        var rows: [WaterfallRow] = []
        func add(_ span: Span, _ depth: Int, prefix: String = "") {
            let under = children[span.id] ?? []
            // A child task with one await and nothing else is that await: two rows would say one thing twice.
            if span.kind == .task, under.count == 1, let only = under.first, children[only.id] == nil,
                span.outcome != .failed
            {
                add(only, depth)
                return
            }
            let thread =
                trace.subThreadName(of: span.track) ?? threadNames[span.track]
                ?? (span.kind == .queued ? "" : "thread \(span.track)")
            rows.append(
                WaterfallRow(
                    span: span, thread: span.kind == .queued ? "" : thread, depth: depth, name: name(of: span),
                    connecting: connecting[span.id]))
            for child in under { add(child, depth + 1) }
        }
        for root in roots { add(root, 0) }
        return rows
    }

    /// The span under which `span` is shown: the one that it names, or the sub-thread on which it ran.
    private static func parent(of span: Span, in trace: Trace) -> SpanID? {
        if span.parent != .none, let parent = trace[span.parent], isShown(parent) { return parent.id }
        guard span.kind != .subThread else { return nil }
        return trace.spans.first { $0.kind == .subThread && $0.track == span.track }?.id
    }

    private static func isShown(_ span: Span) -> Bool { span.kind != .poll && span.kind != .connecting }

    private static func name(of span: Span) -> String {
        let label = span.label.madeVisible
        switch span.kind {
        case .queued: return "queued for a worker"
        case .routing: return "routing"
        case .urlValuePreprocessor: return "url value \(label)"
        case .beforeRequest: return "before \(label)"
        case .view: return "view \(label)"
        case .errorHandler: return "error \(label)"
        case .afterThisRequest: return "after this \(label)"
        case .afterRequest: return "after \(label)"
        case .teardownRequest: return "teardown \(label)"
        case .teardownAppContext: return "teardown app \(label)"
        case .subThread: return "sub-thread"
        case .await: return "await \(label)"
        case .blocked: return "blocked \(label)"
        case .task: return "task \(label)"
        default: return "\(span.kind) \(label)"
        }
    }
}
