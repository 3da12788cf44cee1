// Logs that are cut, broken, huge or made to mislead; and files that are no logs.

import Testing

@testable import InspectorCore

@Suite struct AccessLogHostileTests {
    private static let line = #"10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET /x HTTP/1.1" 200 12 "-" "curl/8.0""#

    @Test("a log that is cut anywhere gives what was whole before, and no crash")
    func cuts() throws {
        for one in AccessLogServerTests.servers {
            let bytes = Array((one.line + "\n").utf8)
            for length in stride(from: 0, to: bytes.count, by: 3) {
                // Lines of another server stand before: a file of a cut line alone may be of any kind.
                let file = Array((Self.line + "\n").utf8) + bytes.prefix(length)
                let index = try LogFile.index(file)
                #expect(index.entries.count >= 1, "\(one.name) \(length)")
                for entry in index.entries { _ = try? index.request(entry) }
                _ = try? LogFile.index(Array(bytes.prefix(length)))
            }
        }
    }

    @Test("bytes drawn at random within lines of each server are read or skipped, and add up")
    func random() {
        var numbers = SeededNumbers(11)
        let pieces: [[UInt8]] = [
            [0], [10], [13, 10], [34], [92], [92, 34], [255], [0xE9], [91], [93], [123], [125], [27, 91], [32, 32],
            Array("[04/Jan/2024:07:25:02 +0000]".utf8), Array("\"GET /y HTTP/1.1\" 200".utf8), Array("rt=".utf8),
            Array("99999999999999999999".utf8), Array("-1".utf8), Array("\\u".utf8), Array("\\x".utf8),
            Array("2024-01-04T".utf8), Array("#Fields: date time cs-method cs-uri-stem\n".utf8), Array("<1>1 ".utf8),
            Array(#"{"log":"#.utf8), Array(" stdout P ".utf8), Array(" | ".utf8),
        ]
        let formats: [String?] = [
            nil, nil, nil, "combined", "json:time=ts,method=request.method,uri=request.uri,duration=duration:s",
        ]
        for round in 0..<1500 * FuzzTests.factor {
            let one = AccessLogServerTests.servers[round % AccessLogServerTests.servers.count]
            var bytes = Array((one.line + "\n" + Self.line + "\n").utf8)
            for _ in 0...Int.random(in: 0...5, using: &numbers) {
                let place = Int.random(in: 0..<max(1, bytes.count), using: &numbers)
                switch Int.random(in: 0..<4, using: &numbers) {
                case 0:
                    bytes.insert(contentsOf: pieces.randomElement(using: &numbers) ?? [], at: min(place, bytes.count))
                case 1: bytes = Array(bytes.prefix(place))
                case 2 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &numbers)
                default: bytes += bytes.dropFirst(place).prefix(300)
                }
            }
            guard let index = try? LogFile.index(bytes, formats[round % formats.count]),
                index.formatName.hasPrefix("access log")
            else { continue }
            let plan = Plan(indexes: [index])
            for item in plan.items {
                guard let request = try? plan.request(item) else {
                    Issue.record("an entry that was planned cannot be read: \(String(showing: bytes))")
                    continue
                }
                #expect(request.method == "GET" || request.method == "HEAD")
                for text in [request.target] + request.headers.fields.map(\.value) {
                    #expect(!text.utf8.contains { $0 == 10 || $0 == 13 || $0 == 0 })
                }
                #expect(request.target.utf8.allSatisfy { $0 > 32 && $0 < 127 })
            }
        }
    }

    @Test(
        "a long line of one thing is read or skipped at once",
        arguments: [
            "\"", "\" ", "\"a ", "\\", "\\\"", "[", "[0", "{", "{\"a\":", "a\" ", " ", "\t", "=\"", "1 ", "%",
            "\u{1B}[",
        ])
    func large(piece: String) throws {
        let many = String(repeating: piece, count: 60_000 / piece.utf8.count)
        for line in [
            many, Self.line + many, Self.line.replacing("/x", with: "/x" + many),
            Self.line.replacing("curl", with: many),
            "Jan  4 07:25:02 h a: " + many, "{\"log\":\"" + many, "<1>1 2024-01-04T07:25:02Z h a b c [" + many,
        ] {
            for format in [nil, "combined"] {
                let index = try LogFile.index(Self.line + "\n" + line + "\n" + Self.line + "\n", format)
                #expect(index.count == 3 || line == many && many.utf8.allSatisfy { $0 == 32 || $0 == 9 })
                #expect(index.entries.count >= 2)
            }
        }
    }

    @Test("a line of more than a megabyte is skipped, and the next one read")
    func tooLarge() throws {
        for size in [1024 * 1024 - 100, 1024 * 1024, 3 * 1024 * 1024 + 7] {
            let long = Self.line.replacing("/x", with: "/" + String(repeating: "y", count: size))
            let index = try LogFile.index(Self.line + "\n" + long + "\n" + Self.line + "\r\n")
            #expect(index.count == 3 && index.entries.count >= 2)
            #expect(index.entries.map(\.number).last == 3)
            let requests = try LogFile.requests(index)
            #expect(requests.last?.target == "/x")
            let unended = try LogFile.index(Self.line + "\n" + long)
            #expect(unended.count == 2 && unended.entries.first?.number == 1)
        }
    }

    @Test("a log with a byte order mark, Windows' line ends, blank lines and NUL bytes is read")
    func odd() throws {
        let index = try LogFile.index(
            "\u{FEFF}" + Self.line + "\r\n\r\n  \n" + Self.line + "\r\n\u{0}\u{0}\u{1}binary\n" + Self.line)
        #expect(index.entries.map(\.number) == [1, 4, 6])
        #expect(try LogFile.requests(index).map(\.target) == ["/x", "/x", "/x"])
        #expect(index.skipped == ["it is not a line of an access log": 1])
    }

    @Test("controls and line breaks out of escapes never reach a head")
    func smuggling() throws {
        let lines = [
            Self.line.replacing("curl/8.0", with: #"a\r\nX-Evil: 1"#),
            Self.line.replacing("\"-\"", with: #""http://a\x0d\x0aX: 1""#),
            Self.line.replacing("/x", with: #"/\r\nX-Evil:1"#),
            #"{"request":{"method":"GET","uri":"/a","headers":{"X":["a\r\nB: c"],"Y: z":["1"]}},"status":200,"ts":1}"#,
            #"{"request":"GET /\u000d\u000aX HTTP/1.1","status":200,"host":"a\nb","http_user_agent":"\u0000"}"#,
        ]
        for line in lines {
            for request in try LogFile.requests(LogFile.index(Self.line + "\n" + line + "\n")) {
                for text in [request.target] + request.headers.fields.flatMap({ [$0.name, $0.value] }) {
                    #expect(!text.utf8.contains { $0 == 10 || $0 == 13 || $0 == 0 }, "\(line)")
                }
            }
        }
    }

    @Test("numbers beyond all bounds are none")
    func numbers() throws {
        let lines = [
            #"{"ts":1e300,"duration":1e300,"request":{"method":"GET","uri":"/a"},"status":200}"#,
            #"{"ts":-1,"duration":-1,"request":{"method":"GET","uri":"/a"},"status":200}"#,
            #"{"ts":18446744073709551616,"duration":18446744073709551616,"request":{"method":"GET","uri":"/a"},"status":1}"#,
            #"{"ts":9223372036854775807,"duration":"9e99s","request":{"method":"GET","uri":"/a"},"size":1e99,"status":200}"#,
            #"{"ts":"NaN","duration":NaN,"request":{"method":"GET","uri":"/a"},"status":200}"#,
        ]
        for line in lines {
            let index = try LogFile.index(line + "\n" + line + "\n")
            #expect(index.entries.count == 2, "\(line)")
            #expect(try LogFile.requests(index).allSatisfy { $0.response?.duration ?? 0 < 1_000_000_000_000_000 })
            _ = Plan(indexes: [index])
        }
        // A duration longer than all time there was.
        let early = #"10.0.0.1 - - [01/Jan/1970:00:00:01 +0000] "GET / HTTP/1.1" 200 1 "-" "a" rt=5.0"# + "\n"
        #expect(try LogFile.index(early).entries.first?.time == 0)
    }

    // MARK: Other kinds

    @Test("a log may begin with much that is none; beyond twenty thousand lines nobody looks")
    func banners() throws {
        let banner = String(repeating: "Loading module number x of the application\n", count: 5000)
        #expect(try LogFile.index(banner + Self.line + "\n").entries.count == 1)
        let endless = String(repeating: "banner\n", count: 20_001)
        let error = try #require(LogFile.refusal(endless + Self.line + "\n"))
        #expect(error.contains("its first line is") || error.contains("Its first line is \"banner\""))
    }

    @Test("a bracket or a brace as the first byte makes no HAR of a log")
    func brackets() throws {
        for before in [
            "[1] starting", "[{", "{", "{\"level\":\"info\"}", "[2024-01-04 07:25:02 +0000] [1] [INFO] Booting",
        ] {
            let index = try? LogFile.index(before + "\n" + Self.line + "\n")
            if before == "[{" || before == "{" { continue }
            #expect(index?.entries.count == 1, "\(before)")
        }
    }

    @Test("a HAR, a .gor, a .http file and vegeta's targets keep their kind, though lines of logs stand in them")
    func others() throws {
        let escaped = Self.line.replacing("\"", with: "\\\"")
        let har = """
            {"log":{"version":"1.2","entries":[{"startedDateTime":"2026-03-02T08:30:00Z","request":{"method":"POST",
            "url":"http://x/a","headers":[],"postData":{"mimeType":"text/plain",
            "text":"\(escaped)"}},"response":{"status":200,"content":{"text":"x"}}}]}}
            """
        #expect(try LogFile.index(har).formatName.hasPrefix("HAR"))
        #expect(try LogFile.index(har.replacing("\n", with: "")).formatName.hasPrefix("HAR"))
        let gor = "1 ab 1700000000000000000 0\nPOST / HTTP/1.1\r\n\r\n\(Self.line)\n\n🐵🙈🙉\n"
        #expect(try LogFile.index(gor).formatName.contains(".gor"))
        #expect(try LogFile.index("### a\nPOST http://x/logs\n\n\(Self.line)\n").formatName.hasPrefix(".http"))
        #expect(try LogFile.index("GET http://x/a\nA: b\n\nGET http://x/b\n").formatName.contains("vegeta"))
        #expect(
            try LogFile.index("{\"method\":\"GET\",\"url\":\"http://x/a\",\"header\":{\"A\":[\"b\"]}}\n").formatName
                .contains("vegeta"))
    }

    @Test("a file that nobody knows is told with what was tried, its first line made visible, and a way out")
    func unknown() throws {
        let error = try #require(
            LogFile.refusal("\u{1B}]0;x\u{7}hello \u{202E}world " + String(repeating: "y", count: 500) + "\n"))
        #expect(error.contains("--log-format") && error.contains("tried were") && error.contains("^[]0;x^G"))
        #expect(!error.utf8.contains(27) && error.count < 1000)
        let json = try #require(LogFile.refusal("{\"when\":1,\"req\":{\"verb\":\"GET\",\"to\":\"/\"}}\n{\"when\":2}\n"))
        #expect(json.contains("json:") && json.contains("when, req.verb, req.to"), "\(json)")
        #expect(LogFile.refusal("\u{0}\u{1}\u{2}\u{3}\n")?.contains("binary") == true)
        #expect(throws: TrafficFileError.self) { try LogFile.index([0xFF, 0xFE, 0x31, 0]) }
        #expect(LogFile.refusal("[1, 2, 3]\n")?.contains("HAR") == true)
        #expect(LogFile.refusal("x\n", "$nothing")?.contains("--log-format: at its end") == true)
    }

    @Test("what a file is changed to after it was planned is told, not sent")
    func changed() throws {
        let index = try LogFile.index(Self.line + "\n")
        var entry = try #require(index.entries.first)
        entry.length = 30
        #expect(throws: RecordedRequest.Refusal.self) { try index.request(entry) }
        entry.offset = 5000
        #expect(throws: RecordedRequest.Refusal.self) { try index.request(entry) }
    }
}
