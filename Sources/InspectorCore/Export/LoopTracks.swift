// Sub-threads in an exported trace: those of a worker follow one another on one track, for each lives for one call.

/// Which track each sub-thread of a lane is drawn on.
struct LoopTracks {
    /// One track, and until when it is taken.
    private struct Row {
        let track: UInt32
        let name: String
        var end: UInt64
    }

    private var tracks: [UInt32: UInt32] = [:]
    private var names: [UInt32: String] = [:]

    /// - Parameter threadNames: the threads that outlive a request: they keep tracks of their own.
    init(traces: [Trace], threadNames: [UInt32: String]) {
        struct Loop {
            let track: UInt32
            let worker: UInt32
            let begin: UInt64
            var end: UInt64
        }
        var loops: [Loop] = []
        for trace in traces {
            let worker = trace.first(.routing)?.track ?? 0
            let last = trace.lastTime(until: trace.done ?? trace.summary.accepted)
            for span in trace.spans where span.kind == .subThread && threadNames[span.track] == nil {
                // What a bare task leaves behind outlives the call: nothing may lie across it.
                let ends = trace.spans.filter { $0.track == span.track }.map { $0.end ?? last }
                loops.append(
                    Loop(track: span.track, worker: worker, begin: span.begin, end: ends.max() ?? span.begin))
            }
        }
        loops.sort { ($0.begin, $0.track) < ($1.begin, $1.track) }
        var rows: [UInt32: [Row]] = [:]
        for loop in loops where tracks[loop.track] == nil {
            if let place = rows[loop.worker]?.firstIndex(where: { $0.end <= loop.begin }),
                let row = rows[loop.worker]?[place]
            {
                tracks[loop.track] = row.track
                rows[loop.worker]?[place].end = max(row.end, loop.end)
                continue
            }
            let count = rows[loop.worker]?.count ?? 0
            let name =
                "\(threadNames[loop.worker] ?? "thread \(loop.worker)") loops" + (count > 0 ? " \(count + 1)" : "")
            rows[loop.worker, default: []].append(Row(track: loop.track, name: name, end: loop.end))
            tracks[loop.track] = loop.track
            names[loop.track] = name
        }
    }

    /// The track on which what ran on `track` is drawn.
    subscript(track: UInt32) -> UInt32 { tracks[track] ?? track }

    /// What a track of sub-threads is called; nil for others.
    func name(of track: UInt32) -> String? { names[track] }
}
