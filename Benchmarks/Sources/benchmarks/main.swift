// The project's measurements: each row is this project and a peer, measured in turn in one run.

import BenchKit
import Foundation
import InspectorCore

/// Look-ups among 10 routes and among 10,000 of the same kind: the number must not matter.
func measureRouter(_ table: inout Table) {
    func map(_ count: Int) -> URLMap {
        let app = App("routes")
        for number in 0..<count {
            let section = "/section\(number % 100)/item\(number / 100)"
            app.get(section + "/<int:id>") { _ in "" }
        }
        return app.urlMap
    }
    func look(_ map: URLMap, _ paths: [String]) -> () -> Double {
        {
            nanoseconds(of: 20_000) {
                for call in 0..<20_000 {
                    guard case .view = map.match("GET", paths[call % paths.count]) else { fatalError("no match") }
                }
            }
        }
    }
    let few = (0..<10).map { "/section\($0 % 100)/item\($0 / 100)/42" }
    let many = stride(from: 0, to: 10_000, by: 997).map { "/section\($0 % 100)/item\($0 / 100)/42" }
    table.add(
        Row(
            "a look-up among 10,000 routes ÷ among 10",
            Pairs.measure(times: 9, look(map(10_000), many), look(map(10), few)),
            unit: Unit.nanoseconds))
}

let only = CommandLine.arguments.dropFirst().first { !$0.isEmpty }
let places = Places()
var table = Table()
let sections: [(name: String, measure: (inout Table) throws -> Void)] = [
    ("event", { measureEvents(&$0) }), ("subthread", { measureSubThread(&$0) }), ("frame", { measureFrames(&$0) }),
    ("router", { measureRouter(&$0) }), ("hello", { try measureHello(places, &$0) }),
    ("calls", { try measureCalls(places, &$0) }), ("pending", { try measurePending(places, &$0) }),
    ("har", { try measureHAR(places, &$0) }), ("http", { try measureHTTPFile(places, &$0) }),
    ("process", { try measureProcess(places, &$0) }),
    ("replay", { measureReplay(&$0) }), ("proxy", { try measureProxies(places, &$0) }),
    ("spans", { try measureSpans(&$0) }), ("extension", { try measureExtension(places, &$0) }),
    ("agreement", { try measureAgreement(places, &$0) }),
    ("capacity", { try measureCapacity(places, &$0) }),
]
guard only == nil || sections.contains(where: { $0.name == only }) else {
    print("There is no row \(only ?? ""). ONLY is one of: \(sections.map(\.name).joined(separator: ", ")).")
    exit(2)
}
var problems: [String] = []
table.printHead()
for section in sections where only == nil || only == section.name {
    do { try section.measure(&table) } catch { problems.append("\(section.name): \(error)") }
}
let file = places.built + "/benchmarks.json"
table.write(to: file)
print("\nThe same as JSON: \(file)")
for problem in problems { print("Not measured. \(problem)") }
exit(problems.isEmpty ? 0 : 1)
