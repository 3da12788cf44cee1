// A request out of a traffic file. Every reader makes it by the one checked constructor here.

internal import Foundation

/// A recorded request, checked: nothing in it can end a header or smuggle a second request.
package struct RecordedRequest: Sendable {
    /// Why a request cannot be replayed.
    package struct Refusal: Error {
        package let reason: String
    }

    package let method: String
    /// Path and query, as recorded.
    package let target: String
    /// Without those that belong to the recorded connection.
    package let headers: Headers
    package let body: [UInt8]
    /// When it was sent, in ns since the recording's own zero; nil when the file does not say.
    package let time: UInt64?
    /// Where it stands in its file: `entry 14`.
    package let place: String
    /// The host and port it was sent to; nil when the file does not say.
    package let host: String?
    /// What it was answered with then; nil when the file does not say, or it was not answered.
    package let response: RecordedResponse?

    /// The status it was answered with then.
    package var status: Int? { response?.status }

    /// The largest body that is taken, in bytes.
    package static let bodyLimit = 64 * 1024 * 1024

    /// Checks and makes a request.
    ///
    /// - Throws: `Refusal`.
    package init(
        method: String, url: String, headers: Headers = [:], body: [UInt8] = [], time: UInt64? = nil,
        place: String, response: RecordedResponse? = nil
    ) throws(Refusal) {
        guard RecordedRequest.isToken(method) else { throw Refusal(reason: "its method is no HTTP token") }
        guard body.count <= RecordedRequest.bodyLimit else { throw Refusal(reason: "its body is too large") }
        for field in headers.fields { try RecordedRequest.check(field.name, field.value) }
        self.method = method
        let address = try RecordedRequest.address(of: url)
        target = address.target
        if let named = address.host { host = named } else { host = try RecordedRequest.host(in: headers) }
        self.headers = Headers(headers.fields.filter { !RecordedRequest.belongsToConnection($0.name) })
        self.body = body
        self.time = time.map { min($0, .lastMoment) }
        self.place = place
        self.response = response
    }

    /// The same request at another time, or with other headers; what was checked stays checked.
    private init(_ other: RecordedRequest, headers: Headers, time: UInt64?) {
        method = other.method
        target = other.target
        host = other.host
        body = other.body
        place = other.place
        response = other.response
        self.headers = headers
        self.time = time
    }

    /// The same request at another time.
    package func at(_ time: UInt64?) -> RecordedRequest { RecordedRequest(self, headers: headers, time: time) }

    /// The same request with headers set, or taken away where the value is nil.
    ///
    /// - Throws: `Refusal` when a header could end another one.
    package func with(_ changes: [(name: String, value: String?)]) throws(Refusal) -> RecordedRequest {
        var headers = headers
        for (name, value) in changes {
            try RecordedRequest.check(name, value ?? "")
            headers[name] = value
        }
        return RecordedRequest(self, headers: headers, time: time)
    }

    private static func check(_ name: String, _ value: String) throws(Refusal) {
        guard isToken(name) else { throw Refusal(reason: "a header's name is no token") }
        guard !value.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else {
            throw Refusal(reason: "the header \(name) holds a line break or NUL")
        }
    }

    private static func host(in headers: Headers) throws(Refusal) -> String? {
        guard let host = headers["Host"], !host.isEmpty else { return nil }
        guard !host.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
            throw Refusal(reason: "its host holds a space or a control byte")
        }
        return host
    }

    /// RFC 9110, 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    /// The host, and what follows it, in an absolute address; a path stands for itself.
    private static func address(of url: String) throws(Refusal) -> (host: String?, target: String) {
        var named: String?
        var rest = Substring(url.prefix { $0 != "#" })
        if let scheme = rest.range(of: "://") {
            let name = rest[..<scheme.lowerBound].lowercased()
            guard name == "http" || name == "https" else { throw Refusal(reason: "its address is not HTTP: \(name)") }
            let host = rest[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
            guard !host.isEmpty, !host.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
                throw Refusal(reason: "its host is empty or holds a control byte")
            }
            // A name and a password in front of it are nobody's business here.
            named = String(host.split(separator: "@", omittingEmptySubsequences: false).last ?? host)
            rest = rest[host.endIndex...]
        } else if !rest.hasPrefix("/") {
            throw Refusal(reason: "its address is neither absolute nor a path")
        }
        if !rest.hasPrefix("/") { rest = "/" + rest }
        // Spaces and control bytes are what was recorded, but cannot stand on a request line; they go encoded.
        var target = ""
        for scalar in rest.unicodeScalars {
            if scalar.value > 32, scalar.value < 127 {
                target.unicodeScalars.append(scalar)
            } else {
                for byte in String(scalar).utf8 {
                    let hex = String(byte, radix: 16, uppercase: true)
                    target += "%" + (hex.count == 1 ? "0" : "") + hex
                }
            }
        }
        return (named, target)
    }

    private static func belongsToConnection(_ name: String) -> Bool {
        [
            "host", "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
            "content-length", "expect", "http2-settings",
        ].contains(name.lowercased())
    }
}

/// What a recorded request was answered with.
package struct RecordedResponse: Sendable, Equatable {
    /// Nil when it failed then.
    package var status: Int?
    package var headers: Headers
    /// The body as it was before any transfer encoding, and before the content encoding unless `headers` still name
    /// one; nil when it was not recorded.
    package var body: [UInt8]?
    /// How many bytes it had, where that is all that is known.
    package var size: Int?
    /// How long the service took, in ns: HAR's `wait`, an access log's request time.
    package var duration: UInt64?

    /// Numbers out of a file are held to what can be: no size is negative, no duration longer than `lastMoment`.
    package init(
        status: Int?, headers: Headers = [:], body: [UInt8]? = nil, size: Int? = nil, duration: UInt64? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.size = size.map { max(0, $0) }
        self.duration = duration.map { min($0, .lastMoment) }
    }
}
