// Ranges of time, in ns by `MonotonicClock`: how much they cover together, and what one set has that another has not.

/// Sets of ranges of time.
package enum TimeRanges {
    /// The same time as ranges in order, none of which touches another.
    package static func merged(_ ranges: [Range<UInt64>]) -> [Range<UInt64>] {
        var merged: [Range<UInt64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    /// How much time lies in at least one of `ranges`, in ns.
    package static func length(_ ranges: [Range<UInt64>]) -> UInt64 {
        merged(ranges).reduce(0) { $0 + UInt64($1.upperBound - $1.lowerBound) }
    }

    /// What lies in one of `ranges` and in none of `others`, in order.
    package static func less(_ ranges: [Range<UInt64>], _ others: [Range<UInt64>]) -> [Range<UInt64>] {
        let others = merged(others)
        var left: [Range<UInt64>] = []
        for range in merged(ranges) {
            var from = range.lowerBound
            for other in others where other.upperBound > from && other.lowerBound < range.upperBound {
                if other.lowerBound > from { left.append(from..<other.lowerBound) }
                from = max(from, other.upperBound)
            }
            if from < range.upperBound { left.append(from..<range.upperBound) }
        }
        return left
    }
}
