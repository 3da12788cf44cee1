// What surrounds the program and fails: streams that are closed or full, signals while it reads, files that are there
// already, too few threads and descriptors, servers that break off. Each is a sentence and an exit code.

import Foundation
import Glibc
import Testing

@testable import InspectorCore

@Suite struct SurroundingsTests {
    private static let log =
        (0..<4).map {
            #"10.0.0.1 - - [04/Jan/2020:07:25:0\#($0) +0000] "GET /city/oslo?n=\#($0) HTTP/1.1" 200 3 "-" "x""#
        }
        .joined(separator: "\n") + "\n"

    private let folder: URL

    init() throws { folder = try Program.makeFolder() }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private func file(_ name: String, _ text: String = SurroundingsTests.log) throws -> String {
        try text.write(toFile: path(name), atomically: false, encoding: .utf8)
        return path(name)
    }

    private func harness(_ body: () throws -> Void) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try body()
    }

    private func bash(_ script: String) throws -> (code: Int32, output: String, error: String) {
        try Program.run(["bash", "-c", script])
    }

    // MARK: Streams

    @Test("output that cannot be written is a sentence and exit code 1, for each command that prints")
    func fullOutput() throws {
        try harness {
            let log = try file("a.log")
            for words in [
                "plan \(log)", "apps", "--help", "replay \(log) --headless --report json --port 0 --pace max",
            ] {
                let result = try bash("\(Program.path) \(words) > /dev/full")
                #expect(result.code == 1, "\(words): \(result)")
                #expect(result.error.contains("not all of the output could be written (No space left"), "\(result)")
            }
            let closed = try bash("\(Program.path) plan \(log) >&-")
            #expect(closed.code == 1, "\(closed)")
        }
    }

    @Test("an error stream that is closed, full or a broken pipe changes no exit code")
    func brokenError() throws {
        try harness {
            for stream in ["2>&-", "2>/dev/full", "2> >(exec true)"] {
                let result = try bash("\(Program.path) plan \(path("none.log")) \(stream)")
                #expect(result.code == 1, "\(stream): \(result)")
                #expect(try bash("\(Program.path) --nonsense \(stream)").code == 2)
            }
        }
    }

    @Test("with streams that are closed nothing of what is said gets into a file that is written")
    func closedStreams() throws {
        try harness {
            let log = try file("a.log", Self.log + "no line\n")
            let output = path("out.gor")
            let result = try bash("\(Program.path) convert \(log) \(output) <&- >&- 2>&-")
            #expect(result.code == 1)
            let written = try String(contentsOfFile: output, encoding: .utf8)
            #expect(written.hasPrefix("1 ") && !written.contains("inspector:") && !written.contains("skipped"))
        }
    }

    @Test("what was typed, a file's name and a file's lines are printed without what could drive a terminal")
    func escapes() throws {
        try harness {
            let hostile = "x\u{1B}]0;owned\u{07}\u{9B}31m\u{202E}"
            let log = try file(
                "\(hostile).log",
                Self.log + "\(hostile) no line\n"
                    + #"1.1.1.1 - - [04/Jan/2020:07:25:09 +0000] "\#(hostile) / HTTP/1.1" 200 3"# + "\n"
                    + #"1.1.1.1 - - [04/Jan/2020:07:25:09 +0000] "GET /\#(hostile) HTTP/1.1" 200 3"# + "\n")
            let har = try file(
                "\(hostile).har", #"{"log":{"entries":[{"request":{"method":"\#("G\\u001bT")","url":"/"}}]}}"#)
            for words in [
                ["plan", log], ["plan", har], ["plan", path(hostile)], ["open", log],
                ["convert", log, path("out.gor")],
                ["convert", har, path("\(hostile).gor")], ["convert", har, path("\(hostile).x")], [hostile],
                ["run", "--\(hostile)"], ["plan", log, "--filter", hostile], ["run", "--mode", hostile],
                ["replay", log, "--app", "model", "--headless", "--port", "0", "--pace", "max"],
                ["replay", log, "--headless", "--port", "0", "--pace", "max", "--report", "html"],
                ["replay", log, "--headless", "--port", "0", "--pace", "max", "--report", "json"],
                ["replay", log, "--headless", "--output", path("\(hostile)/a"), "--port", "0", "--pace", "max"],
                ["record", path("\(hostile)/a.jsonl"), "--port", "0"],
            ] {
                let result = try Program.run([Program.path] + words)
                #expect(!(result.output + result.error).isEmpty, "\(words)")
                for scalar in (result.output + result.error).unicodeScalars where SafeText.isHidden(scalar) {
                    guard scalar != "\n" else { continue }
                    Issue.record("\(words): U+\(String(scalar.value, radix: 16)) in \(result)")
                    break
                }
            }
        }
    }

    @Test("traffic is read from stdin and from a pipe, packed or not, as from a file")
    func pipes() throws {
        try harness {
            let log = try file("a.log")
            // Without the lines that name the file.
            func facts(_ output: String) -> [Substring] {
                output.split(separator: "\n").dropFirst().filter { !$0.contains("note") }
            }
            let plain = facts(try Program.run([Program.path, "plan", log]).output)
            #expect(plain.contains { $0.contains("planned") })
            for script in [
                "plan - < \(log)", "plan - < <(cat \(log))", "plan <(cat \(log))", "plan <(gzip -c \(log))",
                "plan - < <(gzip -c \(log))",
            ] {
                let result = try bash("\(Program.path) \(script)")
                #expect(result.code == 0, "\(script): \(result)")
                #expect(facts(result.output) == plain, "\(script)")
            }
            for (script, word) in [
                ("plan - < /dev/null", "empty"), ("plan \(folder.path)", "folder"), ("plan - <&-", "cannot be read"),
                ("plan \(path("none"))", "No such file"),
            ] {
                let result = try bash("\(Program.path) \(script)")
                #expect(result.code == 1 && result.error.contains(word), "\(script): \(result)")
                #expect(result.error.split(separator: "\n").count == 1)
            }
        }
    }

    // MARK: Signals

    @Test("a signal ends a command that waits for a file's bytes", arguments: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
    func signals(signal: Int32) throws {
        try harness {
            #expect(mkfifo(path("pipe"), 0o600) == 0)
            for words in [["plan", path("pipe")], ["open", path("pipe")], ["convert", path("pipe"), path("a.gor")]] {
                let child = try Child([Program.path] + words)
                // It waits for whoever writes, which is nobody: it sleeps in the call that opens or reads the pipe.
                #expect(
                    Program.wait {
                        let call = try? String(contentsOfFile: "/proc/\(child.pid)/stat", encoding: .utf8)
                        return call?.contains(") S ") == true
                    })
                kill(child.pid, signal)
                #expect(Program.wait(seconds: 20) { !child.isRunning }, "\(words)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["pipe"])
        }
    }

    @Test(
        "an error stream that nobody reads does not trap a server that is stopped with requests in flight",
        arguments: ["2> >(exec true)", "2>/dev/full", "2>&-"])
    func stopWithoutErrorStream(stream: String) throws {
        try harness {
            // An event loop that is answered after its end complains on the error stream.
            let child = try Child([
                "bash", "-c", "exec \(Program.path) run weather --headless --quiet --port 0 --mode sync \(stream)",
            ])
            _ = Program.wait { child.output.contains(" on http") || !child.isRunning }
            let url = try #require(child.output.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/)).output
            let clients = try (0..<12).map { _ in try Child(["curl", "-s", "-m", "30", "\(url)/dashboard"]) }
            // All four workers are busy for a second each, and the others wait.
            _ = Program.wait(seconds: 5) { clients.contains { !$0.isRunning } }
            kill(child.pid, SIGTERM)
            #expect(child.wait() == 0)
            for client in clients { _ = client.wait() }
        }
    }

    @Test("started under nohup it does not end when the terminal does")
    func nohup() throws {
        try harness {
            let child = try Child(["nohup", Program.path, "run", "weather", "--headless", "--port", "0"])
            _ = Program.wait { child.output.contains(" on http") || !child.isRunning }
            let url = try #require(child.output.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/), "\(child.error)").output
            kill(child.pid, SIGHUP)
            #expect(try Program.fetch("\(url)/city/oslo")?.contains("oslo") == true)
            kill(child.pid, SIGTERM)
            #expect(child.wait() == 0)
        }
    }

    @Test("a second signal ends a server at once that is still waiting for its requests", arguments: [SIGINT, SIGTERM])
    func secondSignal(signal: Int32) throws {
        try harness {
            let program = try Child([
                Program.path, "run", "troubles", "--headless", "--port", "0", "--mode", "sync",
            ])
            _ = Program.wait { program.output.contains(" on http") || !program.isRunning }
            kill(program.pid, signal)
            kill(program.pid, signal)
            #expect(Program.wait(seconds: 20) { !program.isRunning })
        }
    }

    // MARK: Files

    @Test("no command writes over a file or through a link, unless it is told to, and then its owner alone can read it")
    func files() throws {
        try harness {
            let log = try file("a.log")
            let secret = try file("kept", "kept")
            symlink(secret, path("link.gor"))
            symlink(secret, path("link.json"))
            _ = try file("there.gor", "mine")
            _ = try file("there.json", "mine")
            func replay(_ output: String) -> [String] {
                [
                    "replay", log, "--headless", "--report", "json", "--pace", "max", "--port", "0", "--output",
                    path(output),
                ]
            }
            for words in [
                ["convert", log, path("there.gor")], ["convert", log, path("link.gor")], replay("there.json"),
                replay("link.json"),
            ] {
                let refused = try Program.run([Program.path] + words)
                #expect(refused.code == 1 && refused.error.contains("--force replaces it"), "\(words): \(refused)")
                #expect(try String(contentsOfFile: words.last ?? "", encoding: .utf8) != "")
                #expect(try Program.run([Program.path] + words + ["--force"]).code == 0, "\(words)")
                let attributes = try FileManager.default.attributesOfItem(atPath: words.last ?? "")
                #expect(attributes[.posixPermissions] as? Int == 0o600)
                #expect(attributes[.type] as? FileAttributeType == .typeRegular)
            }
            #expect(try String(contentsOfFile: secret, encoding: .utf8) == "kept")
            #expect(try !FileManager.default.contentsOfDirectory(atPath: folder.path).contains { $0.contains("part") })
        }
    }

    @Test("a file that may not become larger is a sentence, exit code 1, and nothing is left of it")
    func fullDisk() throws {
        try harness {
            let long = String(repeating: Self.log, count: 400)
            let log = try file("a.log", long)
            for words in ["convert \(log) \(path("a.har"))", "convert \(log) \(path("a.gor"))"] {
                let result = try bash("ulimit -f 8; exec \(Program.path) \(words)")
                #expect(result.code == 1, "\(result)")
                #expect(result.error.contains("File too large"), "\(result)")
            }
            let report = try bash(
                "ulimit -f 1; exec \(Program.path) replay \(try file("b.log")) --headless --report html --pace max --port 0 "
                    + "--output \(path("b.html"))")
            #expect(report.code == 1 && report.error.contains("File too large"), "\(report)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a.log", "b.log"])
        }
    }

    // MARK: Answers that do not come

    /// Whether a process may be started in a network of its own, in which no address can be reached, loopback included.
    private static let hasEmptyNetwork = (try? Program.run(["unshare", "-n", "true"]).code) == 0

    @Test(
        "a replay in which nothing answers exits with 3 and says so, in each mode, report and on the screen",
        .enabled(if: SurroundingsTests.hasEmptyNetwork))
    func unanswered() throws {
        try harness {
            let log = try file("a.log")
            let words = ["unshare", "-n", Program.path, "replay", log, "--port", "0", "--pace", "max"]
            for (mode, report) in [("both", "text"), ("native", "json"), ("sync", "html"), ("async", "json")] {
                let result = try Program.run(words + ["--headless", "--mode", mode, "--report", report])
                #expect(result.code == 3, "\(mode), \(report): \(result)")
                #expect(result.output.contains("4 of 4 requests to"), "\(result.output)")
                if report != "text" { #expect(result.error.contains("the replay is not a success: 4 of 4")) }
            }
            let tmux = try Tmux(width: 118, height: 40)
            try tmux.type(words.joined(separator: " ") + "; echo rc=$?")
            _ = try tmux.wait("the end of the replay") { $0.contains("failed 4") }
            try tmux.press("q")
            _ = try tmux.wait("the exit code") { $0.contains("rc=3") && $0.contains("not a success") }
        }
    }

    // MARK: Limits

    @Test(
        "too few descriptors are a sentence or enough, never a trap",
        arguments: [4, 6, 8, 10, 12, 14, 16, 20, 24, 32, 48, 64])
    func descriptors(limit: Int) throws {
        try harness {
            for words in ["plan \(try file("a.log"))", "apps", "run --headless --quiet --port 0"] {
                let child = try Child(["bash", "-c", "ulimit -n \(limit); exec \(Program.path) \(words)"])
                _ = Program.wait { child.output.contains(" on http") || !child.isRunning }
                if child.isRunning { kill(child.pid, SIGTERM) }
                let code = child.wait()
                // Under a handful of descriptors the loader itself finds no libraries: 127.
                #expect([0, 1, 127].contains(code), "\(limit), \(words): \(code), \(child.error)")
                if code == 1 { #expect(child.error.contains("ulimit -n"), "\(child.error)") }
            }
        }
    }

    @Test(
        "too few threads are a sentence or enough, never a trap",
        arguments: [1, 2, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64])
    func threads(limit: Int) throws {
        try harness {
            // The limit counts all processes of a user, and does not hold for root: a user of its own has only this one.
            let user = 60_000 + limit
            let program = "/tmp/inspector-threads-\(UUID().uuidString)"
            try Program.install(Program.path, at: program)
            defer { try? FileManager.default.removeItem(atPath: program) }
            let prefix =
                geteuid() == 0
                ? "exec setpriv --reuid \(user) --regid \(user) --clear-groups --bounding-set -all --inh-caps -all "
                : "exec "
            for words in ["apps", "run weather --headless --quiet --port 0 --mode all"] {
                let child = try Child(["bash", "-c", "ulimit -u \(limit); \(prefix) \(program) \(words)"])
                _ = Program.wait { child.output.contains(" on http") || !child.isRunning }
                if child.isRunning { kill(child.pid, SIGTERM) }
                let code = child.wait()
                guard geteuid() == 0 else { continue }
                // With none left the program is not even begun: 126.
                #expect([0, 1, 126].contains(code), "\(limit), \(words): \(code), \(child.error)")
                if code == 1 { #expect(child.error.contains("ulimit -u"), "\(child.error)") }
            }
        }
    }
}
