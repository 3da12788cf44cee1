// The same run, told in every place that tells of it: the list, waterfalls, statistics, the report, the recording, and both
// exports give the same counts, sums and percentiles.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore
@testable import inspector

@Suite(.serialized) struct CrossCheckTests {
    /// A lane with everything that tells of it.
    private final class Scene {
        let upstream: SimulatedUpstream
        let numbers = RequestNumbers()
        let log = EventLog()
        let reader: TraceReader
        let loops = ServerLoops(threads: 2)
        let exchanges = ExchangeStore()
        let lane: HostedLane
        let server: HTTPServer
        let recorder: Recorder
        let folder: URL

        init(_ make: (AppEnvironment) -> App, mode: ExecutionMode) throws {
            upstream = try SimulatedUpstream(seed: 3)
            folder = try Program.makeFolder()
            log.keepAll()
            reader = try TraceReader(log: log)
            let app = make(AppEnvironment(upstreamURL: upstream.url, isDeadly: false))
            lane = HostedLane(
                id: LaneID(rawValue: 0), app: app.freeze(), mode: mode, workers: 3, log: log, numbers: numbers,
                exchanges: exchanges)
            server = try HTTPServer.start(port: 0, responder: LanePort(lane), loops: loops)
            let recorder = try Recorder(
                options: Recorder.Options(path: folder.appendingPathComponent("run.jsonl").path), app: "x"
            ) { _, _ in nil }
            self.recorder = recorder
            let exchanges = exchanges
            reader.onFinish { recorder.record($0, exchange: exchanges[$0.id]) }
        }

        /// Sends `paths` a few at a time, and waits until everything of it is over and told.
        func send(_ paths: [String], seed: UInt64) throws -> LaneOutcome {
            var text = "{\"inspector\":1,\"type\":\"header\"}\n"
            for (place, path) in paths.enumerated() {
                text +=
                    "{\"type\":\"request\",\"id\":\(place + 1),\"method\":\"GET\",\"target\":\"\(path)\",\"headers\":[],"
                text += "\"time\":\(1_000_000 * (place + 1) * 4)}\n"
            }
            let index = try TrafficIndex(bytes: TrafficBytes(bytes: Array(text.utf8), name: "run.jsonl"))
            let reader = reader
            let sender = try Sender(
                plan: Plan(indexes: [index]),
                to: [ReplayTarget(url: server.url, lane: lane.description, workers: 3)], numbers: numbers)
            reader.onAnswer { sender.take($0) }
            let isOver = Program.wait(seconds: 120) {
                sender.progress.isOver
                    && reader.look { $0.traces(of: LaneID(rawValue: 0)).allSatisfy { $0.stage == .finished } }
                    && sender.awaitedTraces == 0
            }
            try #require(isOver, "\(sender.progress)")
            return try #require(sender.outcomes.first)
        }

        func stop() {
            server.stop()
            lane.stop()
            reader.stop()
            recorder.stop()
            loops.stop()
            upstream.stop()
            try? FileManager.default.removeItem(at: folder)
        }
    }

    private static let paths: [String: [String]] = [
        "weather": ["/", "/dashboard", "/city/oslo", "/broken", "/nowhere"],
        "troubles": ["/raises", "/handled", "/aborts", "/teardown-fails", "/one-fails", "/blocks-loop", "/prints"],
        "shop": ["/", "/account/login", "/cart/", "/nowhere"],
    ]

    @Test(
        "list, waterfall, statistics, report, recording and exports of one run say the same",
        arguments: ["weather", "troubles", "shop"], ExecutionMode.allCases)
    func same(name: String, mode: ExecutionMode) throws {
        let make = ["weather": Weather.make, "troubles": Troubles.make, "shop": Shop.make][name]
        let scene = try Scene(try #require(make), mode: mode)
        defer { scene.stop() }
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix(seed: seed)
        let all = try #require(Self.paths[name])
        let paths = (0..<60).map { _ in all[Int.random(in: 0..<all.count, using: &random)] }
        let outcome = try scene.send(paths, seed: seed)
        let fold = scene.reader.fold
        let traces = fold.traces(of: LaneID(rawValue: 0))
        let words: Comment = "seed \(seed)"
        #expect(traces.count == 60 && outcome.sent == 60 && outcome.done + outcome.failed == 60, words)

        // Each request: its parts are its whole, along the path and by phase.
        var responses = Times()
        for trace in traces {
            let done = try #require(trace.done)
            let whole = trace.response(until: done)
            responses.add(whole)
            #expect(trace.arriving + trace.queue(until: done) + trace.service(until: done) == whole, words)
            let path = CriticalPath(trace: trace, until: done)
            #expect(path.steps.map(\.length).sumSaturated() == whole, words)
            #expect(CriticalPath.Kind.allCases.map(path.total).sumSaturated() == whole, words)
            if mode != .native { #expect(path.total(kind: .queue) == trace.queue(until: done), words) }
            #expect(path.total(kind: .arriving) == trace.arriving, words)
        }

        // The list's numbers and the routes'.
        let statistics = try #require(fold.statistics[Statistics.Key(lane: scene.lane.id, mode: mode)])
        let failures = traces.count { ($0.status ?? 0) >= 500 }
        #expect(statistics.begun == 60 && statistics.finished == 60 && statistics.failures == failures, words)
        for percent in [50.0, 90, 99, 100] {
            #expect(statistics.percentile(percent: percent) == responses.percentile(percent: percent), words)
        }
        #expect(fold.routes.all.values.reduce(0) { $0 + $1.finished } == 60, words)
        #expect(fold.routes.all.values.reduce(0) { $0 + $1.failures } == failures, words)
        let sum = traces.map { $0.response(until: .max) }.sumSaturated()
        #expect(fold.routes.all.values.map { $0.sums().wholeTime }.sumSaturated() == sum, words)

        // The report: what the client measured is never less than what we say, and its parts are the traces'.
        #expect(outcome.causes.traces == outcome.done, words)
        for sent in outcome.slowest {
            let trace = try #require(traces.first { $0.id.number == sent.number })
            #expect(sent.end - sent.due >= trace.response(until: .max), words)
        }
        var (queue, service, arriving) = (Times(), Times(), Times())
        for trace in traces where trace.done != nil {
            service.add(trace.service(until: .max))
            arriving.add(trace.arriving)
            if trace.first(.queued) != nil { queue.add(trace.queue(until: .max)) }
        }
        if outcome.failed == 0 {
            for percent in [50.0, 99, 100] {
                #expect(outcome.queue.percentile(percent: percent) == queue.percentile(percent: percent), words)
                #expect(outcome.service.percentile(percent: percent) == service.percentile(percent: percent), words)
                #expect(outcome.arriving.percentile(percent: percent) == arriving.percentile(percent: percent), words)
            }
            #expect(outcome.status == Dictionary(grouping: traces) { $0.status ?? 0 }.mapValues(\.count), words)
        }

        // The recording, opened again.
        #expect(Program.wait { scene.recorder.status.written == 60 }, words)
        scene.recorder.stop()
        let opened = try OpenedRecording(path: scene.folder.appendingPathComponent("run.jsonl").path)
        let lane = try #require(opened.lanes.first)
        #expect(lane.traces.count == 60, words)
        let read = lane.traces.sorted { $0.id.number < $1.id.number }
        for (one, two) in zip(traces, read) {
            #expect(one.response(until: .max) == two.response(until: .max) && one.began == two.began, words)
            #expect(one.spans.count == two.spans.count && one.status == two.status, words)
        }
        let again = try #require(lane.statistics[mode])
        for percent in [50.0, 90, 99, 100] {
            #expect(again.percentile(percent: percent) == responses.percentile(percent: percent), words)
        }

        // Both exports.
        let document = OTLP.document(traces: traces, app: "x", offset: 0)
        let spans = document["resourceSpans"]?[0]?["scopeSpans"]?[0]?["spans"]?.items ?? []
        let servers = spans.filter { $0["kind"]?.int == 2 }
        let told = servers.map { span in
            (UInt64(span["endTimeUnixNano"]?.string ?? "") ?? 0)
                .subtractingSaturated(UInt64(span["startTimeUnixNano"]?.string ?? "") ?? 0)
        }
        #expect(servers.count == 60 && told.sumSaturated() == sum, words)
        let events = ChromeTrace.document(lanes: [(traces, [:])])["traceEvents"]?.items ?? []
        let requests = events.filter { $0["cat"]?.string == "request" }
        func times(_ phase: String) -> [Double] {
            requests.filter { $0["ph"]?.string == phase }.compactMap { $0["ts"]?.number }
        }
        #expect(times("b").count == 60 && times("e").count == 60, words)
        let begins = traces.map { Double($0.began) / 1000 }.sorted()
        #expect(zip(times("b").sorted(), begins).allSatisfy { abs($0 - $1) < 1 }, words)
    }
}
