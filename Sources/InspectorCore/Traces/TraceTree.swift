// What lies in what: a trace's spans as a tree, in the order of their beginning.

/// The spans and moments of a trace, each under what it belongs to.
///
/// Polls and waits for a connection are parts of other spans, and stand in no place of their own.
package struct TraceTree: Sendable {
    /// A span or a moment.
    package enum Item: Sendable {
        case span(Span)
        case moment(Moment)

        /// When it begins, in ns.
        package var time: UInt64 {
            switch self {
            case .span(let span): span.begin
            case .moment(let moment): moment.time
            }
        }
    }

    /// What lies in the request itself.
    package private(set) var roots: [Item] = []
    private var children: [SpanID: [Item]] = [:]

    /// Sorts the spans of `trace`, and those of its moments that `shows` chooses.
    package init(trace: Trace, shows: (Moment) -> Bool = { _ in false }) {
        var calls: [UInt32: [Span]] = [:]
        for span in trace.spans where span.kind == .subThread { calls[span.track, default: []].append(span) }
        for span in trace.spans where TraceTree.isPlaced(span) {
            place(item: .span(span), under: TraceTree.parent(of: span, trace: trace, calls: calls))
        }
        for moment in trace.moments where shows(moment) {
            let parent = moment.parent == .none ? nil : trace[moment.parent]
            place(item: .moment(moment), under: parent.flatMap { TraceTree.isPlaced($0) ? $0.id : nil })
        }
        roots = TraceTree.inOrder(items: roots)
        for (id, items) in children { children[id] = TraceTree.inOrder(items: items) }
    }

    /// What lies in the span of that number.
    package func children(of id: SpanID) -> [Item] { children[id] ?? [] }

    /// The spans among `items`.
    package static func spans(items: [Item]) -> [Span] {
        items.compactMap { item in
            if case .span(let span) = item { span } else { nil }
        }
    }

    private static func isPlaced(_ span: Span) -> Bool {
        // Of a call it is a part; of a request to a server elsewhere it is a phase of its own.
        span.kind != .poll && (span.kind != .connecting || span.parent == .none) && span.kind != .backtrace
    }

    /// The span that it names, or the sub-thread on which it ran.
    private static func parent(of span: Span, trace: Trace, calls: [UInt32: [Span]]) -> SpanID? {
        if let parent = trace.parent(of: span), isPlaced(parent) { return parent.id }
        guard span.kind != .subThread else { return nil }
        // A loop that is kept runs several calls, one after the other: the one that was handed over last is meant.
        return calls[span.track]?.last { $0.begin <= span.begin && $0.id.rawValue < span.id.rawValue }?.id
    }

    private mutating func place(item: Item, under parent: SpanID?) {
        if let parent { children[parent, default: []].append(item) } else { roots.append(item) }
    }

    /// A stable order: what begins at the same moment stays as it was recorded.
    private static func inOrder(items: [Item]) -> [Item] {
        items.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }
}
