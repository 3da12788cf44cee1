// The rows of one request's waterfall: its spans in the order of their beginning, each under what it belongs to.

internal import InspectorCore

/// One row.
struct WaterfallRow {
    /// What it tells of.
    enum Content {
        case span(Span)
        case moment(Moment)
    }

    let content: Content
    let thread: String
    let depth: Int
    let name: String
    /// A part of a span that is told apart: waiting for a connection.
    var connecting: Span?
}

/// Makes rows of a trace.
struct WaterfallRows {
    private(set) var rows: [WaterfallRow] = []
    private let trace: Trace
    private let threadNames: [UInt32: String]
    private var children: [SpanID: [Item]] = [:]
    private let connecting: [SpanID: Span]

    /// A span or a moment, with the time at which it stands.
    private struct Item {
        let content: WaterfallRow.Content
        let time: UInt64
    }

    static func make(_ trace: Trace, threadNames: [UInt32: String]) -> [WaterfallRow] {
        WaterfallRows(trace, threadNames).rows
    }

    private init(_ trace: Trace, _ threadNames: [UInt32: String]) {
        self.trace = trace
        self.threadNames = threadNames
        connecting = Dictionary(
            trace.spans.filter { $0.kind == .connecting }.map { ($0.parent, $0) }
        ) { first, _ in first }
        var roots: [Item] = []
        func place(_ item: Item, under parent: SpanID?) {
            if let parent { children[parent, default: []].append(item) } else { roots.append(item) }
        }
        for span in trace.spans where Self.isShown(span) {
            place(Item(content: .span(span), time: span.begin), under: parent(of: span))
        }
        for moment in trace.moments where Self.isShown(moment) {
            let parent = moment.parent == .none ? nil : trace[moment.parent]
            place(
                Item(content: .moment(moment), time: moment.time),
                under: parent.flatMap { Self.isShown($0) ? $0.id : nil })
        }
        // A stable order: what begins at the same moment stays as it was recorded.
        for (_, item) in roots.enumerated().sorted(by: { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) })
        {
            add(item, 0)
        }
    }

    private mutating func add(_ item: Item, _ depth: Int) {
        switch item.content {
        case .moment(let moment):
            rows.append(
                WaterfallRow(
                    content: item.content, thread: thread(moment.track), depth: depth, name: Self.name(of: moment)))
        case .span(let span):
            let under = (children[span.id] ?? []).sorted { $0.time < $1.time }
            // A child task with one await and nothing else is that await: two rows would say one thing twice.
            if span.kind == .task, span.outcome != .failed, under.count == 1, case .span(let only) = under[0].content,
                children[only.id] == nil
            {
                add(under[0], depth)
                return
            }
            rows.append(
                WaterfallRow(
                    content: item.content, thread: span.kind == .queued ? "" : thread(span.track), depth: depth,
                    name: Self.name(of: span), connecting: connecting[span.id]))
            for child in under { add(child, depth + 1) }
        }
    }

    private func thread(_ track: UInt32) -> String {
        trace.subThreadName(of: track) ?? threadNames[track] ?? "thread \(track)"
    }

    /// The span under which `span` is shown: the one that it names, or the sub-thread on which it ran.
    private func parent(of span: Span) -> SpanID? {
        if let parent = trace.parent(of: span), Self.isShown(parent) { return parent.id }
        guard span.kind != .subThread else { return nil }
        // A loop that is kept runs several calls, one after the other: the one that was handed over last is meant.
        return trace.spans.last { $0.kind == .subThread && $0.track == span.track && $0.begin <= span.begin }?.id
    }

    private static func isShown(_ span: Span) -> Bool { span.kind != .poll && span.kind != .connecting }

    private static func isShown(_ moment: Moment) -> Bool {
        switch moment.kind {
        case .mark, .clientClosedSide, .clientGone, .unhandled, .propagate, .finalizeErrorIgnored, .autoOptions,
            .deadline, .abandoned, .held, .cancelled:
            true
        default: false
        }
    }

    private static func name(of moment: Moment) -> String {
        let label = moment.label.madeVisible
        let detail = moment.detail.madeVisible
        switch moment.kind {
        case .clientClosedSide: return "client closed its side"
        case .clientGone: return "client gone"
        case .unhandled: return "nobody handled \(label): \(detail)"
        case .propagate: return "left the app: \(label): \(detail)"
        case .finalizeErrorIgnored: return "dropped \(label): \(detail)"
        case .autoOptions: return "OPTIONS answered by itself"
        case .deadline: return "deadline over: cancelled"
        case .abandoned: return "abandoned: it did not end"
        case .held: return "client answered, worker held on"
        case .cancelled: return "request cancelled: its client had gone"
        default: return detail.isEmpty ? "mark \(label)" : "mark \(label): \(detail)"
        }
    }

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
        case .subThread: return span.flags.contains(.kept) ? "kept loop \(span.scope.madeVisible)" : "sub-thread"
        case .render: return "render \(label)"
        case .stream: return "stream the body"
        case .background: return "background \(label)"
        case .signal: return "signal \(label)"
        case .await: return "await \(label)"
        case .blocked: return "blocked \(label)"
        case .task: return "task \(label)"
        default: return "\(span.kind) \(label)"
        }
    }
}
