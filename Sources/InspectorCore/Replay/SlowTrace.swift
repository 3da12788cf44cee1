// What became of one of the slowest requests, step by step: small enough to be kept for each of them.

/// The critical path of a request, and the threads that served it.
package struct SlowTrace: Sendable {
    /// A piece of its time.
    package struct Step: Sendable {
        package let kind: CriticalPath.Kind
        /// In ns after the request's beginning.
        package let begin: UInt64
        package let end: UInt64
    }

    /// More steps than these are drawn as one.
    private static let limit = 64

    package let number: UInt64
    package let steps: [Step]
    /// `worker-2, loop-87.1`: empty where they are not known.
    package let threads: String

    init(trace: Trace, threadName: (UInt32) -> String?) {
        number = trace.id.number
        let path = CriticalPath(trace: trace, until: trace.done ?? trace.summary.accepted)
        var steps: [Step] = []
        for step in path.steps {
            let begin = step.begin.subtractingSaturated(trace.began)
            let end = step.end.subtractingSaturated(trace.began)
            if let last = steps.last, last.kind == step.kind || steps.count >= SlowTrace.limit {
                steps[steps.count - 1] = Step(kind: last.kind, begin: last.begin, end: end)
            } else {
                steps.append(Step(kind: step.kind, begin: begin, end: end))
            }
        }
        self.steps = steps
        let worker = (trace.first(.routing) ?? trace.first(.view)).flatMap { threadName($0.track) }
        let loops = trace.spans.filter { $0.kind == .subThread }.compactMap { trace.subThreadName(of: $0.track) }
        threads = ([worker].compactMap { $0 } + loops.suffix(2)).joined(separator: ", ")
    }
}
