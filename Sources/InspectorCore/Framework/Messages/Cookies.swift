// Cookies: read from a request, set by a response (RFC 6265; quoting as `Werkzeug: http.py dump_cookie`).

/// Who may see a cookie when a request comes from another site.
public enum SameSite: String, Sendable {
    /// Sent with every request; needs `isSecure`.
    case none = "None"
    /// Sent when a link leads here.
    case lax = "Lax"
    /// Sent only from pages of this site.
    case strict = "Strict"
}

/// A cookie as a response sets it.
public struct Cookie: Sendable {
    /// The name: no spaces, separators or control characters.
    public var name: String
    /// The value; anything, it is quoted where needed.
    public var value: String
    /// How long it lives, in seconds; until the browser closes, unless given.
    public var maxAge: Int?
    /// Under which paths it is sent.
    public var path: String
    /// To which hosts it is sent; to this one alone unless given.
    public var domain: String?
    /// Sent over TLS only.
    public var isSecure: Bool
    /// Kept from scripts.
    public var isHTTPOnly: Bool
    /// What other sites' requests bring along; the browser's own rule unless given.
    public var sameSite: SameSite?

    /// Makes a cookie; each parameter is the property of its name.
    public init(
        _ name: String, _ value: String, maxAge: Int? = nil, path: String = "/", domain: String? = nil,
        isSecure: Bool = false, isHTTPOnly: Bool = false, sameSite: SameSite? = nil
    ) {
        self.name = name
        self.value = value
        self.maxAge = maxAge
        self.path = path
        self.domain = domain
        self.isSecure = isSecure
        self.isHTTPOnly = isHTTPOnly
        self.sameSite = sameSite
    }

    /// The header's value.
    ///
    /// - Parameter isRemoval: whether the browser is to forget it: its end is the beginning of time, whatever the clocks.
    /// - Throws: `ValueError` for a name that is none, or a domain that is not a host.
    func headerValue(isRemoval: Bool = false) throws -> String {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Cookie.separators.contains($0) }) else {
            throw FrameworkError(kind: .valueError, description: "\"\(name)\" cannot be the name of a cookie.")
        }
        var text = "\(name)=\(Cookie.quoted(value: value))"
        if let domain, !domain.isEmpty { text += "; Domain=\(try Cookie.host(domain: domain))" }
        if let maxAge {
            let end = isRemoval ? 0 : HTTPDate.now.addingSaturated(Int64(maxAge))
            text += "; Expires=\(HTTPDate.text(seconds: end)); Max-Age=\(maxAge)"
        }
        if isSecure { text += "; Secure" }
        if isHTTPOnly { text += "; HttpOnly" }
        text += "; Path=\(PercentCoding.encode(path.utf8, keeping: Cookie.pathBytes))"
        if let sameSite { text += "; SameSite=\(sameSite.rawValue)" }
        return text
    }

    /// A semicolon is not among them: it would begin an attribute.
    private static let pathBytes = Set("-._~%!$&'()*+,/:=@".utf8)

    /// A domain without its port and the dot before it, in ASCII.
    private static func host(domain: String) throws -> String {
        let bare = domain.utf8.prefix { $0 != 0x3A }.drop { $0 == 0x2E }
        let host = IRI.host(text: String(Substring(bare)))
        guard !host.isEmpty, host.utf8.allSatisfy({ $0.isOfToken && $0 != 0x25 }) else {
            throw FrameworkError(kind: .valueError, description: "\"\(domain)\" cannot be the domain of a cookie.")
        }
        return host
    }

    private static let separators = Set("()<>@,;:\\\"/[]?={} \t".utf8)

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x2C && byte != 0x3B && byte != 0x5C
    }

    private static func quoted(value: String) -> String {
        if value.utf8.allSatisfy(isPlain) { return value }
        var text = "\""
        for byte in value.utf8 {
            if isPlain(byte) || byte == 0x20 {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else if byte == 0x22 || byte == 0x5C {
                text += "\\" + String(Unicode.Scalar(byte))
            } else {
                let octal = String(byte, radix: 8)
                text += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
            }
        }
        return text + "\""
    }

    /// The cookies of a `Cookie` header, in order (`Werkzeug: sansio/http.py parse_cookie`); one without `=` is empty.
    static func parse(_ header: String) -> [(name: String, value: String)] {
        let bytes = Array(header.utf8)
        var cookies: [(name: String, value: String)] = []
        var place = 0
        while place < bytes.count {
            let name = bytes[place...].prefix { $0 != 0x3D && $0 != 0x3B }
            place = name.endIndex
            var value = bytes[place..<place]
            if place < bytes.count, bytes[place] == 0x3D {
                value = self.value(rest: bytes[(place + 1)...])
                place = value.endIndex
            }
            // What follows a quoted value up to the next semicolon belongs to nothing.
            while place < bytes.count, bytes[place] != 0x3B { place += 1 }
            place += 1
            let plain = String(decoding: name, as: UTF8.self).trimmed
            if !plain.isEmpty {
                cookies.append((plain, unquoted(text: String(decoding: value, as: UTF8.self).trimmed)))
            }
        }
        return cookies
    }

    /// What a value is at the beginning of `rest`: up to a semicolon, unless it stands within quotes.
    private static func value(rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let plain = rest.prefix { $0 != 0x3B }
        let begin = rest.drop { $0 == 0x20 || $0 == 0x09 }
        guard begin.first == 0x22 else { return plain }
        var place = begin.startIndex + 1
        while place < rest.endIndex, rest[place] != 0x22 { place += rest[place] == 0x5C ? 2 : 1 }
        guard place < rest.endIndex else { return plain }
        let after = rest[(place + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        return after.first ?? 0x3B == 0x3B ? rest[..<(place + 1)] : plain
    }

    private static func unquoted(text: String) -> String {
        let source = Array(text.utf8)
        guard source.count >= 2, source.first == 0x22, source.last == 0x22 else { return text }
        var bytes: [UInt8] = []
        var place = 1
        while place < source.count - 1 {
            let digits = source[(place + 1)...].prefix(3).prefix { (0x30...0x37).contains($0) }
            if source[place] == 0x5C, digits.count == 3,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                place += 4
            } else if source[place] == 0x5C, place + 1 < source.count - 1 {
                bytes.append(source[place + 1])
                place += 2
            } else {
                bytes.append(source[place])
                place += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Response {
    /// Sets a cookie.
    ///
    /// What may not stand in a path is encoded.
    ///
    /// - Throws: an error of kind `ValueError` when its name or its domain would break the header.
    public mutating func setCookie(_ cookie: Cookie) throws {
        headers.add("Set-Cookie", try cookie.headerValue())
    }

    /// Makes the browser forget a cookie; the attributes have to be those that it was set with
    /// (`Werkzeug: wrappers/response.py delete_cookie`).
    ///
    /// - Throws: an error of kind `ValueError` when a name would break the header.
    public mutating func deleteCookie(
        _ name: String, path: String = "/", domain: String? = nil, isSecure: Bool = false, isHTTPOnly: Bool = false,
        sameSite: SameSite? = nil
    ) throws {
        var cookie = Cookie(name, "", maxAge: 0)
        cookie.path = path
        cookie.domain = domain
        cookie.isSecure = isSecure
        cookie.isHTTPOnly = isHTTPOnly
        cookie.sameSite = sameSite
        headers.add("Set-Cookie", try cookie.headerValue(isRemoval: true))
    }
}
