// Registering hooks. Each form exists for a sync closure, an async one, and both; names default to the hook's place.

extension HookScope {
    /// Runs `hook` before each request's view, in order of registration (`Flask: before_request`).
    ///
    /// What it returns ends the way to the view and is the answer; nil (or nothing at all) lets the request go on.
    public func beforeRequest<Result: ResponseConvertible>(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request) throws -> Result?
    ) {
        addBefore(name, sync: { try hook($0) }, async: nil)
    }

    /// As the sync form, with an async closure.
    public func beforeRequest<Result: ResponseConvertible>(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request) async throws -> Result?
    ) {
        addBefore(name, sync: nil, async: { try await hook($0) })
    }

    /// As the other forms, for a closure that never answers.
    public func beforeRequest(_ name: String? = nil, _ hook: @escaping @Sendable (Request) throws -> Void) {
        addBefore(
            name,
            sync: { request in
                try hook(request)
                return nil
            }, async: nil)
    }

    /// As the other forms, for an async closure that never answers.
    public func beforeRequest(_ name: String? = nil, _ hook: @escaping @Sendable (Request) async throws -> Void) {
        addBefore(
            name, sync: nil,
            async: { request in
                try await hook(request)
                return nil
            })
    }

    /// As the other forms, with both closures; the mode of the lane chooses.
    public func beforeRequest<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ name: String? = nil, sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        addBefore(name, sync: { try sync($0) }, async: { try await async($0) })
    }

    /// As the other forms, with both closures, neither of which ever answers.
    public func beforeRequest(
        _ name: String? = nil, sync: @escaping @Sendable (Request) throws -> Void,
        async: @escaping @Sendable (Request) async throws -> Void
    ) {
        addBefore(
            name,
            sync: { request in
                try sync(request)
                return nil
            },
            async: { request in
                try await async(request)
                return nil
            })
    }

    /// Runs `hook` on each response, in the reverse order of registration (`Flask: after_request`).
    ///
    /// It changes the response in place, or puts another there. The next hook sees what it left.
    public func afterRequest(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request, inout Response) throws -> Void
    ) {
        addAfter(name, sync: hook, async: nil)
    }

    /// As the sync form, with an async closure.
    public func afterRequest(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request, inout Response) async throws -> Void
    ) {
        addAfter(name, sync: nil, async: hook)
    }

    /// As the other forms, with both closures; the mode of the lane chooses.
    public func afterRequest(
        _ name: String? = nil, sync: @escaping @Sendable (Request, inout Response) throws -> Void,
        async: @escaping @Sendable (Request, inout Response) async throws -> Void
    ) {
        addAfter(name, sync: sync, async: async)
    }

    /// Runs `hook` when the request is over, before its answer is sent, in the reverse order of registration (`Flask:
    /// teardown_request`).
    ///
    /// It is given the error that nobody handled, or nil.
    public func teardownRequest(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request, (any Error)?) throws -> Void
    ) {
        addTeardown(name, sync: hook, async: nil)
    }

    /// As the sync form, with an async closure.
    public func teardownRequest(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request, (any Error)?) async throws -> Void
    ) {
        addTeardown(name, sync: nil, async: hook)
    }

    /// As the other forms, with both closures; the mode of the lane chooses.
    public func teardownRequest(
        _ name: String? = nil, sync: @escaping @Sendable (Request, (any Error)?) throws -> Void,
        async: @escaping @Sendable (Request, (any Error)?) async throws -> Void
    ) {
        addTeardown(name, sync: sync, async: async)
    }

    /// Runs `hook` once the URL is matched, before all before hooks: it sees the endpoint and may change the arguments
    /// that the view is given (`Flask: url_value_preprocessor`).
    ///
    /// Always sync, as in Flask. When nothing matched, the endpoint is nil and there are no arguments.
    public func urlValuePreprocessor(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request, inout [String: ViewArgument]) throws -> Void
    ) {
        register { assembly, place in
            let count = assembly.scopes[place.scope]?.urlValuePreprocessors.count ?? 0
            assembly.scopes[place.scope, default: ScopeTable()].urlValuePreprocessors.append(
                PreprocessorFunction(
                    name: Label(name ?? "url_value_preprocessor_\(count + 1)"), scope: place.label,
                    sync: { request in
                        var arguments = request.viewArgs
                        defer { request.viewArgs = arguments }
                        try hook(request, &arguments)
                    }, async: nil))
        }
    }

    /// Adds values to every `urlFor` (`Flask: url_defaults`): `hook` is given the endpoint and the values so far.
    public func urlDefaults(_ hook: @escaping @Sendable (String, inout [String: ViewArgument]) -> Void) {
        register { assembly, place in
            assembly.scopes[place.scope, default: ScopeTable()].urlDefaults.append(hook)
        }
    }

    /// Adds names to every template that is rendered for these routes (`Flask: context_processor`); those that the view
    /// gives itself win.
    ///
    /// Always sync, as in Flask.
    public func contextProcessor(_ processor: @escaping @Sendable (Request) throws -> [String: any Sendable]) {
        register { assembly, place in
            assembly.scopes[place.scope, default: ScopeTable()].contextProcessors.append(processor)
        }
    }

    private func addBefore(_ name: String?, sync: ViewFunction.Sync?, async: ViewFunction.Async?) {
        add(name, list: \.beforeView, kind: "before_request") {
            .hook(ViewFunction(name: $0, scope: $1, sync: sync, async: async))
        }
    }

    /// Runs `middleware` around all that is registered after it for the same requests: before hooks, other middleware, and
    /// the view.
    ///
    /// ```swift
    /// app.use("timing") { request, next in
    ///     let start = ContinuousClock.now
    ///     var response = try await next(request)
    ///     response.headers["Server-Timing"] = "app;dur=\((ContinuousClock.now - start) / .milliseconds(1))"
    ///     return response
    /// }
    /// ```
    ///
    /// What the view throws comes out of `next`; what the middleware throws, or lets pass, goes to the error handlers.
    /// Those, the after hooks and teardown lie outside: to change every response, those to errors included, register
    /// `afterRequest`. A middleware that does not call `next` answers in the view's place.
    ///
    /// It runs where the request is dispatched: on the worker itself in `sync` and `async` mode, which is held while the
    /// middleware awaits, and on the connection's loop in `native` mode, which it must not block.
    public func use(
        _ name: String? = nil, _ middleware: @escaping @Sendable (Request, Next) async throws -> Response
    ) {
        add(name, list: \.beforeView, kind: "middleware") {
            .middleware(
                MiddlewareFunction(name: $0, scope: $1, sync: nil, async: { try await middleware($0.request, $0.next) })
            )
        }
    }

    private func addAfter(
        _ name: String?, sync: (@Sendable (Request, inout Response) throws -> Void)?,
        async: (@Sendable (Request, inout Response) async throws -> Void)?
    ) {
        add(name, list: \.afterRequest, kind: "after_request") {
            AfterFunction(name: $0, scope: $1, sync: sync, async: async)
        }
    }

    private func addTeardown(
        _ name: String?, sync: (@Sendable (Request, (any Error)?) throws -> Void)?,
        async: (@Sendable (Request, (any Error)?) async throws -> Void)?
    ) {
        add(name, list: \.teardownRequest, kind: "teardown_request") {
            TeardownFunction(name: $0, scope: $1, sync: sync, async: async)
        }
    }

    private func add<Function>(
        _ name: String?, list: any WritableKeyPath<ScopeTable, [Function]> & Sendable, kind: String,
        make: @escaping @Sendable (Label, Label) -> Function
    ) {
        register { assembly, place in
            let count = assembly.scopes[place.scope]?[keyPath: list].count ?? 0
            let name = Label(name ?? "\(kind)_\(count + 1)")
            assembly.scopes[place.scope, default: ScopeTable()][keyPath: list].append(make(name, place.label))
        }
    }
}
