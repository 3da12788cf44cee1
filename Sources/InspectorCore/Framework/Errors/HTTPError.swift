// An HTTP error: thrown to end a request, or returned to answer it.

/// An HTTP error, which is an error and a response at once (`Werkzeug: HTTPException`).
public struct HTTPError: KindedError, ResponseConvertible, CustomStringConvertible {
    /// Which error it is; decides its status and its handlers.
    public let kind: ErrorKind
    /// The status it is answered with, 400 to 599 (308 for a redirect of the router).
    public let status: Int
    /// A sentence for the reader of the default page.
    public let message: String
    /// Fields for the default page's response: `Allow` of a 405, say.
    public var headers: Headers
    /// For `InvalidInput`: what is wrong with what the client sent; else empty.
    public internal(set) var faults: [InputFault] = []
    /// For `InternalServerError`: the error that nobody handled.
    public let original: (any Error)?

    /// Makes an error of `kind`.
    ///
    /// - Parameter status: for kinds without one of their own; 500 when neither says.
    public init(
        _ kind: ErrorKind, status: Int? = nil, message: String? = nil, headers: Headers = [:],
        original: (any Error)? = nil
    ) {
        self.kind = kind
        self.status = status ?? kind.status ?? 500
        self.message = message ?? HTTPError.sentence(for: self.status)
        self.headers = headers
        self.original = original
    }

    /// Makes the error that stands for `status`.
    public init(status: Int, message: String? = nil) {
        self.init(.http(status), status: status, message: message)
    }

    /// `error` as an HTTP error: itself, or one of its kind, its status and its words where its kind is one of HTTP's; nil
    /// for any other error.
    public init?(_ error: any Error) {
        if let http = error as? HTTPError {
            self = http
            return
        }
        guard let kinded = error as? any KindedError, kinded.kind.isCase(of: .httpException) else { return nil }
        self.init(kinded.kind, message: "\(error)", original: error)
    }

    /// The default page: status, name and sentence as HTML.
    public func makeResponse() -> Response {
        if kind == .requestRedirect, let location = headers["Location"] {
            return .redirect(to: location, status: status)
        }
        let name = HTTPStatus.name(of: status)
        return Response(
            """
            <!doctype html>
            <html lang=en>
            <title>\(status) \(name)</title>
            <h1>\(name)</h1>
            <p>\(SafeText.markup(text: message))</p>

            """, status: status, headers: Headers(headers.fields))
    }

    /// Status, name and sentence.
    public var description: String { "\(status) \(HTTPStatus.name(of: status)): \(message)" }

    private static func sentence(for status: Int) -> String {
        switch status {
        case 400: "This server could not make sense of the request."
        case 401: "This address asks who you are, and the request did not say so in a way it accepts."
        case 403: "You may not see this address."
        case 404: "Nothing is served under this address. Check its spelling."
        case 405: "This address is served, but not for this method."
        case 408: "The request took too long to arrive."
        case 413: "The request is larger than this server takes."
        case 415: "This address takes another kind of content."
        case 431: "The request's head is larger than this server takes."
        case 500: "The app failed on this request. Its log says why."
        case 502: "A service that this app relies on gave no usable answer."
        case 503: "The server cannot take the request now. Try again later."
        case 504: "A service that this app relies on did not answer in time."
        default: "The request ended with status \(status)."
        }
    }
}

/// Ends the request with an HTTP error, as Flask's `abort` does.
///
/// - Throws: always, the error that stands for `status`.
public func abort(_ status: Int, _ message: String? = nil) throws -> Never {
    throw HTTPError(status: status, message: message)
}

/// The names of the status codes (RFC 9110, 15).
package enum HTTPStatus {
    private static let names: [Int: String] = [
        100: "Continue", 101: "Switching Protocols", 102: "Processing", 103: "Early Hints", 200: "OK", 201: "Created",
        202: "Accepted",
        203: "Non-Authoritative Information", 204: "No Content", 205: "Reset Content", 206: "Partial Content",
        207: "Multi-Status", 208: "Already Reported", 226: "IM Used", 300: "Multiple Choices", 301: "Moved Permanently",
        302: "Found", 303: "See Other", 304: "Not Modified", 305: "Use Proxy",
        307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized",
        402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
        407: "Proxy Authentication Required",
        408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed",
        413: "Request Entity Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
        416: "Requested Range Not Satisfiable", 417: "Expectation Failed", 418: "I'm a teapot",
        421: "Misdirected Request", 422: "Unprocessable Entity", 423: "Locked", 424: "Failed Dependency",
        425: "Too Early", 426: "Upgrade Required", 428: "Precondition Required",
        429: "Too Many Requests", 431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons",
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout", 505: "HTTP Version Not Supported", 506: "Variant Also Negotiates",
        507: "Insufficient Storage", 508: "Loop Detected", 510: "Not Extended", 511: "Network Authentication Required",
    ]

    /// The name of `code`; "Unknown" for one without.
    package static func name(of code: Int) -> String { names[code] ?? "Unknown" }
}

/// A function returned nothing where a response was due.
///
/// Its kind is `TypeError`, as in Flask, and as there no handler for `TypeError` is asked, only the 500 path.
struct NothingReturned: KindedError, CustomStringConvertible {
    let function: String

    var kind: ErrorKind { .typeError }

    var description: String {
        "\(function) returned nothing. A view and an error handler have to return a response, or throw."
    }
}
