// What may not stand in a file that is handed around: passwords, tokens, cookies.

/// Takes secrets out of what is recorded.
package struct Redaction: Sendable {
    /// What stands in their place.
    package static let mark = "REDACTED"

    private static let headers: Set<String> = [
        "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-auth-token", "x-csrf-token",
        "www-authenticate",
    ]

    private let isOn: Bool

    package init(isOn: Bool = true) { self.isOn = isOn }

    /// Whether the value under that name is a secret: in a query, a form or a JSON object.
    static func isSecret(_ name: String) -> Bool {
        let plain = name.lowercased().filter { $0 != "_" && $0 != "-" }
        return ["password", "passwd", "pwd", "secret", "token", "apikey", "auth", "session", "credential", "signature"]
            .contains { plain.contains($0) } || ["key", "code", "sid", "sig"].contains(plain)
    }

    func headers(_ headers: Headers) -> Headers {
        guard isOn else { return headers }
        return Headers(
            headers.fields.map { field in
                let name = field.name.lowercased()
                let isSecret = Redaction.headers.contains(name) || (name.hasPrefix("x-") && Redaction.isSecret(name))
                // A referer is an address, with a query of its own.
                if name == "referer" || name == "location" { return Headers.Field(field.name, target(field.value)) }
                return isSecret ? Headers.Field(field.name, Redaction.mark) : field
            })
    }

    /// Path and query, with the secrets of the query taken out.
    func target(_ target: String) -> String {
        guard isOn, let question = target.firstIndex(of: "?") else { return target }
        return target[...question] + pairs(String(target[target.index(after: question)...]))
    }

    private func pairs(_ text: String) -> String {
        text.split(separator: "&", omittingEmptySubsequences: false).map { pair -> String in
            guard let sign = pair.firstIndex(of: "=") else { return String(pair) }
            let name = PercentCoding.decodeForm(String(pair[..<sign]) + "=").first?.name ?? String(pair[..<sign])
            return Redaction.isSecret(name) ? pair[...sign] + Redaction.mark : String(pair)
        }.joined(separator: "&")
    }

    func body(_ body: [UInt8], contentType: String?) -> [UInt8] {
        guard isOn, !body.isEmpty else { return body }
        let type = contentType?.lowercased() ?? ""
        if type.contains("x-www-form-urlencoded") {
            return Array(pairs(String(decoding: body, as: UTF8.self)).utf8)
        }
        guard type.contains("json") || body.first == 0x7B || body.first == 0x5B, let value = try? JSON(parsing: body)
        else {
            return body
        }
        let clean = json(value)
        // What holds no secret stays as it is, to the byte.
        return clean == value ? body : clean.encoded
    }

    private func json(_ value: JSON) -> JSON {
        switch value {
        case .object(let members):
            .object(
                members.mapMembers { name, value in
                    Redaction.isSecret(name) ? .string(Redaction.mark) : json(value)
                })
        case .array(let items): .array(items.map(json))
        default: value
        }
    }
}

extension Exchange {
    /// The exchange as traffic, without its secrets.
    ///
    /// - Parameter offset: what is added to a recorded time to get ns since 1970.
    /// - Throws: `RecordedRequest.Refusal` when it could not be sent again.
    package func recorded(
        _ trace: Trace, offset: UInt64, _ redaction: Redaction
    ) throws(RecordedRequest.Refusal) -> RecordedRequest {
        let queued = trace.done.flatMap { done in trace.first(.queued)?.duration(until: done) } ?? 0
        let whole = trace.done.map { trace.duration(until: $0) }
        let isWhole = responseBody.isWhole
        return try RecordedRequest(
            method: method, url: redaction.target(target), headers: redaction.headers(requestHeaders),
            body: redaction.body(requestBody.bytes, contentType: requestHeaders["Content-Type"]),
            time: trace.summary.accepted &+ offset, place: "request \(trace.id.number)",
            response: status.map { status in
                RecordedResponse(
                    status: status, headers: redaction.headers(responseHeaders),
                    body: isWhole
                        ? redaction.body(responseBody.bytes, contentType: responseHeaders["Content-Type"]) : nil,
                    size: responseBody.length, duration: whole.map { $0 - min($0, queued) })
            })
    }
}
