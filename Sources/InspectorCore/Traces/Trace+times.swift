// The times of a request: one definition of each, for screens, findings, statistics, verdicts and exports.

extension Span {
    /// Whether it is a call: something was waited for that another program does, and its request waited with it.
    ///
    /// What outlived its request (leaked) is not part of it.
    package var isCall: Bool { kind.isWait && awaitKind.isCall && !flags.contains(.leaked) }

    /// Whether something was waited for in it, and its request waited with it.
    package var isOwnWait: Bool { kind.isWait && !flags.contains(.leaked) }
}

extension Trace {
    /// How long it waited for a worker, until `now` if it still does, in ns; 0 where it needs none.
    package func queue(until now: UInt64) -> UInt64 {
        var sum: UInt64 = 0
        for index in spans.indices where spans[index].kind == .queued {
            sum = sum.addingSaturated(spans[index].duration(until: now))
        }
        return sum
    }

    /// How long its client had begun and its server had read nothing, in ns; 0 where nobody knows of any such time.
    package var arriving: UInt64 { summary.accepted.subtractingSaturated(began) }

    /// How long that may have been besides, in ns: nobody knows when it came, and its loop was away for so long.
    package var unseen: UInt64 {
        moments.firstPlace(of: .arriving).map { UInt64(clamping: moments[$0].value) } ?? 0
    }

    /// The *service*, in ns: its response, until `now` if it is not answered, less arriving and queue.
    package func service(until now: UInt64) -> UInt64 {
        response(until: now).subtractingSaturated(arriving).subtractingSaturated(queue(until: now))
    }

    /// How long it held a worker, in ns; 0 where it never had one.
    package func heldTime(until now: UInt64) -> UInt64 {
        workerHeld(until: now).map { $0.end.subtractingSaturated($0.begin) } ?? 0
    }

    /// How long its hooks took, and its middleware without what that wraps, added up, in ns.
    package func hookTime(until now: UInt64) -> UInt64 {
        var sum: UInt64 = 0
        for index in spans.indices {
            switch spans[index].kind {
            case let kind where kind.isHook: sum = sum.addingSaturated(spans[index].duration(until: now))
            case .middleware: sum = sum.addingSaturated(ownTime(ofMiddleware: spans[index], until: now))
            default: break
            }
        }
        return sum
    }

    /// When what a middleware wraps ran, in order: the functions after it, each on its sub-thread where it has one.
    ///
    /// What the middleware itself started, such as a background task, is its own; and what was left to itself and outlasts
    /// the middleware was wrapped until that ended.
    package func wrapped(byMiddleware span: Span, until now: UInt64) -> [Range<UInt64>] {
        let end = span.end ?? now
        let ranges = spans.indices.compactMap { index -> Range<UInt64>? in
            let inner = spans[index]
            guard inner.parent == span.id, [.beforeRequest, .middleware, .view, .subThread].contains(inner.kind),
                inner.begin < end
            else { return nil }
            return inner.begin..<max(inner.begin, min(end, inner.end ?? now))
        }
        return TimeRanges.merged(ranges)
    }

    /// How long a middleware ran or waited itself, without what it wraps, until `now` if it still does, in ns.
    package func ownTime(ofMiddleware span: Span, until now: UInt64) -> UInt64 {
        span.duration(until: now).subtractingSaturated(
            TimeRanges.length(wrapped(byMiddleware: span, until: now)))
    }

    /// Whose code the loop ran while `span` could have gone on, and for how long that was, in ns; nil where nothing held
    /// it up for long, or nobody knows what.
    package func holder(of span: Span, until now: UInt64) -> (request: RequestID, function: String, time: UInt64)? {
        if span.kind == .arriving { return span.holder.map { ($0, span.label, span.duration(until: now)) } }
        guard span.isAsync else { return nil }
        return LoopPieces(of: span, in: self, until: now)?.holder
    }

    /// How many waits it had; one that only waits for others within it (`gather`, a coroutine around a call) is none
    /// beside them.
    package var waitCount: Int {
        var count = 0
        var outer: Set<SpanID> = []
        for index in spans.indices where spans[index].isOwnWait {
            count += 1
            if hasNestedWaits { markWaits(around: spans[index], in: &outer) }
        }
        return count - outer.count
    }

    /// Whether a wait may lie in another.
    ///
    /// This process tells of none that only waits for others, and told spans stand behind its own.
    private var hasNestedWaits: Bool { spans.last?.origin == .told }

    /// The waits that hold no other wait.
    package var innermostWaits: [Span] {
        guard hasNestedWaits else { return spans.filter(\.isOwnWait) }
        var outer: Set<SpanID> = []
        for index in spans.indices where spans[index].isOwnWait { markWaits(around: spans[index], in: &outer) }
        return spans.filter { $0.isOwnWait && !outer.contains($0.id) }
    }

    /// Adds the waits in which `span` lies.
    private func markWaits(around span: Span, in outer: inout Set<SpanID>) {
        var current = span
        while let next = parent(of: current) {
            // What lies around a view is no wait of it.
            if next.kind.isHook || next.kind == .view { return }
            if next.isOwnWait { outer.insert(next.id) }
            current = next
        }
    }

    /// How the app's functions ran, as far as it was seen: with a sub-thread for each async function, on a loop that the
    /// request shares, or plainly on its thread; nil where nothing tells.
    package var gait: ExecutionMode? {
        if let mode = summary.lane.mode { return mode }
        var view: Span?
        for index in spans.indices {
            if spans[index].kind == .subThread { return .async }
            if spans[index].kind == .view, view == nil { view = spans[index] }
        }
        if let view { return view.isAsync ? .native : .sync }
        // ASGI is served on a loop, and who instruments it has the word in its name.
        let scopes = spans.lazy.filter { $0.origin == .told }.compactMap { self.facts(of: $0.id)?["otel.scope.name"] }
        let onLoops = ["asgi", "starlette", "fastapi", "quart", "tornado", "aiohttp_server"]
        return scopes.first.flatMap { scope in onLoops.contains(where: scope.contains) ? .native : nil }
    }
}

extension Span {
    /// Of a span in which something waited for a loop: whose code the loop ran meanwhile, where it is known.
    package var holder: RequestID? {
        switch kind {
        case .arriving: RequestID(packed: value)
        case .poll: RequestID(packed: endValue)
        default: nil
        }
    }

    /// Who says how long a request was arriving; nil of other spans.
    package var arrivalWitness: Arrival.Witness? {
        kind == .arriving ? Arrival.Witness.allCases.first { "\($0)" == scope } : nil
    }
}
