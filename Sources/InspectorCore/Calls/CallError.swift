// Why an external call gave no answer.

/// An external call that failed on the way: no connection, no answer in time, cut off.
///
/// An answer with a bad status is none of these: see `ExternalResponse.requireSuccess()`.
public struct CallError: KindedError, CustomStringConvertible {
    /// What went wrong, by kind: `connectionError` or `callTimeout`.
    public let kind: ErrorKind
    /// The call: `GET api/city/oslo`.
    public let call: String
    /// What the system or the library said.
    public let reason: String

    /// A sentence with the call and the reason.
    public var description: String { "The call \(call) got no answer: \(reason)." }

    /// No connection could be made, or it broke.
    public static let connectionError = ErrorKind("ConnectionError", parents: [.osError])
    /// The answer did not come in time.
    public static let callTimeout = ErrorKind("CallTimeout", parents: [.timeoutError])
}

/// An external service answered, but not with success.
public struct UpstreamError: KindedError, CustomStringConvertible {
    /// `UpstreamError`.
    public var kind: ErrorKind { UpstreamError.kind }
    /// The kind of all of them, for `app.errorHandler(UpstreamError.kind) { … }`.
    public static let kind = ErrorKind("UpstreamError")
    /// The call: `GET api/city/oslo`.
    public let call: String
    /// The status that it got.
    public let status: Int

    /// A sentence with the call and the status.
    public var description: String { "The call \(call) was answered with \(status)." }
}

/// An external service answered with something else than the app reads.
///
/// No fault of whoever asked the app: unhandled it ends with 500, and not with 400.
public struct UnexpectedAnswer: KindedError, CustomStringConvertible {
    /// `UnexpectedAnswer`, a `ValueError`.
    public var kind: ErrorKind { UnexpectedAnswer.kind }
    /// The kind of all of them, for `app.errorHandler(UnexpectedAnswer.kind) { … }`.
    public static let kind = ErrorKind("UnexpectedAnswer", parents: [.valueError])
    /// The call: `GET api/city/oslo`.
    public let call: String
    /// A sentence: where it is no JSON, or what in it does not fit.
    public let reason: String

    /// A sentence with the call and the reason.
    public var description: String { "The call \(call) was answered with something unexpected. \(reason)" }
}
