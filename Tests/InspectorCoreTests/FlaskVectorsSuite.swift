// Holds the framework to what the real Flask did: the same events in the same order, and the same answers.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct FlaskVectors {
    /// What the client side of a case got.
    struct Outcome: Sendable {
        let got: TestResponse
        let isHungUp: Bool
    }

    @Test("every vector does as Flask did, in events and answers", arguments: ExecutionMode.allCases)
    func runs(mode: ExecutionMode) throws {
        let cases = try VectorCase.all()
        for vector in cases {
            let needsSocket = vector.requests.contains { $0["close_after_ms"] != nil }
            try run(vector, mode: mode) { app in
                try TestClient(app, depth: needsSocket ? .socket : .memory, mode: mode, workers: 8)
            }
        }
        print("Flask vectors: \(cases.count) of \(cases.count) run in \(mode.rawValue) mode")
    }

    @Test(
        "the vectors of order, errors and routing do so through a socket too", arguments: ExecutionMode.allCases)
    func runsThroughSockets(mode: ExecutionMode) throws {
        let cases = try VectorCase.all().filter { ["order", "errors", "routing"].contains($0.area) }
        try #require(!cases.isEmpty)
        for vector in cases {
            try run(vector, mode: mode) { app in try TestClient(app, depth: .socket, mode: mode, workers: 8) }
        }
        print("Flask vectors: \(cases.count) run over a socket in \(mode.rawValue) mode")
    }

    @Test(
        "the vectors of order, errors and routing do so against a running server too",
        arguments: ExecutionMode.allCases)
    func runsAgainstServers(mode: ExecutionMode) throws {
        let cases = try VectorCase.all().filter { ["order", "errors", "routing"].contains($0.area) }
        try #require(!cases.isEmpty)
        for vector in cases {
            let server = try RunningServer(mode: mode)
            defer { server.stop() }
            try run(vector, mode: mode) { app in
                try server.start(app)
                return try TestClient(server: server.url)
            }
        }
        print("Flask vectors: \(cases.count) run against a server in \(mode.rawValue) mode")
    }

    @Test(
        "of what nothing is recorded, as of most under a flood, the answers are the same",
        arguments: ExecutionMode.allCases)
    func runsUnrecorded(mode: ExecutionMode) throws {
        let cases = try VectorCase.all().filter { vector in
            !vector.isConcurrent && !vector.requests.contains { $0["close_after_ms"] != nil }
        }
        for vector in cases {
            let app = try VectorApp(vector.app)
            let lane = try TestLane(app: app.app, mode: mode, workers: 8, isRecording: false)
            defer { lane.stop() }
            for (index, request) in vector.requests.enumerated() {
                let (response, isComplete, log) = try MemoryTransport(lane: lane).answer(to: incoming(request))
                compare(
                    TestResponse(response: response, isComplete: isComplete, trace: Trace(summary: log.summary)),
                    vector.expected(index)["response"] ?? .null, "\(vector.id), request \(index), \(mode.rawValue)",
                    method: request["method"]?.string)
            }
        }
        print("Flask vectors: \(cases.count) run unrecorded in \(mode.rawValue) mode")
    }

    private func run(_ vector: VectorCase, mode: ExecutionMode, _ makeClient: (App) throws -> TestClient) throws {
        let app = try VectorApp(vector.app)
        let client = try makeClient(app.app)
        let outcomes =
            vector.isConcurrent
            ? try sendAtOnce(vector, client)
            : try vector.requests.map {
                Outcome(got: try send($0, client), isHungUp: $0["close_after_ms"] != nil)
            }
        for (index, outcome) in outcomes.enumerated() {
            let expected = vector.expected(index)
            let place = "\(vector.id), request \(index), \(mode.rawValue)"
            let got = outcome.got
            let events = VectorEvents(got.trace, arguments: app.arguments(of: got.trace.id.number), mode: mode)
            compare(events.list, VectorEvents.expected(expected, mode: mode), place)
            if outcome.isHungUp { continue }
            compare(got, expected["response"] ?? .null, place, method: vector.requests[index]["method"]?.string)
        }
    }

    private func send(_ request: JSON, _ client: TestClient) throws -> TestResponse {
        let incoming = incoming(request)
        return try client.send(
            incoming.method, incoming.target, headers: incoming.headers, body: incoming.body,
            hangUpAfter: request["close_after_ms"]?.int.map { .milliseconds($0) })
    }

    private func incoming(_ request: JSON) -> IncomingRequest {
        var headers = Headers()
        headers["Host"] = "localhost"
        if case .object(let fields)? = request["headers"] {
            for (name, value) in fields { headers[name] = value.string }
        }
        return IncomingRequest(
            method: request["method"]?.string ?? "GET", target: request["path"]?.string ?? "/", headers: headers,
            body: Array((request["body"]?.string ?? "").utf8))
    }

    /// Each from a thread of its own, as the case asks.
    private func sendAtOnce(_ vector: VectorCase, _ client: TestClient) throws -> [Outcome] {
        let results = Collected<Outcome>()
        let bells = try vector.requests.enumerated().map { index, request in
            let bell = Bell()
            try OwnThread.start("vector-\(index)") {
                let result = Result {
                    Outcome(got: try self.send(request, client), isHungUp: request["close_after_ms"] != nil)
                }
                results.add(index, result)
                bell.ring()
            }
            return bell
        }
        for bell in bells { bell.wait() }
        return try vector.requests.indices.map { try results.take($0) }
    }

    private func compare(_ got: [JSON], _ expected: [JSON], _ place: String) {
        for (index, pair) in zip(got, expected).enumerated() where pair.0 != pair.1 {
            Issue.record("\(place), event \(index): got \(pair.0), Flask had \(pair.1)")
            return
        }
        #expect(got.count == expected.count, "\(place): the number of events; got \(got)")
    }

    private func compare(_ answer: TestResponse, _ expected: JSON, _ place: String, method: String?) {
        let got = answer.response
        #expect(got.status == expected["status"]?.int, "\(place): status")
        #expect(answer.isComplete == (expected["complete"] != false), "\(place): whether all of it came")
        if case .object(let headers)? = expected["headers"] {
            for (name, value) in headers where name != "allow" {
                var text = got.headers[name]
                if name == "location" { text = text?.replacingOccurrences(of: "http://localhost", with: "") }
                #expect(text == value.string ?? value.int.map(String.init), "\(place): header \(name)")
            }
            if let isAbsolute = expected["location_absolute"] {
                #expect(
                    JSON.bool(got.headers["Location"]?.hasPrefix("http://localhost") == true) == isAbsolute,
                    "\(place): Location is absolute")
            }
            if let allow = headers["allow"]?.items {
                let list = (got.headers["Allow"] ?? "").split(separator: ",").map {
                    JSON.string($0.trimmingCharacters(in: .whitespaces))
                }
                #expect(list.sorted { ($0.string ?? "") < ($1.string ?? "") } == allow, "\(place): Allow")
            }
        }
        switch expected["body_kind"]?.string {
        case "exact": #expect(got.text == expected["body"]?.string, "\(place): body")
        case "json": #expect((try? JSON(parsing: got.body)) == expected["json"], "\(place): JSON body")
        case "default_error", "default_redirect":
            #expect(got.text.contains("<title>\(expected["title"]?.string ?? "?")</title>"), "\(place): title")
        default: break
        }
    }
}
