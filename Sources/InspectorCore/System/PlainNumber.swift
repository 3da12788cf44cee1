// Numbers as people write them. Swift's own reading takes more: `0x1p3`, `nan`, `inf`, `+5`; in an option or a filter
// these are slips of the pen, and some of them no range can hold.

extension Double {
    /// A decimal number, such as `12`, `1.5`, `.5`, `1e3`, `-2`; no hexadecimal, no word, no plus, no space.
    package init?(plain text: some StringProtocol) {
        let digits = text.utf8
        guard let first = digits.first, first == 0x2D || first == 0x2E || PlainNumber.isDigit(first),
            digits.allSatisfy({ PlainNumber.isDigit($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }),
            let number = Double(String(text)), number.isFinite
        else { return nil }
        self = number
    }
}

extension FixedWidthInteger {
    /// A whole number in decimal digits, such as `12` or `-2`; no plus, no space.
    package init?(plain text: some StringProtocol) {
        guard text.utf8.first != 0x2B, let number = Self(String(text)) else { return nil }
        self = number
    }
}

private enum PlainNumber {
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension Double {
    /// The number in decimal digits, rounded, with one or two of them after the point; never negative, and at most 1e9.
    package func decimal(places: Int) -> String {
        let scale = places == 2 ? 100 : 10
        let whole = Int(saturating: (Swift.min(Swift.max(0, isNaN ? 0 : self), 1e9) * Double(scale)).rounded())
        let rest = "\(whole % scale)"
        return "\(whole / scale)." + String(repeating: "0", count: places - rest.count) + rest
    }
}
