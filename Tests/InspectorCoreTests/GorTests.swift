// GoReplay's .gor: records with answers, line ends of other systems, what is broken, huge or without an end, and back.

import Foundation
import Glibc
import Testing

@testable import InspectorCore

@Suite struct GorTests {
    @Test("a .gor file gives requests with the answers that have their ids")
    func gor() throws {
        let file =
            "1 aaaa000000000000 1700000000000000000 0\nPOST /a?b=c HTTP/1.1\r\nHost: x.example\r\nContent-Length: 5\r\n\r\nhello"
            + TrafficFormatTests.separator
            + "2 aaaa000000000000 1700000000050000000 50000000\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"
            + TrafficFormatTests.separator + "3 aaaa000000000000 1700000000050000000 50\nHTTP/1.1 500 No\r\n\r\n"
            + TrafficFormatTests.separator
        let index = try TrafficFormatTests.index(file)
        #expect(index.formatName == "GoReplay .gor")
        let request = try #require(try TrafficFormatTests.requests(index).first)
        #expect(request.method == "POST" && request.target == "/a?b=c" && request.host == "x.example")
        #expect(TrafficFormatTests.text(request.body) == "hello")
        #expect(request.time == 1_700_000_000_000_000_000)
        #expect(request.response?.status == 201)
        #expect(TrafficFormatTests.text(request.response?.body) == "ok")
        #expect(request.response?.duration == 50_000_000)
        #expect(index.notes.contains { $0.reason.contains("1 record is an answer of an earlier replay") })
    }

    @Test(
        "a .gor record is framed by its separator: bodies with line breaks, a missing end, a head without an empty line"
    )
    func gorFrames() throws {
        let body = "a\n\n🐵🙈🙉x\n"
        let file =
            "1 ab 1700000000000000000 0\nPOST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n\(body)"
            + TrafficFormatTests.separator
            + "1 ac 1700000000000000001\nGET /head HTTP/1.1\r\nHost: y\r\n" + TrafficFormatTests.separator
            + "nonsense\n" + TrafficFormatTests.separator + "1 ad 0 0\nGET /last HTTP/1.1\r\n\r\n"
        let index = try TrafficFormatTests.index(file)
        let requests = try TrafficFormatTests.requests(index)
        #expect(requests.map(\.target) == ["/", "/head", "/last"])
        #expect(TrafficFormatTests.text(requests[0].body) == body)
        #expect(requests[2].time == nil)
        #expect(index.skipped == ["its first line is not a type, id and time": 1])
        #expect(index.notes.contains { $0.place == "record 1" && $0.reason.contains("its header says 99") })
        #expect(index.notes.contains { $0.place == "record 4" && $0.reason.contains("without the line that ends") })
    }

    @Test("chunks are taken out of a body, and the middleware's hex form is told")
    func gorForms() throws {
        let file =
            "1 ab 1700000000000000000 0\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            + TrafficFormatTests.separator
        #expect(
            TrafficFormatTests.text(try TrafficFormatTests.requests(TrafficFormatTests.index(file)).first?.body)
                == "abcde")
        let hex = "1 ab 17 0\nGET / HTTP/1.1\r\n\r\n".utf8.map { String($0 < 16 ? "0" : "") + String($0, radix: 16) }
            .joined()
        #expect(throws: TrafficFileError.self) { try TrafficFormatTests.index(hex + "\n") }
    }

    @Test(
        "line ends that an editor changed are taken back: of the head, between records, of a body where its length says so"
    )
    func gorLineEnds() throws {
        let index = try FormatCase.kept("gor-windows-line-ends.gor")
        let requests = try TrafficFormatTests.requests(index)
        #expect(requests.map(\.target) == ["/city/oslo", "/city/oslo"])
        #expect(requests.allSatisfy { $0.body.isEmpty } && requests[1].time == 1_704_353_103_000_000_000)
        let plain =
            "1 ab 5 0\nPOST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\na\nb\n" + TrafficFormatTests.separator
            + "2 ab 6 1\nHTTP/1.1 200 OK\r\n\r\n" + TrafficFormatTests.separator + "1 ac 7\nGET /b HTTP/1.1\r\n\r\n"
            + TrafficFormatTests.separator
        let changed = plain.replacingOccurrences(of: "\r\n", with: "\n").replacingOccurrences(of: "\n", with: "\r\n")
        for (text, isChanged) in [(plain, false), (changed, true), (plain + changed, true)] {
            let index = try TrafficFormatTests.index(text)
            let requests = try TrafficFormatTests.requests(index)
            #expect(
                requests.allSatisfy {
                    $0.target == "/b" ? $0.body.isEmpty : TrafficFormatTests.text($0.body) == "a\nb\n"
                })
            #expect(requests[0].response?.status == 200)
            #expect(index.says("changed to CR LF") == isChanged)
        }
        // In a file that was not changed, monkeys with a CR are a part of a body.
        let body = "x\n🐵🙈🙉\r\ny"
        let one = try TrafficFormatTests.index(
            "1 ab 5 0\nPOST / HTTP/1.1\r\n\r\n\(body)" + TrafficFormatTests.separator)
        #expect(TrafficFormatTests.text(try TrafficFormatTests.requests(one).first?.body) == body)
    }

    @Test("a first record that is broken costs itself, and an id may be anything without a space")
    func gorRecords() throws {
        let broken = try FormatCase.kept("gor-first-record-broken.gor")
        #expect(broken.formatName == "GoReplay .gor" && broken.entries.count == 2)
        #expect(broken.skipped == ["its first line is not a type, id and time": 1])
        #expect(try FormatCase.kept("gor-id-not-hex.gor").entries.count == 2)
        let answered = try TrafficFormatTests.index(
            "1 id/é-1 5 0\nGET / HTTP/1.1\r\nA\r\nB: c\r\n  d\r\n\r\n" + TrafficFormatTests.separator
                + "2 id/é-1 6 1\nHTTP/1.1 201 OK\r\n\r\n" + TrafficFormatTests.separator)
        let request = try #require(try TrafficFormatTests.requests(answered).first)
        #expect(request.response?.status == 201 && request.headers["B"] == "c d")
        #expect(answered.says("a line of its head is not a header and is left out: A"))
    }

    @Test("a huge file without the line that ends a record is skipped by its size, and never held")
    func gorWithoutEnd() throws {
        try FormatCase.inFolder(["a.gor": "1 ab 5 0\nGET / HTTP/1.1\r\n\r\n"]) { folder in
            let path = folder.appendingPathComponent("a.gor").path
            // Nothing but a hole behind the first lines: it takes no room on the disk.
            #expect(truncate(path, 600_000_000) == 0)
            func most() throws -> Int {
                let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
                return try #require(status.firstMatch(of: /VmHWM:\s+(\d+) kB/).flatMap { Int($0.1) })
            }
            let before = try most()
            let index = try TrafficIndex(path: path)
            #expect(index.skipped == ["it is too large": 1] && index.count == 1)
            #expect(index.says("(600000000 bytes)") && !index.says("it is taken"))
            // In kB, of a process in which other tests run as well: 600 MB would be seen.
            #expect(try most() - before < 300_000)
        }
    }

    @Test("a three-field record with CR LF is converted, far times and the line of monkeys in a body as well")
    func gorConverted() throws {
        try FormatCase.inFolder([:]) { folder in
            func converted(_ index: TrafficIndex, _ name: String) throws -> TrafficIndex {
                let path = folder.appendingPathComponent(name).path
                let writer = try TrafficWriter(kind: .gor, path: path)
                for request in try TrafficFormatTests.requests(index) { try writer.write(request) }
                try writer.finish()
                return try TrafficIndex(path: path)
            }
            let changed = try converted(FormatCase.kept("gor-windows-line-ends.gor"), "a.gor")
            #expect(try TrafficFormatTests.requests(changed).map(\.target) == ["/city/oslo", "/city/oslo"])
            let far = try TrafficFormatTests.index(
                "1 ab 18446744073709551615\nGET / HTTP/1.1\r\n\r\n" + TrafficFormatTests.separator
                    + "2 ab 1 18446744073709551615\nHTTP/1.1 200 OK\r\n\r\n" + TrafficFormatTests.separator)
            #expect(try converted(far, "b.gor").entries.count == 1)
            let body = Array("🐵🙈🙉\nx\n🐵🙈🙉\n1 ab 5 0\nGET /evil HTTP/1.1\r\n\r\n\n🐵🙈🙉".utf8)
            let request = try RecordedRequest(
                method: "POST", url: "http://x/", body: body, time: 1, place: "",
                response: RecordedResponse(
                    status: 200, headers: ["A": "b\n\n🐵🙈🙉\n1 ab 5 0\nGET /evil HTTP/1.1\r\n\r\n", "C": "d"], body: body)
            )
            #expect(request.remarks.count == 1)
            let path = folder.appendingPathComponent("c.gor").path
            let writer = try TrafficWriter(kind: .gor, path: path)
            try writer.write(request)
            try writer.finish()
            #expect(writer.left.keys.contains { $0.contains("a header of its answer is left out") })
            let back = try TrafficFormatTests.requests(TrafficIndex(path: path))
            #expect(back.count == 1 && back.first?.body == body && back.first?.response?.body == body)
            #expect(back.first?.response?.headers["C"] == "d")
        }
    }
}
