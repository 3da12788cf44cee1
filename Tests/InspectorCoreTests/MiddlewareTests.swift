// Middleware: where it runs among hooks, what it sees, where it stands in the trace.

import Testing

@testable import InspectorCore

@Suite struct MiddlewareTests {
    private struct Missing: Error {}

    private static let who = ContextVar<String>("who")

    private static func client(
        _ mode: ExecutionMode, depth: TestClient.Depth = .memory, _ register: (App) -> Void
    ) throws -> TestClient {
        let app = App("wrapped")
        register(app)
        return try TestClient(app, depth: depth, mode: mode, workers: 1)
    }

    @Test(
        "middleware runs around what is registered after it, in its place among hooks",
        arguments: ExecutionMode.allCases)
    func order(mode: ExecutionMode) throws {
        let client = try Self.client(mode) { app in
            app.beforeRequest("first") { _ in }
            app.use("outer") { request, next in
                request.mark("in outer")
                var response = try await next(request)
                response.headers["X-Outer"] = "seen \(response.text)"
                return response
            }
            app.beforeRequest("second") { _ in try await sleep(for: .milliseconds(1)) }
            app.use("inner") { request, next in try await next(request) }
            app.afterRequest("last") { _, response in response.headers["X-Last"] = response.headers["X-Outer"] }
            app.get("/sync", endpoint: "sync") { _ in "a" }
            app.get("/async", endpoint: "async") { _ in
                try await sleep(for: .milliseconds(1))
                return "b"
            }
        }
        for path in ["sync", "async"] {
            let answer = try client.get("/" + path)
            #expect(answer.headers["X-Last"] == "seen \(path == "sync" ? "a" : "b")")
            let trace = answer.trace
            #expect(
                trace.functions == [
                    "before_request first", "middleware outer", "before_request second", "middleware inner",
                    "view \(path)", "after_request last",
                ])
            let outer = try #require(trace.first(.middleware, "outer"))
            let inner = try #require(trace.first(.middleware, "inner"))
            let view = try #require(trace.first(.view))
            #expect(inner.parent == outer.id && trace.first(.beforeRequest, "first")?.parent == SpanID.none)
            // An async function has a thread of its own, which lies in the middleware.
            let holder = mode != .native && path == "async" ? trace.spans(.subThread).last : view
            #expect(holder?.parent == inner.id)
            let now = try #require(trace.done)
            let service = trace.service(until: now)
            #expect(trace.ownTime(ofMiddleware: outer, until: now) < outer.duration(until: now))
            #expect(trace.hookTime(until: now) <= service)
            let path = CriticalPath(trace: trace, until: now)
            #expect(path.steps.lazy.map(\.length).sumSaturated() == now - trace.began)
        }
    }

    @Test(
        "what a view throws comes out of next; what middleware lets pass goes to the handlers",
        arguments: ExecutionMode.allCases)
    func errors(mode: ExecutionMode) throws {
        let client = try Self.client(mode) { app in
            app.use("catches") { request, next in
                do { return try await next(request) } catch is Missing { return Response("caught", status: 410) }
            }
            app.use("refuses") { request, next in
                if request.arg("refuse") != nil { try abort(403) }
                return try await next(request)
            }
            app.errorHandler(403) { _, error in Response("handled \(error.status)", status: 403) }
            app.afterRequest { _, response in response.headers["X-After"] = "yes" }
            app.get("/missing") { _ -> String in throw Missing() }
        }
        let caught = try client.get("/missing")
        #expect(caught.status == 410 && caught.text == "caught" && caught.headers["X-After"] == "yes")
        let refused = try client.get("/missing?refuse")
        #expect(refused.status == 403 && refused.text == "handled 403" && refused.headers["X-After"] == "yes")
        #expect(refused.trace.first(.middleware, "refuses")?.outcome == .raised)
        #expect(refused.trace.first(.view) == nil)
        #expect(try client.get("/nowhere").status == 404)
    }

    @Test("a blueprint's middleware runs for its own routes, within the app's", arguments: ExecutionMode.allCases)
    func blueprints(mode: ExecutionMode) throws {
        let client = try Self.client(mode) { app in
            let admin = Blueprint("admin", prefix: "/admin")
            admin.use("of admin") { _, _ in Response("answered in the view's place") }
            admin.get("/") { _ in "never" }
            app.register(admin)
            app.use("of app") { request, next in try await next(request) }
            app.get("/") { _ in "home" }
        }
        let answer = try client.get("/admin/")
        #expect(answer.text == "answered in the view's place")
        #expect(answer.trace.functions == ["middleware of app", "middleware of admin"])
        #expect(try client.get("/").trace.functions == ["middleware of app", "view /"])
    }

    @Test(
        "context variables and the current request pass through middleware, both ways",
        arguments: ExecutionMode.allCases)
    func variables(mode: ExecutionMode) throws {
        let who = Self.who
        let client = try Self.client(mode) { app in
            app.use { request, next in
                who.value = "ada"
                var response = try await next(request)
                response.headers["X-Who"] = who.value
                response.headers["X-Current"] = Request.current === request ? "yes" : "no"
                return response
            }
            app.get("/") { _ in
                let seen = who.value ?? "nobody"
                who.value = "grace"
                return seen
            }
        }
        let answer = try client.get("/")
        #expect(answer.text == "ada" && answer.headers["X-Who"] == "grace" && answer.headers["X-Current"] == "yes")
    }

    @Test("middleware awaits, gathers and spawns where it runs", arguments: ExecutionMode.allCases)
    func tasks(mode: ExecutionMode) throws {
        let client = try Self.client(mode, depth: .socket) { app in
            app.use("busy") { request, next in
                _ = try await gather(
                    { try await sleep(for: .milliseconds(5)) }, { try await sleep(for: .milliseconds(5)) })
                return try await next(request)
            }
            app.get("/") { _ in "home" }
        }
        let trace = try client.get("/").trace
        let busy = try #require(trace.first(.middleware))
        let sleeps = trace.spans(.await)
        #expect(sleeps.count == 2 && Trace.overlapped(sleeps))
        #expect(trace.spans(.subThread).isEmpty)
        #expect(sleeps.allSatisfy { $0.begin >= busy.begin && ($0.end ?? 0) <= (busy.end ?? 0) })
    }

    @Test("a middleware's own time is all but what it wraps: its waits between two tries, its background task")
    func ownTime() throws {
        let ms: UInt64 = 1_000_000
        let log = EventLog()
        let request = log.open(
            RequestSummary(
                id: RequestID(number: 1, lane: LaneID(rawValue: 0)), mode: .sync, method: "GET", target: "/",
                accepted: 0))
        func span(_ kind: EventKind, _ begin: UInt64, _ end: UInt64, parent: SpanID = .none) -> SpanID {
            let span = request.begin(kind, parent: parent, at: begin * ms)
            request.end(kind, span: span, at: end * ms)
            return span
        }
        request.instant(.accepted, at: 0)
        let outer = request.begin(.middleware, at: 0)
        // Asked twice, with a pause between; the second was left to itself, and went on.
        _ = span(.view, 10, 30, parent: outer)
        _ = span(.view, 50, 200, parent: outer)
        _ = span(.background, 5, 300, parent: outer)
        request.end(.middleware, span: outer, at: 100 * ms)
        request.finish(status: 200, at: 100 * ms)
        var fold = TraceFold()
        _ = log.read(waiting: 0) { fold.apply($0) }
        let trace = try #require(fold[request.summary.id])
        let middleware = try #require(trace.first(.middleware))
        #expect(trace.ownTime(ofMiddleware: middleware, until: 400 * ms) == 30 * ms)
    }

    @Test("a deadline stops middleware, from the inside out", arguments: ExecutionMode.allCases)
    func deadlines(mode: ExecutionMode) throws {
        let left = Bell()
        let client = try Self.client(mode) { app in
            app.use("outer") { request, next in
                do { return try await next(request) } catch {
                    left.ring()
                    request.mark("outer saw", "\(type(of: error))")
                    throw error
                }
            }
            app.use("waits") { request, next in
                if request.arg("wait") != nil { try await sleep(for: .seconds(60)) }
                return try await next(request)
            }
            app.get("/", options: [.deadline(.milliseconds(50))]) { _ in
                try await sleep(for: .seconds(60))
                return "late"
            }
            app.get("/stuck", options: [.deadline(.milliseconds(50))]) { _ in
                // Takes no notice of its cancellation.
                await withCheckedContinuation { continuation in
                    do {
                        try OwnThread.start("stubborn") {
                            // Until it was left to itself.
                            left.wait()
                            continuation.resume()
                        }
                    } catch { continuation.resume() }
                }
                return "too late"
            }
        }
        for target in ["/stuck", "/", "/?wait"] {
            let answer = try client.get(target)
            #expect(answer.status == 503, "\(target)")
            #expect(answer.trace.moments.contains { $0.kind == .mark && $0.label == "outer saw" }, "\(target)")
            #expect(answer.trace.first(.middleware, "outer")?.outcome == .raised, "\(target)")
        }
        #expect(try client.get("/nowhere").status == 404, "the worker is free again")
    }
}
