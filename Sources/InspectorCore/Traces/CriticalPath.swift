// Which part of a request decided when its answer came: what would have to be shorter for it to come sooner.

/// The chain of spans from a request's beginning to its answer, each of which the next one waited for.
///
/// Found backwards: at every moment the child that ended last is what its parent had waited for. The steps have no gap
/// and no overlap, so the times of their kinds add up to the request's whole time.
package struct CriticalPath: Sendable {
    /// What a step's time was spent on.
    package enum Kind: Int, Sendable, CaseIterable {
        /// It was sent, and its server had not read it.
        case arriving
        /// No worker was free.
        case queue
        /// A call was waited for: an await, or a blocked thread.
        case waiting
        /// What was waited for was there, and the loop ran something else.
        case scheduled
        /// A thread was made for a function, or ended.
        case subThread
        /// The app's functions ran.
        case running
        /// The framework and the server: routing, between functions, the socket.
        case server
        /// A server elsewhere was connected to, had the request, or sent its answer: what it did is not known.
        case elsewhere
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

    /// From when its client began to its answer.
    package private(set) var steps: [Step] = []

    /// - Parameter now: where the path ends while the request is not answered.
    package init(trace: Trace, until now: UInt64) {
        let begin = trace.began
        let end = max(begin, trace.done ?? now)
        let tree = TraceTree(trace: trace)
        var found: [Step] = []
        CriticalPath.walk(nil, items: tree.roots, tree: tree, from: begin, to: end, now: now, depth: 0, found: &found)
        steps = CriticalPath.splitReady(found.reversed(), trace: trace, until: now)
    }

    /// Takes out of the functions' own time that in which the loop was held up: some task of the request was ready
    /// there, and none of them ran.
    private static func splitReady(_ steps: [Step], trace: Trace, until now: UInt64) -> [Step] {
        // A poll that found no room would look as if nothing had run.
        guard trace.skipped[.poll] == nil else { return steps }
        var ready: [UInt32: [Range<UInt64>]] = [:]
        for poll in trace.spans where poll.kind == .poll && poll.value >= readyLimit {
            let since = poll.begin.subtractingSaturated(UInt64(poll.value))
            ready[poll.track, default: []].append(since..<poll.begin)
        }
        guard !ready.isEmpty else { return steps }
        for track in ready.keys {
            let ran = trace.spans.filter { $0.kind == .poll && $0.track == track }.map { poll in
                poll.begin..<max(poll.begin, poll.end ?? now)
            }
            ready[track] = TimeRanges.less(ready[track] ?? [], ran)
        }
        var split: [Step] = []
        for step in steps {
            guard step.kind == .running, let track = step.span?.track, let ranges = ready[track] else {
                split.append(step)
                continue
            }
            var time = step.begin
            for range in ranges where range.upperBound > time && range.lowerBound < step.end {
                let from = max(time, range.lowerBound)
                let to = min(step.end, range.upperBound)
                if from > time { split.append(Step(span: step.span, begin: time, end: from, kind: .running)) }
                split.append(Step(span: step.span, begin: from, end: to, kind: .scheduled))
                time = to
            }
            if time < step.end { split.append(Step(span: step.span, begin: time, end: step.end, kind: .running)) }
        }
        return split
    }

    /// From so many ns on a job that is ready counts as held up: each takes some µs to be run.
    private static let readyLimit: Int64 = 100_000

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
        case .arriving: .arriving
        case .queued: .queue
        case let kind? where kind.isWait: .waiting
        case .subThread: .subThread
        case .connecting, .remote, .receiving, .sending: .elsewhere
        case nil, .routing: .server
        default: .running
        }
    }
}
