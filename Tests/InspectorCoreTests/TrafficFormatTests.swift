// Traffic files: what each kind gives, what is odd in real ones, and what is not taken and why.

import Foundation
import Glibc
import Testing

@testable import InspectorCore

@Suite struct TrafficFormatTests {
    static func index(_ bytes: [UInt8], _ name: String = "traffic") throws -> TrafficIndex {
        let index = try TrafficIndex(bytes: TrafficBytes(bytes: bytes, name: name))
        #expect(index.count == index.entries.count + index.skipped.values.reduce(0, +))
        return index
    }

    static func index(_ text: String, _ name: String = "traffic") throws -> TrafficIndex {
        try index(Array(text.utf8), name)
    }

    static func requests(_ index: TrafficIndex) throws -> [RecordedRequest] {
        try index.entries.map { try index.request($0) }
    }

    /// What ends a record of a .gor file.
    static let separator = "\n🐵🙈🙉\n"

    static func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test("a HAR written by us keeps a packed body, and a time that is not known")
    func harConverted() throws {
        try FormatCase.inFolder([:]) { folder in
            let packed = try #require(Data(base64Encoded: "H4sIAAAAAAAAA8tIzcnJV8hAkFwAO3yK3xIAAAA="))
            let path = folder.appendingPathComponent("a.har").path
            let writer = try TrafficWriter(kind: .har, path: path)
            for (coding, body) in [("gzip", Array(packed)), ("br", [0xFF, 1, 2])] {
                try writer.write(
                    RecordedRequest(
                        method: "POST", url: "/a", headers: ["Content-Encoding": coding], body: body, place: "",
                        response: RecordedResponse(status: 200)))
            }
            try writer.finish()
            #expect(writer.left["a request without a host was given localhost"] == 2)
            #expect(writer.left.keys.contains { $0.contains("packed in a way that a HAR cannot hold") })
            let back = try Self.requests(TrafficIndex(path: path))
            #expect(Self.text(back[0].body) == "hello hello hello\n" && back[0].headers["Content-Encoding"] == nil)
            #expect(back[1].body == [0xFF, 1, 2] && back[1].headers["Content-Encoding"] == "br")
            #expect(back.allSatisfy { $0.response?.duration == nil && $0.response?.status == 200 })
        }
    }

    // MARK: Access logs

    @Test("lines of access logs: hosts in front, escapes, spaces, dashes, times behind, and lines that are none")
    func accessLog() throws {
        let file = """
            1.2.3.4 - - [04/Jan/2020:07:25:02 +0100] "GET /a b?x=\\"1\\"&y=\\x41 HTTP/1.1" 404 522 "-" "curl/7"
            www.x.example:443 1.2.3.4 - ada [04/Jan/2020:07:25:02 +0100] "HEAD / HTTP/2.0" 200 - "http://r/" "a \\"b\\""
            ::1 - - [04/Jan/2020:07:25:03 +0100] "GET /c HTTP/1.0" - - "-" "-" 12 "router" "http://b" 340ms
            1.2.3.4 - - [04/Jan/2020:07:25:04 +0100] "" 400 0 "-" "-"
            1.2.3.4 - - [04/Jan/2020:07:25:04 +0100] "POST /form HTTP/1.1" 200 1 "-" "-"
            1.2.3.4 - - [04/Jan/2020:07:25:04 +0100] "\\x16\\x03\\x01" 400 157 "-" "-"
            1.2.3.4 - - [04/Jan/2020:07:25:04 +0100] "HELP" 400 157
            2020/01/04 07:25:04 [error] 31#31: no such file, request: "GET /market/ HTTP/1.1"

            """
        let index = try Self.index(file)
        #expect(index.formatName == "access log, combined")
        let requests = try Self.requests(index)
        #expect(requests.map(\.target) == ["/a%20b?x=\"1\"&y=A", "/", "/c"])
        #expect(requests[1].host == "www.x.example:443" && requests[1].method == "HEAD")
        #expect(requests[1].headers["Referer"] == "http://r/" && requests[1].headers["User-Agent"] == "a \"b\"")
        #expect(requests[0].status == 404 && requests[0].response?.size == 522)
        #expect(requests[2].status == nil)
        let start: UInt64 = 1_578_119_102_000_000_000
        #expect(requests[0].time == start)
        // With a time behind, the line's own time is the end.
        let timed = try Self.index(
            "1.2.3.4 - - [04/Jan/2020:07:25:03 +0100] \"GET /c HTTP/1.0\" 200 5 \"-\" \"-\" rt=0.340\n")
        #expect(try Self.requests(timed)[0].time == start + 660_000_000)
        #expect(try Self.requests(timed)[0].response?.duration == 340_000_000)
        #expect(
            index.skipped == [
                "the client sent no request": 1, "its body is not in the log": 1,
                "what the client sent is not an HTTP request": 2, "it is not a line of an access log": 1,
            ])
    }

    @Test("requests of one second are spread evenly within it, in the order of their lines")
    func spread() throws {
        let lines = (0..<4).map { "h - - [04/Jan/2020:06:25:02 +0000] \"GET /\($0) HTTP/1.1\" 200 1\n" }.joined()
        let index = try Self.index(lines)
        let first = try #require(index.entries.first?.time)
        #expect(index.entries.map { ($0.time ?? 0) - first } == [0, 250_000_000, 500_000_000, 750_000_000])
        #expect(index.notes.contains { $0.reason.contains("whole seconds") })
    }

    @Test("Caddy's lines end when the request does; what was blacked out is not sent")
    func caddy() throws {
        let file = """
            caddy  | {"level":"info","msg":"serving initial configuration"}
            caddy  | {"logger":"http.log.access","ts":1693840791.75,"duration":0.25,"request":{"method":"GET","host":"x:8080",\
            "uri":"/a","headers":{"Authorization":[],"Cookie":["REDACTED"],"Accept":["*/*"]}},"status":0,"size":7}

            """
        let index = try Self.index(file)
        let request = try #require(try Self.requests(index).first)
        #expect(request.time == 1_693_840_791_500_000_000)
        #expect(request.headers.fields.map(\.name) == ["Accept"])
        #expect(request.host == "x:8080" && request.response == nil)
        #expect(index.skipped == ["it is not a line of an access log": 1])
    }

    // MARK: Lists of requests

    @Test("vegeta's targets, as text and as JSON, with bodies from beside the file and from nowhere else")
    func vegeta() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inspector-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try "payload".write(to: folder.appendingPathComponent("body.txt"), atomically: true, encoding: .utf8)
        let file = folder.appendingPathComponent("targets.txt")
        try """
        # a comment
        GET http://x.example/a
        X-Case: Kept
        # inside

        POST http://x.example/b
        @body.txt
        DELETE http://x.example/c
        PUT http://x.example/d
        @../../etc/passwd

        """.write(to: file, atomically: true, encoding: .utf8)
        let index = try TrafficIndex(path: file.path)
        let requests = try Self.requests(index)
        #expect(requests.map { "\($0.method) \($0.target)" } == ["GET /a", "POST /b", "DELETE /c"])
        #expect(requests[0].headers.fields.first?.name == "X-Case")
        #expect(Self.text(requests[1].body) == "payload")
        #expect(index.skipped.keys.allSatisfy { $0.contains("outside the folder") })
        let json = try Self.index(
            "{\"method\":\"POST\",\"url\":\"http://x/a\",\"header\":{\"A\":[\"1\",\"2\"]},\"body\":\"aGk=\"}\n{\"method\":\"GET\"}\n"
                + "{\"method\":\"GET\",\"url\":\"http://x/b\",\"body\":\"§\"}\n")
        #expect(json.formatName == "vegeta targets (JSON)")
        let target = try #require(try Self.requests(json).first)
        #expect(Self.text(target.body) == "hi" && target.headers.all("A") == ["1", "2"])
        #expect(json.skipped.values.reduce(0, +) == 2)
        #expect(Plan(indexes: [json]).pace == .closed)
    }

    @Test("two targets in JSON on one line are not taken for one")
    func vegetaTwoOnALine() throws {
        let target = #"{"method":"GET","url":"http://h/x"}"#
        let index = try Self.index("\(target)\n\(target) \(target)\n\(target)\t\n")
        #expect(index.entries.count == 2 && index.skipped == ["more than one object stands on its line": 1])
    }

    @Test("vegeta's targets with versions, with comments of any kind; JSON with texts for headers, cut lines skipped")
    func vegetaForms() throws {
        let versions = try FormatCase.kept("vegeta-request-lines-with-version.txt")
        #expect(versions.formatName == "vegeta targets")
        #expect(try Self.requests(versions).map(\.target) == ["/city/oslo", "/city/lima"])
        #expect(try Self.requests(versions).allSatisfy { $0.headers["Accept"] == "*/*" && $0.body.isEmpty })
        let comments = try FormatCase.kept("vegeta-section-comments.txt")
        #expect(comments.formatName == "vegeta targets" && comments.entries.count == 2)
        let json = try Self.index(
            #"{"method":"GET","url":"http://x/a","header":{"B":["1",2],"A":"3","C":[{}]}}"# + "\n"
                + #"{"method":"GET","url":"http://x/b""# + "\n")
        #expect(try Self.requests(json).map(\.target) == ["/a"])
        #expect(
            try Self.requests(json)[0].headers.fields
                == [Headers.Field("B", "1"), Headers.Field("B", "2"), Headers.Field("A", "3")])
        #expect(json.says("the header C is left out") && json.skipped == ["it is not a JSON object": 1])
    }

    @Test(".http files: variables, comments, bodies; scripts are not run, and that is told")
    func httpFile() throws {
        let file = """
            @host = http://x.example
            ### first
            # a comment
            GET {{host}}/a
                ?b=1
                &c=2
            Accept: */*

            ### second
            POST {{host}}/b HTTP/1.1
            Content-Type: application/json

            {"a": 1,
             "b": 2}

            > {%
              client.test("x")
            %}

            ###
            {{host}}/plain
            ###
            GET {{nobody}}/x

            """
        let index = try Self.index(file, "x.http")
        #expect(index.formatName == ".http requests")
        let requests = try Self.requests(index)
        #expect(requests.map { "\($0.method) \($0.target)" } == ["GET /a?b=1&c=2", "POST /b", "GET /plain"])
        #expect(Self.text(requests[1].body) == "{\"a\": 1,\n \"b\": 2}")
        #expect(index.notes.contains { $0.reason == "a script is not run" })
        #expect(index.skipped == ["the variable nobody has no value": 1])
    }

    // MARK: What is common

    @Test("the kind is seen from what is in a file, not from its name; what is none is one sentence")
    func kinds() throws {
        let gor = "1 ab 1700000000000000000 0\nGET / HTTP/1.1\r\n\r\n" + Self.separator
        #expect(try Self.index(gor, "wrong.har").formatName == "GoReplay .gor")
        #expect(try Self.index("\u{FEFF}{\"log\":{\"entries\":[]}}", "x.log").formatName == "HAR 1.2")
        for text in ["hello world\n", "\u{0}\u{1}\u{2}", "   \n\n", "%PDF-1.4\n", "GET\n"] {
            #expect(throws: TrafficFileError.self, "\(text)") { try Self.index(text) }
        }
    }

    @Test("gzip is unpacked by content: several members, a cut one, a broken one, a bomb")
    func gzip() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inspector-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func shell(_ command: String) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "cd '\(folder.path)' && \(command)"]
            try process.run()
            process.waitUntilExit()
        }
        let record = "1 ab 1700000000000000000 0\nGET /x HTTP/1.1\r\n\r\n" + Self.separator
        try record.write(to: folder.appendingPathComponent("a"), atomically: true, encoding: .utf8)
        try shell(
            "gzip -c a > one.gor.gz; cat one.gor.gz one.gor.gz > two; head -c 40 one.gor.gz > cut; (cat one.gor.gz; echo junk) > junk"
        )
        try shell("printf '\\037\\213garbage' > bad; head -c 300000000 /dev/zero | gzip -9 > bomb")
        func count(_ name: String) throws -> Int {
            try TrafficIndex(path: folder.appendingPathComponent(name).path).entries.count
        }
        #expect(try count("one.gor.gz") == 1)
        #expect(try count("two") == 2)
        #expect(
            try TrafficIndex(path: folder.appendingPathComponent("junk").path).notes.contains {
                $0.reason.contains("left out")
            })
        #expect(throws: TrafficFileError.self) { try count("bad") }
        do {
            _ = try count("bomb")
            Issue.record("the bomb was unpacked")
        } catch { #expect("\(error)".contains("times as large"), "\(error)") }
        // Cut within the only member there may be nothing to read, but never a crash.
        _ = try? count("cut")
        #expect(throws: TrafficFileError.self) { try count("nothing") }
        #expect(throws: TrafficFileError.self) { try TrafficIndex(path: folder.path) }
    }

    @Test("HAR to .gor to HAR keeps what both can hold, and so does a recording")
    func roundTrip() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inspector-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var requests: [RecordedRequest] = []
        for number in 0..<20 {
            let body: [UInt8] =
                number % 3 == 0 ? [] : number % 3 == 1 ? Array("text \n\n é".utf8) : [0, 255, 10, 13, 10]
            requests.append(
                try RecordedRequest(
                    method: body.isEmpty ? "GET" : "POST", url: "http://x.example:8080/p/\(number)?q=\(number)",
                    headers: ["X-A": "1", "Content-Type": "x/y"], body: body,
                    time: 1_700_000_000_000_000_123 + UInt64(number) * 1_000_000, place: "",
                    response: RecordedResponse(
                        status: 200 + number, headers: ["X-B": "ü"], body: body, duration: 5_000_000)))
        }
        func write(
            _ kind: TrafficWriter.Kind, _ name: String, _ requests: [RecordedRequest]
        ) throws -> [RecordedRequest] {
            let path = folder.appendingPathComponent(name).path
            let writer = try TrafficWriter(kind: kind, path: path)
            for request in requests { try writer.write(request) }
            try writer.finish()
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            #expect(throws: TrafficFileError.self) { try TrafficWriter(kind: kind, path: path) }
            return try Self.requests(try TrafficIndex(path: path))
        }
        let har = try write(.har, "a.har", requests)
        let gor = try write(.gor, "b.gor", har)
        let again = try write(.har, "c.har", gor)
        let recording = try write(.recording, "d.jsonl", again)
        for other in [har, gor, again, recording] {
            #expect(other.count == 20)
            for (before, after) in zip(requests, other) {
                #expect(before.method == after.method && before.target == after.target && before.host == after.host)
                #expect(before.body == after.body && before.time == after.time)
                #expect(before.headers["X-A"] == after.headers["X-A"])
                #expect(before.response?.status == after.response?.status)
                #expect(before.response?.body == after.response?.body)
                #expect(before.response?.duration == after.response?.duration)
                #expect(after.response?.headers["X-B"] == "ü")
            }
        }
    }

    @Test("an answer without its body comes back through .gor without one, and a packed body is compared unpacked")
    func bodies() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inspector-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.gor").path
        let writer = try TrafficWriter(kind: .gor, path: path)
        for size in [nil, 700] {
            try writer.write(
                RecordedRequest(
                    method: "GET", url: "http://x/a.png", time: 1, place: "",
                    response: RecordedResponse(status: 203, headers: ["X-A": "1"], size: size)))
        }
        try writer.finish()
        let back = try Self.requests(try TrafficIndex(path: path)).map(\.response)
        #expect(back.map { $0?.status } == [203, 203])
        #expect(back.map { $0?.headers.fields } == [[Headers.Field("X-A", "1")], [Headers.Field("X-A", "1")]])
        #expect(back.map { $0?.body } == [nil, nil] && back.map { $0?.size } == [nil, 700])

        // printf 'hello hello hello\n' | gzip -n
        let packed = try #require(Data(base64Encoded: "H4sIAAAAAAAAA8tIzcnJV8hAkFwAO3yK3xIAAAA="))
        let plain = Array("hello hello hello\n".utf8)
        for (coding, body, expected) in [("gzip", Array(packed), plain), ("br", [1, 2, 3], [1, 2, 3])] {
            let head = "HTTP/1.1 200 OK\r\nContent-Encoding: \(coding)\r\nContent-Length: \(body.count)\r\n\r\n"
            var bytes = Array("1 ab 1 0\nGET / HTTP/1.1\r\n\r\n\(Self.separator)2 ab 2 1\n\(head)".utf8)
            bytes += body + Array(Self.separator.utf8)
            let request = try #require(
                try Self.requests(TrafficIndex(bytes: TrafficBytes(bytes: bytes, name: "x.gor"))).first)
            #expect(request.response?.body == expected, "\(coding)")
            #expect(request.response?.headers["Content-Encoding"] == (coding == "gzip" ? nil : "br"))
            let same = ResponseDifference.between(
                request: request, status: 200, body: plain, contentEncoding: nil, ignoring: [])
            #expect(same == nil, "\(coding)")
            let other = ResponseDifference.between(
                request: request, status: 200, body: Array("other".utf8), contentEncoding: nil, ignoring: [])
            #expect((other == nil) == (coding == "br"))
        }
        for broken in [Array(packed.prefix(12)), [0x1F, 0x8B, 0, 0], Array("plain".utf8)] {
            #expect(ContentCoding.decoded(bytes: broken, coding: "gzip") == nil)
        }
        #expect(ContentCoding.decoded(bytes: Array(packed), coding: "X-GZIP") == plain)
    }

    @Test("a changed file is told, and no reader crashes or hangs on broken bytes")
    func fuzz() throws {
        var state: UInt64 = 7
        func roll(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(max(1, limit)))
        }
        let seeds = [
            "{\"log\":{\"version\":\"1.2\",\"entries\":[{\"startedDateTime\":\"2026-03-02T08:30:00Z\",\"request\":{\"method\":\"GET\","
                + "\"url\":\"http://x/a\",\"headers\":[]},\"response\":{\"status\":200,\"content\":{\"text\":\"x\"}}}]}}",
            "1 ab 1700000000000000000 0\nPOST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                + Self.separator
                + "2 ab 1 5\nHTTP/1.1 200 OK\r\n\r\n" + Self.separator,
            "h - - [04/Jan/2020:06:25:02 +0000] \"GET /x HTTP/1.1\" 200 1 \"-\" \"a\\x41\" rt=0.1\n",
            "{\"logger\":\"http.log.access\",\"ts\":1.5,\"duration\":0.1,\"request\":{\"method\":\"GET\",\"uri\":\"/\"},\"status\":200}\n",
            "GET http://x/a\nA: b\n\nPOST http://x/b\n@none\n",
            "{\"method\":\"GET\",\"url\":\"http://x/\",\"body\":\"aGk=\"}\n",
            "@y = {{$guid}}\n### a\nGET http://x/{{y}}\n ?a=1\nA: b\n\nbody\n< ./none\n> {%\n%}\n",
            "curl 'http://x/a' \\\n -H 'a: b' --data-raw $'\\u0021' -F 'a=b;type=c' ;\n",
            "{\"info\":{\"schema\":\"https://schema.getpostman.com/v2.1.0/\"},\"item\":[{\"request\":{\"url\":\"http://x/\"}}]}",
            "{\"inspector\":1,\"type\":\"header\"}\n"
                + "{\"type\":\"request\",\"id\":1,\"method\":\"GET\",\"target\":\"/\",\"headers\":[[\"A\",\"b\"]],\"time\":5}\n",
        ].map { Array($0.utf8) }
        let factor = max(1, Int(ProcessInfo.processInfo.environment["FUZZ_COUNT"] ?? "1") ?? 1)
        for round in 0..<4000 * factor {
            var bytes = seeds[round % seeds.count]
            for _ in 0...roll(6) {
                guard !bytes.isEmpty else { break }
                let place = roll(bytes.count)
                switch roll(5) {
                case 0: bytes[place] = UInt8(roll(256))
                case 1: bytes.remove(at: place)
                case 2:
                    bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + roll(40))], at: roll(bytes.count))
                case 3: bytes = Array(bytes[..<place])
                default: bytes.insert([10, 13, 0, 34, 92, 123, 91, 255][roll(8)], at: place)
                }
            }
            guard let index = try? TrafficIndex(bytes: TrafficBytes(bytes: bytes, name: "fuzz")) else { continue }
            #expect(index.count == index.entries.count + index.skipped.values.reduce(0, +))
            let plan = Plan(indexes: [index])
            for item in plan.items.prefix(20) {
                guard let request = try? plan.request(item) else { continue }
                // Nothing in it ends a line of its own head.
                for text in [request.method, request.target] + request.headers.fields.flatMap({ [$0.name, $0.value] }) {
                    #expect(!text.utf8.contains { $0 == 10 || $0 == 13 || $0 == 0 })
                }
            }
        }
    }
}
