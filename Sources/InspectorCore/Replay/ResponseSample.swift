// The responses of one pass of a plan through one lane, for what a verdict has to know besides percentiles: how far
// chance could have made the difference.

/// Responses as they were measured, in µs: all of them, or a fair sample where there are many.
package struct ResponseSample: Sendable {
    /// How many are kept of a pass.
    static let limit = 2048

    package private(set) var values: [UInt32] = []
    /// How many there were.
    package private(set) var seen = 0

    package init() {}

    /// Adds a response, in ns.
    package mutating func add(_ response: UInt64) {
        seen += 1
        let value = UInt32(clamping: response / 1000)
        guard values.count >= ResponseSample.limit else {
            values.append(value)
            return
        }
        // Each of those seen is kept with the same chance (algorithm R); by its number, so that a report can be repeated.
        var random = SplitMix(seed: UInt64(seen))
        let place = Int.random(in: 0..<seen, using: &random)
        if place < values.count { values[place] = value }
    }
}

/// How many times as fast one lane is as another, by the medians of their responses, with what chance could make of it.
package struct SpeedRatio: Sendable, Equatable {
    /// The base's median ÷ the other's.
    package let ratio: Double
    /// Between which two ratios 95 of 100 resamplings lie.
    package let low: Double
    package let high: Double

    /// Whether the difference may be chance: no difference at all lies among what could have been.
    package var crossesOne: Bool { low <= 1 && high >= 1 }

    private static let rounds = 1000

    /// Resamples the requests within each pass (a bootstrap within blocks): the machine may have been busy during one pass
    /// and not during another.
    ///
    /// - Returns: nil where a side has nothing.
    package init?(base: [ResponseSample], other: [ResponseSample], seed: UInt64 = 1) {
        let one = Pool(base)
        let two = Pool(other)
        guard let before = one.median, let now = two.median else { return nil }
        ratio = Double(before) / Double(max(1, now))
        var random = SplitMix(seed: seed)
        var counts = [UInt32](repeating: 0, count: max(one.count, two.count))
        var ratios: [Double] = []
        ratios.reserveCapacity(SpeedRatio.rounds)
        for _ in 0..<SpeedRatio.rounds {
            let first = one.resampledMedian(&counts, random: &random)
            let second = two.resampledMedian(&counts, random: &random)
            ratios.append(Double(first) / Double(max(1, second)))
        }
        ratios.sort()
        low = ratios[SpeedRatio.rounds * 25 / 1000]
        high = ratios[SpeedRatio.rounds * 975 / 1000 - 1]
    }

    /// The responses of all passes of a lane.
    private struct Pool {
        /// All values in order.
        private let sorted: [UInt32]
        /// The indices in `sorted` of the values of each pass.
        private let passes: [[Int32]]

        init(_ samples: [ResponseSample]) {
            let all = samples.enumerated().flatMap { pass, sample in sample.values.map { (value: $0, pass: pass) } }
                .sorted { $0.value < $1.value }
            sorted = all.map(\.value)
            var passes = [[Int32]](repeating: [], count: samples.count)
            for (place, item) in all.enumerated() { passes[item.pass].append(Int32(clamping: place)) }
            self.passes = passes
        }

        var count: Int { sorted.count }

        var median: UInt32? { sorted.isEmpty ? nil : sorted[(sorted.count - 1) / 2] }

        /// The median of as many values, drawn anew from each pass.
        ///
        /// - Parameter counts: room for a count of each value; its content is overwritten.
        func resampledMedian(_ counts: inout [UInt32], random: inout SplitMix) -> UInt32 {
            for place in sorted.indices { counts[place] = 0 }
            for pass in passes where !pass.isEmpty {
                for _ in pass { counts[Int(pass[Int.random(in: 0..<pass.count, using: &random)])] += 1 }
            }
            var left = (sorted.count - 1) / 2
            for place in sorted.indices {
                let count = Int(counts[place])
                if left < count { return sorted[place] }
                left -= count
            }
            return sorted.last ?? 0
        }
    }
}
