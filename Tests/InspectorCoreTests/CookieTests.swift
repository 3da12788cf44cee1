// Cookies: read as Werkzeug 3.1.8 reads them, and taken away with the attributes that they were set with.

import Testing

@testable import InspectorCore

@Suite struct CookieTests {
    /// What `werkzeug.sansio.http.parse_cookie` gives.
    @Test(
        "a Cookie header is read as Flask reads it",
        arguments: [
            ("a", [["a", ""]]), ("=x", []), ("a=1; b", [["a", "1"], ["b", ""]]), ("; ;a=1", [["a", "1"]]),
            ("a = 1 ;b= 2 ", [["a", "1"], ["b", "2"]]), (#"a="x\054y""#, [["a", "x,y"]]), (#"a="x"#, [["a", "\"x"]]),
            ("a=1;a=2", [["a", "1"], ["a", "2"]]), (#"a="\"""#, [["a", "\""]]), ("\u{301}a=1", [["\u{301}a", "1"]]),
            ("a=b=c", [["a", "b=c"]]), ("a\u{338}=1; b=2", [["a\u{338}", "1"], ["b", "2"]]),
            (#"a="x;y""#, [["a", "x;y"]]),
            // A mark after a separator joins it for the eye only.
            ("a=1;\u{301}b=2", [["a", "1"], ["\u{301}b", "2"]]), ("a=\u{338}1", [["a", "\u{338}1"]]),
        ] as [(String, [[String]])])
    func parses(header: String, cookies: [[String]]) {
        #expect(Cookie.parse(header).map { [$0.name, $0.value] } == cookies)
    }

    @Test("a cookie's attributes are written as Werkzeug's dump_cookie writes them")
    func writes() throws {
        var cookie = Cookie("a", "v")
        cookie.path = "/a;b\n ü"
        cookie.domain = ".Exämple.com:80"
        #expect(try cookie.headerValue() == "a=v; Domain=xn--exmple-cua.com; Path=/a%3Bb%0A%20%C3%BC")
        for domain in ["a;b", "a\r\nb", "a b", ".", "a\u{0}"] {
            cookie.domain = domain
            #expect(throws: FrameworkError.self, "\(domain)") { try cookie.headerValue() }
        }
        for name in ["", "a b", "a=b", "a;b", "é", "a\r\nb", "a\u{7F}"] {
            #expect(throws: FrameworkError.self, "\(name)") { try Cookie(name, "").headerValue() }
        }
        // However long it is to live, nothing traps.
        #expect(try Cookie("a", "", maxAge: .max).headerValue().contains("31 Dec 9999"))
        #expect(try Cookie("a", "", maxAge: .min).headerValue().contains("Max-Age=\(Int.min)"))
    }

    @Test("a cookie is taken away as Werkzeug's delete_cookie takes it away")
    func removes() throws {
        var response = Response("")
        try response.deleteCookie(
            "a", path: "/x", domain: "h", isSecure: true, isHTTPOnly: true, sameSite: .lax)
        #expect(
            response.headers["Set-Cookie"]
                == "a=; Domain=h; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Secure; HttpOnly; Path=/x; "
                + "SameSite=Lax")
    }

    @Test("the session's cookie goes with every attribute that it came with (Flask: save_session)")
    func sessionRemoval() throws {
        let app = SessionTests.app()
        app.options.sessionCookie.isSecure = true
        app.options.sessionCookie.sameSite = SameSite.none
        app.options.sessionCookie.path = "/"
        app.options.sessionCookie.domain = "localhost"
        let client = try TestClient(app)
        func attributes(_ target: String, _ headers: Headers = [:]) throws -> Set<String> {
            let field = try client.get(target, headers: headers).response.headers["Set-Cookie"] ?? ""
            return Set(
                field.split(separator: ";").dropFirst().map(\.trimmed).filter {
                    !$0.hasPrefix("Expires") && !$0.hasPrefix("Max-Age")
                })
        }
        let first = try client.get("/login/ada").response.headers["Set-Cookie"] ?? ""
        let cookie = String(first.prefix { $0 != ";" })
        client.forgetCookies()
        let set = try attributes("/login/ada")
        #expect(set == ["Secure", "HttpOnly", "SameSite=None", "Path=/", "Domain=localhost"])
        #expect(try attributes("/logout", ["Cookie": cookie]) == set)
    }
}
