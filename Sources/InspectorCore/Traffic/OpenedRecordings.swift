// One recording, or several side by side: each lane of each is a lane, and all begin together.

/// Recordings that are looked at together.
package struct OpenedRecordings: Sendable {
    /// Where the requests of one of them are among all.
    private struct Part: Sendable {
        let recording: OpenedRecording
        /// What is added to a request's number, and to a lane's.
        let numbers: UInt64
        let lanes: UInt8
        let end: UInt64
    }

    /// In the order of the files, each with its lanes in the order of their making.
    package let lanes: [OpenedRecording.Lane]
    package let routes: RouteTable
    /// From the first acceptance to the last moment, by the first recording's clock, in ns.
    package let range: ClosedRange<UInt64>
    /// What the user had noted of requests, by their numbers.
    package let marks: [UInt64: RecordedNote]
    /// How many requests are not shown because there are too many, and how many were lost as they were recorded.
    package let left: Int
    package let lost: Int
    private let parts: [Part]

    /// Numbers of the second and later ones are moved up by thousands, so that no two requests have the same; their lanes
    /// are called after the file, too.
    ///
    /// - Parameter recordings: at least one; no more lanes in all than numbers for them.
    package init(_ recordings: [OpenedRecording]) {
        var lanes: [OpenedRecording.Lane] = []
        var routes = RouteTable()
        var parts: [Part] = []
        var marks: [UInt64: RecordedNote] = [:]
        let start = recordings.first?.range.lowerBound ?? 0
        var end = start
        for recording in recordings {
            let numbers = parts.last?.end ?? 0
            let base = UInt8(clamping: (lanes.map { Int($0.id.rawValue) }.max() ?? -1) + 1)
            guard parts.isEmpty || Int(base) + OpenedRecording.laneLimit <= 255 else { break }
            let shift = Int64(clamping: start).subtractingSaturated(Int64(clamping: recording.range.lowerBound))
            let most = recording.lanes.flatMap { $0.traces.suffix(1).map(\.id.number) }.max() ?? 0
            parts.append(
                Part(
                    recording: recording, numbers: numbers, lanes: parts.isEmpty ? 0 : base,
                    end: (numbers.addingSaturated(most) / 1000 + 1).multipliedSaturated(by: 1000)))
            end = max(end, start.addingSaturated(recording.range.upperBound - recording.range.lowerBound))
            for note in recording.marks.values { marks[note.number.addingSaturated(numbers)] = note }
            guard parts.count > 1 else {
                lanes += recording.lanes
                routes = recording.routes
                continue
            }
            let file = recording.file.split(separator: "/").last.map(String.init) ?? recording.file
            for lane in recording.lanes {
                let id = LaneID(rawValue: UInt8(clamping: Int(lane.id.rawValue) + Int(base)))
                let description = LaneDescription(
                    id: id, kind: lane.lane.kind, name: "\(lane.lane.name) \(file)")
                var moved = OpenedRecording.Lane(id: id, lane: description)
                moved.threadNames = lane.threadNames
                moved.workers = lane.workers
                moved.statistics = lane.statistics
                moved.traces = lane.traces.map { trace in
                    trace.moved(
                        to: RequestID(number: trace.id.number.addingSaturated(numbers), lane: id), lane: description,
                        by: shift)
                }
                for trace in moved.traces {
                    routes.add(
                        trace, lane: Statistics.Key(lane: id, mode: trace.summary.mode),
                        at: trace.done ?? trace.summary.accepted)
                }
                lanes.append(moved)
            }
        }
        self.lanes = lanes
        self.routes = routes
        self.parts = parts
        self.marks = marks
        range = start...max(start, end)
        left = recordings.reduce(0) { $0 + $1.left }
        lost = recordings.reduce(0) { $0.addingSaturated($1.lost) }
    }

    /// Heads and bodies of a request, as far as they were recorded.
    package func exchange(_ id: RequestID) -> Exchange? {
        guard let part = parts.first(where: { $0.numbers <= id.number && id.number < $0.end }),
            id.lane.rawValue >= part.lanes
        else { return nil }
        return part.recording.exchange(
            RequestID(number: id.number - part.numbers, lane: LaneID(rawValue: id.lane.rawValue - part.lanes)))
    }
}
