// What libraries trace in a hosted app: their calls are awaits of the request that made them.

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing
import Tracing

@testable import InspectorCore

@Suite struct LibraryTracingTests {
    @Test(
        "a call by AsyncHTTPClient is an await of its request, named by whom it asks, with its status and its trace passed on"
    )
    func client() throws {
        RequestTracer.bootstrap()
        let upstream = try SimulatedUpstream()
        defer { upstream.stop() }
        let url = upstream.url
        let app = App("test")
        app.get("/") { _ -> String in
            let answers = try await gather(["/delay/20", "/status/503"]) { path in
                try await HTTPClient.shared.execute(HTTPClientRequest(url: url + path), timeout: .seconds(30)).status
                    .code
            }
            return "\(answers)"
        }
        for mode in [ExecutionMode.async, .native] {
            let answer = try TestClient(app, mode: mode).get("/")
            #expect(answer.response.text == "[200, 503]")
            let awaits = answer.trace.spans(.await).filter { $0.label.contains("GET 127.0.0.1/") }
            #expect(awaits.map(\.label).sorted() == ["GET 127.0.0.1/delay/20", "GET 127.0.0.1/status/503"])
            #expect(Set(awaits.map(\.endValue)) == [200, 503])
            #expect(Trace.overlapped(awaits) && awaits.allSatisfy { $0.end != nil })
        }
    }

    @Test("a span that the app itself opens lies in its view, what is opened within lies in it, and an error is told")
    func own() throws {
        struct Odd: Error {}
        RequestTracer.bootstrap()
        let app = App("test")
        app.get("/") { _ -> String in
            try? withSpan("outer") { span in
                span.addEvent("half way")
                try withSpan("inner", ofKind: .client) { _ in throw Odd() }
            }
            return "done"
        }
        let trace = try TestClient(app).get("/").trace
        let outer = try #require(trace.spans(.span).first { $0.label == "outer" })
        let inner = try #require(trace.spans(.await).first { $0.label == "inner" })
        #expect(trace.parent(of: outer)?.kind == .view && trace.parent(of: inner)?.id == outer.id)
        #expect(inner.outcome == .failed && inner.detail == "Odd()")
        #expect(outer.outcome == .raised && outer.end != nil)
        #expect(trace.moments.contains { $0.kind == .mark && $0.label == "half way" && $0.parent == outer.id })
    }

    @Test("outside of a request a span records nothing, and costs nobody anything")
    func outside() {
        let span = RequestTracer().startSpan("alone")
        span.addEvent("nothing")
        span.end()
        #expect(!span.isRecording && span.traceFields == nil)
    }
}
