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
///     "Hello, \(request.viewArgs["name"] ?? "you")!"
/// }
/// ```
///
/// Every function may be sync or async: Swift picks the overload by the closure's body. Give both, as `sync:` and
/// `async:`, and the lane's mode chooses. Register everything before the app is served; what comes later is not seen,
/// and a problem says so. Registration may be done from any thread.
public final class App: Scaffold {
    private struct State {
        var options = AppOptions()
        var converters = ConverterTable()
        var showcase: String?
        var before: [LifetimeHook] = []
        var after: [LifetimeHook] = []
    }

    /// What was registered here.
    public let registry: Registry
    private let state = Mutex(State())

    /// Makes an app with nothing in it.
    ///
    /// - Parameter name: in lower case by convention: `inspector NAME` runs it.
    public init(_ name: String) { registry = Registry(name: name) }

    /// How the app behaves where Flask has a setting, and where it goes beyond Flask.
    public var options: AppOptions {
        get { state.withLock { $0.options } }
        set { state.withLock { $0.options = newValue } }
    }

    /// How HTTP errors are answered that no handler answers: `app.errors = .json` for problem details (RFC 9457).
    public var errors: ErrorForm {
        get { options.errors }
        set { state.withLock { $0.options.errors = newValue } }
    }

    /// What could not be registered, a sentence each.
    ///
    /// An app that has any is not served.
    public var problems: [String] {
        let assembly = assembled
        return assembly.problems + assembly.members.flatMap(\.lateProblems)
    }

    /// The routes in the order of registration: the methods that were asked for, the rule, the endpoint.
    package var routes: [(methods: [String], rule: String, endpoint: String)] {
        assembled.routes.map { route in
            var methods = route.methods
            if methods.contains("GET") { methods.remove("HEAD") }
            if route.hasAutomaticOptions { methods.remove("OPTIONS") }
            return (methods.sorted(), route.rule.text, route.endpoint)
        }
    }

    /// The address that a burst of the dashboard asks for, path and query.
    ///
    /// The first GET rule without arguments unless set, or `/`.
    public var showcase: String {
        get {
            state.withLock { $0.showcase }
                ?? assembled.routes.first { $0.methods.contains("GET") && $0.argumentNames.isEmpty }?.rule.text ?? "/"
        }
        set { state.withLock { $0.showcase = newValue } }
    }

    /// Adds a converter that rules may use by its name: `/color/<hex:rgb>`.
    public func addConverter(_ name: String, _ converter: PathConverter) {
        state.withLock { $0.converters.add(name, converter: converter) }
    }

    var converters: ConverterTable { state.withLock { $0.converters } }

    /// Takes the app as it stands.
    ///
    /// What is registered afterwards is a problem.
    package func freeze() -> FrozenApp {
        let assembly = assembled
        for member in assembly.members { member.seal(by: name) }
        let (before, after) = state.withLock { ($0.before, $0.after) }
        return FrozenApp(name: name, table: assembly.table(options: options), before: before, after: after)
    }

    /// Changes what runs before the first request, or after the last.
    func lifetime(isEnd: Bool = false, change: (inout [LifetimeHook]) -> Void) {
        state.withLock { state in
            if isEnd { change(&state.after) } else { change(&state.before) }
        }
    }

    var assembledRouter: Router { Router(routes: assembled.routes, mergesSlashes: options.mergesSlashes) }

    private var assembled: Assembly { Assembly(app: self, options: options) }
}

/// An app that can be served.
///
/// One object for all lanes' requests; it never changes.
package final class FrozenApp: Sendable {
    package let name: String
    let table: AppTable
    let before: [LifetimeHook]
    let after: [LifetimeHook]

    /// How long a body may be that the view of `request` reads while it comes, in bytes; nil where it is read whole first.
    func bodyLimit(method: String, target: String) -> Int? {
        guard table.streamsBodies else { return nil }
        let path = target.utf8.prefix { $0 != 0x3F }
        let match = table.router.match(method: method, path: PercentCoding.decode(Substring(path)), query: "", base: "")
        guard case .view(let route, _) = match else { return nil }
        return route.bodyLimit
    }

    init(name: String, table: AppTable, before: [LifetimeHook] = [], after: [LifetimeHook] = []) {
        self.name = name
        self.table = table
        self.before = before
        self.after = after
    }
}
