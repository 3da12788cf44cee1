// Options at and beyond the ends of their ranges: exit code 2 and a sentence with the range, or the run that was asked for.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct OptionTests {
    /// Values that each option of a plan does not take, and what the message says that it takes.
    static let bad: [(option: String, values: [String], range: String)] = [
        (
            "--speed",
            ["1e-9", "0", "-1", "1001", "1e308", "1e999", "nan", "inf", "0x1p3", "+5", " 5", "5 ", "fast"],
            "from 0.001 to 1000"
        ),
        (
            "--rate",
            ["1e-9", "0/s", "-5/s", "1e7", "nan/s", "inf", "0x10/s", "5/h", "5/", "/s", "5/s/s", "0.01/m", "+5/s"],
            "from 0.001/s to 1000000/s"
        ),
        ("--limit", ["0", "-1", "100001", "99999999999999999999", "1.5", "1e3", "+5"], "from 1 to 100000"),
        ("--loop", ["0", "-1", "100001", "9223372036854775807", "nan"], "from 1 to 100000"),
        (
            "--max-gap", ["1e300s", "nans", "infs", "-1s", "87601h", "5", "5 s", "s", "None", "0x5s"],
            "from 0s to 87600h"
        ),
        ("--sample", ["1e-300", "0", "0%", "101%", "1.1", "-10%", "nan", "inf%", "%", "+5%"], "from 0.0001% to 100%"),
        ("--warm-up", ["-1", "10000001", "1e2", "9223372036854775808"], "from 0 to 10000000"),
        ("--seed", ["-1", "18446744073709551616", "1.0", "+1"], "from 0 to 18446744073709551615"),
    ]

    /// The same of options that only a replay has.
    static let badOfReplay: [(option: String, values: [String], range: String)] = [
        ("--calls", ["-1", "65", "five"], "from 0 to 64"),
        ("--cpu", ["-1%", "101%", "nan", "1e300"], "from 0% to 100%"),
        ("--latency", ["61s", "-1ms", "nanms", "1e300s", "5"], "from 0s to 60s"),
        ("--workers", ["0", "513", "2,,4", "2;4", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"], "1 to 512"),
        ("--port", ["-1", "65536", "http", "1e3"], "from 0 to 65535"),
        ("--record-size", ["0", "100001", "9223372036854775807"], "from 1 to 100000 MB"),
        ("--record-total", ["0", "9223372036854775807", "-9223372036854775808"], "from 1 to 10000000 MB"),
    ]

    private static func check(_ command: [String], _ option: String, _ values: [String], _ range: String) throws {
        for value in values {
            let result = try Program.run([Program.path] + command + ["\(option)=\(value)"])
            #expect(result.code == 2, "\(option) \(value): \(result.error)")
            #expect(result.error.contains(range), "\(option) \(value): \(result.error)")
            #expect(result.error.contains(option) && result.output.isEmpty, "\(option) \(value): \(result.error)")
        }
    }

    @Test("what a plan's option does not take is exit code 2, and the message says what it takes", arguments: bad)
    func plan(option: String, values: [String], range: String) throws {
        try Self.check(["plan", "/nowhere.har"], option, values, range)
    }

    @Test(
        "what a replay's option does not take is exit code 2, and the message says what it takes",
        arguments: badOfReplay)
    func replay(option: String, values: [String], range: String) throws {
        try Self.check(["replay", "/nowhere.har"], option, values, range)
    }

    @Test(
        "an option without its value is exit code 2, and the message says what the option is",
        arguments: bad + badOfReplay)
    func empty(option: String, values: [String], range: String) throws {
        let result = try Program.run([Program.path, "replay", "/nowhere.har", option + "="])
        #expect(result.code == 2 && result.error.contains(option) && result.output.isEmpty, "\(result.error)")
    }

    @Test("a header that cannot be sent is refused before anything is, and a total under one file's size")
    func together() throws {
        for words in [
            ["--set-header", ":"], ["--set-header", ":x"], ["--set-header", "x"], ["--set-header", "a b: c"],
            ["--set-header", "A: \u{0d}\u{0a}B: c"], ["--remove-header", ""], ["--remove-header", "a:b"],
            ["--record-size", "5", "--record-total", "4"], ["--rate", "5", "--pace", "max"],
        ] {
            let result = try Program.run([Program.path, "replay", "/nowhere.har"] + words)
            #expect(result.code == 2, "\(words): \(result.error)")
            #expect(result.error.contains(words[0]), "\(words): \(result.error)")
        }
    }

    @Test("the ends of each range are taken, and the help tells ranges and defaults")
    func ends() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("a.jsonl")
        try Self.recording([1, 1_000_000_000, 5_000_000_000]).write(to: file, atomically: true, encoding: .utf8)
        for words in [
            ["--speed", "0.001"], ["--speed", "1e3"], ["--speed", ".5"], ["--rate", "0.001/s"], ["--rate", "1e6"],
            ["--rate", "0.1/m"], ["--limit", "100000"], ["--loop", "100000"], ["--max-gap", "0s"],
            ["--max-gap", "87600h"], ["--max-gap", "none"], ["--sample", "0.0001%"], ["--sample", "1"],
            ["--sample", "100%"], ["--warm-up", "0"], ["--seed", "18446744073709551615"], ["--seed", "0"],
            ["--set-header", "A:"], ["--set-header", "A: b:c"], ["--remove-header", "A"],
        ] {
            let result = try Program.run([Program.path, "plan", file.path] + words)
            #expect(result.code == 0, "\(words): \(result.error)")
            #expect(result.output.contains("entries         3"), "\(words): \(result.output)")
        }
        let help = try Program.run([Program.path, "help", "replay"]).output
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for words in [
            "0.001 to 1000. (default: 1)", "(default: 2000)", "(default: 10s)", "(default: 5%)", "(default: 200ms)",
            "(default: 100)", "(default: 1024)", "1 to 100000. (default: 1)",
        ] { #expect(help.contains(words), "\(words) in \(help)") }
    }

    private static func recording(_ times: [Int]) -> String {
        "{\"inspector\":1,\"type\":\"header\"}\n"
            + times.enumerated().map { place, time in
                "{\"type\":\"request\",\"id\":\(place + 1),\"method\":\"GET\",\"target\":\"/\(place)\",\"headers\":[],"
                    + "\"time\":\(time)}\n"
            }.joined()
    }

    @Test("plans of far times, tiny speeds and many rounds are told with what is left out of them")
    func far() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("far.jsonl")
        try Self.recording([1, 2, Int.max - 1, Int.max]).write(to: file, atomically: true, encoding: .utf8)
        let centuries = try Program.run([Program.path, "plan", file.path, "--max-gap", "none"])
        #expect(
            centuries.code == 0 && centuries.output.contains("2: it would be due more than ten years after the start"))
        #expect(centuries.output.contains("beyond the year 2116"))
        let forty = folder.appendingPathComponent("forty.jsonl")
        try Self.recording((1...40).map { $0 * 1_000_000_000 }).write(to: forty, atomically: true, encoding: .utf8)
        let rounds = try Program.run([Program.path, "plan", forty.path, "--speed", "0.001", "--loop", "100000"])
        #expect(rounds.code == 0, "\(rounds.error)")
        #expect(rounds.output.contains("of 100000 rounds are planned"), "\(rounds.output)")
        let slow = try Program.run([Program.path, "plan", forty.path, "--rate", "0.001/s", "--loop", "9"])
        #expect(slow.code == 0 && slow.output.contains("in 9 rounds"), "\(slow.output)")
    }

    @Test("a range is what its words say, and the bounds of times are times")
    func ranges() throws {
        #expect(OptionRanges.maxGap.range == 0...315_360_000_000_000_000)
        #expect(OptionRanges.latency.range == 0...60_000_000_000)
        for text in ["0ns", "1.5s", "250ms", "2m", "1h", "3us", "3µs", "-0s"] {
            #expect(TimeOption.nanoseconds(text: text) != nil, "\(text)")
        }
        #expect(TimeOption.nanoseconds(text: "1.5h") == 5_400_000_000_000)
        for text in ["", "s", "5", "5d", "1e300s", "-1s", "nans", "5 s", "5ss", "5ns5"] {
            #expect(TimeOption.nanoseconds(text: text) == nil, "\(text)")
        }
    }
}
