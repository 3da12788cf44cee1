// What a route may say besides its rule, its methods and its view.

/// An option of a route: `app.get("/items/", options: [.defaults(["page": 1]), .deadline(.seconds(2))]) { … }`.
public struct RouteOption: Sendable {
    let apply: @Sendable (inout RouteOptions) -> Void

    /// Arguments that the view is given when the rule has no place for them (`Werkzeug: Rule.defaults`).
    ///
    /// Another rule of the same endpoint that does have a place for them sends on (308) to this one when its arguments
    /// are the defaults.
    public static func defaults(_ values: [String: ViewArgument]) -> RouteOption {
        RouteOption { options in options.defaults.merge(values) { _, last in last } }
    }

    /// Whether a missing slash at the rule's end is sent on to the address with it; the app's setting unless said.
    public static func strictSlashes(_ isStrict: Bool) -> RouteOption {
        RouteOption { options in options.isStrict = isStrict }
    }

    /// Whether OPTIONS is answered by the framework; it is unless said, or unless the route takes OPTIONS itself
    /// (`Flask: provide_automatic_options`).
    public static func automaticOptions(_ isOn: Bool) -> RouteOption {
        RouteOption { options in options.hasAutomaticOptions = isOn }
    }

    /// Whether nil from the view is a 404, as an `Optional` out of a table is meant; without it nil is an error of the
    /// view, as in Flask.
    public static let nilIsNotFound = RouteOption { options in options.nilIsNotFound = true }

    /// Several options as one.
    public static func all(_ options: [RouteOption]) -> RouteOption {
        RouteOption { made in for option in options { option.apply(&made) } }
    }

    /// How long a request of this route may take from the moment it is matched until its after hooks have run.
    ///
    /// Beyond Flask. When the time is over, the async function that runs is cancelled. If it has not ended 250 ms later
    /// the client gets 503, the worker goes on to teardown, which is given `DeadlineExceeded`, and the function's
    /// sub-thread is left to itself: the trace shows it as *abandoned*, and names the await that overran. A sync function
    /// cannot be cancelled: the client gets the 503 at the same time, but the worker is held until the function ends,
    /// and teardown runs then. No error handler and no after hook is asked.
    public static func deadline(_ duration: Duration) -> RouteOption {
        RouteOption { options in options.deadline = UInt64(clamping: duration.nanoseconds) }
    }
}

/// A route's options, put together.
struct RouteOptions: Sendable {
    var defaults: [String: ViewArgument] = [:]
    var isStrict: Bool?
    var hasAutomaticOptions = true
    var deadline: UInt64?
    var nilIsNotFound = false
    /// How long a body may be that the views read while it comes, in bytes; nil where it is read whole first.
    var bodyLimit: Int?

    init(_ options: [RouteOption] = []) { for option in options { option.apply(&self) } }
}

/// A route as it was registered, before it is known where.
struct RouteDescription: Sendable {
    let rule: String
    let endpoint: String?
    let methods: Set<String>
    let options: RouteOptions
    /// Makes the view from its name and scope; nil for one that the endpoint has already.
    let view: (@Sendable (Label, Label) -> RouteView)?
}

/// The functions of one address, one for each method (`Flask: views.py MethodView`).
///
/// ```swift
/// app.add(MethodView().get { request in … }.post { request in … }, at: "/items", endpoint: "items")
/// ```
///
/// In traces they are `items:get` and `items:post`. HEAD is served by GET's.
public struct MethodView: Sendable {
    private(set) var functions: [String: (sync: ViewFunction.Sync?, async: ViewFunction.Async?)] = [:]

    /// Makes one without functions.
    public init() {}

    /// The same, with a sync function for `method`.
    public func on<Result: ResponseConvertible>(
        _ method: String, _ view: @escaping @Sendable (Request) throws -> Result?
    ) -> MethodView {
        var copy = self
        copy.functions[method.uppercased()] = ({ try view($0) }, nil)
        return copy
    }

    /// The same, with an async function for `method`.
    public func on<Result: ResponseConvertible>(
        _ method: String, _ view: @escaping @Sendable (Request) async throws -> Result?
    ) -> MethodView {
        var copy = self
        copy.functions[method.uppercased()] = (nil, { try await view($0) })
        return copy
    }

    /// The same, with a sync function for GET.
    public func get<Result: ResponseConvertible>(
        _ view: @escaping @Sendable (Request) throws -> Result?
    ) -> MethodView { on("GET", view) }

    /// The same, with an async function for GET.
    public func get<Result: ResponseConvertible>(
        _ view: @escaping @Sendable (Request) async throws -> Result?
    ) -> MethodView { on("GET", view) }

    /// The same, with a sync function for POST.
    public func post<Result: ResponseConvertible>(
        _ view: @escaping @Sendable (Request) throws -> Result?
    ) -> MethodView { on("POST", view) }

    /// The same, with an async function for POST.
    public func post<Result: ResponseConvertible>(
        _ view: @escaping @Sendable (Request) async throws -> Result?
    ) -> MethodView { on("POST", view) }
}

extension Scaffold {
    /// Serves `rule` by a function for each method.
    public func add(_ view: MethodView, at rule: String, endpoint: String, options: [RouteOption] = []) {
        add(
            RouteDescription(
                rule: rule, endpoint: endpoint, methods: Set(view.functions.keys), options: RouteOptions(options),
                view: { name, scope in
                    .methods(
                        Dictionary(
                            uniqueKeysWithValues: view.functions.map { method, pair in
                                let label = Label(name.text + ":" + method.lowercased())
                                return (
                                    method, ViewFunction(name: label, scope: scope, sync: pair.sync, async: pair.async)
                                )
                            }))
                }))
    }

    /// Serves another rule by the view that `endpoint` has already (`Flask: add_url_rule` without a view).
    public func addRule(
        _ rule: String, methods: Set<String> = ["GET"], for endpoint: String, options: [RouteOption] = []
    ) {
        add(
            RouteDescription(
                rule: rule, endpoint: endpoint, methods: methods, options: RouteOptions(options), view: nil))
    }

    func add(_ description: RouteDescription) {
        register { assembly, place in assembly.add(description, place: place) }
    }
}
