// What `app.get`, `app.post` and the others are: each registers views for its method, in every form that a view may have.

/// Registers views for one method, or several: `app.get("/city/<name>") { request in … }`.
///
/// A view is a closure or a named function, sync or async, that returns
/// - a `ResponseConvertible`: a `Response`, a `String`, `JSON`, or nil for nothing, which is an error as in Flask;
/// - anything `Encodable`, which becomes JSON by the app's coder (`AppOptions.coder`): a struct, an array, a dictionary;
/// - one of these and a status, as a pair: `(link, .created)`; or with fields of the head as well:
///   `(link, .created, ["Location": link.address])`.
///
/// Give both a sync view and an async one, as `sync:` and `async:`, and the lane's mode chooses.
///
/// The parameters, in each form:
/// - `rule`: `/city/<name>`, `/page/<int(min=1):number>`; converters: string, int, float, path, any, uuid, and those of
///   `App.addConverter`.
/// - `endpoint`: the view's name in traces and for `urlFor`; the rule unless given.
/// - `options`: defaults, slashes, a deadline: see `RouteOption`.
public struct RouteMethod: Sendable {
    let scaffold: any Scaffold
    let methods: Set<String>

    init(_ scaffold: any Scaffold, _ methods: Set<String>) {
        self.scaffold = scaffold
        self.methods = methods
    }

    /// Serves `rule` by a sync view.
    public func callAsFunction<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) throws -> Result?
    ) {
        add(rule, endpoint: endpoint, options: options, sync: { try view($0) }, async: nil)
    }

    /// Serves `rule` by an async view.
    public func callAsFunction<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        add(rule, endpoint: endpoint, options: options, sync: nil, async: { try await view($0) })
    }

    /// What one types who forgets the label: without this the compiler asks for `endpoint:`.
    @available(*, unavailable, message: "options are a list with a label: options: [.deadline(.seconds(1))]")
    public func callAsFunction<Result: ResponseConvertible>(
        _ rule: String, _ option: RouteOption, endpoint: String? = nil,
        view: @escaping @Sendable (Request) async throws -> Result?
    ) {}

    /// Serves `rule` by both views; the mode of the lane chooses.
    public func callAsFunction<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        add(rule, endpoint: endpoint, options: options, sync: { try sync($0) }, async: { try await async($0) })
    }

    // MARK: Responses by their members alone, and of several types

    /// Serves `rule` by a sync view whose branches return responses, or one by its member alone: `.redirect(to: "/")`.
    public func callAsFunction(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) throws -> Response
    ) {
        add(rule, endpoint: endpoint, options: options, sync: { try view($0) }, async: nil)
    }

    /// Serves `rule` by an async view whose branches return responses, or one by its member alone.
    public func callAsFunction(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) async throws -> Response
    ) {
        add(rule, endpoint: endpoint, options: options, sync: nil, async: { try await view($0) })
    }

    /// Serves `rule` by a sync view whose branches return different types.
    @_disfavoredOverload
    public func callAsFunction(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) throws -> any ResponseConvertible
    ) {
        add(rule, endpoint: endpoint, options: options, sync: { try view($0) }, async: nil)
    }

    /// Serves `rule` by an async view whose branches return different types.
    @_disfavoredOverload
    public func callAsFunction(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) async throws -> any ResponseConvertible
    ) {
        add(rule, endpoint: endpoint, options: options, sync: nil, async: { try await view($0) })
    }

    // MARK: Values

    /// Serves `rule` by a sync view whose value becomes JSON.
    @_disfavoredOverload
    public func callAsFunction<Value: Encodable & Sendable>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) throws -> Value?
    ) {
        add(
            rule, endpoint: endpoint, options: options,
            sync: { request in try view(request).map { try Response.json(encoding: $0) } }, async: nil)
    }

    /// Serves `rule` by an async view whose value becomes JSON.
    @_disfavoredOverload
    public func callAsFunction<Value: Encodable & Sendable>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) async throws -> Value?
    ) {
        add(
            rule, endpoint: endpoint, options: options, sync: nil,
            async: { request in try await view(request).map { try Response.json(encoding: $0) } })
    }

    /// Serves `rule` by both views, whose values become JSON; the mode of the lane chooses.
    @_disfavoredOverload
    public func callAsFunction<Sync: Encodable & Sendable, Async: Encodable & Sendable>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        add(
            rule, endpoint: endpoint, options: options,
            sync: { request in try sync(request).map { try Response.json(encoding: $0) } },
            async: { request in try await async(request).map { try Response.json(encoding: $0) } })
    }

    // MARK: With a status

    /// Serves `rule` by a sync view that returns an answer and its status.
    public func callAsFunction<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) throws -> (Result, Status)
    ) {
        add(
            rule, endpoint: endpoint, options: options,
            sync: { request in
                try Response(pair: view(request))
            }, async: nil)
    }

    /// Serves `rule` by an async view that returns an answer and its status.
    public func callAsFunction<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) async throws -> (Result, Status)
    ) {
        add(
            rule, endpoint: endpoint, options: options, sync: nil,
            async: { request in
                try await Response(pair: view(request))
            })
    }

    /// Serves `rule` by a sync view that returns a value, which becomes JSON, and its status.
    @_disfavoredOverload
    public func callAsFunction<Value: Encodable & Sendable>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) throws -> (Value, Status)
    ) {
        add(
            rule, endpoint: endpoint, options: options,
            sync: { request in
                try RouteMethod.response(encoding: view(request))
            }, async: nil)
    }

    /// Serves `rule` by an async view that returns a value, which becomes JSON, and its status.
    @_disfavoredOverload
    public func callAsFunction<Value: Encodable & Sendable>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) async throws -> (Value, Status)
    ) {
        add(
            rule, endpoint: endpoint, options: options, sync: nil,
            async: { request in
                try await RouteMethod.response(encoding: view(request))
            })
    }

    // MARK: With a status and fields

    /// Serves `rule` by a sync view that returns an answer, its status and fields of its head.
    public func callAsFunction<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) throws -> (Result, Status, Headers)
    ) {
        add(
            rule, endpoint: endpoint, options: options,
            sync: { request in
                try RouteMethod.response(view(request))
            }, async: nil)
    }

    /// Serves `rule` by an async view that returns an answer, its status and fields of its head.
    public func callAsFunction<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) async throws -> (Result, Status, Headers)
    ) {
        add(
            rule, endpoint: endpoint, options: options, sync: nil,
            async: { request in
                try await RouteMethod.response(view(request))
            })
    }

    /// Serves `rule` by a sync view that returns a value, which becomes JSON, its status and fields of its head.
    @_disfavoredOverload
    public func callAsFunction<Value: Encodable & Sendable>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) throws -> (Value, Status, Headers)
    ) {
        add(
            rule, endpoint: endpoint, options: options,
            sync: { request in
                try RouteMethod.response(encoding: view(request))
            }, async: nil)
    }

    /// Serves `rule` by an async view that returns a value, which becomes JSON, its status and fields of its head.
    @_disfavoredOverload
    public func callAsFunction<Value: Encodable & Sendable>(
        _ rule: String, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) async throws -> (Value, Status, Headers)
    ) {
        add(
            rule, endpoint: endpoint, options: options, sync: nil,
            async: { request in
                try await RouteMethod.response(encoding: view(request))
            })
    }

    private static func response(encoding pair: (some Encodable, Status)) throws -> Response {
        try Response.json(encoding: pair.0, status: pair.1)
    }

    private static func response(_ triple: (some ResponseConvertible, Status, Headers)) throws -> Response {
        try triple.0.makeResponse().with(status: triple.1, headers: triple.2)
    }

    private static func response(encoding triple: (some Encodable, Status, Headers)) throws -> Response {
        try Response.json(encoding: triple.0, status: triple.1, headers: triple.2)
    }

    private func add(
        _ rule: String, endpoint: String?, options: [RouteOption], sync: ViewFunction.Sync?,
        async: ViewFunction.Async?
    ) {
        let options = RouteOptions(options)
        var (sync, async) = (sync, async)
        if options.nilIsNotFound {
            // Thrown, and not returned: the app's handlers of 404 are asked.
            if let view = sync {
                sync = { request in
                    guard let answer = try view(request) else { throw HTTPError(.notFound) }
                    return answer
                }
            }
            if let view = async {
                async = { request in
                    guard let answer = try await view(request) else { throw HTTPError(.notFound) }
                    return answer
                }
            }
        }
        let (blocking, suspending) = (sync, async)
        scaffold.add(
            RouteDescription(
                rule: rule, endpoint: endpoint, methods: methods, options: options,
                view: { .function(ViewFunction(name: $0, scope: $1, sync: blocking, async: suspending)) }))
    }
}
