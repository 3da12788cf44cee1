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
    /// What was left out as it was made, or is missing: each a part of a sentence about it.
    package let remarks: [String]

    /// The status it was answered with then.
    package var status: Int? { response?.status }

    /// The largest body that is taken, in bytes.
    package static let bodyLimit = 64 * 1024 * 1024

    /// Checks and makes a request.
    ///
    /// A header that cannot be sent costs that header, and a remark; a method, an address or a host that cannot, the
    /// request.
    ///
    /// - Throws: `Refusal`.
    package init(
        method: String, url: String, headers: Headers = [:], body: [UInt8] = [], time: UInt64? = nil,
        place: String, response: RecordedResponse? = nil
    ) throws(Refusal) {
        guard RecordedRequest.isToken(method) else { throw Refusal(reason: "its method is not an HTTP token") }
        guard body.count <= RecordedRequest.bodyLimit else { throw Refusal(reason: "its body is too large") }
        var remarks: [String] = []
        let sendable = RecordedRequest.sendable(headers: headers, of: "", remarks: &remarks)
        self.method = method
        let address = try RecordedRequest.address(of: url)
        target = address.target
        if let named = address.host {
            host = named
        } else {
            host = RecordedRequest.host(in: sendable, remarks: &remarks)
        }
        if body.isEmpty, let length = sendable["Content-Length"].flatMap({ UInt64($0) }), length > 0 {
            remarks.append("its body of \(length) bytes was not recorded; it is sent without one")
        }
        self.headers = Headers(sendable.fields.filter { !RecordedRequest.belongsToConnection($0.name) })
        self.body = body
        self.time = time.map { min($0, .lastMoment) }
        self.place = place
        if var response {
            response.headers = RecordedRequest.sendable(
                headers: response.headers, of: " of its answer", remarks: &remarks)
            self.response = response
        } else {
            self.response = nil
        }
        self.remarks = remarks
    }

    /// The same request at another time, or with other headers; what was checked stays checked.
    private init(other: RecordedRequest, headers: Headers, time: UInt64?) {
        method = other.method
        target = other.target
        host = other.host
        body = other.body
        place = other.place
        response = other.response
        remarks = other.remarks
        self.headers = headers
        self.time = time
    }

    /// The same request at another time.
    package func at(time: UInt64?) -> RecordedRequest { RecordedRequest(other: self, headers: headers, time: time) }

    /// The same request with headers set, or taken away where the value is nil.
    ///
    /// - Throws: `Refusal` when a header could end another one.
    package func with(_ changes: [(name: String, value: String?)]) throws(Refusal) -> RecordedRequest {
        var headers = headers
        for (name, value) in changes {
            try RecordedRequest.check(name, value: value ?? "")
            headers[name] = value
        }
        return RecordedRequest(other: self, headers: headers, time: time)
    }

    /// Sees whether a header can be sent.
    ///
    /// - Throws: `Refusal` when it could end another one, or the client would not send it: a name that is not a token, a
    ///   value with a control byte other than the tab.
    package static func check(_ name: String, value: String) throws(Refusal) {
        guard isToken(name) else { throw Refusal(reason: "a header's name is not a token: \(name.prefix(40))") }
        guard !value.utf8.contains(where: { $0 < 32 && $0 != 9 || $0 == 127 }) else {
            throw Refusal(reason: "the header \(name.prefix(40)) holds a line break or another control byte")
        }
    }

    /// The headers that can be sent; each of the others is a remark.
    private static func sendable(headers: Headers, of whom: String, remarks: inout [String]) -> Headers {
        var kept: [Headers.Field] = []
        kept.reserveCapacity(headers.fields.count)
        for field in headers.fields {
            // White space around a value is not part of it (RFC 9110, 5.5), a line's end in some exports included.
            let value =
                isPadded(field.value) ? field.value.trimmingCharacters(in: .whitespacesAndNewlines) : field.value
            do throws(Refusal) {
                try check(field.name, value: value)
                kept.append(Headers.Field(field.name, value))
            } catch {
                remarks.append("a header\(whom) is left out: \(error.reason)")
            }
        }
        return Headers(kept)
    }

    private static func isPadded(_ value: String) -> Bool {
        guard let first = value.utf8.first, let last = value.utf8.last else { return false }
        return first <= 32 || last <= 32
    }

    private static func host(in headers: Headers, remarks: inout [String]) -> String? {
        guard let host = headers["Host"], !host.isEmpty else { return nil }
        guard !host.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
            remarks.append("its host is left out: it holds a space or a control byte")
            return nil
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
        // Byte by byte: a slash with a combining mark after it is one character, and ends a host all the same.
        var rest = url.utf8.prefix { $0 != 0x23 }
        var named: String?
        if rest.first != 0x2F {
            guard let colon = rest.firstIndex(of: 0x3A) else {
                throw Refusal(reason: "its address is neither absolute nor a path")
            }
            let scheme = String(decoding: rest[..<colon].prefix(40), as: UTF8.self).lowercased()
            let isHTTP = scheme == "http" || scheme == "https"
            if !isHTTP, let reason = RecordedRequest.reason(against: scheme) { throw Refusal(reason: reason) }
            guard rest[colon...].starts(with: "://".utf8) else {
                throw Refusal(reason: "its address is neither absolute nor a path")
            }
            guard isHTTP else {
                throw Refusal(reason: "its address is not HTTP: \(scheme.prefix(20))")
            }
            rest = rest[colon...].dropFirst(3)
            let authority = rest.prefix { $0 != 0x2F && $0 != 0x3F }
            rest = rest.dropFirst(authority.count)
            // A name and a password in front of it are nobody's business here.
            let host = authority.split(separator: 0x40, omittingEmptySubsequences: false).last ?? authority
            guard !host.isEmpty, !host.contains(where: { $0 <= 32 || $0 == 127 }) else {
                throw Refusal(reason: "its host is empty or holds a control byte")
            }
            named = String(decoding: host, as: UTF8.self)
        }
        // Spaces and control bytes are what was recorded, but cannot stand on a request line; they go encoded.
        var target: [UInt8] = rest.first == 0x2F ? [] : [0x2F]
        target.reserveCapacity(rest.count + 1)
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in rest {
            if byte > 32, byte < 127 {
                target.append(byte)
            } else {
                target += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return (named, String(decoding: target, as: UTF8.self))
    }

    /// What browsers record beside their requests.
    private static let localSchemes: Set<String> = [
        "data", "blob", "about", "javascript", "file", "filesystem", "chrome", "chrome-extension", "chrome-untrusted",
        "chrome-search", "edge", "brave", "devtools", "view-source", "moz-extension", "safari-extension",
        "safari-web-extension", "resource",
    ]

    /// Why an address of that scheme asks no server for anything; nil for others.
    private static func reason(against scheme: String) -> String? {
        if localSchemes.contains(scheme) {
            let article = "aeiou".contains(scheme.prefix(1)) ? "an" : "a"
            return "\(article) \(scheme): address is not a request to a server"
        }
        return scheme == "ws" || scheme == "wss" ? webSocketReason : nil
    }

    /// Why what belongs to a WebSocket is not replayed.
    static let webSocketReason = "a WebSocket is not a request to replay"

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
