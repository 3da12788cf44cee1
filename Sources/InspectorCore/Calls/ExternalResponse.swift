// The answer to an external call.

/// What an external service answered.
public struct ExternalResponse: Sendable {
    /// The status code.
    public let status: Int
    /// The header fields.
    public let headers: Headers
    /// The body, in bytes.
    public let body: [UInt8]
    /// The call that was answered: `GET api/city/oslo`.
    public let call: String

    /// The body as text; bytes that are no UTF-8 become U+FFFD.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    ///
    /// - Throws: when it is none.
    public func json() throws -> JSON { try JSON(parsing: body) }

    /// The body as `type`, from JSON, by the app's coder (`AppOptions.coder`).
    ///
    /// - Throws: `UnexpectedAnswer`, which names the call and what does not fit.
    public func json<Value: Decodable>(as type: Value.Type) throws -> Value {
        do { return try JSONCoder.current.decode(type, from: json()) } catch {
            throw UnexpectedAnswer(call: call, reason: "\(error)")
        }
    }

    /// Itself, if the status is below 400.
    ///
    /// - Throws: `UpstreamError`.
    @discardableResult
    public func requireSuccess() throws -> ExternalResponse {
        guard status < 400 else { throw UpstreamError(call: call, status: status) }
        return self
    }
}
