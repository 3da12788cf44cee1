// The built program before servers in other processes: watch, run --beside, replay --to.

import Foundation
import Testing

@testable import InspectorCore

@Suite(.serialized) struct WatchTests {
    /// A server of its own process: one of the demo apps, which says nothing of what happens within.
    private static func elsewhere() throws -> RunningProgram {
        try RunningProgram(["run", "shop", "--headless", "--port", "0", "--mode", "async"])
    }

    @Test("watch answers by the first server and gives the other the same requests; each says how many it had")
    func watch() throws {
        let servers = try [Self.elsewhere(), Self.elsewhere()]
        let watch = try RunningProgram(
            ["watch", "one=\(try servers[0].url())", "two=\(try servers[1].url())", "--headless", "--port", "0"])
        let url = try watch.url()
        for number in 0..<10 { _ = try Program.fetch("\(url)/nowhere-\(number)") }
        let isDone = Program.wait {
            watch.output.components(separatedBy: " one GET /nowhere-").count == 11
                && watch.output.components(separatedBy: " two GET /nowhere-").count == 11
        }
        #expect(isDone, "\(watch.output)")
        for server in servers {
            #expect(Program.wait { server.output.components(separatedBy: "GET /nowhere-").count == 11 })
        }
        #expect(watch.stop() == 0)
        for server in servers { #expect(server.stop() == 0) }
    }

    @Test("the dashboard shows a server elsewhere, what is seen of it, and what it cannot do")
    func screen() throws {
        let server = try Self.elsewhere()
        let terminal = try Tmux(width: 118, height: 40)
        try terminal.type("\(Program.path) watch far=\(try server.url()) --port 0")
        #expect(try Program.wait { try terminal.screen().contains("far") })
        try terminal.press("b")
        #expect(try Program.wait { try terminal.screen().contains("#32") })
        #expect(try terminal.screen().contains("has told of no thread yet"))
        try terminal.press("Enter")
        #expect(try Program.wait { try terminal.screen().contains("with the server: no telemetry") })
        try terminal.press("Escape", "+")
        #expect(try Program.wait { try terminal.screen().contains("far") })
        try terminal.press("q")
        #expect(try Program.wait { try terminal.screen().contains("$") })
        #expect(server.stop() == 0)
    }

    @Test("of a server that is down no time is shown, nor a thread of ours for its failure")
    func down() throws {
        let terminal = try Tmux(width: 140, height: 45)
        try terminal.type("\(Program.path) watch down=http://127.0.0.1:9 --port 0 --otlp off")
        #expect(try Program.wait { try terminal.screen().contains("down") })
        try terminal.press("b")
        #expect(try Program.wait { try terminal.screen().contains("#32") })
        try terminal.press("i")
        #expect(try Program.wait { try terminal.screen().contains("STATISTICS") })
        let line = try #require(try terminal.screen().split(separator: "\n").first { $0.contains("GET /") })
        #expect(line.firstMatch(of: #/down +32 +- +- +- +-/#) != nil, "\(line)")
        try terminal.press("Escape")
        #expect(try Program.wait { try !terminal.screen().contains("STATISTICS") })
        try terminal.press("Enter")
        #expect(try Program.wait { try terminal.screen().contains("ConnectionRefused") })
        #expect(try !terminal.screen().contains("loop-"))
        try terminal.press("q")
        #expect(try Program.wait { try terminal.screen().contains("$") })
    }

    @Test("what is said of an app is refused where only servers elsewhere are watched")
    func noApp() throws {
        for words in [["--mode", "sync"], ["--workers", "2"], ["--upstream", "http://127.0.0.1:1"], ["--deadly"]] {
            let result = try Program.run(
                [Program.path, "watch", "far=http://127.0.0.1:1", "--headless", "--port", "0"] + words)
            #expect(result.code == 2 && result.error.contains("\(words[0]) is said of an app"), "\(result)")
        }
    }

    @Test("a replay to two servers ends with a report of both, and to a server that is down with exit code 3")
    func replay() throws {
        let servers = try [Self.elsewhere(), Self.elsewhere()]
        let folder = try Program.makeFolder()
        let list = folder.appendingPathComponent("list.http").path
        try (0..<20).map { "GET http://shop.example/nowhere-\($0)\n\n###\n" }.joined().write(
            toFile: list, atomically: true, encoding: .utf8)
        let first = try servers[0].url()
        let result = try Program.run([
            Program.path, "replay", list, "--to", "one=\(first)", "--to", "two=\(try servers[1].url())", "--headless",
            "--report", "json", "--port", "0", "--pace", "max",
        ])
        let report = try JSON(parsing: Data(result.output.utf8))
        #expect(result.code == 0, "\(result.error)")
        for lane in [0, 1] {
            #expect(report["lanes"]?[lane]?["kind"] == "remote")
            #expect(report["lanes"]?[lane]?["failed"] == .int(0))
        }
        for server in servers { #expect(server.stop() == 0) }
        let down = try Program.run([
            Program.path, "replay", list, "--to", "one=\(first)", "--headless", "--port", "0", "--pace", "max",
        ])
        #expect(down.code == 3)
        #expect(down.output.contains("20 of 20 requests to one got no answer"), "\(down.output) \(down.error)")
        #expect(down.output.contains("takes no connections"))
    }

    @Test(
        "what cannot be a lane is refused in a sentence",
        arguments: [
            (["watch", "--otlp", "off"], "Nothing is watched"),
            (["watch", "a=ftp://x"], "http:// or https://"),
            (["watch", "a=http://127.0.0.1:1", "a=http://127.0.0.1:2"], "Two lanes are called a"),
            (["watch", "a=http://shop.example"], "--allow-remote"),
            (["watch", "a=http://127.0.0.1:1", "--header", "nothing"], "NAME:VALUE"),
            (["run", "--beside", "x"], "NAME=URL"),
            (["replay", "none.har", "--to", "a=http://10.0.0.1"], "--allow-remote"),
        ] as [([String], String)])
    func refused(_ words: [String], says: String) throws {
        let result = try Program.run([Program.path] + words + ["--headless"])
        #expect(result.code == 2)
        #expect(result.error.contains(says), "\(result.error)")
    }

    @Test("the document names each way in which a server elsewhere can fail")
    func documented() throws {
        let document = try String(
            contentsOf: Program.root.appendingPathComponent("docs/watch.md"), encoding: .utf8)
        let source = try String(
            contentsOf: Program.root.appendingPathComponent(
                "Sources/InspectorCore/Serving/Remote/RemoteProblem.swift"), encoding: .utf8)
        let names = source.matches(of: /"([A-Z][A-Za-z]+)", 50[24]|kind: "([A-Z][A-Za-z]+)"/).map {
            String($0.1 ?? $0.2 ?? "")
        }
        #expect(Set(names).count > 10)
        for name in Set(names) { #expect(document.contains("`\(name)`"), "\(name)") }
    }
}
