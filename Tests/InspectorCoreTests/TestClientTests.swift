// The same test at three depths, through the public API alone, asking of the trace what a user would ask.

import Foundation
import InspectorCore
import Testing

@Suite struct TestClientTests {
    private func app() -> App {
        let app = App("pages")
        app.options.secretKeys = ["key"]
        app.afterRequest("stamp") { _, response in response.headers["X-Stamp"] = "1" }
        app.teardownRequest("close") { _, _ in }
        app.get("/five") { request in
            request.session["seen"] = true
            let texts = try await gather([1, 2, 3, 4, 5]) { number in
                try await awaiting("part \(number)") {
                    try await sleep(for: .milliseconds(20))
                    return "\(number)"
                }
            }
            return texts.joined()
        }
        app.get("/seen") { request in request.session["seen"] == true ? "seen" : "new" }
        app.post("/echo") { request in try request.json() }
        return app
    }

    /// One body of a test, whatever is between it and the app.
    private func visit(_ client: TestClient, mode: ExecutionMode) throws {
        let answer = try client.get("/five")
        #expect(answer.response.status == 200)
        #expect(answer.response.text == "12345")
        #expect(answer.response.headers["Content-Length"] == "5")
        #expect(answer.response.headers["X-Stamp"] == "1")
        let trace = answer.trace
        #expect(trace.functions == ["view /five", "after_request stamp", "teardown_request close"])
        #expect(trace.happened(.afterRequest, before: .teardownRequest))
        #expect(trace.happened(.teardownRequest, before: .headSent))
        #expect(!trace.happened(.headSent, before: .teardownRequest))
        let parts = trace.spans(.await).filter { $0.label.hasPrefix("part") }
        #expect(parts.count == 5)
        #expect(Trace.overlapped(parts), "the five awaits overlapped")
        #expect(trace.first(.view)?.isAsync == true)
        #expect(trace.first(.view)?.isOnSubThread == (mode != .native))
        #expect(try client.get("/seen").response.text == "seen", "cookies are kept")
        #expect(try client.post("/echo", json: ["é": [1, 2]]).response.text == "{\"\\u00e9\":[1,2]}\n")
        #expect(try client.send("HEAD", "/seen").response.body.isEmpty)
        let missing = try client.get("/missing")
        #expect(missing.response.status == 404)
        #expect(missing.trace.status == 404)
        #expect(missing.trace.first(.routing)?.detail == "NotFound")
    }

    @Test(
        "a test's body is the same in memory, over a socket and against a running server",
        arguments: ExecutionMode.allCases)
    func depths(mode: ExecutionMode) throws {
        for depth in TestClient.Depth.allCases { try visit(TestClient(app(), depth: depth, mode: mode), mode: mode) }
        let server = try RunningServer(mode: mode)
        defer { server.stop() }
        try server.start(app())
        try visit(TestClient(server: server.url), mode: mode)
    }

    @Test("what is not overlapping is told apart")
    func notOverlapping() throws {
        let app = App("one after the other")
        app.get("/") { _ in
            for number in 1...2 { try await awaiting("part \(number)") { try await sleep(for: .milliseconds(2)) } }
            return ""
        }
        let parts = try TestClient(app).get("/").trace.spans(.await).filter { $0.label.hasPrefix("part") }
        #expect(parts.count == 2)
        #expect(!Trace.overlapped(parts))
    }

    @Test("a server that nobody runs, or that was not started for tests, is an error that says so")
    func refused() throws {
        #expect(throws: TestClientError.self) { try TestClient(server: "http://127.0.0.1:1") }
        #expect(throws: TestClientError.self) { try TestClient(server: "nonsense") }
        let plain = App("plain")
        plain.get("/") { _ in "ok" }
        #expect(throws: TestClientError.self) {
            try TestClient(plain).send("GET", "/", hangUpAfter: .milliseconds(1))
        }
    }
}
