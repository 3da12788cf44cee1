// The largest number of each of the last seconds, exact however seldom somebody looks.

/// Numbers that change now and then, and the largest of each second.
package struct PeakRing: Sendable {
    /// How many seconds are kept.
    package static let length = 64

    private var peaks = [Int](repeating: 0, count: PeakRing.length)
    private var newest: UInt64 = 0
    /// What it is since the last change.
    private var current = 0

    package init() {}

    /// From `time` on, in ns by `MonotonicClock`, the number is `value`.
    ///
    /// A time before the newest counts in the newest second: changes come from several threads.
    package mutating func set(_ value: Int, at time: UInt64) {
        let second = time / 1_000_000_000
        if second > newest {
            // A number that does not change is as large in each of the seconds that go by.
            for step in 1...min(UInt64(PeakRing.length), second - newest) {
                peaks[PeakRing.place(second: newest + step)] = current
            }
            newest = second
        }
        let place = PeakRing.place(second: newest)
        peaks[place] = max(peaks[place], value)
        current = value
    }

    /// The largest number of each of the last `count` seconds, oldest first; the last is the second of `now`.
    package func last(count: Int, at now: UInt64) -> [Int] {
        let second = now / 1_000_000_000
        return (0..<max(0, min(PeakRing.length, count))).reversed().map { age in
            guard second >= UInt64(age) else { return 0 }
            let wanted = second - UInt64(age)
            if wanted > newest { return current }
            return wanted + UInt64(PeakRing.length) > newest ? peaks[PeakRing.place(second: wanted)] : 0
        }
    }

    private static func place(second: UInt64) -> Int { Int(second % UInt64(length)) }
}
