// Numbers of one lane, and under one mode where it has modes: counts that are exact, times in a histogram of three digits.

internal import Foundation

/// What is counted of a lane while it runs in one mode.
package struct Statistics: Sendable {
    /// Whose numbers they are.
    package struct Key: Hashable, Sendable {
        package var lane: LaneID
        /// Nil for a lane that is not ours.
        package var mode: ExecutionMode?

        package init(lane: LaneID, mode: ExecutionMode?) {
            self.lane = lane
            self.mode = mode
        }
    }

    /// How long a rate is counted, in tenths of a second.
    private static let rateTenths: UInt64 = 20

    package private(set) var begun = 0
    /// How many were answered since the start, or since the numbers were cleared.
    package private(set) var finished = 0
    private var numbers: SlidingNumbers
    /// Answers in each of the last seconds, and in each tenth of one.
    private var seconds = CountRing(length: 64)
    private var tenths = CountRing(length: 32)
    private var pending = PeakRing()

    package init() {
        self.init(isCoarse: false)
    }

    /// Numbers of two digits, in a tenth of the memory: there may be many of them.
    init(isCoarse: Bool) {
        numbers = SlidingNumbers(isCoarse: isCoarse)
    }

    package var inFlight: Int { begun - finished }

    /// Those answered with 500 or above.
    package var failures: Int { sums().failures }

    mutating func begin(_ count: Int = 1) { begun += count }

    /// Counts a request that was answered at `time`.
    ///
    /// - Parameters:
    ///   - response: nil where its server gave no answer: it is counted, and its time is none of an answer.
    ///   - detail: what its trace says of its waits and its hooks; nil where it was recorded without.
    mutating func finish(
        status: Int, response: UInt64?, at time: UInt64, detail: (waits: Int, hookTime: UInt64)? = nil
    ) {
        finished += 1
        var sums = RequestSums()
        sums.count = 1
        sums.failures = status >= 500 ? 1 : 0
        sums.wholeTime = response ?? 0
        sums.longest = response ?? 0
        if let detail {
            sums.detailed = 1
            sums.detailedTime = response ?? 0
            sums.waits = detail.waits
            sums.hookTime = detail.hookTime
        }
        numbers.add(response: response, sums: sums, at: time)
        seconds.count(at: time / 1_000_000_000)
        tenths.count(at: time / 100_000_000)
    }

    /// Adds what became known of a request after it was counted.
    mutating func addDetail(waits: Int, hookTime: UInt64, response: UInt64?, at time: UInt64) {
        var sums = RequestSums()
        sums.detailed = 1
        sums.detailedTime = response ?? 0
        sums.waits = waits
        sums.hookTime = hookTime
        numbers.add(response: nil, sums: sums, at: time)
    }

    /// Forgets what was answered; what is in flight is still in flight.
    mutating func clear() {
        let left = inFlight
        self = Statistics(isCoarse: numbers.isCoarse)
        begun = left
    }

    /// What is added up of the requests that were answered in `window`, which ends at `now`.
    package func sums(window: TimeWindow = .all, at now: UInt64 = .max) -> RequestSums {
        numbers.sums(window: window, at: now)
    }

    /// The responses of `window`, which ends at `now`.
    package func times(window: TimeWindow = .all, at now: UInt64 = .max) -> Times {
        numbers.times(window: window, at: now)
    }

    /// The response that `percent` of the requests stayed within, in ns; nil before the first.
    package func percentile(percent: Double, window: TimeWindow = .all, at now: UInt64 = .max) -> UInt64? {
        times(window: window, at: now).percentile(percent: percent)
    }

    /// Answers a second, over the two seconds before `now`.
    package func rate(at now: UInt64) -> Double {
        let current = now / 100_000_000
        var sum = 0
        for age in 1...Statistics.rateTenths where current >= age { sum += tenths[current - age] }
        return Double(sum) * 10 / Double(Statistics.rateTenths)
    }

    /// Says how many are in flight at `time`, once all is counted that is known of until then.
    mutating func settle(at time: UInt64) { pending.set(inFlight, at: time) }

    /// How many were in flight at most in each of the last `count` seconds, oldest first; the last is the second of `now`.
    package func inFlightPeaks(count: Int, at now: UInt64) -> [Int] { pending.last(count: count, at: now) }

    /// What each of the last `count` seconds came to, oldest first, the last being the second of `now`; nil where nothing was
    /// answered.
    package func moments(count: Int, at now: UInt64) -> [SlidingNumbers.Moment?] {
        let current = now / 1_000_000_000
        let all = numbers.moments + [numbers.currentMoment].compactMap { $0 }
        let known = Dictionary(all.map { ($0.second, $0) }) { _, later in later }
        return (0..<max(1, min(60, count))).reversed().map { age in
            current >= UInt64(age) ? known[current - UInt64(age)] : nil
        }
    }

    /// The responses of `window` piece by piece, oldest first.
    ///
    /// - Returns: when each piece begins, in s of the clock, how many seconds it is long, and its responses; none for a piece
    ///   in which nothing was answered, and nothing at all for a window without end.
    package func pieces(
        window: TimeWindow, at now: UInt64
    ) -> [(start: UInt64, width: UInt64, times: Times)] {
        numbers.pieces(window: window, at: now)
    }

    /// Answers in each of the last `count` whole seconds, oldest first.
    package func history(count: Int, at now: UInt64) -> [Int] {
        let current = now / 1_000_000_000
        return (1...max(1, min(60, count))).reversed().map { age in
            current >= UInt64(age) ? seconds[current - UInt64(age)] : 0
        }
    }
}

/// Counts of the last moments, by their numbers.
private struct CountRing: Sendable {
    private var counts: [Int]
    private var newest: UInt64 = 0

    init(length: Int) { counts = Array(repeating: 0, count: length) }

    private var length: UInt64 { UInt64(counts.count) }

    subscript(moment: UInt64) -> Int {
        moment > newest || moment + length <= newest ? 0 : counts[Int(moment % length)]
    }

    /// Counts one at `moment`; one that is before the newest counts there still, for answers come by several threads.
    mutating func count(at moment: UInt64) {
        if moment > newest {
            for step in 1...min(length, moment - newest) { counts[Int((newest + step) % length)] = 0 }
            newest = moment
        }
        guard moment + length > newest else { return }
        counts[Int(moment % length)] += 1
    }
}

extension Times {
    /// How many took how long: `count` classes from `from` to `to`, in ns, each as much longer as the one before.
    package func distribution(count: Int, from: UInt64, to: UInt64) -> [Int] {
        guard count > 0, to > from, from > 0, self.count > 0 else { return [] }
        let step = log2(Double(to) / Double(from)) / Double(count)
        var classes = [Int](repeating: 0, count: count)
        for (microseconds, number) in values {
            let place = log2(max(1, Double(microseconds) * 1000 / Double(from))) / step
            classes[min(count - 1, max(0, Int(saturating: place)))] += number
        }
        return classes
    }
}
