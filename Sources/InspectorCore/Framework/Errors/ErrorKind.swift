// What kind of error an error is, so that handlers can be found for it as Flask finds them by class.

/// A kind of error: a name, the kinds it is a case of, and a status if it is an HTTP error.
///
/// It stands for a class of Flask's: `for` in an error handler names a kind, and the nearest on an error's `lineage`
/// that has a handler wins.
public struct ErrorKind: Sendable, Hashable, CustomStringConvertible {
    private final class Content: Sendable {
        let name: String
        let parents: [ErrorKind]
        let status: Int?
        let label: Label

        init(name: String, parents: [ErrorKind], status: Int?) {
            self.name = name
            self.parents = parents
            self.status = status
            self.label = Label(name)
        }
    }

    private let content: Content

    /// Makes a kind.
    ///
    /// Each call makes a kind of its own, even under the same name: keep it in a `static let`.
    ///
    /// - Parameters:
    ///   - name: as it stands in traces.
    ///   - parents: what it is a case of, nearest first.
    ///   - status: its HTTP status; inherited from the first parent that has one.
    public init(_ name: String, parents: [ErrorKind] = [.exception], status: Int? = nil) {
        let inherited = status ?? parents.lazy.compactMap(\.status).first
        content = Content(name: name, parents: parents, status: inherited)
    }

    private init(root name: String) { content = Content(name: name, parents: [], status: nil) }

    /// The name.
    public var name: String { content.name }

    /// What it is directly a case of.
    public var parents: [ErrorKind] { content.parents }

    /// Its HTTP status, or nil for a plain error.
    public var status: Int? { content.status }

    /// The name.
    public var description: String { name }

    var label: Label { content.label }

    /// Two kinds are the same when they were made by the same call.
    public static func == (left: ErrorKind, right: ErrorKind) -> Bool { left.content === right.content }

    /// Hashes the kind's identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(content)) }

    /// This kind and all that it is a case of, each before its parents and in the parents' order: Python's method
    /// resolution order, which Flask walks to find a handler (`Flask: app.py _find_error_handler`).
    public var lineage: [ErrorKind] {
        var sequences = parents.map(\.lineage) + [parents]
        var merged = [self]
        while true {
            sequences.removeAll(where: \.isEmpty)
            if sequences.isEmpty { return merged }
            let heads = sequences.compactMap(\.first)
            // A head that stands in nobody's tail; where no order is consistent, the first head will do.
            let next = heads.first { head in !sequences.contains { $0.dropFirst().contains(head) } } ?? heads[0]
            merged.append(next)
            sequences = sequences.map { sequence in sequence.filter { $0 != next } }
        }
    }

    /// Whether this is `other` or a case of it.
    public func isCase(of other: ErrorKind) -> Bool { self == other || parents.contains { $0.isCase(of: other) } }
}

/// An error that says what kind it is.
///
/// An error that does not is found by its type: the concrete type first, then its superclasses, nearest first, then
/// `any Error`.
public protocol KindedError: Error {
    /// Its kind.
    var kind: ErrorKind { get }
}

extension ErrorKind {
    /// Every error (`any Error`).
    ///
    /// A handler for it is asked last.
    public static let exception = ErrorKind(root: "Exception")
    /// A wrong value.
    public static let valueError = ErrorKind("ValueError")
    /// A wrong type; also a function that returned nothing where a response was due.
    public static let typeError = ErrorKind("TypeError")
    /// Something that cannot be done as things stand.
    public static let runtimeError = ErrorKind("RuntimeError")
    /// An error of the system.
    public static let osError = ErrorKind("OSError")
    /// Something took too long.
    public static let timeoutError = ErrorKind("TimeoutError", parents: [.osError])
    /// Something is not there under that key or index.
    public static let lookupError = ErrorKind("LookupError")
    /// Nothing is there under that key.
    public static let keyError = ErrorKind("KeyError", parents: [.lookupError])
    /// Every HTTP error.
    public static let httpException = ErrorKind("HTTPException")
    /// 400.
    public static let badRequest = ErrorKind("BadRequest", parents: [.httpException], status: 400)
    /// 400 for an argument that is missing; also a `KeyError`.
    public static let badRequestKeyError = ErrorKind("BadRequestKeyError", parents: [.badRequest, .keyError])
    /// 401.
    public static let unauthorized = ErrorKind("Unauthorized", parents: [.httpException], status: 401)
    /// 403.
    public static let forbidden = ErrorKind("Forbidden", parents: [.httpException], status: 403)
    /// 404.
    public static let notFound = ErrorKind("NotFound", parents: [.httpException], status: 404)
    /// 405.
    public static let methodNotAllowed = ErrorKind("MethodNotAllowed", parents: [.httpException], status: 405)
    /// 409.
    public static let conflict = ErrorKind("Conflict", parents: [.httpException], status: 409)
    /// 410.
    public static let gone = ErrorKind("Gone", parents: [.httpException], status: 410)
    /// 413.
    public static let contentTooLarge = ErrorKind("RequestEntityTooLarge", parents: [.httpException], status: 413)
    /// 415.
    public static let unsupportedMediaType = ErrorKind("UnsupportedMediaType", parents: [.httpException], status: 415)
    /// 416.
    public static let rangeNotSatisfiable = ErrorKind(
        "RequestedRangeNotSatisfiable", parents: [.httpException], status: 416)
    /// 418.
    public static let teapot = ErrorKind("ImATeapot", parents: [.httpException], status: 418)
    /// 422.
    public static let unprocessable = ErrorKind("UnprocessableEntity", parents: [.httpException], status: 422)
    /// 429.
    public static let tooManyRequests = ErrorKind("TooManyRequests", parents: [.httpException], status: 429)
    /// 500; its `original` is the error that nobody handled.
    public static let internalServerError = ErrorKind(
        "InternalServerError", parents: [.httpException], status: 500)
    /// 501.
    public static let notImplemented = ErrorKind("NotImplemented", parents: [.httpException], status: 501)
    /// 502.
    public static let badGateway = ErrorKind("BadGateway", parents: [.httpException], status: 502)
    /// 503.
    public static let serviceUnavailable = ErrorKind("ServiceUnavailable", parents: [.httpException], status: 503)
    /// 504.
    public static let gatewayTimeout = ErrorKind("GatewayTimeout", parents: [.httpException], status: 504)
    /// 308 of the router itself; it never reaches a handler.
    static let requestRedirect = ErrorKind("RequestRedirect", parents: [.httpException], status: 308)

    private static let byStatus: [Int: ErrorKind] = {
        let kinds: [ErrorKind] = [
            .badRequest, .unauthorized, .forbidden, .notFound, .methodNotAllowed, .conflict, .gone, .contentTooLarge,
            .unsupportedMediaType, .rangeNotSatisfiable, .teapot, .unprocessable, .tooManyRequests,
            .internalServerError, .notImplemented,
            .badGateway, .serviceUnavailable, .gatewayTimeout,
        ]
        return Dictionary(kinds.map { ($0.status ?? 0, $0) }) { first, _ in first }
    }()

    /// The kind that `abort(status)` throws; for a status without a name of its own, `HTTPException`.
    public static func http(_ status: Int) -> ErrorKind { byStatus[status] ?? .httpException }
}

extension TimeoutError: KindedError {
    /// `TimeoutError`, under `OSError`.
    public var kind: ErrorKind { .timeoutError }
}

/// The names under which handlers for an error are looked for, nearest first.
enum ErrorLineage {
    enum Key: Hashable, Sendable {
        case kind(ErrorKind)
        case type(ObjectIdentifier)
    }

    static func of(error: any Error) -> [Key] {
        var keys = [Key.type(ObjectIdentifier(type(of: error)))]
        if let kinded = error as? any KindedError { return keys + kinded.kind.lineage.map(Key.kind) }
        var next: AnyClass? = (type(of: error) as? AnyClass).flatMap(_getSuperclass)
        while let superclass = next {
            keys.append(.type(ObjectIdentifier(superclass)))
            next = _getSuperclass(superclass)
        }
        return keys + [.kind(.exception)]
    }

    /// The error's name in traces: its kind's, or its type's.
    static func label(of error: any Error) -> Label {
        if let kinded = error as? any KindedError { return kinded.kind.label }
        return Label("\(type(of: error))")
    }
}
