// What reads and joins the spans of strangers, each with what has to hold afterwards. Also a part of the tests.

import Foundation

@testable import InspectorCore

/// The receiver of spans.
enum FuzzSpans {
    /// Each by its name, as `FuzzParsers.all` has the parsers.
    static let all: [String: FuzzParsers.Check] = ["otlp": otlp, "spans": spans]

    /// A body, whose form and packing the first byte names, decoded, joined to requests, and made traces of.
    static func otlp(_ bytes: [UInt8]) -> String? {
        let first = bytes.first ?? 0
        guard
            let export = try? OTLPDecoder.read(
                Array(bytes.dropFirst()), form: first & 1 == 0 ? .json : .protobuf,
                encoding: first & 2 == 0 ? nil : "gzip")
        else { return nil }
        let batch = IngestedSpan.read(export, offset: 1_000)
        let join = SpanJoin()
        let own = RequestSummary(
            number: 1, lane: LaneDescription(id: LaneID(rawValue: 0), kind: .remote(url: "http://a")), method: "GET",
            target: "/", accepted: 1, context: nil)
        join.sends(own)
        let (ours, others) = join.part(batch.spans)
        guard ours.count + others.count == batch.spans.count else { return "spans are lost between ours and others" }
        let services = ServiceJoin(lanes: WatchedLanes(), numbers: RequestNumbers())
        var traces: [RequestID: Trace] = [:]
        // Twice: a retry tells the same once more.
        for round in 0..<2 {
            for told in services.take(others) {
                guard round == 0 || told.spans.allSatisfy({ $0.end == nil }) else {
                    return "what has ended is told again"
                }
                var request = ToldRequest(spans: told.spans.map { $0.told(track: 0) })
                request.done = told.server.end
                traces[told.summary.id, default: Trace(summary: told.summary)].join(request)
            }
        }
        for trace in traces.values { if let problem = problem(in: trace) { return problem } }
        return nil
    }

    /// Spans of six bytes each, told in parts and in one: the same trace.
    static func spans(_ bytes: [UInt8]) -> String? {
        var told: [ToldSpan] = []
        var known: Set<UInt64> = []
        for place in stride(from: 0, to: bytes.count - 5, by: 6) {
            let part = bytes[place..<(place + 6)].map(UInt64.init)
            guard known.insert(part[0]).inserted else { continue }
            let kinds: [EventKind] = [.view, .await, .subThread, .task, .span, .call, .beforeRequest, .blocked]
            var span = ToldSpan(
                id: part[0], parent: part[1], kind: kinds[Int(part[2]) % kinds.count], label: "s\(part[0])",
                begin: part[3])
            span.end = part[4] == 255 ? nil : part[4]
            if part[5] & 1 == 1 { span.moments = [ToldMoment(kind: .mark, time: part[5], label: "m\(part[0])")] }
            told.append(span)
        }
        func made(_ parts: [[ToldSpan]]) -> Trace {
            var trace = Trace(
                summary: RequestSummary(
                    number: 7, lane: LaneDescription(id: LaneID(rawValue: 3), kind: .watched(service: "a")),
                    method: "GET", target: "/", accepted: 1, context: nil))
            for part in parts { trace.join(ToldRequest(spans: part)) }
            return trace
        }
        let whole = made([told])
        if let problem = problem(in: whole) { return problem }
        let reversed = made(told.reversed().map { [$0] })
        guard text(whole) == text(reversed) else { return "the order in which spans come changes the trace" }
        return nil
    }

    private static func text(_ trace: Trace) -> [String] {
        trace.spans.map { "\($0.label) in \(trace.parent(of: $0)?.label ?? "-") \($0.begin) \($0.end ?? 0)" }
            + trace.moments.map { "\($0.label) in \(trace[$0.parent]?.label ?? "-") at \($0.time) after \($0.order)" }
    }

    private static func problem(in trace: Trace) -> String? {
        var last: UInt32 = 0
        for span in trace.spans {
            guard span.id.rawValue > last else { return "spans are not in the order of their numbers" }
            last = span.id.rawValue
            if let end = span.end, end < span.begin { return "\(span.label) ends before it begins" }
            if span.parent != .none, trace.parent(of: span) == nil {
                return "\(span.label) lies in a span that is not there"
            }
        }
        guard trace.spans.count <= Trace.spanLimit, trace.moments.count <= Trace.spanLimit else {
            return "there is no bound to its spans"
        }
        for moment in trace.moments where trace[moment.parent] == nil { return "a moment lies in no span" }
        guard let read = Trace(json: trace.json), read.spans.count == trace.spans.count,
            read.moments.count == trace.moments.count
        else { return "what is written of it is not read again" }
        // Each line of the details, in ASCII and not.
        for span in trace.spans {
            for attribute in trace.facts(of: span.id)?.attributes ?? []
            where attribute.value.utf8.count > 8_192 { return "\(attribute.name) is kept whole" }
        }
        return nil
    }
}
