// The command without a terminal: plain lines, exit codes, and sentences for wrong use and bad input.

import Foundation
import InspectorCore
import Testing

@testable import Inspector

@Suite struct CommandTests {
    private func run(_ words: String...) throws -> (code: Int32, output: String, error: String) {
        try Program.run([Program.path] + words)
    }

    @Test("without a terminal each finished request is one plain line, and SIGTERM stops it cleanly")
    func headless() throws {
        let program = try RunningProgram(["--port", "0"])
        let url = try program.url()
        #expect(try Program.fetch(url + "/city/oslo")?.contains("oslo") == true)
        #expect(Program.wait { program.output.contains("GET /city/oslo 200") })
        let line = program.output.split(separator: "\n").last { $0.hasPrefix("#") }
        #expect(line?.hasPrefix("#1 async GET /city/oslo 200 ") == true)
        #expect(program.stop() == 0)
        #expect(!program.output.contains("ERROR"))
    }

    @Test("a view that awaits the main actor is answered, in every mode", arguments: ["sync", "async", "native"])
    func mainActor(mode: String) throws {
        let program = try RunningProgram(["troubles", "--port", "0", "--mode", mode])
        #expect(try Program.fetch(program.url() + "/main-actor") == "The main actor answered: true\n")
        #expect(program.stop() == 0)
    }

    @Test("a replay without a terminal counts what it sent, and ends with it")
    func replay() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("two.har")
        let entries = [0, 1].map {
            #"{"startedDateTime":"2026-03-02T08:30:0\#($0).000Z","request":{"method":"GET","url":"http://x/city/oslo"}}"#
        }
        let whole = #"{"log":{"version":"1.2","entries":[\#(entries.joined(separator: ","))]}}"#
        try whole.write(to: file, atomically: true, encoding: .utf8)
        let result = try run("replay", file.path, "--port", "0", "--mode", "both")
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains("planned 2 of 2 entries"))
        // There and back, twice: the plan takes a second.
        let order = ["sync ×4", "async ×4", "async ×4", "sync ×4"]
        #expect(
            result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(
                "whole plan 4 times, one lane after the other: \((order + order).joined(separator: ", "))"))
        let lanes = result.output.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true)
        }
        // A line for each number, and the lanes beside each other: the table fits 80 columns.
        for (name, count) in [("sent", "8"), ("done", "8"), ("failed", "0"), ("dropped", "0")] {
            let row = try #require(lanes.first { $0.first.map(String.init) == name }, "\(name)")
            #expect(row.dropFirst().map(String.init) == [count, count], "\(row)")
        }
        // How many were late is this machine's affair.
        let late = try #require(lanes.first { $0.first == "late" })
        #expect(late.count == 3 && late.dropFirst().allSatisfy { (0...8).contains(Int($0) ?? -1) }, "\(late)")
        #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(result.output)")
        #expect(result.output.contains("schedule kept"))
        #expect(result.output.contains("no verdict: the sample is too small"))

        // The same, cut: what was read is replayed, the rest is told, and the code says so.
        try String(whole.prefix(whole.count - 30)).write(to: file, atomically: true, encoding: .utf8)
        let cut = try run("replay", file.path, "--port", "0")
        #expect(cut.code == 1)
        #expect(cut.error.contains("after entry 1, at byte \(whole.count - 30)"))
        #expect(cut.output.contains("planned 1 of 1 entries"))
    }

    @Test("a file that is not there, empty or no HAR is one sentence with its name, and exit code 1")
    func badFiles() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let missing = try run("replay", "/nowhere/x.har")
        #expect(missing.code == 1)
        #expect(missing.error.hasPrefix("inspector: /nowhere/x.har: "))
        #expect(missing.error.split(separator: "\n").count == 1)
        for (name, text) in [("empty.har", ""), ("text.har", "hello"), ("list.har", "[]"), ("cut.har", #"{"log":{"#)] {
            let file = folder.appendingPathComponent(name)
            try text.write(to: file, atomically: true, encoding: .utf8)
            let result = try run("replay", file.path)
            #expect(result.code == 1, "\(name)")
            #expect(result.error.contains(name), "\(result.error)")
            #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
        }
    }

    @Test("an unknown first word lists apps and subcommands, nearest first, and exits 2")
    func unknownWord() throws {
        let result = try run("wether")
        #expect(result.code == 2)
        #expect(result.error.contains("There is no app or subcommand “wether”. Apps: weather,"))
        #expect(try run("repaly").error.contains("Subcommands: replay, "))
    }

    @Test("wrong use exits 2 with a sentence")
    func wrongUse() throws {
        let mode = try run("--mode", "asink")
        #expect(mode.code == 2)
        #expect(mode.error.contains("sync") && mode.error.contains("native"))
        #expect(try run("--nonsense").code == 2)
        #expect(try run("replay").code == 2)
        #expect(try run("--workers", "0").error.contains("1 to 512"))
        #expect(try run("--port", "99999").code == 2)
        #expect(try run("replay", "x.har", "--app", "nope").code == 2)
    }

    @Test("help and version exit 0, and apps lists every route")
    func lists() throws {
        #expect(try run("--help").code == 0)
        #expect(try run("--version").output.contains("0.1.0"))
        let apps = try run("apps")
        #expect(apps.code == 0)
        #expect(apps.output.contains("weather\n"))
        #expect(apps.output.contains("GET /dashboard"))
    }

    @Test("a port in use that was named is a sentence; one that was not is passed over")
    func portInUse() throws {
        let first = try RunningProgram(["--port", "0"])
        let port = try #require(try first.url().split(separator: ":").last)
        let second = try run("--port", String(port))
        #expect(second.code == 1)
        #expect(second.error.contains("\(port): the port is in use"))
        let third = try RunningProgram([])
        let fourth = try RunningProgram([])
        #expect(try third.url() != fourth.url())
        #expect(third.stop() == 0)
        #expect(fourth.stop() == 0)
        #expect(first.stop() == 0)
    }

    @Test("an installed program finds its traffic from another folder")
    func installed() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = try Program.run([
            "make", "-C", Program.root.path, "install-files", "CONFIGURATION=debug", "PREFIX=\(folder.path)",
        ])
        #expect(made.code == 0, "\(made.error)")
        let tmux = try Tmux(width: 100, height: 30)
        try tmux.type("cd / && \(folder.path)/bin/inspector --port 0; echo rc=$?")
        _ = try tmux.wait("its traffic") { $0.contains("r  replays morning.har") }
        try tmux.press("q")
        _ = try tmux.wait("the shell") { $0.contains("rc=0") }
    }

    @Test("a trap without a screen says which request, function and thread it was")
    func trap() throws {
        let program = try RunningProgram(
            ["troubles", "--deadly", "--port", "0"], environment: ["SWIFT_BACKTRACE": "enable=no"])
        _ = try Program.fetch(program.url() + "/trap-async")
        #expect(program.wait() == SIGILL)
        #expect(program.output.contains("Thread loop-1.1 ran /trap-async for request #1."))
    }

    @Test("with --testing a test client gets its traces from the running program, and without it a reason")
    func testing() throws {
        let program = try RunningProgram(["weather", "--port", "0", "--testing", "--sub-threads", "request"])
        let client = try TestClient(server: program.url())
        let answer = try client.get("/dashboard")
        #expect(answer.response.status == 200)
        #expect(answer.trace.spans(.view).map(\.label) == ["dashboard"])
        #expect(Trace.overlapped(answer.trace.spans(.await).filter { $0.label.contains("/city/") }))
        // One thread for all async functions of the request, as asked for.
        #expect(Set(answer.trace.spans(.subThread).map(\.track)).count == 1)
        #expect(answer.trace.spans(.subThread).count > 1)
        let closed = try RunningProgram(["weather", "--port", "0"])
        let url = try closed.url()
        #expect(throws: TestClientError.self) { try TestClient(server: url) }
    }

    @Test("an edit is a letter changed, put in or taken out")
    func editDistance() {
        #expect(EditDistance.between(left: "wether", right: "weather") == 1)
        #expect(EditDistance.between(left: "", right: "abc") == 3)
        #expect(EditDistance.between(left: "replay", right: "repaly") == 2)
    }
}
