// Traces as Chrome's trace event format, which Perfetto and chrome://tracing open: a process a lane, a track a thread.

/// Writes traces for Perfetto (Trace Event Format: JSON object format).
package enum ChromeTrace: TraceForm {
    package static let suffix = "trace.json"
    package static let words = "as a trace for Perfetto (Chrome's trace format)"

    package static func document(_ lanes: [ExportedLane], _ context: ExportContext) -> JSON {
        document(lanes.map { ($0.traces, $0.threadNames) }, redaction: context.redaction)
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
        _ lanes: [(traces: [Trace], threadNames: [UInt32: String])], redaction: Redaction = .standard
    ) -> JSON {
        var events: [JSON] = []
        for (whole, names) in lanes {
            let traces = whole.map(redaction.trace)
            guard let first = traces.first else { continue }
            let process = Int(first.id.lane.rawValue) + 1
            events.append(meta("process_name", process, 0, "\(first.summary.lane.name) lane"))
            var named: Set<UInt32> = []
            for trace in traces {
                for track in Set(trace.spans.map(\.track)).sorted() where named.insert(track).inserted {
                    let name = trace.subThreadName(of: track) ?? names[track] ?? "thread \(track)"
                    events.append(meta("thread_name", process, Int(track), name))
                }
                add(trace, process, to: &events)
            }
        }
        return .object(["traceEvents": .array(events), "displayTimeUnit": "ms"])
    }

    private static func meta(_ name: String, _ process: Int, _ thread: Int, _ value: String) -> JSON {
        .object([
            "ph": "M", "name": .string(name), "pid": .int(process), "tid": .int(thread),
            "args": .object(["name": .string(value)]),
        ])
    }

    private static func add(_ trace: Trace, _ process: Int, to events: inout [JSON]) {
        let end = trace.lastTime(until: trace.done ?? trace.summary.accepted)
        let number = Int(clamping: trace.id.number)
        func event(
            _ phase: String, _ name: String, _ category: String, _ time: UInt64, _ thread: UInt32,
            _ more: [String: JSON] = [:]
        ) -> JSON {
            .object(
                [
                    "ph": .string(phase), "name": .string(name), "cat": .string(category), "pid": .int(process),
                    "tid": .int(Int(thread)), "ts": .double(Double(time) / 1000),
                ].merging(more) { first, _ in first })
        }
        func args(_ span: Span) -> JSON {
            var members: [String: JSON] = ["request": .int(number)]
            if span.outcome != .none { members["outcome"] = .string("\(span.outcome)") }
            if !span.detail.isEmpty { members["detail"] = .string(span.detail) }
            if span.endValue != 0 { members["value"] = .int(Int(span.endValue)) }
            return .object(members)
        }
        let worker = trace.first(.routing)?.track ?? 0
        // The request itself, from acceptance to its last moment.
        let id = "\(process).\(number)"
        let name = "#\(number) \(trace.summary.method) \(trace.summary.target)"
        let whole: [String: JSON] = [
            "id": .string(id), "args": .object(["status": trace.status.map { .int($0) } ?? .null]),
        ]
        events.append(event("b", name, "request", trace.summary.accepted, worker, whole))
        events.append(event("e", name, "request", max(end, trace.summary.accepted), worker, ["id": .string(id)]))
        for span in trace.spans {
            let last = max(span.begin, span.end ?? end)
            let title = span.label.isEmpty ? "\(span.kind)" : "\(span.kind) \(span.label)"
            // An async function's polls are slices of the track, and begin before it does.
            switch span.kind {
            case _ where span.isAsync, .await, .queued, .task, .connecting, .background, .held:
                let own: [String: JSON] = ["id": .string("\(id).\(span.id.rawValue)")]
                events.append(
                    event(
                        "b", title, "\(span.kind)", span.begin, span.track,
                        own.merging(["args": args(span)]) { a, _ in a }))
                events.append(event("e", title, "\(span.kind)", last, span.track, own))
            case .subThread:
                let flow: [String: JSON] = ["id": .string("\(id).hop\(span.id.rawValue)")]
                events.append(event("s", "hop", "hop", span.begin, worker, flow))
                let started = trace.moments.first { $0.kind == .loopStarted && $0.track == span.track }?.time
                events.append(
                    event("f", "hop", "hop", started ?? span.begin, span.track, flow.merging(["bp": "e"]) { a, _ in a })
                )
                guard let back = span.end else { continue }
                let home: [String: JSON] = ["id": .string("\(id).back\(span.id.rawValue)")]
                events.append(event("s", "back", "hop", back, span.track, home))
                events.append(event("f", "back", "hop", back, worker, home.merging(["bp": "e"]) { a, _ in a }))
            default:
                events.append(
                    event(
                        "X", title, "\(span.kind)", span.begin, span.track,
                        ["dur": .double(Double(last - span.begin) / 1000), "args": args(span)]))
            }
        }
        for moment in trace.moments where moment.kind != .accepted && moment.kind != .loopStarted {
            let title = moment.label.isEmpty ? "\(moment.kind)" : "\(moment.kind) \(moment.label)"
            events.append(event("i", title, "moment", moment.time, moment.track, ["s": "t"]))
        }
    }
}
