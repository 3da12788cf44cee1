// Where the dashboard takes what it shows: from lanes that serve, or from a recording.

internal import InspectorCore

/// What a console looks at.
///
/// Used by the main thread only.
protocol DashboardSource: AnyObject {
    /// The name of the app.
    var appName: String { get }
    /// Where it listens, or the file it was recorded in.
    var url: String { get }
    /// A sentence for the beginning.
    var note: String? { get }
    /// How the recording goes that is being made.
    var recorderStatus: Recorder.Status? { get }
    /// What a collector has got; nil where none was asked for.
    var exporterStatus: OTLPExporter.Status? { get }
    /// One request in so many is kept in detail just now.
    var thinning: Int { get }
    /// What the inspection has cost until now, the drawing's processor time given; nil where nothing is inspected.
    func cost(screen: UInt64) -> OwnCost.Sample?
    /// Grows with every change.
    var version: Int { get }
    /// What is added to a time of its traces to get ns since 1970.
    var wallOffset: UInt64 { get }
    var routes: [RouteTable.Key: Statistics] { get }
    func laneModels(now: UInt64) -> [LaneModel]
    /// Takes into `known` what was changed by hand: focus, mirroring, the service, marks.
    func takeControls(into known: inout Snapshot)
    func findings(window: TimeWindow, now: UInt64, isASCII: Bool) -> [Finding]
    /// Heads and bodies of request `number`, lane by lane.
    func exchanges(of number: UInt64) -> [LaneID: Exchange]
    /// The same, for any thread, of the lanes that are on the screen now.
    var exchangeReader: @Sendable (UInt64) -> [LaneID: Exchange] { get }
}

extension Host: DashboardSource {
    var appName: String { name }
    var note: String? { portNote }
    var recorderStatus: Recorder.Status? { recording?.status }
    var exporterStatus: OTLPExporter.Status? { exporter?.status }
    var version: Int { reader.look(\.version) }
    var wallOffset: UInt64 { MonotonicClock.wallOffset }
    var routes: [RouteTable.Key: Statistics] { reader.look(\.routes.all) }

    func takeControls(into known: inout Snapshot) {
        known.focus = rack.focus
        known.mirrorsUnsafe = front.mirrorsUnsafe
        known.service = service
        known.spansURL = spansURL
        known.spansLeftOut = spansLeftOut
        known.marks = marks
        known.replay = desk.replay?.progress
        known.experiment = experiment(now: MonotonicClock.now())
    }
}

/// A recording as the dashboard shows it: the same lanes and traces, and nothing that serves.
final class OpenedSource: DashboardSource {
    private let recording: OpenedRecordings
    /// The first of them.
    private let first: OpenedRecording
    private let files: [String]

    convenience init(recording: OpenedRecording) { self.init(first: recording, others: []) }

    /// - Parameter others: they are shown beside the first, and begin with it.
    init(first: OpenedRecording, others: [OpenedRecording]) {
        self.first = first
        recording = OpenedRecordings([first] + others)
        files = ([first] + others).map { $0.file }
    }

    var appName: String { first.app }
    /// The files' names: their folders would push the moment off the head.
    var url: String {
        files.map { $0.split(separator: "/").last.map(String.init) ?? $0 }.joined(separator: " + ")
    }
    var note: String? {
        let left = recording.left > 0 ? "The first \(recording.left) requests are not shown: there are too many. " : ""
        let lost = recording.lost > 0 ? "\(recording.lost) requests were lost as it was recorded. " : ""
        return left + lost + "space plays, p too; [ ] go back and forward, { } change the speed."
    }
    func takeControls(into known: inout Snapshot) {}
    var recorderStatus: Recorder.Status? { nil }
    var exporterStatus: OTLPExporter.Status? { nil }
    var thinning: Int { 1 }
    func cost(screen: UInt64) -> OwnCost.Sample? { nil }
    var version: Int { 0 }
    var wallOffset: UInt64 { first.clock }
    var routes: [RouteTable.Key: Statistics] { recording.routes.all }

    /// What had been noted of its requests.
    var notes: [UInt64: RequestNote] {
        recording.marks.mapValues { RequestNote(isMarked: $0.isMarked, comment: $0.comment) }.filter {
            !$0.value.isEmpty
        }
    }

    /// The moments that can be shown.
    var range: ClosedRange<UInt64> { recording.range }

    func laneModels(now: UInt64) -> [LaneModel] {
        // Beside each other as they are live: sync on the left, lanes that were not hosted on the right.
        let order = ExecutionMode.allCases
        func rank(lane: OpenedRecording.Lane) -> Int {
            lane.mode.flatMap { order.firstIndex(of: $0) } ?? order.count
        }
        return recording.lanes.sorted { (rank(lane: $0), $0.id) < (rank(lane: $1), $1.id) }
            .map { lane in
                LaneModel(
                    lane: lane.lane, url: first.file,
                    load: workers(of: lane).map { WorkerPool.Load(workers: $0, busy: 0, queued: 0) },
                    traces: lane.traces,
                    statistics: lane.statistics[lane.mode] ?? Statistics(),
                    threads: lane.threadNames.isEmpty && lane.mode == nil
                        ? nil : threads(of: lane),
                    trackNames: lane.threadNames)
            }
    }

    /// The threads that outlive a request, in the order of their names.
    private func threads(of lane: OpenedRecording.Lane) -> [TrackRegistry.Entry] {
        lane.threadNames.map { TrackRegistry.Entry(track: $0.key, name: $0.value) }.sorted {
            ($0.name.count, $0.name) < ($1.name.count, $1.name)
        }
    }

    /// Nil for a lane without a pool: a native one, or one that was not hosted and did not say.
    private func workers(of lane: OpenedRecording.Lane) -> Int? {
        guard let mode = lane.mode else { return lane.workers }
        return mode == .native ? nil : lane.workers ?? lane.threadNames.values.count { $0.hasPrefix("worker-") }
    }

    /// Looked for once: a recording stays as it is.
    private lazy var found = recording.lanes.flatMap { lane in
        Findings.look(at: lane.traces, now: recording.range.upperBound) { TimeText.short(nanoseconds: $0) }
    }

    func findings(window: TimeWindow, now: UInt64, isASCII: Bool) -> [Finding] {
        Findings.sorted(found.map { isASCII ? $0.changingTexts(change: TimeText.ascii) : $0 })
    }

    func exchanges(of number: UInt64) -> [LaneID: Exchange] { exchangeReader(number) }

    var exchangeReader: @Sendable (UInt64) -> [LaneID: Exchange] {
        { [recording] number in
            var found: [LaneID: Exchange] = [:]
            for lane in recording.lanes {
                found[lane.id] = recording.exchange(RequestID(number: number, lane: lane.id))
            }
            return found
        }
    }
}
