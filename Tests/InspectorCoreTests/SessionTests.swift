// Sessions: signed, tamper-proof, expiring, with keys that rotate; and flashed messages.

import Testing

@testable import InspectorCore

@Suite struct SessionTests {
    static func app(keys: [String] = ["new", "old"]) -> App {
        let app = App("sessions")
        app.options.secretKeys = keys
        app.get("/login/<name>") { request in
            request.session["user"] = .string(request.viewArgs["name"]?.description ?? "")
            return "in"
        }
        app.get("/who") { request in request.session["user"]?.string ?? "nobody" }
        app.get("/logout") { request in
            request.session.clear()
            return "out"
        }
        app.get("/flash") { request in
            request.flash("Saved.", category: "info")
            return ""
        }
        app.get("/show") { request in
            let first = request.flashedMessages().map { "\($0.category): \($0.message)" }
            #expect(request.flashedMessages().count == first.count)
            return first.joined(separator: "|")
        }
        return app
    }

    @Test("what a session is told is there in the next request, until it is cleared", arguments: ExecutionMode.allCases)
    func remembers(mode: ExecutionMode) throws {
        let client = try TestClient(Self.app(), mode: mode)
        let set = try client.get("/login/ada").response.headers["Set-Cookie"] ?? ""
        #expect(set.contains("HttpOnly"))
        #expect(!set.contains("Expires"))
        let who = try client.get("/who").response
        #expect(who.text == "ada")
        #expect(who.headers["Vary"] == "Cookie")
        _ = try client.get("/logout")
        #expect(try client.get("/who").response.text == "nobody")
    }

    @Test("a forged, cut or foreign cookie gives an empty session, and the trace says why")
    func tampered() throws {
        let client = try TestClient(Self.app())
        let cookie = try client.get("/login/ada").response.headers["Set-Cookie"]?.prefix { $0 != ";" } ?? ""
        client.forgetCookies()
        let value = cookie.dropFirst("session=".count)
        let middle = value.index(value.startIndex, offsetBy: 4)
        let forged = value[..<middle] + (value[middle] == "A" ? "B" : "A") + value[value.index(after: middle)...]
        for text in [
            String(forged), String(value.dropLast(3)), "x", "", "a.b.c", String(repeating: ".", count: 50), "é.é.é",
        ] {
            let answer = try client.get("/who", headers: ["Cookie": "session=\(text)"])
            #expect(answer.response.text == "nobody", "\(text)")
            #expect(answer.trace.moments.contains { $0.label == "session cookie refused" }, "\(text)")
        }
        #expect(try client.get("/who", headers: ["Cookie": String(cookie)]).response.text == "ada")
    }

    @Test("an old key still verifies, the new one signs, and a key taken out verifies no more")
    func rotation() throws {
        let old = try TestClient(Self.app(keys: ["old"])).get("/login/ada").response.headers["Set-Cookie"]
        let cookie = String(old?.prefix { $0 != ";" } ?? "")
        #expect(try TestClient(Self.app()).get("/who", headers: ["Cookie": cookie]).response.text == "ada")
        #expect(
            try TestClient(Self.app(keys: ["new"])).get("/who", headers: ["Cookie": cookie]).response.text == "nobody")
    }

    @Test("a session that is older than its lifetime is expired")
    func expiry() throws {
        var options = AppOptions()
        options.secretKeys = ["key"]
        options.sessionCookie.lifetime = 100
        let signer = SessionSigner(options: options)
        let text = try #require(signer.sign(values: ["a": 1], now: 1000))
        #expect(try signer.open(text, now: 1100)["a"] == 1)
        #expect(throws: SessionSigner.Refusal.self) { try signer.open(text, now: 1101) }
    }

    @Test("writing without a key, and writing too much, are errors that say what to do")
    func refused() throws {
        let keyless = try TestClient(Self.app(keys: [])).get("/login/ada")
        #expect(keyless.response.status == 500)
        #expect(keyless.trace.moment(.unhandled)?.detail.contains("no secret key") == true)
        let long = try TestClient(Self.app()).get("/login/" + String(repeating: "x", count: 5000))
        #expect(long.response.status == 500)
        #expect(long.trace.moment(.unhandled)?.detail.contains("browsers drop") == true)
    }

    @Test("a page that shows no messages does not take them")
    func keptFlashes() throws {
        let app = Self.app()
        app.template("plain", "{{#flash}}x{{/flash}}plain")
        app.template("showing", "{{#flashes}}{{message}}{{/flashes}}")
        app.template("outer", "{{> showing}}")
        app.get("/plain") { request in try request.render("plain") }
        app.get("/outer") { request in try request.render("outer") }
        let client = try TestClient(app)
        _ = try client.get("/flash")
        #expect(try client.get("/plain").response.headers["Vary"] == nil)
        #expect(try client.get("/outer").response.text == "Saved.")
        #expect(try client.get("/outer").response.text == "")
    }

    @Test("a permanent session lives on while it is used")
    func permanent() throws {
        let app = Self.app()
        app.get("/stay") { request in
            request.session.isPermanent = true
            return ""
        }
        app.get("/nothing") { _ in "" }
        let client = try TestClient(app)
        #expect(try client.get("/stay").response.headers["Set-Cookie"]?.contains("Max-Age") == true)
        #expect(try client.get("/nothing").response.headers["Set-Cookie"]?.contains("Max-Age") == true)
        client.forgetCookies()
        #expect(try client.get("/nothing").response.headers["Set-Cookie"] == nil)
    }

    @Test("a flashed message is shown once, by the next page that shows messages")
    func flashes() throws {
        let client = try TestClient(Self.app())
        _ = try client.get("/flash")
        #expect(try client.get("/show").response.text == "info: Saved.")
        #expect(try client.get("/show").response.text == "")
    }
}
