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
                let batch = IngestedSpan.read(export, offset: 0)
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

    @Test("children that come before their parents join the request once these have come; a ring joins nothing")
    func order() throws {
        let join = SpanJoin()
        let summary = RequestSummary(
            number: 5, lane: LaneDescription(id: LaneID(rawValue: 1), kind: .remote(url: "http://a")), method: "GET",
            target: "/", accepted: 1)
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
        let summary = RequestSummary(
            number: 5, lane: LaneDescription(id: LaneID(rawValue: 1), kind: .remote(url: "http://a")), method: "GET",
            target: "/", accepted: 1)
        join.sends(summary)
        let root = summary.context.spanID
        #expect(join.take(try Self.batch([Self.span(2, parent: root, end: nil)])).first?.spans.first?.end == nil)
        #expect(join.take(try Self.batch([Self.span(2, parent: root, end: 30)])).first?.spans.first?.end == 30)
        #expect(join.take(try Self.batch([Self.span(2, parent: root, end: nil)])).isEmpty)
        #expect(join.counts.joined == 1)
    }
}
