// Values with parameters: `text/html; charset=utf-8`, `form-data; name="a"` (`Werkzeug: http.py parse_options_header`).

/// A value with its parameters.
struct MediaType {
    /// In lower case, without parameters.
    let name: String
    /// By their names in lower case, unquoted; of equal names the last counts.
    ///
    /// What is told in the extended form of RFC 8187, `filename*=UTF-8''f%C3%B6.png`, or in pieces (RFC 2231, 3),
    /// `filename*0=a; filename*1=b`, stands under the name itself, as it does in Flask.
    let parameters: [String: String]

    init(_ text: String) {
        var reader = ParameterReader(text)
        name = reader.takeValue()
        var parameters: [String: String] = [:]
        var known = ParameterCharset?.none
        while let (written, raw) = reader.takeParameter() {
            var (key, value) = (written, raw)
            if key.utf8.last == UInt8(ascii: "*") {
                key.removeLast()
                value = MediaType.extended(value, known: &known)
            }
            value = MediaType.unquoted(text: value)
            guard let (base, isPiece) = MediaType.base(of: key) else { continue }
            parameters[base] = isPiece ? (parameters[base] ?? "") + value : value
        }
        self.parameters = parameters
    }

    /// A value as `charset'language'text` (RFC 8187, 3.2), decoded; as it stands where its charset is none that is known.
    private static func extended(_ value: String, known: inout ParameterCharset?) -> String {
        var charset: ParameterCharset?
        var text = value
        let parts = value.split(atByte: "'", maxSplits: 2)
        if parts.count == 3, !parts[2].isEmpty, value.utf8.allSatisfy({ $0.isOfToken }) {
            text = String(parts[2])
            // Without one, a piece has the charset of the piece before.
            charset = parts[0].isEmpty ? known : ParameterCharset(rawValue: parts[0].loweredASCII)
        } else {
            charset = known
        }
        guard let charset else { return text }
        known = charset
        let bytes = PercentCoding.bytes(text: text)
        switch charset {
        case .utf8: return String(decoding: bytes, as: UTF8.self)
        case .ascii, .usASCII:
            let scalars = bytes.map { $0 < 0x80 ? Unicode.Scalar($0) : "\u{FFFD}" }
            return String(String.UnicodeScalarView(scalars))
        case .latin1: return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        }
    }

    /// `filename*1` is a piece of `filename`; nil for a name that is none.
    private static func base(of key: String) -> (String, isPiece: Bool)? {
        guard let (before, number) = key.cut(atByte: "*"), number.isDigits else {
            return key.isEmpty ? nil : (key, false)
        }
        return before.isEmpty ? nil : (String(before), true)
    }

    private static func unquoted(text: String) -> String {
        guard text.utf8.count >= 2, text.utf8.first == 0x22, text.utf8.last == 0x22 else { return text }
        var plain: [UInt8] = []
        let inner = Array(text.utf8.dropFirst().dropLast())
        var place = 0
        while place < inner.count {
            // Browsers send a backslash in a filename as it stands, and a quote as %22 (HTML, 4.10.21.8); of what is
            // escaped with a backslash only a quote or another backslash is.
            if inner[place] == 0x5C, place + 1 < inner.count, inner[place + 1] == 0x22 || inner[place + 1] == 0x5C {
                plain.append(inner[place + 1])
                place += 2
            } else if inner[place...].starts(with: "%22".utf8) {
                plain.append(0x22)
                place += 3
            } else {
                plain.append(inner[place])
                place += 1
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}

/// The charsets of extended parameters; no client has a use for others.
private enum ParameterCharset: String {
    case ascii
    case usASCII = "us-ascii"
    case utf8 = "utf-8"
    case latin1 = "iso-8859-1"
}

/// Goes through a value and its parameters; what is not a parameter is passed over.
private struct ParameterReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// What stands before the first parameter, in lower case.
    mutating func takeValue() -> String {
        let value = bytes.prefix { $0 != 0x3B }
        place = value.endIndex
        return String(decoding: value, as: UTF8.self).trimmed.loweredASCII
    }

    /// The next parameter, its name in lower case, its value with its quotes.
    mutating func takeParameter() -> (name: String, value: String)? {
        while place < bytes.count {
            // At the semicolon before it, or at something that belongs to nothing.
            guard let semicolon = bytes[place...].firstIndex(of: 0x3B) else { return nil }
            place = semicolon + 1
            while place < bytes.count, bytes[place] == 0x20 || bytes[place] == 0x09 { place += 1 }
            let name = bytes[place...].prefix { $0.isOfToken }
            guard !name.isEmpty, name.endIndex < bytes.count, bytes[name.endIndex] == 0x3D else { continue }
            place = name.endIndex + 1
            guard let value = takeParameterValue() else { continue }
            return (
                String(decoding: name, as: UTF8.self).loweredASCII, String(decoding: value, as: UTF8.self)
            )
        }
        return nil
    }

    private mutating func takeParameterValue() -> ArraySlice<UInt8>? {
        let token = bytes[place...].prefix { $0.isOfToken }
        if !token.isEmpty {
            place = token.endIndex
            return token
        }
        guard place < bytes.count, bytes[place] == 0x22 else { return nil }
        var end = place + 1
        while end < bytes.count {
            if bytes[end] == 0x5C, end + 1 < bytes.count, bytes[end + 1] == 0x5C || bytes[end + 1] == 0x22 {
                end += 2
            } else if bytes[end] == 0x22 {
                defer { place = end + 1 }
                return bytes[place...end]
            } else {
                end += 1
            }
        }
        // Its quote is missing: no parameter, and what follows may be some.
        return nil
    }
}
