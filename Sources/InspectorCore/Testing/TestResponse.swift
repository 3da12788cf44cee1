// What a test client hands back.

/// What a test got: the answer, and how it came about.
public struct TestResponse: Sendable {
    /// The response; a bare 500 when the error left the app, 499 when the client hung up.
    public let response: Response
    /// Whether all of it came; false when the connection was cut in its middle.
    public let isComplete: Bool
    /// The request's trace, complete.
    public let trace: Trace
    /// What reads its JSON.
    var coder = JSONCoder()
}

extension TestResponse {
    /// The status code.
    public var status: Int { response.status }
    /// The header fields.
    public var headers: Headers { response.headers }
    /// The body as text; bytes that are no UTF-8 become U+FFFD.
    public var text: String { response.text }

    /// The body as JSON.
    ///
    /// - Throws: an error that says where it is none.
    public func json() throws -> JSON { try JSON(parsing: response.body) }

    /// The body as `type`, from JSON, by the app's coder.
    ///
    /// - Throws: an error that says where it is no JSON; `JSONMismatch` that names what does not fit.
    public func json<Value: Decodable>(as type: Value.Type) throws -> Value { try coder.decode(type, from: json()) }
}
