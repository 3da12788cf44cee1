// JSON as others write it, read forgivingly: only what is asked for is looked at, and what is odd beside it costs
// nothing. For files that people bring; what is strict is `JSON`.

internal import Foundation

/// A JSON value among bytes that are at hand.
///
/// Nothing is copied or built but what is asked for. Texts may hold lone surrogates and bytes that are not UTF-8, numbers
/// may be of any size, a member may stand twice (the last one holds), and a value may be cut.
struct LooseJSON {
    /// A text as it is meant, byte by byte.
    struct Text {
        /// Its bytes, with escapes resolved; not always UTF-8.
        var bytes: [UInt8] = []
        /// Whether half a character stood in it (a lone surrogate), which is U+FFFD now.
        var isRepaired = false

        /// With what is not UTF-8 as U+FFFD.
        var string: String { String(decoding: bytes, as: UTF8.self) }
    }

    private let bytes: [UInt8]
    /// Where it lies among the bytes, without the space around it.
    let range: Range<Int>

    /// The value that `bytes` begin with.
    init(_ bytes: [UInt8]) {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        self.init(bytes: bytes, range: start..<bytes.count)
    }

    private init(bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        let start = LooseJSON.afterSpace(bytes: bytes, place: range.lowerBound, end: range.upperBound)
        self.range = start..<max(start, range.upperBound)
    }

    /// Its first byte, or nil where there is nothing.
    private var first: UInt8? { range.isEmpty ? nil : bytes[range.lowerBound] }

    var isObject: Bool { first == 0x7B }

    var isArray: Bool { first == 0x5B }

    var isText: Bool { first == 0x22 }

    /// Whether it is `null`, or nothing.
    var isNull: Bool { first == nil || (first == 0x6E && word == "null") }

    /// The bytes as they stand.
    var source: [UInt8] { Array(bytes[range]) }

    /// The members of an object in their order; none where it is something else.
    var members: [(name: String, value: LooseJSON)] {
        guard isObject else { return [] }
        var members: [(name: String, value: LooseJSON)] = []
        var place = range.lowerBound + 1
        while true {
            place = LooseJSON.afterSpace(bytes: bytes, place: place, end: range.upperBound, commas: true)
            guard place < range.upperBound, bytes[place] != 0x7D else { return members }
            guard bytes[place] == 0x22 else {
                // What has no name is passed over.
                place = max(place + 1, LooseJSON.end(bytes, place: place, limit: range.upperBound))
                continue
            }
            let name = LooseJSON(
                bytes: bytes, range: place..<LooseJSON.end(bytes, place: place, limit: range.upperBound))
            place = LooseJSON.afterSpace(bytes: bytes, place: name.range.upperBound, end: range.upperBound)
            guard place < range.upperBound, bytes[place] == 0x3A else { continue }
            let start = LooseJSON.afterSpace(bytes: bytes, place: place + 1, end: range.upperBound)
            let end = LooseJSON.end(bytes, place: start, limit: range.upperBound)
            members.append((name.text?.string ?? "", LooseJSON(bytes: bytes, range: start..<end)))
            place = end
        }
    }

    /// The items of an array; none where it is something else.
    var items: [LooseJSON] {
        guard isArray else { return [] }
        var items: [LooseJSON] = []
        var place = range.lowerBound + 1
        while true {
            place = LooseJSON.afterSpace(bytes: bytes, place: place, end: range.upperBound, commas: true)
            guard place < range.upperBound, bytes[place] != 0x5D else { return items }
            let end = LooseJSON.end(bytes, place: place, limit: range.upperBound)
            guard end > place else { return items }
            items.append(LooseJSON(bytes: bytes, range: place..<end))
            place = end
        }
    }

    /// The last member of that name, or nil.
    subscript(name: String) -> LooseJSON? { members.last { $0.name == name }?.value }

    /// A string, or nil where it is something else.
    var string: String? { text?.string }

    /// A string's bytes, or nil where it is something else.
    var text: Text? {
        guard isText else { return nil }
        var end = range.upperBound
        if end > range.lowerBound + 1, bytes[end - 1] == 0x22 { end -= 1 }
        return LooseJSON.unescaped(source: bytes[min(range.lowerBound + 1, end)..<end])
    }

    /// What is not a string, object or array, as it is written: a number, `true`, `NaN`.
    var word: String? {
        guard let first, ![0x22, 0x5B, 0x7B].contains(first) else { return nil }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// A string, or a number or truth as it is written; nil for null, objects and arrays.
    var scalar: String? { isNull ? nil : string ?? word }

    /// A number, a text that is one included; nil for everything else, `NaN` and the infinite included.
    var number: Double? { scalar.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil } }
}

extension LooseJSON {
    /// Whether something stands behind the first value in `bytes`.
    static func isFollowed(_ bytes: [UInt8]) -> Bool {
        let end = end(bytes, place: afterSpace(bytes: bytes, place: 0, end: bytes.count), limit: bytes.count)
        return afterSpace(bytes: bytes, place: end, end: bytes.count) < bytes.count
    }

    /// The first place that is not a space, and with `commas` no comma either.
    private static func afterSpace(bytes: [UInt8], place: Int, end: Int, commas: Bool = false) -> Int {
        var place = place
        while place < end {
            switch bytes[place] {
            case 0x20, 0x09, 0x0A, 0x0D: place += 1
            case 0x2C where commas: place += 1
            default: return place
            }
        }
        return end
    }

    /// Where the value that begins at `place` ends, whatever it is: not deeper than it is read, for a file may be made of
    /// nothing but brackets.
    private static func end(_ bytes: [UInt8], place: Int, limit: Int) -> Int {
        bytes.withUnsafeBufferPointer { bytes in
            var place = place
            var depth = 0
            while place < limit {
                switch bytes[place] {
                case 0x22:
                    place += 1
                    while place < limit, bytes[place] != 0x22 { place += bytes[place] == 0x5C ? 2 : 1 }
                    place = min(place + 1, limit)
                    if depth == 0 { return place }
                case 0x7B, 0x5B:
                    depth += 1
                    place += 1
                case 0x7D, 0x5D:
                    // The end of what it stands in.
                    if depth == 0 { return place }
                    depth -= 1
                    place += 1
                    if depth == 0 { return place }
                case 0x2C, 0x3A, 0x20, 0x09, 0x0A, 0x0D:
                    if depth == 0 { return place }
                    place += 1
                default: place += 1
                }
            }
            return limit
        }
    }

    /// A text without its escapes.
    ///
    /// A surrogate that stands alone becomes U+FFFD: browsers write one where they cut a text
    /// within a character.
    private static func unescaped(source: ArraySlice<UInt8>) -> Text {
        var text = Text()
        guard source.contains(0x5C) else {
            text.bytes = Array(source)
            return text
        }
        text.bytes.reserveCapacity(source.count)
        var place = source.startIndex
        func unit(at place: Int) -> UInt16? {
            guard place + 6 <= source.endIndex, source[place] == 0x5C, source[place + 1] == 0x75 else { return nil }
            return UInt16(String(decoding: source[(place + 2)..<(place + 6)], as: UTF8.self), radix: 16)
        }
        while place < source.endIndex {
            guard source[place] == 0x5C, place + 1 < source.endIndex else {
                text.bytes.append(source[place])
                place += 1
                continue
            }
            if let first = unit(at: place) {
                place += 6
                if let scalar = Unicode.Scalar(UInt32(first)) {
                    text.bytes += Array(String(scalar).utf8)
                } else if first < 0xDC00, let second = unit(at: place), (0xDC00...0xDFFF).contains(second),
                    let scalar = Unicode.Scalar(
                        0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
                {
                    place += 6
                    text.bytes += Array(String(scalar).utf8)
                } else {
                    text.isRepaired = true
                    text.bytes += [0xEF, 0xBF, 0xBD]
                }
                continue
            }
            switch source[place + 1] {
            case 0x6E: text.bytes.append(10)
            case 0x72: text.bytes.append(13)
            case 0x74: text.bytes.append(9)
            case 0x62: text.bytes.append(8)
            case 0x66: text.bytes.append(12)
            case 0x22, 0x5C, 0x2F: text.bytes.append(source[place + 1])
            // No escape of JSON's: it stands for itself.
            default: text.bytes += [0x5C, source[place + 1]]
            }
            place += 2
        }
        return text
    }
}
