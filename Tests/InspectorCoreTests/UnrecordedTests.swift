// Requests of which nothing is recorded run in a shorter way in native mode: what their functions see must be the same.

import Synchronization
import Testing

@testable import InspectorCore

@Suite("Requests of which nothing is recorded")
struct UnrecordedTests {
    private static let word = ContextVar<String>("word")

    private final class Notes: Sendable {
        let list = Mutex<[String]>([])

        func add(_ text: String) { list.withLock { $0.append(text) } }
    }

    @Test(
        "their functions have the request, their variables, and end what they spawned before the next begins",
        arguments: [(ExecutionMode.native, true), (.native, false), (.async, true), (.async, false)])
    func functions(mode: ExecutionMode, isRecording: Bool) throws {
        let steps = Notes()
        let app = App("steps")
        app.beforeRequest("sync") { _ in Self.word.value = "sync" }
        app.beforeRequest("async") { request async in
            steps.add("\(Self.word.value ?? "-") \(Request.current === request)")
            Self.word.value = "async"
        }
        app.get("/") { request async throws in
            request.spawn("long") {
                do { try await sleep(for: .seconds(60)) } catch {
                    steps.add("cancelled, \(Self.word.value ?? "-")")
                    Self.word.value = "task"
                }
            }
            try await sleep(for: .milliseconds(5))
            steps.add("view \(Self.word.value ?? "-")")
            return "done"
        }
        app.afterRequest("sync") { _, _ in steps.add("after \(Self.word.value ?? "-")") }
        app.teardownRequest("async") { request, _ async in
            steps.add("teardown \(Self.word.value ?? "-") \(Request.current === request)")
        }
        let lane = try TestLane(app: app, mode: mode, workers: 2, isRecording: isRecording)
        defer { lane.stop() }
        let answer = try MemoryTransport(lane: lane).answer(to: IncomingRequest(method: "GET", target: "/"))
        #expect(answer.response.text == "done")
        #expect(
            steps.list.withLock { $0 } == [
                "sync true", "view async", "cancelled, async", "after async", "teardown async true",
            ])
    }
}
