// What goes beyond Flask, and is off unless asked for.

import Foundation
import Synchronization
import Testing

@testable import InspectorCore

@Suite struct BeyondFlaskTests {
    // MARK: Sub-threads

    /// An app with three async functions, each of which tells its thread.
    private func threads(_ policy: SubThreadPolicy) -> App {
        let app = App("threads")
        app.options.subThreads = policy
        app.beforeRequest("b") { _ in try await sleep(for: .milliseconds(1)) }
        app.get("/") { _ in
            try await sleep(for: .milliseconds(1))
            return "ok"
        }
        app.teardownRequest("t") { _, _ in try await sleep(for: .milliseconds(1)) }
        return app
    }

    private func tracks(_ trace: Trace) -> [UInt32] { trace.spans(.subThread).map(\.track) }

    @Test("by default each async call has a thread of its own")
    func perCall() throws {
        let trace = try TestClient(threads(.perCall)).get("/").trace
        #expect(Set(tracks(trace)).count == 3)
        #expect(trace.moments.filter { $0.kind == .loopStarted }.count == 3)
    }

    @Test("asked for, a request's async calls share one thread, and the next request has another")
    func perRequest() throws {
        let client = try TestClient(threads(.perRequest))
        let first = try client.get("/").trace
        let second = try client.get("/").trace
        #expect(tracks(first).count == 3)
        #expect(Set(tracks(first)).count == 1)
        #expect(Set(tracks(first)).isDisjoint(with: tracks(second)))
    }

    @Test("asked for, loops are kept from one request to the next")
    func kept() throws {
        let client = try TestClient(threads(.pool(kept: 2)))
        let all = try (0..<4).map { _ in tracks(try client.get("/").trace) }
        #expect(all.allSatisfy { $0.count == 3 })
        #expect(Set(all.joined()).count == 1, "one after the other, one loop is enough")
    }

    // MARK: Background tasks

    @Test("a background task goes on after the answer, and is seen in the trace", arguments: ExecutionMode.allCases)
    func background(mode: ExecutionMode) throws {
        let app = App("background")
        app.get("/") { request in
            try request.background("mail", lifetime: .seconds(10)) { try await sleep(for: .milliseconds(30)) }
            return "ok"
        }
        app.get("/long") { request in
            try request.background("for ever", lifetime: .milliseconds(20)) { try await sleep(for: .seconds(60)) }
            return "ok"
        }
        app.get("/fails") { request in
            try request.background("fails", lifetime: .seconds(10)) { throw HTTPError(.conflict) }
            return "ok"
        }
        let client = try TestClient(app, mode: mode)
        let trace = try client.get("/").trace
        let task = try #require(trace.first(.background))
        #expect(task.outcome == .done)
        #expect(try #require(task.end) > (try #require(trace.done)))
        #expect(!trace.spans(.await).contains { $0.flags.contains(.leaked) })
        #expect(try client.get("/long").trace.first(.background)?.outcome == .timedOut)
        #expect(try client.get("/fails").trace.first(.background)?.outcome == .failed)
    }

    @Test("more background tasks than a lane runs are refused with a reason")
    func tooMany() throws {
        let app = App("many")
        app.get("/") { request in
            for number in 0...BackgroundTasks.limit {
                try request.background("task \(number)", lifetime: .milliseconds(300)) {
                    try await sleep(for: .seconds(10))
                }
            }
            return "ok"
        }
        let answer = try TestClient(app, mode: .native).get("/")
        #expect(answer.response.status == 500)
        #expect(answer.trace.moment(.unhandled)?.detail.contains("could not be started") == true)
    }

    // MARK: Clients that go

    private func leaving(_ cancels: Bool, _ heard: @escaping @Sendable ((any Error)?) -> Void) -> App {
        let app = App("leaving")
        app.options.cancelsWhenClientGoes = cancels
        app.get("/") { _ in
            try await sleep(for: .milliseconds(cancels ? 20_000 : 150))
            return "ok"
        }
        app.afterRequest("after") { _, _ in }
        app.teardownRequest("t") { _, error in heard(error) }
        return app
    }

    @Test(
        "asked for, a client that goes cancels its request: no after hook, teardown told",
        arguments: ExecutionMode.allCases)
    func cancelled(mode: ExecutionMode) throws {
        let told = Mutex<[String]>([])
        let app = leaving(true) { error in told.withLock { $0.append(error.map { "\(type(of: $0))" } ?? "nil") } }
        let answer = try TestClient(app, depth: .socket, mode: mode).send("GET", "/", hangUpAfter: .milliseconds(40))
        #expect(told.withLock { $0 } == ["ClientDisconnected"])
        #expect(answer.trace.moment(.cancelled) != nil)
        #expect(answer.trace.moment(.clientClosedSide) != nil)
        #expect(answer.trace.spans(.afterRequest).isEmpty)
        #expect(answer.trace.first(.await)?.outcome == .cancelled)
    }

    @Test(
        "asked for, a stream that only waits ends with its client, and its teardown is told",
        arguments: ExecutionMode.allCases)
    func silentStream(mode: ExecutionMode) throws {
        let app = App("silent")
        app.options.cancelsWhenClientGoes = true
        app.get("/plain") { _ in
            Response.events { (events: EventWriter) async throws in
                try await events.send("hello")
                try await sleep(for: .seconds(20))
            }
        }
        app.get("/context") { _ in
            streamWithContext(
                .stream { (writer: ResponseWriter) async throws in
                    try await writer.write("hello")
                    try await sleep(for: .seconds(20))
                })
        }
        app.teardownRequest("t") { request, error in request.mark("told", error.map { "\"\(type(of: $0))\"" }) }
        let client = try TestClient(app, depth: .socket, mode: mode)
        for (path, told) in [("/plain", ""), ("/context", "\"ClientDisconnected\"")] {
            let answer = try client.send("GET", path, hangUpAfter: .milliseconds(40))
            #expect(answer.trace.first(.await)?.outcome == .cancelled, "\(path)")
            #expect(answer.trace.moments.first { $0.label == "told" }?.detail == told, "\(path)")
        }
    }

    @Test("asked for, a request whose client goes while it is queued never runs its view")
    func queued() throws {
        let app = App("queued")
        app.options.cancelsWhenClientGoes = true
        let began = Bell()
        app.get("/hold") { _ in
            began.ring()
            usleep(300_000)
            return "held"
        }
        app.get("/") { _ in "ran" }
        let client = try TestClient(app, depth: .socket, mode: .sync, workers: 1)
        let holding = Bell()
        try OwnThread.start("holder") {
            _ = try? client.get("/hold")
            holding.ring()
        }
        began.wait()
        let answer = try client.send("GET", "/", hangUpAfter: .milliseconds(40))
        holding.wait()
        #expect(answer.trace.spans(.view).isEmpty)
        #expect(answer.trace.moment(.cancelled) != nil)
    }

    @Test("unless asked, a request whose client went runs to its end, as in Flask")
    func notCancelled() throws {
        let told = Mutex<[String]>([])
        let app = leaving(false) { error in told.withLock { $0.append(error.map { "\($0)" } ?? "nil") } }
        let answer = try TestClient(app, depth: .socket).send("GET", "/", hangUpAfter: .milliseconds(40))
        #expect(told.withLock { $0 } == ["nil"])
        #expect(answer.trace.moment(.clientClosedSide) != nil)
        #expect(answer.trace.spans(.afterRequest).count == 1)
    }

    @Test("a CancellationError that we did not cause is an ordinary error", arguments: ExecutionMode.allCases)
    func ordinary(mode: ExecutionMode) throws {
        let app = App("ordinary")
        app.options.cancelsWhenClientGoes = true
        app.get("/") { _ -> String in throw CancellationError() }
        app.errorHandler(.exception, name: "handler") { _, error in Response("\(type(of: error))", status: 418) }
        let answer = try TestClient(app, mode: mode).get("/")
        #expect(answer.response.text == "CancellationError")
        #expect(answer.response.status == 418)
    }

    // MARK: Teardown

    @Test("asked for, all teardown functions run even if one fails, and the first failure still leaves the app")
    func allTeardowns() throws {
        func run(_ all: Bool) throws -> TestResponse {
            let app = App("teardown")
            app.options.runsAllTeardowns = all
            app.get("/") { _ in "ok" }
            app.teardownAppContext("c") { _, _ in throw HTTPError(.gone) }
            app.teardownRequest("last") { _, _ in }
            app.teardownRequest("fails") { _, _ in throw HTTPError(.conflict) }
            return try TestClient(app).get("/")
        }
        let flask = try run(false)
        #expect(flask.response.status == 500)
        #expect(flask.trace.functions.suffix(2) == ["teardown_request fails", "teardown_appcontext c"])
        let all = try run(true)
        #expect(all.response.status == 500)
        #expect(
            all.trace.functions.suffix(3)
                == ["teardown_request fails", "teardown_request last", "teardown_appcontext c"])
        #expect(all.trace.moment(.propagate)?.label == "Conflict")
    }

    // MARK: Deadlines

    private func slow() -> App {
        let app = App("slow")
        app.get("/kind", options: [.deadline(.milliseconds(40))]) { _ in
            try await sleep(for: .seconds(20))
            return "late"
        }
        app.get("/stubborn", options: [.deadline(.milliseconds(40))]) { _ in
            // Ignores its cancellation for as long as the test needs.
            for _ in 0..<60 { await Stubborn.wait(milliseconds: 10) }
            return "late"
        }
        app.get("/heeds", options: [.deadline(.milliseconds(40))]) { _ in
            do { try await sleep(for: .seconds(20)) } catch { return "partly" }
            return "late"
        }
        app.get("/blocks", options: [.deadline(.milliseconds(40))]) { _ -> String in
            usleep(600_000)
            return "late"
        }
        app.get("/quick", options: [.deadline(.seconds(20))]) { _ in
            try await sleep(for: .milliseconds(1))
            return "quick"
        }
        app.errorHandler(.exception, name: "never") { _, _ in "handled" }
        app.afterRequest("a") { _, _ in }
        app.teardownRequest("t") { request, error in request.mark("told", error.map { "\"\(type(of: $0))\"" }) }
        return app
    }

    enum Stubborn {
        static func wait(milliseconds: Int) async {
            await withCheckedContinuation { continuation in
                do {
                    try OwnThread.start("stubborn") {
                        usleep(UInt32(milliseconds) * 1000)
                        continuation.resume()
                    }
                } catch { continuation.resume() }
            }
        }
    }

    @Test(
        "a request past its deadline is cancelled: 503, the await named, teardown told",
        arguments: ExecutionMode.allCases)
    func deadline(mode: ExecutionMode) throws {
        let answer = try TestClient(slow(), mode: mode).get("/kind")
        #expect(answer.response.status == 503)
        #expect(answer.trace.moment(.deadline) != nil)
        #expect(answer.trace.overran.map(\.label) == ["sleep"])
        #expect(answer.trace.moments.first { $0.label == "told" }?.detail == "\"DeadlineExceeded\"")
        #expect(answer.trace.spans(.errorHandler).isEmpty)
        #expect(answer.trace.spans(.afterRequest).isEmpty)
        #expect(answer.trace.moment(.abandoned) == nil)
    }

    @Test(
        "a call that ignores its cancellation is left to itself, and the worker is free",
        arguments: ExecutionMode.allCases)
    func abandoned(mode: ExecutionMode) throws {
        let client = try TestClient(slow(), mode: mode, workers: 1)
        let answer = try client.get("/stubborn")
        #expect(answer.response.status == 503)
        #expect(answer.trace.moment(.abandoned) != nil)
        let view = try #require(answer.trace.first(.view))
        let done = try #require(answer.trace.done)
        #expect(try #require(view.end) > done, "it went on after the answer")
        #expect(answer.trace.moments.first { $0.label == "told" }?.detail == "\"DeadlineExceeded\"")
        #expect(try client.get("/quick").response.text == "quick")
    }

    @Test("an answer that comes within the grace after the deadline is sent")
    func heeded() throws {
        let answer = try TestClient(slow()).get("/heeds")
        #expect(answer.response.text == "partly")
        #expect(answer.trace.spans(.afterRequest).count == 1)
    }

    @Test("a before hook that outlasts the deadline and gives no answer does not let the view run")
    func slowHook() throws {
        let app = App("slow hook")
        app.beforeRequest("slow") { _ in usleep(80_000) }
        app.get("/", options: [.deadline(.milliseconds(30))]) { _ in "late" }
        let answer = try TestClient(app).get("/")
        #expect(answer.response.status == 503)
        #expect(answer.trace.spans(.view).isEmpty)
    }

    @Test("a sync view past its deadline holds its worker, but not its client")
    func heldWorker() throws {
        for depth in TestClient.Depth.allCases {
            let answer = try TestClient(slow(), depth: depth, mode: .sync).get("/blocks")
            #expect(answer.response.status == 503)
            #expect(answer.trace.first(.held) != nil)
            let view = try #require(answer.trace.first(.view))
            #expect(try #require(view.end) > (try #require(answer.trace.done)))
            let teardown = try #require(answer.trace.first(.teardownRequest))
            #expect(teardown.begin >= (try #require(view.end)))
            #expect(answer.trace.moments.first { $0.label == "told" }?.detail == "\"DeadlineExceeded\"")
            #expect(answer.trace.spans(.afterRequest).isEmpty)
        }
    }
}
