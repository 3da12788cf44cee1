// A recording with its lifecycle, for the dashboard: the same traces that were seen live, and no server.

/// What is in a recording: lanes with their traces, heads and bodies.
package struct OpenedRecording: Sendable {
    /// One lane of it.
    package struct Lane: Sendable {
        package let id: LaneID
        /// The lane as it was when its newest request was accepted.
        package var lane: LaneDescription
        /// In the order of their numbers.
        package var traces: [Trace] = []
        package var threadNames: [UInt32: String] = [:]
        /// How many workers it had at last; nil when it was not recorded.
        package var workers: Int?
        /// By mode; those of a lane that is not ours are under nil.
        package var statistics: [ExecutionMode?: Statistics] = [:]

        init(id: LaneID, lane: LaneDescription? = nil) {
            self.id = id
            self.lane = lane ?? LaneDescription(id: id, kind: .hosted(.sync))
        }

        /// How its newest request was run; nil for a lane that is not ours.
        package var mode: ExecutionMode? { lane.mode }
    }

    /// How many requests of a lane are opened; of a longer recording, the last.
    package static let limit = 20_000
    /// How many lanes are opened: each has numbers of its own, which take megabytes.
    package static let laneLimit = 16
    /// How many threads of a lane are named.
    package static let threadLimit = 4096
    /// How many notes are kept; the others are counted.
    static let noteLimit = 500

    package let file: String
    package private(set) var app = ""
    /// What is added to a time of its traces to get ns since 1970.
    package private(set) var clock: UInt64 = 0
    /// In the order of their making.
    package private(set) var lanes: [Lane] = []
    package private(set) var routes = RouteTable()
    package private(set) var notes: [Note] = []
    /// What the user had noted of requests, by their numbers.
    package private(set) var marks: [UInt64: RecordedNote] = [:]
    /// How many more notes there were.
    package private(set) var moreNotes = 0
    /// The first notes in words, and how many more there are.
    package var firstNotes: [String] {
        let told = notes.prefix(20)
        let rest = notes.count - told.count + moreNotes
        return told.map(\.description) + (rest > 0 ? ["and \(rest) more remarks"] : [])
    }
    /// How many requests are not shown because there are too many.
    package private(set) var left = 0
    /// How many were lost as it was recorded.
    package private(set) var lost = 0
    /// From the first acceptance to the last moment, by the recorded clock, in ns.
    package private(set) var range: ClosedRange<UInt64> = 0...0

    private let bytes: TrafficBytes
    private var requests: [RequestID: Range<Int>] = [:]
    private var responses: [RequestID: Range<Int>] = [:]

    /// Opens a recording.
    ///
    /// - Throws: `TrafficFileError` when it is none, or cannot be read.
    package init(path: String) throws(TrafficFileError) { try self.init(bytes: TrafficBytes(path: path)) }

    package init(bytes: TrafficBytes) throws(TrafficFileError) {
        file = bytes.name
        self.bytes = bytes
        var window = ByteWindow(bytes: bytes)
        var offset = 0
        var number = 0
        var known: [LaneID: Lane] = [:]
        var leftThreads = 0
        var begin = UInt64.max
        var end: UInt64 = 0
        while let (range, next) = window.line(at: offset, limit: 128 * 1024 * 1024) {
            let isLast = next >= bytes.count
            offset = next
            number += 1
            guard !range.isEmpty else { continue }
            guard let line = try? JSON(parsing: bytes.read(range)) else {
                if number == 1 { throw TrafficFileError(file: file, reason: "this is not a recording of inspector") }
                note(number, reason: isLast ? "the file ends within it" : "it is not JSON")
                continue
            }
            if number == 1 {
                guard line["inspector"]?.int == RecordingLine.version else {
                    throw TrafficFileError(
                        file: file,
                        reason: line["inspector"] == nil
                            ? "this is not a recording of inspector; replay takes other traffic files"
                            : "this recording is of version \(line["inspector"]?.int ?? 0); only \(RecordingLine.version) can be read"
                    )
                }
                app = line["app"]?.string ?? ""
                let offset = line["clock"]?.nearest ?? 0
                clock = min(UInt64(clamping: offset), .lastMoment)
                if clock != offset { note(number, reason: "its clock is negative or beyond 146 years, and was cut") }
                continue
            }
            guard let lane = UInt8(exactly: line["lane"]?.int ?? 0).map(LaneID.init(rawValue:)) else {
                note(number, reason: "its lane is not from 0 to 255")
                continue
            }
            let id = RequestID(number: UInt64(clamping: line["id"]?.int ?? 0), lane: lane)
            switch line["type"]?.string {
            case "thread":
                guard hasRoom(for: lane, in: known, line: number) else { continue }
                let track = UInt32(clamping: line["track"]?.int ?? 0)
                if known[lane]?.threadNames[track] == nil,
                    known[lane]?.threadNames.count ?? 0 >= OpenedRecording.threadLimit
                {
                    leftThreads += 1
                    continue
                }
                known[lane, default: Lane(id: lane)].threadNames[track] = line["name"]?.string ?? ""
            case "lane":
                guard hasRoom(for: lane, in: known, line: number) else { continue }
                known[lane, default: Lane(id: lane)].workers = line["workers"]?.nearest.map { min(max($0, 0), 512) }
            case "request": requests[id] = range
            case "response": responses[id] = range
            case "note":
                // Requests that are left out leave theirs behind: they say nothing of others.
                if let note = RecordedNote(line: line), marks.count < OpenedRecording.limit {
                    marks[note.number] = note
                }
            case "lost": lost = lost.addingSaturated(RecordingLine.lost(line: line))
            case "trace":
                var oddities: [String] = []
                guard let trace = line["trace"].flatMap({ Trace(json: $0, oddities: &oddities) }) else {
                    note(number, reason: "its trace cannot be read")
                    continue
                }
                for oddity in oddities { note(number, reason: oddity) }
                guard hasRoom(for: trace.id.lane, in: known, line: number) else { continue }
                begin = min(begin, trace.began)
                end = max(end, trace.lastTime(until: trace.done ?? trace.summary.accepted))
                add(trace, to: &known[trace.id.lane, default: Lane(id: trace.id.lane)])
            default: break
            }
        }
        if leftThreads > 0 {
            notes.append(
                Note(
                    place: "file",
                    reason: leftThreads.counted(one: "name of a thread is", many: "names of threads are")
                        + " left out: \(OpenedRecording.threadLimit) of a lane are kept"))
        }
        for lane in known.keys.sorted() {
            guard var opened = known[lane], !opened.traces.isEmpty else { continue }
            // A request whose bare tasks outlived it may have been written twice: the later one knows more.
            var newest: [UInt64: Trace] = [:]
            for trace in opened.traces { newest[trace.id.number] = trace }
            opened.traces = newest.values.sorted { $0.id.number < $1.id.number }
            opened.lane = opened.traces.last?.summary.lane ?? opened.lane
            lanes.append(opened)
        }
        guard !lanes.isEmpty else {
            throw TrafficFileError(file: file, reason: "there is no finished request in this recording")
        }
        range = min(begin, end)...max(begin, end)
    }

    private mutating func note(_ line: Int, reason: String) {
        guard notes.count < OpenedRecording.noteLimit else {
            moreNotes += 1
            return
        }
        notes.append(Note(place: "line \(line)", reason: reason))
    }

    /// Whether a lane is known or can still become so; else a note says that it is left out.
    private mutating func hasRoom(for lane: LaneID, in known: [LaneID: Lane], line: Int) -> Bool {
        if known[lane] != nil || known.count < OpenedRecording.laneLimit { return true }
        note(line, reason: "it is of one lane too many: \(OpenedRecording.laneLimit) are opened")
        return false
    }

    private mutating func add(_ trace: Trace, to lane: inout Lane) {
        let mode = trace.summary.mode
        let done = trace.done ?? trace.summary.accepted
        var statistics = lane.statistics[mode] ?? Statistics()
        statistics.begin()
        statistics.finish(status: trace.status ?? 0, response: trace.response(until: done), at: done)
        lane.statistics[mode] = statistics
        routes.add(trace, lane: Statistics.Key(lane: lane.id, mode: mode), at: done)
        lane.traces.append(trace)
        if lane.traces.count > OpenedRecording.limit {
            // In bulk: the array moves as a whole.
            lane.traces.removeFirst(OpenedRecording.limit / 4)
            left += OpenedRecording.limit / 4
        }
    }

    /// Heads and bodies of a request, as far as they were recorded.
    package func exchange(_ id: RequestID) -> Exchange? {
        guard let range = requests[id], let line = try? JSON(parsing: bytes.read(range)),
            let method = line["method"]?.string, let target = line["target"]?.string
        else { return nil }
        let body = RecordingLine.body(of: line) ?? []
        var exchange = Exchange(
            request: IncomingRequest(method: method, target: target, body: body),
            headers: RecordingLine.headers(of: line),
            bodyLimit: .max)
        guard let answer = responses[id].flatMap({ try? JSON(parsing: bytes.read($0)) }),
            let response = RecordingLine.response(line: answer)
        else { return exchange }
        exchange.answer(
            Response(
                bytes: response.body ?? RecordingLine.body(of: answer) ?? [], status: response.status ?? 0,
                contentType: nil, headers: response.headers), bodyLimit: .max)
        return exchange
    }
}
