// What part of a process the inspection takes, and when that says something.

import Testing

@testable import InspectorCore

@Suite struct OwnCostTests {
    private func sample(own: UInt64, process: UInt64, time: UInt64) -> OwnCost.Sample {
        OwnCost.Sample(own: own * 1_000_000, process: process * 1_000_000, time: time * 1_000_000)
    }

    @Test("the own cost is a part of the process's time, and not said where the process hardly serves")
    func part() throws {
        let earlier = sample(own: 100, process: 1_000, time: 0)
        let busy = try #require(sample(own: 140, process: 1_800, time: 1_000).part(since: earlier))
        #expect(abs(busy - 0.05) < 0.000_1)
        #expect(sample(own: 400, process: 1_400, time: 1_000).part(since: earlier) == nil, "it only draws")
        #expect(sample(own: 100, process: 1_100, time: 1_000).part(since: earlier) == nil, "it is idle")
        #expect(sample(own: 50, process: 900, time: 1_000).part(since: earlier) == nil, "a counter went back")
    }
}
