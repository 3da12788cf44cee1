// Access logs that people have: what each file gives, and what is told of it.

import Foundation
import Testing

@testable import InspectorCore

/// What the tests of access logs share.
enum LogFile {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Cases")

    /// A log that is at hand; its entries add up.
    static func index(_ text: String, _ logFormat: String? = nil, name: String = "access.log") throws -> TrafficIndex {
        try index(Array(text.utf8), logFormat, name: name)
    }

    static func index(_ bytes: [UInt8], _ logFormat: String? = nil, name: String = "access.log") throws -> TrafficIndex
    {
        var reading = TrafficReading()
        reading.logFormat = logFormat
        let index = try TrafficIndex(bytes: TrafficBytes(bytes: bytes, name: name), reading: reading)
        #expect(index.count == index.entries.count + index.skipped.values.reduce(0, +))
        return index
    }

    static func requests(_ index: TrafficIndex) throws -> [RecordedRequest] {
        try index.entries.map { try index.request($0) }
    }

    /// `2024-01-04T07:25:02Z` as ns since 1970.
    static func time(_ text: String) -> UInt64? { HARTime.parse(text) }

    /// Why a file was refused; nil when it was taken.
    static func refusal(_ text: String, _ logFormat: String? = nil) -> String? {
        do {
            _ = try index(text, logFormat)
            return nil
        } catch { return "\(error)" }
    }
}

@Suite struct AccessLogTests {
    /// A file, and what it must give.
    struct Case: Sendable, CustomTestStringConvertible {
        let file: String
        let targets: [String]
        /// In ms after the first.
        let offsets: [UInt64]
        var skipped: [String: Int] = [:]
        var statuses: [Int]? = nil
        var first: String? = nil

        var testDescription: String { file }
    }

    private static let noBody = "its body is not in the log"
    private static let noLine = "it is not a line of an access log"

    static let cases = [
        Case(
            file: "access-flask-dev-server.log", targets: ["/", "/city/oslo?x=1", "/favicon.ico"],
            offsets: [0, 1000, 2000], skipped: [noLine: 5, noBody: 1], statuses: [200, 200, 404],
            first: "2026-11-25T22:55:21Z"),
        Case(
            file: "access-gunicorn-console.log", targets: ["/", "/city/oslo?x=1"], offsets: [0, 1000],
            skipped: [noLine: 4, noBody: 1], first: "2026-11-25T22:55:24Z"),
        Case(
            file: "access-hypercorn.log", targets: ["/", "/city/oslo"], offsets: [0, 1000], skipped: [noLine: 1],
            first: "2026-11-25T22:55:28Z"),
        Case(
            file: "access-ipv6-in-brackets.log", targets: ["/", "/city/oslo", "/city/lima"], offsets: [0, 1000, 2000],
            first: "2020-05-19T19:54:03Z"),
        Case(file: "access-behind-syslog.log", targets: ["/", "/city/oslo"], offsets: [0, 2000]),
        Case(file: "access-fractions-of-seconds.log", targets: ["/", "/city/oslo"], offsets: [0, 250]),
        Case(
            file: "access-field-before-request.log", targets: ["/", "/city/oslo", "/city/lima"],
            offsets: [0, 1000, 2000]),
        Case(
            file: "access-gzip-ratio.log", targets: ["/", "/city/oslo", "/city/lima"], offsets: [0, 500, 1000],
            first: "2024-01-04T07:25:02Z"),
        Case(
            file: "access-agent-with-quotes.log", targets: ["/", "/city/oslo"], offsets: [0, 1000],
            first: "2024-01-04T07:25:02Z"),
        Case(file: "access-bytes-not-utf8.log", targets: ["/city/caf%E9", "/city/caf%E9"], offsets: [0, 1000]),
        Case(file: "access-no-version.log", targets: ["/city/oslo?a=15776&u=15652", "/"], offsets: [0, 1000]),
        Case(
            file: "access-docker-json.log", targets: ["/", "/city/oslo?a=1&b=2"], offsets: [0, 1000],
            first: "2024-01-04T07:25:02Z"),
    ]

    @Test("a log as people have it gives its requests at their times", arguments: cases)
    func files(one: Case) throws {
        let index = try TrafficIndex(path: LogFile.folder.appendingPathComponent(one.file).path)
        #expect(index.count == index.entries.count + index.skipped.values.reduce(0, +))
        let requests = try LogFile.requests(index)
        #expect(requests.map(\.target) == one.targets)
        let first = try #require(requests.first?.time)
        #expect(requests.map { (($0.time ?? 0) - first) / 1_000_000 } == one.offsets)
        #expect(index.skipped == one.skipped)
        #expect(requests.allSatisfy { $0.response?.duration == nil })
        if let statuses = one.statuses { #expect(requests.map(\.status) == statuses) }
        if let time = one.first { #expect(first == LogFile.time(time)) }
    }

    @Test("an agent whose quotes were not escaped is taken as a whole, and gives no duration")
    func agents() throws {
        let front = #"10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET / HTTP/1.1" 200 12 "#
        let cases = [
            (#""-" "Mozilla "x" 1.5 foo""#, #"Mozilla "x" 1.5 foo"#),
            (#""-" "Mozilla "x" 12ms""#, #"Mozilla "x" 12ms"#),
            (#""-" "Mozilla "x" rt=1.5""#, #"Mozilla "x" rt=1.5"#),
            (#""-" "a "b" 12ms "c"""#, #"a "b" 12ms "c""#),
            (#""http://x/" "duration=3s "q"z""#, #"duration=3s "q"z"#),
        ]
        for (tail, agent) in cases {
            let request = try #require(try LogFile.requests(LogFile.index(front + tail + "\n")).first)
            #expect(request.headers["User-Agent"] == agent, "\(tail)")
            #expect(request.response?.duration == nil, "\(tail)")
            #expect(request.time == LogFile.time("2024-01-04T07:25:02Z"), "\(tail)")
        }
    }

    @Test(
        "a duration is taken by its name or its unit, and by nothing else",
        arguments: [
            ("rt=0.123", 123_000_000), ("request_time=0.5", 500_000_000), (#"rt="0.25" urt="0.1, 0.2""#, 250_000_000),
            ("12ms", 12_000_000), ("1.5s", 1_500_000_000), ("800us", 800_000), ("800µs", 800_000),
            ("duration_ms=7", 7_000_000), ("took:3ms", 3_000_000), ("responseTimeMs=4", 4_000_000),
            (#""-" 5ms"#, 5_000_000), ("[12ms]", 12_000_000), ("urt=0.1 rt=0.2", 200_000_000),
            ("3.24", nil), (#""3.24""#, nil), ("0.123", nil), ("1500", nil), ("rt=12", nil), ("urt=0.1", nil),
            ("rt=-", nil), ("rt=-1.0", nil), ("rt=nan", nil), ("rt=1e400", nil), ("99999999999999s", nil),
            ("ms", nil), ("12m", nil), ("v1.2ms3", nil), ("connect=1ms", nil), ("0x1pms", nil), ("rt=inf", nil),
        ] as [(String, UInt64?)])
    func durations(tail: String, expected: UInt64?) throws {
        let line = #"10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8.0" "# + tail + "\n"
        let request = try #require(try LogFile.requests(LogFile.index(line)).first)
        #expect(request.response?.duration == expected)
        let end = try #require(LogFile.time("2024-01-04T07:25:02Z"))
        #expect(request.time == end - (expected ?? 0))
    }

    @Test(
        "a last number that nothing says anything of is named among the fields, and once for the file",
        arguments: [
            ("0.123", "0.123"), (#""-" "curl" 1500"#, "1500"), (#""-" "a" "b" 7 [0.5]"#, "[0.5]"), ("12ms 7", nil),
            ("rt=0.1 0.2", nil), ("1.2.3", nil), ("7.", "7."), (#""-" "curl" "3.24""#, nil), (#""-" "cu"rl" 7"#, nil),
            ("x", nil), ("7x", nil), ("-", nil), ("", nil),
        ] as [(String, String?)])
    func lastNumber(tail: String, number: String?) throws {
        let line = #"10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET / HTTP/1.1" 200 12 "# + tail + "\n"
        let words = "3 lines end in a number without a name or a unit, which is not taken as a duration"
        for (format, file) in [(nil, line), ("common", line)] as [(String?, String)] {
            // The described form passes over all that stands behind it.
            if format != nil, tail.contains("12ms") || tail.contains("rt=") || tail.contains("cu\"rl") { continue }
            let index = try LogFile.index(file + file + file, format)
            #expect(index.says(words) == (number != nil), "\(tail)")
            let field = index.firstFields.first { $0.name == "last number" }?.value
            #expect(field == number.map { $0 + ", not taken as a duration: it has no name and no unit" })
        }
    }

    @Test("a time at the end of a line is not a last number, nor is a duration that a format names")
    func lastTimes() throws {
        let line = "10.0.0.1 \"GET / HTTP/1.1\" 200 12 1704353102.125\n"
        #expect(try !LogFile.index(line).says("in a number"))
        let timed = #"10.0.0.1 [04/Jan/2024:07:25:02 +0000] "GET / HTTP/1.1" 200 0.5"# + "\n"
        #expect(try !LogFile.index(timed, #"%h %t "%r" %>s %T"#).says("in a number"))
    }

    @Test(
        "a time is read in every form that logs have it in",
        arguments: [
            ("[04/Jan/2024:07:25:02 +0530]", "2024-01-04T01:55:02Z"),
            ("[04/Jan/2024:07:25:02 +05:30]", "2024-01-04T01:55:02Z"),
            ("[04/Jan/2024:07:25:02 -0700]", "2024-01-04T14:25:02Z"),
            ("[04/Jan/2024:07:25:02]", "2024-01-04T07:25:02Z"),
            ("[04/Jan/2024 07:25:02]", "2024-01-04T07:25:02Z"),
            ("[04/Jan/2024:07:25:02 CEST]", "2024-01-04T05:25:02Z"),
            ("[04/Jan/2024:07:25:02 UTC]", "2024-01-04T07:25:02Z"),
            ("[2024-01-04T07:25:02.5Z]", "2024-01-04T07:25:02.500Z"),
            ("[2024-01-04 07:25:02,250 +0100]", "2024-01-04T06:25:02.250Z"),
            ("2024-01-04T07:25:02+00:00", "2024-01-04T07:25:02Z"),
            ("2024-01-04T07:25:02.123456789Z", "2024-01-04T07:25:02.123456789Z"),
            ("1704353102.125", "2024-01-04T07:25:02.125Z"),
            ("[1704353102.125]", "2024-01-04T07:25:02.125Z"),
            ("[29/Feb/2024:23:59:60 +0000]", "2024-03-01T00:00:00Z"),
        ])
    func times(written: String, expected: String) throws {
        for line in [
            "10.0.0.1 - - \(written) \"GET / HTTP/1.1\" 200 12 \"-\" \"curl\"\n",
            "\(written) 10.0.0.1 \"GET / HTTP/1.1\" 200\n", "10.0.0.1 \"GET / HTTP/1.1\" 200 12 \(written)\n",
        ] {
            let index = try LogFile.index(line)
            #expect(index.entries.first?.time == LogFile.time(expected), "\(line)")
        }
    }

    @Test(
        "what only looks like a time is none",
        arguments: [
            "[31/Feb/2024:07:25:02 +0000]", "[04/Foo/2024:07:25:02 +0000]", "[04/Jan/2024:25:25:02 +0000]",
            "[04/Jan/2024:07:25 +0000]", "[0.003]", "[PORT 80]", "[1234567890]", "[04/Jan/1969:07:25:02 +0000]",
            "2020/01/04 07:25:04", "[99999999999999999999.1]", "[04/Jan/2024:07:25:02 +0000", "Jan  4 07:25:02",
        ])
    func noTimes(written: String) {
        #expect(LogFile.refusal("10.0.0.1 - - \(written) \"GET / HTTP/1.1\" 200 12\n") != nil)
    }

    @Test("zones: none is noted once, a name is never taken for UTC without a word")
    func zones() throws {
        func notes(_ zone: String) throws -> [String] {
            let line = "10.0.0.1 - - [04/Jan/2024:07:25:02\(zone)] \"GET / HTTP/1.1\" 200 12\n"
            return try LogFile.index(line + line).notes.map(\.reason).filter { $0.contains("zone") }
        }
        #expect(try notes(" +0000").isEmpty)
        #expect(try notes("").count == 1 && notes("")[0].contains("name no zone"))
        #expect(try notes(" CEST") == ["its times are in the zone CEST, which is taken by its usual offset"])
        #expect(try notes(" XYZT").count == 1 && notes(" XYZT")[0].contains("not known"))
        #expect(try notes(" Europe/Berlin").count == 1 && notes(" Europe/Berlin")[0].contains("not known"))
        #expect(try notes(" GMT").isEmpty)
    }

    @Test("requests with spaces, quotes, escapes, no version and other versions are taken apart")
    func requests() throws {
        let front = #"10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "#
        let cases = [
            (#""GET /a b HTTP/1.1" 200 1"#, "/a%20b"), (#""GET /a\"b HTTP/1.1" 200 1"#, "/a\"b"),
            (#""GET /a"b HTTP/1.1" 200 1"#, "/a\"b"), (#""GET /a" b HTTP/1.1" 200 1"#, "/a\"%20b"),
            (#""GET /caf\xc3\xa9 HTTP/1.1" 200 1"#, "/caf%C3%A9"), (#""GET /\x00\x1b HTTP/1.1" 200 1"#, "/%00%1B"),
            (#""GET /a\\b HTTP/1.1" 200 1"#, "/a\\b"), (#""GET /a\x2" HTTP/1.1" 200 1"#, "/a\\x2\""),
            (#""GET /é HTTP/1.1" 200 1"#, "/%C3%A9"), (#""GET /x 2" 200 1"#, "/x"), (#""GET /x" 200 1"#, "/x"),
            (#""GET http://h:80/x?y HTTP/1.1" 200 1"#, "/x?y"), (#""HEAD /x HTTP/2.0" 304 -"#, "/x"),
            (#""GET /x HTTP/1.1""#, "/x"),
        ]
        for (rest, target) in cases {
            let requests = try LogFile.requests(LogFile.index(front + rest + "\n"))
            #expect(requests.map(\.target) == [target], "\(rest)")
        }
        let odd = [
            #""POST /x HTTP/1.1" 200 1"#, #""CONNECT h:443 HTTP/1.1" 200 1"#, #""OPTIONS * HTTP/1.1" 200 1"#,
            #""get / HTTP/1.1" 200 1"#,
        ]
        let skipped = try LogFile.index(odd.map { front + $0 + "\n" }.joined())
        #expect(skipped.skipped == ["its body is not in the log": 4], "\(skipped.notes)")
        let none = [
            #""" 400 0"#, #""-" 400 0"#, #""HELP" 400 1"#, #""\x16\x03\x01" 400 1"#, #""GET" 400 1"#,
            #""GET  HTTP/1.1" 400 1"#, #""quit 1 2" 400 1"#,
        ]
        let nothing = try LogFile.index(none.map { front + $0 + "\n" }.joined())
        #expect(nothing.entries.isEmpty && nothing.count == none.count, "\(nothing.notes)")
    }

    @Test("lines that are not about an access are left alone: errors, calls to others, messages of an app")
    func strangers() throws {
        let file = """
            10.0.0.1 - - [04/Jan/2024:07:25:02 +0000] "GET / HTTP/1.1" 200 12
            2024/01/04 07:25:04 [error] 31#31: *1 open() failed, client: 1.2.3.4, request: "GET /a HTTP/1.1", host: "x"
            2024-01-04 07:25:04,123 DEBUG http://localhost:8000 "GET /b HTTP/1.1" 200 12
            DEBUG:urllib3.connectionpool:http://localhost:8000 "GET /c HTTP/1.1" 200 None
            2024-01-04 07:25:04,123 INFO sending "GET /d HTTP/1.1" to the queue
            [Thu Jan 04 07:25:04.310 2024] [core:error] [pid 7] [client ::1:4] File does not exist: "GET /e HTTP/1.1"
            Traceback (most recent call last):

            """
        let index = try LogFile.index(file)
        #expect(try LogFile.requests(index).map(\.target) == ["/"])
        #expect(index.skipped == ["it is not a line of an access log": 6])
    }

    @Test("whole seconds are spread, also those at which requests of known durations ended; fractions are not")
    func spread() throws {
        func offsets(_ times: [String], _ tail: String = "") throws -> [UInt64] {
            let lines = times.map { "10.0.0.1 - - [04/Jan/2024:07:25:\($0) +0000] \"GET / HTTP/1.1\" 200 1\(tail)\n" }
            let times = try LogFile.index(lines.joined()).entries.map { $0.time ?? 0 }
            return times.map { ($0 - times[0]) / 1_000_000 }
        }
        #expect(try offsets(["02", "02", "02", "02", "03"]) == [0, 250, 500, 750, 1000])
        #expect(try offsets(["02.5", "02.5", "02.75"]) == [0, 0, 250])
        #expect(try offsets(["02", "02"], " rt=0.100") == [0, 500])
    }
}
