// Registering hooks. Each form exists for a sync closure, an async one, and both; names default to the hook's place.

extension App {
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
        addTeardown(name, \.scope.teardownRequest, "teardown_request", sync: hook, async: nil)
    }

    /// As the sync form, with an async closure.
    public func teardownRequest(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request, (any Error)?) async throws -> Void
    ) {
        addTeardown(name, \.scope.teardownRequest, "teardown_request", sync: nil, async: hook)
    }

    /// As the other forms, with both closures; the mode of the lane chooses.
    public func teardownRequest(
        _ name: String? = nil, sync: @escaping @Sendable (Request, (any Error)?) throws -> Void,
        async: @escaping @Sendable (Request, (any Error)?) async throws -> Void
    ) {
        addTeardown(name, \.scope.teardownRequest, "teardown_request", sync: sync, async: async)
    }

    /// Runs `hook` when the app's context goes, after all of `teardownRequest` (`Flask: teardown_appcontext`).
    public func teardownAppContext(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request, (any Error)?) throws -> Void
    ) {
        addTeardown(name, \.teardownAppContext, "teardown_appcontext", sync: hook, async: nil)
    }

    /// As the sync form, with an async closure.
    public func teardownAppContext(
        _ name: String? = nil, _ hook: @escaping @Sendable (Request, (any Error)?) async throws -> Void
    ) {
        addTeardown(name, \.teardownAppContext, "teardown_appcontext", sync: nil, async: hook)
    }

    /// As the other forms, with both closures; the mode of the lane chooses.
    public func teardownAppContext(
        _ name: String? = nil, sync: @escaping @Sendable (Request, (any Error)?) throws -> Void,
        async: @escaping @Sendable (Request, (any Error)?) async throws -> Void
    ) {
        addTeardown(name, \.teardownAppContext, "teardown_appcontext", sync: sync, async: async)
    }

    private func addBefore(_ name: String?, sync: ViewFunction.Sync?, async: ViewFunction.Async?) {
        register { table in
            let name = name ?? "before_request_\(table.scope.beforeRequest.count + 1)"
            table.scope.beforeRequest.append(
                ViewFunction(Label(name), scope: Label("app"), sync: sync, async: async))
        }
    }

    private func addAfter(
        _ name: String?, sync: (@Sendable (Request, inout Response) throws -> Void)?,
        async: (@Sendable (Request, inout Response) async throws -> Void)?
    ) {
        register { table in
            let name = name ?? "after_request_\(table.scope.afterRequest.count + 1)"
            table.scope.afterRequest.append(AfterFunction(name, scope: Label("app"), sync: sync, async: async))
        }
    }

    private func addTeardown(
        _ name: String?, _ list: WritableKeyPath<AppTable, [TeardownFunction]>, _ kind: String,
        sync: (@Sendable (Request, (any Error)?) throws -> Void)?,
        async: (@Sendable (Request, (any Error)?) async throws -> Void)?
    ) {
        var blocking: TeardownFunction.Sync?
        if let sync { blocking = { try sync($0.request, $0.error) } }
        var suspending: TeardownFunction.Async?
        if let async { suspending = { try await async($0.request, $0.error) } }
        register { table in
            let name = name ?? "\(kind)_\(table[keyPath: list].count + 1)"
            table[keyPath: list].append(
                TeardownFunction(Label(name), scope: Label("app"), sync: blocking, async: suspending))
        }
    }
}
