// How far chance could have made a difference: known distributions, and samples that are the same.

import Testing

@testable import InspectorCore

@Suite struct SpeedRatioTests {
    private static func sample(_ values: some Sequence<UInt64>) -> ResponseSample {
        var sample = ResponseSample()
        for value in values { sample.add(value) }
        return sample
    }

    @Test("the same answers give a range that holds 1, however many there are", arguments: [30, 300, 5000])
    func same(count: Int) throws {
        var random = SplitMix(seed: 3)
        let one = Self.sample((0..<count).map { _ in UInt64.random(in: 1_000_000...9_000_000, using: &random) })
        let two = Self.sample((0..<count).map { _ in UInt64.random(in: 1_000_000...9_000_000, using: &random) })
        let ratio = try #require(SpeedRatio(base: [one, two], other: [two, one]))
        #expect(ratio.crossesOne && ratio.ratio == 1)
        #expect(ratio.low <= 1 && ratio.high >= 1)
    }

    @Test("a clear difference has a range around it, the narrower the more answers there are")
    func clear() throws {
        func range(_ count: Int) throws -> SpeedRatio {
            var random = SplitMix(seed: 5)
            let slow = Self.sample(
                (0..<count).map { _ in UInt64.random(in: 800_000_000...1_200_000_000, using: &random) })
            let fast = Self.sample(
                (0..<count).map { _ in UInt64.random(in: 200_000_000...300_000_000, using: &random) })
            return try #require(SpeedRatio(base: [slow], other: [fast]))
        }
        let few = try range(40)
        let many = try range(2000)
        for ratio in [few, many] {
            #expect(!ratio.crossesOne && ratio.low < ratio.ratio && ratio.ratio < ratio.high)
            #expect(abs(ratio.ratio - 4) < 0.3)
        }
        #expect(many.high - many.low < (few.high - few.low) / 2)
        #expect(try range(40) == few, "a report can be repeated")
    }

    @Test("a sample of many answers is a fair one, and of a bounded size")
    func sampling() throws {
        let sample = Self.sample((1...100_000).lazy.map { UInt64($0) * 1000 })
        #expect(sample.values.count == ResponseSample.limit && sample.seen == 100_000)
        let sorted = sample.values.sorted()
        #expect(abs(Double(sorted[sorted.count / 2]) - 50_000) < 5_000)
        #expect(SpeedRatio(base: [ResponseSample()], other: [sample]) == nil)
    }
}
