// The built program as an ordinary user without capabilities, in an empty home: what most people are, and what nobody is
// who tests as root.

import Foundation
import Glibc
import Testing

@testable import InspectorCore

@Suite(.serialized) struct UnprivilegedTests {
    /// The program as it is installed, where another user can reach it, beside an empty home of that user's.
    private struct Place {
        let folder: URL

        init() throws {
            folder = URL(fileURLWithPath: "/tmp/inspector-user-\(UUID().uuidString)")
            for name in ["bin", "share/inspector/traffic", "home"] {
                try FileManager.default.createDirectory(
                    at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
            }
            try Program.install(Program.path, at: program)
            try FileManager.default.copyItem(
                at: Program.root.appendingPathComponent("demo-apps/traffic/morning.har"),
                to: folder.appendingPathComponent("share/inspector/traffic/morning.har"))
            guard geteuid() == 0 else { return }
            // To everyone: the tests' own mask may be strict.
            #expect(try Program.run(["chmod", "-R", "a+rX", folder.path]).code == 0)
            #expect(chown(home, 65_534, 65_534) == 0)
        }

        var program: String { folder.appendingPathComponent("bin/inspector").path }
        var home: String { folder.appendingPathComponent("home").path }
        var traffic: String { folder.appendingPathComponent("share/inspector/traffic/morning.har").path }

        /// What makes a command that of a user without capabilities; an ordinary user has none to give up.
        var prefix: [String] {
            let environment = ["env", "-C", home, "HOME=\(home)", "TMPDIR=\(home)"]
            guard geteuid() == 0 else { return environment }
            return [
                "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all",
                "--inh-caps", "-all", "--no-new-privs",
            ] + environment
        }
    }

    private func harness(_ body: (Place) throws -> Void) throws {
        let place = try Place()
        defer { try? FileManager.default.removeItem(at: place.folder) }
        try body(place)
    }

    @Test("is served in each mode, and is told what it was", arguments: ["sync", "async", "native"])
    func serves(mode: String) throws {
        try harness { place in
            let child = try Child(
                place.prefix + [place.program, "run", "weather", "--headless", "--port", "0", "--mode", mode])
            _ = Program.wait { child.output.contains(" on http") || !child.isRunning }
            let url = try #require(child.output.firstMatch(of: /http:\/\/[0-9.]+:[0-9]+/), "\(child.error)").output
            // Each by a connection of its own.
            for _ in 0..<3 { #expect(try Program.fetch("\(url)/city/oslo")?.contains("oslo") == true) }
            kill(child.pid, SIGTERM)
            #expect(child.wait() == 0)
            #expect(child.output.components(separatedBy: "GET /city/oslo 200").count == 4, "\(child.output)")
        }
    }

    @Test("replays the traffic that comes with the program, without a failure")
    func replays() throws {
        try harness { place in
            let result = try Program.run(
                place.prefix + [
                    place.program, "replay", place.traffic, "--mode", "both", "--headless", "--speed", "8", "--report",
                    "json", "--port", "0",
                ])
            #expect(result.code == 0, "\(result.error)")
            let report = try JSON(parsing: Data(result.output.utf8))
            for lane in report["lanes"]?.items ?? [] {
                #expect(lane["failed"]?.int == 0 && (lane["done"]?.int ?? 0) > 0, "\(lane)")
            }
            #expect(report["lanes"]?.items?.count == 2)
        }
    }

    @Test("sees the dashboard: a burst answered, a request's waterfall, and the way out")
    func dashboard() throws {
        try harness { place in
            let tmux = try Tmux(width: 118, height: 40)
            let command = (place.prefix + [place.program, "weather", "--port", "0"]).joined(separator: " ")
            try tmux.type("\(command); echo rc=$?")
            _ = try tmux.wait("an empty dashboard") { $0.contains("No request yet.") }
            try tmux.press("b")
            _ = try tmux.wait("answers") { $0.contains(" 200") && $0.contains(#/flight +0 /#) }
            try tmux.press("Enter")
            _ = try tmux.wait("a waterfall") { $0.contains("view dashboard") && $0.contains("teardown") }
            try tmux.press("Escape", "q")
            _ = try tmux.wait("the shell") { $0.contains("rc=0") }
        }
    }
}
