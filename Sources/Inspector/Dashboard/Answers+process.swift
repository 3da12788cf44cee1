// Who computed while others of the same process were late: for servers whose threads take turns.

internal import InspectorCore

extension Answers {
    /// The slow one of a server whose threads take turns (Python's lock): who computed meanwhile, in the same process.
    static func heldProcess(_ evidence: Evidence) -> String? {
        var found: (words: String, excess: UInt64)?
        for side in evidence.sides where side.lane.mode == nil && side.traces.count >= 10 {
            let stretches = side.traces.flatMap(computing)
            guard !stretches.isEmpty else { continue }
            let byRoute = Dictionary(grouping: side.traces, by: route).mapValues { median($0.map(response)) ?? 0 }
            for trace in side.traces {
                let usual = byRoute[route(trace)] ?? 0
                let excess = response(trace).subtractingSaturated(usual)
                guard excess >= 10_000_000, excess > found?.excess ?? 0, let done = trace.done,
                    let stretch = stretches.filter({ $0.trace.id != trace.id && route($0.trace) != route(trace) })
                        .max(by: {
                            overlap($0, begin: trace.began, end: done) < overlap($1, begin: trace.began, end: done)
                        }),
                    overlap(stretch, begin: trace.began, end: done) >= 10_000_000
                else { continue }
                found = (
                    "#\(trace.id.number) in \(side.lane.name) took \(evidence.text(response(trace))), where half take "
                        + "\(evidence.text(usual)): #\(stretch.trace.id.number), \(stretch.function.madeVisible), computed for "
                        + "\(evidence.text(stretch.end - stretch.begin)) without a pause meanwhile, and a process of Python runs "
                        + "one thread at a time. Whoever comes then is the slow one.", excess
                )
            }
        }
        return found?.words
    }

    /// A time in which a function computed without waiting for anything.
    private struct Stretch {
        let trace: Trace
        let function: String
        let begin: UInt64
        let end: UInt64
    }

    private static func overlap(_ stretch: Stretch, begin: UInt64, end: UInt64) -> UInt64 {
        min(stretch.end, end).subtractingSaturated(max(stretch.begin, begin))
    }

    /// Those of 20 ms and more that another process told of: turns of an event loop, and functions that waited for nothing.
    private static func computing(_ trace: Trace) -> [Stretch] {
        let waits = trace.spans.filter { $0.isOwnWait || $0.kind == .poll || $0.kind == .subThread }
        return trace.spans.compactMap { span in
            guard span.origin == .told, let end = span.end, end.subtractingSaturated(span.begin) >= 20_000_000 else {
                return nil
            }
            if span.kind == .poll {
                let function = trace.spans.last {
                    $0.kind.isFunction && $0.begin < end && ($0.end ?? .max) > span.begin
                }
                return Stretch(trace: trace, function: function?.label ?? trace.rule, begin: span.begin, end: end)
            }
            guard span.kind.isFunction, !waits.contains(where: { $0.begin >= span.begin && $0.begin < end })
            else {
                return nil
            }
            return Stretch(trace: trace, function: span.label, begin: span.begin, end: end)
        }
    }
}
