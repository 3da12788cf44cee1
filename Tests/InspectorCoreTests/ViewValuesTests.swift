// What views may return, and how routes may be written: each line is one that people typed first.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct ViewValuesTests {
    struct Link: Codable, Sendable, Equatable {
        var code: String
        var made = Date(timeIntervalSince1970: 0)
    }

    enum UserKey: StorageKey { typealias Value = Link }

    struct Refusal: Error, ResponseConvertible {
        func makeResponse() -> Response { Response("refused", status: 418) }
    }

    struct Busy: KindedError, CustomStringConvertible {
        static let kind = ErrorKind("Busy", parents: [.serviceUnavailable])
        var kind: ErrorKind { Busy.kind }
        var description: String { "too many at once" }
    }

    /// A view that has a name.
    @Sendable private static func index(_ request: Request) -> String { "index" }

    /// An async one.
    @Sendable private static func later(_ request: Request) async throws -> [Link] { [Link(code: "later")] }

    private static let app: App = {
        let app = App("values")
        let code = "abc"
        app.get("/named", index)
        app.get("/named/later", later)
        app.get("/closure", endpoint: "closure") { _ in "closure" }
        app.get("/value") { _ in Link(code: code) }
        app.get("/list") { _ in [Link(code: code)] }
        app.get("/words") { _ in ["ok": true] }
        app.get("/json") { _ in JSON(["code": code, "hits": 3, "ok": true, "none": String?.none]) }
        app.get("/maybe/<name>", options: [.nilIsNotFound]) { request -> Link? in
            request.viewArgs["name"]?.string == "there" ? Link(code: "there") : nil
        }
        app.get("/moved") { _ in .redirect(to: "/named") }
        app.get("/either") { request in
            if request.arg("text") != nil { return "text" }
            return JSON(["json": true])
        }
        app.get("/any") { request -> any ResponseConvertible in
            if request.arg("text") != nil { return "text" }
            return Response(status: .noContent)
        }
        app.post("/made") { request in
            let link = try request.json(as: Link.self)
            return (link, .created)
        }
        app.put("/number") { _ in ("put", 202) }
        app.patch("/number") { _ in
            try await sleep(for: .zero)
            return ("patch", .accepted)
        }
        app.delete("/number") { _ in Response(status: .noContent) }
        app.head("/only-head") { _ in "" }
        app.route("/both", methods: ["GET", "POST"]) { request in request.method }
        app.group("/api") { api in
            api.get("/links", endpoint: "links") { request in [request.endpoint ?? ""] }
        }
        app.beforeRequest("user") { request in request.g[UserKey.self] = Link(code: "user") }
        app.get("/user") { request in request.g[UserKey.self]?.code ?? "nobody" }
        app.get("/refused") { _ -> String in throw Refusal() }
        app.get("/busy") { _ -> String in throw Busy() }
        app.errorHandler(404) { _, error in "\(error.status): \(error.message)" }
        app.errorHandler(HTTPError.self) { _, error in (Response("\(error.kind) \(error.status)", status: error.status))
        }
        return app
    }()

    @Test("named functions, values, lists, dictionaries, pairs and members alone are views, sync and async")
    func views() throws {
        #expect(Self.app.problems.isEmpty, "\(Self.app.problems)")
        for mode in ExecutionMode.allCases {
            let client = try TestClient(Self.app, mode: mode)
            #expect(try client.get("/named").text == "index")
            #expect(try client.get("/named/later").json(as: [Link].self) == [Link(code: "later")])
            #expect(try client.get("/closure").text == "closure")
            #expect(try client.get("/value").text == "{\"code\":\"abc\",\"made\":\"1970-01-01T00:00:00Z\"}\n")
            #expect(try client.get("/list").json(as: [Link].self) == [Link(code: "abc")])
            #expect(try client.get("/words").text == "{\"ok\":true}\n")
            #expect(try client.get("/json").text == "{\"code\":\"abc\",\"hits\":3,\"none\":null,\"ok\":true}\n")
            #expect(try client.get("/maybe/there").json(as: Link.self).code == "there")
            let moved = try client.get("/moved")
            #expect(moved.status == 302 && moved.headers["Location"] == "/named")
            #expect(try client.get("/either?text=1").text == "text")
            #expect(try client.get("/either").json()["json"] == true)
            #expect(try client.get("/any?text=1").text == "text")
            let empty = try client.get("/any")
            #expect(empty.status == 204 && empty.headers["Content-Type"] == nil)
            let made = try client.post("/made", json: Link(code: "new"))
            #expect(made.status == 201 && made.headers["Content-Type"] == "application/json")
            #expect(try client.put("/number").status == 202)
            #expect(try client.patch("/number", json: ["a": 1]).text == "patch")
            #expect(try client.delete("/number").status == 204)
            #expect(try client.head("/only-head").status == 200)
            #expect(try client.post("/both").text == "POST")
            #expect(try client.get("/api/links").text == "[\"api.links\"]\n")
            #expect(try client.get("/user").text == "user")
        }
    }

    @Test("nil where it was asked is a 404 that the app's handler answers, and handlers of a status see an HTTP error")
    func errors() throws {
        let client = try TestClient(Self.app)
        let none = try client.get("/maybe/gone")
        #expect(none.text.hasPrefix("404: Nothing is served under this address."))
        #expect(try client.get("/refused").text == "refused")
        let busy = try client.get("/busy")
        #expect(busy.status == 503 && busy.text == "Busy 503", "an error of the app's own HTTP kind is an HTTP error")
    }

    @Test("an async test awaits each method, and sends files as a browser does")
    func awaited() async throws {
        let app = App("files")
        app.post("/upload") { request in
            let form = try request.form()
            return "\(form["title"] ?? "") \(form.file("file")?.filename ?? "") \(form.file("file")?.bytes.count ?? 0)"
        }
        let client = try TestClient(app)
        let parts: [FormPart] = [.field("title", "A \"b\""), .file("file", filename: "a.bin", bytes: [1, 2, 13, 10])]
        #expect(try await client.post("/upload", multipart: parts).text == "A \"b\" a.bin 4")
        #expect(try await client.options("/upload").headers["Allow"] == "OPTIONS, POST")
    }

    @Test("an answer of a service that does not fit is no fault of whoever asked, and says what does not fit")
    func unexpected() throws {
        let service = try FakeService { service in service.get("/link") { _ in ["code": 7] } }
        defer { service.stop() }
        let app = App("caller")
        let api = ExternalClient("api", baseURL: service.url)
        app.get("/") { _ in try await api.get("/link").json(as: Link.self) }
        app.errorHandler(UnexpectedAnswer.kind) { _, error in (Response("\(error)", status: 502)) }
        let answer = try TestClient(app).get("/")
        #expect(answer.status == 502)
        #expect(answer.text.contains("code: a text was expected, and a whole number came"), "\(answer.text)")
        api.stop()
    }
}
