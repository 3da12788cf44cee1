// Times and sums of the last while, for each window, at a cost for each request that does not grow with the windows.

internal import DequeModule

/// What is added up of requests.
package struct RequestSums: Sendable, Equatable {
    package var count = 0
    /// Those answered with 500 or above.
    package var failures = 0
    /// Those recorded in detail: what follows is of them, but for `wholeTime`.
    package var detailed = 0
    /// Waits (`EventKind.isWait`).
    package var waits = 0
    /// What hooks took, in ns.
    package var hookTime: UInt64 = 0
    /// Their responses, in ns.
    package var detailedTime: UInt64 = 0
    /// The responses of all, in ns.
    package var wholeTime: UInt64 = 0
    /// The longest of them, in ns.
    package var longest: UInt64 = 0

    package init() {}

    /// Adds another's.
    mutating func add(_ other: RequestSums) {
        count += other.count
        failures += other.failures
        detailed += other.detailed
        waits += other.waits
        hookTime = hookTime.addingSaturated(other.hookTime)
        detailedTime = detailedTime.addingSaturated(other.detailedTime)
        wholeTime = wholeTime.addingSaturated(other.wholeTime)
        longest = max(longest, other.longest)
    }
}

/// Numbers over each `TimeWindow`.
///
/// Each request is added to the second that it was answered in. A second that is over is kept as a list of its times
/// and added to longer slices, so that a window is a dozen slices whatever its length.
package struct SlidingNumbers: Sendable {
    /// A time in µs, and how often it came.
    private typealias Value = (microseconds: UInt64, count: Int)

    /// A part of a window that is over.
    private struct Slice: Sendable {
        let start: UInt64
        var values: [(microseconds: UInt64, count: Int)]
        var sums: RequestSums
    }

    /// The slices of one window.
    private struct Level: Sendable {
        let window: TimeWindow
        /// How long a slice is, in s.
        let width: UInt64
        var slices: Deque<Slice> = []

        mutating func add(_ slice: Slice) {
            let start = slice.start - slice.start % width
            if let last = slices.indices.last, slices[last].start == start {
                slices[last].values = Level.merged(slices[last].values, slice.values)
                slices[last].sums.add(slice.sums)
            } else {
                slices.append(Slice(start: start, values: slice.values, sums: slice.sums))
            }
            drop(before: slice.start)
        }

        mutating func drop(before second: UInt64) {
            while let first = slices.first, !isIn(first, at: second) { slices.removeFirst() }
        }

        /// Whether a part of a slice lies in the window that ends with `second`.
        func isIn(_ slice: Slice, at second: UInt64) -> Bool {
            slice.start + width > second.subtractingSaturated(window.seconds ?? .max) + 1
        }

        private static func merged(_ left: [Value], _ right: [Value]) -> [Value] {
            var merged: [Value] = []
            merged.reserveCapacity(left.count + right.count)
            var (one, two) = (0, 0)
            while one < left.count || two < right.count {
                if two == right.count || one < left.count && left[one].microseconds < right[two].microseconds {
                    merged.append(left[one])
                    one += 1
                } else if one == left.count || right[two].microseconds < left[one].microseconds {
                    merged.append(right[two])
                    two += 1
                } else {
                    merged.append((left[one].microseconds, left[one].count + right[two].count))
                    one += 1
                    two += 1
                }
            }
            return merged
        }
    }

    /// What a second came to that is over.
    package struct Moment: Sendable, Equatable {
        /// Since the clock's start.
        package let second: UInt64
        package let count: Int
        package let failures: Int
        /// Of the responses, in ns.
        package let median: UInt64
        package let p99: UInt64
    }

    /// How many seconds are kept one by one.
    private static let keptMoments = 64

    let isCoarse: Bool
    /// The last seconds in which something was answered, oldest first; none where there are many such numbers.
    private(set) var moments: Deque<Moment> = []
    private var whole: Times
    private var wholeSums = RequestSums()
    /// The second that is not over.
    private var current: Times
    private var currentSums = RequestSums()
    private var second: UInt64 = 0
    private var levels = [
        Level(window: .tenSeconds, width: 1), Level(window: .minute, width: 5), Level(window: .tenMinutes, width: 30),
    ]

    /// - Parameter isCoarse: two digits instead of three, in a tenth of the memory.
    init(isCoarse: Bool) {
        self.isCoarse = isCoarse
        whole = Times(isCoarse: isCoarse)
        current = Times(isCoarse: isCoarse)
    }

    /// Adds a request that was answered at `time`.
    mutating func add(response: UInt64?, sums: RequestSums, at time: UInt64) {
        close(until: time / 1_000_000_000)
        if let response { current.add(response) }
        currentSums.add(sums)
    }

    /// What the second that is not over has come to; nil before an answer in it.
    var currentMoment: Moment? {
        guard currentSums.count > 0 else { return nil }
        return Moment(
            second: second, count: currentSums.count, failures: currentSums.failures,
            median: current.percentile(percent: 50) ?? 0, p99: current.percentile(percent: 99) ?? 0)
    }

    /// Ends the current second when a later one has begun.
    private mutating func close(until moment: UInt64) {
        guard moment > second else { return }
        defer { second = moment }
        guard let over = currentMoment else { return }
        let slice = Slice(start: second, values: current.values, sums: currentSums)
        for level in levels.indices { levels[level].add(slice) }
        if !isCoarse {
            moments.append(over)
            if moments.count > SlidingNumbers.keptMoments { moments.removeFirst() }
        }
        whole.merge(current)
        wholeSums.add(currentSums)
        current = Times(isCoarse: isCoarse)
        currentSums = RequestSums()
    }

    /// All that was added up in `window`, which ends at `now`.
    func sums(window: TimeWindow, at now: UInt64) -> RequestSums {
        var sums = RequestSums()
        guard let level = levels.first(where: { $0.window == window }) else {
            sums = wholeSums
            sums.add(currentSums)
            return sums
        }
        let moment = max(second, now == .max ? second : now / 1_000_000_000)
        for slice in level.slices where level.isIn(slice, at: moment) { sums.add(slice.sums) }
        if isCurrentIn(window, at: moment) { sums.add(currentSums) }
        return sums
    }

    /// The times of `window` piece by piece, oldest first: when each piece begins, in s of the clock, how long it is, and its
    /// times; without pieces in which nothing was answered, and empty for a window without end.
    func pieces(window: TimeWindow, at now: UInt64) -> [(start: UInt64, width: UInt64, times: Times)] {
        guard let level = levels.first(where: { $0.window == window }) else { return [] }
        let moment = max(second, now == .max ? second : now / 1_000_000_000)
        var pieces = level.slices.filter { level.isIn($0, at: moment) }.map { slice in
            var times = Times(isCoarse: isCoarse)
            times.add(slice.values, longest: slice.sums.longest)
            return (start: slice.start - slice.start % level.width, width: level.width, times: times)
        }
        if currentSums.count > 0, isCurrentIn(window, at: moment) {
            let start = second - second % level.width
            if let last = pieces.indices.last, pieces[last].start == start {
                pieces[last].times.merge(current)
            } else {
                pieces.append((start, level.width, current))
            }
        }
        return pieces
    }

    /// All times of `window`, which ends at `now`.
    func times(window: TimeWindow, at now: UInt64) -> Times {
        guard let level = levels.first(where: { $0.window == window }) else {
            if currentSums.count == 0 { return whole }
            var all = whole
            all.merge(current)
            return all
        }
        let moment = max(second, now == .max ? second : now / 1_000_000_000)
        var times = isCurrentIn(window, at: moment) ? current : Times(isCoarse: isCoarse)
        for slice in level.slices where level.isIn(slice, at: moment) {
            times.add(slice.values, longest: slice.sums.longest)
        }
        return times
    }

    private func isCurrentIn(_ window: TimeWindow, at moment: UInt64) -> Bool {
        window.seconds.map { second + $0 > moment } ?? true
    }
}
