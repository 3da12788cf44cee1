import Foundation
import InspectorCore
import Testing

/// What people type first, each in its shortest form.
@Suite("Answers, sessions and errors in their short forms")
struct ShortFormsTests {
    private struct Link: Codable, Equatable {
        var code: String
    }

    private struct Address: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            text = try container.decode(String.self)
            guard text.hasPrefix("http") else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "it must begin with http:// or https://.")
            }
        }
    }

    private struct NewLink: Decodable { let url: Address }

    private struct Taken: Error {}

    private func app() throws -> App {
        let app = App("short")
        app.options.secretKeys = ["for tests"]
        app.options.errors = .json
        app.get("/nothing") { _ in .noContent }
        app.get("/old") { _ in
            guard let url = URL(string: "https://example.org/new") else { return .noContent }
            return .redirect(to: url)
        }
        app.get("/link") { _ in (Link(code: "a"), .created, ["Location": "/a", "X-A": "1"]) }
        app.get("/text") { _ async in ("made", .accepted, ["Content-Type": "text/plain"]) }
        app.get("/json") { _ in try .json(Link(code: "b"), status: .created, headers: ["Location": "/b"]) }
        app.get("/page") { request in "page \(try request.arg("page", default: 1))" }
        app.post("/links") { request in try request.json(as: NewLink.self).url.text }
        app.get("/own") { _ -> String in
            throw HTTPError.invalidInput(InputFault(path: "code", reason: "it is taken", came: "“a”"))
        }
        app.get("/taken") { _ -> String in throw Taken() }
        app.errorHandler(Taken.self) { _, _ in (Link(code: "taken").code, .conflict) }
        app.errorHandler(410) { _, _ async in ("it was here", .notFound) }
        app.get("/gone") { _ -> String in throw HTTPError(.gone) }
        app.get("/login/<name>") { request in
            let name: String = try request.argument("name", as: String.self)
            let count: Int? = request.session["count"]
            request.session["user"] = name
            request.session["count"] = (count ?? 0) + 1
            let user: String? = request.session["user"]
            return "\(user ?? "nobody") \(request.session["count"]?.int ?? 0)"
        }
        app.get("/cookie") { _ in
            var response = Response("set")
            try response.setCookie(Cookie("a", "b", isHTTPOnly: true, sameSite: .lax))
            return response
        }
        app.get("/events") { _ in
            Response.events { events in try events.send("one", event: "tick", id: "7") }
        }
        return app
    }

    @Test("An answer may be nothing, an address, or a value with its status and fields")
    func answers() throws {
        let client = try TestClient(app())
        #expect(try client.get("/nothing").status == 204)
        let old = try client.get("/old")
        #expect(old.status == 302 && old.headers["Location"] == "https://example.org/new")
        let link = try client.get("/link")
        #expect(link.status == 201 && link.headers["Location"] == "/a" && link.headers["X-A"] == "1")
        #expect(try link.json(as: Link.self) == Link(code: "a"))
        let text = try client.get("/text")
        #expect(text.status == 202 && text.headers["Content-Type"] == "text/plain")
        let json = try client.get("/json")
        #expect(json.status == 201 && json.headers["Location"] == "/b")
        #expect(try client.get("/cookie").headers["Set-Cookie"] == "a=b; HttpOnly; Path=/; SameSite=Lax")
        #expect(try client.get("/events").text.contains("event: tick\n"))
    }

    @Test("An argument may have a default, and a session takes texts and numbers")
    func values() throws {
        let client = try TestClient(app())
        #expect(try client.get("/page").text == "page 1")
        #expect(try client.get("/page?page=3").text == "page 3")
        #expect(try client.get("/page?page=x").status == 400)
        #expect(try client.get("/login/ann").text == "ann 1")
        #expect(try client.get("/login/bob").text == "bob 2")
    }

    @Test("What a type says as it refuses reaches the client, and so do the app's own faults")
    func faults() throws {
        let client = try TestClient(app())
        let refused = try client.post("/links", json: ["url": "ftp://a"])
        #expect(refused.status == 400)
        let errors = try #require(try refused.json()["errors"]?[0])
        #expect(errors["path"] == "url" && errors["detail"] == "url: it must begin with http:// or https://")
        let own = try client.get("/own")
        #expect(own.status == 400)
        #expect(try own.json()["errors"]?[0]?["detail"] == "code: it is taken")
        #expect(try client.post("/links", json: ["url": 3]).json()["errors"]?[0]?["expected"] == "a text")
    }

    @Test("An error handler may return an answer and its status")
    func handlers() throws {
        let client = try TestClient(app())
        let taken = try client.get("/taken")
        #expect(taken.status == 409 && taken.text == "taken")
        let gone = try client.get("/gone")
        #expect(gone.status == 404 && gone.text == "it was here")
    }
}
