// Traces for other programs: the fields that each form requires, and what may not cross.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct ExportTests {
    private static func trace() throws -> Trace {
        let app = App("x")
        app.beforeRequest("auth") { request async throws in
            try await awaiting("SELECT user", .database) { try await sleep(for: .milliseconds(2)) }
            request.g["user"] = "ada"
        }
        app.get("/") { _ -> String in
            _ = try await gather([1, 2, 3]) { _ in try await sleep(for: .milliseconds(3)) }
            return "ok"
        }
        app.teardownRequest("bye") { _, _ in }
        return try TestClient(app, mode: .async).get("/?a=1").trace
    }

    @Test("Chrome's trace format: processes, threads, slices that do not cross, async slices and flows in pairs")
    func chrome() throws {
        let trace = try Self.trace()
        let document = ChromeTrace.document(lanes: [([trace], [:])])
        let events = try #require(document["traceEvents"]?.items)
        #expect(events.count > 20)
        var open: [String: Int] = [:]
        var flows: [String: Set<String>] = [:]
        var slices: [Int: [(begin: Double, end: Double)]] = [:]
        for event in events {
            let phase = try #require(event["ph"]?.string)
            #expect(event["pid"]?.int != nil && event["tid"]?.int != nil && event["name"]?.string != nil)
            if phase != "M" { #expect(event["ts"]?.number != nil && event["cat"]?.string != nil) }
            switch phase {
            case "X":
                let begin = try #require(event["ts"]?.number)
                slices[event["tid"]?.int ?? 0, default: []].append((begin, begin + (event["dur"]?.number ?? -1)))
            case "b": open[event["id"]?.string ?? "", default: 0] += 1
            case "e": open[event["id"]?.string ?? "", default: 0] -= 1
            case "s", "f": flows[event["id"]?.string ?? "", default: []].insert(phase)
            case "i": #expect(event["s"]?.string == "t")
            default: #expect(phase == "M")
            }
        }
        #expect(open.values.allSatisfy { $0 == 0 })
        #expect(!flows.isEmpty && flows.values.allSatisfy { $0 == ["s", "f"] })
        for (_, all) in slices {
            var stack: [(begin: Double, end: Double)] = []
            for slice in all.sorted(by: { ($0.begin, -$0.end) < ($1.begin, -$1.end) }) {
                while let last = stack.last, last.end <= slice.begin + 0.001 { stack.removeLast() }
                if let last = stack.last { #expect(slice.end <= last.end + 0.001, "\(slice) crosses \(last)") }
                stack.append(slice)
            }
        }
        let names = events.compactMap { $0["ph"]?.string == "M" ? $0["args"]?["name"]?.string : nil }
        #expect(names.contains("async lane") && names.contains { $0.hasSuffix(" loops") })
    }

    @Test("OTLP: ids of the right length, parents that are there, times as texts since 1970, kinds and status")
    func otlp() throws {
        let trace = try Self.trace()
        let offset: UInt64 = 1_700_000_000_000_000_000
        let document = OTLP.document(traces: [trace], app: "shop", offset: offset)
        let resource = try #require(document["resourceSpans"]?[0])
        let attributes = resource["resource"]?["attributes"]?.items ?? []
        #expect(
            attributes.contains { $0["key"]?.string == "service.name" && $0["value"]?["stringValue"]?.string == "shop" }
        )
        let spans = try #require(resource["scopeSpans"]?[0]?["spans"]?.items)
        let ids = Set(spans.compactMap { $0["spanId"]?.string })
        #expect(ids.count == spans.count)
        for span in spans {
            #expect(span["traceId"]?.string?.count == 32 && span["spanId"]?.string?.count == 16)
            #expect(span["spanId"]?.string?.contains { $0 != "0" } == true)
            if let parent = span["parentSpanId"]?.string { #expect(ids.contains(parent)) }
            let begin = try #require(span["startTimeUnixNano"]?.string.flatMap { UInt64($0) })
            let end = try #require(span["endTimeUnixNano"]?.string.flatMap { UInt64($0) })
            #expect(begin > offset && end >= begin)
            #expect((1...3).contains(span["kind"]?.int ?? 0))
        }
        #expect(spans.count { $0["parentSpanId"] == nil } == 1)
        #expect(spans.first?["kind"]?.int == 2)
    }
}
