// How an app behaves where Flask has a setting (`app.config`), and where it goes beyond Flask.

/// An app's settings.
///
/// The first part is Flask's own. What stands under "Beyond Flask" is off, or as Flask has it, unless set.
public struct AppOptions: Sendable {
    /// Whether a request without the slash at the end of its rule is sent on to the address with it (308); off, both
    /// addresses are served (`url_map.strict_slashes`).
    public var isStrictAboutSlashes = true
    /// Whether several slashes in a row are sent on to the address with one (308) (`url_map.merge_slashes`).
    public var mergesSlashes = true
    /// Whether an error that nobody handled leaves the app at once, with no 500 handler and no after hooks
    /// (`PROPAGATE_EXCEPTIONS`).
    public var propagatesErrors = false
    /// Whether HTTP errors are treated as plain errors: their default page is not an answer then
    /// (`TRAP_HTTP_EXCEPTIONS`).
    public var trapsHTTPErrors = false
    /// The largest body, in bytes, that a form, an upload or JSON is read from; past it 413 (`MAX_CONTENT_LENGTH`).
    ///
    /// The server has a limit of its own, 16 MB, for what it takes at all.
    public var maxContentLength: Int?
    /// The largest field of a form that is not a file, in bytes; past it 413 (`MAX_FORM_MEMORY_SIZE`).
    public var maxFormMemory = 500_000
    /// How many parts a multipart form may have; past it 413 (`MAX_FORM_PARTS`).
    public var maxFormParts = 1000

    /// The keys that session cookies are signed with: the first signs, all of them verify (`SECRET_KEY` and
    /// `SECRET_KEY_FALLBACKS`).
    ///
    /// To rotate, put the new key first, and take the old one out once its cookies have expired. With none, writing to a
    /// session is an error.
    public var secretKeys: [String] = []
    /// How the session's cookie is sent.
    public var sessionCookie = SessionCookie()

    /// How many proxies stand between clients and this server (`Werkzeug: ProxyFix(x_for:, x_proto:)`).
    ///
    /// Each of them appends to `X-Forwarded-For` and `X-Forwarded-Proto`. With 0 these fields are not believed: a client may
    /// send whatever it likes.
    public var trustedProxies = 0

    // MARK: Beyond Flask

    /// How `Codable` types are written as JSON, and read from it: dates as ISO 8601 unless set.
    public var coder = JSONCoder()

    /// How HTTP errors are answered that no handler answers: as pages unless set (`App.errors`).
    public var errors = ErrorForm.html
    /// Which thread runs an async function in `async` mode, and in `sync` mode one that has no sync variant.
    public var subThreads = SubThreadPolicy.perCall
    /// Whether all teardown functions run even if one fails (Flask 3.2 does so).
    ///
    /// The first failure still leaves the app. Off, as in Flask 2 and 3.1, the rest of its list is skipped.
    public var runsAllTeardowns = false
    /// Whether a request whose client has gone away is cancelled.
    ///
    /// Its async functions see a `CancellationError`; no handler and no after hook runs; teardown is given
    /// `ClientDisconnected`. A client that only closes its own side counts as gone too, for the two cannot be told apart
    /// until something is sent. Off, as in Flask, the request runs to its end. That the client went is recorded either
    /// way.
    public var cancelsWhenClientGoes = false

    /// Makes the settings of a new Flask app.
    public init() {}
}

/// Which threads async functions run on, where they do not run on the server's own loops.
public enum SubThreadPolicy: Sendable, Equatable {
    /// A new thread with a new loop for each call of an async function, as Flask has it.
    case perCall
    /// One thread with one loop for all async functions of a request, from the first until the request has ended.
    ///
    /// What one function keeps open on its loop, the next can use; tasks that a function spawned still end with it.
    case perRequest
    /// Threads that are kept, each with its loop, from one request to the next (asgiref #370).
    ///
    /// A call takes a free one, or a new one when none is free; `kept` of them stay when idle.
    case pool(kept: Int)
}
