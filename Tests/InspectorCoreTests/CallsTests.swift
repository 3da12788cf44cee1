import Testing

@testable import InspectorCore

@Suite struct CallsTests {
    /// An app that calls the simulated API, and what both need.
    private final class Scene {
        let upstream: SimulatedUpstream
        let client: ExternalClient
        let app = App("test")

        init(options: ExternalClient.Options = ExternalClient.Options()) throws {
            upstream = try SimulatedUpstream()
            client = ExternalClient("api", baseURL: upstream.url, options: options)
        }

        deinit {
            client.stop()
            upstream.stop()
        }
    }

    @Test("a blocking call holds the worker, an async one is an await on its sub-thread")
    func kinds() throws {
        let scene = try Scene()
        let client = scene.client
        scene.app.get(
            "/", sync: { _ in try client.get("/delay/5").text }, async: { _ in try await client.get("/delay/5").text })
        for mode in [ExecutionMode.sync, .async, .native] {
            let trace = try TestClient(scene.app, mode: mode).get("/").trace
            let call = try #require(trace.spans.first { $0.kind == (mode == .sync ? .blocked : .await) })
            #expect(call.label == "GET api/delay/5")
            #expect(call.endValue == 200)
            let view = try #require(trace.spans.first { $0.kind == .view })
            #expect(call.parent == view.id)
            #expect(call.track == view.track)
            let connecting = try #require(trace.spans.first { $0.kind == .connecting })
            #expect(connecting.parent == call.id)
            #expect((connecting.end ?? .max) <= (call.end ?? 0))
        }
    }

    @Test("a call that waits for a connection shows that wait apart")
    func connecting() throws {
        var options = ExternalClient.Options()
        options.connectionsPerHost = 1
        let scene = try Scene(options: options)
        let client = scene.client
        scene.app.get("/") { _ in
            _ = try await gather(["/delay/60", "/delay/60"]) { path in try await client.get(path).status }
            return "ok"
        }
        let trace = try TestClient(scene.app).get("/").trace
        let waits = trace.spans.filter { $0.kind == .connecting }.map { $0.duration(until: 0) }.sorted()
        try #require(waits.count == 2)
        #expect(waits[1] >= 50_000_000)
    }

    @Test("a service that is not there is a CallError, with the reason in the trace")
    func refused() throws {
        let client = ExternalClient("api", baseURL: "http://127.0.0.1:1")
        defer { client.stop() }
        let app = App("test")
        app.get("/") { _ in try await client.get("/x").text }
        let answer = try TestClient(app).get("/")
        #expect(answer.response.status == 500)
        let call = try #require(answer.trace.spans.first { $0.kind == .await })
        #expect(call.outcome == .failed)
        #expect(call.detail.contains("127.0.0.1:1"))
        #expect(answer.trace.moments.first { $0.kind == .unhandled }?.label == "ConnectionError")
    }

    @Test("a cancelled call ends at once")
    func cancelled() throws {
        let scene = try Scene()
        let client = scene.client
        scene.app.get("/") { _ in
            _ = try? await withTimeout(.milliseconds(20)) { try await client.get("/hang").status }
            return "ok"
        }
        let trace = try TestClient(scene.app).get("/").trace
        #expect(trace.spans.first { $0.kind == .await && $0.label.contains("hang") }?.outcome == .cancelled)
    }

    @Test("the same request meets the same simulated API in every lane")
    func sameLatency() throws {
        let scene = try Scene()
        func answer(_ number: String) throws -> Bool {
            try scene.client.get("/flaky/50", headers: [ExternalClient.numberHeader: number]).status == 200
        }
        let first = try (1...20).map { try answer("\($0)") }
        let second = try (1...20).map { try answer("\($0)") }
        #expect(first == second)
        #expect(Set(first).count == 2)
    }
}
