// What a request's head has to be before it goes further. The parser refuses what is not HTTP; this refuses what two
// programs could read in two ways, because that is how requests are smuggled.

internal import NIOHTTP1

/// The rules.
enum RequestRules {
    /// Whether a method changes nothing (RFC 9110, 9.2.1): such a request may be given to several lanes, or sent again.
    static func isSafe(method: String) -> Bool { ["GET", "HEAD", "OPTIONS", "TRACE"].contains(method) }

    /// Why a head is refused.
    struct Refusal: Error, Equatable {
        let status: Int
        let message: String
    }

    /// Brings the target of `request` into origin form, and refuses what must be refused.
    ///
    /// - Parameters:
    ///   - isOld: whether it says HTTP/1.0.
    ///   - hosts: the names that the server answers to; nil for any.
    /// - Throws: `Refusal`.
    static func check(
        _ request: inout IncomingRequest, isOld: Bool, hosts: HostHeaderRule?
    ) throws(Refusal) {
        try checkFraming(headers: request.headers, isOld: isOld)
        var named: String?
        for field in request.headers.fields
        where field.name.utf8.count == 4 && Headers.same(left: field.name, right: "host") {
            // RFC 9112, 3.2: one in each request of HTTP/1.1, and never two.
            guard named == nil else { throw Refusal(status: 400, message: "The request names Host twice.") }
            named = field.value
        }
        // Its target is a host and a port, which no other method may have.
        if request.method == "CONNECT" { throw Refusal(status: 501, message: "CONNECT is for proxies.") }
        // The absolute form says another host; the field has to be there all the same.
        if let other = try originForm(text: &request.target) {
            request.headers["Host"] = other
            named = named.map { _ in other }
        }
        if request.target == "*", request.method != "OPTIONS" {
            throw Refusal(status: 400, message: "Only OPTIONS is asked of the whole server.")
        }
        guard named != nil || isOld else { throw Refusal(status: 400, message: "The request names no Host.") }
        if let host = named {
            guard host.utf8.allSatisfy(isOfHost), hasValidPort(host) else {
                throw Refusal(status: 400, message: "The Host header is invalid.")
            }
            if let hosts, !hosts.allows(host) { throw Refusal(status: 421, message: hosts.refusal) }
        }
    }

    /// RFC 9112, 6.1 and 6.3: a length and chunks at once, or two lengths, could be read in two ways.
    private static func checkFraming(headers: Headers, isOld: Bool) throws(Refusal) {
        var codings: [String] = []
        var lengths: [String] = []
        for field in headers.fields {
            switch field.name.utf8.count {
            case 17 where Headers.same(left: field.name, right: "transfer-encoding"): codings.append(field.value)
            case 14 where Headers.same(left: field.name, right: "content-length"): lengths.append(field.value)
            default: break
            }
        }
        if !codings.isEmpty {
            guard lengths.isEmpty else {
                throw Refusal(status: 400, message: "The request has both Content-Length and Transfer-Encoding.")
            }
            guard !isOld else {
                throw Refusal(status: 400, message: "HTTP/1.0 knows no Transfer-Encoding.")
            }
            guard codings.count == 1, codings[0].loweredASCII == "chunked" else {
                throw Refusal(status: 501, message: "The only Transfer-Encoding known here is chunked.")
            }
        }
        guard lengths.count <= 1,
            lengths.allSatisfy(\.isDigits)
        else { throw Refusal(status: 400, message: "The request's Content-Length is not one number.") }
    }

    /// RFC 9112, 3.2: the absolute form has to be taken, and its host counts, not the field's; the authority form is
    /// for CONNECT, which is not served.
    ///
    /// - Returns: the host that an absolute target names.
    private static func originForm(text: inout String) throws(Refusal) -> String? {
        let target = text.utf8
        if target.first == 0x2F || text == "*" { return nil }
        let scheme = Substring(target.prefix(8)).loweredASCII
        let length = scheme.beginsWithBytes(of: "http://") ? 7 : scheme == "https://" ? 8 : 0
        guard length > 0 else {
            throw Refusal(status: 400, message: "The request's target is neither a path nor an address.")
        }
        let rest = target.dropFirst(length)
        let host = rest.prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
        guard !host.isEmpty, !host.contains(0x40) else {
            throw Refusal(status: 400, message: "The address in the request names no host.")
        }
        let path = Substring(rest[host.endIndex...].prefix { $0 != 0x23 })
        let named = String(Substring(host))
        text = path.utf8.first == 0x2F ? String(path) : "/" + path
        return named
    }

    /// A field's value without the white space after it, which the parser leaves there and which is none of the value
    /// (RFC 9112, 5.1).
    static func bare(value: String) -> String {
        guard let last = value.utf8.last, last == 0x20 || last == 0x09 else { return value }
        return value.trimmed
    }

    /// Whether the connection may go on after the answer (RFC 9112, 9.3).
    static func keepsAlive(_ headers: Headers, isOld: Bool) -> Bool {
        var goesOn = !isOld
        for field in headers.fields
        where field.name.utf8.count == 10 && Headers.same(left: field.name, right: "connection") {
            if Headers.same(left: field.value, right: "keep-alive") {
                goesOn = true
                continue
            }
            for option in field.value.split(atByte: ",").map(\.trimmed) {
                if Headers.same(left: option, right: "close") { return false }
                if Headers.same(left: option, right: "keep-alive") { goesOn = true }
            }
        }
        return goesOn
    }

    /// Whether a host names no port, or one that TCP has: 0 to 65535 (RFC 3986, 3.2.3; RFC 9110, 7.2).
    ///
    /// Programs that cut a longer number in different ways would see different servers.
    private static func hasValidPort(_ host: String) -> Bool {
        let bytes = host.utf8
        // The colons within brackets are those of an IPv6 address.
        let name = bytes.first == 0x5B ? bytes[(bytes.firstIndex(of: 0x5D) ?? bytes.startIndex)...] : bytes[...]
        guard let colon = name.lastIndex(of: 0x3A) else { return true }
        let port = name[name.index(after: colon)...]
        guard !port.isEmpty else { return true }
        guard port.count <= 5, port.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return port.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 65_535
    }

    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        // Letters, digits, and what stands between them.
        case 0x2D...0x2E, 0x30...0x3A, 0x41...0x5A, 0x61...0x7A: true
        case 0...0x20, 0x7F...: false
        default: !"/\\?#@,\"<>^`{|}".utf8.contains(byte)
        }
    }
}

/// Which names a server on loopback answers to.
///
/// A web page may let its own name point to 127.0.0.1 and then read what the server says as if it were its own (DNS
/// rebinding). Its requests still name that page's host, and so are told apart.
package struct HostHeaderRule: Sendable, Equatable {
    /// In lower case, as bytes: each request is asked.
    private let names: [[UInt8]]

    /// Allows the names of loopback itself, and `more`.
    package init(more: [String] = []) {
        names = (["localhost", "127.0.0.1", "[::1]"] + more.map { $0.lowercased() }).map { Array($0.utf8) }
    }

    /// Whether a request that names `host`, with or without a port, is answered.
    package func allows(_ host: String) -> Bool {
        var host = host
        return host.withUTF8 { allows($0) }
    }

    private func allows(_ host: UnsafeBufferPointer<UInt8>) -> Bool {
        // A port is digits after the last colon; an address of IPv6 stands in brackets.
        var end = host.count
        while end > 0, HostHeaderRule.isDigit(host[end - 1]) { end -= 1 }
        end = end > 0 && host[end - 1] == UInt8(ascii: ":") ? end - 1 : host.count
        if end > 1, host[end - 1] == UInt8(ascii: ".") { end -= 1 }
        let name = host[..<end]
        return names.contains { HostHeaderRule.same(lower: $0[...], text: name) } || HostHeaderRule.isLoopback(name)
            || HostHeaderRule.same(lower: HostHeaderRule.below[...], text: name.suffix(HostHeaderRule.below.count))
    }

    private static let below = Array(".localhost".utf8)

    /// Whether `text` is `lower`, which is in lower case.
    private static func same(lower: ArraySlice<UInt8>, text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        lower.count == text.count && zip(lower, text).allSatisfy { $0 == (65...90 ~= $1 ? $1 | 32 : $1) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }

    var refusal: String {
        "This server answers to localhost and 127.0.0.1 only: otherwise another site's page could read it. "
            + "Name another host with --allow-host."
    }

    /// 127.0.0.0/8 is loopback, all of it.
    private static func isLoopback(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard name.starts(with: "127.".utf8) else { return false }
        let parts = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(isDigit)
                    && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
            }
    }
}
