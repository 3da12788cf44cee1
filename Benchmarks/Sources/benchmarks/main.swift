// The project's measurements, each as a ratio to a peer in the same run.

import InspectorCore

/// Look-ups among 10 routes and among 10,000 of the same kind: the number must not matter.
func measureRouter() {
    func map(_ count: Int) -> URLMap {
        let app = App("routes")
        for number in 0..<count {
            let section = "/section\(number % 100)/item\(number / 100)"
            app.get(section + "/<int:id>") { _ in "" }
        }
        return app.urlMap
    }
    func look(_ map: URLMap, _ paths: [String]) -> (Int) -> Void {
        { calls in
            for call in 0..<calls {
                guard case .view = map.match("GET", paths[call % paths.count]) else { fatalError("no match") }
            }
        }
    }
    let few = (0..<10).map { "/section\($0 % 100)/item\($0 / 100)/42" }
    let many = stride(from: 0, to: 10_000, by: 997).map { "/section\($0 % 100)/item\($0 / 100)/42" }
    Ratio.measure(calls: 20_000, look(map(10), few), look(map(10_000), many))
        .print("router, one look-up", "10 routes", "10,000 routes")
}

let only = CommandLine.arguments.dropFirst().first
let rows: [(name: String, measure: () -> Void)] = [
    ("router", measureRouter), ("frame", measureFrames), ("replay", measureReplay),
]
for row in rows where only == nil || only == row.name { row.measure() }
