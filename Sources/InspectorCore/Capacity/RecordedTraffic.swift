// A recording as a plan needs it: when requests came, and what each took.

/// Arrivals and times of a recording, in the order of time.
package struct RecordedTraffic: Sendable, Equatable {
    /// When each request came, in seconds after the first.
    package let arrivals: [Double]
    /// How long each took, in seconds.
    package let times: [Double]
    /// How long the recording is, in seconds: to the last arrival, and the average gap after it.
    package let length: Double

    /// - Parameters:
    ///   - arrivals: in any order, in seconds.
    ///   - times: what each took, in seconds; as many.
    package init(arrivals: [Double], times: [Double]) {
        let order = arrivals.indices.sorted { (arrivals[$0], $0) < (arrivals[$1], $1) }
        let first = order.first.map { arrivals[$0] } ?? 0
        self.init(sorted: order.map { arrivals[$0] - first }, times: order.map { times[$0] }, length: nil)
    }

    private init(sorted: [Double], times: [Double], length: Double?) {
        arrivals = sorted
        self.times = times
        let last = sorted.last ?? 0
        self.length = length ?? (sorted.count > 1 ? last * Double(sorted.count) / Double(sorted.count - 1) : last)
    }

    package var count: Int { arrivals.count }

    /// Requests a second; 0 where all came at one instant.
    package var rate: Double { length > 0 ? Double(count) / length : 0 }

    /// The busiest `seconds` of it; the whole where it is no longer than that.
    package func busiest(seconds: Double) -> RecordedTraffic {
        guard seconds < length, seconds > 0 else { return self }
        var (first, best, most) = (0, 0, 0)
        for place in arrivals.indices {
            while arrivals[first] + seconds <= arrivals[place] { first += 1 }
            if place - first + 1 > most { (best, most) = (first, place - first + 1) }
        }
        let range = best..<(best + most)
        let start = arrivals[best]
        return RecordedTraffic(
            sorted: range.map { arrivals[$0] - start }, times: Array(times[range]), length: seconds)
    }

    /// How unevenly requests come: the variance of the counts of `seconds` divided by their mean.
    ///
    /// 1 is pure chance; nil where there are fewer than ten such spans.
    package func dispersion(seconds: Double) -> Double? {
        let spans = Int(saturating: length / seconds)
        guard spans >= 10, spans <= 10_000_000 else { return nil }
        var counts = Array(repeating: 0.0, count: spans)
        for arrival in arrivals {
            let span = Int(saturating: arrival / seconds)
            if span < spans { counts[span] += 1 }
        }
        let mean = counts.reduce(0, +) / Double(spans)
        guard mean > 0 else { return nil }
        return counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(spans) / mean
    }

    /// Another recording that might have been made: seconds of this one, drawn with putting back; and which request of
    /// this one each of its requests is.
    package func resampled(seed: UInt64, block: Double = 1) -> (traffic: RecordedTraffic, places: [Int]) {
        let blocks = max(1, min(count, Int(saturating: length / block)))
        var random = SplitMix(seed: seed)
        var contents = Array(repeating: [Int](), count: blocks)
        for (place, arrival) in arrivals.enumerated() {
            contents[min(blocks - 1, Int(saturating: arrival / block))].append(place)
        }
        var (arrivals, places) = ([Double](), [Int]())
        for number in 0..<blocks {
            let drawn = Int(random.next() % UInt64(blocks))
            for place in contents[drawn] {
                arrivals.append(Double(number) * block + self.arrivals[place] - Double(drawn) * block)
                places.append(place)
            }
        }
        return (RecordedTraffic(sorted: arrivals, times: places.map { times[$0] }, length: length), places)
    }

    /// The time that a share `quantile` of the requests does not exceed, in seconds.
    package func time(quantile: Double) -> Double { Quantile.value(of: times, at: quantile) ?? 0 }

    /// The same arrivals with other times.
    func with(times: [Double]) -> RecordedTraffic {
        RecordedTraffic(sorted: arrivals, times: times, length: length)
    }
}

/// Order statistics.
enum Quantile {
    /// The smallest of `values` that a share `quantile` of them does not exceed; nil where there is none.
    static func value(of values: [Double], at quantile: Double) -> Double? {
        guard !values.isEmpty else { return nil }
        let wanted = max(0, min(values.count - 1, Int((quantile * Double(values.count)).rounded(.up)) - 1))
        var values = values
        var (low, high) = (0, values.count - 1)
        // Hoare's selection: a sort would take ten times as long, and this is asked after every simulation.
        while low < high {
            let pivot = values[low + (high - low) / 2]
            var (left, right) = (low, high)
            while left <= right {
                while values[left] < pivot { left += 1 }
                while values[right] > pivot { right -= 1 }
                if left <= right {
                    values.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if wanted <= right { high = right } else if wanted >= left { low = left } else { break }
        }
        return values[wanted]
    }
}
