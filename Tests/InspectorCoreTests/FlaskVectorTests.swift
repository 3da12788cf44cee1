// Holds the framework to what the real Flask did: the same events in the same order, and the same answers.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct FlaskVectorTests {
    /// The areas whose cases the framework has to pass; the others are named as not yet run.
    static let areas: Set<String> = ["order", "before", "after", "teardown", "errors"]

    static func cases() throws -> [VectorCase] { try VectorCase.all() }

    @Test(
        "every vector of order, before, after, teardown and errors does as Flask did", arguments: ExecutionMode.allCases
    )
    func runs(mode: ExecutionMode) throws {
        let cases = try Self.cases()
        let run = cases.filter { Self.areas.contains($0.area) }
        #expect(!run.isEmpty)
        for vector in run {
            let app = try VectorApp(vector.app)
            let client = try TestClient(app.app, mode: mode)
            for (index, request) in vector.requests.enumerated() {
                var headers = Headers()
                headers["Host"] = "localhost"
                if case .object(let fields)? = request["headers"] {
                    for (name, value) in fields { headers[name] = value.string }
                }
                let got = client.send(
                    request["method"]?.string ?? "GET", request["path"]?.string ?? "/", headers: headers,
                    body: Array((request["body"]?.string ?? "").utf8))
                let expected = vector.expected[index]
                let place = "\(vector.id), request \(index), \(mode.rawValue)"
                let events = VectorEvents(got.trace, arguments: app.arguments(of: got.trace.id.number), mode: mode)
                compare(events.list, VectorEvents.expected(expected, mode: mode), place)
                compare(got.response, expected["response"] ?? .null, place, method: request["method"]?.string)
            }
        }
        print("\(mode.rawValue): \(run.count) of \(cases.count) vectors run")
        for vector in cases where !Self.areas.contains(vector.area) { print("  not yet run: \(vector.id)") }
    }

    private func compare(_ got: [JSON], _ expected: [JSON], _ place: String) {
        for (index, pair) in zip(got, expected).enumerated() where pair.0 != pair.1 {
            Issue.record("\(place), event \(index): got \(pair.0), Flask had \(pair.1)")
            return
        }
        #expect(got.count == expected.count, "\(place): the number of events; got \(got)")
    }

    private func compare(_ got: Response, _ expected: JSON, _ place: String, method: String?) {
        #expect(got.status == expected["status"]?.number.map { Int($0) }, "\(place): status")
        if case .object(let headers)? = expected["headers"] {
            for (name, value) in headers where name != "content-length" && name != "allow" {
                #expect(got.headers[name] == value.string, "\(place): header \(name)")
            }
            if let allow = headers["allow"]?.items {
                let list = (got.headers["Allow"] ?? "").split(separator: ",").map {
                    JSON.string($0.trimmingCharacters(in: .whitespaces))
                }
                #expect(list.sorted { ($0.string ?? "") < ($1.string ?? "") } == allow, "\(place): Allow")
            }
        }
        switch expected["body_kind"]?.string {
        case "exact" where method != "HEAD": #expect(got.text == expected["body"]?.string, "\(place): body")
        case "json": #expect((try? JSON(parsing: got.body)) == expected["json"], "\(place): JSON body")
        case "default_error":
            #expect(got.text.contains("<title>\(expected["title"]?.string ?? "?")</title>"), "\(place): title")
        default: break
        }
    }
}
