// Errors as problem details (RFC 9457), the app's and the server's own.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct ErrorFormTests {
    struct Item: Codable, Sendable {
        var price: Double
    }

    private static func app(_ form: ErrorForm) -> App {
        let app = App("problems")
        app.errors = form
        app.options.maxContentLength = 1_000
        app.post("/items") { request in try request.json(as: Item.self) }
        app.get("/locked") { _ -> String in
            throw HTTPError(.unauthorized, message: "Log in.", headers: ["WWW-Authenticate": "Bearer"])
        }
        app.get("/broken") { _ -> String in throw Broken() }
        app.get("/slow", options: [.deadline(.milliseconds(20))]) { _ in
            try await sleep(for: .seconds(60))
            return ""
        }
        app.get("/teapot") { _ in HTTPError(.teapot, message: "It is one.") }
        return app
    }

    private struct Broken: Error {}

    @Test(
        "errors are problem details with title, status and detail, and keep their header fields",
        arguments: ExecutionMode.allCases)
    func problems(mode: ExecutionMode) throws {
        let client = try TestClient(Self.app(.json), mode: mode)
        let locked = try client.get("/locked")
        #expect(locked.status == 401 && locked.headers["WWW-Authenticate"] == "Bearer")
        #expect(locked.headers.all("Content-Type") == ["application/problem+json"])
        #expect(
            try locked.json()
                == ["type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "Log in."])
        let none = try client.put("/items")
        #expect(none.status == 405 && none.headers["Allow"] == "OPTIONS, POST")
        #expect(try none.json()["title"] == "Method Not Allowed")
        #expect(try client.get("/nowhere").json()["status"] == 404)
        #expect(try client.get("/teapot").json()["detail"] == "It is one.")
        let broken = try client.get("/broken")
        #expect(try broken.status == 500 && broken.json()["status"] == 500)
        #expect(!broken.text.contains("Broken"), "what failed in the app is its own affair")
        let bad = try client.post("/items", json: ["price": "dear"])
        #expect(try bad.json()["errors"]?[0]?["path"] == "price")
        #expect(try bad.json()["errors"]?[0]?["came"] == "a text")
        let large = try client.post("/items", json: ["note": .string(String(repeating: "x", count: 2_000))])
        #expect(try large.status == 413 && large.json()["title"] == "Request Entity Too Large")
        let slow = try client.get("/slow")
        #expect(try slow.status == 503 && slow.json()["status"] == 503)
        let missing = try client.get("/moved/")
        #expect(missing.status == 404)
    }

    @Test("the form is negotiated by what the client takes, and says that it was")
    func negotiated() throws {
        let client = try TestClient(Self.app(.negotiated))
        func type(_ accept: String?) throws -> String {
            var headers = Headers()
            if let accept { headers["Accept"] = accept }
            let answer = try client.get("/nowhere", headers: headers)
            #expect(answer.status == 404 && answer.headers["Vary"] == "Accept")
            return answer.headers["Content-Type"] ?? ""
        }
        for json in ["application/json", "application/problem+json;q=0.5", "text/html;q=0.1, application/json"] {
            #expect(try type(json) == "application/problem+json", "\(json)")
        }
        for html in [nil, "*/*", "text/html", "text/html,application/json;q=0.9", "application/json;q=0", "q=;;,,"] {
            #expect(try type(html) == "text/html; charset=utf-8", "\(html ?? "nothing")")
        }
    }

    @Test("what the server itself refuses has the app's form too")
    func server() throws {
        let app = Self.app(.json)
        app.options.propagatesErrors = true
        let lane = try TestLane(app: app, mode: .native, workers: 1)
        defer { lane.stop() }
        var limits = Limits()
        limits.body = 100
        let server = try HTTPServer.start(
            port: 0, responder: LanePort(lane.lane), loops: lane.loops, limits: limits, hosts: HostHeaderRule())
        defer { server.stop() }
        let client = ExternalClient("client", baseURL: server.url)
        defer { client.stop() }
        let foreign = try client.get("/locked", headers: ["Host": "evil.example"])
        #expect(try foreign.status == 421 && foreign.json()["title"] == "Misdirected Request")
        let large = try client.post("/items", body: Array(repeating: 32, count: 200))
        #expect(try large.status == 413 && large.json()["status"] == 413)
        let broken = try client.get("/broken")
        #expect(try broken.status == 500 && broken.json()["status"] == 500)
    }

    @Test("what the server itself refuses is negotiated too, by the request that it refuses")
    func serverNegotiates() throws {
        let lane = try TestLane(app: Self.app(.negotiated), mode: .native, workers: 1)
        defer { lane.stop() }
        let server = try HTTPServer.start(
            port: 0, responder: LanePort(lane.lane), loops: lane.loops, hosts: HostHeaderRule())
        defer { server.stop() }
        let client = ExternalClient("client", baseURL: server.url)
        defer { client.stop() }
        let json = try client.get("/locked", headers: ["Host": "evil.example", "Accept": "application/json"])
        #expect(try json.status == 421 && json.json()["status"] == 421)
        let page = try client.get("/locked", headers: ["Host": "evil.example"])
        #expect(page.status == 421 && page.text.hasPrefix("<!doctype html>"))
    }
}
