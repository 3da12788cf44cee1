// Forms, uploads, cookies and JSON: what is read, and what is refused with a reason.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct FormTests {
    /// An app that answers with what it read of a form.
    static func app(_ change: (inout AppOptions) -> Void = { _ in }) -> App {
        let app = App("forms")
        change(&app.options)
        app.post("/form") { request in
            let form = try request.form()
            return JSON([
                "fields": .array(form.fields.map { .array([.string($0.name), .string($0.value)]) }),
                "files": .array(
                    form.files.map { .array([.string($0.name), .string($0.filename), .int($0.bytes.count)]) }),
            ])
        }
        app.post("/json") { request in try request.json() }
        app.teardownRequest("t") { request, _ in request.mark("torn down") }
        return app
    }

    static func multipart(_ text: String, boundary: String = "B") -> (Headers, [UInt8]) {
        (
            ["Content-Type": "multipart/form-data; boundary=\(boundary)"],
            Array(text.replacingOccurrences(of: "\n", with: "\r\n").utf8)
        )
    }

    @Test("a multipart form gives its fields and files, in order")
    func reads() throws {
        let (headers, body) = Self.multipart(
            """
            before, which is ignored
            --B
            Content-Disposition: form-data; name="who"

            ada
            --B
            Content-Disposition: form-data; name="photo"; filename="a \\"b\\".png"
            Content-Type: image/png

            12
            4
            --B
            Content-Disposition: form-data; name="empty"


            --B--
            """)
        let answer = try TestClient(Self.app()).send("POST", "/form", headers: headers, body: body)
        let json = try JSON(parsing: answer.response.body)
        #expect(json["fields"] == [["who", "ada"], ["empty", ""]])
        #expect(json["files"] == [["photo", "a \"b\".png", 5]])
    }

    @Test(
        "a broken multipart form is a 400 that says what is wrong, and teardown runs",
        arguments: [
            ("--B\nContent-Disposition: form-data; name=\"a\"\n\nx", "part 1 has no end"),
            ("--B\nno colon\n\nx\n--B--", "a line without a colon"),
            ("--B\nContent-Type: text/plain\n\nx\n--B--", "part 1 has no name"),
            ("nothing of the kind", "its boundary does not stand in it"),
            ("--B\nContent-Disposition: form-data; name=\"a\"\n\nx\n--Bx", "comes neither a line"),
            ("--B\nContent-Disposition: form-data; name=\"a\"", "part 1 has no end"),
        ])
    func broken(text: String, reason: String) throws {
        let (headers, body) = Self.multipart(text)
        let answer = try TestClient(Self.app()).send("POST", "/form", headers: headers, body: body)
        #expect(answer.response.status == 400)
        #expect(answer.response.text.contains(reason), "\(answer.response.text)")
        #expect(answer.trace.first(.teardownRequest)?.outcome == .done)
    }

    @Test("what is larger than the app takes is a 413")
    func limits() throws {
        let client = try TestClient(
            Self.app {
                $0.maxFormMemory = 10
                $0.maxFormParts = 2
                $0.maxContentLength = 400
            })
        let part = "--B\nContent-Disposition: form-data; name=\"a\"\n\n"
        let (headers, long) = Self.multipart(part + "12345678901\n--B--")
        #expect(try client.send("POST", "/form", headers: headers, body: long).response.status == 413)
        let (_, many) = Self.multipart(part + "1\n" + part + "2\n" + part + "3\n--B--")
        #expect(try client.send("POST", "/form", headers: headers, body: many).response.status == 413)
        #expect(try client.post("/form", form: [("a", "1234567890")]).response.status == 413)
        let json: Headers = ["Content-Type": "application/json"]
        let large = Array("[\(String(repeating: "1,", count: 300))1]".utf8)
        #expect(try client.send("POST", "/json", headers: json, body: large).response.status == 413)
        #expect(try client.post("/form", form: [("a", "123")]).response.status == 200)
    }

    @Test("bad percent-encoding stands for itself, and bytes that are no UTF-8 become U+FFFD")
    func encoding() throws {
        let client = try TestClient(Self.app())
        let type: Headers = ["Content-Type": "application/x-www-form-urlencoded"]
        let answer = try client.send("POST", "/form", headers: type, body: Array("a=%zz&b=%ff&c=%&d".utf8))
        let json = try JSON(parsing: answer.response.body)
        #expect(json["fields"] == [["a", "%zz"], ["b", "\u{FFFD}"], ["c", "%"], ["d", ""]])
        #expect(try client.get("/%zz%f").response.status == 404)
    }

    @Test("a file's name is reduced to one that cannot leave a folder")
    func safeNames() {
        func safe(_ name: String) -> String {
            UploadedFile(name: "f", filename: name, contentType: "", headers: [:], bytes: []).safeFilename
        }
        #expect(safe("../../etc/passwd") == "passwd")
        #expect(safe("C:\\x\\my photo.png") == "my_photo.png")
        #expect(safe("...") == "file")
        #expect(safe("") == "file")
        #expect(safe("naïve\u{0}.txt") == "nave.txt")
    }

    @Test("cookies are read as they were set, whatever is in them")
    func cookies() throws {
        let odd = "a b;c,\"d\"\\é\u{7}"
        let app = App("cookies")
        app.get("/set") { _ in
            var response = Response("")
            try response.setCookie(Cookie("odd", odd, maxAge: 60))
            return response
        }
        app.get("/read") { request in request.cookie("odd") ?? "none" }
        app.get("/drop") { _ in
            var response = Response("")
            try response.deleteCookie("odd")
            return response
        }
        app.get("/bad") { _ in
            var response = Response("")
            try response.setCookie(Cookie("a\r\nb", "1"))
            return response
        }
        let client = try TestClient(app)
        let set = try client.get("/set").response.headers["Set-Cookie"] ?? ""
        #expect(set.contains("Max-Age=60") && set.contains("Path=/"))
        #expect(try client.get("/read").response.text == odd)
        _ = try client.get("/drop")
        #expect(try client.get("/read").response.text == "none")
        #expect(try client.get("/bad").response.status == 500)
        for header in ["=;;=", "a", "\"", "odd=\"", "odd=\"\\", ";=x;odd"] {
            #expect(try client.get("/read", headers: ["Cookie": header]).response.status == 200)
        }
    }

    @Test("JSON of another type is a 415, and what is not JSON a 400")
    func json() throws {
        let client = try TestClient(Self.app())
        #expect(try client.send("POST", "/json", body: Array("{}".utf8)).response.status == 415)
        let type: Headers = ["Content-Type": "application/vnd.api+json; charset=utf-8"]
        #expect(try client.send("POST", "/json", headers: type, body: Array("{\"a\":".utf8)).response.status == 400)
        let good = try client.send("POST", "/json", headers: type, body: Array("{\"é\": 1}".utf8))
        #expect(good.response.text == "{\"\\u00e9\":1}\n")
    }

    @Test("JSON that is nested as deep as it may be is read on a sub-thread too, and deeper is a 400")
    func deep() throws {
        let app = App("deep")
        app.post("/") { request in
            _ = try request.json()
            try await sleep(for: .milliseconds(1))
            return "read"
        }
        let client = try TestClient(app)
        for depth in [100, 128, 129, 500, 5000, 100_000] {
            let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let status = try client.send(
                "POST", "/", headers: ["Content-Type": "application/json"], body: Array(text.utf8)
            ).response.status
            #expect(status == (depth <= JSON.depthLimit ? 200 : 400), "\(depth)")
        }
    }
}
