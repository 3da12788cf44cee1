// Input drawn at random, bounded in count: nothing crashes, nothing hangs, every request is answered and torn down.
// `FUZZ_COUNT` multiplies the number of draws.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct FuzzTests {
    static let factor = max(1, Int(ProcessInfo.processInfo.environment["FUZZ_COUNT"] ?? "1") ?? 1)

    /// Pieces put together, then bytes changed, taken out, doubled.
    static func draw(_ pieces: [String], _ numbers: inout SeededNumbers, most: Int = 8) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...most, using: &numbers) {
            bytes += Array((pieces.randomElement(using: &numbers) ?? "").utf8)
        }
        for _ in 0..<Int.random(in: 0...3, using: &numbers) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &numbers)
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &numbers)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &numbers), at: place)
            default: bytes += bytes[place...].prefix(200)
            }
        }
        return bytes
    }

    @Test("rules and paths of any kind are matched, refused or named as wrong")
    func routing() {
        var numbers = SeededNumbers(1)
        let pieces = [
            "/", "//", "<", ">", "<a>", "<int:n>", "<path:p>", "<any(a,b):x>", "<string(length=2):s>", "<uuid:u>",
            "<float(signed=True):f>", "(", ")", ":", "=", ",", "\"", "a", "é", "%2F", "..", "-1", "1.5", "\u{0}", "👩‍👩‍👧",
            "<int(min=1,max=3):m>", "e\u{301}",
        ]
        for _ in 0..<400 * Self.factor {
            let app = App("fuzz")
            for _ in 0..<Int.random(in: 1...6, using: &numbers) {
                app.get(String(decoding: Self.draw(pieces, &numbers), as: UTF8.self)) { _ in "" }
            }
            let map = app.urlMap
            for _ in 0..<20 {
                let path = String(decoding: Self.draw(pieces, &numbers), as: UTF8.self)
                if case .redirect(let location) = map.match("GET", path) { #expect(location.hasPrefix("/")) }
            }
        }
    }

    @Test("multipart bodies of any kind are read or refused")
    func multipart() {
        var numbers = SeededNumbers(2)
        let pieces = [
            "--B", "--B\r\n", "--B--", "\r\n", "\n", "\r", "Content-Disposition: form-data; name=\"a\"",
            "Content-Disposition: form-data; name=a; filename=\"\\\"\"", "Content-Type: x", ":", "value", "é", "--",
            " ",
            "Content-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n",
        ]
        var options = AppOptions()
        options.maxFormParts = 4
        options.maxFormMemory = 50
        var isRead = false
        for _ in 0..<20_000 * Self.factor {
            let body = Self.draw(pieces, &numbers, most: 14)
            do {
                let form = try FormReader(options: options).read(body, contentType: "multipart/form-data; boundary=B")
                #expect(form.fields.count + form.files.count <= 4)
                isRead = isRead || !form.fields.isEmpty
            } catch {
                #expect([400, 413].contains((error as? HTTPError)?.status), "\(error)")
            }
        }
        #expect(isRead)
    }

    @Test("cookies, sessions, content types, dates and ranges of any kind are read or refused")
    func fields() throws {
        var numbers = SeededNumbers(3)
        var options = AppOptions()
        options.secretKeys = ["key"]
        let signer = SessionSigner(options: options)
        let good = try #require(signer.sign(values: ["user": "ada"]))
        let pieces = [
            good, "session=", ";", "=", "\"", "\\", "\\101", "a", ".", "e30", " ", "é", "multipart/form-data",
            "boundary=",
            "Sun, 06 Nov 1994 08:49:37 GMT", "-", "1", "Nov", ":", ",", "bytes=", "%", "%4", "+", "&",
        ]
        var forged = 0
        for _ in 0..<20_000 * Self.factor {
            let text = String(decoding: Self.draw(pieces, &numbers), as: UTF8.self)
            _ = Cookie.parse(text)
            _ = MediaType(text)
            _ = HTTPDate.seconds(text: text)
            _ = PercentCoding.decodeForm(text)
            do { _ = try signer.open(text) } catch { forged += 1 }
            if let cookie = try? Cookie("a", text).headerValue() {
                #expect(!cookie.utf8.contains { $0 < 0x20 || $0 >= 0x7F }, "\(cookie.debugDescription)")
                #expect(Cookie.parse(String(cookie.prefix { $0 != ";" })).first?.value == text || text.contains(";"))
            }
        }
        #expect(forged > 0)
    }

    @Test("templates of any kind are compiled or named as wrong, and render to an end")
    func templates() {
        var numbers = SeededNumbers(4)
        let pieces = [
            "{{", "}}", "{{a}}", "{{{a}}}", "{{&a}}", "{{#a}}", "{{/a}}", "{{^a}}", "{{>p}}", "{{<p}}", "{{/p}}",
            "{{$b}}",
            "{{/b}}", "{{!x}}", "{{=<% %>=}}", "<%a%>", "text", "\n", "é", "{{.}}", "{{a.b}}",
            "{{#urlFor}}x{{/urlFor}}",
            "{{reverse(a)}}", "{{%CONTENT_TYPE:TEXT}}",
        ]
        for _ in 0..<4000 * Self.factor {
            var sources = TemplateSources()
            sources.add("p", text: "[{{a}}{{$b}}default{{/b}}]", place: "test")
            sources.add("page", text: String(decoding: Self.draw(pieces, &numbers), as: UTF8.self), place: "test")
            guard sources.problems.isEmpty else { continue }
            _ = try? sources.compiled.render("page", values: ["a": JSON(["b": 1, "c": [1, 2]]), "urlFor": "x"])
        }
    }

    @Test("bytes of any kind sent to a server are answered or refused, and it goes on")
    func sockets() throws {
        var numbers = SeededNumbers(5)
        let app = App("fuzz")
        app.options.secretKeys = ["key"]
        app.route("/<path:rest>", methods: ["GET", "POST"]) { request in
            _ = try request.form()
            request.session["n"] = .int(request.args.count)
            return Response.stream { (writer: ResponseWriter) throws in try writer.write(request.path) }
        }
        let lane = try TestLane(app: app, mode: .async, workers: 4)
        defer { lane.stop() }
        let server = try HTTPServer.start(port: 0, responder: LanePort(lane.lane), loops: lane.loops)
        defer { server.stop() }
        let pieces = [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST /a HTTP/1.1\r\n", "Host: x\r\n", "Content-Length: 3\r\n",
            "Transfer-Encoding: chunked\r\n", "\r\n", "3\r\nabc\r\n", "0\r\n\r\n", "BREW /x HTTP/1.1\r\n",
            "Cookie: session=a.b.c\r\n",
            "Content-Type: multipart/form-data; boundary=B\r\n", "--B\r\n", "HEAD /y HTTP/1.0\r\n",
            "Range: bytes=0-\r\n",
            "Expect: 100-continue\r\n", "ABCDEFGHIJ", "ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJ",
            "Connection: close\r\n", "GET /%zz?%%%=&&= HTTP/1.1\r\n", "\n", "\u{0}",
            "X: \(String(repeating: "y", count: 300))\r\n",
        ]
        for _ in 0..<300 * Self.factor {
            let client = try RawClient(port: server.port)
            client.send(Self.draw(pieces, &numbers, most: 10))
            client.closeSide()
            let began = MonotonicClock.now()
            _ = client.read()
            #expect(MonotonicClock.now() - began < 20_000_000_000, "the connection was never closed")
        }
        let answer = try SocketClient.send(
            IncomingRequest(method: "GET", target: "/alive", headers: ["Host": "x"]), host: server.host,
            port: server.port, on: lane.loops.group, hangUpAfter: nil)
        #expect(answer.response.text == "/alive")
    }
}
