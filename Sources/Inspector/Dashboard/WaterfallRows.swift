// The rows of one request's waterfall: its spans in the order of their beginning, each under what it belongs to.

internal import InspectorCore

/// One row.
struct WaterfallRow {
    /// What it tells of.
    let content: TraceTree.Item
    let thread: String
    let depth: Int
    let name: String
    /// Whose span it is: 0 for the service that was asked, and for what this process saw; others in the order in which they
    /// were called.
    var service = 0
    /// A part of a span that is told apart: waiting for a connection.
    var connecting: Span?

    /// The span that it tells of; nil for a moment.
    var span: Span? {
        if case .span(let span) = content { span } else { nil }
    }
}

/// Makes rows of a trace.
struct WaterfallRows {
    private(set) var rows: [WaterfallRow] = []
    private let trace: Trace
    private let threadNames: [UInt32: String]
    private let tree: TraceTree
    private let connecting: [SpanID: Span]
    /// The services that told of spans, in the order of their first.
    private let services: [String]

    static func make(_ trace: Trace, threadNames: [UInt32: String]) -> [WaterfallRow] {
        WaterfallRows(trace: trace, threadNames: threadNames).rows
    }

    private init(trace: Trace, threadNames: [UInt32: String]) {
        self.trace = trace
        self.threadNames = threadNames
        tree = TraceTree(trace: trace, shows: Self.isShown)
        connecting = Dictionary(
            trace.spans.filter { $0.kind == .connecting }.map { ($0.parent, $0) }
        ) { first, _ in first }
        var services: [String] = []
        for span in trace.spans where span.origin == .told {
            if let name = Self.service(of: span, in: trace), !services.contains(name) { services.append(name) }
        }
        self.services = services
        add(tree.roots)
    }

    private static func service(of span: Span, in trace: Trace) -> String? {
        guard span.origin == .told, let facts = trace.facts(of: span.id) else { return nil }
        return facts.resource.last { $0.name == "service.name" }?.value ?? facts.service
    }

    /// Adds what lies in what, in its order.
    ///
    /// With a list of what is to come instead of calls within calls: a trace out of a file may nest a thousand deep.
    private mutating func add(_ roots: [TraceTree.Item]) {
        var coming = roots.reversed().map { (item: $0, depth: 0) }
        while let (item, depth) = coming.popLast() {
            guard case .span(let span) = item else {
                if case .moment(let moment) = item {
                    rows.append(
                        WaterfallRow(
                            // What is noted here of a server elsewhere happened on no thread of its own.
                            content: item, thread: isElsewhere ? "" : thread(track: moment.track), depth: depth,
                            name: isElsewhere && moment.kind == .thrown
                                ? Self.failure(moment) : Self.name(of: moment)))
                }
                continue
            }
            let under = tree.children(of: span.id)
            // A child task with one await and nothing else is that await: two rows would say one thing twice.
            if span.kind == .task, span.outcome != .failed, under.count == 1, case .span(let only) = under[0],
                tree.children(of: only.id).isEmpty
            {
                coming.append((under[0], depth))
                continue
            }
            let service = Self.service(of: span, in: trace).flatMap(services.firstIndex) ?? 0
            let thread = Self.hasNoThread(span.kind) ? "" : thread(track: span.track)
            var row = WaterfallRow(
                content: item,
                // Threads of two services may have one name.
                thread: service == 0 ? thread : services[service] + (thread.isEmpty ? "" : " " + thread),
                depth: depth,
                name: span.kind == .remote && isTold ? "with the server" : Self.name(of: span),
                connecting: connecting[span.id])
            row.service = service
            rows.append(row)
            for child in under.reversed() { coming.append((child, depth + 1)) }
        }
    }

    private func thread(track: UInt32) -> String {
        // Its threads are in another process; the one that recorded says nothing.
        if isElsewhere { return trace.subThreadName(of: track) ?? threadNames[track] ?? "" }
        return trace.subThreadName(of: track) ?? threadNames[track] ?? "thread \(track)"
    }

    /// Whether the server has told what it did meanwhile.
    private var isTold: Bool { trace.spans.contains { $0.origin == .told } }

    /// Whether a server elsewhere was asked, of which no function is known.
    private var isElsewhere: Bool { trace.summary.lane.isRemote }

    private static func isShown(_ moment: Moment) -> Bool {
        switch moment.kind {
        case .mark, .clientClosedSide, .clientGone, .unhandled, .propagate, .finalizeErrorIgnored, .autoOptions,
            .deadline, .abandoned, .cancelled, .thrown:
            true
        default: false
        }
    }

    /// What a server elsewhere failed by: nothing was thrown.
    private static func failure(_ moment: Moment) -> String {
        moment.label.madeVisible + (moment.detail.isEmpty ? "" : ": \(moment.detail.madeVisible)")
    }

    private static func name(of moment: Moment) -> String {
        let label = moment.label.madeVisible
        let detail = moment.detail.madeVisible
        switch moment.kind {
        case .clientClosedSide: return "client closed its side"
        case .clientGone: return "client gone"
        case .thrown: return "threw \(label)" + (detail.isEmpty || detail == label ? "" : ": \(detail)")
        case .unhandled: return "nobody handled \(label): \(detail)"
        case .propagate: return "left the app: \(label): \(detail)"
        case .finalizeErrorIgnored: return "dropped \(label): \(detail)"
        case .autoOptions: return "OPTIONS answered by itself"
        case .deadline: return "deadline over: cancelled"
        case .abandoned: return "abandoned: it did not end"
        case .cancelled: return "request cancelled: its client had gone"
        default: return detail.isEmpty ? "mark \(label)" : "mark \(label): \(detail)"
        }
    }

    /// Whose code kept the loop away meanwhile, of a span that says so: `#12 blocks-loop`.
    static func holder(of span: Span) -> String? {
        guard let request = span.holder else { return nil }
        return span.label.isEmpty ? "\(request)" : "\(request) \(span.label.madeVisible)"
    }

    static func name(of span: Span) -> String {
        let label = span.label.madeVisible
        switch span.kind {
        case .arriving: return "arriving" + (holder(of: span).map { ": its loop ran \($0)" } ?? "")
        case .queued: return "queued for a worker"
        case .routing: return "routing"
        case .urlValuePreprocessor: return "url value \(label)"
        case .beforeRequest: return "before \(label)"
        case .middleware: return "middleware \(label)"
        case .view: return "view \(label)"
        case .errorHandler: return "error \(label)"
        case .afterThisRequest: return "after this \(label)"
        case .afterRequest: return "after \(label)"
        case .teardownRequest: return "teardown \(label)"
        case .teardownAppContext: return "teardown app \(label)"
        case .subThread: return span.flags.contains(.kept) ? "kept loop \(span.scope.madeVisible)" : "sub-thread"
        case .render: return "render \(label)"
        case .stream: return "stream the body"
        case .held: return "client answered, worker held on"
        case .background: return "background \(label)"
        case .signal: return "signal \(label)"
        case .await: return "await \(label)"
        case .blocked: return "blocked \(label)"
        case .task: return "task \(label)"
        case .connecting: return "connecting"
        case .remote: return "with the server\(label.isEmpty ? "" : ": \(label)")"
        case .receiving: return "body"
        case .call: return "call \(label)"
        case .span: return label
        case .sending: return "sending the request's body"
        default: return "\(span.kind) \(label)"
        }
    }

    /// Whether no thread of an app is known that did it: nobody had taken the request yet, or it is with another process.
    private static func hasNoThread(_ kind: EventKind) -> Bool {
        switch kind {
        case .queued, .arriving, .connecting, .remote, .receiving, .sending: true
        default: false
        }
    }
}
