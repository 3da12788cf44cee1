// The bytes of a log's line: places in them, numbers, and texts with their escapes resolved. Everything here works on
// bytes: a log may have millions of lines, and what clients sent need not be UTF-8.

internal import Glibc

/// How a text that is given in quotes escapes what it could not hold.
enum LogEscapes: Sendable {
    /// `\xE9`, `\"`, `\\`, `\n` (nginx, Apache, gunicorn).
    case backslash
    /// JSON's; nginx' `\xE9` is taken too, for a log in JSON whose format does not say `escape=json` has it.
    case json
    /// `#E9` (HAProxy).
    case hash
    /// `+` for a space (IIS).
    case plus
    /// None.
    case none
}

extension [UInt8] {
    /// The first `byte` in `range`.
    @inline(__always)
    func place(of byte: UInt8, in range: Range<Int>) -> Int? {
        let range = range.clamped(to: 0..<count)
        return withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, !range.isEmpty,
                let found = memchr(base + range.lowerBound, Int32(byte), range.count)
            else { return nil }
            return UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }

    /// Whether `text` stands at `place`, before `end`.
    func has(_ text: StaticString, at place: Int, before end: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard place >= 0, place + length <= Swift.min(end, count) else { return false }
        return withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return length == 0 }
            return memcmp(base + place, text.utf8Start, length) == 0
        }
    }

    /// Whether `other` stands at `place`, before `end`.
    func has(_ other: [UInt8], at place: Int, before end: Int) -> Bool {
        guard place >= 0, place + other.count <= Swift.min(end, count) else { return false }
        for (offset, byte) in other.enumerated() where self[place + offset] != byte { return false }
        return true
    }

    /// The first place in `range` at which `other` stands.
    func place(of other: [UInt8], in range: Range<Int>) -> Int? {
        guard let first = other.first else { return range.lowerBound }
        var at = range.lowerBound
        while let found = place(of: first, in: at..<Swift.max(at, range.upperBound)) {
            if has(other, at: found, before: range.upperBound) { return found }
            at = found + 1
        }
        return nil
    }

    /// The word that begins at `place`: up to a space, a tab or `end`.
    func word(at place: Int, before end: Int) -> Range<Int> {
        var at = place
        while at < end, self[at] != 32, self[at] != 9 { at += 1 }
        return place..<at
    }

    /// The first place from `place` on that is not a space.
    func afterSpace(place: Int, before end: Int) -> Int {
        var at = place
        while at < end, self[at] == 32 || self[at] == 9 { at += 1 }
        return at
    }

    /// `range` without the spaces at its ends.
    func trimmed(range: Range<Int>) -> Range<Int> {
        let start = afterSpace(place: range.lowerBound, before: range.upperBound)
        var end = range.upperBound
        while end > start, self[end - 1] == 32 || self[end - 1] == 9 { end -= 1 }
        return start..<end
    }

    /// Whether a log's word for "nothing" stands in `range`: a dash, or nothing at all.
    @inline(__always)
    func isNothing(_ range: Range<Int>) -> Bool {
        range.isEmpty || (range.count == 1 && self[range.lowerBound] == UInt8(ascii: "-"))
    }

    /// The whole number in `range`, or nil when something else stands there.
    func whole(range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= 18 else { return nil }
        var number = 0
        for at in range {
            guard self[at].isDigit else { return nil }
            number = number * 10 + Int(self[at] & 15)
        }
        return number
    }

    /// Whether all bytes in `range` are ASCII without controls and backslashes: what stands there needs no decoding.
    @inline(__always)
    func isPlain(_ range: Range<Int>) -> Bool {
        for at in range {
            let byte = self[at]
            if byte < 32 || byte > 126 || byte == 0x5C { return false }
        }
        return true
    }

    /// The text in `range` with its escapes resolved.
    func decoded(range: Range<Int>, escapes: LogEscapes) -> [UInt8] {
        switch escapes {
        case .none: return Array(self[range])
        case .plus: return self[range].map { $0 == UInt8(ascii: "+") ? 32 : $0 }
        case .hash: return hashDecoded(range: range)
        case .backslash, .json:
            guard place(of: 0x5C, in: range) != nil else { return Array(self[range]) }
            return backslashDecoded(range: range, isJSON: escapes == .json)
        }
    }

    private func hashDecoded(range: Range<Int>) -> [UInt8] {
        var text: [UInt8] = []
        var at = range.lowerBound
        while at < range.upperBound {
            if self[at] == UInt8(ascii: "#"), let byte = hexadecimal(place: at + 1, length: 2, before: range.upperBound)
            {
                text.append(UInt8(byte))
                at += 3
            } else {
                text.append(self[at])
                at += 1
            }
        }
        return text
    }

    private func backslashDecoded(range: Range<Int>, isJSON: Bool) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var at = range.lowerBound
        while at < range.upperBound {
            let byte = self[at]
            guard byte == 0x5C, at + 1 < range.upperBound else {
                text.append(byte)
                at += 1
                continue
            }
            let code = self[at + 1]
            switch code {
            case UInt8(ascii: "x"):
                if let value = hexadecimal(place: at + 2, length: 2, before: range.upperBound) {
                    text.append(UInt8(value))
                    at += 4
                    continue
                }
                text += [0x5C, code]
            case UInt8(ascii: "u") where isJSON:
                let (scalar, next) = unicode(place: at, before: range.upperBound)
                text += Array(String(scalar).utf8)
                at = next
                continue
            case UInt8(ascii: "n"): text.append(10)
            case UInt8(ascii: "r"): text.append(13)
            case UInt8(ascii: "t"): text.append(9)
            case UInt8(ascii: "b"): text.append(8)
            case UInt8(ascii: "f"): text.append(12)
            case UInt8(ascii: "v") where !isJSON: text.append(11)
            default: text.append(code)
            }
            at += 2
        }
        return text
    }

    /// The scalar of `\uXXXX` at `place`, of two of them where they are a pair, and what follows; U+FFFD for a half.
    private func unicode(place: Int, before end: Int) -> (Unicode.Scalar, Int) {
        guard let unit = hexadecimal(place: place + 2, length: 4, before: end) else {
            return ("\u{FFFD}", Swift.min(place + 2, end))
        }
        if let scalar = Unicode.Scalar(UInt32(unit)) { return (scalar, place + 6) }
        if unit < 0xDC00, has("\\u", at: place + 6, before: end),
            let low = hexadecimal(place: place + 8, length: 4, before: end),
            (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(UInt32(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)))
        {
            return (scalar, place + 12)
        }
        return ("\u{FFFD}", place + 6)
    }

    /// `length` hexadecimal digits at `place`.
    private func hexadecimal(place: Int, length: Int, before end: Int) -> Int? {
        guard place + length <= end else { return nil }
        var number = 0
        for at in place..<(place + length) {
            guard let digit = self[at].hexadecimalValue else { return nil }
            number = number << 4 | digit
        }
        return number
    }
}

extension UInt8 {
    /// Whether this is a decimal digit of ASCII.
    @inline(__always)
    var isDigit: Bool { self &- 0x30 < 10 }

    /// Whether this is a letter of ASCII.
    @inline(__always)
    var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }

    /// Whether this is a capital letter of ASCII.
    @inline(__always)
    var isCapital: Bool { self &- 0x41 < 26 }

    /// What this stands for as a hexadecimal digit.
    var hexadecimalValue: Int? {
        switch self {
        case 0x30...0x39: Int(self) - 0x30
        case 0x41...0x46: Int(self) - 0x37
        case 0x61...0x66: Int(self) - 0x57
        default: nil
        }
    }
}
