// Whether the places that tell of one traffic file tell the same: a comparison without a screen, each lane by itself, and
// the lanes of the dashboard.

import BenchKit
import Foundation

/// Three runs each of: both lanes without a screen, one lane without a screen, both in the dashboard.
///
/// The largest difference of a lane's medians is the row.
func measureAgreement(_ places: Places, _ table: inout Table) throws {
    let root = URL(fileURLWithPath: places.peers).deletingLastPathComponent().deletingLastPathComponent()
    let program = root.appendingPathComponent(".build/release/inspector").path
    let traffic = root.appendingPathComponent("demo-apps/traffic/morning.har").path
    guard FileManager.default.fileExists(atPath: program) else {
        throw BenchError(description: "\(program) is not there: make build makes it")
    }
    var both: [[String: Double]] = []
    var alone: [[String: Double]] = []
    var shown: [[String: Double]] = []
    for _ in 0..<3 {
        both.append(try headless(program, traffic: traffic, mode: "both"))
        var one: [String: Double] = [:]
        for mode in ["sync", "async"] {
            one.merge(try headless(program, traffic: traffic, mode: mode)) { first, _ in first }
        }
        alone.append(one)
        shown.append(try dashboard(program, traffic: traffic))
    }
    for lane in ["sync", "async"] {
        let medians = [both, alone, shown].map { runs in Pairs.median(runs.compactMap { $0[lane] }) }
        let ratio = (medians.max() ?? .nan) / max(medians.min() ?? .nan, 0.001)
        func text(_ value: Double) -> String { "\(Int(value.rounded())) ms" }
        table.add(
            Row(
                "morning.har, p50 \(lane): headless both, alone, dashboard", medians.map(text).joined(separator: ", "),
                peer: "each other", bar: "≤ 1.10", isReached: ratio <= 1.10,
                note: "largest ÷ smallest of the medians of three runs: \((ratio * 1000).rounded() / 1000)"))
    }
}

private func headless(_ program: String, traffic: String, mode: String) throws -> [String: Double] {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("agreement-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    _ = try Program.run([
        program, "replay", traffic, "--mode", mode, "--headless", "--port", "0", "--report", "json", "--budget", "0s",
        "--output", file.path,
    ])
    let report = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
    var medians: [String: Double] = [:]
    for lane in report?["lanes"] as? [[String: Any]] ?? [] {
        guard let name = lane["lane"] as? String, let times = lane["response_ms"] as? [String: Any] else { continue }
        medians[name] = times["p50"] as? Double
    }
    return medians
}

/// Reads the medians off the screen, as a user would.
private func dashboard(_ program: String, traffic: String) throws -> [String: Double] {
    let socket = "agreement-\(ProcessInfo.processInfo.processIdentifier)"
    defer { _ = try? Program.run(["tmux", "-L", socket, "kill-server"]) }
    // Not by Foundation's Process: the server that it leaves behind inherits what that waits for, and it waits for ever.
    let command = "LC_ALL=C.UTF-8 \(program) replay \(traffic) --mode both --port 0"
    try Child.run([
        "sh", "-c",
        "tmux -L \(socket) -f /dev/null new-session -d -x 200 -y 50 '\(command)' >/dev/null 2>&1 </dev/null",
    ])
    let limit = Date().addingTimeInterval(120)
    while Date() < limit {
        let screen = try Program.run(["tmux", "-L", socket, "capture-pane", "-p"])
        if screen.contains("60/60 over"), let line = screen.split(separator: "\n").first(where: { $0.contains("p50") })
        {
            let found = line.split(separator: " ").map(String.init)
            let values = found.indices.filter { found[$0] == "p50" }.compactMap { found[$0 + 1] }.compactMap(
                milliseconds)
            if values.count == 2 { return ["sync": values[0], "async": values[1]] }
        }
        usleep(200_000)
    }
    throw BenchError(description: "the dashboard did not come to the end of \(traffic) in two minutes")
}

private func milliseconds(_ text: String) -> Double? {
    for (unit, factor) in [("ms", 1.0), ("µs", 0.001), ("s", 1000)] where text.hasSuffix(unit) {
        return Double(text.dropLast(unit.count)).map { $0 * factor }
    }
    return nil
}
