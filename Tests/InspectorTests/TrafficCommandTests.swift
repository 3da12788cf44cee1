// The commands that work on traffic files: plan, convert, record, open, and the report of a replay.

import Foundation
import Glibc
import Testing

@testable import InspectorCore

@Suite struct TrafficCommandTests {
    /// Six requests in half a second, three of them for one second of the recorded app's time.
    private static let log =
        (0..<6).map {
            #"10.0.0.\#($0) - - [04/Jan/2020:07:25:0\#($0 / 3) +0000] "GET /page/\#($0)?q=\#($0) HTTP/1.1" 200 \#(300 + $0) "-" "x" rt=0.0\#($0 + 1)"#
        }.joined(separator: "\n") + "\n"

    private let folder: URL

    init() throws { folder = try Program.makeFolder() }

    private func run(_ words: String...) throws -> (code: Int32, output: String, error: String) {
        try Program.run([Program.path] + words)
    }

    private func file(_ name: String, _ text: String? = nil) throws -> String {
        let url = folder.appendingPathComponent(name)
        if let text { try text.write(to: url, atomically: true, encoding: .utf8) }
        return url.path
    }

    private func harness<T>(_ body: () throws -> T) rethrows -> T {
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body()
    }

    @Test("plan counts what is planned and what is skipped, by reason, and names paths without a route")
    func plan() throws {
        try harness {
            let path = try file("a.log", Self.log + "no line of a log\n")
            let result = try run("plan", path)
            #expect(result.code == 0, "\(result.error)")
            let words = result.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(words.contains("entries 7"), "\(result.output)")
            #expect(words.contains("planned 6"))
            #expect(words.contains("skipped 1: it is not a line of an access log"))
            #expect(result.output.contains("/page/"))
            let sampled = try run("plan", path, "--sample", "50%", "--seed", "7")
            #expect(try run("plan", path, "--sample", "50%", "--seed", "7").output == sampled.output)
        }
    }

    @Test("plan says which form a log has and what its first line holds, with nothing that drives a terminal")
    func logForms() throws {
        try harness {
            let line = #"10.0.0.1 - - [04/Jan/2020:07:25:02 +0000] "GET /\x1b]0;x?a=1 HTTP/1.1" 200 12 "-" "a" "3.24""#
            let docker =
                "{\"log\":\"\(line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\\n\",\"stream\":\"stdout\"}\n"
            let result = try run("plan", try file("docker.log", docker))
            #expect(result.code == 0, "\(result.error)")
            #expect(result.output.contains("(access log, combined behind docker's JSON)"), "\(result.output)")
            let words = result.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(words.contains("request GET /^[]0;x?a=1 HTTP/1.1"), "\(result.output)")
            #expect(words.contains("client 10.0.0.1") && words.contains("status 200") && words.contains("size 12"))
            #expect(!result.output.utf8.contains(27) && !result.output.contains("3.24"))
        }
    }

    @Test("--log-format is taken by plan, replay and convert, and a wrong one is exit code 2 with the place")
    func logFormat() throws {
        try harness {
            let path = try file("a.log", "[04/Jan/2020:07:25:02 +0000] 10.0.0.1 250000 200 GET /x?a=1\n")
            #expect(try run("plan", path).error.contains("--log-format"))
            let format = "%t %a %D %>s %m %U%q"
            let plan = try run("plan", path, "--log-format", format)
            #expect(plan.code == 0 && plan.output.contains("taken as 250.0 ms"), "\(plan)")
            let har = try file("a.har")
            #expect(try run("convert", path, har, "--log-format", format).code == 0)
            #expect(try TrafficIndex(path: har).entries.count == 1)
            for command in [["plan", path], ["replay", path, "--headless"], ["convert", path, try file("b.har")]] {
                let wrong = try Program.run([Program.path] + command + ["--log-format", "%t %Y %m %U"])
                #expect(wrong.code == 2, "\(wrong)")
                #expect(wrong.error.contains("column 4") && wrong.error.contains("%Y"), "\(wrong.error)")
            }
            let misfit = try run("plan", path, "--log-format", "%t %m %U%q")
            #expect(misfit.code == 1 && misfit.error.contains("byte "), "\(misfit)")
        }
    }

    @Test("HAR to gor and back is equal in what both can hold, and a file that is there is not written over")
    func convert() throws {
        try harness {
            let entries = [("GET", "/a?x=1", ""), ("POST", "/b", "name=Åse"), ("DELETE", "/c", "")].enumerated().map {
                place, request in
                let body =
                    request.2.isEmpty
                    ? "" : #","postData":{"mimeType":"text/plain","text":"\#(request.2)"}"#
                return """
                    {"startedDateTime":"2026-03-02T08:30:0\(place).250Z","time":12,"request":{"method":"\(request.0)",\
                    "url":"http://shop.example\(request.1)","headers":[{"name":"X-Number","value":"\(place)"}]\(body)},\
                    "response":{"status":20\(place),"headers":[],"content":{"text":"answer \(place)"}}}
                    """
            }
            let first = try file(
                "first.har", #"{"log":{"version":"1.2","entries":[\#(entries.joined(separator: ","))]}}"#)
            let gor = try file("middle.gor")
            let last = try file("last.har")
            #expect(try run("convert", first, gor).code == 0)
            #expect(try run("convert", gor, last).code == 0)
            let before = try TrafficIndex(path: first)
            let after = try TrafficIndex(path: last)
            #expect(before.entries.count == 3 && after.entries.count == 3)
            let plans = (Plan(indexes: [before]), Plan(indexes: [after]))
            for (one, other) in zip(plans.0.items, plans.1.items) {
                let (left, right) = (try plans.0.request(one), try plans.1.request(other))
                #expect(one.due == other.due)
                #expect(left.method == right.method && left.target == right.target && left.body == right.body)
                #expect(left.headers["X-Number"] == right.headers["X-Number"])
                #expect(left.response?.status == right.response?.status)
                #expect(left.response?.body == right.response?.body)
            }
            let again = try run("convert", first, gor)
            #expect(again.code == 1)
            #expect(again.error.contains("middle.gor") && again.error.split(separator: "\n").count == 1)
            #expect(try run("convert", first, file("x.docx")).code == 2)
        }
    }

    @Test(
        "a pasted command is read from stdin, --env chooses an environment, --seed what is random; convert tells what is lost"
    )
    func lists() throws {
        try harness {
            let pasted = try file("pasted", "curl 'http://x/city/oslo' --frobnicate -H 'a b: c'\n")
            let plan = try Program.run(["bash", "-c", "\(Program.path) plan - < \(pasted)"])
            #expect(plan.code == 0 && plan.output.contains("curl commands"), "\(plan)")
            #expect(plan.output.contains("GET 1") && plan.output.contains("--frobnicate is not known"))
            #expect(plan.output.contains("a header is left out: a header's name is not a token: a b"))
            #expect(try Program.run(["bash", "-c", ": | \(Program.path) plan -"]).error.contains("stdin: it is empty"))
            _ = try file("http-client.env.json", #"{"dev":{"host":"http://dev"}}"#)
            let list = try file("a.http", "GET {{host}}/{{$guid}}\n")
            #expect(try run("plan", list).output.contains("--env chooses one of dev"))
            func target(_ seed: String, _ name: String) throws -> String {
                let path = try file(name)
                let result = try run("convert", list, path, "--env", "dev", "--seed", seed)
                #expect(result.code == 0 && result.error.contains("a request without a time was given the time 0"))
                let index = try TrafficIndex(path: path)
                let entry = try #require(index.entries.first)
                let request = try index.request(entry)
                #expect(request.host == "dev")
                return request.target
            }
            let first = try target("1", "1.gor")
            #expect(try target("1", "2.gor") == first)
            #expect(try target("2", "3.gor") != first)
        }
    }

    @Test("a recording of a process that was killed is opened, planned and converted")
    func killed() throws {
        try harness {
            let path = try file("rec.jsonl")
            let program = try RunningProgram(["record", "--app", "weather", "--mode", "both", "--port", "0", path])
            let url = try program.url()
            for number in 0..<20 { _ = try Program.fetch(url + "/city/oslo?token=hush&n=\(number)") }
            #expect(Program.wait { (try? String(contentsOfFile: path, encoding: .utf8))?.contains("n=19") == true })
            _ = program.stop(SIGKILL)
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(!String(decoding: bytes, as: UTF8.self).contains("hush"))
            // As if it had been killed in the middle of a line.
            try bytes.dropLast(30).write(to: URL(fileURLWithPath: path))

            let plan = try run("plan", path)
            #expect(plan.output.contains("planned "), "\(plan)")
            let traces = try file("out.trace.json")
            let converted = try run("convert", path, traces)
            #expect(converted.code == 0, "\(converted.error)")
            let trace = try JSON(parsing: Data(contentsOf: URL(fileURLWithPath: traces)))
            #expect((trace["traceEvents"]?.items ?? []).count > 100)

            let tmux = try Tmux(width: 118, height: 40)
            try tmux.type("\(Program.path) open \(path); echo rc=$?")
            _ = try tmux.wait("the recording") { $0.contains("RECORDING") && $0.contains("/cit") }
            try tmux.press("]", "]", "]", "]", "]", "]", "]", "]", "]", "]")
            try tmux.press("]", "]", "]", "]", "]", "]", "]", "]", "]", "]")
            _ = try tmux.wait("its end, and both lanes") {
                $0.contains("‖ RECORDING") && $0.contains("SYNC") && $0.contains("ASYNC  4 workers")
                    && $0.contains("/cit") && $0.contains("p play")
            }
            try tmux.press("Enter")
            _ = try tmux.wait("a request's lifecycle") { $0.contains("view city") && $0.contains(" GET api/city/oslo") }
            try tmux.press("Escape", "q")
            _ = try tmux.wait("the shell") { $0.contains("rc=0") }
        }
    }

    @Test(
        "when no file may become larger, requests are answered, the lost ones counted, and the recording goes on in others"
    )
    func full() throws {
        try harness {
            let path = try file("rec.jsonl")
            let child = try Child([
                "bash", "-c",
                "ulimit -f 40; exec \(Program.path) record --app weather --mode native --port 0 \(path)",
            ])
            _ = Program.wait { child.output.contains(" on http") || !child.isRunning }
            let url = try #require(child.output.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/)).output
            for number in 0..<30 {
                #expect(try Program.fetch("\(url)/city/oslo?n=\(number)")?.contains("oslo") == true)
            }
            kill(child.pid, SIGTERM)
            let code = child.wait()
            let counts = try #require(
                child.output.firstMatch(of: /rec.jsonl: (\d+) requests, (\d+) lost/), "\(child.output)")
            let (written, lost) = (try #require(Int(counts.1)), try #require(Int(counts.2)))
            #expect(written > 0 && lost > 0 && written + lost == 30)
            #expect(code == 1, "requests were answered, and not all recorded")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            let recordings = names.filter { $0.hasPrefix("rec.jsonl") }
            #expect(recordings.count > 1, "\(names)")
            let traces = recordings.map { name in
                // One that was begun at the end may hold its header only.
                (try? OpenedRecording(path: folder.appendingPathComponent(name).path))?.lanes.first?.traces.count ?? 0
            }
            #expect(traces.reduce(0, +) == written, "\(traces)")
        }
    }

    @Test("a report has a lane for each mode and pool size, and says that a model is one")
    func report() throws {
        try harness {
            let path = try file("a.log", Self.log)
            let output = try file("report.json")
            let result = try run(
                "replay", path, "--app", "model", "--mode", "both", "--workers", "2,4", "--headless", "--speed", "4",
                "--report", "json", "--output", output, "--port", "0", "--budget", "0s")
            #expect(result.code == 0, "\(result.error)")
            let report = try JSON(parsing: Data(contentsOf: URL(fileURLWithPath: output)))
            let lanes = try #require(report["lanes"]?.items)
            #expect(
                lanes.map { "\($0["mode"]?.string ?? "") \($0["workers"]?.int ?? 0)" }
                    == ["sync 2", "sync 4", "async 2", "async 4"])
            for lane in lanes {
                #expect(lane["sent"]?.int == 6 && lane["done"]?.int == 6 && lane["failed"]?.int == 0)
                #expect(lane["differ"]?.int == 0, "\(lane)")
                #expect(lane["status"]?["200"]?.int == 6)
            }
            #expect(report["model"]?.string?.contains("a MODEL of a.log") == true)
            // On a busy machine it is withheld for the schedule.
            let withheld = report["verdict_withheld"]?.string ?? ""
            #expect(withheld.contains("too small") || withheld.contains("schedule"), "\(withheld)")
        }
    }

    @Test("with --strict, answers that differ from the recorded ones are exit code 3, and without it 0")
    func strict() throws {
        try harness {
            let path = try file(
                "a.log", #"1.1.1.1 - - [04/Jan/2020:07:25:02 +0000] "GET /city/oslo HTTP/1.1" 404 10 "-" "x""# + "\n")
            let words = ["replay", path, "--app", "weather", "--headless", "--port", "0"]
            #expect(try Program.run([Program.path] + words).code == 0)
            let strict = try Program.run([Program.path] + words + ["--strict"])
            #expect(strict.code == 3)
            #expect(strict.output.contains("404") && strict.output.contains("200"))
            let page = try Program.run([Program.path] + words + ["--report", "html"])
            #expect(page.output.hasPrefix("<!doctype html>") && page.output.contains("<svg"))
        }
    }

    @Test("the screen of a model says of what it is one, from the first frame to the last")
    func modelOnScreen() throws {
        try harness {
            let path = try file("a.log", Self.log)
            let tmux = try Tmux(width: 118, height: 40)
            try tmux.type("\(Program.path) replay \(path) --app model --mode both --port 0; echo rc=$?")
            let screen = try tmux.wait("the end of the replay") { $0.contains(" 6/6 over ") }
            #expect(screen.contains("a MODEL of a.log: 5 calls, 5% CPU"))
            #expect(screen.contains("failed 0"))
            try tmux.press("q")
            _ = try tmux.wait("the shell") { $0.contains("rc=0") }
        }
    }
}
