// Conditions and ranges of static files, in the order of RFC 9110, 13.2.2.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct FileConditionTests {
    /// A file of ten bytes, modified on a day that is known.
    private final class Served {
        let folder: String
        let client: TestClient
        let tag: String

        init() throws {
            folder = FileManager.default.temporaryDirectory.path + "/inspector-conditions-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "0123456789".write(toFile: folder + "/a.txt", atomically: true, encoding: .utf8)
            try "".write(toFile: folder + "/empty.txt", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)], ofItemAtPath: folder + "/a.txt")
            let app = App("files")
            app.staticFiles(in: folder)
            client = try TestClient(app)
            tag = try client.get("/static/a.txt").response.headers["ETag"] ?? ""
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }
    }

    private static let before = "Sat, 08 Sep 2001 01:46:40 GMT"
    private static let same = "Sun, 09 Sep 2001 01:46:40 GMT"
    private static let after = "Mon, 10 Sep 2001 01:46:40 GMT"

    /// `TAG` stands for the file's own.
    @Test(
        "conditions are asked in their order",
        arguments: [
            (["If-Match": "TAG"], 200), (["If-Match": "*"], 200), (["If-Match": "\"x\", TAG"], 200),
            (["If-Match": "\"x\""], 412), (["If-Match": "W/TAG"], 412), (["If-Match": ""], 412),
            (["If-Match": "\"x,TAG"], 412), (["If-Match": "\"a,b\",TAG"], 200),
            (["If-Unmodified-Since": before], 412), (["If-Unmodified-Since": same], 200),
            (["If-Unmodified-Since": after], 200), (["If-Unmodified-Since": "yesterday"], 200),
            // Step 2 is asked only without If-Match.
            (["If-Match": "TAG", "If-Unmodified-Since": before], 200),
            // A failed step 1 comes before step 3 and before a range.
            (["If-Match": "\"x\"", "If-None-Match": "TAG"], 412), (["If-Match": "\"x\"", "Range": "bytes=0-1"], 412),
            (["If-Match": "TAG", "If-None-Match": "TAG"], 304), (["If-Match": "TAG", "Range": "bytes=0-1"], 206),
            (["If-Unmodified-Since": same, "If-Modified-Since": same], 304),
            (["If-None-Match": "W/TAG"], 304), (["If-None-Match": "\"x\", \"TAG"], 200),
            (["If-None-Match": "\"x\"", "If-Modified-Since": after], 200), (["If-Modified-Since": before], 200),
            (["If-None-Match": "TAG", "Range": "bytes=0-1"], 304),
            (["Range": "bytes=0-1", "If-Range": same], 206), (["Range": "bytes=0-1", "If-Range": after], 200),
            (["Range": "bytes=0-1", "If-Range": "W/TAG"], 200),
        ] as [(Headers, Int)])
    func order(headers: Headers, status: Int) throws {
        let served = try Served()
        let fields = headers.fields.map {
            Headers.Field($0.name, $0.value.replacingOccurrences(of: "TAG", with: served.tag))
        }
        for method in ["GET", "HEAD"] {
            // A range is asked for with GET only (RFC 9110, 14.2).
            let expected = method == "HEAD" && status == 206 ? 200 : status
            let answer = try served.client.send(method, "/static/a.txt", headers: Headers(fields)).response
            #expect(answer.status == expected, "\(method) \(fields)")
        }
    }

    @Test(
        "a position past what a number holds is a position past the end (RFC 9110, 14.1.2)",
        arguments: [
            ("bytes=0-99999999999999999999", 206, "0123456789", "bytes 0-9/10"),
            ("bytes=8-18446744073709551615", 206, "89", "bytes 8-9/10"),
            ("bytes=-99999999999999999999", 206, "0123456789", "bytes 0-9/10"),
            ("bytes=9223372036854775807-", 416, nil, "bytes */10"),
            ("bytes=99999999999999999999-99999999999999999999", 416, nil, "bytes */10"),
            ("Bytes= 1-2", 206, "12", "bytes 1-2/10"), ("bytes=+1-2", 200, "0123456789", nil),
            ("bytes=1 - 2", 200, "0123456789", nil), ("bytes=\u{661}-2", 200, "0123456789", nil),
            ("bytes=0\u{301}-2", 200, "0123456789", nil), ("bytes=0-1-2", 200, "0123456789", nil),
            ("bytes", 200, "0123456789", nil),
        ] as [(String, Int, String?, String?)])
    func ranges(field: String, status: Int, text: String?, range: String?) throws {
        let served = try Served()
        let answer = try served.client.get("/static/a.txt", headers: ["Range": field]).response
        // The file is there until the last look at what serves it.
        #expect(!served.tag.isEmpty)
        #expect(answer.status == status)
        if let text { #expect(answer.text == text) }
        #expect(answer.headers["Content-Range"] == range)
    }

    @Test("of an empty file the last bytes are the whole, and no position is in it")
    func empty() throws {
        let served = try Served()
        #expect(try served.client.get("/static/empty.txt", headers: ["Range": "bytes=-5"]).response.status == 200)
        #expect(try served.client.get("/static/empty.txt", headers: ["Range": "bytes=0-"]).response.status == 416)
    }

    @Test(
        "a date has digits and nothing else in its numbers",
        arguments: [
            "Sun, +6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov +994 08:49:37 GMT", "Sun, 06 Nov 1994 +8:49:37 GMT",
            "Sun, \u{660}6 Nov 1994 08:49:37 GMT",
        ])
    func dates(text: String) { #expect(HTTPDate.seconds(text: text) == nil) }

    @Test("a date past the year 9999 is that year's last second, for the form has four digits")
    func farDates() {
        #expect(HTTPDate.text(seconds: .max) == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(HTTPDate.text(seconds: .min) == "Mon, 01 Jan 0001 00:00:00 GMT")
    }

    @Test("what a file is to be saved as cannot leave its field (RFC 6266, 4.3)")
    func downloadName() throws {
        let served = try Served()
        let app = App("downloads")
        let folder = served.folder
        app.get("/") { request in
            try Response.file("a.txt", in: folder, for: request, downloadName: "a\r\n\"\\e\u{301};é.txt")
        }
        let answer = try TestClient(app, depth: .socket).get("/").response
        #expect(
            answer.headers["Content-Disposition"]
                == "attachment; filename=\"a____e_;_.txt\"; filename*=UTF-8''a%0D%0A%22%5Ce%CC%81%3B%C3%A9.txt")
    }
}
