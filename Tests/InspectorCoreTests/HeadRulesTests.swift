// Heads, in and out: white space, options, expectations (RFC 9110 and 9112), and what an app may not send.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct HeadRulesTests {
    /// Serves `app` on a free port for as long as `body` runs.
    private func serve(_ app: App, _ body: (HTTPServer) throws -> Void) throws {
        let lane = try TestLane(app: app, mode: .native, workers: 1)
        defer { lane.stop() }
        let server = try HTTPServer.start(
            port: 0, responder: LanePort(lane.lane), loops: lane.loops, hosts: HostHeaderRule())
        defer { server.stop() }
        try body(server)
    }

    private static func app() -> App {
        let app = App("heads")
        app.get("/") { request in "[\(request.headers["X-A"] ?? "none")][\(request.headers["Host"] ?? "")]" }
        app.post("/echo") { request in "<\(String(decoding: request.body, as: UTF8.self))>" }
        return app
    }

    private func answer(
        _ request: String, _ server: HTTPServer, until: (String) -> Bool = { _ in false }
    ) throws -> String {
        let client = try RawClient(port: server.port)
        client.send(request)
        return client.read(until: until)
    }

    @Test("white space around a value is none of it (RFC 9112, 5.1), whatever the field means")
    func whiteSpace() throws {
        try serve(Self.app()) { server in
            let text = try answer(
                "GET / HTTP/1.1\r\nHost: \tlocalhost \t\r\nX-A: \t b \t c \t \r\nConnection: close \r\n\r\n", server)
            #expect(text.hasPrefix("HTTP/1.1 200 "))
            #expect(text.contains("\r\nConnection: close\r\n"))
            #expect(text.hasSuffix("[b \t c][localhost]"))
            let empty = try answer("GET / HTTP/1.1\r\nHost: localhost\r\nX-A: \t \r\nConnection: close\r\n\r\n", server)
            #expect(empty.hasSuffix("[][localhost]"))
            // An expectation is heard with a space after it.
            let expects =
                "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue \r\nContent-Length: 3 \r\n\r\n"
            let client = try RawClient(port: server.port)
            client.send(expects)
            #expect(client.read { $0.hasSuffix("\r\n\r\n") } == "HTTP/1.1 100 Continue\r\n\r\n")
            client.send("abc")
            #expect(client.read { $0.hasSuffix("<abc>") }.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test(
        "a body ends where its length or its last chunk says, white space or not: what follows is the next request",
        arguments: [
            "Content-Length: 3 \r\n\r\nabc", "Content-Length:3  \r\n\r\nabc", "Content-Length: \t3\r\n\r\nabc",
            "Transfer-Encoding: chunked \r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "Transfer-Encoding:\tchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: GET / HTTP/1.1\r\n\r\n",
        ])
    func framing(rest: String) throws {
        try serve(Self.app()) { server in
            let next = "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\n\r\nnext"
            let text = try answer("POST /echo HTTP/1.1\r\nHost: localhost\r\n" + rest + next, server)
            #expect(text.components(separatedBy: "HTTP/1.1 200 ").count == 3, "\(text)")
            #expect(text.contains("<abc>") && text.hasSuffix("<next>"))
        }
    }

    @Test("HTTP/1.0 gets no interim answer (RFC 9110, 10.1.1), and neither does a request without a body")
    func interim() throws {
        try serve(Self.app()) { server in
            let old = try answer(
                "POST /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", server)
            #expect(old.hasPrefix("HTTP/1.1 200 ") && old.hasSuffix("<abc>"))
            let odd = try answer("POST /echo HTTP/1.0\r\nExpect: more\r\nContent-Length: 3\r\n\r\nabc", server)
            #expect(odd.hasPrefix("HTTP/1.1 200 "))
            let bare = try answer(
                "GET / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n", server)
            #expect(bare.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test(
        "a connection goes on or ends as both sides' versions and options have it (RFC 9112, 9.3)",
        arguments: [
            ("HTTP/1.1\r\n", true, nil), ("HTTP/1.1\r\nConnection: close\r\n", false, "close"),
            ("HTTP/1.1\r\nConnection: close \r\n", false, "close"),
            ("HTTP/1.1\r\nConnection: keep-alive, CLOSE\r\n", false, "close"),
            ("HTTP/1.1\r\nConnection: x\r\nConnection: close\r\n", false, "close"),
            ("HTTP/1.0\r\n", false, "close"), ("HTTP/1.0\r\nConnection: Keep-Alive\r\n", true, "keep-alive"),
            ("HTTP/1.0\r\nConnection: keep-alive \r\n", true, "keep-alive"),
            // The parser sees no option before a tab, and would take nothing more.
            ("HTTP/1.0\r\nConnection: keep-alive\t\r\n", false, "close"),
            ("HTTP/1.1\r\nConnection: close\t\r\n", false, "close"),
            ("HTTP/1.0\r\nConnection: keep-alive, close\r\n", false, "close"),
            ("HTTP/1.1\r\nTE: trailers\r\nConnection: TE\r\n", true, nil),
        ] as [(String, Bool, String?)])
    func connections(line: String, goesOn: Bool, told: String?) throws {
        try serve(Self.app()) { server in
            let client = try RawClient(port: server.port)
            client.send("GET / \(line)Host: localhost\r\n\r\n")
            let first = client.read { $0.hasSuffix("[localhost]") }
            #expect(first.hasPrefix("HTTP/1.1 200 "))
            let option = first.components(separatedBy: "\r\n").first { $0.hasPrefix("Connection: ") }
            #expect(option == told.map { "Connection: " + $0 })
            client.send("GET / HTTP/1.1\r\nHost: localhost\r\nX-A: second\r\nConnection: close\r\n\r\n")
            #expect(client.read().contains("[second]") == goesOn)
        }
    }

    // MARK: What an app may not send

    static let refused: [Headers.Field] = [
        .init("X-A:", "x"), .init("X A", "x"), .init("X-\u{E9}", "x"), .init("", "x"), .init("X-A\r\nX-B", "x"),
        .init("X-A\u{0}", "x"), .init("X(A)", "x"), .init("\u{301}", "x"), .init("X-A", "a\u{1B}[2J"),
        .init("X-A", "a\u{7F}"), .init("X-A", "a\u{0}b"), .init("X-A", "a\r\nX-B: c"), .init("X-A", "a\nb"),
        .init("X-A", "a\rb"), .init("X-A", "a\u{8}"), .init("Location", "/a\r\nX-B: c"),
        .init("Content-Disposition", "attachment; filename=\"a\r\nb\""),
    ]

    @Test("a header that is none becomes a 500, and the trace says which (gunicorn, Werkzeug)", arguments: refused)
    func badHeaders(field: Headers.Field) throws {
        let app = App("bad")
        app.get("/view") { _ in Response("view", headers: Headers([field])) }
        app.get("/stream") { _ in
            Response.stream(headers: Headers([field])) { (writer: ResponseWriter) throws in try writer.write("x") }
        }
        app.get("/hook") { _ in "hook" }
        app.get("/type") { _ in Response(bytes: [], contentType: "text/plain\r\nX-B: c") }
        app.afterRequest("late") { request, response in
            if request.path == "/hook" { response.headers.add(field.name, field.value) }
        }
        let client = try TestClient(app, depth: .socket)
        for path in ["/view", "/stream", "/hook", "/type"] {
            let answer = try client.get(path)
            #expect(answer.response.status == 500, "\(path)")
            #expect(answer.response.headers["X-B"] == nil && answer.response.headers["X-A"] == nil)
            let mark = answer.trace.moments.first { $0.label == "response refused" }
            #expect(mark?.detail.contains("header") == true, "\(path)")
            #expect(mark?.detail.utf8.allSatisfy { $0 >= 32 } == true)
        }
    }

    @Test("what is a header is sent as it is: a tab within, and other letters as UTF-8, as they are read")
    func goodHeaders() throws {
        let app = App("good")
        app.get("/") { request in
            Response("", headers: ["!#$%&'*+-.^_`|~09azAZ": "a\tb", "X-A": request.headers["X-A"] ?? "", "X-E": ""])
        }
        try serve(app) { server in
            let text = try answer(
                "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: \u{E9}\u{1F600}\r\nConnection: close\r\n\r\n", server)
            #expect(text.hasPrefix("HTTP/1.1 200 "))
            #expect(text.contains("\r\n!#$%&'*+-.^_`|~09azAZ: a\tb\r\n"))
            #expect(text.contains("\r\nX-A: \u{E9}\u{1F600}\r\n") && text.contains("\r\nX-E: \r\n"))
        }
    }

    @Test("a status that is none becomes a 500", arguments: [0, 99, 100, 101, 199, 600, 1000, -1, Int.max])
    func badStatus(status: Int) throws {
        let app = App("status")
        app.get("/") { _ in Response("x", status: status) }
        #expect(try TestClient(app, depth: .socket).get("/").response.status == 500)
    }
}
