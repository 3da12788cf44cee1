// Requests on their way to a collector, while we serve: what arrives there, read by the standard's own messages.

import Foundation
import Testing

@testable import InspectorCore

@Suite(.serialized) struct LiveExportTests {
    /// A request with a hook, a view and two calls.
    private static func traces(count: Int) throws -> [Trace] {
        let app = App("x")
        app.beforeRequest("auth") { request async throws in
            try await awaiting("SELECT user", .database) { try await sleep(for: .milliseconds(1)) }
        }
        app.get("/<name>") { _ in "ok" }
        let client = try TestClient(app, mode: .async)
        return try (0..<count).map { try client.get("/a\($0)?password=hunter2").trace }
    }

    private static func exporter(
        _ collector: PeerProgram, change: (inout OTLPExporter.Options) -> Void = { _ in }
    ) throws -> OTLPExporter {
        let target = try RemoteTarget(reading: "http://127.0.0.1:\(try collector.port())")
        var options = OTLPExporter.Options(to: target)
        options.gathering = 0.05
        options.firstPause = 0.1
        change(&options)
        return try OTLPExporter(options: options, app: "shop")
    }

    private static func servers(_ batch: JSON) -> [JSON] {
        batch["spans"]?.items?.filter { $0["kind"]?.int == 2 } ?? []
    }

    @Test("a collector gets each finished request once: ids, parents, times, and no secret")
    func whole() throws {
        let collector = try PeerProgram("otlp_receiver.py", [])
        let exporter = try Self.exporter(collector)
        let traces = try Self.traces(count: 30)
        for trace in traces { exporter.add(trace) }
        #expect(Program.wait { exporter.status.sent == 30 })
        exporter.stop()
        var expected = OTLPExporter.Status()
        expected.sent = 30
        #expect(exporter.status == expected)
        let batches = collector.told
        #expect(batches.allSatisfy { $0["error"] == nil && $0["unknown"]?.int == 0 }, "\(batches)")
        for batch in batches {
            #expect(batch["path"]?.string == "/v1/traces")
            #expect(batch["fields"]?["Content-Type"]?.string == "application/x-protobuf")
            #expect(batch["fields"]?["Content-Encoding"]?.string == "gzip")
        }
        let spans = batches.flatMap { $0["spans"]?.items ?? [] }
        #expect(
            Set(batches.flatMap(Self.servers).compactMap { $0["trace"]?.string })
                == Set(traces.map(\.summary.context.traceIDText)))
        let ids = Set(spans.compactMap { $0["id"]?.string })
        #expect(ids.count == spans.count && spans.count > 90)
        for span in spans {
            #expect(span["resource"]?["service.name"]?.string == "shop")
            #expect(span["kind"]?.int == 2 ? span["parent"]?.string == "" : ids.contains(span["parent"]?.string ?? "-"))
            let begin = try #require(span["begin"]?.int)
            #expect(abs(Double(begin) / 1e9 - Date().timeIntervalSince1970) < 3600)
            #expect(begin <= span["end"]?.int ?? 0)
        }
        #expect(!"\(batches)".contains("hunter2"))
    }

    @Test("a collector that is busy, resets or fails for a moment gets the batch again, after the pause it asks for")
    func again() throws {
        let collector = try PeerProgram("otlp_receiver.py", ["503:busy:1", "reset", "429:slower", "200"])
        let exporter = try Self.exporter(collector)
        for trace in try Self.traces(count: 3) { exporter.add(trace) }
        #expect(Program.wait { exporter.status.sent == 3 })
        exporter.stop()
        #expect(exporter.status.problem == nil && exporter.status.lost == 0)
        let batches = collector.told
        #expect(batches.compactMap { $0["act"]?.string } == ["503:busy:1", "reset", "429:slower", "200"])
        #expect(batches.allSatisfy { $0["spans"] == batches[0]["spans"] })
        let times = batches.compactMap { $0["time"]?.number }
        #expect(times[1] - times[0] >= 1, "Retry-After: 1")
    }

    @Test("what is refused is not sent again, and told: whole batches, single spans")
    func refused() throws {
        let collector = try PeerProgram("otlp_receiver.py", ["400:no such tenant", "part:2:too old", "200"])
        let exporter = try Self.exporter(collector)
        let traces = try Self.traces(count: 3)
        exporter.add(traces[0])
        #expect(Program.wait { exporter.status.lost == 1 })
        #expect(exporter.status.problem == "it answered 400: no such tenant")
        exporter.add(traces[1])
        #expect(Program.wait { exporter.status.sent == 1 })
        #expect(exporter.status.rejected == 2 && exporter.status.problem == "2 spans were not taken: too old")
        exporter.add(traces[2])
        #expect(Program.wait { exporter.status.sent == 2 })
        #expect(exporter.status.problem == nil && exporter.status.lost == 1 && exporter.status.rejected == 2)
        exporter.stop()
        #expect(collector.told.count == 3)
    }

    @Test("while a collector is away, what is beyond the bound is counted as lost, and nothing waits for it at the end")
    func away() throws {
        let collector = try PeerProgram("otlp_receiver.py", ["hang", "hang", "hang"])
        let exporter = try Self.exporter(collector) {
            $0.waitingSpans = 40
            $0.farewell = 0.2
        }
        let traces = try Self.traces(count: 50)
        for trace in traces { exporter.add(trace) }
        let status = exporter.status
        #expect(status.waiting + status.lost == 50 && status.waiting <= 40 && status.sent == 0)
        exporter.stop()
        #expect(exporter.status.lost == 50 && exporter.status.waiting == 0)
        exporter.add(traces[0])
        #expect(exporter.status.lost == 50, "after the end nothing is taken")
    }

    @Test("the program sends what it has served, says so at its end, and sends nothing to another machine unasked")
    func program() throws {
        let collector = try PeerProgram("otlp_receiver.py", [])
        let url = "http://127.0.0.1:\(try collector.port())/"
        let shop = try RunningProgram(
            ["run", "shop", "--headless", "--mode", "async", "--port", "0", "--export-otlp", url],
            environment: ["OTEL_EXPORTER_OTLP_HEADERS": "api-key=a%20b,x-tenant=7"])
        for number in 0..<5 { _ = try Program.fetch("\(try shop.url())/nowhere-\(number)") }
        #expect(shop.stop() == 0)
        #expect(shop.output.contains("the collector has 5 requests\n"), "\(shop.output)")
        let batches = collector.told
        #expect(batches.flatMap(Self.servers).count == 5)
        #expect(
            batches.first?["fields"]?["api-key"]?.string == "a b"
                && batches.first?["fields"]?["x-tenant"]?.string == "7")

        func refusal(_ words: [String], _ environment: [String: String] = [:]) throws -> String {
            let result = try Program.run(
                [Program.path, "run", "shop", "--headless", "--port", "0", "--export-otlp"] + words,
                environment: environment)
            #expect(result.code == 2 && !result.error.contains("sesame"), "\(result)")
            return result.error
        }
        #expect(try refusal(["http://192.0.2.1:4318"]).contains("--allow-remote"))
        #expect(try refusal(["http://127.0.0.1.example:4318"]).contains("--allow-remote"))
        #expect(try refusal(["4318"]).contains("http://127.0.0.1:9201"))
        #expect(try refusal([url], ["OTEL_EXPORTER_OTLP_HEADERS": "a b=sesame"]).contains("NAME=VALUE"))
    }

    @Test(
        "an answer of a collector is taken, refused or for later as OTLP says",
        arguments: [
            (200, "", .taken(rejected: 0, note: nil)),
            (202, "text", .taken(rejected: 0, note: nil)),
            (301, "", .refused(reason: "it answered 301")),
            (400, "no\u{1B}[31m such thing", .refused(reason: "it answered 400: no^[[31m such thing")),
            (404, "", .refused(reason: "it answered 404")),
            (429, "", .later(seconds: nil, reason: "it answered 429")),
            (500, "", .refused(reason: "it answered 500")),
            (502, "", .later(seconds: nil, reason: "it answered 502")),
            (503, "", .later(seconds: nil, reason: "it answered 503")),
            (504, "", .later(seconds: nil, reason: "it answered 504")),
        ] as [(Int, String, OTLPCollector.Answer)])
    func answers(status: Int, body: String, expected: OTLPCollector.Answer) {
        #expect(OTLPCollector.answer(status: status, headers: Headers(), body: Array(body.utf8), now: 0) == expected)
    }

    @Test(
        "Retry-After is a number of seconds, or a date",
        arguments: [
            ("7", 7.0), (" 0 ", 0.0), ("Thu, 01 Jan 1970 00:01:00 GMT", 50.0), ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
            ("soon", nil), ("-1", nil), ("1.5", nil), ("99999999999", nil),
        ] as [(String, Double?)])
    func pauses(text: String, expected: Double?) {
        #expect(OTLPCollector.pause(text, now: 10) == expected)
    }
}
