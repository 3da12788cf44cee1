// How long a request took, where a log's line says so by a name or by a unit. A number alone says nothing: it may be a
// size, a ratio, or a time of somebody else's.

/// Durations in logs.
enum LogDuration {
    /// What the time that a request took is called in logs; nginx' `rt` is from the examples that people copy.
    private static let names: Set<String> = [
        "rt", "request_time", "requesttime", "duration", "response_time", "responsetime", "elapsed", "elapsed_time",
        "took", "latency", "total_time", "time_taken", "process_time", "processing_time",
    ]

    /// The units that a number may have, in ns.
    static func unit(bytes: [UInt8], range: Range<Int>) -> Double? {
        switch range.count {
        case 1: return bytes[range.lowerBound] == UInt8(ascii: "s") ? 1e9 : nil
        case 2 where bytes[range.lowerBound + 1] == UInt8(ascii: "s"):
            switch bytes[range.lowerBound] {
            case UInt8(ascii: "n"): return 1
            case UInt8(ascii: "u"): return 1000
            case UInt8(ascii: "m"): return 1_000_000
            default: return nil
            }
        case 3:
            // µs, with the micro sign or the Greek letter.
            return bytes.has("µs", at: range.lowerBound, before: range.upperBound)
                || bytes.has("\u{3BC}s", at: range.lowerBound, before: range.upperBound) ? 1000 : nil
        default: return nil
        }
    }

    /// A number of `unit` ns each, which may carry a unit of its own; nil for what is not a number, or a negative one.
    ///
    /// Without `unit` the number needs one of its own.
    static func value(bytes: [UInt8], range: Range<Int>, unit: Double?) -> UInt64? {
        let range = bytes.trimmed(range: range)
        let whole = bytes.digits(place: range.lowerBound, before: range.upperBound)
        var end = whole.upperBound
        if end < range.upperBound, bytes[end] == UInt8(ascii: ".") {
            end = bytes.digits(place: end + 1, before: range.upperBound).upperBound
        }
        guard end > range.lowerBound, whole.count > 0, end - range.lowerBound <= 40 else { return nil }
        if end < range.upperBound, bytes[end] | 0x20 == UInt8(ascii: "e"), let unit {
            guard range.count <= 40, let number = Double(String(showing: bytes[range])) else { return nil }
            return limited(time: UInt64(nanoseconds: number, unit: unit))
        }
        let suffix = bytes.trimmed(range: end..<range.upperBound)
        let own = self.unit(bytes: bytes, range: suffix)
        guard suffix.isEmpty || own != nil, let factor = own ?? unit,
            let number = Double(String(decoding: bytes[range.lowerBound..<end], as: UTF8.self))
        else { return nil }
        return limited(time: UInt64(nanoseconds: number, unit: factor))
    }

    /// A request that took more than eleven days is none.
    private static func limited(time: UInt64?) -> UInt64? { time.flatMap { $0 < 1_000_000_000_000_000 ? $0 : nil } }

    /// The sum of what nginx says of several upstream servers, `0.1, 0.2 : 0.3`, in `unit`.
    static func sum(bytes: [UInt8], range: Range<Int>, unit: Double?) -> UInt64? {
        var sum: UInt64?
        var at = range.lowerBound
        while at < range.upperBound {
            var end = at
            while end < range.upperBound, bytes[end] != UInt8(ascii: ","), bytes[end] != UInt8(ascii: ":") { end += 1 }
            if let time = value(bytes: bytes, range: at..<end, unit: unit) { sum = (sum ?? 0).addingSaturated(time) }
            at = end + 1
        }
        return sum
    }

    /// The duration that a word of a line names: `12ms`, `rt=0.123`, `request_time:0.1`, `duration_ms=12`.
    ///
    /// A named number without a unit is in seconds where it has a fraction, as nginx writes it; a whole number is not
    /// taken, because it could be in anything.
    static func named(bytes: [UInt8], range: Range<Int>) -> UInt64? {
        let range = bare(bytes: bytes, range: range)
        guard let first = range.first else { return nil }
        if bytes[first].isDigit { return value(bytes: bytes, range: range, unit: nil) }
        guard bytes[first].isLetter, range.count <= 64,
            let sign = range.first(where: { bytes[$0] == UInt8(ascii: "=") || bytes[$0] == UInt8(ascii: ":") })
        else { return nil }
        var text = (sign + 1)..<range.upperBound
        if text.count >= 2, bytes[text.lowerBound] == 0x22, bytes[text.upperBound - 1] == 0x22 {
            text = (text.lowerBound + 1)..<(text.upperBound - 1)
        }
        guard let name = unit(ofName: String(decoding: bytes[range.lowerBound..<sign], as: UTF8.self)) else {
            return nil
        }
        if let unit = name.factor { return value(bytes: bytes, range: text, unit: unit) }
        let hasPoint = bytes.place(of: UInt8(ascii: "."), in: text) != nil
        return value(bytes: bytes, range: text, unit: hasPoint ? 1e9 : nil)
    }

    /// Whether a word is a number without a name or a unit.
    static func isNumber(_ bytes: [UInt8], range: Range<Int>) -> Bool {
        let range = bare(bytes: bytes, range: range)
        let whole = bytes.digits(place: range.lowerBound, before: range.upperBound)
        guard !whole.isEmpty else { return false }
        if whole == range { return true }
        let fraction = (whole.upperBound + 1)..<max(whole.upperBound + 1, range.upperBound)
        return bytes[whole.upperBound] == UInt8(ascii: ".")
            && bytes.digits(place: fraction.lowerBound, before: fraction.upperBound) == fraction
    }

    /// The last word in `range`, if it is a number without a name or a unit.
    static func lastNumber(bytes: [UInt8], range: Range<Int>) -> Range<Int>? {
        let range = bytes.trimmed(range: range)
        var start = range.upperBound
        while start > range.lowerBound, bytes[start - 1] != 32, bytes[start - 1] != 9 { start -= 1 }
        let word = start..<range.upperBound
        return isNumber(bytes, range: word) ? word : nil
    }

    /// A word without brackets and commas around it.
    private static func bare(bytes: [UInt8], range: Range<Int>) -> Range<Int> {
        var range = range
        while let first = range.first, "[(,;".utf8.contains(bytes[first]) { range = (first + 1)..<range.upperBound }
        while let last = range.last, "]),;".utf8.contains(bytes[last]) { range = range.lowerBound..<last }
        return range
    }

    /// What a name says.
    private struct Named {
        /// In ns; nil when the name has no unit.
        let factor: Double?
    }

    /// Whether a name is one of a request's time, and the unit that it ends in: `duration_ms`, `responseTimeMs`.
    private static func unit(ofName name: String) -> Named? {
        let name = name.lowercased()
        if names.contains(name) { return Named(factor: nil) }
        let units: [(String, Double)] = [
            ("ms", 1e6), ("us", 1000), ("ns", 1), ("s", 1e9), ("millis", 1e6), ("micros", 1000), ("nanos", 1),
            ("seconds", 1e9), ("sec", 1e9), ("milliseconds", 1e6), ("msec", 1e6), ("usec", 1000),
        ]
        for (suffix, factor) in units where name.hasSuffix(suffix) {
            let rest = name.dropLast(suffix.count)
            if names.contains(String(rest.last == "_" ? rest.dropLast() : rest)) { return Named(factor: factor) }
        }
        return nil
    }
}
