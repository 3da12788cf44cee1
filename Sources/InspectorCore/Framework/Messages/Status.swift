// The status of an answer, by its name.

/// A status code that can be written by its name: `(link, .created)`, `Response(status: .noContent)`; or as a number.
public struct Status: Sendable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// The code.
    public let code: Int

    /// Makes the status of a code.
    public init(_ code: Int) { self.code = code }

    /// Makes the status of a code.
    public init(integerLiteral value: Int) { code = value }

    /// Code and name: `201 Created`.
    public var description: String { "\(code) \(HTTPStatus.name(of: code))" }

    /// 200.
    public static let ok = Status(200)
    /// 201.
    public static let created = Status(201)
    /// 202.
    public static let accepted = Status(202)
    /// 204: an answer without a body.
    public static let noContent = Status(204)
    /// 301.
    public static let movedPermanently = Status(301)
    /// 302.
    public static let found = Status(302)
    /// 303.
    public static let seeOther = Status(303)
    /// 304.
    public static let notModified = Status(304)
    /// 307.
    public static let temporaryRedirect = Status(307)
    /// 308.
    public static let permanentRedirect = Status(308)
    /// 400.
    public static let badRequest = Status(400)
    /// 401.
    public static let unauthorized = Status(401)
    /// 403.
    public static let forbidden = Status(403)
    /// 404.
    public static let notFound = Status(404)
    /// 405.
    public static let methodNotAllowed = Status(405)
    /// 406.
    public static let notAcceptable = Status(406)
    /// 409.
    public static let conflict = Status(409)
    /// 410.
    public static let gone = Status(410)
    /// 412.
    public static let preconditionFailed = Status(412)
    /// 413.
    public static let contentTooLarge = Status(413)
    /// 415.
    public static let unsupportedMediaType = Status(415)
    /// 422.
    public static let unprocessableContent = Status(422)
    /// 429.
    public static let tooManyRequests = Status(429)
    /// 500.
    public static let internalServerError = Status(500)
    /// 501.
    public static let notImplemented = Status(501)
    /// 502.
    public static let badGateway = Status(502)
    /// 503.
    public static let serviceUnavailable = Status(503)
    /// 504.
    public static let gatewayTimeout = Status(504)
}
