// Plans, schedules, sending, comparing: what is sent when, and what is said of it.

import Foundation
import Synchronization
import Testing

@testable import InspectorCore

@Suite struct ReplayTests {
    private static let second: UInt64 = 1_000_000_000

    private static func index(_ times: [Double], target: String = "/x") throws -> TrafficIndex {
        let lines = times.enumerated().map { place, time in
            "{\"type\":\"request\",\"id\":\(place + 1),\"method\":\"GET\",\"target\":\"\(target)\(place)\",\"headers\":[],"
                + "\"time\":\(UInt64((time + 1000) * 1e9))}\n"
        }
        let text = "{\"inspector\":1,\"type\":\"header\"}\n" + lines.joined()
        return try TrafficIndex(bytes: TrafficBytes(bytes: Array(text.utf8), name: "times.jsonl"))
    }

    private static func dues(_ times: [Double], _ change: (inout ReplayOptions) -> Void = { _ in }) throws -> [Double] {
        var options = ReplayOptions()
        change(&options)
        return Plan(indexes: [try index(times)], options: options).items.map { Double($0.due) / 1e9 }
    }

    @Test("due times follow the recording, divided by the speed, with gaps cut, or a rate, or as often as wanted")
    func dueTimes() throws {
        #expect(try Self.dues([0, 1, 3]) == [0, 1, 3])
        #expect(try Self.dues([3, 0, 1]) == [0, 1, 3])
        #expect(try Self.dues([0, 1, 3]) { $0.speed = 2 } == [0, 0.5, 1.5])
        #expect(try Self.dues([0, 1, 100, 101]) { $0.maxGap = 2 * Self.second } == [0, 1, 3, 4])
        #expect(try Self.dues([0, 1, 100]) == [0, 1, 11])
        #expect(try Self.dues([0, 1, 100]) { $0.maxGap = nil } == [0, 1, 100])
        let cut = Plan(indexes: [try Self.index([0, 1, 100, 300])]).cutGaps
        #expect(cut.count == 2 && cut.time == 279 * Self.second)
        #expect(try Self.dues([0, 0, 0]) { $0.rate = 4 } == [0, 0.25, 0.5])
        #expect(try Self.dues([0, 1, 2]) { $0.loops = 2 } == [0, 1, 2, 3, 4, 5])
        #expect(try Self.dues([0, 1]) { $0.pace = .max } == [0, 0])
    }

    @Test("several files are merged by time; filter and sample choose, and what they leave out is counted")
    func choice() throws {
        let first = try Self.index([0, 2], target: "/a")
        let second = try Self.index([1, 3], target: "/b")
        let plan = Plan(indexes: [first, second])
        #expect(try plan.items.map { try plan.request($0).target } == ["/a0", "/b0", "/a1", "/b1"])
        var options = ReplayOptions()
        options.filter = try Filter("path:/a*")
        let filtered = Plan(indexes: [first, second], options: options)
        #expect(filtered.items.count == 2)
        #expect(filtered.skipped == ["the filter does not choose it": 2])
        let many = try Self.index((0..<2000).map(Double.init))
        options = ReplayOptions()
        options.sample = 0.1
        options.seed = 7
        let sample = Plan(indexes: [many], options: options)
        #expect((120...280).contains(sample.items.count))
        let again = Plan(indexes: [many], options: options)
        #expect(again.items == sample.items, "the same seed takes the same ones")
        options.seed = 8
        #expect(Plan(indexes: [many], options: options).items != sample.items)
        #expect(sample.entries == sample.items.count + sample.skipped.values.reduce(0, +))
    }

    @Test("a schedule is absolute: pausing, speeding up and seeking move it, and a late wake-up does not")
    func schedule() {
        var schedule = Schedule(startingAt: 100 * Self.second)
        #expect(schedule.due(time: 3 * Self.second) == 103 * Self.second)
        #expect(schedule.time(at: 102 * Self.second) == 2 * Self.second)
        schedule.pause(at: 102 * Self.second)
        #expect(schedule.due(time: 3 * Self.second) == nil)
        #expect(schedule.time(at: 500 * Self.second) == 2 * Self.second)
        schedule.goOn(at: 110 * Self.second)
        #expect(schedule.due(time: 3 * Self.second) == 111 * Self.second)
        schedule.setSpeed(2, at: 111 * Self.second)
        #expect(schedule.due(time: 5 * Self.second) == 112 * Self.second)
        schedule.seek(to: 10 * Self.second, at: 200 * Self.second)
        #expect(schedule.due(time: 12 * Self.second) == 201 * Self.second)
        #expect(schedule.due(time: 8 * Self.second) == 199 * Self.second)
    }

    @Test("an answer differs by status or by body; members that always differ are not compared")
    func differences() throws {
        func difference(
            _ recorded: String, _ now: String, status: Int = 200, ignoring: Set<String> = []
        ) throws -> ResponseDifference? {
            let request = try RecordedRequest(
                method: "GET", url: "/a", place: "entry 1",
                response: RecordedResponse(status: 200, body: Array(recorded.utf8)))
            return ResponseDifference.between(
                request: request, status: status, body: Array(now.utf8), contentEncoding: nil, ignoring: ignoring)
        }
        #expect(try difference("a", "a") == nil)
        #expect(try difference("a", "a", status: 404)?.what == "status")
        let text = try difference("hello world", "hello there")
        #expect(text?.recorded.contains("at 6") == true && text?.now.contains("there") == true)
        #expect(try difference("{\"a\":1,\"b\":[1,{\"c\":2}]}", "{\"b\":[1,{\"c\":2.0}],\"a\":1}") == nil)
        let json = try difference("{\"a\":1,\"b\":[1,{\"c\":2}]}", "{\"a\":1,\"b\":[1,{\"c\":3}]}")
        #expect(json?.recorded == ".b[1].c = 2" && json?.now == ".b[1].c = 3")
        #expect(try difference("{\"a\":1,\"at\":5}", "{\"a\":1,\"at\":6}", ignoring: ["at"]) == nil)
        #expect(try difference("{\"a\":1}", "{}")?.now == "no .a")
    }

    /// Two lanes under one server each, and what a plan makes of them.
    private final class Field {
        let log = EventLog()
        let reader: TraceReader
        let numbers = RequestNumbers()
        let loops = ServerLoops(threads: 1)
        private(set) var lanes: [HostedLane] = []
        private(set) var servers: [HTTPServer] = []

        init(_ app: App, _ modes: [ExecutionMode], workers: Int = 2) throws {
            reader = try TraceReader(log: log)
            for (place, mode) in modes.enumerated() {
                let lane = HostedLane(
                    id: LaneID(rawValue: UInt8(place)), app: app.freeze(), mode: mode, workers: workers, log: log,
                    numbers: numbers)
                lanes.append(lane)
                servers.append(try HTTPServer.start(port: 0, responder: LanePort(lane), loops: loops))
            }
        }

        var targets: [ReplayTarget] {
            zip(lanes, servers).map { ReplayTarget(url: $1.url, lane: $0.description, workers: 2) }
        }

        func run(
            _ plan: Plan, _ options: ReplayOptions = ReplayOptions(), _ during: (Sender) -> Void = { _ in }
        ) throws -> Sender {
            let ended = Bell()
            let sender = try Sender(plan: plan, to: targets, numbers: numbers, options: options) { _ in ended.ring() }
            reader.onAnswer { sender.take($0) }
            during(sender)
            #expect(ended.wait(seconds: 60))
            let limit = MonotonicClock.now() + 30_000_000_000
            while sender.awaitedTraces > 0, MonotonicClock.now() < limit {}
            return sender
        }

        deinit {
            for server in servers { server.stop() }
            for lane in lanes { lane.stop() }
            loops.stop()
            reader.stop()
        }
    }

    @Test("every request keeps due, sent, first byte and end; counts, times and causes are those of each lane")
    func outcomes() throws {
        let app = App("x")
        app.get("/<path:rest>") { request in
            request.path == "/x3" ? Response("no", status: 404) : Response(request.headers["X-Trial"] ?? "none")
        }
        let field = try Field(app, [.sync, .async])
        var options = ReplayOptions()
        options.headers = [("X-Trial", "7"), ("Gone", nil)]
        options.warmUp = 1
        let plan = Plan(indexes: [try Self.index([0, 0.01, 0.02, 0.03, 0.04])], options: options)
        let sender = try field.run(plan, options)
        #expect(sender.progress.done == 5 && sender.progress.failed == 0 && sender.progress.isOver)
        for outcome in sender.outcomes {
            #expect(outcome.sent == 5 && outcome.done == 5 && outcome.dropped == 0)
            #expect(outcome.status == [200: 4, 404: 1])
            #expect(outcome.response.count == 4, "what warms up is not measured")
            #expect(outcome.causes.traces == 4)
            #expect(outcome.queue.count == 4)
            #expect(outcome.slowest.count == 4)
            for request in outcome.slowest {
                #expect(request.due <= request.sent && request.sent <= request.end)
                #expect((request.firstByte ?? 0) >= request.sent && (request.firstByte ?? .max) <= request.end)
            }
        }
    }

    @Test("a full lane makes requests wait, or drops them, and counts which")
    func full() throws {
        let app = App("x")
        app.get("/<path:rest>") { _ -> String in
            try await sleep(for: .milliseconds(60))
            return "ok"
        }
        let field = try Field(app, [.async], workers: 8)
        let plan = Plan(indexes: [try Self.index((0..<10).map { Double($0) * 0.005 })])
        var options = ReplayOptions()
        options.limit = 2
        let queued = try field.run(plan, options)
        #expect(queued.outcomes[0].done == 10 && queued.outcomes[0].dropped == 0)
        #expect((queued.outcomes[0].lag.most ?? 0) > 50_000_000, "what waits is late, and that is seen")
        options.dropsWhenFull = true
        let dropped = try field.run(plan, options)
        #expect(dropped.outcomes[0].dropped > 0)
        #expect(dropped.outcomes[0].done + dropped.outcomes[0].dropped == 10)
        #expect(dropped.progress.isOver)
    }

    @Test("bodies in flight are bounded by bytes, though one may be larger", arguments: [(250_000, 3), (50_000, 1)])
    func fullOfBytes(byteLimit: Int, most: Int) throws {
        let inFlight = Mutex((now: 0, most: 0))
        let app = App("x")
        app.post("/upload") { request -> String in
            inFlight.withLock { count in
                count.now += 1
                count.most = max(count.most, count.now)
            }
            // Until so many have met, however slow the machine is; for a moment more, so that one too many would be seen.
            let limit = MonotonicClock.now() + 20_000_000_000
            repeat {
                try await sleep(for: .milliseconds(5))
            } while inFlight.withLock(\.most) < most
                && MonotonicClock.now() < limit
            inFlight.withLock { $0.now -= 1 }
            return "\(request.body.count)"
        }
        let field = try Field(app, [.async], workers: 8)
        let body = String(repeating: "x", count: 100_000)
        let lines = (0..<12).map { place in
            "{\"type\":\"request\",\"id\":\(place + 1),\"method\":\"POST\",\"target\":\"/upload\",\"headers\":[],"
                + "\"time\":1000,\"body\":\"\(body)\"}\n"
        }
        let text = "{\"inspector\":1,\"type\":\"header\"}\n" + lines.joined()
        let index = try TrafficIndex(bytes: TrafficBytes(bytes: Array(text.utf8), name: "uploads.jsonl"))
        var options = ReplayOptions()
        options.byteLimit = byteLimit
        let sender = try field.run(Plan(indexes: [index], options: options), options)
        #expect(sender.outcomes[0].status == [200: 12])
        #expect(inFlight.withLock(\.most) == most, "as many as there is room for, and no more")
    }

    @Test("a replay is paused, stepped, moved and sped up")
    func transport() throws {
        let app = App("x")
        app.get("/<path:rest>") { _ in "ok" }
        let field = try Field(app, [.sync])
        // An hour of it: only the transport can end this.
        var options = ReplayOptions()
        options.maxGap = nil
        let plan = Plan(indexes: [try Self.index([0, 1800, 3600])], options: options)
        let sender = try field.run(plan) { sender in
            func wait(_ condition: () -> Bool) {
                let limit = MonotonicClock.now() + 20_000_000_000
                while !condition(), MonotonicClock.now() < limit {}
            }
            wait { sender.progress.done == 1 }
            sender.step()
            wait { sender.progress.done == 2 }
            #expect(sender.progress.isPaused && sender.progress.time == 1800 * Self.second)
            sender.seek(to: 0)
            sender.step()
            wait { sender.progress.done == 3 }
            sender.pauseOrGoOn()
            sender.seek(to: 1)
        }
        #expect(sender.progress.done == 4)
        #expect(sender.progress.isOver)
    }

    private static func outcome(
        _ mode: ExecutionMode, milliseconds: UInt64, count: Int = 40, lag: UInt64 = 0
    ) -> LaneOutcome {
        let id = LaneID(rawValue: UInt8(ExecutionMode.allCases.firstIndex(of: mode) ?? 0))
        var outcome = LaneOutcome(lane: LaneDescription(id: id, kind: .hosted(mode)), workers: 4)
        outcome.sent = count
        for _ in 0..<count {
            outcome.done += 1
            outcome.response.add(milliseconds * 1_000_000)
            outcome.passes[0].add(milliseconds * 1_000_000)
            outcome.lag.add(lag)
        }
        return outcome
    }

    private static func verdict(_ lanes: [LaneOutcome]) throws -> Verdict {
        let plan = Plan(indexes: [try index([0, 0.001, 0.002])])
        let result = ReplayResult(plan: plan, options: ReplayOptions(), format: "x", model: nil, lanes: lanes)
        return Verdict(result: result) { "\($0 / 1_000_000)ms" }
    }

    @Test("a verdict over three lanes compares the fastest with the slowest, and says where the others lie")
    func threeLanes() throws {
        func remote(_ id: UInt8, _ name: String, milliseconds: UInt64) -> LaneOutcome {
            var outcome = Self.outcome(.sync, milliseconds: milliseconds)
            outcome.lane = LaneDescription(id: LaneID(rawValue: id), kind: .remote(url: "http://\(name)"), name: name)
            outcome.workers = nil
            return outcome
        }
        let lanes = [
            Self.outcome(.async, milliseconds: 250), remote(7, "gun-sync", milliseconds: 1000),
            remote(8, "gun-async", milliseconds: 500),
        ]
        let sentence = try #require(try Self.verdict(lanes).sentence)
        #expect(sentence.hasPrefix("async is 4.0 times (95 %: 4.0 to 4.0) as fast as gun-sync: half of the requests"))
        #expect(
            sentence.hasSuffix(". gun-async is 2.0 times (95 %: 2.0 to 2.0) as fast as gun-sync (half within 500ms)."))
        let same = [lanes[0], lanes[1], remote(8, "gun-async", milliseconds: 1000)]
        let open = try #require(try Self.verdict(same).sentence)
        #expect(open.contains(" may be chance (half within 1000ms)."), "\(open)")
        // Where sync is among them it is what the others are compared with, also where it is not the slowest.
        let hosted = [
            Self.outcome(.sync, milliseconds: 500), Self.outcome(.async, milliseconds: 250),
            Self.outcome(.native, milliseconds: 1000),
        ]
        let usual = try #require(try Self.verdict(hosted).sentence)
        #expect(
            usual.hasPrefix("async is 2.0 times") && usual.contains(" native is 2.0 times (95 %: 2.0 to 2.0) as slow"))
    }

    @Test("a verdict is one sentence, and is withheld when the schedule was not kept or the sample is too small")
    func verdicts() throws {
        let clear = try Self.verdict([Self.outcome(.sync, milliseconds: 1000), Self.outcome(.async, milliseconds: 250)])
        #expect(clear.sentence?.hasPrefix("async is 4.0 times (95 %: 4.0 to 4.0) as fast as sync") == true, "\(clear)")
        let same = try Self.verdict([Self.outcome(.sync, milliseconds: 250), Self.outcome(.async, milliseconds: 250)])
        #expect(same.sentence == nil && same.withheld?.contains("the difference may be chance") == true, "\(same)")
        let late = try Self.verdict([
            Self.outcome(.sync, milliseconds: 1000), Self.outcome(.async, milliseconds: 250, lag: 50_000_000),
        ])
        #expect(late.sentence == nil && late.withheld?.contains("schedule was not kept") == true)
        let few = try Self.verdict([
            Self.outcome(.sync, milliseconds: 1, count: 5), Self.outcome(.async, milliseconds: 2),
        ])
        #expect(few.sentence == nil && few.withheld?.contains("sample is too small") == true)
        #expect(try Self.verdict([Self.outcome(.sync, milliseconds: 1)]).withheld?.contains("one lane") == true)
        var dropped = Self.outcome(.async, milliseconds: 250)
        dropped.dropped = 1
        #expect(
            try Self.verdict([Self.outcome(.sync, milliseconds: 9), dropped]).withheld?.contains("dropped") == true)
    }

    @Test("the report has the fields that are documented, in JSON and on a page that is well made")
    func report() throws {
        let plan = Plan(indexes: [try Self.index([0, 1])])
        var lane = Self.outcome(.sync, milliseconds: 12)
        lane.routes["GET /<b>"] = lane.response
        lane.failures["no <answer>"] = 1
        lane.differences = [
            ResponseDifference(
                place: "entry 1", request: "GET /\u{1b}[31m", what: "status", recorded: "200", now: "500")
        ]
        let result = ReplayResult(plan: plan, options: ReplayOptions(), format: "x", model: "a model", lanes: [lane])
        let report = ReplayReport(result: result) { "\($0)" }
        let json = try JSON(parsing: report.json.encoded)
        #expect(try SchemaCheck(file: "replay-report.schema.json").problems(in: json) == [])
        for field in ["file", "planned", "skipped", "notes", "schedule_kept", "lanes"] {
            #expect(json[field] != nil, "\(field)")
        }
        let first = try #require(json["lanes"]?[0])
        let schema = try JSON(
            parsing: FileManager.default.contents(
                atPath: HouseTests.root.appendingPathComponent("docs/replay-report.schema.json").path) ?? Data())
        let described = try #require(schema["$defs"]?["lane"])
        let names = ReportField.all.map(\.name)
        let required: [String] = (described["required"]?.items ?? []).compactMap(\.string)
        #expect(Set(required) == Set(names))
        for name in names { #expect(described["properties"]?[name] != nil, "\(name)") }
        for field in ["mode", "workers", "sent", "done", "failed", "dropped", "late", "differ", "status"] {
            #expect(first[field] != nil, "\(field)")
        }
        for field in ["lag_ms", "response_ms", "service_ms", "queue_ms"] {
            for key in ["p50", "p90", "p99", "max"] { #expect(first[field]?[key] != nil, "\(field).\(key)") }
        }
        #expect(first["response_ms"]?["p50"]?.number.map { abs($0 - 12) < 0.1 } == true)
        let page = report.html
        #expect(page.contains("GET /&lt;b&gt;") || !page.contains("<b>"))
        #expect(!page.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
        #expect(page.components(separatedBy: "<svg").count == page.components(separatedBy: "</svg>").count)
        #expect(report.lines.contains { $0.contains("sync ×4") })
    }

    @Test("a model spends the recorded time in calls and on the CPU, and answers as was recorded")
    func model() throws {
        var options = RecordedModelOptions()
        options.calls = 4
        options.cpuPercent = 10
        let request = try RecordedRequest(
            method: "GET", url: "/", place: "",
            response: RecordedResponse(status: 404, size: 300, duration: 100_000_000))
        let shape = RecordedShape(header: RecordedShape.header(request: request, model: options, place: 3))
        #expect(shape.status == 404 && shape.size == 300)
        #expect(shape.busy == 10_000_000)
        #expect(shape.shares.count == 4)
        #expect((89_990...90_000).contains(shape.shares.reduce(0, +)))
        #expect(RecordedShape(header: RecordedShape.header(request: request, model: options, place: 3)) == shape)
        #expect(
            RecordedShape(header: RecordedShape.header(request: request, model: options, place: 4)).shares
                != shape.shares)
        for header in [nil, "", ";;;", "999;-5;99999999999999999999;1e9;x", "200;0;5;64;100;0"] {
            let odd = RecordedShape(header: header)
            #expect((200...599).contains(odd.status) && odd.size >= 0 && odd.shares.count <= 64)
        }
    }
}
