// Lengths of time as people read them: three digits and a unit.

internal import InspectorCore

/// Texts for nanoseconds.
enum TimeText {
    /// `740ns`, `61µs`, `214ms`, `1.02s`, `2m05s`, `3h07m`, `2d4h`.
    static func short(nanoseconds: UInt64, isASCII: Bool = false) -> String {
        let micro = isASCII ? "us" : "µs"
        switch nanoseconds {
        case ..<1_000: return "\(nanoseconds)ns"
        case ..<10_000: return digits(value: Double(nanoseconds) / 1e3, places: 1) + micro
        case ..<1_000_000: return "\(nanoseconds / 1_000)" + micro
        case ..<10_000_000: return digits(value: Double(nanoseconds) / 1e6, places: 1) + "ms"
        case ..<1_000_000_000: return "\(nanoseconds / 1_000_000)ms"
        case ..<10_000_000_000: return digits(value: Double(nanoseconds) / 1e9, places: 2) + "s"
        case ..<60_000_000_000: return digits(value: Double(nanoseconds) / 1e9, places: 1) + "s"
        default:
            let seconds = nanoseconds / 1_000_000_000
            let rest = seconds % 60
            if seconds >= 86_400 { return "\(seconds / 86_400)d\(seconds % 86_400 / 3600)h" }
            if seconds >= 3600 {
                let minutes = seconds % 3600 / 60
                return "\(seconds / 3600)h\(minutes < 10 ? "0" : "")\(minutes)m"
            }
            return "\(seconds / 60)m\(rest < 10 ? "0" : "")\(rest)s"
        }
    }

    /// A text whose times were written otherwise, in ASCII.
    static func ascii(_ text: String) -> String { text.replacing("µs", with: "us") }

    /// A number with that many digits after the point, cut rather than rounded up to the next unit.
    static func digits(value: Double, places: Int) -> String {
        let factor = places == 0 ? 1 : places == 1 ? 10 : 100
        let scaled = Int(saturating: max(0, min(value.isNaN ? 0 : value, 1e12)) * Double(factor))
        guard places > 0 else { return "\(scaled)" }
        let rest = "\(scaled % factor)"
        return "\(scaled / factor)." + String(repeating: "0", count: max(0, places - rest.count)) + rest
    }

    /// `part` of `whole` in percent: `0%`, `0.4%`, `12%`; what is not nothing never reads as nothing.
    static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0, part > 0 else { return "0%" }
        let percent = Double(part) * 100 / Double(whole)
        if percent >= 10 || part == whole { return "\(Int(saturating: percent))%" }
        return percent < 0.1 ? "<0.1%" : digits(value: percent, places: 1) + "%"
    }

    /// The smallest of 1, 2, 5 × 10ⁿ ns that is at least `nanoseconds`: a step between two marks of a ruler.
    static func niceStep(nanoseconds: UInt64) -> UInt64 { ceiling(nanoseconds: nanoseconds, steps: [10, 20, 50]) }

    /// The smallest round number of ns that is at least `nanoseconds`: the end of a scale that does not twitch, and
    /// leaves at most a quarter of it empty.
    static func niceCeiling(nanoseconds: UInt64) -> UInt64 {
        ceiling(nanoseconds: nanoseconds, steps: [10, 12, 15, 20, 25, 30, 40, 50, 60, 80])
    }

    private static func ceiling(nanoseconds: UInt64, steps: [UInt64]) -> UInt64 {
        var unit: UInt64 = 1
        while unit < 1_000_000_000_000_000 {
            for step in steps where step * unit >= nanoseconds { return step * unit }
            unit *= 10
        }
        return max(1, nanoseconds)
    }
}
