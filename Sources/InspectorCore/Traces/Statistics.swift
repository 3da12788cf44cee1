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

    package private(set) var begun = 0
    /// Those answered with 500 or above.
    package private(set) var failures = 0
    private var times: Times
    private var seconds = [Int](repeating: 0, count: 64)
    private var second: UInt64 = 0

    package init() {
        self.init(isCoarse: false)
    }

    /// Numbers of two digits, in a tenth of the memory: there may be many of them.
    init(isCoarse: Bool) {
        times = Times(isCoarse: isCoarse)
    }

    package var finished: Int { times.count }

    package var inFlight: Int { begun - finished }

    mutating func begin(_ count: Int = 1) { begun += count }

    mutating func finish(status: Int, duration: UInt64, at time: UInt64) {
        if status >= 500 { failures += 1 }
        times.add(duration)
        advance(to: time / 1_000_000_000)
        seconds[Int(second % 64)] += 1
    }

    /// The time from acceptance to answer that `percent` of the requests stayed within, in ns; nil before the first.
    package func percentile(percent: Double) -> UInt64? {
        times.percentile(percent: percent)
    }

    /// The longest time, in ns; nil before the first.
    package var longest: UInt64? { times.most }

    /// How many took how long: `count` classes from `from` to `to`, in ns, each as much longer as the one before.
    package func distribution(count: Int, from: UInt64, to: UInt64) -> [Int] {
        guard count > 0, to > from, from > 0, finished > 0 else { return [] }
        let step = log2(Double(to) / Double(from)) / Double(count)
        var classes = [Int](repeating: 0, count: count)
        for (microseconds, number) in times.values {
            let place = log2(max(1, Double(microseconds) * 1000 / Double(from))) / step
            classes[min(count - 1, max(0, Int(saturating: place)))] += number
        }
        return classes
    }

    /// Answers a second, over the last ten whole seconds before `now` (or as many as there were).
    package func rate(at now: UInt64) -> Double {
        let current = now / 1_000_000_000
        var sum = 0
        for age in UInt64(1)...10 where current >= age { sum += count(at: current - age) }
        return Double(sum) / 10
    }

    /// Answers in each of the last `count` whole seconds, oldest first.
    package func history(count: Int, at now: UInt64) -> [Int] {
        let current = now / 1_000_000_000
        return (1...max(1, min(60, count))).reversed().map { age in
            current >= UInt64(age) ? self.count(at: current - UInt64(age)) : 0
        }
    }

    private func count(at moment: UInt64) -> Int {
        moment > second || moment + 63 < second ? 0 : seconds[Int(moment % 64)]
    }

    private mutating func advance(to moment: UInt64) {
        guard moment > second else { return }
        for step in 1...min(64, moment - second) { seconds[Int((second + step) % 64)] = 0 }
        second = moment
    }
}
