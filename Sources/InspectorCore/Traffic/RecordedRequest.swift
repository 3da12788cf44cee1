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
    /// The status it was answered with then; nil when the file does not say, or it was not answered.
    package let status: Int?

    /// The largest body that is taken, in bytes.
    package static let bodyLimit = 64 * 1024 * 1024

    /// Checks and makes a request.
    ///
    /// - Throws: `Refusal`.
    package init(
        method: String, url: String, headers: Headers = [:], body: [UInt8] = [], time: UInt64? = nil,
        place: String, status: Int? = nil
    ) throws(Refusal) {
        guard RecordedRequest.isToken(method) else { throw Refusal(reason: "its method is no HTTP token") }
        guard body.count <= RecordedRequest.bodyLimit else { throw Refusal(reason: "its body is too large") }
        for field in headers.fields {
            guard RecordedRequest.isToken(field.name) else { throw Refusal(reason: "a header's name is no token") }
            guard !field.value.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else {
                throw Refusal(reason: "the header \(field.name) holds a line break or NUL")
            }
        }
        self.method = method
        self.target = try RecordedRequest.target(of: url)
        self.headers = Headers(headers.fields.filter { !RecordedRequest.belongsToConnection($0.name) })
        self.body = body
        self.time = time
        self.place = place
        self.status = status
    }

    /// RFC 9110, 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
    }

    /// What follows the host in an absolute address; a path stands for itself.
    private static func target(of url: String) throws(Refusal) -> String {
        var rest = Substring(url.prefix { $0 != "#" })
        if let scheme = rest.range(of: "://") {
            let name = rest[..<scheme.lowerBound].lowercased()
            guard name == "http" || name == "https" else { throw Refusal(reason: "its address is not HTTP: \(name)") }
            let host = rest[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
            guard !host.isEmpty, !host.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
                throw Refusal(reason: "its host is empty or holds a control byte")
            }
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
        return target
    }

    private static func belongsToConnection(_ name: String) -> Bool {
        [
            "host", "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
            "content-length", "expect", "http2-settings",
        ].contains(name.lowercased())
    }
}

/// What a reader made of a file.
package struct Recording: Sendable {
    package var file: String
    package var requests: [RecordedRequest]
    package var notes: [Note]
    /// What ended the reading before the file's end; what was read before stays.
    package var failure: TrafficFileError?
}
