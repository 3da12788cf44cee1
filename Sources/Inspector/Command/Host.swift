// A run: its lanes, their servers, what sends to them and what records them. What the dashboard's effects act on.

internal import Dispatch
internal import InspectorCore

/// Everything that serves, started once and stopped at the end.
///
/// Used by the main thread only.
final class Host {
    /// The app that is hosted; nil where only servers elsewhere are watched.
    let app: KnownApp?
    /// What the head of the screen, a recording and a report call what is served.
    let name: String
    let url: String
    /// A sentence when the usual port was taken, or more than this machine can reach the address.
    private(set) var portNote: String?
    let reader: TraceReader
    let numbers: RequestNumbers
    let rack: LaneRack
    let desk: ReplayDesk
    /// Heads and bodies of the newest requests.
    let exchanges: ExchangeStore
    private(set) var recording: RecordingSession?
    /// What sends finished requests to a collector; nil where none was asked for.
    private(set) var exporter: OTLPExporter?
    /// Where servers elsewhere send their spans; nil where there are none, or nothing is taken.
    private let door: SpanDoor?
    /// What was changed by hand, oldest first.
    private(set) var marks: [Mark] = []
    /// What was lost before the numbers were cleared.
    private var lostBefore: [LaneID: LostCount] = [:]

    /// What was found in the requests that are over; only while a screen may show it.
    private let book = FindingDesk()
    let log: EventLog
    private let loops: ServerLoops
    let front: Front
    private let servers: ServerList
    private let upstream: SimulatedUpstream?

    /// How many requests a second are kept in detail: enough for a screen and for findings, and a few hundredths of a
    /// processor's time.
    private static let detailedPerSecond = 1000

    /// The servers of the lanes, and the public one; filled as lanes are made.
    private final class ServerList {
        var all: [HTTPServer] = []
    }

    /// Starts the lanes and listens.
    ///
    /// - Parameters:
    ///   - keepsLittle: for a run without a screen: neither many traces nor heads and bodies are kept.
    ///   - app: nil to host none.
    ///   - hosting: how the app is hosted.
    ///   - remotes: servers elsewhere, each of which becomes a lane; at least one where no app is hosted.
    ///   - isInspecting: off when nothing is to be recorded at all.
    /// - Throws: an error whose description is a sentence.
    init(
        app: KnownApp?, hosting: HostingOptions, options: ServeOptions, remotes: RemoteLanes = RemoteLanes(),
        keepsLittle: Bool = false,
        isInspecting: Bool = true
    ) throws {
        self.app = app
        // Reading the program's own symbols takes some 20 MB: not where nobody will ask where an error was thrown.
        if app != nil, isInspecting, !keepsLittle { ThrownErrors.shared.watch() }
        let servers = remotes.targets.map(\.name).joined(separator: " + ")
        name = app?.name ?? (servers.isEmpty ? "watch" : servers)
        let numbers = RequestNumbers()
        let log = EventLog(detailed: Host.detailedPerSecond)
        let loops = ServerLoops()
        let exchanges = ExchangeStore(limit: keepsLittle ? 0 : 48 * 1024 * 1024)
        let list = ServerList()
        self.numbers = numbers
        self.log = log
        self.loops = loops
        self.exchanges = exchanges
        self.servers = list
        desk = ReplayDesk(numbers: numbers)
        reader = try TraceReader(log: log, limit: keepsLittle ? 100 : 10_000)
        let environment: AppEnvironment
        if app == nil || hosting.upstream != nil {
            upstream = nil
            environment = AppEnvironment(upstreamURL: hosting.upstream ?? "", isDeadly: hosting.deadly)
        } else {
            let simulated = try SimulatedUpstream(seed: hosting.seed)
            upstream = simulated
            environment = AppEnvironment(upstreamURL: simulated.url, isDeadly: hosting.deadly)
        }
        let subThreads = hosting.subThreads?.policy
        let workers = hosting.workers
        let make: LaneRack.Make = { mode, id in
            guard let app else {
                throw NotKept(description: "No app is hosted here: these lanes are servers elsewhere.")
            }
            let made = app.factory(environment)
            if let subThreads { made.options.subThreads = subThreads }
            guard made.problems.isEmpty else { throw AppProblems(app: made.name, problems: made.problems) }
            let lane = HostedLane(
                id: id, app: made.freeze(), mode: mode, workers: workers, log: log, numbers: numbers,
                isRecording: isInspecting, exchanges: exchanges)
            try lane.start()
            return lane
        }
        // The names that the lanes' own ports answer to.
        let hosts = HostHeaderRule(more: options.allowHost)
        let listen: LaneRack.Listen = { lane in
            let server = try HTTPServer.start(port: 0, responder: LanePort(lane), loops: loops, hosts: hosts)
            list.all.append(server)
            return server.url
        }
        let door = SpanDoor(for: remotes, hasApp: app != nil, asked: options.export.otlp)
        self.door = door
        var onSend: (@Sendable (RequestSummary) -> Void)?
        if let join = door?.join { onSend = { summary in join.sends(summary) } }
        let makeRemote: (RemoteTarget, LaneID) -> RemoteLane = { [onSend] target, id in
            RemoteLane(
                id: id, target: target, log: log, numbers: numbers, exchanges: exchanges, options: remotes.options,
                loops: app == nil ? loops : nil, onSend: onSend)
        }
        var others = remotes.targets[...]
        let first: any ServingLane
        if app == nil, let target = others.popFirst() {
            first = makeRemote(target, LaneID(rawValue: 0))
        } else if app == nil, let door {
            first = door.watched.makeSpare()
        } else {
            first = try make(hosting.firstMode, LaneID(rawValue: 0))
        }
        let front = Front(lanes: first.takesRequests ? [first] : [], numbers: numbers)
        self.front = front
        let isNamed = options.port != nil
        let responder: any Responder =
            hosting.testing ? TestDoor(before: front, reader: reader, numbers: numbers) : front
        let server = try HTTPServer.start(
            host: options.host, port: options.port ?? 8080, tries: isNamed ? 0 : 50, responder: responder,
            loops: loops, hosts: options.hosts)
        list.all.append(server)
        url = server.url
        portNote =
            options.exposure(traces: hosting.testing)
            ?? (isNamed || server.port == 8080
                ? nil : "Port 8080 is in use; this is \(server.port). --port names another.")
        // Who prints a line for each request, or tests by its trace, wants each.
        if hosting.testing { log.keepAll() }
        rack = try LaneRack(first: first, make: make, listen: listen) { lanes, focus in
            front.setLanes(lanes, focus: focus)
        }
        let desk = desk
        reader.onAnswer { trace in desk.take(trace) }
        if !keepsLittle {
            reader.onFinish { [book] trace in book.add(trace) }
        }
        if app != nil, hosting.modes.count > 1 { try rack.show(hosting.modes) }
        for target in others { try rack.add(makeRemote(target, rack.nextID)) }
        door?.open(
            asked: options.export.otlp, lanes: rack.slots.map(\.lane), numbers: numbers, reader: reader, loops: loops)
        if let words = door?.note { portNote = portNote.map { "\($0) \(words)" } ?? words }
    }

    // MARK: What the dashboard asks for

    /// Does what a key asked for.
    ///
    /// - Throws: an error whose description is a sentence.
    func perform(_ effect: HostEffect, traffic: TrafficSource) throws {
        switch effect {
        case .setMode(let mode):
            rack.focused.lane.setMode(mode)
            mark(mode.rawValue, lane: rack.focused.lane.id)
        case .showOthersAgain(let modes):
            if !rack.showOthersAgain() { try rack.show(modes) }
            for slot in rack.shown { recording?.add(slot.lane) }
        case .show(let modes):
            try rack.show(modes)
            for slot in rack.shown { recording?.add(slot.lane) }
        case .showFocused: rack.showFocused()
        case .setFocus(let index): rack.setFocus(index)
        case .setWorkers(let count):
            rack.focused.lane.pool?.resize(to: count)
            mark("\(count) workers", lane: rack.focused.lane.id)
        case .clear:
            reader.clear()
            book.clear()
            desk.forgetExperiment()
            lostBefore = log.lost
            mark("cleared", lane: nil)
        case .setMirrorsUnsafe(let mirrors): front.setMirrorsUnsafe(mirrors)
        case .setService(let settings):
            upstream?.settings = settings
            mark(settings.words, lane: nil)
        case .burst(let target): try send(.burst(count: 32, target: target ?? app?.showcase ?? lastAsked ?? "/"))
        case .ask(let targets): try send(.list(targets: targets))
        case .startReplay(let atBusyPart):
            try send(
                traffic.plan, options: traffic.options, isReplay: true,
                from: atBusyPart ? traffic.plan.busyPart() : 0)
        case .stopReplay: desk.replay?.stop()
        case .pauseReplay: desk.replay?.pauseOrGoOn()
        case .stepReplay: desk.replay?.step()
        case .seekReplay(let part):
            guard let replay = desk.replay, replay.progress.length > 0 else { return }
            replay.seek(to: Double(replay.progress.time) / Double(replay.progress.length) + part)
        case .speedReplay(let factor):
            guard let replay = desk.replay else { return }
            replay.setSpeed(replay.progress.speed * factor)
        case .resend(let number): try resend(number)
        case .send(let draft): try send(draft)
        case .note(let number, let isMarked, let comment):
            recording?.note(number: number, isMarked: isMarked, comment: comment)
        }
    }

    /// What the newest GET asked for: of a server elsewhere nobody knows what it is for.
    private var lastAsked: String? {
        reader.look { [rack] fold in
            rack.shown.compactMap { slot in
                fold.newest(count: 200, of: slot.lane.id).last { $0.summary.method == "GET" }
            }
            .max { $0.id.number < $1.id.number }?.summary.target
        }
    }

    /// What the simulated API does; nil where a real one is called.
    var service: UpstreamSettings? { upstream?.settings }

    private func mark(_ text: String, lane: LaneID?) {
        marks.append(Mark(time: MonotonicClock.now(), lane: lane, text: text))
        if marks.count > 200 { marks.removeFirst(100) }
    }

    // MARK: What it shows

    /// Where servers elsewhere send their spans; nil where none are taken.
    var spansURL: String? { door?.url }

    /// How many spans of servers elsewhere, and messages about requests that are not kept, were left out.
    var spansLeftOut: Int { door.map { $0.leftOut + reader.unplaced } ?? 0 }

    /// Puts services on the screen that have told something since it was asked last.
    func adoptServices() {
        for lane in door?.watched.takeNew() ?? [] {
            // A lane that takes no requests needs no port: nothing here can fail.
            try? rack.add(lane)
            recording?.add(lane)
        }
    }

    /// What is worth telling of the requests of the lanes on the screen, most certain first.
    func findings(window: TimeWindow, now: UInt64, isASCII: Bool) -> [Finding] {
        let lanes = rack.shown.map(\.lane.id)
        let text: @Sendable (UInt64) -> String = { TimeText.short(nanoseconds: $0, isASCII: isASCII) }
        let over = book.findings(window: window, at: now).filter { lanes.contains($0.lane.id) }
        let names = Dictionary(rack.slots.map { ($0.lane.id, $0.lane.description) }) { first, _ in first }
        return reader.look { fold in
            let pending = lanes.flatMap { lane in
                Findings.pending(in: fold.newest(count: Findings.reach, of: lane), now: now, text: text)
            }
            let modes = Findings.comparedModes(
                fold.routes.all.filter { lanes.contains($0.key.lane.lane) }, window: window, at: now, text: text,
                lane: { names[$0.lane] },
                example: { key in
                    fold.newest(count: Findings.reach, of: key.lane.lane).last {
                        RouteTable.name(of: $0) == key.rule
                    }?.id
                })
            return Findings.sorted(
                over.map { isASCII ? $0.changingTexts(change: TimeText.ascii) : $0 } + pending + modes)
        }
    }

    /// What the lanes have made of the last replay or burst.
    func experiment(now: UInt64) -> Experiment? {
        var pools: [LaneID: WorkerPool] = [:]
        for slot in rack.slots { pools[slot.lane.id] = slot.lane.pool }
        return desk.experiment(pools: pools, now: now)
    }

    /// Heads and bodies of request `number`, lane by lane, as far as they are kept.
    func exchanges(of number: UInt64) -> [LaneID: Exchange] { exchangeReader(number) }

    /// The same, for any thread, of the lanes that are on the screen now.
    var exchangeReader: @Sendable (UInt64) -> [LaneID: Exchange] {
        let lanes = rack.shown.map(\.lane.id)
        return { [exchanges] number in
            var found: [LaneID: Exchange] = [:]
            for lane in lanes { found[lane] = exchanges[RequestID(number: number, lane: lane)] }
            return found
        }
    }

    /// What the dashboard shows of the lanes now.
    func laneModels(now: UInt64) -> [LaneModel] {
        adoptServices()
        let lost = log.lost.reduce(into: [LaneID: LostCount]()) { lost, count in
            lost[count.key] = count.value.since(lostBefore[count.key] ?? LostCount())
        }
        let lags = loops.watches.map {
            LoopModel(
                name: $0.name, lag: $0.watch.lag(seconds: LoopModel.seconds, at: now),
                lags: $0.watch.lags(count: 60, at: now), turns: $0.watch.longTurns(seconds: 60, at: now))
        }
        return reader.look { [rack, loops] fold in
            rack.models(fold: fold, lost: lost, serverLoops: loops.tracks, loops: lags, now: now)
        }
    }

    // MARK: What is kept

    /// Begins to record what is served.
    ///
    /// - Throws: `TrafficFileError` when the file is there already or cannot be made.
    func record(_ options: Recorder.Options) throws {
        let session = try RecordingSession(options: options, app: name, loops: loops.tracks)
        for slot in rack.slots { session.add(slot.lane) }
        recording = session
        log.keepAll()
        let exchanges = exchanges
        reader.onFinish { trace in session.record(trace, exchange: exchanges[trace.id]) }
    }

    /// Begins to send finished requests to a collector.
    ///
    /// - Throws: `UsageError` where that is this server itself, `ThreadError`.
    func export(_ options: OTLPExporter.Options) throws {
        // Each batch would be a request that is exported in the next.
        guard !options.url.hasPrefix(url + "/") else {
            throw UsageError(description: "--export-otlp: \(url) is this dashboard's own address.")
        }
        let exporter = try OTLPExporter(options: options, app: name)
        self.exporter = exporter
        log.keepAll()
        reader.onFinish { trace in exporter.add(trace) }
    }

    /// One request in so many is kept in detail just now.
    var thinning: Int { log.thinning }

    /// Keeps every request in detail from now on, however many come.
    func keepAll() { log.keepAll() }

    /// What the inspection has cost until now.
    ///
    /// - Parameter screen: the processor time of drawing, in ns.
    func cost(screen: UInt64) -> OwnCost.Sample? {
        // Where no app is hosted the process does nothing but look, and beside servers elsewhere mostly that.
        guard app != nil, !rack.slots.contains(where: { $0.lane.description.isRemote }) else { return nil }
        return
            log.cost.sample(others: screen + (recording?.threadTime ?? 0) + (exporter?.threadTime ?? 0))
    }

    /// Ends everything: nothing more is sent, requests in flight are answered, threads end.
    ///
    /// Within five seconds, whatever the views do.
    func stop() -> StopReport {
        desk.stop()
        let stuck = HTTPServer.stop(servers.all + (door?.servers ?? []))
        // At once, for each may take its time: an app's functions after its last request.
        let lanes = rack.slots.map(\.lane)
        DispatchQueue.concurrentPerform(iterations: lanes.count) { lanes[$0].stop() }
        // What is still with the app answers into these loops; asked for work after their end they complain, and trap where
        // that cannot be written. They end with the process then.
        if stuck.isEmpty {
            upstream?.stop()
            // Nothing that hangs may take the time that the recording needs.
            loops.stop(waiting: 0.2)
        }
        reader.stop()
        recording?.stop()
        exporter?.stop()
        var counts = RequestCounts()
        for server in servers.all { counts += server.counts }
        let problems = lanes.compactMap { $0 as? HostedLane }.flatMap(\.stopProblems)
        return StopReport(counts: counts, stuck: stuck, problems: problems, exported: exporter?.status)
    }
}
