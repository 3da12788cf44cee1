// A lane that is not ours goes wherever a hosted one goes: front, mirror, burst, replay, report, recording, screens.

import Foundation
import Synchronization
import Testing

@testable import Inspector
@testable import InspectorCore

/// A server elsewhere as a lane shows it: without a pool, without threads that are known, without a mode.
private final class FakeRemoteLane: ServingLane {
    let id: LaneID
    let description: LaneDescription
    private let log: EventLog
    private let numbers: RequestNumbers
    private let exchanges: ExchangeStore

    init(id: LaneID, name: String, log: EventLog, numbers: RequestNumbers, exchanges: ExchangeStore) {
        self.id = id
        description = LaneDescription(id: id, kind: .remote(url: "http://10.0.0.9:5000"), name: name)
        self.log = log
        self.numbers = numbers
        self.exchanges = exchanges
    }

    func respond(
        to incoming: IncomingRequest, on place: ServingLoop, reply: @escaping @Sendable (DispatchResult) -> Void
    ) -> InFlight {
        let summary = RequestSummary(
            number: incoming.number ?? numbers.take(), lane: description, method: incoming.method,
            target: incoming.target, accepted: incoming.accepted)
        let log = log.open(summary)
        log.instant(.accepted, at: incoming.accepted)
        exchanges.begin(summary.id, request: incoming, headers: incoming.headers)
        let response = Response("from afar")
        exchanges.end(summary.id, response: response)
        reply(.response(response))
        return InFlight(log: log)
    }

    func numbered(request: IncomingRequest) -> IncomingRequest {
        var request = request
        numbers.take(from: &request)
        return request
    }

    func stop() {}
}

@Suite struct ForeignLaneTests {
    /// A hosted lane and a remote one under one public address, as a run has them.
    private final class Field {
        let log = EventLog()
        let numbers = RequestNumbers()
        let loops = ServerLoops(threads: 1)
        let exchanges = ExchangeStore()
        let reader: TraceReader
        let rack: LaneRack
        let desk: ReplayDesk
        let server: HTTPServer
        private let ports = Mutex<[HTTPServer]>([])

        init() throws {
            let log = log
            let numbers = numbers
            let loops = loops
            let exchanges = exchanges
            reader = try TraceReader(log: log)
            desk = ReplayDesk(numbers: numbers)
            let make: LaneRack.Make = { mode, id in
                let app = App("shop")
                app.get("/<path:rest>") { _ in "from here" }
                return HostedLane(
                    id: id, app: app.freeze(), mode: mode, workers: 2, log: log, numbers: numbers,
                    exchanges: exchanges)
            }
            let first = try make(.sync, LaneID(rawValue: 0))
            let front = Front(lanes: [first], numbers: numbers)
            server = try HTTPServer.start(port: 0, responder: front, loops: loops)
            let opened = Mutex<[HTTPServer]>([])
            rack = try LaneRack(
                first: first, make: make,
                listen: { lane in
                    let port = try HTTPServer.start(port: 0, responder: LanePort(lane), loops: loops)
                    opened.withLock { $0.append(port) }
                    return port.url
                }, changed: { lanes, focus in front.setLanes(lanes, focus: focus) })
            try rack.add(
                FakeRemoteLane(id: rack.nextID, name: "flask", log: log, numbers: numbers, exchanges: exchanges))
            let made = opened.withLock { $0 }
            ports.withLock { $0 = made }
            let desk = desk
            reader.onAnswer { desk.take($0) }
        }

        var targets: [ReplayTarget] {
            rack.shown.map { slot in
                ReplayTarget(
                    url: slot.url, lane: slot.lane.description, workers: slot.lane.pool?.load.workers)
            }
        }

        func replay(_ plan: Plan) throws -> Sender {
            let ended = Bell()
            let sender = try desk.send(plan, to: targets, options: ReplayOptions(), isReplay: true) { _ in
                ended.ring()
            }
            #expect(ended.wait(seconds: 60))
            wait { sender.awaitedTraces == 0 }
            return sender
        }

        func wait(_ condition: () -> Bool) {
            let limit = MonotonicClock.now() + 30_000_000_000
            let pause = Bell()
            while !condition(), MonotonicClock.now() < limit { pause.wait(seconds: 0.005) }
        }

        var models: [LaneModel] {
            let lost = log.lost
            return reader.look { [rack, loops] fold in
                rack.models(fold: fold, lost: lost, serverLoops: loops.tracks, loops: [], now: 0)
            }
        }

        deinit {
            desk.stop()
            server.stop()
            for port in ports.withLock({ $0 }) { port.stop() }
            for slot in rack.slots { slot.lane.stop() }
            loops.stop()
            reader.stop()
        }
    }

    @Test("the front mirrors into it, and it answers the public address when it is focused")
    func front() throws {
        let field = try Field()
        let client = ExternalClient("test", baseURL: field.server.url)
        defer { client.stop() }
        func get(_ target: String) -> String? {
            let answer = Mutex<String?>(nil)
            let ended = Bell()
            client.send("GET", path: target, headers: [:], body: []) { result, _ in
                if case .success(let response) = result {
                    answer.withLock { $0 = String(decoding: response.body, as: UTF8.self) }
                }
                ended.ring()
            }
            #expect(ended.wait(seconds: 30))
            return answer.withLock { $0 }
        }
        #expect(get("/a") == "from here")
        field.rack.setFocus(1)
        #expect(get("/b") == "from afar")
        field.wait { field.models.allSatisfy { $0.traces.count { $0.stage == .finished } == 2 } }
        let numbers = field.models.map { $0.traces.map(\.id.number) }
        #expect(numbers.count == 2 && numbers[0] == numbers[1], "both lanes were given the same requests")
        field.rack.showFocused()
        #expect(get("/c") == "from afar")
        #expect(field.rack.shown.map(\.lane.id) == [LaneID(rawValue: 1)])
    }

    @Test("a replay goes to it, and the report compares it by its name, with any lane as the base")
    func replay() throws {
        let field = try Field()
        let sender = try field.replay(.burst(count: 40, target: "/x"))
        // On a busy machine they are late, and the sentence is withheld.
        let outcomes = sender.outcomes.map { outcome in
            var outcome = outcome
            outcome.lag = Times()
            return outcome
        }
        #expect(outcomes.map(\.lane.name) == ["sync", "flask"] && outcomes.map(\.workers) == [2, nil])
        #expect(outcomes.allSatisfy { $0.done == 40 && $0.status == [200: 40] && $0.causes.traces == 40 })
        let plan = try Plan.burst(count: 40, target: "/x")
        var result = ReplayResult(
            plan: plan, options: ReplayOptions(), format: "burst", model: nil, lanes: outcomes)
        let report = ReplayReport(result: result) { "\($0)" }
        #expect(report.lines.contains { $0.contains("sync ×2") } && report.lines.contains { $0.contains("flask") })
        #expect(report.json["lanes"]?[1]?["kind"] == "remote" && report.json["lanes"]?[1]?["mode"] == .null)
        #expect(report.html.contains("flask") && !report.html.contains("flask, "))
        // Both do the same: which is faster may be chance, and then that is what is said of the one that is compared.
        func words() throws -> String {
            let verdict = Verdict(result: result) { "\($0)" }
            return try #require(verdict.sentence ?? verdict.withheld)
        }
        let first = try words()
        #expect(first.hasPrefix("flask is") || first.contains("make flask between"), "sync is the base: \(first)")
        result.base = LaneID(rawValue: 1)
        let other = try words()
        #expect(other.hasPrefix("sync is") || other.contains("make sync between"), "flask is the base: \(other)")
    }

    @Test("a burst during a replay takes none of its traces")
    func together() throws {
        let field = try Field()
        let first = try field.desk.send(
            .burst(count: 200, target: "/first"), to: field.targets, options: ReplayOptions(), isReplay: true
        ) { _ in }
        let second = try field.replay(.burst(count: 50, target: "/second"))
        field.wait { first.progress.isOver && first.awaitedTraces == 0 }
        #expect(first.outcomes.map(\.causes.traces) == [200, 200])
        #expect(second.outcomes.map(\.causes.traces) == [50, 50])
    }

    @Test("it is recorded and opened again as what it is")
    func recording() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inspector-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.jsonl").path
        let field = try Field()
        let session = try RecordingSession(
            options: Recorder.Options(path: path), app: "shop", loops: field.loops.tracks)
        for slot in field.rack.slots { session.add(slot.lane) }
        let exchanges = field.exchanges
        field.reader.onFinish { session.record($0, exchange: exchanges[$0.id]) }
        _ = try field.replay(.burst(count: 5, target: "/x"))
        field.wait { session.status.written == 10 }
        session.stop()
        let source = OpenedSource(recording: try OpenedRecording(path: path))
        let models = source.laneModels(now: 0)
        #expect(models.map(\.lane) == field.rack.shown.map(\.lane.description))
        #expect(models[1].traces.count == 5 && models[1].load == nil && models[1].threads == nil)
        #expect(models[1].traces.allSatisfy { $0.status == 200 && source.exchanges(of: $0.id.number).count == 2 })
        let document = OTLP.document(traces: models[1].traces, app: "shop", offset: 0)
        #expect(String(decoding: document.encoded, as: UTF8.self).contains("\"flask\""))
    }

    @Test("every screen shows it, and every key can be pressed on it")
    func screens() throws {
        let field = try Field()
        _ = try field.replay(.burst(count: 12, target: "/x"))
        field.rack.setFocus(1)
        var model = Model(app: "shop", url: field.server.url, lanes: field.models, now: MonotonicClock.now())
        model.known.focus = 1
        model.known.routes = field.reader.look(\.routes.all)
        var scene = Scene(model)
        #expect(scene.sees("flask  http://10.0.0.9:5000") && scene.sees("SYNC"))
        for screen in ScreenName.allCases {
            scene.model.view.screens = [screen]
            for (width, height) in [(118, 40), (80, 24), (50, 15), (200, 50), (1, 1)] {
                let frame = Screens.frame(model: scene.model, width: width, height: height)
                #expect(frame.width == width)
            }
        }
        scene.model.view.screens = [.threads]
        #expect(scene.sees("flask: its threads are not known"))
        scene.model.view.screens = [.statistics]
        #expect(scene.sees("flask") && scene.sees("than sync"))
        scene.model.view.screens = [.lanes]
        scene.model.known.lanes.removeFirst()
        scene.model.known.focus = 0
        try tell(&scene.model.known.lanes[0].traces)
        scene.press(.enter)
        #expect(scene.sees("list_orders") && scene.sees("GET /prices"), "\(scene.text)")
        scene.model.view.screens = [.lanes]
        scene.press(.character("S"))
        #expect(scene.sees("The flask lane is not hosted here: its mode cannot be changed.") && scene.effects.isEmpty)
        scene.press(.character("+"))
        #expect(scene.sees("The workers of the flask lane are not ours to change.") && scene.effects.isEmpty)
        for action in Action.allCases { _ = scene.model.update(action) }
    }
}

/// Tells of each request what its own server would: the view first, which still goes on, then what it awaited.
private func tell(_ traces: inout [Trace]) throws {
    for place in traces.indices {
        let start = traces[place].summary.accepted
        let view = ToldSpan(id: 0xB7AD_6B71, parent: 0, kind: .view, label: "list_orders", begin: start + 1000)
        let call = ToldSpan(
            id: 0x00F0_67AA, parent: view.id, kind: .await, label: "GET /prices", begin: start + 2000,
            end: start + 9000, outcome: .done, value: Int64(AwaitKind.http.rawValue))
        traces[place].join(ToldRequest(spans: [view]))
        #expect(traces[place].stage == .settling)
        traces[place].join(ToldRequest(spans: [call]))
        var ended = view
        ended.end = start + 10_000
        traces[place].join(ToldRequest(spans: [ended]))
        #expect(traces[place].stage == .finished)
    }
    try #require(!traces.isEmpty)
}

@Suite struct LaneRackTests {
    private static func rack(_ first: ExecutionMode) throws -> (rack: LaneRack, made: @Sendable () -> Int) {
        let count = Mutex(0)
        let log = EventLog()
        let numbers = RequestNumbers()
        let make: LaneRack.Make = { mode, id in
            count.withLock { $0 += 1 }
            let app = App("x")
            return HostedLane(id: id, app: app.freeze(), mode: mode, workers: 1, log: log, numbers: numbers)
        }
        let rack = try LaneRack(
            first: make(first, LaneID(rawValue: 0)), make: make, listen: { "http://127.0.0.1:\($0.id.rawValue)" },
            changed: { _, _ in })
        let read: @Sendable () -> Int = { count.withLock { $0 } }
        return (rack, read)
    }

    private static func modes(_ rack: LaneRack) -> [ExecutionMode?] { rack.shown.map { $0.lane.description.mode } }

    @Test("lanes that were made before are shown again, and the focused one keeps its mode")
    func reuse() throws {
        let (rack, made) = try Self.rack(.async)
        defer { for slot in rack.slots { slot.lane.stop() } }
        try rack.show([.sync, .async])
        #expect(Self.modes(rack) == [.sync, .async] && rack.focus == 1 && made() == 2)
        rack.showFocused()
        #expect(Self.modes(rack) == [.async] && rack.focus == 0)
        rack.focused.lane.setMode(.native)
        try rack.show([.sync, .async])
        #expect(Self.modes(rack) == [.sync, .async, .native] && rack.focus == 2 && made() == 3)
        rack.setFocus(7)
        #expect(rack.focus == 2, "there is no such lane")
        try rack.show([.sync, .native])
        #expect(Self.modes(rack) == [.sync, .native] && rack.focus == 1 && made() == 3)
    }

    @Test("a lane whose mode cannot be set stays beside those that are shown")
    func foreign() throws {
        let (rack, _) = try Self.rack(.sync)
        defer { for slot in rack.slots { slot.lane.stop() } }
        try rack.add(
            FakeRemoteLane(
                id: rack.nextID, name: "flask", log: EventLog(), numbers: RequestNumbers(), exchanges: ExchangeStore()))
        try rack.show([.sync, .async])
        #expect(rack.shown.map(\.lane.description.name) == ["sync", "async", "flask"])
        #expect(Set(rack.shown.map(\.lane.id)).count == 3)
    }
}
