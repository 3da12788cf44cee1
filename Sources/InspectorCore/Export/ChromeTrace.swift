// Traces as Chrome's trace event format, which Perfetto and chrome://tracing open: a process a lane, a track a thread.

/// Writes traces for Perfetto (Trace Event Format: JSON object format).
package enum ChromeTrace: TraceForm {
    package static let suffix = "trace.json"
    package static let words = "as a trace for Perfetto (Chrome's trace format)"

    package static func document(lanes: [ExportedLane], context: ExportContext, goesOn: () -> Bool) -> JSON? {
        document(lanes: lanes.map { ($0.traces, $0.threadNames) }, redaction: context.redaction, goesOn: goesOn)
    }

    /// The traces of some lanes as one JSON document.
    ///
    /// What nests on a thread (functions, polls, blocked calls) is a slice of its track; what overlaps on one (awaits, time
    /// in the queue) is an async slice, for slices of a track may not cross; hops to a sub-thread and back are flows.
    ///
    /// - Parameters:
    ///   - lanes: their traces, with the names of their threads.
    ///   - redaction: what is taken out of targets, labels and details.
    package static func document(
        lanes: [(traces: [Trace], threadNames: [UInt32: String])], redaction: Redaction = .standard
    ) -> JSON {
        document(lanes: lanes, redaction: redaction) { true } ?? .null
    }

    private static func document(
        lanes: [(traces: [Trace], threadNames: [UInt32: String])], redaction: Redaction, goesOn: () -> Bool
    ) -> JSON? {
        var events: [JSON] = []
        for (whole, names) in lanes {
            guard let first = whole.first.map(redaction.trace) else { continue }
            let process = Int(first.id.lane.rawValue) + 1
            events.append(
                meta(name: "process_name", process: process, thread: 0, value: "\(first.summary.lane.name) lane"))
            var named: Set<UInt32> = []
            let loops = LoopTracks(traces: whole, threadNames: names)
            for trace in whole.lazy.map(redaction.trace) {
                guard goesOn() else { return nil }
                for track in Set(trace.spans.map { loops[$0.track] }).sorted() where named.insert(track).inserted {
                    let name =
                        loops.name(of: track) ?? names[track] ?? trace.subThreadName(of: track) ?? "thread \(track)"
                    events.append(meta(name: "thread_name", process: process, thread: Int(track), value: name))
                }
                add(trace, loops: loops, process: process, to: &events)
            }
        }
        return .object(["traceEvents": .array(events), "displayTimeUnit": "ms"])
    }

    private static func meta(name: String, process: Int, thread: Int, value: String) -> JSON {
        .object([
            "ph": "M", "name": .string(name), "pid": .int(process), "tid": .int(thread),
            "args": .object(["name": .string(value)]),
        ])
    }

    private static func add(_ trace: Trace, loops: LoopTracks, process: Int, to events: inout [JSON]) {
        let end = trace.lastTime(until: trace.done ?? trace.summary.accepted)
        let number = Int(clamping: trace.id.number)
        func event(
            phase: String, name: String, category: String, time: UInt64, thread: UInt32,
            more: [String: JSON] = [:]
        ) -> JSON {
            .object(
                [
                    "ph": .string(phase), "name": .string(name), "cat": .string(category), "pid": .int(process),
                    "tid": .int(Int(loops[thread])), "ts": .double(Double(time) / 1000),
                ].merging(more) { first, _ in first })
        }
        func args(span: Span) -> JSON {
            var members: [String: JSON] = ["request": .int(number)]
            if span.outcome != .none { members["outcome"] = .string("\(span.outcome)") }
            if !span.detail.isEmpty { members["detail"] = .string(span.detail) }
            if span.endValue != 0 { members["value"] = .int(Int(span.endValue)) }
            return .object(members)
        }
        let worker = trace.first(.routing)?.track ?? 0
        // The request itself, from when its client began to its last moment.
        let id = "\(process).\(number)"
        let name = "#\(number) \(trace.summary.method) \(trace.summary.target)"
        let whole: [String: JSON] = [
            "id": .string(id), "args": .object(["status": trace.status.map { .int($0) } ?? .null]),
        ]
        events.append(
            event(
                phase: "b", name: name, category: "request", time: trace.began, thread: worker, more: whole))
        events.append(
            event(
                phase: "e", name: name, category: "request", time: max(end, trace.began), thread: worker,
                more: ["id": .string(id)]))
        for span in trace.spans {
            let last = max(span.begin, span.end ?? end)
            let title = span.label.isEmpty ? "\(span.kind)" : "\(span.kind) \(span.label)"
            // An async function's polls are slices of the track, and begin before it does.
            switch span.kind {
            case _ where span.isAsync, .await, .arriving, .queued, .task, .connecting, .background, .held:
                let own: [String: JSON] = ["id": .string("\(id).\(span.id.rawValue)")]
                events.append(
                    event(
                        phase: "b", name: title, category: "\(span.kind)", time: span.begin, thread: span.track,
                        more: own.merging(["args": args(span: span)]) { a, _ in a }))
                events.append(
                    event(phase: "e", name: title, category: "\(span.kind)", time: last, thread: span.track, more: own))
            case .subThread:
                let flow: [String: JSON] = ["id": .string("\(id).hop\(span.id.rawValue)")]
                events.append(
                    event(phase: "s", name: "hop", category: "hop", time: span.begin, thread: worker, more: flow))
                let started = trace.moments.first { $0.kind == .loopStarted && $0.track == span.track }?.time
                events.append(
                    event(
                        phase: "f", name: "hop", category: "hop", time: started ?? span.begin, thread: span.track,
                        more: flow.merging(["bp": "e"]) { a, _ in a })
                )
                guard let back = span.end else { continue }
                let home: [String: JSON] = ["id": .string("\(id).back\(span.id.rawValue)")]
                events.append(
                    event(phase: "s", name: "back", category: "hop", time: back, thread: span.track, more: home))
                events.append(
                    event(
                        phase: "f", name: "back", category: "hop", time: back, thread: worker,
                        more: home.merging(["bp": "e"]) { a, _ in a }))
            default:
                events.append(
                    event(
                        phase: "X", name: title, category: "\(span.kind)", time: span.begin, thread: span.track,
                        more: ["dur": .double(Double(last - span.begin) / 1000), "args": args(span: span)]))
            }
        }
        for moment in trace.moments where moment.kind != .accepted && moment.kind != .loopStarted {
            let title = moment.label.isEmpty ? "\(moment.kind)" : "\(moment.kind) \(moment.label)"
            events.append(
                event(
                    phase: "i", name: title, category: "moment", time: moment.time, thread: moment.track,
                    more: ["s": "t"]))
        }
    }
}
