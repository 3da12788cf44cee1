// What the functions of one request keep for one another: Flask's `g`.

internal import Synchronization

/// The storage of one request: one object, shared by all its functions and tasks, behind a lock.
///
/// ```swift
/// request.g["user"] = "ada"
/// let user = request.g["user", as: String.self]
/// ```
public final class RequestStorage: Sendable {
    private let values = Mutex<[String: any Sendable]>([:])
    private let typed = Mutex<[ObjectIdentifier: any Sendable]>([:])

    init() {}

    /// The value under `key`.
    ///
    /// May be read and written from any thread.
    public subscript(key: String) -> (any Sendable)? {
        get { values.withLock { $0[key] } }
        set { values.withLock { $0[key] = newValue } }
    }

    /// The value under `key` if it is of that type.
    public subscript<Value: Sendable>(key: String, as type: Value.Type) -> Value? { self[key] as? Value }

    /// The value under a key that knows its type: `request.g[UserKey.self]`.
    public subscript<Key: StorageKey>(key: Key.Type) -> Key.Value? {
        get { typed.withLock { $0[ObjectIdentifier(key)] } as? Key.Value }
        set { typed.withLock { $0[ObjectIdentifier(key)] = newValue } }
    }

    /// Takes the value under `key` out.
    public func removeValue(forKey key: String) -> (any Sendable)? { values.withLock { $0.removeValue(forKey: key) } }
}

/// A key of `g` that says what lies under it.
///
/// ```swift
/// enum UserKey: StorageKey { typealias Value = User }
/// request.g[UserKey.self] = user
/// ```
public protocol StorageKey {
    /// What lies under it.
    associatedtype Value: Sendable
}
