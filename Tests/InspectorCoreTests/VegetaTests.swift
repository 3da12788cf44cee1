// Lists of vegeta's with targets that are none: the list stays one, and each of them is skipped and named.

import Testing

@testable import InspectorCore

@Suite struct VegetaTests {
    private func read(_ text: String) throws -> (index: TrafficIndex, targets: [String]) {
        let index = try FormatCase.index(text, "targets.txt")
        return (index, try FormatCase.requests(index).map { "\($0.method) \($0.target)" })
    }

    private static let bare = "it has a method and no address"
    private static let small = "its method is not in capitals"
    private static let odd = "its address is neither absolute nor a path"

    @Test(
        "a target without an address, or with another fault, makes no other kind of a list",
        arguments: [
            ("GET http://x/a\n\nGET\n\nGET http://x/b\n", bare, 3),
            ("GET http://x/a\nGET\nGET http://x/b\n", bare, 2),
            ("GET http://x/a\nA: b\n\nGET\nA: b\n@none\nGET http://x/b\n", bare, 4),
            ("GET http://x/a\n\nGET  \r\nA: b\r\n\r\nGET http://x/b\r\n", bare, 3),
            ("GET\nGET http://x/a\n\nGET http://x/b\n", bare, 1),
            ("\n\n# c\nPOST\n\nGET http://x/a\nGET http://x/b\n", bare, 4),
            ("GET http://x/a\n\nGET HTTP/1.1\n\nGET http://x/b\n", bare, 3),
            ("GET http://x/a\n\nget\n\nGET http://x/b\n", bare, 3),
            ("GET http://x/a\nGET http://x/b\n\nDELETE", bare, 4),
            ("get http://x/c\nGET http://x/a\n\nGET http://x/b\n", small, 1),
            ("GET http://x/a\n\nget http://x/c\nA: b\n\nGET http://x/b\n", small, 3),
            ("GET http://x/a\nget /c\nGET http://x/b\n", small, 2),
            ("GET http://x/a\n\nGET localhost:8080/c\n\nGET http://x/b\n", odd, 3),
            ("GET http://x/a\n\nGET x HTTP/1.1\nA: b\n\nGET http://x/b\n", odd, 3),
        ])
    func faults(text: String, reason: String, line: Int) throws {
        let (index, targets) = try read(text)
        #expect(index.formatName == "vegeta targets")
        #expect(targets == ["GET /a", "GET /b"])
        #expect(index.skipped == [reason: 1])
        #expect(index.notes.contains { $0.place == "line \(line)" && $0.reason == "skipped: \(reason)" })
    }

    @Test("what stands behind a target's head and looks like no target is a body still, and the file a .http file")
    func bodies() throws {
        for body in ["DELETE FROM cities", "get well soon", "hello", "{}"] {
            #expect(try read("POST http://x/a\n\n\(body)\n").index.formatName == ".http requests", "\(body)")
        }
        let named = try FormatCase.index("POST http://x/a\n\nGET\n", "x.http")
        #expect(FormatCase.text(try FormatCase.requests(named).first?.body) == "GET")
    }

    @Test("a list in JSON stays one, though its first target has no address")
    func json() throws {
        let rest = #"{"method":"GET","url":"http://x/a"}"# + "\n" + #"{"method":"GET","url":"http://x/b"}"# + "\n"
        for first in [#"{"method":"GET"}"#, "{}", #"{"url":5,"method":"GET","header":{}} "#] {
            let (index, targets) = try read("\(first)\n\(rest)")
            #expect(index.formatName == "vegeta targets (JSON)" && targets == ["GET /a", "GET /b"], "\(first)")
            #expect(index.skipped == ["it has no method or no url": 1])
        }
        for first in [#"{"method":"GET","to":"/"}"#, #"{"method":"GET","#] {
            #expect(throws: TrafficFileError.self, "\(first)") { try read("\(first)\n\(rest)") }
        }
    }
}
