// The numbers that options take: each range stands here once, is enforced here, and is what the message says.

internal import InspectorCore

/// What is wrong with the value of an option, said by what it takes.
struct OptionMistake: Error, CustomStringConvertible {
    let description: String
}

/// Numbers of one kind, from the least to the most.
struct OptionRange<Number: Comparable & Sendable>: Sendable {
    let range: ClosedRange<Number>
    /// The range in words: `a whole number from 1 to 100000`.
    let words: String
    private let parse: @Sendable (String) -> Number?

    /// - Parameter parse: reads a value of any size; nil where it is none.
    init(range: ClosedRange<Number>, words: String, parse: @escaping @Sendable (String) -> Number?) {
        self.range = range
        self.words = words
        self.parse = parse
    }

    /// What `text` says, in the range or not; nil where it says no number.
    func number(text: String) -> Number? { parse(text) }

    /// Reads the value of an option.
    ///
    /// - Throws: `OptionMistake` with the range.
    func read(_ text: String) throws -> Number {
        guard let number = parse(text), range.contains(number) else { throw OptionMistake(description: words) }
        return number
    }
}

extension OptionRange where Number: FixedWidthInteger {
    /// Whole numbers.
    static func whole(range: ClosedRange<Number>, unit: String = "") -> OptionRange {
        OptionRange(range: range, words: "a whole number from \(range.lowerBound) to \(range.upperBound)\(unit)") {
            Number(plain: $0)
        }
    }
}

extension OptionRange<UInt64> {
    /// Times; the bounds are written as a person would.
    static func time(least: String, most: String) -> OptionRange {
        let bounds = (TimeOption.nanoseconds(text: least) ?? 0)...(TimeOption.nanoseconds(text: most) ?? .max)
        let units = "a number and ns, us, ms, s, m or h: 250ms"
        return OptionRange(range: bounds, words: "from \(least) to \(most), \(units)") {
            TimeOption.nanoseconds(text: $0)
        }
    }
}

extension OptionRange<Double> {
    /// Shares: `10%`, or `0.1`.
    static func share(from least: Double, words: String) -> OptionRange {
        OptionRange(range: least...1, words: "from \(words) to 100%, as 10% or as 0.1") { text in
            text.hasSuffix("%") ? Double(plain: text.dropLast()).map { $0 / 100 } : Double(plain: text)
        }
    }
}

/// Spans of time as they are written in options.
enum TimeOption {
    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// `250ms` in ns; nil where it is not a time, is negative, or is past what a time in ns holds.
    static func nanoseconds(text: String) -> UInt64? {
        for (name, nanoseconds) in units where text.hasSuffix(name) {
            if let value = Double(plain: text.dropLast(name.count)) {
                return UInt64(nanoseconds: value, unit: nanoseconds)
            }
        }
        return nil
    }
}

/// Every range.
enum OptionRanges {
    static let speed = OptionRange<Double>(range: 0.001...1000, words: "from 0.001 to 1000") { Double(plain: $0) }
    static let limit = OptionRange<Int>.whole(range: 1...100_000)
    static let loops = OptionRange<Int>.whole(range: 1...100_000)
    static let warmUp = OptionRange<Int>.whole(range: 0...10_000_000)
    static let sample = OptionRange<Double>.share(from: 0.000_001, words: "0.0001%")
    static let maxGap = OptionRange<UInt64>.time(least: "0s", most: "87600h")
    static let budget = OptionRange<UInt64>.time(least: "0s", most: "24h")
    static let calls = OptionRange<Int>.whole(range: 0...64)
    static let cpu = OptionRange<Double>.share(from: 0, words: "0%")
    static let latency = OptionRange<UInt64>.time(least: "0s", most: "60s")
    static let serverTimeout = OptionRange<UInt64>.time(least: "50ms", most: "1h")
    static let percent = OptionRange<Int>.whole(range: 0...100)
    static let seed = OptionRange<UInt64>.whole(range: 0...UInt64.max)
    static let port = OptionRange<Int>.whole(range: 0...65_535, unit: "; 0 takes any free one")
    static let workers = OptionRange<Int>.whole(range: 1...512)
    static let recordSize = OptionRange<Int>.whole(range: 1...100_000, unit: " MB")
    static let recordTotal = OptionRange<Int>.whole(range: 1...10_000_000, unit: " MB")

    /// Requests a second: `50/s`, `50`, `3000/m`.
    static let rate = OptionRange<Double>(
        range: 0.001...1_000_000, words: "from 0.001/s to 1000000/s, as 50/s, 50 or 3000/m"
    ) {
        text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let number = Double(plain: parts[0]) else { return nil }
        switch parts.count == 2 ? parts[1] : "s" {
        case "s": return number
        case "m": return number / 60
        default: return nil
        }
    }
}
