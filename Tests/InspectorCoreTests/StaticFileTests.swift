// Files: validators, ranges, and no way out of their folder.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct StaticFileTests {
    private final class Folder {
        let path: String

        init() throws {
            path = FileManager.default.temporaryDirectory.path + "/inspector-static-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: path + "/public/sub", withIntermediateDirectories: true)
            try "0123456789".write(toFile: path + "/public/a.txt", atomically: true, encoding: .utf8)
            try "<b>".write(toFile: path + "/public/sub/b é.html", atomically: true, encoding: .utf8)
            try "".write(toFile: path + "/public/empty.css", atomically: true, encoding: .utf8)
            try "secret".write(toFile: path + "/secret", atomically: true, encoding: .utf8)
            try FileManager.default.createSymbolicLink(
                atPath: path + "/public/link", withDestinationPath: path + "/secret")
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func client(_ folder: Folder) throws -> TestClient {
        let app = App("files")
        app.staticFiles(in: folder.path + "/public")
        return try TestClient(app, depth: .socket)
    }

    @Test("a file comes with its type and length, and a client that has it is told so")
    func serves() throws {
        let folder = try Folder()
        let client = try client(folder)
        let first = try client.get("/static/a.txt").response
        #expect(first.text == "0123456789")
        #expect(first.headers["Content-Type"] == "text/plain; charset=utf-8")
        #expect(first.headers["Content-Length"] == "10")
        let tag = try #require(first.headers["ETag"])
        let date = try #require(first.headers["Last-Modified"])
        for condition: Headers in [
            ["If-None-Match": tag], ["If-None-Match": "\"x\", W/\(tag)"], ["If-None-Match": "*"],
            ["If-Modified-Since": date],
        ] {
            let again = try client.get("/static/a.txt", headers: condition).response
            #expect(again.status == 304, "\(condition)")
            #expect(again.body.isEmpty)
            #expect(again.headers["ETag"] == tag)
        }
        #expect(try client.get("/static/a.txt", headers: ["If-None-Match": "\"x\""]).response.status == 200)
        let head = try client.send("HEAD", "/static/a.txt").response
        #expect(head.headers["Content-Length"] == "10")
        #expect(head.body.isEmpty)
        #expect(try client.get("/static/sub/b%20%C3%A9.html").response.text == "<b>")
        #expect(try client.get("/static/empty.css").response.status == 200)
    }

    @Test(
        "a range of bytes is sent as asked",
        arguments: [
            ("bytes=2-4", 206, "234", "bytes 2-4/10"), ("bytes=7-", 206, "789", "bytes 7-9/10"),
            ("bytes=-3", 206, "789", "bytes 7-9/10"), ("bytes=0-99", 206, "0123456789", "bytes 0-9/10"),
            ("bytes=-99", 206, "0123456789", "bytes 0-9/10"), ("bytes=5-2", 200, "0123456789", nil),
            ("bytes=1-2,4-5", 200, "0123456789", nil), ("lines=1-2", 200, "0123456789", nil),
            ("bytes=a-b", 200, "0123456789", nil), ("bytes=-", 200, "0123456789", nil),
            ("bytes=10-", 416, nil, "bytes */10"), ("bytes=-0", 416, nil, "bytes */10"),
            ("bytes=99999999999999999999-", 416, nil, "bytes */10"),
        ] as [(String, Int, String?, String?)])
    func ranges(field: String, status: Int, text: String?, range: String?) throws {
        let folder = try Folder()
        let answer = try client(folder).get("/static/a.txt", headers: ["Range": field]).response
        #expect(answer.status == status)
        if let text { #expect(answer.text == text) }
        #expect(answer.headers["Content-Range"] == range)
    }

    @Test("a range whose condition no longer holds is answered with the whole")
    func ifRange() throws {
        let folder = try Folder()
        let client = try client(folder)
        let tag = try client.get("/static/a.txt").response.headers["ETag"] ?? ""
        let fits = try client.get("/static/a.txt", headers: ["Range": "bytes=0-1", "If-Range": tag]).response
        #expect(fits.status == 206)
        let old = try client.get("/static/a.txt", headers: ["Range": "bytes=0-1", "If-Range": "\"old\""]).response
        #expect(old.status == 200)
    }

    @Test(
        "no path leads out of the folder",
        arguments: [
            "/static/../secret", "/static/..%2Fsecret", "/static/%2e%2e/secret", "/static/sub/../../secret",
            "/static/link",
            "/static/a.txt%00.png", "/static//etc/passwd", "/static/%2Fetc%2Fpasswd", "/static/sub",
            "/static/..%5Csecret",
            "/static/./a.txt/", "/static/sub/..",
        ])
    func traversal(path: String) throws {
        let folder = try Folder()
        let answer = try client(folder).get(path).response
        #expect(answer.status == 404 || answer.status == 308, "\(answer.status) \(answer.text)")
        #expect(!answer.text.contains("secret\n") && answer.text != "secret" && !answer.text.contains("root:"))
    }

    @Test("a date is read in each of HTTP's three forms")
    func dates() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            #expect(HTTPDate.seconds(text: text) == 784_111_777, "\(text)")
        }
        #expect(HTTPDate.text(seconds: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        for text in ["", "x", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "1 2 3 4 5 6 7"] {
            #expect(HTTPDate.seconds(text: text) == nil, "\(text)")
        }
    }
}
