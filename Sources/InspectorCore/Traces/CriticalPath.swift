// Which part of a request decided when its answer came: what would have to be shorter for it to come sooner.

/// The chain of spans from a request's acceptance to its answer, each of which the next one waited for.
///
/// Found backwards: at every moment the child that ended last is what its parent had waited for. The steps have no gap
/// and no overlap, so the times of their kinds add up to the request's whole time.
package struct CriticalPath: Sendable {
    /// What a step's time was spent on.
    package enum Kind: Int, Sendable, CaseIterable {
        /// No worker was free.
        case queue
        /// A call was waited for: an await, or a blocked thread.
        case waiting
        /// A thread was made for a function, or ended.
        case subThread
        /// The app's functions ran.
        case running
        /// The framework and the server: routing, between functions, the socket.
        case server
    }

    /// One piece of it.
    package struct Step: Sendable {
        /// What went on; nil between spans.
        package let span: Span?
        package let begin: UInt64
        package let end: UInt64

        /// In ns.
        package var length: UInt64 { end - begin }
        package let kind: Kind
    }

    /// From acceptance to answer.
    package private(set) var steps: [Step] = []

    /// - Parameter now: where the path ends while the request is not answered.
    package init(trace: Trace, until now: UInt64) {
        let begin = trace.summary.accepted
        let end = max(begin, trace.done ?? now)
        let tree = TraceTree(trace: trace)
        var found: [Step] = []
        CriticalPath.walk(nil, items: tree.roots, tree: tree, from: begin, to: end, now: now, depth: 0, found: &found)
        steps = found.reversed()
    }

    /// How long the steps of a kind are together, in ns.
    package func total(kind: Kind) -> UInt64 {
        steps.lazy.filter { $0.kind == kind }.map(\.length).sumSaturated()
    }

    /// The spans on it.
    package var spans: Set<SpanID> { Set(steps.compactMap(\.span?.id)) }

    private static func walk(
        _ span: Span?, items: [TraceTree.Item], tree: TraceTree, from begin: UInt64, to end: UInt64,
        now: UInt64, depth: Int, found: inout [Step]
    ) {
        var time = end
        func own(from: UInt64) {
            if from < time { found.append(Step(span: span, begin: from, end: time, kind: kind(of: span))) }
        }
        let waits = TraceTree.spans(items: items).filter { child in
            // What goes on without its request was not waited for.
            child.kind != .background && child.kind != .held && !child.flags.contains(.leaked)
        }.sorted { (min($0.end ?? now, end), $0.begin) > (min($1.end ?? now, end), $1.begin) }
        // A trace from a file may nest as deep as it likes.
        for child in waits where depth < 64 {
            // What outlasts its parent was waited for until the parent ended: a function that is held on when its client
            // has been answered.
            let childEnd = min(child.end ?? now, end)
            guard childEnd <= time, childEnd > begin, child.begin < time else { continue }
            own(from: childEnd)
            time = childEnd
            let start = min(max(begin, child.begin), time)
            walk(
                child, items: tree.children(of: child.id), tree: tree, from: start, to: time, now: now,
                depth: depth + 1, found: &found)
            time = start
            if time <= begin { break }
        }
        own(from: begin)
    }

    private static func kind(of span: Span?) -> Kind {
        switch span?.kind {
        case .queued: .queue
        case let kind? where kind.isWait: .waiting
        case .subThread: .subThread
        case nil, .routing: .server
        default: .running
        }
    }
}
