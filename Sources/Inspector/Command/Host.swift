// The servers of a run: lanes, their ports, the public address, the simulated API. What the dashboard's effects act on.

internal import InspectorCore

// InspectorCore has a lock of that name of its own in the builds of the thread sanitizer.
#if !SEEN_MUTEX
internal import Synchronization
#endif

/// Everything that serves, started once and stopped at the end.
///
/// Used by the main thread only.
final class Host {
    /// A lane with its own port.
    struct HostedLane {
        let lane: Lane
        let server: HTTPServer
    }

    let app: HostedApp
    let url: String
    /// A sentence when the usual port was taken, or more than this machine can reach the address.
    let portNote: String?
    let reader: TraceReader
    let numbers = RequestNumbers()
    /// All that were made, in that order; some may be off the screen, and are given nothing then.
    private var lanes: [HostedLane] = []
    /// The places of those on the screen, from left to right.
    private var visible = [0]
    /// Which of those on the screen answers the public address.
    private(set) var focus = 0

    private let workers: Int
    private let subThreads: SubThreadPolicy?
    /// Off when nothing is to be recorded: for measuring what that costs.
    private let isInspecting: Bool
    private let loops = ServerLoops()
    private let front: Front
    private let server: HTTPServer
    /// The names that the lanes' own ports answer to.
    private let hosts: HostCheck
    private let upstream: SimulatedUpstream?
    private let environment: AppHost
    /// How many requests a second are kept in detail: enough for a screen and for findings, and a few hundredths of a
    /// processor's time.
    private static let detailedPerSecond = 1000

    private let log = EventLog(detailed: Host.detailedPerSecond)
    /// Heads and bodies of the newest requests.
    let exchanges: ExchangeStore
    /// What was changed by hand, oldest first.
    private(set) var marks: [Mark] = []
    private var senders: [Sender] = []
    private let tap = TraceTap()
    private(set) var recorder: Recorder?
    private let laneBook = LaneBook()
    private(set) var replay: Sender?

    /// Starts the lanes and listens.
    ///
    /// - Parameters:
    ///   - keepsLittle: for a run without a screen: neither many traces nor heads and bodies are kept.
    ///   - isInspecting: off when nothing is to be recorded at all.
    /// - Throws: an error whose description is a sentence.
    init(
        _ app: HostedApp, _ options: ServeOptions, keepsLittle: Bool = false, isInspecting: Bool = true
    ) throws {
        self.app = app
        workers = options.workers
        exchanges = ExchangeStore(limit: keepsLittle ? 0 : 48 * 1024 * 1024)
        reader = try TraceReader(log: log, limit: keepsLittle ? 100 : 10_000)
        if let named = options.upstream {
            upstream = nil
            environment = AppHost(upstreamURL: named, isDeadly: options.deadly)
        } else {
            let simulated = try SimulatedUpstream(seed: options.seed)
            upstream = simulated
            environment = AppHost(upstreamURL: simulated.url, isDeadly: options.deadly)
        }
        subThreads = options.subThreads?.policy
        self.isInspecting = isInspecting
        hosts = HostCheck(more: options.allowHost)
        let first = try Host.makeLane(
            app, environment, mode: options.firstMode, number: 0, workers: workers, subThreads: subThreads, log: log,
            numbers: numbers, exchanges: exchanges, isRecording: isInspecting)
        front = Front(lanes: [first], numbers: numbers)
        let isNamed = options.port != nil
        let responder: any Responder =
            options.testing ? TestDoor(before: front, reader: reader, numbers: numbers) : front
        server = try HTTPServer.start(
            host: options.host, port: options.port ?? 8080, tries: isNamed ? 0 : 50, responder: responder,
            loops: loops, hosts: options.hosts)
        url = server.url
        portNote =
            options.exposure
            ?? (isNamed || server.port == 8080
                ? nil : "Port 8080 is in use; this is \(server.port). --port names another.")
        // Who prints a line for each request, or tests by its trace, wants each.
        if options.testing { log.keepAll() }
        let tap = tap
        reader.onAnswer { trace in tap.listener.withLock { $0 }?.take(trace) }
        try add(first)
        try show(options.modes)
    }

    /// The lanes on the screen, from left to right.
    var shown: [HostedLane] { visible.map { lanes[$0] } }

    private static func makeLane(
        _ app: HostedApp, _ environment: AppHost, mode: ExecutionMode, number: Int, workers: Int,
        subThreads: SubThreadPolicy?, log: EventLog, numbers: RequestNumbers, exchanges: ExchangeStore,
        isRecording: Bool
    ) throws -> Lane {
        let made = app.factory(environment)
        if let subThreads { made.options.subThreads = subThreads }
        guard made.problems.isEmpty else { throw AppProblems(app: made.name, problems: made.problems) }
        return Lane(
            id: LaneID(rawValue: UInt8(number)), app: made.freeze(), mode: mode, workers: workers, log: log,
            numbers: numbers, isRecording: isRecording, exchanges: exchanges)
    }

    private func add(_ lane: Lane) throws {
        let server = try HTTPServer.start(port: 0, responder: LanePort(lane), loops: loops, hosts: hosts)
        lanes.append(HostedLane(lane: lane, server: server))
        laneBook.add(lane)
    }

    // MARK: What the dashboard does

    func setMode(_ mode: ExecutionMode) {
        let lane = lanes[visible[focus]].lane
        lane.mode = mode
        mark(mode.rawValue, lane.id)
    }

    /// Changes the number of the focused lane's workers.
    func setWorkers(_ count: Int) {
        let lane = lanes[visible[focus]].lane
        lane.pool.resize(to: count)
        mark("\(count) workers", lane.id)
    }

    /// What the simulated API does; nil where a real one is called.
    var service: UpstreamSettings? { upstream?.settings }

    func setService(_ settings: UpstreamSettings) {
        upstream?.settings = settings
        mark(settings.words, nil)
    }

    private func mark(_ text: String, _ lane: LaneID?) {
        marks.append(Mark(time: MonotonicClock.now(), lane: lane, text: text))
        if marks.count > 200 { marks.removeFirst(100) }
    }

    /// Whether requests that change something are given to the other lanes too.
    func setMirrorsUnsafe(_ mirrors: Bool) { front.setMirrorsUnsafe(mirrors) }

    /// What is worth telling of the newest requests of the lanes on the screen, most certain first.
    func findings(now: UInt64, isASCII: Bool) -> [Finding] {
        let lanes = shown.map(\.lane.id)
        return reader.look { fold in
            lanes.flatMap { lane in
                Findings.look(at: fold.newest(Findings.reach, of: lane), now: now) {
                    TimeText.short($0, isASCII: isASCII)
                }
            }.sorted { $0.level > $1.level }
        }
    }

    /// Shows a lane of each of `modes` beside each other; with one mode, the focused lane alone.
    func show(_ modes: [ExecutionMode]) throws {
        if modes.count > 1 { try showSideBySide(modes) } else { showOne() }
    }

    /// One of the lanes shown is of the focused lane's own mode, and it is this one.
    ///
    /// Lanes that were made before are taken again, under another mode if need be.
    private func showSideBySide(_ modes: [ExecutionMode]) throws {
        let focused = visible[focus]
        let own = lanes[focused].lane.mode
        let modes = modes.contains(own) ? modes : modes + [own]
        var spare = lanes.indices.filter { $0 != focused }
        var places: [Int] = []
        for mode in modes {
            if mode == own {
                places.append(focused)
            } else if let known = spare.first(where: { lanes[$0].lane.mode == mode }) ?? spare.first {
                spare.removeAll { $0 == known }
                lanes[known].lane.mode = mode
                places.append(known)
            } else {
                try add(
                    Host.makeLane(
                        app, environment, mode: mode, number: lanes.count, workers: workers, subThreads: subThreads,
                        log: log, numbers: numbers, exchanges: exchanges, isRecording: isInspecting))
                places.append(lanes.count - 1)
            }
        }
        visible = places
        setFocus(places.firstIndex(of: focused) ?? 0)
    }

    /// Shows the focused lane alone; the others keep what they have, and are given nothing.
    private func showOne() {
        visible = [visible[focus]]
        setFocus(0)
    }

    /// Lets another lane on the screen answer the public address.
    func setFocus(_ index: Int) {
        guard visible.indices.contains(index) else { return }
        focus = index
        front.setLanes(shown.map(\.lane), focus: focus)
    }

    /// Heads and bodies of request `number`, lane by lane, as far as they are kept.
    func exchanges(of number: UInt64) -> [LaneID: Exchange] {
        var found: [LaneID: Exchange] = [:]
        for hosted in shown { found[hosted.lane.id] = exchanges[RequestID(number: number, lane: hosted.lane.id)] }
        return found
    }

    /// Sends `plan` to the lanes on the screen, or to those at the places `lanes` among them.
    @discardableResult
    func send(
        _ plan: Plan, to lanes: [Int]? = nil, options: ReplayOptions = ReplayOptions(), isReplay: Bool = false
    ) throws -> Sender {
        senders.removeAll { $0.progress.isOver }
        let shown = shown
        let targets = (lanes ?? Array(shown.indices)).map { place in
            let hosted = shown[place]
            return ReplayTarget(url: hosted.server.url, mode: hosted.lane.mode, workers: hosted.lane.pool.load.workers)
        }
        // What a replay tells of each request comes from its trace.
        log.keepAll()
        let log = log
        let sender: Sender
        do {
            sender = try Sender(plan, to: targets, numbers: numbers, options: options) { _ in log.endKeeping() }
        } catch {
            log.endKeeping()
            throw error
        }
        senders.append(sender)
        tap.listener.withLock { $0 = sender }
        if isReplay { replay = sender }
        return sender
    }

    /// Gives the traces of a replay to the one that sends it.
    private final class TraceTap: Sendable {
        let listener = Mutex<Sender?>(nil)
    }

    /// Begins to record what is served.
    ///
    /// - Throws: `TrafficFileError` when the file is there already or cannot be made.
    func record(_ options: Recorder.Options) throws {
        let loops = loops
        let book = laneBook
        let workers: @Sendable (LaneID) -> Int? = { lane in book[lane]?.pool.load.workers }
        let recorder = try Recorder(options, app: app.name, workers: workers) { _, track in
            for registry in book.all.map(\.tracks) + [loops.tracks] {
                if let entry = registry.known.first(where: { $0.track == track }) { return entry.name }
            }
            return nil
        }
        self.recorder = recorder
        log.keepAll()
        let exchanges = exchanges
        reader.onFinish { trace in recorder.record(trace, exchanges[trace.id]) }
    }

    /// One request in so many is kept in detail just now.
    var thinning: Int { log.thinning }

    /// Keeps every request in detail from now on, however many come.
    func keepAll() { log.keepAll() }

    /// What the inspection has cost until now.
    ///
    /// - Parameter screen: the processor time of drawing, in ns.
    func cost(screen: UInt64) -> OwnCost.Sample? {
        log.cost.sample(others: screen + (recorder?.threadTime ?? 0))
    }

    /// Ends everything: nothing more is sent, requests in flight are answered, threads end.
    ///
    /// Within five seconds, whatever the views do.
    func stop() -> StopReport {
        for sender in senders { sender.stop() }
        let stuck = HTTPServer.stop([server] + lanes.map(\.server))
        for lane in lanes { lane.lane.stop() }
        // What is still with the app answers into these loops; asked for work after their end they complain, and trap where
        // that cannot be written. They end with the process then.
        if stuck.isEmpty {
            upstream?.stop()
            // Nothing that hangs may take the time that the recording needs.
            loops.stop(waiting: 0.2)
        }
        reader.stop()
        recorder?.stop()
        var counts = server.counts
        for lane in lanes { counts += lane.server.counts }
        return StopReport(counts: counts, stuck: stuck)
    }

    /// What the dashboard shows of the lanes now.
    func laneModels(now: UInt64) -> [LaneModel] {
        let shown = shown
        let lost = log.lost
        return reader.look { fold in
            shown.map { hosted in
                let lane = hosted.lane
                let mode = lane.mode
                let alive = lane.tracks.alive + (mode == .native ? self.loops.tracks.alive : [])
                var names: [UInt32: String] = [:]
                for entry in lane.tracks.known + self.loops.tracks.known { names[entry.track] = entry.name }
                return LaneModel(
                    id: lane.id, mode: mode, url: hosted.server.url, load: lane.pool.load,
                    traces: fold.traces(of: lane.id),
                    statistics: fold.statistics[Statistics.Key(lane: lane.id, mode: mode)] ?? Statistics(),
                    lost: lost[lane.id] ?? LostCount(), threads: alive, trackNames: names)
            }
        }
    }
}

/// All lanes, where the recorder's own thread finds names of threads and numbers of workers.
private final class LaneBook: Sendable {
    private let state = Mutex<[LaneID: Lane]>([:])

    var all: [Lane] { state.withLock { Array($0.values) } }

    subscript(_ id: LaneID) -> Lane? { state.withLock { $0[id] } }

    func add(_ lane: Lane) { state.withLock { $0[lane.id] = lane } }
}
