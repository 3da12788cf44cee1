// Spans that a stranger sends to do harm, or that a broken clock and a service that died make: bounded, and no secret kept.

import Foundation
import Synchronization
import Testing

@testable import InspectorCore

@Suite struct HostileSpansTests {
    private static func trace(_ told: [ToldSpan]) -> Trace {
        var trace = Trace(summary: ToldSpansTests.summary)
        trace.join(ToldRequest(spans: told))
        return trace
    }

    @Test(
        "what is told under a name that tells of a secret is gone as a whole: in attributes, events, resources, marks, lists"
    )
    func secrets() throws {
        let text =
            "{\"key\": \"process.command_args\", \"value\": {\"arrayValue\": {\"values\": [{\"stringValue\": \"app\"}, "
            + "{\"stringValue\": \"--db-password\"}, {\"stringValue\": \"hunter5secret\"}]}}}"
        let body = WatchedServicesTests.span(
            1, kind: 2,
            attributes: [
                "password": "correct horse hunter1secret", "cookie": "theme=dark; lang=hunter2secret",
                "x.authorization": "Negotiate hunter3secret", "x-tenant": "hunter4secret and more",
                "inspector.kind": "view", "inspector.scope": "password=hunter6secret",
            ]
        ).replacingOccurrences(
            of: "\"attributes\": [{\"key\": \"service.name\"",
            with: "\"attributes\": [\(text), {\"key\": \"service.name\"")
        let span = try #require(WatchedServicesTests.read([body]).first)
        var told = span.told(track: 0)
        told.moments = [ToldMoment(kind: .mark, time: 1, label: "password", detail: "\"correct hunter7secret\"")]
        told.facts?.events = [
            ToldFacts.Event(name: "login", time: 1, attributes: [.init(name: "auth.token", value: "a b hunter8secret")])
        ]
        told.facts?.resource.append(.init(name: "auth.token", value: "x hunter9secret"))
        let written = Redaction(names: ["x-tenant"]).trace(trace: Self.trace([told])).json.encoded
        let words = String(decoding: written, as: UTF8.self)
        #expect(!words.contains("secret\""), "\(words)")
        for number in 1...9 { #expect(!words.contains("hunter\(number)"), "\(number) of \(words)") }
        #expect(words.contains("REDACTED") && words.contains("--db-password"))
    }

    @Test("a name of one character that is megabytes long is kept as so many marks")
    func marks() throws {
        let long = "a" + String(repeating: "\u{301}", count: 200_000)
        let span = try #require(
            WatchedServicesTests.read([WatchedServicesTests.span(1, name: long, attributes: ["x": long])]).first)
        #expect(span.name.utf8.count < 4_096 && (span.attributes["x"]?.utf8.count ?? 0) < 4_096)
        #expect(Self.trace([span.told(track: 0)]).json.encoded.count < 20_000)
    }

    @Test("times from the future are moved to now with all of their message; waits for centuries are none")
    func times() throws {
        let hour: UInt64 = 3_600_000_000_000
        let now = MonotonicClock.now()
        let spans = try WatchedServicesTests.read([
            WatchedServicesTests.span(
                1, begin: now + hour, end: now + hour + 500,
                attributes: ["inspector.queued.at": "0", "inspector.sent.at": "1"]),
            WatchedServicesTests.span(2, begin: .max / 4, end: .max / 4 + 1),
        ])
        for span in spans {
            #expect((span.end ?? 0) <= MonotonicClock.now() + 1_000_000_000)
            #expect(span.queued == nil && span.sent == nil)
        }
        #expect(spans[0].end.map { $0 - spans[0].begin } == 500, "what it took stays")
    }

    @Test("a wait for a server that tells of none is taken only by our own clock, and an event lies within its span")
    func clocks() throws {
        let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let wall = MonotonicClock.wallOffset
        func span(boot: String) throws -> IngestedSpan {
            func text(_ key: String, _ value: String) -> String {
                "{\"key\": \"\(key)\", \"value\": {\"stringValue\": \"\(value)\"}}"
            }
            // Ten seconds after this machine's start by the clock of whoever tells.
            let at = wall + 10_000_000_000
            let body =
                "{\"resourceSpans\": [{\"resource\": {\"attributes\": ["
                + "\(text("inspector.clock.offset", "\(wall)")), \(text("inspector.boot.id", boot))]},"
                + "\"scopeSpans\": [{\"spans\": [{\"traceId\": \"\(String(repeating: "1", count: 32))\","
                + "\"spanId\": \"0000000000000001\", \"name\": \"s\", \"kind\": 2,"
                + "\"startTimeUnixNano\": \"\(at)\", \"endTimeUnixNano\": \"\(at + 500)\","
                + "\"events\": [{\"name\": \"e\", \"timeUnixNano\": \"18446744073709551615\"}],"
                + "\"attributes\": [\(text("inspector.sent.at", "\(at - 2_000_000_000)"))]}]}]}]}"
            let export = try OTLPDecoder.read(Array(body.utf8), form: .json, encoding: nil)
            return try #require(IngestedSpan.read(export, offset: wall).spans.first)
        }
        let ours = try span(boot: boot)
        #expect(ours.hasOurClock && ours.waited == nil && ours.waitedUntold?.begin == 8_000_000_000)
        #expect(ours.waitedUntold?.end == 10_000_000_000)
        #expect(ours.events.first?.time == ours.end)
        for other in ["", "00000000-0000-0000-0000-000000000000"] {
            let theirs = try span(boot: other)
            #expect(!theirs.hasOurClock && theirs.waitedUntold == nil)
        }
    }

    @Test("a request that was answered while its server's spans go on is told of once, though they never end")
    func neverEnds() {
        var late = LateSpans()
        var (fold, trace) = (TraceFold(limit: 10), Trace(summary: ToldSpansTests.summary))
        var open = ToldSpansTests.span(5, 1000..<2000)
        open.end = nil
        var request = ToldRequest(spans: [open])
        request.done = 1_500
        fold.join(request, summary: trace.summary)
        trace = fold[trace.id] ?? trace
        #expect(trace.stage == .settling)
        late.tells(of: trace.id, at: 1)
        let isHeld = late.holds(trace, at: 1)
        // What comes later makes the wait no longer.
        _ = late.holds(trace, at: LateSpans.patience)
        let after = late.release(at: LateSpans.patience + 1, fold: fold)
        #expect(isHeld && after.count == 1)
        late.tells(of: trace.id, at: 1)
        _ = late.holds(trace, at: 1, isOpen: true)
        let goesOn = late.release(at: 100 * LateSpans.patience, fold: fold)
        let atTheEnd = late.release(at: .max, fold: fold)
        #expect(goesOn.isEmpty && atTheEnd.count == 1)
    }

    @Test("what is told again and again of a request that is not kept is bounded in spans, and counted")
    func unknown() {
        var late = LateSpans()
        let id = RequestID(number: 1, lane: LaneID(rawValue: 0))
        let told = ToldRequest(spans: (1...100).map { ToldSpansTests.span($0, 1..<2) })
        for _ in 0..<1_000 { late.keep(told, of: id) }
        let kept = late.takeEarly(of: id).reduce(0) { $0 + $1.spans.count }
        #expect(kept <= 8_192 && late.unplaced > 900)
    }

    @Test("requests of a service that died keep no others from being let go")
    func eviction() {
        var fold = TraceFold(limit: 100)
        for number in 1...2_000 {
            let summary = RequestSummary(
                number: UInt64(number),
                lane: LaneDescription(id: LaneID(rawValue: 128), kind: .watched(service: "dead")), method: "GET",
                target: "/", accepted: UInt64(number), context: nil)
            var span = ToldSpansTests.span(9, UInt64(number)..<UInt64(number + 1))
            if number <= 200 { span.end = nil }
            var request = ToldRequest(spans: [span])
            if number > 200 { request.done = UInt64(number + 1) }
            fold.join(request, summary: summary)
        }
        #expect(fold.traces(of: LaneID(rawValue: 128)).count <= 200)
    }

    @Test(
        "thousands of spans of one trace, in the worst order and told one by one, are joined in a time that grows with their number"
    )
    func order() throws {
        func time(_ count: Int) throws -> UInt64 {
            let join = SpanJoin()
            join.sends(ToldSpansTests.summary)
            let services = ServiceJoin(lanes: WatchedLanes(), numbers: RequestNumbers())
            // The children first: each waits for a parent that comes last.
            let spans = try WatchedServicesTests.read(
                (1...count).reversed().map { WatchedServicesTests.span($0, parent: $0 - 1, kind: 3) })
            let begin = ProcessorTime.thread
            for span in spans {
                var batch = IngestedSpan.Batch()
                batch.spans = [span]
                _ = join.take(batch)
            }
            _ = services.take(spans)
            for span in spans.prefix(200) { _ = services.take([span]) }
            return ProcessorTime.thread - begin
        }
        _ = try time(100)
        // Eight times as many took 64 times as long when each message walked all of them.
        let few = try (0..<3).map { _ in try time(250) }.min() ?? 1
        let many = try (0..<3).map { _ in try time(2_000) }.min() ?? 1
        #expect(many < 40 * few, "\(many) ns for 2,000, \(few) for 250")
    }
}
