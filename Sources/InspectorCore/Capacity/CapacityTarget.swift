// What is asked of a fleet: `p99<300ms refused<0.1%`.

/// The most that a share of the requests may take, and how many may be refused.
package struct CapacityTarget: Sendable, Equatable, CustomStringConvertible {
    /// The share of the requests that has to be answered in `time`: 0.99.
    package let quantile: Double
    /// In seconds.
    package let time: Double
    /// The share that may be refused; nil where nothing is said: a refused request then counts as one without an end.
    package let refused: Double?

    /// What is wrong with a target, as a clause that says how it is written.
    package struct Mistake: Error, CustomStringConvertible {
        package let description: String
    }

    package init(quantile: Double, time: Double, refused: Double? = nil) {
        self.quantile = quantile
        self.time = time
        self.refused = refused
    }

    /// Reads `p99<300ms`, `p99.9<1s refused<0.1%`.
    ///
    /// - Parameter nanoseconds: reads a time such as `300ms`.
    /// - Throws: `Mistake`.
    package init(reading text: String, nanoseconds: (String) -> UInt64?) throws(Mistake) {
        func mistake(_ reason: String) -> Mistake {
            Mistake(description: "\(reason); a target is written as 'p99<300ms' or 'p99.9<1s refused<0.1%'")
        }
        var (quantile, time, refused): (Double?, Double?, Double?)
        for clause in text.split(whereSeparator: { " ,;".contains($0) }) {
            let sides = clause.split(separator: "<", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { throw mistake("“\(clause)” has no <") }
            let limit = sides[1].hasPrefix("=") ? String(sides[1].dropFirst()) : String(sides[1])
            if sides[0] == "refused" {
                let share =
                    limit.hasSuffix("%") ? Double(plain: limit.dropLast()).map { $0 / 100 } : Double(plain: limit)
                guard refused == nil, let share, (0..<1).contains(share) else {
                    throw mistake("“\(clause)” is no share under 100%, or stands twice")
                }
                refused = share
            } else {
                guard sides[0].hasPrefix("p"), let percent = Double(plain: sides[0].dropFirst()),
                    (1...99.99).contains(percent)
                else { throw mistake("“\(sides[0])” is no percentile from p1 to p99.99") }
                guard time == nil else { throw mistake("there is more than one percentile") }
                guard let limit = nanoseconds(limit), limit > 0, limit <= 3_600_000_000_000 else {
                    throw mistake("“\(limit)” is no time from 1ns to 1h")
                }
                (quantile, time) = (percent / 100, Double(limit) / 1e9)
            }
        }
        guard let quantile, let time else { throw mistake("no percentile is named") }
        self.init(quantile: quantile, time: time, refused: refused)
    }

    /// `p99`.
    package var name: String { "p" + Self.number(quantile * 100) }

    /// `p99 < 300ms`, as it was asked for.
    package var description: String {
        let most = time < 1 ? Self.number(time * 1000) + "ms" : Self.number(time) + "s"
        return "\(name) < \(most)" + (refused.map { ", refused < \(Self.number($0 * 100))%" } ?? "")
    }

    private static func number(_ value: Double) -> String {
        let rounded = (value * 1e6).rounded() / 1e6
        return rounded == rounded.rounded() ? "\(Int(saturating: rounded))" : "\(rounded)"
    }
}
