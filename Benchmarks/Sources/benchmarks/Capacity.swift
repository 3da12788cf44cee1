// How fast a plan is simulated, and how far it is from what a replay measures.

import BenchKit
import Foundation

@testable import InspectorCore

/// A million requests of eight workers on two cores, on one core of this machine; then a recording with bursts, planned and
/// replayed three times.
func measureCapacity(_ places: Places, _ table: inout Table) throws {
    table.add(speed())
    try addChecks(places, &table)
}

private func speed() -> Row {
    var random = SplitMix(seed: 7)
    func unit() -> Double { SeededHash.share(random.next()) }
    let count = 1_000_000
    var (time, arrivals, shapes) = (0.0, [Double](), [RequestShape]())
    for _ in 0..<count {
        // 70 % of what eight workers can do.
        time -= log1p(-unit()) * 0.08 / 8 / 0.7
        arrivals.append(time)
        let calls = -log1p(-unit()) * 0.07
        shapes.append(RequestShape(calls: calls, longest: calls / 3, busy: 0.004, count: 5))
    }
    let chosen = (0..<Int32(count)).map { $0 }
    var costs = InstanceCosts()
    (costs.request, costs.call) = (0.0002, 0.00014)
    var setting = FleetSetting(mode: .sync, workers: 8, cores: 2)
    setting.costs = costs
    var rates: [Double] = []
    for _ in 0..<5 {
        let began = ProcessorTime.thread
        let run = Fleet.simulate(arrivals: arrivals, shapes: shapes, chosen: chosen, setting: setting)
        let taken = Double(ProcessorTime.thread - began) / 1e9
        if run.responses.count == count { rates.append(Double(count) / taken / 1e6) }
    }
    let median = Pairs.median(rates)
    func text(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
    return Row(
        "capacity: requests simulated a second, on one core", "\(text(median)) M", peer: "-", bar: "≥ 3 M",
        isReached: median >= 3, note: "\(text(rates.min() ?? 0)) to \(text(rates.max() ?? 0)) in five runs")
}

/// Traffic in bursts: 60 a second for a quarter of a minute, its times lognormal with a median of 70 ms.
private func writeBursts(to path: String) throws {
    var random = SplitMix(seed: 21)
    func unit() -> Double { max(1e-12, SeededHash.share(random.next())) }
    var lines: [String] = []
    var time = 1_767_258_000.0
    let end = time + 15
    while time < end {
        let isBurst = Int(time * 2) % 3 == 0
        time -= log(unit()) / (isBurst ? 110 : 35)
        let taken = 0.07 * exp(0.6 * (-2 * log(unit())).squareRoot() * cos(2 * .pi * unit()))
        lines.append(
            "{\"ts\":\(time + taken),\"logger\":\"http.log.access\",\"msg\":\"handled request\",\"request\":{\"method\":\"GET\","
                + "\"host\":\"a.example\",\"uri\":\"/\(lines.count % 9)\"},\"duration\":\(taken),\"size\":700,\"status\":200}"
        )
    }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
}

private func addChecks(_ places: Places, _ table: inout Table) throws {
    let root = URL(fileURLWithPath: places.peers).deletingLastPathComponent().deletingLastPathComponent()
    let program = root.appendingPathComponent(".build/release/inspector").path
    guard FileManager.default.fileExists(atPath: program) else {
        throw BenchError(description: "\(program) is not there: make build makes it")
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("capacity-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let traffic = folder.appendingPathComponent("bursts.jsonl").path
    try writeBursts(to: traffic)
    for (name, quantile) in [("p50", 50), ("p99", 99)] {
        var errors: [Double] = []
        var words: [String] = []
        for run in 1...3 {
            let report = folder.appendingPathComponent("\(name)-\(run).json").path
            _ = try Program.run([
                program, "capacity", traffic, "--target", "p\(quantile)<5s", "--check", "--workers", "64", "--report",
                "json", "--output", report,
            ])
            let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: report)))
            let checks = (json as? [String: Any])?["check"] as? [[String: Any]] ?? []
            for check in checks {
                guard let measured = check["measured_\(name)_ms"] as? Double, measured > 0,
                    let simulated = check["simulated_\(name)_ms"] as? Double
                else { continue }
                errors.append(abs(simulated / measured - 1))
                words.append("\(check["mode"] ?? "") \(Int(measured)) and \(Int(simulated)) ms")
            }
        }
        let median = errors.isEmpty ? Double.nan : Pairs.median(errors)
        table.add(
            Row(
                "capacity: \(name) of a replay and of its simulation differ by", "\(Int((median * 100).rounded())) %",
                peer: "the replay", bar: "≤ 10 %", isReached: median <= 0.1, note: words.joined(separator: ", ")))
    }
}
