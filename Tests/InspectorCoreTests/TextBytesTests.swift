// What clients send is cut and compared by its bytes: a mark after a separator joins it for the eye only, and two
// spellings of a letter are two texts. Flask's answers were taken from Flask 3.1.3.

import Testing

@testable import InspectorCore

@Suite struct TextBytesTests {
    @Test("forms and queries are cut at bytes, and a name is found by its bytes")
    func forms() throws {
        let client = try TestClient(FormTests.app())
        let type: Headers = ["Content-Type": "application/x-www-form-urlencoded"]
        let body = "a=1&\u{301}b=2&c=\u{338}3&=d&e"
        let answer = try client.send("POST", "/form", headers: type, body: Array(body.utf8))
        #expect(
            try JSON(parsing: answer.response.body)["fields"]
                == [["a", "1"], ["\u{301}b", "2"], ["c", "\u{338}3"], ["", "d"], ["e", ""]])
        var form = Form()
        form.fields = [("e\u{301}", "two"), ("\u{E9}", "one")]
        #expect(form["\u{E9}"] == "one")
        #expect(form.all("e\u{301}") == ["two"])
        let app = App("args")
        app.get("/") { request in request.arg("\u{E9}") ?? "none" }
        let args = try TestClient(app)
        #expect(try args.get("/?e%CC%81=2&%C3%A9=1").response.text == "1")
        #expect(try args.get("/?e%CC%81=2").response.text == "none")
    }

    @Test("an address is a rule's when its bytes are, whatever it looks like")
    func routes() throws {
        let app = App("routes")
        app.get("/\u{E9}") { _ in "one" }
        app.get("/e\u{301}") { _ in "two" }
        app.get("/only/\u{E9}") { _ in "only" }
        let client = try TestClient(app)
        #expect(try client.get("/%C3%A9").response.text == "one")
        #expect(try client.get("/e%CC%81").response.text == "two")
        #expect(try client.get("/only/e%CC%81").response.status == 404)
    }

    @Test(
        "separators, spaces and digits are bytes",
        arguments: [
            ("a,\u{301}b", ["a", "\u{301}b"]), (",", ["", ""]), ("", [""]), ("é,é", ["é", "é"]),
            ("a\u{338},b", ["a\u{338}", "b"]),
        ] as [(String, [String])])
    func splits(text: String, parts: [String]) {
        #expect(text.split(atByte: ",").map(String.init) == parts)
        #expect(text.cut(atByte: ",").map { String($0.before) } == (parts.count > 1 ? parts[0] : nil))
    }

    @Test("white space is spaces and tabs, and a mark after one does not keep it")
    func trims() {
        #expect(" \t a b\t".trimmed == "a b")
        #expect(" \u{301}a ".trimmed.utf8.elementsEqual("\u{301}a".utf8))
        #expect("".trimmed == "" && " \t".trimmed == "" && "\u{A0}a".trimmed == "\u{A0}a")
    }

    @Test("numbers are ASCII digits without a sign, and stop at the largest")
    func numbers() {
        #expect("007".wholeNumber == 7)
        #expect("99999999999999999999".wholeNumber == .max)
        for text in ["", "+5", "-5", " 5", "5 ", "\u{663}", "5\u{301}", "0x5", "5_0", "\u{FF15}"] {
            #expect(text.wholeNumber == nil, "\(text)")
        }
    }

    @Test("lower case is ASCII's: no other letter becomes one of a name's")
    func lowers() {
        #expect("ChUnKeD".loweredASCII == "chunked")
        #expect("chun\u{212A}ed".loweredASCII != "chunked")
        #expect("\u{130}".loweredASCII == "\u{130}")
    }

    @Test("a file's name is reduced byte by byte")
    func fileNames() {
        func safe(_ name: String) -> String {
            UploadedFile(name: "f", filename: name, contentType: "", headers: [:], bytes: []).safeFilename
        }
        #expect(safe("a/\u{301}b") == "b")
        #expect(safe(".\u{338}x") == "x")
        #expect(safe(String(repeating: "a", count: 300)).utf8.count == 200)
    }

    @Test("a line of an event's data is one at every kind of line's end, and no field slips in")
    func events() {
        let event = ServerSentEvent("a\rb\nc\r\nd\n", event: "e\nx: 1\0", id: "i\r\0")
        #expect(event.text == "event: ex: 1\nid: i\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\n")
        #expect(ServerSentEvent("").text == "data: \n\n")
        #expect(ServerSentEvent("a\n\u{301}b").text.utf8.elementsEqual("data: a\ndata: \u{301}b\n\n".utf8))
    }
}
