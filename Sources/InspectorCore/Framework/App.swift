// An app: routes, hooks and error handlers under a name, as `Flask(__name__)` is.

internal import Synchronization

/// A web app: what is registered with it decides what happens to a request, and in which order.
///
/// ```swift
/// let app = App("hello")
/// app.beforeRequest("auth") { request in
///     if request.headers["Authorization"] == nil { try abort(401) }
/// }
/// app.get("/hello/<name>") { request in
///     "Hello, \(request.viewArgs["name"] ?? .string("you"))!"
/// }
/// ```
///
/// Every function may be sync or async: Swift picks the overload by the closure's body. Give both, as `sync:` and
/// `async:`, and the lane's mode chooses. Register everything before the app is served; what comes later is not seen,
/// and a problem says so. Registration may be done from any thread.
open class App: @unchecked Sendable {
    // `@unchecked Sendable`: the class is open, and its one mutable property is a Mutex.

    /// The app's name, in lower case by convention: `inspector NAME` runs it.
    public let name: String

    private struct State {
        var table = AppTable()
        var problems: [String] = []
        var isServed = false
        var showcase: String?
        var firstPlainRule: String?
    }

    private let state = Mutex(State())

    /// Makes an app with nothing in it.
    public init(_ name: String) { self.name = name }

    /// What could not be registered, a sentence each.
    ///
    /// An app that has any is not served.
    public var problems: [String] { state.withLock { $0.problems } }

    /// Whether a request without the slash at the end of its rule is sent on to the address with it (308).
    ///
    /// On unless set; off, both addresses are served.
    public var isStrictAboutSlashes: Bool {
        get { state.withLock { $0.table.router.isStrictAboutSlashes } }
        set { register { $0.router.isStrictAboutSlashes = newValue } }
    }

    /// Whether an error that nobody handled leaves the app at once, with no 500 handler and no after hooks
    /// (`PROPAGATE_EXCEPTIONS`).
    ///
    /// Off unless set.
    public var propagatesErrors: Bool {
        get { state.withLock { $0.table.propagatesErrors } }
        set { register { $0.propagatesErrors = newValue } }
    }

    /// The routes as they are tried: methods, rule, endpoint.
    package var routes: [(methods: [String], rule: String, endpoint: String)] {
        state.withLock { state in
            state.table.router.routes.map { ($0.methods.sorted(), $0.rule.text, $0.endpoint) }
        }
    }

    /// The address that a burst of the dashboard asks for, path and query.
    ///
    /// The first GET rule without arguments unless set, or `/`.
    public var showcase: String {
        get {
            state.withLock { state in
                state.showcase ?? state.firstPlainRule ?? "/"
            }
        }
        set { state.withLock { $0.showcase = newValue } }
    }

    /// Tells `receiver` of each `signal`, with the error where there is one.
    ///
    /// It runs on the thread that dispatches the request, and holds it up while it does.
    public func connect(_ signal: Signal, _ receiver: @escaping @Sendable (Request, (any Error)?) -> Void) {
        register { $0.receivers[signal, default: []].append(receiver) }
    }

    /// Takes the table as it stands.
    ///
    /// What is registered afterwards is a problem.
    package func freeze() -> FrozenApp {
        state.withLock { state in
            state.isServed = true
            return FrozenApp(name: name, table: state.table)
        }
    }

    /// Notes a rule that can be asked for as it stands.
    func noteRule(_ rule: String, methods: Set<String>) {
        guard methods.contains("GET"), !rule.contains("<") else { return }
        state.withLock { $0.firstPlainRule = $0.firstPlainRule ?? rule }
    }

    func register(_ change: (inout AppTable) throws -> Void) {
        state.withLock { state in
            guard !state.isServed else {
                state.problems.append(
                    "Something was registered with \(name) after it began to serve; it has no effect. "
                        + "Register everything before.")
                return
            }
            do { try change(&state.table) } catch { state.problems.append("\(error)") }
        }
    }
}

/// An app that can be served.
package struct FrozenApp: Sendable {
    package let name: String
    let table: AppTable
}
