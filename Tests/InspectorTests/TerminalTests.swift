// The built program in a real terminal: every key of the main job, every way out.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite(.serialized) struct TerminalTests {
    /// The time after `name` in the lane whose title holds `lane`, in ms.
    private func milliseconds(_ name: String, in screen: String, column: Int = 0) -> Double? {
        let values = screen.matches(of: /p50 +([0-9.]+)(ms|s|µs)/).map { match -> Double in
            let number = Double(match.1) ?? 0
            return match.2 == "s" ? number * 1000 : match.2 == "µs" ? number / 1000 : number
        }
        return values.indices.contains(column) ? values[column] : nil
    }

    private func address(in screen: String) throws -> String {
        guard let match = screen.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/) else {
            throw ProgramError(description: "The screen shows no address:\n\(screen)")
        }
        return String(match.0)
    }

    @Test(
        "the first key sends traffic to both lanes: within seconds a queue, an overlap and a conclusion are on the screen"
    )
    func firstInsight() throws {
        let tmux = try Tmux(width: 118, height: 40)
        try tmux.type("\(Program.path) weather --port 0; echo rc=$?")
        _ = try tmux.wait("an empty dashboard") { $0.contains("No request yet.") && $0.contains("⏎  sends traffic") }
        try tmux.press("Enter")
        let screen = try tmux.wait("the story") { screen in
            screen.contains("SYNC  4 workers") && screen.contains("◆ ASYNC  4 workers") && screen.contains("░░░░░░")
                && screen.contains("▆") && screen.contains(/queue peaked at [1-9]/) && screen.contains("× faster")
        }
        #expect(screen.contains("? help  q quit"))
        try tmux.press("q")
        _ = try tmux.wait("the shell") { $0.contains("rc=0") }
    }

    @Test("the main job: burst, waterfall, mode, side by side, replay, sizes, quit")
    func mainJob() throws {
        let tmux = try Tmux(width: 118, height: 40)
        try tmux.type("\(Program.path) weather --port 0 --mode async; echo rc=$?")
        _ = try tmux.wait("an empty dashboard") { $0.contains("No request yet.") && $0.contains("q quit") }

        try tmux.press("b")
        _ = try tmux.wait("live requests") { $0.contains(" wait") && $0.contains(" run") && $0.contains("32 requests") }
        try tmux.press("Enter")
        let async = try tmux.wait("an async waterfall") { $0.contains("calls overlapped") && $0.contains("teardown") }
        #expect(async.contains("await GET api/delay/10"))
        #expect(async.contains("after stamp"))
        let awaits = async.split(separator: "\n").filter { $0.contains("await GET api/city/") }
        #expect(awaits.count == 5)
        #expect(awaits.allSatisfy { $0.contains("loop-") })

        try tmux.press("Escape")
        _ = try tmux.wait("the lane at rest") { $0.contains(#/flight +0 /#) }
        try tmux.press("S")
        _ = try tmux.wait("the sync lane") { $0.contains("SYNC  4 workers") }
        let url = try address(in: tmux.screen())
        let answer = try Program.fetch(url + "/dashboard")
        #expect(answer?.contains("<table>") == true)
        try tmux.press("Enter")
        let sync = try tmux.wait("a sync waterfall") { $0.contains("one after the other") && $0.contains("teardown") }
        let blocked = sync.split(separator: "\n").filter { $0.contains("blocked GET api/city/") }
        #expect(blocked.count == 5)
        #expect(blocked.allSatisfy { $0.contains("worker-") })

        try tmux.press("Escape")
        try tmux.press("s")
        _ = try tmux.wait("both lanes") { $0.contains("SYNC  4 workers") && $0.contains("ASYNC  4 workers") }
        try tmux.press("b")
        let both = try tmux.wait("both lanes at rest") { screen in
            screen.matches(of: #/flight +0 /#).count == 2 && !screen.contains(/p50 +-/)
        }
        let slow = try #require(milliseconds("p50", in: both, column: 0))
        let fast = try #require(milliseconds("p50", in: both, column: 1))
        // A fifth on a quiet machine; one whose cores others use stretches both, the faster one more.
        #expect(fast <= 0.6 * slow, "async \(fast) ms, sync \(slow) ms")

        try tmux.press("t")
        _ = try tmux.wait("the threads") { $0.contains("sync worker-1") && $0.contains("async worker-1") }
        try tmux.press("?")
        _ = try tmux.wait("the help") { $0.contains("Send 32 requests at once") }
        try tmux.press("Escape")
        try tmux.press("Escape")

        try tmux.press("r")
        _ = try tmux.wait("the replay's progress") { $0.contains("replay morning.har") && $0.contains("running") }
        for (width, height) in [(80, 24), (200, 50), (20, 5), (118, 40)] {
            try tmux.resize(width, height)
            _ = try tmux.wait("\(width)x\(height)") { screen in
                width < 40
                    ? screen.contains("needs 40x8") : screen.contains("replay morning.har") && screen.contains("q quit")
            }
        }
        let over = try tmux.wait(seconds: 120, "the replay's end") { $0.contains("60/60 over") }
        #expect(over.contains("done 60"))
        #expect(over.contains("failed 0"))

        try tmux.press("q")
        _ = try tmux.wait("the shell") { $0.contains("rc=0") }
    }

    @Test("one request to the bottom: details, curl, slow motion, edited and sent again, the service changed, exported")
    func oneRequest() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let tmux = try Tmux(width: 118, height: 40)
        try tmux.type("cd \(folder.path); \(Program.path) weather --port 0 --mode both; echo rc=$?")
        let url = try address(in: tmux.wait("an empty dashboard") { $0.contains("No request yet.") })
        #expect(try Program.fetch(url + "/city/oslo?first") != nil)
        _ = try tmux.wait("it answered in both lanes") { screen in
            screen.components(separatedBy: " 200 ").count == 3
        }
        try tmux.press("Enter")
        _ = try tmux.wait("what the lanes differ in") { $0.contains("async answered") && $0.contains("↘") }
        // Past its arriving, however long a busy machine made that.
        for _ in 0..<100 where !(try tmux.screen().contains("sync worker-1")) {
            try tmux.press("Right")
            _ = try Program.wait(seconds: 0.1) { try tmux.screen().contains("sync worker-1") }
        }
        _ = try tmux.wait("the cursor's words") { $0.contains("at ") && $0.contains("sync worker-1") }
        try tmux.press("d")
        _ = try tmux.wait("heads and bodies") { $0.contains("\"city\": \"oslo\"") && $0.contains("curl -i") }
        try tmux.press("E")
        _ = try tmux.wait("the editor") { $0.contains("EDIT  method and path") && $0.contains("GET /city/oslo?first") }
        try tmux.press("C-u")
        try tmux.press("-l", "GET /broken")
        try tmux.press("C-r")
        _ = try tmux.wait("the message") { $0.contains("GET /broken sent to both lanes.") }
        try tmux.press("Escape", "Escape", "Escape")
        _ = try tmux.wait("the new request") { $0.components(separatedBy: " 502 ").count == 3 }
        try tmux.press("End", "d")
        _ = try tmux.wait("its log line") { $0.contains("warning weather: /broken") }
        try tmux.press("Escape", ",")
        _ = try tmux.wait("slow motion") { $0.contains("SLOW MOTION 1/10") }
        _ = try tmux.wait("its end") { $0.contains("‖ SLOW MOTION") }
        try tmux.press("Escape", "Escape", "u", "Right", "Escape")
        _ = try tmux.wait("the service changed") { $0.contains("API +20ms") }
        try tmux.press(":")
        try tmux.press("-l", "export")
        try tmux.press("Enter")
        _ = try tmux.wait("what can be exported") { $0.contains("this screen, as text") && $0.contains("Perfetto") }
        try tmux.press("Enter")
        _ = try tmux.wait("the files") { $0.contains("Written: inspector-lanes.txt") }
        let text = try String(contentsOf: folder.appendingPathComponent("inspector-lanes.txt"), encoding: .utf8)
        #expect(text.contains("SYNC  4 workers") && text.contains("API +20ms"))
        try tmux.press("q")
        _ = try tmux.wait("the shell") { $0.contains("rc=0") }
    }

    @Test("under wrk with the screen open every request is counted once, and none is shown half")
    func flood() throws {
        let tmux = try Tmux(width: 118, height: 40)
        try tmux.type("\(Program.path) weather --port 0 --mode native; echo rc=$?")
        let url = try address(in: tmux.wait("an empty dashboard") { $0.contains("No request yet.") })
        let connections = 16
        let load = try Program.run(["wrk", "-t1", "-c\(connections)", "-d3", url + "/nothing-here"])
        let match = try #require(load.output.firstMatch(of: /(\d+) requests in/), "\(load)")
        let sent = try #require(Int(match.1))
        let screen = try tmux.wait("rest") { $0.contains(#/flight +0 /#) && !$0.contains(" run ") }
        let done = try #require(screen.firstMatch(of: /done +(\d+)/).flatMap { Int($0.1) }, "\(screen)")
        // What wrk had under way when its time was over it does not count; we have answered it.
        #expect(done >= sent && done <= sent + connections, "\(done) on the screen, \(sent) by wrk")
        #expect(screen.contains("lost 0"))
        let rows = screen.split(separator: "\n").filter { $0.contains("/nothing-here") }
        #expect(rows.count > 10)
        #expect(rows.allSatisfy { $0.contains(" 404 ") }, "\(screen)")
        try tmux.press("q")
        _ = try tmux.wait("the shell") { $0.contains("rc=0") }
    }

    @Test("the pictures in README and the tour are of this program: head, titles and key bar")
    func pictures() throws {
        for (document, name, subject) in [
            ("README.md", "side-by-side", FrameTests.Subject.lanes), ("docs/tour.md", "stacked", .stacked),
        ] {
            let text = try String(contentsOf: Program.root.appendingPathComponent(document), encoding: .utf8)
            let start = try #require(text.range(of: "<!-- picture \(name) -->\n```\n"))
            let end = try #require(text.range(of: "```\n<!-- end -->", range: start.upperBound..<text.endIndex))
            let lines = text[start.upperBound..<end.lowerBound].split(
                separator: "\n", omittingEmptySubsequences: false)
            var scene = FrameTests.scene(subject)
            // The first is taken in the middle of a replay, which has a key more.
            if subject == .lanes { scene.model.known.replay = ReplayProgress() }
            let now = scene.text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.dropLast().count == 40, "run: make pictures")
            #expect(lines.dropLast().last == now.last, "run: make pictures")
            let file = "docs/pictures/\(name).svg"
            #expect(FileManager.default.fileExists(atPath: Program.root.appendingPathComponent(file).path))
        }
    }

    @Test("a request from outside is on the screen while it is pending")
    func live() throws {
        let tmux = try Tmux(width: 100, height: 30)
        try tmux.type("\(Program.path) weather --port 0 --mode sync; echo rc=$?")
        let start = try tmux.wait("an empty dashboard") { $0.contains("No request yet.") }
        let url = try address(in: start)
        let curl = try Child(["curl", "-s", "-o", "/dev/null", url + "/dashboard?from=outside"])
        _ = try tmux.wait("it pending") { $0.contains("from=outside") && $0.contains(#/flight +1 /#) }
        #expect(curl.wait() == 0)
        _ = try tmux.wait("it answered") { $0.contains(" 200 ") && $0.contains(#/flight +0 /#) }
        try tmux.press("q")
    }

    @Test("two lanes at 80x24 and a screen without UTF-8 are shown in ASCII")
    func ascii() throws {
        let tmux = try Tmux(width: 80, height: 24)
        try tmux.type("LC_ALL=C NO_COLOR=1 \(Program.path) weather --port 0 --mode both; echo rc=$?")
        let screen = try tmux.wait("both lanes") { $0.contains("SYNC  ---- 0/4") && $0.contains("* ASYNC  ---- 0/4") }
        #expect(screen.utf8.allSatisfy { $0 < 128 })
        try tmux.press("q")
        _ = try tmux.wait("the shell") { $0.contains("rc=0") }
    }

    @Test(
        "the terminal is as it was after each way out",
        arguments: [
            "q", "C-c", "C-\\", "TERM", "HUP", "QUIT", "exit", "abort", "trap", "trap-async", "overflow",
            "overflow-async",
        ])
    func waysOut(way: String) throws {
        let tmux = try Tmux(width: 100, height: 30)
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let before = folder.appendingPathComponent("before").path
        let after = folder.appendingPathComponent("after").path
        let pid = folder.appendingPathComponent("pid").path
        try tmux.type("stty -a | grep -v rows > \(before)")
        // A shell that becomes the program, so that its number is known.
        try tmux.type(
            "bash -c 'echo $$ > \(pid); exec \(Program.path) troubles --deadly --port 0'; echo rc=$?; "
                + "stty -a | grep -v rows > \(after)")
        let start = try tmux.wait("the dashboard") { $0.contains("No request yet.") }
        let url = try address(in: start)
        var code = "rc=0"
        var epitaph: String?
        switch way {
        case "q", "C-c", "C-\\":
            try tmux.press(way)
        case "TERM", "HUP", "QUIT":
            let number = try String(contentsOfFile: pid, encoding: .utf8).trimmingCharacters(
                in: .whitespacesAndNewlines)
            try Program.run(["kill", "-\(way)", number])
        default:
            _ = try Program.fetch("\(url)/\(way)")
            let thread = way.hasSuffix("-async") ? "loop-1.1" : "worker-1"
            epitaph = "Thread \(thread) ran /\(way) for request #1."
            code = ["exit": "rc=3", "abort": "rc=134"][way] ?? (way.hasPrefix("trap") ? "rc=132" : "rc=139")
        }
        _ = try tmux.wait("the shell") { screen in
            screen.contains(code) && screen.trimmingCharacters(in: .whitespacesAndNewlines).hasSuffix("$")
        }
        let history = try tmux.history().replacingOccurrences(of: "\n", with: "")
        if let epitaph { #expect(history.contains(epitaph), "\(history)") }
        #expect(!history.contains("THREADS"))
        #expect(Program.wait { FileManager.default.fileExists(atPath: after) })
        #expect(
            try String(contentsOfFile: before, encoding: .utf8) == String(contentsOfFile: after, encoding: .utf8))
    }

    @Test("it can be suspended and brought back, and is redrawn at another size")
    func suspends() throws {
        let tmux = try Tmux(width: 100, height: 30)
        try tmux.type("\(Program.path) weather --port 0; echo rc=$?")
        _ = try tmux.wait("the dashboard") { $0.contains("No request yet.") }
        try tmux.press("C-z")
        _ = try tmux.wait("the shell") { $0.contains("Stopped") }
        try tmux.type("fg")
        _ = try tmux.wait("the dashboard again") { $0.contains("No request yet.") && $0.contains("q quit") }
        try tmux.paste("sb m q")
        _ = try tmux.wait("a paste that is not a key, after all that") { $0.contains("Pasted text does nothing here.") }
        try tmux.resize(90, 28)
        _ = try tmux.wait("the new size") { screen in
            screen.split(separator: "\n").contains { $0.hasPrefix("┌") && $0.count == 90 }
        }
        try tmux.press("q")
        _ = try tmux.wait("the shell") { screen in
            screen.contains("rc=") && screen.trimmingCharacters(in: .whitespacesAndNewlines).hasSuffix("$")
        }
    }

    @Test("in the background it serves on and leaves the terminal alone; asked to stop there, it ends")
    func background() throws {
        let tmux = try Tmux(width: 100, height: 30)
        try tmux.type("\(Program.path) weather --port 0")
        let url = try address(in: tmux.wait("the dashboard") { $0.contains("No request yet.") })
        try tmux.press("C-z")
        _ = try tmux.wait("the shell") { $0.contains("Stopped") }
        try tmux.type("bg; stty -a | grep -o -- '-*icanon'")
        let shell = try tmux.wait("the shell's own modes") { $0.contains("\nicanon") }
        #expect(try Program.fetch(url + "/city/oslo") != nil)
        #expect(shell.components(separatedBy: "Stopped").count == 2)
        try tmux.type("fg")
        _ = try tmux.wait("the dashboard with what came meanwhile") { $0.contains(" 200 ") && $0.contains("#1 ") }
        try tmux.press("C-z")
        _ = try tmux.wait("the shell again") { $0.contains("Stopped") }
        try tmux.type("kill %1; fg; echo ov''er")
        let end = try tmux.wait("its end") { $0.contains("\nover\n") }
        #expect(!end.contains("No request yet."))
        try tmux.type("stty -a | grep -o -- '-*icanon'; echo se''en")
        _ = try tmux.wait("the modes") { $0.contains("icanon\nseen") && !$0.contains("-icanon\nseen") }
    }

    @Test("what an app prints does not tear the picture, and is printed at the end")
    func output() throws {
        let tmux = try Tmux(width: 100, height: 30)
        try tmux.type("\(Program.path) troubles --port 0; echo rc=$?")
        let start = try tmux.wait("the dashboard") { $0.contains("No request yet.") }
        _ = try Program.fetch(address(in: start) + "/prints")
        let shown = try tmux.wait("the request") { $0.contains("/prints") && $0.contains(" 200 ") }
        #expect(!shown.contains("a line on stdout"))
        try tmux.press("o")
        _ = try tmux.wait("the line") { $0.contains("a line on stdout from request #1") }
        try tmux.press("q")
        let shell = try tmux.wait("the shell") { $0.contains("rc=0") }
        #expect(shell.contains("a line on stdout from request #1"))
    }
}
