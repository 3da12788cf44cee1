// Texts from outside, compared and cut by their bytes. Swift's own `==`, `hasPrefix`, `firstIndex(of:)` and `split` work
// on what a reader sees as one character: to them a separator with an accent after it is another character, and two
// spellings of a letter are one. To every other program they are bytes.

extension StringProtocol {
    /// Whether the two are the same bytes.
    func hasSameBytes(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether this begins with the bytes of `prefix`.
    func beginsWithBytes(of prefix: some StringProtocol) -> Bool { utf8.starts(with: prefix.utf8) }

    /// The parts between the bytes `separator`, empty ones included.
    func split(atByte separator: Unicode.Scalar, maxSplits: Int = .max) -> [SubSequence] {
        var parts: [SubSequence] = []
        var start = startIndex
        var place = startIndex
        while place < endIndex, parts.count < maxSplits {
            if utf8[place] == UInt8(ascii: separator) {
                parts.append(self[start..<place])
                start = utf8.index(after: place)
                place = start
            } else {
                utf8.formIndex(after: &place)
            }
        }
        parts.append(self[start...])
        return parts
    }

    /// What stands before the first byte `separator`, and what after it; nil where there is none.
    func cut(atByte separator: Unicode.Scalar) -> (before: SubSequence, after: SubSequence)? {
        guard let place = utf8.firstIndex(of: UInt8(ascii: separator)) else { return nil }
        return (self[..<place], self[utf8.index(after: place)...])
    }

    /// Without the spaces and tabs around it (RFC 9110, 5.6.3).
    var trimmed: String {
        let bytes = utf8
        guard let begin = bytes.firstIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return "" }
        var end = begin
        var place = begin
        while place < endIndex {
            let isSpace = bytes[place] == 0x20 || bytes[place] == 0x09
            bytes.formIndex(after: &place)
            if !isSpace { end = place }
        }
        return String(self[begin..<end])
    }

    /// In lower case as HTTP means it: only `A` to `Z` change, so that no other letter becomes one of a name's.
    var loweredASCII: String {
        guard utf8.contains(where: { 0x41...0x5A ~= $0 }) else { return String(self) }
        return String(decoding: utf8.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// Whether it is one or more ASCII digits, and nothing else.
    var isDigits: Bool { !utf8.isEmpty && utf8.allSatisfy { 0x30...0x39 ~= $0 } }

    /// The whole number that these ASCII digits are, or the largest there is when it is more; nil for anything else.
    ///
    /// `Int.init` would take a sign.
    var wholeNumber: Int? {
        guard isDigits else { return nil }
        return utf8.reduce(0) { $0.multipliedSaturated(by: 10).addingSaturated(Int($1 & 0x0F)) }
    }
}

extension Hasher {
    /// Hashes a text by its bytes.
    mutating func combine(bytesOf text: String) {
        var text = text
        text.withUTF8 { combine(bytes: UnsafeRawBufferPointer($0)) }
        combine(UInt8(0xFF))
    }
}

extension UInt8 {
    /// Whether it may stand in a token: the name of a field, a method, a parameter (RFC 9110, 5.6.2).
    var isOfToken: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
