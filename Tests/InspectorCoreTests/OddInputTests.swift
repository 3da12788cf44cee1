// Inputs that were taken silently, or for something else than they are: each kind with an instance and a brother.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct OddInputTests {
    @Test("a curl command of thousands of addresses is read once, not once for each of them")
    func curl() throws {
        let many = (0..<3000).map { "http://x/\($0)" }.joined(separator: " ")
        let index = try TrafficIndex(bytes: TrafficBytes(bytes: Array("curl -H 'A: b' \(many)\n".utf8), name: "pasted"))
        #expect(index.entries.count == 3000)
        #expect(try index.request(index.entries[2999]).target == "/2999")
        #expect(try index.request(index.entries[0]).headers["A"] == "b")
        let next = (0..<1000).map { "-d n=\($0) http://x/\($0)" }.joined(separator: " --next ")
        let (others, requests) = try FormatCase.both("curl \(next)\n", "pasted")
        #expect(others.entries.count == 1000 && FormatCase.text(requests[999].body) == "n=999")
    }

    @Test(
        "a target of vegeta's that somebody got wrong costs that target, not the whole list",
        arguments: ["GET", "get http://x/lower", "DELETE", "post"])
    func vegeta(line: String) throws {
        let (index, requests) = try FormatCase.both("GET http://x/a\n\n\(line)\n\nGET http://x/b\n", "targets")
        #expect(index.formatName == "vegeta targets")
        #expect(requests.map(\.target) == ["/a", "/b"] && index.skipped.count == 1, "\(index.skipped)")
    }

    @Test(
        "a variable whose offset or count cannot be applied has no value, and its request is not sent as if it had",
        arguments: [
            "$timestamp 999999999999 y", "$timestamp 1 lightyear", "$timestamp soon", "$isoTimestamp 1 x",
            "$datetime iso8601 1", "$datetime \"YYYY\" 5 q", "$random.alphabetic 99999999", "$random.hexadecimal x",
            "$randomInt 5 1",
        ])
    func variables(name: String) throws {
        let index = try FormatCase.index("GET http://x/{{\(name)}}\n###\nGET http://x/ok\n", "a.http")
        #expect(index.entries.count == 1 && index.skipped.count == 1, "\(index.skipped)")
    }

    @Test(
        "offsets and counts that can be applied are",
        arguments: [
            ("$timestamp -1 d", 10), ("$datetime \"YYYY-MM-DD\" 1 d", 10), ("$isoTimestamp 2 h", 24),
            ("$random.alphabetic 12", 12),
        ])
    func applied(name: String, length: Int) throws {
        let (_, requests) = try FormatCase.both("GET http://x/{{\(name)}}\n", "a.http")
        #expect(requests.first?.target.dropFirst().count == length, "\(requests.first?.target ?? "")")
    }

    @Test(
        "a date that no calendar has is not a time",
        arguments: [
            ("2026-02-28T10:00:00Z", true), ("2026-02-30T10:00:00Z", false), ("2026-02-29T10:00:00Z", false),
            ("2024-02-29T10:00:00Z", true), ("2026-04-31T10:00:00Z", false), ("2026-01-01T24:00:00Z", false),
            ("2016-12-31T23:59:60Z", true), ("2017-01-01T00:59:60+01:00", true), ("2026-03-05T23:58:60Z", false),
            ("2026-01-01T10:00:00+99:99", false), ("2026-01-01T10:00:00-12:00", true),
            ("2026-01-01T10:00:00-23:59", false),
        ])
    func dates(text: String, isTime: Bool) throws {
        #expect((HARTime.parse(text) != nil) == isTime)
        // An access log has other forms beside this one.
        if !text.contains("/") {
            #expect((LogTime.whole(bytes: Array(text.utf8), range: 0..<text.utf8.count) != nil) == isTime)
        }
    }

    @Test(
        "addresses that ask no server are left out by their scheme", arguments: ["data:text/html,a", "blob:http://x/1"])
    func schemes(url: String) throws {
        do throws(RecordedRequest.Refusal) {
            _ = try RecordedRequest(method: "GET", url: url, place: "1")
            Issue.record("it was taken")
        } catch {
            #expect(error.reason.hasPrefix("a \(url.prefix { $0 != ":" }): address is "))
        }
    }

    @Test("a quote of a LogFormat that does not close is shown where it opens")
    func apache() throws {
        #expect(throws: LogFormatError.self) { try LogFormat("%h \"%r %>s") }
        #expect(throws: Never.self) { try LogFormat("%h \"%r\" %>s") }
    }

    @Test("a number at the end of a log's lines that may be a duration is named, and not taken")
    func number() throws {
        let line = "10.0.0.1 - - [01/Jan/2026:10:00:00 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"curl\" 0.250\n"
        let index = try FormatCase.index(line, "access.log")
        #expect(index.firstFields.contains { $0.name == "last number" && $0.value.hasPrefix("0.250, not taken") })
        let named = line.replacingOccurrences(of: "0.250", with: "rt=0.250")
        let other = try FormatCase.index(named, "access.log")
        #expect(!other.firstFields.contains { $0.name == "last number" })
    }
}

extension FormatCase {
    /// A text looked through, and its requests.
    static func both(_ text: String, _ name: String) throws -> (index: TrafficIndex, requests: [RecordedRequest]) {
        let index = try index(text, name)
        return (index, try requests(index))
    }
}
