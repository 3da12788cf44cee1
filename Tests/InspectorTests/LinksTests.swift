// The link shortener of docs/tutorial.md: what it answers, what its traces show, and that the tutorial is its code.

import Foundation
import Inspector
import InspectorCore
import Testing

@testable import inspector

@Suite struct LinksTests {
    private static let token: Headers = ["Authorization": "Bearer secret"]

    /// A client of the app, and the service that it calls.
    private static func make(_ mode: ExecutionMode = .async) throws -> (client: TestClient, service: FakeService) {
        let service = try FakeService { service in
            service.get("/status/200") { _ in "up" }
            service.get("/flaky/20") { _ in ["ok": true] }
            service.get("/delay/250") { _ in ["slept": 250] }
        }
        return (try TestClient(links(AppEnvironment(upstreamURL: service.url)), mode: mode), service)
    }

    @Test("a link is made once, read, listed and taken away", arguments: ExecutionMode.allCases)
    func api(mode: ExecutionMode) throws {
        let (client, _) = try Self.make(mode)
        let made = try client.post(
            "/api/links/", headers: Self.token, json: ["url": "https://a.example/b", "code": "Ab"])
        #expect(made.status == 201)
        #expect(try made.json(as: Link.self).code == "ab")
        let again = try client.post(
            "/api/links/", headers: Self.token, json: ["url": "https://c.example", "code": "ab"])
        #expect(again.status == 409 && again.text.contains("The code ab is taken."))
        #expect(try client.get("/api/links/ab", headers: Self.token).json(as: Link.self).hits == 0)
        #expect(
            try client.get("/api/links/", headers: Self.token).json(as: [Link].self).map(\.code) == ["ab", "swift"])
        #expect(try client.delete("/api/links/ab", headers: Self.token).status == 204)
        #expect(try client.get("/api/links/ab", headers: Self.token).status == 404)
        #expect(try client.delete("/api/links/ab", headers: Self.token).status == 404)
    }

    @Test("what does not fit is refused with all its faults, in the form that the client takes")
    func refused() throws {
        let (client, _) = try Self.make()
        var headers = Self.token
        headers["Accept"] = "application/json"
        let wrong = try client.post("/api/links/", headers: headers, json: ["url": 3, "code": []] as JSON)
        #expect(wrong.status == 400 && wrong.headers["Content-Type"] == "application/problem+json")
        #expect(wrong.text.contains("\"url\"") && wrong.text.contains("\"code\""))
        for address in ["javascript:alert(1)", "nowhere", "file:///etc/passwd"] {
            let answer = try client.post("/api/links/", headers: headers, json: ["url": address])
            #expect(answer.status == 400, "\(address)")
        }
        #expect(try client.post("/api/links/", json: ["url": "https://a.example"]).status == 401)
    }

    @Test("a visitor is sent on, is counted after the answer, and is remembered")
    func visits() throws {
        let (client, _) = try Self.make()
        let visit = try client.get("/SWIFT")
        #expect(visit.status == 302 && visit.headers["Location"] == "https://www.swift.org/")
        #expect(visit.trace.spans(.background).map(\.label) == ["count"])
        #expect(try client.get("/").text.contains("You went to swift."))
        #expect(try client.get("/api/links/swift", headers: Self.token).json(as: Link.self).hits == 1)
        #expect(try client.get("/no-such").status == 404 && client.get("/no_code").status == 404)
    }

    @Test("three services are asked at once, and one that fails or is slow is left out")
    func checks() throws {
        let (client, service) = try Self.make()
        let first = try client.get("/swift/checks")
        let good = try first.json(as: Checks.self)
        // A machine that is busy may need more than the third is given.
        #expect(good.isReachable && good.isSafe == true && [250, nil].contains(good.age))
        #expect(Trace.overlapped(first.trace.spans(.await).filter { $0.label.hasPrefix("GET") }))
        #expect(Set(service.requests.map(\.target)) == ["/status/200", "/flaky/20", "/delay/250"])
        service.delay = .seconds(10)
        #expect(try client.get("/swift/checks").status == 503, "its deadline")
    }

    @Test("many links are imported from one body, and the line that is wrong is named")
    func imports() throws {
        let (client, _) = try Self.make()
        let lines = (1...500).map { "c\($0),https://a.example/\($0)" }.joined(separator: "\n")
        #expect(try client.post("/import", body: Array(lines.utf8)).json()["added"] == 500)
        let wrong = try client.post("/import", body: Array("d1,https://a.example\nnothing".utf8))
        #expect(wrong.status == 400 && wrong.text.contains("Line 2"))
    }

    @Test("every answer has an id and a time; pages of another origin may ask, and the same answer is sent once")
    func pieces() throws {
        let (client, _) = try Self.make()
        let page = try client.get("/", headers: ["Origin": "https://links.example"])
        #expect(page.headers["X-Request-ID"] != nil && page.headers["Server-Timing"]?.hasPrefix("app;dur=") == true)
        #expect(page.headers["Access-Control-Allow-Origin"] == "https://links.example")
        let tag = try #require(try client.get("/").headers["ETag"])
        #expect(try client.get("/", headers: ["If-None-Match": tag]).status == 304)
        #expect(page.trace.functions.contains("middleware timing"))
    }

    /// The parts of the tutorial that are the app's code.
    private static func steps() throws -> [String] {
        let text = try String(contentsOf: Program.root.appendingPathComponent("docs/tutorial.md"), encoding: .utf8)
        let blocks = text.components(separatedBy: "```swift\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        return blocks.filter { $0.hasPrefix("// MARK: ") }
    }

    @Test("the tutorial's six steps are the demo's code, all of it")
    func tutorial() throws {
        let steps = try Self.steps()
        #expect(steps.count == 6)
        let file = Program.root.appendingPathComponent("demo-apps/links/Links.swift")
        let code = try String(contentsOf: file, encoding: .utf8)
        #expect(code.hasSuffix(steps.joined(separator: "\n")))
        #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count - 1 <= 200)
    }

    @Test("each step of the tutorial compiles with those before it")
    func compiles() throws {
        let steps = try Self.steps()
        for count in 1...steps.count {
            let result = try SnippetTests.compile(file: steps.prefix(count).joined(separator: "\n"))
            #expect(result.code == 0, "step \(count)\n\(result.error)")
        }
    }
}
