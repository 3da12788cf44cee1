// What a request is answered with, and what a function may return in its place.

public import Foundation
internal import Synchronization

/// The answer to a request.
///
/// A value: an after hook changes the one it is given, or puts another in its place.
public struct Response: Sendable {
    private static let nextIdentity = Atomic<UInt64>(1)

    /// The status code, 100 to 599.
    public var status: Int
    /// The header fields; `Content-Length` is set when the response is sent.
    public var headers: Headers
    var content: ResponseContent

    /// Kept by copies: tells a changed response from another one (the outcomes *same* and *replaced* of a hook).
    let identity: UInt64

    /// The body, in bytes: empty when it is streamed.
    ///
    /// Setting it drops a stream.
    public var body: [UInt8] {
        get {
            if case .bytes(let bytes) = content { return bytes }
            return []
        }
        set { content = .bytes(newValue) }
    }

    /// Whether the body is produced while it is sent.
    public var isStreamed: Bool { stream != nil }

    init(content: ResponseContent, status: Int, contentType: String?, headers: Headers) {
        self.status = status
        self.content = content
        self.headers = headers
        if let contentType, headers["Content-Type"] == nil { self.headers["Content-Type"] = contentType }
        self.identity = Response.nextIdentity.add(1, ordering: .relaxed).oldValue
    }

    /// Answers with bytes.
    public init(bytes: [UInt8], status: Int = 200, contentType: String?, headers: Headers = [:]) {
        self.init(content: .bytes(bytes), status: status, contentType: contentType, headers: headers)
    }

    /// Answers with text: `text/html; charset=utf-8` unless `headers` say otherwise, as in Flask.
    public init(_ text: String, status: Int = 200, headers: Headers = [:]) {
        self.init(bytes: Array(text.utf8), status: status, contentType: "text/html; charset=utf-8", headers: headers)
    }

    /// Answers with JSON, written as Flask's default provider writes it: keys sorted, ASCII only, no spaces.
    public static func json(_ value: JSON, status: Int = 200, headers: Headers = [:]) -> Response {
        Response(
            bytes: value.encodedASCII + [10], status: status, contentType: "application/json", headers: headers)
    }

    /// Answers with `value` as JSON, by the coder of the app whose request is served (`AppOptions.coder`), and written as
    /// any other JSON here.
    ///
    /// - Throws: what the value's own `encode(to:)` throws; `EncodingError` for a number that JSON has not.
    public static func json(
        encoding value: some Encodable, status: Status = .ok, headers: Headers = [:]
    ) throws -> Response {
        .json(try JSONCoder.current.encode(value), status: status.code, headers: headers)
    }

    /// Answers with `value` as JSON: `Response.json(link, status: .created, headers: ["Location": link.address])`.
    ///
    /// - Throws: as `json(encoding:)`.
    @_disfavoredOverload
    public static func json(
        _ value: some Encodable, status: Status = .ok, headers: Headers = [:]
    ) throws -> Response {
        try json(encoding: value, status: status, headers: headers)
    }

    /// Answers with JSON and a status by its name.
    @_disfavoredOverload
    public static func json(_ value: JSON, status: Status, headers: Headers = [:]) -> Response {
        json(value, status: status.code, headers: headers)
    }

    /// 204 without a body: `return .noContent`.
    public static var noContent: Response { Response(status: .noContent) }

    /// Answers with a status alone, without a body: `Response(status: .noContent)`.
    public init(status: Status, headers: Headers = [:]) {
        self.init(bytes: [], status: status.code, contentType: nil, headers: headers)
    }

    /// Answers with text and a status by its name: `text/html; charset=utf-8` unless `headers` say otherwise.
    @_disfavoredOverload
    public init(_ text: String, status: Status, headers: Headers = [:]) {
        self.init(text, status: status.code, headers: headers)
    }

    /// An answer and its status, as a view or a handler returns them.
    init(pair: (some ResponseConvertible, Status)) throws {
        self = try pair.0.makeResponse().with(status: pair.1)
    }

    /// The same with another status, and with more fields; they take the place of those of their names.
    func with(status: Status, headers more: Headers = [:]) -> Response {
        var copy = self
        copy.status = status.code
        for field in more.fields { copy.headers[field.name] = nil }
        for field in more.fields { copy.headers.add(field.name, field.value) }
        return copy
    }

    /// Sends the client elsewhere.
    ///
    /// - Parameter location: what may not stand in an address is encoded as the response is sent: other letters, spaces,
    ///   backslashes.
    public static func redirect(to location: String, status: Int = 302) -> Response {
        let shown = SafeText.markup(text: location)
        return Response(
            """
            <!doctype html>
            <html lang=en>
            <title>Redirecting...</title>
            <h1>Redirecting...</h1>
            <p>The page is at <a href="\(shown)">\(shown)</a>.</p>

            """, status: status, headers: ["Location": location])
    }

    /// Sends the client to an address: `return .redirect(to: link.url)`.
    public static func redirect(to location: URL, status: Int = 302) -> Response {
        redirect(to: location.absoluteString, status: status)
    }

    /// Encodes what may not stand in the addresses of the head, as Flask does before it sends a response
    /// (`Werkzeug: wrappers/response.py get_wsgi_headers`).
    mutating func encodeAddresses() {
        for name in ["Location", "Content-Location"] {
            // A line break within is not mended here but refused: it is an attack or a mistake.
            guard let address = headers[name], !address.utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 })
            else { continue }
            let encoded = IRI.uri(text: address)
            if !encoded.hasSameBytes(as: address) { headers[name] = encoded }
        }
    }

    /// The body as text; bytes that are no UTF-8 become U+FFFD.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The same head, with a body of bytes that is still empty.
    package var buffered: Response {
        var copy = self
        copy.body = []
        return copy
    }

    /// The same with a body that another process sends, of `length` bytes where that is known.
    func streamed(length: Int?) -> Response {
        var copy = self
        copy.content = .stream(StreamedBody(function: nil, length: length))
        return copy
    }

    var stream: StreamedBody? {
        if case .stream(let stream) = content { return stream }
        return nil
    }

    /// Whether a body may go with the status (RFC 9110, 6.4.1).
    var mayHaveBody: Bool { status >= 200 && status != 204 && status != 304 }
}

/// A response's body.
enum ResponseContent: Sendable {
    case bytes([UInt8])
    case stream(StreamedBody)
}

/// What a view, a before hook or an error handler may return (`Flask: app.py make_response`).
public protocol ResponseConvertible: Sendable {
    /// Makes the response.
    ///
    /// - Throws: when the value cannot be one. As in Flask no handler of that error is asked, whatever it is: the request
    ///   ends with 500.
    func makeResponse() throws -> Response
}

extension Response: ResponseConvertible {
    /// Itself.
    public func makeResponse() -> Response { self }
}

extension String: ResponseConvertible {
    /// The text as HTML, with status 200.
    public func makeResponse() -> Response { Response(self) }
}

extension JSON: ResponseConvertible {
    /// The value as JSON, with status 200.
    public func makeResponse() -> Response { .json(self) }
}
