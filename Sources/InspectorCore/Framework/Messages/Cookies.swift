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
    public var path: String = "/"
    /// To which hosts it is sent; to this one alone unless given.
    public var domain: String?
    /// Sent over TLS only.
    public var isSecure = false
    /// Kept from scripts.
    public var isHTTPOnly = false
    /// What other sites' requests bring along; the browser's own rule unless given.
    public var sameSite: SameSite?

    /// Makes a cookie.
    public init(_ name: String, _ value: String, maxAge: Int? = nil) {
        self.name = name
        self.value = value
        self.maxAge = maxAge
    }

    /// The header's value.
    ///
    /// - Throws: `ValueError` for a name or an attribute that would break the header.
    func headerValue() throws -> String {
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !Cookie.separators.contains($0) }) else {
            throw FrameworkError(.valueError, "\"\(name)\" cannot be the name of a cookie.")
        }
        for attribute in [path, domain ?? ""]
        where attribute.utf8.contains(where: { $0 < 0x20 || $0 == 0x3B || $0 == 0x7F }) {
            throw FrameworkError(.valueError, "\"\(attribute)\" cannot stand in a cookie.")
        }
        var text = "\(name)=\(Cookie.quoted(value))"
        if let domain { text += "; Domain=\(domain)" }
        if let maxAge {
            text += "; Expires=\(HTTPDate.text(HTTPDate.now + Int64(maxAge))); Max-Age=\(maxAge)"
        }
        if isSecure { text += "; Secure" }
        if isHTTPOnly { text += "; HttpOnly" }
        text += "; Path=\(path)"
        if let sameSite { text += "; SameSite=\(sameSite.rawValue)" }
        return text
    }

    private static let separators = Set("()<>@,;:\\\"/[]?={} \t".utf8)

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x2C && byte != 0x3B && byte != 0x5C
    }

    private static func quoted(_ value: String) -> String {
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

    /// The cookies of a `Cookie` header, in order; of what is no cookie nothing is taken.
    static func parse(_ header: String) -> [(name: String, value: String)] {
        header.utf8.split(separator: 0x3B).compactMap { piece in
            let text = Substring(piece)
            guard let equals = text.firstIndex(of: "=") else { return nil }
            let name = text[..<equals].trimmed
            guard !name.isEmpty else { return nil }
            return (name, unquoted(text[text.index(after: equals)...].trimmed))
        }
    }

    private static func unquoted(_ text: String) -> String {
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
    /// - Throws: an error of kind `ValueError` when its name, path or domain would break the header.
    public mutating func setCookie(_ cookie: Cookie) throws {
        headers.add("Set-Cookie", try cookie.headerValue())
    }

    /// Makes the browser forget a cookie; path and domain have to be those that it was set with.
    ///
    /// - Throws: an error of kind `ValueError` when a name would break the header.
    public mutating func deleteCookie(_ name: String, path: String = "/", domain: String? = nil) throws {
        var cookie = Cookie(name, "", maxAge: 0)
        cookie.path = path
        cookie.domain = domain
        headers.add("Set-Cookie", try cookie.headerValue())
    }
}
