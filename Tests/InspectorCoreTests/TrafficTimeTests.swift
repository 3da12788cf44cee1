// What is a moment and what only looks like one: the same in every kind of file that has dates.

import Testing

@testable import InspectorCore

@Suite struct TrafficTimeTests {
    /// What looks like a time and is none.
    private static let impossible = [
        "2026-02-30T08:30:00Z", "2026-02-29T08:30:00Z", "2100-02-29T08:30:00Z", "2026-04-31T08:30:00Z",
        "2026-13-01T08:30:00Z", "2026-00-10T08:30:00Z", "2026-01-00T08:30:00Z", "2026-03-02T24:00:00Z",
        "2026-03-02T08:60:00Z", "2026-03-02T08:30:61Z", "2026-03-02T08:30:60Z", "2026-03-02T23:59:60Z",
        "2026-06-30T23:59:60+01:00", "2026-03-02T08:30:00+99:99", "2026-03-02T08:30:00+18:01",
        "2026-03-02T08:30:00-19:00", "2026-03-02T08:30:00+05:60", "2026-03-02T08:30:00Z later", "2026x03x02T08:30:00Z",
    ]

    /// Odd times that are some, each with what it is.
    private static let odd = [
        ("2024-02-29T08:30:00Z", "2024-02-29T08:30:00.0Z"), ("2000-02-29T08:30:00Z", "2000-02-29T08:30:00.0Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"), ("2016-12-31T18:59:60-05:00", "2017-01-01T00:00:00Z"),
        ("2026-03-02T18:00:00+18:00", "2026-03-02T00:00:00Z"), ("2026-03-02T00:00:00-18:00", "2026-03-02T18:00:00Z"),
    ]

    private static func har(_ time: String) throws -> TrafficIndex {
        try FormatCase.index(
            #"{"log":{"entries":[{"startedDateTime":"\#(time)","request":{"method":"GET","url":"http://x/"}}]}}"#)
    }

    private static func line(_ time: String) -> String {
        "10.0.0.1 - - [\(time)] \"GET / HTTP/1.1\" 200 12\n"
    }

    private static func json(_ time: String) throws -> TrafficIndex {
        try LogFile.index(#"{"time":"\#(time)","method":"GET","uri":"/","status":200}"# + "\n")
    }

    @Test(
        "a day that its month has not, a leap second out of place, an offset of no zone: no time",
        arguments: impossible)
    func noTimes(text: String) throws {
        let index = try Self.har(text)
        #expect(index.entries.map(\.time) == [nil])
        #expect(index.says("its time \(text) cannot be read"))
        #expect(LogFile.refusal(Self.line(text)) != nil)
        #expect(try Self.json(text).entries.map(\.time) == [nil])
        #expect(try Self.json(text).says("have no times"))
    }

    @Test("a leap day, a leap second, the farthest offsets are taken", arguments: odd)
    func times(text: String, expected: String) throws {
        let time = try #require(HARTime.parse(expected))
        #expect(try Self.har(text).entries.map(\.time) == [time])
        #expect(try LogFile.index(Self.line(text)).entries.map(\.time) == [time])
        #expect(try Self.json(text).entries.map(\.time) == [time])
    }

    @Test("an offset of no zone behind a time that stands as a word makes it none; a number behind a space does not")
    func offsets() throws {
        let request = "10.0.0.1 \"GET / HTTP/1.1\" 200\n"
        #expect(LogFile.refusal("2026-03-02T08:30:00+99:99 \(request)") != nil)
        let index = try LogFile.index("2026-03-02T08:30:00 -9999 \(request)")
        #expect(index.entries.map(\.time) == [HARTime.parse("2026-03-02T08:30:00Z")])
    }

    @Test("seconds since 1970 in a format of strftime's are a time by themselves")
    func epoch() throws {
        for (format, time) in [("%{%s}t", "1704353102"), ("%{%s}t.%{msec_frac}t", "1704353102.250")] {
            let index = try LogFile.index("\(time) \"GET / HTTP/1.1\" 200\n", format + #" "%r" %>s"#)
            #expect(index.entries.first?.time.map { $0 / 1_000_000_000 } == 1_704_353_102, "\(format)")
        }
        let half = #"%{%Y-%m-%d %I:%M:%S %p}t "%r" %>s"#
        func refusal(_ clock: String) -> String? {
            LogFile.refusal("2026-03-02 \(clock) \"GET / HTTP/1.1\" 200\n", half)
        }
        #expect(refusal("12:30:00 AM") == nil && refusal("01:30:00 PM") == nil)
        #expect(refusal("13:30:00 PM") != nil && refusal("00:30:00 AM") != nil)
    }

    @Test("a log without years that goes from December to January a thousand times is read to its end")
    func manyYears() throws {
        let days = ["Dec 31 23:59:59", "Jan  1 00:00:01"]
        let rest = "h uvicorn[7]: INFO:     127.0.0.1:5 - \"GET / HTTP/1.1\" 200 OK\n"
        let lines = (0..<1300).map { "\(days[$0 % 2]) \(rest)" }
        let times = try LogFile.index(lines.joined()).entries.compactMap(\.time)
        // Those of one second are spread over it.
        #expect(times.count == 1300 && times.last.map { $0 >= .lastMoment && $0 < .lastMoment + 1_000_000_000 } == true)
    }
}
