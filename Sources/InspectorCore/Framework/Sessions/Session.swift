// What a client is remembered by: values in a signed cookie (`Flask: sessions.py`).

internal import Synchronization

/// The values that a client's cookie carries from one request to the next.
///
/// The cookie is signed, not encrypted: the client can read it, and cannot change it. Safe from any thread.
public final class Session: Sendable {
    private struct State {
        var values: [String: JSON]
        var isModified = false
        var isAccessed = false
    }

    /// Whether the client had no session, or one that cannot be trusted.
    public let isNew: Bool
    private let state: Mutex<State>

    init(values: [String: JSON], isNew: Bool) {
        self.isNew = isNew
        state = Mutex(State(values: values))
    }

    /// The value under `key`; nil takes it out.
    public subscript(key: String) -> JSON? {
        get {
            state.withLock { state in
                state.isAccessed = true
                return state.values[key]
            }
        }
        set {
            state.withLock { state in
                state.isAccessed = true
                state.isModified = true
                state.values[key] = newValue
            }
        }
    }

    /// The text under `key`: `session["user"] = name`; nil where there is none, or no text.
    @_disfavoredOverload
    public subscript(key: String) -> String? {
        get { (self[key] as JSON?)?.string }
        set { self[key] = newValue.map(JSON.string) }
    }

    /// The number under `key`: `session["count"] = count`; nil where there is none, or no whole number.
    @_disfavoredOverload
    public subscript(key: String) -> Int? {
        get { (self[key] as JSON?)?.int }
        set { self[key] = newValue.map { .int($0) } }
    }

    /// All values.
    public var values: [String: JSON] {
        state.withLock { state in
            state.isAccessed = true
            return state.values
        }
    }

    /// Forgets everything; the client's cookie is taken away with the response.
    public func clear() {
        state.withLock { state in
            state.isAccessed = true
            state.isModified = true
            state.values = [:]
        }
    }

    /// Whether the cookie outlives the browser, for as long as `SessionCookie.lifetime` says.
    public var isPermanent: Bool {
        get { state.withLock { $0.values[Session.permanentKey] == true } }
        set { self[Session.permanentKey] = newValue ? true : nil }
    }

    /// Whether anything was written.
    public var isModified: Bool { state.withLock { $0.isModified } }

    var isAccessed: Bool { state.withLock { $0.isAccessed } }

    private static let permanentKey = "_permanent"
}

/// How the session's cookie is sent.
public struct SessionCookie: Sendable {
    /// Its name (`SESSION_COOKIE_NAME`).
    public var name = "session"
    /// How long what was signed is good for, in seconds: 31 days (`PERMANENT_SESSION_LIFETIME`).
    public var lifetime = 31 * 24 * 3600
    /// Sent over TLS only (`SESSION_COOKIE_SECURE`).
    public var isSecure = false
    /// What other sites' requests bring along (`SESSION_COOKIE_SAMESITE`).
    public var sameSite: SameSite?
    /// To which hosts it is sent (`SESSION_COOKIE_DOMAIN`).
    public var domain: String?
    /// Under which paths it is sent (`SESSION_COOKIE_PATH`).
    public var path = "/"

    /// Makes the settings of a new Flask app.
    public init() {}
}
