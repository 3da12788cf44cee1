// Registering views. Each form exists for a sync closure, an async one, and both.

extension App {
    /// Serves `rule` for `methods` by both closures; the mode of the lane chooses.
    ///
    /// - Parameters:
    ///   - rule: `/city/<name>`; converters: string, int, float, path.
    ///   - endpoint: the view's name in traces; the rule unless given.
    public func route<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, methods: Set<String>, endpoint: String? = nil,
        sync: @escaping @Sendable (Request) throws -> Sync?, async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        addRoute(rule, methods, endpoint, sync: { try sync($0) }, async: { try await async($0) })
    }

    /// Serves `rule` for `methods` by a sync closure.
    public func route<Result: ResponseConvertible>(
        _ rule: String, methods: Set<String>, endpoint: String? = nil,
        _ view: @escaping @Sendable (Request) throws -> Result?
    ) {
        addRoute(rule, methods, endpoint, sync: { try view($0) }, async: nil)
    }

    /// Serves `rule` for `methods` by an async closure.
    public func route<Result: ResponseConvertible>(
        _ rule: String, methods: Set<String>, endpoint: String? = nil,
        _ view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        addRoute(rule, methods, endpoint, sync: nil, async: { try await view($0) })
    }

    /// Serves GET `rule` by both closures; the mode of the lane chooses.
    public func get<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        route(rule, methods: ["GET"], endpoint: endpoint, sync: sync, async: async)
    }

    /// Serves GET `rule` by a sync closure.
    public func get<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, _ view: @escaping @Sendable (Request) throws -> Result?
    ) {
        route(rule, methods: ["GET"], endpoint: endpoint, view)
    }

    /// Serves GET `rule` by an async closure.
    public func get<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, _ view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        route(rule, methods: ["GET"], endpoint: endpoint, view)
    }

    /// Serves POST `rule` by both closures; the mode of the lane chooses.
    public func post<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        route(rule, methods: ["POST"], endpoint: endpoint, sync: sync, async: async)
    }

    /// Serves POST `rule` by a sync closure.
    public func post<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, _ view: @escaping @Sendable (Request) throws -> Result?
    ) {
        route(rule, methods: ["POST"], endpoint: endpoint, view)
    }

    /// Serves POST `rule` by an async closure.
    public func post<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, _ view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        route(rule, methods: ["POST"], endpoint: endpoint, view)
    }

    /// Serves PUT `rule` by both closures; the mode of the lane chooses.
    public func put<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        route(rule, methods: ["PUT"], endpoint: endpoint, sync: sync, async: async)
    }

    /// Serves PUT `rule` by a sync closure.
    public func put<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, _ view: @escaping @Sendable (Request) throws -> Result?
    ) {
        route(rule, methods: ["PUT"], endpoint: endpoint, view)
    }

    /// Serves PUT `rule` by an async closure.
    public func put<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, _ view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        route(rule, methods: ["PUT"], endpoint: endpoint, view)
    }

    /// Serves PATCH `rule` by both closures; the mode of the lane chooses.
    public func patch<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        route(rule, methods: ["PATCH"], endpoint: endpoint, sync: sync, async: async)
    }

    /// Serves PATCH `rule` by a sync closure.
    public func patch<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, _ view: @escaping @Sendable (Request) throws -> Result?
    ) {
        route(rule, methods: ["PATCH"], endpoint: endpoint, view)
    }

    /// Serves PATCH `rule` by an async closure.
    public func patch<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, _ view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        route(rule, methods: ["PATCH"], endpoint: endpoint, view)
    }

    /// Serves DELETE `rule` by both closures; the mode of the lane chooses.
    public func delete<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        route(rule, methods: ["DELETE"], endpoint: endpoint, sync: sync, async: async)
    }

    /// Serves DELETE `rule` by a sync closure.
    public func delete<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, _ view: @escaping @Sendable (Request) throws -> Result?
    ) {
        route(rule, methods: ["DELETE"], endpoint: endpoint, view)
    }

    /// Serves DELETE `rule` by an async closure.
    public func delete<Result: ResponseConvertible>(
        _ rule: String, endpoint: String? = nil, _ view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        route(rule, methods: ["DELETE"], endpoint: endpoint, view)
    }

    private func addRoute(
        _ text: String, _ methods: Set<String>, _ endpoint: String?, sync: ViewFunction.Sync?,
        async: ViewFunction.Async?
    ) {
        noteRule(text, methods: methods)
        register { table in
            let name = endpoint ?? text
            let rule = try Rule(text)
            let view = ViewFunction(Label(name), scope: Label("app"), sync: sync, async: async)
            table.router.add(
                Route(
                    rule: rule, endpoint: name, methods: methods, view: view,
                    hasOwnOptions: methods.contains("OPTIONS")))
        }
    }
}
