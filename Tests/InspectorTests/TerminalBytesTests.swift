// The built program in a terminal that the test plays: what it asks for, what it makes of each byte, how it leaves.

import Foundation
import Glibc
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite(.serialized) struct TerminalBytesTests {
    private static let begin = "\u{1B}[200~"
    private static let end = "\u{1B}[201~"

    /// The dashboard of a demo app, ready for keys.
    private static func dashboard(
        _ app: String = "weather", environment: [String: String?] = [:],
        answers: PseudoTerminal.Answers = PseudoTerminal.Answers(), more: [String] = []
    ) throws -> PseudoTerminal {
        let terminal = try PseudoTerminal(
            [Program.path, app, "--port", "0"] + more, environment: environment, answers: answers)
        try terminal.sees("No request yet.")
        return terminal
    }

    /// Whether the program lives and does what a key says: it shows the help and goes back.
    private static func answersKeys(_ terminal: PseudoTerminal) throws {
        terminal.mark()
        try terminal.send("?")
        try terminal.sees("Send 32 requests at once")
        terminal.mark()
        try terminal.send("?")
        try terminal.sees("No request yet.")
    }

    @Test(
        "pastes are asked for while the screen is up, and no longer on any way out", arguments: ["q", "TERM", "QUIT"])
    func asks(way: String) throws {
        let terminal = try Self.dashboard()
        try terminal.wait("the question for pastes") { $0.text.contains("\u{1B}[?2004h") }
        #expect(!terminal.text.contains("\u{1B}[?2004l"))
        if way == "q" { try terminal.send("q") } else { kill(terminal.pid, way == "TERM" ? SIGTERM : SIGQUIT) }
        #expect(terminal.end() == 0)
        #expect(terminal.text.contains("\u{1B}[?2004l"))
        #expect(terminal.text.contains("\u{1B}[?1049l"))
    }

    @Test("a crash gives pastes and the screen back too")
    func crash() throws {
        let terminal = try Self.dashboard("troubles", more: ["--deadly"])
        let url = try #require(terminal.text.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/)).0
        let curl = try Child(["curl", "-s", "-m", "5", "\(url)/trap"])
        _ = try #require(terminal.end())
        #expect(terminal.text.contains("\u{1B}[?2004l"))
        #expect(terminal.text.contains("the process ended: a Swift trap"))
        _ = curl.wait()
    }

    @Test(
        "pasted text does nothing over the dashboard, however it comes",
        arguments: [
            begin + "path:/city\rq" + end, "path:/city\rq", begin + "q" + end, begin + "b\r\u{3}\u{1C}\u{1A}q\r" + end,
            begin + "a" + begin + "b" + end + "q\r" + end, begin + "q\rq\r",
        ])
    func pasted(text: String) throws {
        let terminal = try Self.dashboard()
        terminal.mark()
        try terminal.send(text)
        try terminal.sees("Pasted text does nothing here.")
        try Self.answersKeys(terminal)
        #expect(!terminal.text.contains("32 requests sent"))
        try terminal.send("q")
        #expect(terminal.end() == 0)
    }

    @Test("a paste split at any byte, and one of a megabyte, is not a key and holds nothing up")
    func pieces() throws {
        let terminal = try Self.dashboard()
        for byte in (Self.begin + "sb\rq" + Self.end).unicodeScalars { try terminal.send(String(byte)) }
        try terminal.sees("Pasted text does nothing here.")
        try Self.answersKeys(terminal)
        terminal.mark()
        try terminal.send(Self.begin + String(repeating: "q b s\r", count: 175_000) + Self.end)
        try terminal.sees("Pasted text does nothing here.")
        try Self.answersKeys(terminal)
        terminal.mark()
        try terminal.send(String(repeating: "q b s\r", count: 175_000))
        try terminal.sees("Pasted text does nothing here.")
        try Self.answersKeys(terminal)
        try terminal.send("q")
        #expect(terminal.end() == 0)
    }

    @Test("two lines pasted into a filter change the filter at most", arguments: [true, false])
    func filter(isMarked: Bool) throws {
        let terminal = try Self.dashboard()
        try terminal.send("/")
        try terminal.sees("method:POST status:5xx")
        terminal.mark()
        try terminal.send(isMarked ? Self.begin + "path:/city\rq\u{1B}[2J" + Self.end : "path:/city\rq")
        try terminal.sees(isMarked ? "path:/city q^[[2J" : "path:/city q")
        try terminal.send("\u{1B}")
        try terminal.sees("q quit")
        try Self.answersKeys(terminal)
        try terminal.send("q")
        #expect(terminal.end() == 0)
    }

    @Test("keys with Alt, function keys, modified arrows and late answers work nothing")
    func sequences() throws {
        let terminal = try Self.dashboard()
        for (bytes, name) in [
            ("\u{1B}q", "Alt-q"), ("\u{1B}b", "Alt-b"), ("\u{1B}[15~", "F5"), ("\u{1B}[1;5D", "Ctrl-Left"),
            ("\u{1B}[113;5u", "This key"), ("\u{1B}[27;5;113~", "This key"), ("\u{13}", "^S"), ("\u{1B}OQ", "F2"),
        ] {
            terminal.mark()
            try terminal.send(bytes)
            try terminal.sees("\(name) does nothing here.")
        }
        // Nothing is said of what nobody pressed.
        try terminal.send("\u{1B}[I\u{1B}[O\u{1B}[<0;3;3M\u{1B}]10;rgb:0/0/0\u{1B}\\\u{1B}P1$r0m\u{1B}\\\u{1B}[?1;2c")
        try Self.answersKeys(terminal)
        #expect(!terminal.text.contains("32 requests sent"))
        try terminal.send("q")
        #expect(terminal.end() == 0)
    }

    @Test(
        "the terminal's ground chooses the theme: asked for, or dark where it does not say",
        arguments: [
            ("rgb:ffff/ffff/ffff", [:], true), ("rgb:fd/f6/e3", [:], true), ("rgba:ff/ff/ff/ff", [:], true),
            ("rgb:0000/0000/0000", [:], false), (nil, [:], false),
            ("rgb:ffff/ffff/ffff", ["COLORFGBG": "15;0"], false), ("rgb:0/0/0", ["COLORFGBG": "0;15"], true),
        ] as [(String?, [String: String?], Bool)])
    func ground(color: String?, environment: [String: String?], isLight: Bool) throws {
        let terminal = try Self.dashboard(
            environment: environment, answers: PseudoTerminal.Answers(ground: color))
        try terminal.wait("a title in the theme's colour") {
            $0.text.contains("38;5;25m") || $0.text.contains("38;5;74m")
        }
        #expect(terminal.text.contains("38;5;25m") == isLight)
        #expect(terminal.text.contains("38;5;74m") != isLight)
        #expect(terminal.text.contains("\u{1B}]11;?") == environment.isEmpty)
        try terminal.send("q")
        #expect(terminal.end() == 0)
    }

    @Test("a terminal that answers nothing is not waited for, and an answer that comes late still counts")
    func late() throws {
        let terminal = try Self.dashboard(answers: PseudoTerminal.Answers(ground: nil, attributes: false))
        try terminal.sees("38;5;74m")
        terminal.mark()
        try terminal.send("\u{1B}]11;rgb:ffff/ffff/ffff\u{1B}\\\u{1B}[?62c")
        try terminal.sees("38;5;25m")
        try Self.answersKeys(terminal)
        try terminal.send("q")
        #expect(terminal.end() == 0)
    }

    @Test(
        "a terminal without a description here is drawn on as the nearest one, which is said",
        arguments: ["xterm-kitty", "alacritty", "foot", "nonsense-256color", "../../etc/passwd"])
    func described(name: String) throws {
        let terminal = try Self.dashboard(environment: ["TERM": name])
        try terminal.sees("has no description here: drawn as xterm-256color.")
        try Self.answersKeys(terminal)
        try terminal.send("q")
        #expect(terminal.end() == 0)
    }

    @Test(
        "where a terminal cannot be drawn on, TERM is named and plain lines follow",
        arguments: ["", "dumb", nil] as [String?])
    func plain(name: String?) throws {
        let terminal = try PseudoTerminal([Program.path, "weather", "--port", "0"], environment: ["TERM": name])
        try terminal.sees("inspector: weather on http")
        let words = name == "dumb" ? "TERM is “dumb”" : name == nil ? "TERM is not set" : "TERM is empty"
        #expect(terminal.text.contains(words))
        #expect(terminal.text.contains("export TERM=xterm-256color"))
        #expect(terminal.text.contains("Plain lines follow."))
        #expect(!terminal.text.contains("\u{1B}["))
        // The keys are the terminal's again.
        try terminal.send("\u{3}")
        #expect(terminal.end() == 0)
    }

    @Test("a terminal whose window is closed ends the program", arguments: [true, false])
    func gone(isIgnored: Bool) throws {
        // One starts with the signal ignored, as nohup does.
        let words = isIgnored ? ["sh", "-c", "trap '' HUP; exec \"$0\" weather --port 0", Program.path] : nil
        let terminal = try PseudoTerminal(words ?? [Program.path, "weather", "--port", "0"])
        try terminal.sees("No request yet.")
        terminal.hangUp()
        #expect(terminal.end() == 0)
    }

    @Test(
        "a terminal that takes nothing holds neither what is served nor the end", arguments: [SIGTERM, SIGINT, SIGQUIT])
    func stuck(signal: Int32) throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let after = folder.appendingPathComponent("after")
        let pid = folder.appendingPathComponent("pid")
        let script =
            "stty -a | grep -v rows > \(folder.path)/before; "
            + "sh -c 'echo $$ > \(pid.path); exec \(Program.path) weather --port 0'; echo $? > \(folder.path)/code; "
            + "stty -a | grep -v rows > \(after.path).part; mv \(after.path).part \(after.path); exec sleep 100"
        let terminal = try PseudoTerminal(["sh", "-c", "trap '' INT QUIT TERM; " + script])
        try terminal.sees("No request yet.")
        let url = try #require(terminal.text.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/)).0
        try Self.fill(terminal)
        #expect(try Program.fetch(url + "/city/oslo") != nil)
        let number = try String(contentsOf: pid, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        kill(try #require(pid_t(number)), signal)
        #expect(Program.wait(seconds: 20) { FileManager.default.fileExists(atPath: after.path) })
        #expect(try String(contentsOf: folder.appendingPathComponent("code"), encoding: .utf8) == "0\n")
        #expect(
            try String(contentsOf: after, encoding: .utf8)
                == String(contentsOf: folder.appendingPathComponent("before"), encoding: .utf8))
    }

    @Test("a terminal that takes nothing does not hold a crash")
    func stuckCrash() throws {
        let terminal = try Self.dashboard("troubles", more: ["--deadly"])
        let url = try #require(terminal.text.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/)).0
        try Self.fill(terminal)
        let curl = try Child(["curl", "-s", "-m", "5", "\(url)/trap"])
        #expect(terminal.end() == SIGILL)
        _ = curl.wait()
    }

    /// Takes nothing more of what a program writes, and has it write until the line is full.
    private static func fill(_ terminal: PseudoTerminal) throws {
        terminal.isReading = false
        for _ in 0..<200 {
            try terminal.send("?")
            var pause = timespec(tv_sec: 0, tv_nsec: 5_000_000)
            nanosleep(&pause, nil)
        }
    }

    @Test("the streams' being gone ends in no trap")
    func streams() throws {
        for redirection in ["2>&-", "2>/dev/full"] {
            let script = "\"$0\" run nothing-like-this \(redirection); echo code $?"
            let result = try Program.run(["sh", "-c", script, Program.path])
            #expect(result.output.contains("code 2"), "\(redirection): \(result)")
        }
    }
}
