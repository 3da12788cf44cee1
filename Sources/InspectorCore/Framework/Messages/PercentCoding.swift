// Percent-encoding of paths and queries (RFC 3986, 2.1).

internal import Foundation

/// Decodes what clients send.
enum PercentCoding {
    /// Decodes `%41`; a `%` without two hex digits after it stands for itself.
    ///
    /// Bytes that are no UTF-8 become U+FFFD.
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
        guard text.utf8.contains(where: { $0 == 0x25 || (plusIsSpace && $0 == 0x2B) }) else { return String(text) }
        return String(decoding: bytes(text: text, plusIsSpace: plusIsSpace), as: UTF8.self)
    }

    /// As `decode`, to the bytes that are encoded.
    static func bytes(text: some StringProtocol, plusIsSpace: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var place = 0
        while place < source.count {
            let byte = source[place]
            if byte == 0x25, place + 2 < source.count, let high = digit(byte: source[place + 1]),
                let low = digit(byte: source[place + 2])
            {
                bytes.append(high << 4 | low)
                place += 3
            } else {
                bytes.append(plusIsSpace && byte == 0x2B ? 0x20 : byte)
                place += 1
            }
        }
        return bytes
    }

    /// Decodes `a=1&b=2`; a name without `=` has an empty value.
    static func decodeForm(_ text: String) -> [(name: String, value: String)] {
        text.split(atByte: "&").filter { !$0.isEmpty }.map { pair in
            let sides = pair.cut(atByte: "=")
            return (
                decode(sides?.before ?? pair, plusIsSpace: true),
                sides.map { decode($0.after, plusIsSpace: true) } ?? ""
            )
        }
    }

    /// Encodes what may not stand in a path, control bytes above all: they would end the header that holds it.
    static func encodePath(_ path: String) -> String { encode(path.utf8, keeping: pathBytes) }

    /// Encodes everything but letters, digits and the bytes in `kept`.
    static func encode(_ bytes: some Sequence<UInt8>, keeping kept: Set<UInt8>) -> String {
        var encoded: [UInt8] = []
        for byte in bytes {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || kept.contains(byte)
            if isPlain {
                encoded.append(byte)
            } else {
                encoded += [0x25, hexDigit(number: byte >> 4), hexDigit(number: byte & 0x0F)]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// Encodes everything but letters, digits and `-._~`.
    static func encodeAll(_ text: String) -> String { encode(text.utf8, keeping: unreservedBytes) }

    private static let unreservedBytes = Set("-._~".utf8)
    private static let pathBytes = Set("-._~!$&'()*+,;=:@/".utf8)

    private static func hexDigit(number: UInt8) -> UInt8 { number < 10 ? 0x30 + number : 0x41 + number - 10 }

    /// Makes `?a=1&b=x+y` of pairs; nothing of none.
    static func query(pairs: [(name: String, value: String)]) -> String {
        guard !pairs.isEmpty else { return "" }
        return "?" + pairs.map { encodeForm($0.name) + "=" + encodeForm($0.value) }.joined(separator: "&")
    }

    private static func encodeForm(_ text: String) -> String {
        encodeAll(text).replacingOccurrences(of: "%20", with: "+")
    }

    /// The value of a hexadecimal digit.
    static func digit(byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
