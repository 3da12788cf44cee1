// Addresses in heads: encoded as Werkzeug does before it sends them.

import Testing

@testable import InspectorCore

@Suite struct AddressTests {
    /// What Werkzeug 3.1.8 sends for `redirect(location)` (`get_wsgi_headers`, `iri_to_uri`).
    static let locations: [(String, String)] = [
        ("/a\\evil", "/a%5Cevil"), ("\\\\evil", "%5C%5Cevil"), ("/é", "/%C3%A9"), ("//evil", "//evil"),
        ("/a%zz%41", "/a%zz%41"), ("/a\tb", "/ab"), ("/a\"b<c>", "/a%22b%3Cc%3E"),
        ("/x?q=a|b^c`{}", "/x?q=a%7Cb%5Ec%60%7B%7D"), ("http://ü.example/x", "http://xn--tda.example/x"),
        ("http://Example.COM/x", "http://example.com/x"), ("javascript:x", "javascript:x"), ("/a[1]", "/a%5B1%5D"),
        ("http://user:pä@h:8080/x", "http://user:p%C3%A4@h:8080/x"), ("", ""), ("/e\u{301}", "/e%CC%81"),
        ("/a b+c%20", "/a%20b+c%20"), ("http://[::1]:80/x", "http://[::1]:80/x"), ("http://h/a#b#c", "http://h/a#b#c"),
        ("/a?b?c", "/a?b?c"), ("//ü/x", "//xn--tda/x"), ("http:///x", "http:///x"), ("\u{A0}/x", "%C2%A0/x"),
        (" /x", "/x"), ("mailto:ü@x", "mailto:%C3%BC@x"), ("HTTP://h/", "http://h/"), ("http://h?x", "http://h?x"),
        ("?q=ü", "?q=%C3%BC"), ("#f", "#f"), ("a:b", "a:b"), ("http://@h/", "http://h/"),
        ("http://u@h/", "http://u@h/"),
        ("/\u{1}\u{7F}\u{85}\u{2028}", "/%01%7F%C2%85%E2%80%A8"), ("http://straße.de/", "http://strasse.de/"),
        ("http://日本語.jp/", "http://xn--wgv71a119e.jp/"),
        ("http://münchen.Example:8080/", "http://xn--mnchen-3ya.example:8080/"), ("/😀", "/%F0%9F%98%80"),
        ("/a\u{338}/?b\u{338}=c#d\u{338}", "/a%CC%B8/?b%CC%B8=c#d%CC%B8"),
    ]

    @Test("a redirect is encoded as Werkzeug encodes it", arguments: locations)
    func redirects(location: String, sent: String) throws {
        let app = App("redirects")
        app.get("/") { _ in Response.redirect(to: location) }
        app.get("/by-hand") { _ in Response("", status: 201, headers: ["Content-Location": location]) }
        app.afterRequest("sees it as it was made") { request, response in
            #expect(request.path == "/by-hand" || response.headers["Location"] == location)
        }
        let client = try TestClient(app)
        let answer = try client.get("/").response
        #expect(answer.status == 302)
        #expect(answer.headers["Location"] == sent)
        #expect(try client.get("/by-hand").response.headers["Content-Location"] == sent)
    }

    @Test(
        "what leads nowhere is still an address of ASCII: a host with spaces, one that is too long, a port of letters")
    func odd() {
        for text in ["http://exa mple/", "http://" + String(repeating: "ü", count: 5000) + ".de/", "https://h:80ä/"] {
            #expect(IRI.uri(text: text).utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "\(text.prefix(40))")
        }
    }

    @Test("a line break in an address is a 500, as in Flask, and never two headers", arguments: ["\r", "\n", "\r\n"])
    func lineBreak(end: String) throws {
        let app = App("breaks")
        app.get("/") { _ in Response.redirect(to: "/a\(end)Set-Cookie: b=c") }
        let answer = try TestClient(app, depth: .socket).get("/").response
        #expect(answer.status == 500)
        #expect(answer.headers["Set-Cookie"] == nil)
    }
}
