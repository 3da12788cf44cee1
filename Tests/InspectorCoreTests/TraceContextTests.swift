// W3C Trace Context: what is taken from a request, what is sent on with its calls, what is exported and recorded.

import Synchronization
import Testing

@testable import InspectorCore

@Suite struct TraceContextTests {
    private static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private static func id(_ number: UInt64, lane: UInt8 = 0) -> RequestID {
        RequestID(number: number, lane: LaneID(rawValue: lane))
    }

    private static func taken(_ headers: Headers) -> TraceContext? { headers.traceContext(for: id(1)) }

    @Test(
        "a traceparent is taken as the recommendation has it, and one that is not valid is as good as none",
        arguments: [
            // W3C Trace Context, 3.2.2 and 4.3; later versions may have more behind the flags.
            (valid, true), ("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", true),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false),
            ("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false),
            ("00-00000000000000000000000000000000-b7ad6b7169203331-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false),
            ("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false),
            ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false), ("", false),
            ("00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01", false),
        ])
    func parses(text: String, isValid: Bool) {
        #expect((Self.taken(["traceparent": text]) != nil) == isValid)
    }

    @Test("the trace goes on in the request, under the caller's span, with what other systems said")
    func goesOn() throws {
        let headers = Headers([
            Headers.Field("TraceParent", Self.valid), Headers.Field("tracestate", "a=1"),
            Headers.Field("tracestate", "b=2"),
        ])
        let context = try #require(Self.taken(headers))
        #expect(context.traceIDText == "0af7651916cd43dd8448eb211c80319c")
        #expect(context.parentID == 0xB7AD_6B71_6920_3331 && context.spanID != context.parentID && context.isSampled)
        #expect(context.state == "a=1,b=2")
        #expect(context.traceparent().hasPrefix("00-0af7651916cd43dd8448eb211c80319c-"))
        #expect(!context.traceparent().contains("b7ad6b7169203331"), "what it calls lies under its own span")
        let unsampled = try #require(Self.taken(["traceparent": String(Self.valid.dropLast()) + "0"]))
        #expect(!unsampled.isSampled && unsampled.traceparent().hasSuffix("-00"))
        let twice = Headers([Headers.Field("traceparent", Self.valid), Headers.Field("traceparent", Self.valid)])
        #expect(Self.taken(twice) == nil)
        #expect(Self.taken(["traceparent": Self.valid, "tracestate": "a=\u{1}"])?.state == "")
    }

    @Test("ids that begin here differ by request, lane and span, and are never zero")
    func begins() {
        var ids: Set<UInt64> = []
        var traces: Set<String> = []
        for lane in [UInt8(0), 1, 255] {
            for number in UInt64(1)...200 {
                let context = TraceContext(beginningWith: Self.id(number, lane: lane))
                traces.insert(context.traceIDText)
                ids.insert(context.spanID)
                for span in UInt32(1)...20 { ids.insert(context.spanID(of: SpanID(rawValue: span))) }
            }
        }
        #expect(traces.count == 600 && traces.allSatisfy { $0.utf8.count == 32 })
        #expect(ids.count == 600 * 21 && !ids.contains(0))
    }

    @Test("a call carries the trace of its request, under the span of the call itself, which is what is exported")
    func calls() async throws {
        let seen = Mutex<[Headers]>([])
        let service = App("service")
        service.get("/x") { request in
            seen.withLock { $0.append(request.headers) }
            return "ok"
        }
        let server = try RunningServer(mode: .native)
        try server.start(service)
        defer { server.stop() }
        let api = ExternalClient("api", baseURL: server.url)
        defer { api.stop() }
        let app = App("x")
        app.get("/") { _ async throws -> String in
            _ = try await api.get("/x")
            _ = try await api.get("/x", headers: ["traceparent": "its own"])
            return "done"
        }
        let client = try TestClient(app)
        let answer = try await client.send("GET", "/", headers: ["traceparent": Self.valid, "tracestate": "a=1"])
        let calls = answer.trace.spans(.await)
        let headers = seen.withLock { $0 }
        #expect(headers.count == 2 && calls.count == 2)
        let context = answer.trace.summary.context
        #expect(context.traceIDText == "0af7651916cd43dd8448eb211c80319c")
        #expect(headers.first?["traceparent"] == context.traceparent(in: try #require(calls.first).id))
        #expect(headers.first?["tracestate"] == "a=1")
        #expect(headers.last?.all("traceparent") == ["its own"], "what the app says itself is left as it is")
        let document = OTLP.document(traces: [answer.trace], app: "x", offset: 0)
        let spans = document["resourceSpans"]?[0]?["scopeSpans"]?[0]?["spans"]?.items ?? []
        let exported = spans.compactMap { $0["spanId"]?.string }
        let sent = try #require(headers.first?["traceparent"]).split(separator: "-").map(String.init)
        #expect(exported.contains(sent[2]))
        #expect(spans.first?["parentSpanId"]?.string == "b7ad6b7169203331")
        #expect(spans.allSatisfy { $0["traceId"]?.string == "0af7651916cd43dd8448eb211c80319c" })
    }

    @Test("a recording keeps the ids")
    func recorded() throws {
        var summary = RequestSummary(id: Self.id(7), mode: .sync, method: "GET", target: "/", accepted: 1)
        summary.context = try #require(Self.taken(["traceparent": Self.valid, "tracestate": "a=1"]))
        let read = try #require(Trace(json: Trace(summary: summary).json))
        #expect(read.summary.context == summary.context)
        summary.context = TraceContext(beginningWith: Self.id(7))
        #expect(Trace(json: Trace(summary: summary).json)?.summary.context == summary.context)
    }
}
