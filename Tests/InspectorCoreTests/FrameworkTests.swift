import Testing

@testable import InspectorCore

@Suite struct FrameworkTests {
    @Test("a rule's fixed text wins over its arguments, whatever the order of registration")
    func precedence() throws {
        let app = App("test")
        app.get("/city/<name>") { request in "name \(request.viewArgs["name"]?.description ?? "")" }
        app.get("/city/<int:id>") { request in "id \(request.viewArgs["id"]?.int ?? 0)" }
        app.get("/city/oslo") { _ in "oslo itself" }
        app.get("/files/<path:rest>") { request in "path \(request.viewArgs["rest"]?.description ?? "")" }
        let client = try TestClient(app)
        #expect(try client.get("/city/oslo").response.text == "oslo itself")
        #expect(try client.get("/city/007").response.text == "id 7")
        #expect(try client.get("/city/l%C3%BCbeck").response.text == "name lübeck")
        #expect(try client.get("/files/a/b.txt").response.text == "path a/b.txt")
        #expect(try client.get("/city/a/b").response.status == 404)
    }

    @Test("a slash at the end is asked for by a redirect that keeps the query")
    func slashes() throws {
        let app = App("test")
        app.get("/x/") { _ in "x" }
        let client = try TestClient(app)
        let answer = try client.get("/x?q=1").response
        #expect(answer.status == 308)
        #expect(answer.headers["Location"] == "http://localhost/x/?q=1")
        #expect(try client.send("POST", "/x").response.status == 404)
    }

    @Test("405 names the methods, HEAD and OPTIONS come by themselves")
    func methods() throws {
        let app = App("test")
        app.get("/x") { _ in "x" }
        app.post("/x") { _ in "posted" }
        let client = try TestClient(app)
        let refused = try client.send("DELETE", "/x").response
        #expect(refused.status == 405)
        #expect(refused.headers["Allow"] == "GET, HEAD, OPTIONS, POST")
        #expect(try client.send("HEAD", "/x").response.status == 200)
        let options = try client.send("OPTIONS", "/x").response
        #expect(options.status == 200)
        #expect(options.headers["Allow"] == "GET, HEAD, OPTIONS, POST")
    }

    @Test("a kind's lineage is Python's method resolution order")
    func lineage() {
        #expect(
            ErrorKind.badRequestKeyError.lineage.map(\.name) == [
                "BadRequestKeyError", "BadRequest", "HTTPException", "KeyError", "LookupError", "Exception",
            ])
        #expect(ErrorKind.badRequestKeyError.status == 400)
        #expect(ErrorKind.badRequestKeyError.isCase(of: .lookupError))
    }

    private struct Plain: Error {}
    /// `@unchecked Sendable`: the compiler takes no class that has subclasses; both hold nothing.
    private class Base: Error, @unchecked Sendable {}
    private final class Derived: Base, @unchecked Sendable {}

    @Test("a handler for a Swift type takes that type, its subclasses, and never another")
    func swiftTypes() throws {
        let app = App("test")
        app.errorHandler(Plain.self) { _, _ in "plain" }
        app.errorHandler(Base.self) { _, error in "base \(type(of: error))" }
        app.get("/plain") { _ -> String in throw Plain() }
        app.get("/derived") { _ -> String in throw Derived() }
        app.get("/other") { _ -> String in throw ContextError() }
        let client = try TestClient(app)
        #expect(try client.get("/plain").response.text == "plain")
        #expect(try client.get("/derived").response.text == "base Derived")
        #expect(try client.get("/other").response.status == 500)
    }

    private struct ContextError: Error {}

    @Test("a handler for any Error takes what no other does, HTTP errors too")
    func anyError() throws {
        let app = App("test")
        app.errorHandler((any Error).self) { _, error in Response("\(type(of: error))", status: 555) }
        app.get("/plain") { _ -> String in throw Plain() }
        let client = try TestClient(app)
        #expect(try client.get("/plain").response.status == 555)
        #expect(try client.get("/nowhere").response.text == "HTTPError")
    }

    @Test("a handler rethrows by a plain throw, and the 500 path gets the error")
    func rethrown() throws {
        let app = App("test")
        app.errorHandler(Plain.self) { _, error -> String? in throw error }
        app.get("/") { _ -> String in throw Plain() }
        let answer = try TestClient(app).get("/")
        #expect(answer.response.status == 500)
        #expect(answer.trace.moments.first { $0.kind == .unhandled }?.label == "Plain")
    }

    @Test("bad rules are told by the app, and it is not served")
    func badRules() throws {
        let app = App("test")
        app.get("/<nope:x>") { _ in "x" }
        app.get("no-slash") { _ in "x" }
        app.get("/<a>/<a>") { _ in "x" }
        #expect(app.problems.count == 3)
        #expect(app.problems[0].contains("nope"))
        #expect(throws: AppProblems.self) { try TestClient(app) }
    }

    @Test("what is registered after the app began to serve is told, and not seen")
    func late() throws {
        let app = App("test")
        app.get("/") { _ in "x" }
        let client = try TestClient(app)
        app.get("/late") { _ in "late" }
        #expect(try client.get("/late").response.status == 404)
        #expect(app.problems.count == 1)
    }

    @Test("JSON of a wrong type is 415, JSON that is none is 400")
    func json() throws {
        let app = App("test")
        app.post("/") { request in try request.json() }
        let client = try TestClient(app)
        let type: Headers = ["Content-Type": "application/json; charset=utf-8"]
        #expect(try client.send("POST", "/", headers: type, body: Array("[1]".utf8)).response.text == "[1]\n")
        #expect(try client.send("POST", "/", headers: type, body: Array("[1".utf8)).response.status == 400)
        #expect(try client.send("POST", "/", body: Array("[1]".utf8)).response.status == 415)
    }

    @Test("both variants of a function are registered, and the mode chooses")
    func variants() throws {
        let app = App("test")
        app.get("/", sync: { _ in "sync" }, async: { _ in "async" })
        #expect(try TestClient(app, mode: .sync).get("/").response.text == "sync")
        #expect(try TestClient(app, mode: .async).get("/").response.text == "async")
        #expect(try TestClient(app, mode: .native).get("/").response.text == "async")
    }
}
