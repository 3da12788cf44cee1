// Addresses as people write them, made into what may stand in a header (`Werkzeug: urls.py iri_to_uri`; RFC 3987, 3.1).

internal import Foundation

/// Makes URIs of IRIs.
enum IRI {
    /// `text` with everything encoded that may not stand in its part of an address; `%41` stays as it is.
    ///
    /// A backslash is encoded too: browsers take one for a slash, so that `\\evil.example` would lead to another host.
    static func uri(text: String) -> String {
        var rest = Array(text.utf8)[...]
        // Browsers throw these away, and so does Python's urlsplit.
        rest = Array(rest.drop { $0 <= 0x20 }.filter { $0 != 0x09 && $0 != 0x0A && $0 != 0x0D })[...]
        while let last = rest.last, last <= 0x20 { rest.removeLast() }
        var uri = ""
        if let scheme = takeScheme(&rest) { uri += scheme + ":" }
        if rest.starts(with: [0x2F, 0x2F]) {
            rest = rest.dropFirst(2)
            let authority = rest.prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
            rest = rest[authority.endIndex...]
            uri += "//" + self.authority(bytes: authority)
        }
        let path = rest.prefix { $0 != 0x3F && $0 != 0x23 }
        uri += PercentCoding.encode(path, keeping: pathBytes)
        rest = rest[path.endIndex...]
        if rest.first == 0x3F {
            let query = rest.dropFirst().prefix { $0 != 0x23 }
            uri += "?" + PercentCoding.encode(query, keeping: queryBytes)
            rest = rest[query.endIndex...]
        }
        if rest.first == 0x23 { uri += "#" + PercentCoding.encode(rest.dropFirst(), keeping: fragmentBytes) }
        return uri
    }

    private static let pathBytes = Set("-._~%!$&'()*+,/:;=@".utf8)
    private static let queryBytes = pathBytes.union("?".utf8)
    private static let fragmentBytes = queryBytes.union("#".utf8)
    private static let userBytes = Set("-._~%!$&'()*+,;=".utf8)
    private static let hostBytes = Set("-._~%!$&'()*+,;=[]:".utf8)

    private static func takeScheme(_ rest: inout ArraySlice<UInt8>) -> String? {
        let scheme = rest.prefix { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E: true
            default: false
            }
        }
        guard let first = scheme.first, 0x41...0x5A ~= first || 0x61...0x7A ~= first, scheme.endIndex < rest.endIndex,
            rest[scheme.endIndex] == 0x3A
        else { return nil }
        rest = rest[(scheme.endIndex + 1)...]
        return String(decoding: scheme, as: UTF8.self).loweredASCII
    }

    private static func authority(bytes: ArraySlice<UInt8>) -> String {
        var host = bytes
        var user = ""
        if let at = bytes.lastIndex(of: 0x40) {
            host = bytes[(at + 1)...]
            let sides = bytes[..<at].split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
            user = sides.map { PercentCoding.encode($0, keeping: userBytes) }.joined(separator: ":")
            if !user.isEmpty { user += "@" }
        }
        var port = ""
        if let colon = host.lastIndex(of: 0x3A), host[(colon + 1)...].allSatisfy({ 0x30...0x39 ~= $0 }) {
            port = colon + 1 == host.endIndex ? "" : String(decoding: host[colon...], as: UTF8.self)
            host = host[..<colon]
        }
        return user + IRI.host(text: String(decoding: host, as: UTF8.self)) + port
    }

    /// A host's name in ASCII, each label that is not by Punycode (RFC 3492), in lower case.
    static func host(text: String) -> String {
        guard !text.utf8.allSatisfy({ $0 < 0x80 }) else {
            return PercentCoding.encode(text.loweredASCII.utf8, keeping: hostBytes)
        }
        // IDNA folds case and compatible forms first; an ideographic full stop is a dot.
        let folded = text.folding(options: .caseInsensitive, locale: nil).precomposedStringWithCompatibilityMapping
            .lowercased().replacingOccurrences(of: "\u{3002}", with: ".")
        let labels = folded.split(atByte: ".").map { label in
            // Longer than a label may be, it is not a name of a host: encoded below as any other byte.
            label.utf8.allSatisfy { $0 < 0x80 } || label.unicodeScalars.count > 63
                ? String(label) : "xn--" + Punycode.encode(label)
        }
        return PercentCoding.encode(labels.joined(separator: ".").utf8, keeping: hostBytes)
    }
}

/// Text in the letters, digits and hyphens of a host's name (RFC 3492).
enum Punycode {
    /// The text without its prefix `xn--`.
    static func encode(_ text: some StringProtocol) -> String {
        let scalars = text.unicodeScalars.map { Int($0.value) }
        var output = scalars.filter { $0 < 0x80 }.map { UInt8($0) }
        var handled = output.count
        let basic = handled
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var code = 128
        var delta = 0
        var bias = 72
        while handled < scalars.count {
            guard let next = scalars.filter({ $0 >= code }).min() else { break }
            delta = delta.addingSaturated((next - code).multipliedSaturated(by: handled + 1))
            code = next
            for scalar in scalars {
                if scalar < code { delta = delta.addingSaturated(1) }
                guard scalar == code else { continue }
                write(delta, bias: bias, to: &output)
                bias = adapt(delta, count: handled + 1, isFirst: handled == basic)
                delta = 0
                handled += 1
            }
            delta = delta.addingSaturated(1)
            code += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func write(_ delta: Int, bias: Int, to output: inout [UInt8]) {
        var rest = delta
        var base = 36
        while true {
            let threshold = min(26, max(1, base - bias))
            if rest < threshold { break }
            output.append(digit(number: threshold + (rest - threshold) % (36 - threshold)))
            rest = (rest - threshold) / (36 - threshold)
            base += 36
        }
        output.append(digit(number: rest))
    }

    private static func digit(number: Int) -> UInt8 {
        number < 26 ? UInt8(ascii: "a") + UInt8(number) : UInt8(ascii: "0") + UInt8(number - 26)
    }

    private static func adapt(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var offset = 0
        while delta > 455 {
            delta /= 35
            offset += 36
        }
        return offset + 36 * delta / (delta + 38)
    }
}
