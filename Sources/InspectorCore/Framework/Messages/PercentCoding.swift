// Percent-encoding of paths and queries (RFC 3986, 2.1).

internal import Foundation

/// Decodes what clients send.
enum PercentCoding {
    /// Decodes `%41`; a `%` without two hex digits after it stands for itself.
    ///
    /// Bytes that are no UTF-8 become U+FFFD.
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String {
        guard text.utf8.contains(where: { $0 == 0x25 || (plusIsSpace && $0 == 0x2B) }) else { return String(text) }
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var place = 0
        while place < source.count {
            let byte = source[place]
            if byte == 0x25, place + 2 < source.count, let high = digit(source[place + 1]),
                let low = digit(source[place + 2])
            {
                bytes.append(high << 4 | low)
                place += 3
            } else {
                bytes.append(plusIsSpace && byte == 0x2B ? 0x20 : byte)
                place += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Decodes `a=1&b=2`; a name without `=` has an empty value.
    static func decodeForm(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                decode(parts[0], plusIsSpace: true), parts.count > 1 ? decode(parts[1], plusIsSpace: true) : ""
            )
        }
    }

    /// Encodes what may not stand in a path, control bytes above all: they would end the header that holds it.
    static func encodePath(_ path: String) -> String { encode(path, extra: "-._~!$&'()*+,;=:@/") }

    private static func encode(_ text: String, extra: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || extra.utf8.contains(byte)
            if isPlain {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (hex.count == 1 ? "0" : "") + hex
            }
        }
        return encoded
    }

    /// Encodes everything but letters, digits and `-._~`.
    static func encodeAll(_ text: String) -> String { encode(text, extra: "-._~") }

    /// Makes `?a=1&b=x+y` of pairs; nothing of none.
    static func query(_ pairs: [(name: String, value: String)]) -> String {
        guard !pairs.isEmpty else { return "" }
        return "?" + pairs.map { encodeForm($0.name) + "=" + encodeForm($0.value) }.joined(separator: "&")
    }

    private static func encodeForm(_ text: String) -> String {
        encodeAll(text).replacingOccurrences(of: "%20", with: "+")
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
