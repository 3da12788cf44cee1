// How long many things took: counted, and kept in a histogram.

internal import Histogram

/// Times of one kind, in a histogram of three digits; of two where there may be many of them, in a tenth of the memory.
///
/// Times are kept in µs, from 1 µs to one hour; longer ones count as one hour.
package struct Times: Sendable {
    private var histogram: Histogram<UInt32>
    package private(set) var count = 0
    /// The longest, in µs: exact, where the histogram's class of it reaches further.
    private var longest: UInt64 = 0

    private static let limit: UInt64 = 3_600_000_000

    package init(isCoarse: Bool = false) {
        histogram = Histogram(
            highestTrackableValue: Times.limit, numberOfSignificantValueDigits: isCoarse ? .two : .three)
    }

    /// Adds a time, in ns.
    package mutating func add(_ nanoseconds: UInt64) {
        count += 1
        let value = min(max(1, nanoseconds / 1000), Times.limit)
        longest = max(longest, value)
        histogram.record(value)
    }

    /// The time that `percent` of them stayed within, in ns; nil when there are none.
    package func percentile(percent: Double) -> UInt64? {
        count == 0 ? nil : min(longest, histogram.valueAtPercentile(percent)) * 1000
    }

    /// The longest, in ns; nil when there are none.
    package var most: UInt64? { count == 0 ? nil : longest * 1000 }

    /// Adds times as `values` gives them, the longest of which is known better, in ns.
    package mutating func add(_ values: [(microseconds: UInt64, count: Int)], longest nanoseconds: UInt64) {
        longest = max(longest, min(max(1, nanoseconds / 1000), Times.limit))
        for value in values {
            histogram.record(value.microseconds, count: UInt32(clamping: value.count))
            count += value.count
        }
    }

    /// Adds all of another's.
    package mutating func merge(_ other: Times) {
        for value in other.histogram.recordedValues() { histogram.record(value.value, count: value.count) }
        count += other.count
        longest = max(longest, other.longest)
    }

    /// How many took how long, as value in µs and count, in order.
    package var values: [(microseconds: UInt64, count: Int)] {
        histogram.recordedValues().map { ($0.value, Int($0.count)) }
    }
}
