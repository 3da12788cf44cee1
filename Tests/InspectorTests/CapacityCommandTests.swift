import Foundation
import InspectorCore
import Testing

/// `inspector capacity` as a user types it.
@Suite("inspector capacity")
struct CapacityCommandTests {
    private static let cases = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("InspectorCoreTests/Cases/capacity")

    private static func capacity(_ words: String...) throws -> (code: Int32, output: String, error: String) {
        try Program.run([Program.path, "capacity"] + words)
    }

    private static func log(requests: Int, apart: Double, time: Double = 0.1) throws -> String {
        let lines = (0..<requests).map { number in
            let end = 1_767_258_000 + Double(number) * apart + time
            return
                "{\"ts\":\(end),\"msg\":\"handled request\",\"request\":{\"method\":\"GET\",\"host\":\"a\",\"uri\":\"/\"},"
                + "\"duration\":\(time),\"size\":7,\"status\":200}"
        }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("capacity-\(UUID().uuidString).jsonl")
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: file)
        return file.path
    }

    @Test("a log of a server that was full is planned without its queue, and the JSON says so")
    func saturated() throws {
        let file = Self.cases.appendingPathComponent("saturated.jsonl.gz").path
        let result = try Self.capacity(
            file, "--rate", "500/s", "--costs", "none", "--mode", "sync", "--workers", "8", "--cores", "2", "--report",
            "json")
        #expect(result.code == 0, "\(result.error)")
        let json = try JSON(parsing: Array(result.output.utf8))
        #expect(json["traffic"]?["recorded_workers"] == 4)
        let service = try #require(json["traffic"]?["service_ms"]?["p99"]?.number)
        #expect(abs(service - 225) < 10)
        let plan = try #require(json["plans"]?[0])
        #expect(plan["mode"] == "sync" && plan["workers"] == 8 && plan["meets"] == true)
        let instances = try #require(plan["instances"]?.int)
        // Eight workers of 100 ms each do 80 a second: seven are the least, and chance needs more.
        #expect((7...20).contains(instances))
        let interval = (plan["interval"]?["simulation"]?.items ?? []).compactMap(\.int)
        #expect(interval.count == 2 && interval[0] <= instances && instances <= interval[1])
        #expect(json["withheld"] == .null && json["target"]?["quantile"]?.number == 0.99)
    }

    @Test("the text names the modes, the knee, what it rests on and what it does not know")
    func text() throws {
        let file = Self.cases.appendingPathComponent("morning-peak.log.gz").path
        let result = try Self.capacity(
            file, "--growth", "10", "--target", "p99<1s", "--costs", "none", "--workers", "16", "--cores", "2")
        #expect(result.code == 0, "\(result.error)")
        for words in [
            "planned for its busiest 1m00s: 697 requests, 11.6 a second", "for 116 a second, p99 < 1s, with 10% room",
            "sync ×16", "async ×", "native", "the knee", "p99 rests on 7 requests; 10000 would tell more",
            "the busiest window has 3.7 times the average load", "calls take what they took",
        ] {
            #expect(result.output.contains(words), "\(words) in \(result.output)")
        }
    }

    @Test("what nothing can be said of is refused in a sentence, and --strict ends with 3")
    func refused() throws {
        let few = try Self.log(requests: 40, apart: 0.1)
        let result = try Self.capacity(few, "--rate", "100/s", "--costs", "none", "--strict")
        #expect(result.code == 3)
        #expect(result.output.contains("no plan: p99 of 40 requests rests on fewer than 5 of them: 500 are needed"))
        let instant = try Self.log(requests: 600, apart: 0)
        #expect(try Self.capacity(instant, "--costs", "none").output.contains("came at one instant"))
        let slow = try Self.log(requests: 600, apart: 0.05, time: 0.4)
        let impossible = try Self.capacity(
            slow, "--rate", "100/s", "--target", "p99<300ms", "--costs", "none", "--mode", "sync", "--strict")
        #expect(impossible.code == 3)
        #expect(impossible.output.contains("none: p99 is 399ms with nothing else to do"), "\(impossible.output)")
    }

    @Test("options that are none are wrong use, each with its range")
    func wrong() throws {
        let file = try Self.log(requests: 10, apart: 0.1)
        for (option, value) in [
            ("--rate", "0"), ("--rate", "1e12"), ("--rate", "NaN"), ("--growth", "-1"), ("--target", "p99"),
            ("--target", "p101<1s"), ("--workers", "1000000"), ("--workers", "4,,8"), ("--cores", "0"),
            ("--window", "0s"),
            ("--margin", "-5%"), ("--balance", "best"), ("--price", "x"), ("--recorded-workers", "none"),
        ] {
            let result = try Self.capacity(file, option, value)
            #expect(result.code == 2, "\(option) \(value): \(result.code)")
            #expect(result.error.contains(option), "\(option) \(value): \(result.error)")
        }
        #expect(try Self.capacity(file, "--rate", "5/s", "--growth", "2").code == 2)
        let enough = try Self.log(requests: 600, apart: 0.05)
        #expect(try Self.capacity(enough, "--costs", "/nowhere.json").code == 1)
    }

    @Test("a target of the median is written as JSON too, and so is another", arguments: ["p50", "p95"])
    func percentiles(name: String) throws {
        let file = try Self.log(requests: 200, apart: 0.02)
        let result = try Self.capacity(
            file, "--target", "\(name)<1s", "--costs", "none", "--mode", "native", "--cores", "1", "--report", "json")
        #expect(result.code == 0, "\(result.error)")
        let plan = try #require(try JSON(parsing: Array(result.output.utf8))["plans"]?[0])
        #expect(plan["p50_ms"]?.number != nil && plan["\(name)_ms"]?.number != nil)
    }

    @Test("huge loads and pools are planned without a trap")
    func huge() throws {
        let file = try Self.log(requests: 600, apart: 0.05)
        let result = try Self.capacity(
            file, "--rate", "1000000000/s", "--costs", "none", "--mode", "async", "--workers", "1,100000", "--cores",
            "1024",
            "--report", "json")
        #expect(result.code == 0, "\(result.error)")
        let json = try JSON(parsing: Array(result.output.utf8))
        #expect((json["plans"]?[0]?["instances"]?.int ?? 0) > 1000)
    }
}
