// Spans of other processes: what is taken, what is refused, and which request they belong to.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct IngestTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Cases/otlp")

    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let file: String
        let contentType: String
        let contentEncoding: String?
        let status: Int
        let spans: Int
        let rejected: Int
        let why: String

        var testDescription: String { "\(file): \(why)" }
    }

    static let cases: [Case] = {
        let text = (try? String(contentsOf: folder.appendingPathComponent("cases.jsonl"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { try? JSONDecoder().decode(Case.self, from: Data($0.utf8)) }
    }()

    @Test("all cases are there")
    func all() { #expect(Self.cases.count == 47) }

    @Test("a body is answered, and its spans are counted, as the protocol says", arguments: cases)
    func made(_ made: Case) throws {
        let body = [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(made.file)))
        var status = 200
        var ids: Set<String> = []
        var rejected = 0
        if let form = OTLPDecoder.Form(contentType: made.contentType) {
            do throws(OTLPDecoder.Refusal) {
                let export = try OTLPDecoder.read(body, form: form, encoding: made.contentEncoding)
                let batch = IngestedSpan.read(export, offset: 0, now: .max)
                for span in batch.spans {
                    ids.insert("\(span.trace) \(span.id)")
                    #expect(span.end.map { $0 >= span.begin } ?? true)
                }
                rejected = batch.rejected
            } catch { status = error.status }
        } else {
            status = 415
        }
        // Where the protocol leaves it open the receiver may be lenient: the value is dropped then, and the span kept.
        if made.why.contains("then 200"), status == 200 { return }
        #expect(status == made.status, "\(made.why)")
        #expect(ids.count == made.spans && rejected == made.rejected, "\(made.why)")
    }

    private static func span(
        _ id: UInt64, parent: UInt64, begin: UInt64 = 10, end: UInt64? = 20, trace: UInt64 = 1, name: String = "x",
        kind: Int = 1
    ) -> JSON {
        func hex(_ number: UInt64) -> JSON { .string(TraceContext.hex(number: number)) }
        var members: [String: JSON] = [
            "traceId": .string(TraceContext.hex(number: 7) + TraceContext.hex(number: trace)), "spanId": hex(id),
            "name": .string(name), "kind": .int(kind), "startTimeUnixNano": .string("\(begin)"),
        ]
        if parent != 0 { members["parentSpanId"] = hex(parent) }
        if let end { members["endTimeUnixNano"] = .string("\(end)") }
        return .object(members)
    }

    private static func batch(_ spans: [JSON]) throws -> IngestedSpan.Batch {
        let json: JSON = .object(["resourceSpans": .array([["scopeSpans": .array([["spans": .array(spans)]])]])])
        return IngestedSpan.read(
            try OTLPDecoder.read(json.encoded, form: .json, encoding: nil), offset: 0)
    }

    private static let summary = RequestSummary(
        number: 5, lane: LaneDescription(id: LaneID(rawValue: 1), kind: .remote(url: "http://a")), method: "GET",
        target: "/", accepted: 1)

    @Test("a server that the asked one calls is not taken for it: neither its route nor its queue is the request's")
    func downstream() throws {
        let join = SpanJoin()
        join.sends(Self.summary)
        let root = Self.summary.context.spanID
        let joined = join.take(
            try Self.batch([
                Self.span(4, parent: 3, name: "GET /prices", kind: 2), Self.span(3, parent: 2, kind: 3),
                Self.span(2, parent: root, name: "GET /city", kind: 2),
            ]))
        #expect(joined.first?.spans.count == 3 && joined.first?.server?.name == "GET /city")
        #expect(join.take(try Self.batch([Self.span(5, parent: 3, kind: 2)])).first?.server == nil)
    }

    @Test("children that come before their parents join the request once these have come; a ring joins nothing")
    func order() throws {
        let join = SpanJoin()
        let summary = Self.summary
        join.sends(summary)
        let root = summary.context.spanID
        #expect(join.take(try Self.batch([Self.span(3, parent: 2), Self.span(4, parent: 3)])).isEmpty)
        #expect(join.take(try Self.batch([Self.span(8, parent: 9), Self.span(9, parent: 8)])).isEmpty, "a ring")
        let joined = join.take(try Self.batch([Self.span(2, parent: root)]))
        #expect(joined.map(\.request) == [summary.id])
        #expect(Set(joined.flatMap { $0.spans.map(\.id) }) == [2, 3, 4])
        #expect(join.take(try Self.batch([Self.span(5, parent: 4)])).first?.spans.map(\.id) == [5])
        #expect(join.counts.joined == 4)
    }

    @Test("a span that is told open and then ended is one span, and stays ended whatever comes later")
    func open() throws {
        let join = SpanJoin()
        let summary = Self.summary
        join.sends(summary)
        let root = summary.context.spanID
        #expect(join.take(try Self.batch([Self.span(2, parent: root, end: nil)])).first?.spans.first?.end == nil)
        #expect(join.take(try Self.batch([Self.span(2, parent: root, end: 30)])).first?.spans.first?.end == 30)
        #expect(join.take(try Self.batch([Self.span(2, parent: root, end: nil)])).isEmpty)
        #expect(join.counts.joined == 1)
    }

    @Test(
        "spans that come back are part of the request's trace: within the time with the server, with the wait for a worker"
    )
    func joined() throws {
        let server = try RawServer { _ in .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        _ = try passage.get("/city/oslo")
        let sent = try #require(passage.traces(1).first)
        let tracks = passage.lane.toldTracks
        let receiver = try HTTPServer.start(
            port: 0, responder: OTLPReceiver(reader: passage.reader, join: passage.join) { _ in tracks },
            loops: passage.loops)
        defer { receiver.stop() }

        func post(_ path: String, _ type: String, _ body: String) throws -> String {
            try Passage.send(
                "POST \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: \(type)\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)", port: receiver.port)
        }
        let remote = try #require(sent.spans(.remote).first)
        // Once: two readings differ by some ns.
        let offset = MonotonicClock.wallOffset
        func wall(_ time: UInt64) -> String { "\(time + offset)" }
        func span(_ id: String, parent: String, kind: Int, name: String, _ attributes: String) -> String {
            """
            {"traceId": "\(sent.summary.context.traceIDText)", "spanId": "\(id)", "parentSpanId": "\(parent)", "name": "\(name)",
             "kind": \(kind), "startTimeUnixNano": "\(wall(remote.begin + 2000))", "endTimeUnixNano": "\(wall(remote.begin + 9000))",
             "attributes": [\(attributes)]}
            """
        }
        func text(_ key: String, _ value: String) -> String {
            "{\"key\": \"\(key)\", \"value\": {\"stringValue\": \"\(value)\"}}"
        }
        let root = TraceContext.hex(number: sent.summary.context.spanID)
        let thread = text("thread.id", "7") + "," + text("thread.name", "worker-x")
        let spans = [
            span(
                "00000000000000c1", parent: "00000000000000b1", kind: 3, name: "GET",
                text("url.full", "http://api/prices") + "," + text("http.request.method", "GET")),
            span(
                "00000000000000b2", parent: "00000000000000b1", kind: 1, name: "city",
                text("inspector.kind", "view") + "," + thread),
            span(
                "00000000000000b1", parent: root, kind: 2, name: "GET /city/<name>",
                text("http.route", "/city/<name>") + "," + thread + ","
                    + text("inspector.queued.at", wall(remote.begin + 1000))),
        ]
        let body = "{\"resourceSpans\": [{\"scopeSpans\": [{\"spans\": [\(spans.joined(separator: ","))]}]}]}"
        let answer = try post("/v1/traces", "application/json", body)
        #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("{}"))
        let trace = try #require(passage.traces(1).first)
        let told = trace.spans.filter { $0.origin == .told }
        #expect(
            told.map(\.kind) == [.queued, .span, .view, .call] || told.map(\.kind) == [.queued, .span, .call, .view])
        #expect(trace.rule == "/city/<name>" && trace.status == 200)
        let whole = try #require(told.first { $0.kind == .span })
        #expect(whole.parent == remote.id)
        #expect(told.first { $0.kind == .call }?.parent == whole.id)
        #expect(told.first { $0.kind == .call }?.label == "GET api/prices")
        #expect(told.first { $0.kind == .queued }.map { ($0.end ?? 0) - $0.begin } == 1000)
        #expect(passage.lane.tracks?.known.map(\.name) == ["worker-x"])
        #expect(told.first { $0.kind == .view }?.track == passage.lane.tracks?.known.first?.track)
        #expect(passage.join.counts.joined == 3)

        #expect(try post("/v1/traces", "text/plain", "x").hasPrefix("HTTP/1.1 415 "))
        #expect(try post("/v1/traces", "application/json", "{").hasPrefix("HTTP/1.1 400 "))
        #expect(try post("/v1/metrics", "application/json", "{}").hasPrefix("HTTP/1.1 200 "))
        #expect(try post("/v2", "application/json", "{}").hasPrefix("HTTP/1.1 404 "))
    }

    @Test("what real exporters sent is read alike out of protobuf and out of its twin in JSON")
    func twins() throws {
        let folder = Self.folder.deletingLastPathComponent().appendingPathComponent("otlp-real")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".bin") }
        #expect(names.count > 20)
        var count = 0
        for name in names.sorted() {
            func read(_ file: String, _ form: OTLPDecoder.Form) throws -> IngestedSpan.Batch {
                let body = [UInt8](try Data(contentsOf: folder.appendingPathComponent(file)))
                return IngestedSpan.read(try OTLPDecoder.read(body, form: form, encoding: nil), offset: 1, now: .max)
            }
            let twin = name.replacingOccurrences(of: ".bin", with: ".twin.json")
            let (left, right) = (try read(name, .protobuf), try read(twin, .json))
            #expect(left.rejected == 0 && right.rejected == 0)
            #expect(Self.isSame(left, as: right), "\(name)")
            count += left.spans.count
        }
        #expect(count > 50)
    }

    /// Attributes are compared without their order, which a dictionary has none of.
    private static func isSame(_ left: IngestedSpan.Batch, as right: IngestedSpan.Batch) -> Bool {
        left.spans.count == right.spans.count
            && zip(left.spans, right.spans).allSatisfy { one, two in
                one.trace == two.trace && one.id == two.id && one.parent == two.parent && one.service == two.service
                    && one.name == two.name && one.role == two.role && one.begin == two.begin && one.end == two.end
                    && one.isError == two.isError && one.attributes == two.attributes
                    && one.events.map(\.attributes) == two.events.map(\.attributes)
                    && one.events.map(\.time) == two.events.map(\.time)
            }
    }
}
