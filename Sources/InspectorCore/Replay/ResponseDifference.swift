// What an answer differs in from the recorded one: its status, or its body once both are decoded.

/// One answer that is not as it was recorded, with both sides.
package struct ResponseDifference: Sendable, Equatable {
    /// Where the request stands in its file.
    package let place: String
    /// Method and target.
    package let request: String
    /// `status` or `body`.
    package let what: String
    package let recorded: String
    package let now: String

    /// Compares; nil when they are the same as far as is known.
    ///
    /// What is a secret is not compared: recordings hold none, and the report may not either.
    ///
    /// - Parameters:
    ///   - contentType: of the answer now.
    ///   - ignoring: members of JSON objects that always differ.
    package static func between(
        request: RecordedRequest, status: Int, body: [UInt8], contentEncoding: String?, contentType: String? = nil,
        ignoring: Set<String>, redaction: Redaction = .standard
    ) -> ResponseDifference? {
        guard let recorded = request.response, let before = recorded.status else { return nil }
        func difference(what: String, recorded: String, now: String) -> ResponseDifference {
            ResponseDifference(
                place: request.place, request: "\(request.method) \(request.target)", what: what, recorded: recorded,
                now: now)
        }
        if before != status { return difference(what: "status", recorded: "\(before)", now: "\(status)") }
        // What cannot be unpacked cannot be compared; nor is there a body to a HEAD or a 304.
        guard let packed = recorded.body, request.method != "HEAD", status != 304,
            let then = ContentCoding.decoded(bytes: packed, coding: recorded.headers["Content-Encoding"]),
            let now = ContentCoding.decoded(bytes: body, coding: contentEncoding), then != now
        else { return nil }
        let type = recorded.headers["Content-Type"] ?? contentType
        // What cannot be read for secrets is told by its length alone.
        let old = redaction.body(body: then, contentType: type, isCut: false) ?? Redaction.takenOut(count: then.count)
        let body = redaction.body(body: now, contentType: type, isCut: false) ?? Redaction.takenOut(count: now.count)
        guard old != body || Redaction.isWhole(old) else { return nil }
        if !old.isEmpty, !body.isEmpty, let left = try? JSON(parsing: old), let right = try? JSON(parsing: body) {
            return unlike(left, right: right, ignoring: ignoring, at: "").map {
                difference(what: "body", recorded: $0.0, now: $0.1)
            }
        }
        let start = zip(old, body).prefix { $0 == $1 }.count
        func piece(bytes: [UInt8]) -> String {
            // Of what was taken out whole there is only that.
            if Redaction.isWhole(bytes) { return String(decoding: bytes, as: UTF8.self) }
            let from = max(0, start - 20)
            return "\(bytes.count) bytes, at \(start): "
                + String(decoding: bytes[min(from, bytes.count)..<min(bytes.count, from + 60)], as: UTF8.self)
        }
        return difference(what: "body", recorded: piece(bytes: old), now: piece(bytes: body))
    }

    /// The first place at which two JSON values differ.
    private static func unlike(
        _ left: JSON, right: JSON, ignoring: Set<String>, at path: String
    ) -> (String, String)? {
        if left == right { return nil }
        switch (left, right) {
        case (.object(let one), .object(let two)):
            for key in Set(one.keys).union(two.keys).sorted() where !ignoring.contains(key) {
                let inner = path + "." + key
                guard let before = one[key] else {
                    return ("no \(inner)", "\(inner) = \(text(value: two[key] ?? .null))")
                }
                guard let now = two[key] else { return ("\(inner) = \(text(value: before))", "no \(inner)") }
                if let found = unlike(before, right: now, ignoring: ignoring, at: inner) { return found }
            }
            return nil
        case (.array(let one), .array(let two)):
            guard one.count == two.count else {
                return ("\(path) has \(one.count) items", "\(path) has \(two.count) items")
            }
            for place in one.indices {
                if let found = unlike(one[place], right: two[place], ignoring: ignoring, at: "\(path)[\(place)]") {
                    return found
                }
            }
            return nil
        default:
            if let before = left.number, let now = right.number, before == now { return nil }
            return ("\(path) = \(text(value: left))", "\(path) = \(text(value: right))")
        }
    }

    private static func text(value: JSON) -> String {
        String(String(decoding: value.encoded, as: UTF8.self).prefix(80))
    }
}
