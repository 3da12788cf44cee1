// Putting an app together: blueprints in their place, and every mistake named before anything is served.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct RegistrationTests {
    @Test("rules that take the same paths are an error that names both")
    func conflicts() {
        let app = App("conflicts")
        app.get("/city/<name>", endpoint: "one") { _ in "" }
        app.get("/city/<other>", endpoint: "two") { _ in "" }
        app.post("/city/<other>", endpoint: "three") { _ in "" }
        app.get("/x", endpoint: "one") { _ in "" }
        let problems = app.problems
        #expect(problems.count == 2, "\(problems)")
        #expect(problems.first?.contains("/city/<name>") == true && problems.first?.contains("/city/<other>") == true)
        #expect(problems.last?.contains("one has a view already") == true)
    }

    @Test(
        "a rule that cannot be used says why",
        arguments: [
            ("x", "begins with a slash"), ("/<", "a < has no >"), ("/<>", "names no argument"),
            ("/<a>/<a>", "stands in it twice"), ("/<hex:a>", "there is no converter hex"),
            ("/<int(min=x):a>", "min=x is not a whole number"), ("/<int(miin=1):a>", "it takes no argument miin"),
            ("/<string(minlength=3,maxlength=2):a>", "at least 3 and at most 2"), ("/<any():a>", "names nothing"),
            ("/<int(min=1:a>", "a < has no >"), ("/<string(\"a):b>", "no closing quote"),
            ("/<1a>", "names no argument"),
            ("/<string(length=-1):a>", "is not a length"),
        ])
    func badRules(rule: String, reason: String) {
        let app = App("bad")
        app.get(rule) { _ in "" }
        #expect(app.problems.count == 1)
        #expect(app.problems.first?.contains(reason) == true, "\(app.problems)")
    }

    @Test("blueprints with bad names, twice the same, or within themselves are errors")
    func badBlueprints() {
        let app = App("blueprints")
        app.register(Blueprint("a.b"))
        app.register(Blueprint("a"))
        app.register(Blueprint("a"))
        let round = Blueprint("round")
        round.register(round)
        app.register(round)
        let problems = app.problems.joined(separator: "\n")
        #expect(
            problems.contains("a.b") && problems.contains("registered twice") && problems.contains("register itself"))
    }

    @Test("a blueprint registered under two names serves twice, and what it does for all of the app counts once")
    func twice() throws {
        let app = App("twice")
        let blueprint = Blueprint("part", prefix: "/part")
        blueprint.get("/", endpoint: "home") { request in request.blueprint ?? "" }
        blueprint.get("/link", endpoint: "link") { request in try request.urlFor(".home") }
        blueprint.appWide.beforeRequest("wide") { (_: Request) throws -> Void in }
        app.register(blueprint)
        app.register(blueprint, prefix: "/other", name: "other")
        let client = try TestClient(app)
        #expect(try client.get("/part/").response.text == "part")
        let answer = try client.get("/other/")
        #expect(answer.response.text == "other")
        #expect(answer.trace.spans(.beforeRequest).map(\.scope) == ["app"])
        #expect(try client.get("/other/link").response.text == "/other/")
    }

    @Test("what a blueprint registers for all of the app stands where the blueprint was registered")
    func order() throws {
        let app = App("order")
        let part = Blueprint("part")
        part.appWide.beforeRequest("wide") { (_: Request) throws -> Void in }
        part.appWide.errorHandler(404, name: "wide 404") { _, _ in "wide" }
        app.beforeRequest("first") { (_: Request) throws -> Void in }
        app.register(part)
        app.beforeRequest("last") { (_: Request) throws -> Void in }
        app.errorHandler(404, name: "own 404") { _, _ in "own" }
        let answer = try TestClient(app).get("/nowhere")
        #expect(answer.trace.spans(.beforeRequest).map(\.label) == ["first", "wide", "last"])
        #expect(answer.response.text == "own")
    }

    @Test("a redirect to an address with defaults is encoded once")
    func defaultsEncoded() throws {
        let app = App("defaults")
        app.get("/a/<x>/", endpoint: "a", options: [.defaults(["page": 1])]) { _ in "" }
        app.addRule("/a/<x>/page/<int:page>", for: "a")
        let answer = try TestClient(app).get("/a/caf%C3%A9/page/1?q=%20")
        #expect(answer.response.headers["Location"] == "http://localhost/a/caf%C3%A9/?q=%20")
    }

    @Test("a converter of the app's own takes at least one character")
    func notEmpty() throws {
        let app = App("empty")
        app.addConverter("any_text", PathConverter(value: { .string($0) }))
        app.get("/list/<any_text:x>") { request in request.viewArgs["x"]?.description ?? "" }
        let client = try TestClient(app)
        #expect(try client.get("/list/").response.status == 404)
        #expect(try client.get("/list/a,b").response.text == "a,b")
    }

    @Test("a converter of the app's own makes values, and its errors stay within the request")
    func converters() throws {
        struct Broken: Error {}
        let app = App("converters")
        app.get("/color/<hex:rgb>", endpoint: "color") { request in
            "\(request.viewArgs["rgb"]?.int ?? -1) " + (try request.urlFor("color", ["rgb": 255]))
        }
        app.addConverter(
            "hex",
            PathConverter(
                matches: { $0.allSatisfy(\.isHexDigit) },
                value: { text in
                    if text == "dead" { throw Broken() }
                    guard text != "000", let number = Int(text, radix: 16) else { throw NoSuchValue() }
                    return .int(number)
                }, text: { String($0.int ?? 0, radix: 16) }))
        app.teardownRequest("t") { _, _ in }
        let client = try TestClient(app)
        #expect(try client.get("/color/ff").response.text == "255 /color/ff")
        #expect(try client.get("/color/xx").response.status == 404)
        #expect(try client.get("/color/000").response.status == 404)
        let broken = try client.get("/color/dead")
        #expect(broken.response.status == 500)
        #expect(broken.trace.moment(.unhandled)?.detail.contains("/color/<hex:rgb>") == true)
        #expect(broken.trace.first(.teardownRequest) != nil)
    }

    @Test("addresses are made from endpoints, and what is missing is said")
    func urls() throws {
        let app = App("urls")
        app.get("/a/<int(fixed_digits=3):n>/<path:rest>", endpoint: "a") { _ in "" }
        app.get("/items/", endpoint: "items", options: [.defaults(["page": 1])]) { _ in "" }
        app.addRule("/items/page/<int:page>", for: "items")
        app.get("/x/<any(on,off):s>", endpoint: "x") { _ in "" }
        app.urlDefaults { endpoint, values in if endpoint == "a" { values["rest"] = values["rest"] ?? "d" } }
        app.get("/ask", endpoint: "ask") { request in
            func url(_ endpoint: String, _ values: [String: ViewArgument]) -> String {
                do { return try request.urlFor(endpoint, values) } catch { return "\(error)" }
            }
            return [
                url("a", ["n": 7, "rest": "b c/é"]), url("a", ["n": 7]), url("items", [:]), url("items", ["page": 2]),
                url("items", ["page": 1, "q": "x y&z"]), url("x", ["s": "maybe"]), url("a", [:]), url("nope", [:]),
                try request.urlFor("ask", anchor: "top", isExternal: true),
            ].joined(separator: "\n")
        }
        let lines = try TestClient(app).get("/ask").response.text.components(separatedBy: "\n")
        #expect(
            Array(lines[..<5]) == ["/a/007/b%20c/%C3%A9", "/a/007/d", "/items/", "/items/page/2", "/items/?q=x+y%26z"])
        #expect(lines[5].contains("maybe is none of off, on"))
        #expect(lines[6].contains("the value n is missing"))
        #expect(lines[7].contains("there is no such endpoint"))
        #expect(lines[8] == "http://localhost/ask#top")
    }

    @Test("what is registered after an app began to serve is a problem")
    func late() throws {
        let app = App("late")
        let part = Blueprint("part")
        app.get("/") { _ in "" }
        app.register(part)
        _ = try TestClient(app)
        #expect(app.problems == [])
        app.get("/late") { _ in "" }
        part.register(Blueprint("within"))
        part.appWide.beforeRequest("wide") { (_: Request) throws -> Void in }
        #expect(app.problems.count { $0.contains("with late after late began to serve") } == 1)
        #expect(app.problems.count { $0.contains("with part after late began to serve") } == 2)
    }
}
