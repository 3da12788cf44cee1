// Arithmetic on numbers from outside: Swift traps where a sum or a conversion does not fit, and a file must not be able
// to end the program.

extension FixedWidthInteger {
    /// The sum, or the nearest number that fits.
    package func addingSaturated(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }

    /// The difference, or the nearest number that fits: for unsigned numbers never below 0.
    package func subtractingSaturated(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        guard overflow else { return difference }
        return other < 0 ? .max : .min
    }

    /// The product, or the nearest number that fits.
    package func multipliedSaturated(by other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        guard overflow else { return product }
        return (self < 0) == (other < 0) ? .max : .min
    }

    /// The whole part of `value`, or the nearest number that fits; 0 for what is not a number.
    package init(saturating value: Double) {
        if value.isNaN {
            self = 0
        } else if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value < 0 ? .min : .max
        }
    }
}

extension Sequence where Element: FixedWidthInteger {
    /// The sum, or the nearest number that fits.
    package func sumSaturated() -> Element { reduce(0) { $0.addingSaturated($1) } }
}

extension UInt64 {
    /// The last moment, in ns, that is taken from outside: 146 years after its zero.
    ///
    /// What enters is held to it once, so that behind the door a moment and a length can be added, and an `Int` holds
    /// each of them. Sums of many still have to saturate.
    package static let lastMoment: UInt64 = 1 << 62

    /// A time in ns out of `value` of a unit of `unit` ns; nil when it is negative, no number, or past what a time in ns
    /// holds (584 years).
    ///
    /// Whole and fraction apart: together a time since 1970 would lose its last digits.
    package init?(nanoseconds value: Double, unit: Double = 1) {
        guard value >= 0, value * unit < 1.8e19 else { return nil }
        let whole = value.rounded(.down)
        guard unit >= 1, let scale = UInt64(exactly: unit), let units = UInt64(exactly: whole) else {
            self.init(saturating: value * unit)
            return
        }
        self = units.multipliedSaturated(by: scale).addingSaturated(UInt64(saturating: (value - whole) * unit))
    }
}
