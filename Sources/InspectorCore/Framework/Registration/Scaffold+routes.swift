// Registering views. Each form exists for a sync closure, an async one, and both.

extension Scaffold {
    /// Serves `rule` for `methods` by both closures; the mode of the lane chooses.
    ///
    /// - Parameters:
    ///   - rule: `/city/<name>`, `/page/<int(min=1):number>`; converters: string, int, float, path, any, uuid, and those
    ///     of `App.addConverter`.
    ///   - options: defaults, slashes, a deadline: see `RouteOption`.
    ///   - endpoint: the view's name in traces and for `urlFor`; the rule unless given.
    public func route<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., methods: Set<String>, endpoint: String? = nil,
        sync: @escaping @Sendable (Request) throws -> Sync?, async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        add(
            rule, options: options, methods: methods, endpoint: endpoint, sync: { try sync($0) },
            async: { try await async($0) })
    }

    /// Serves `rule` for `methods` by a sync closure.
    public func route<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., methods: Set<String>, endpoint: String? = nil,
        view: @escaping @Sendable (Request) throws -> Result?
    ) {
        add(rule, options: options, methods: methods, endpoint: endpoint, sync: { try view($0) }, async: nil)
    }

    /// Serves `rule` for `methods` by an async closure.
    public func route<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., methods: Set<String>, endpoint: String? = nil,
        view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        add(rule, options: options, methods: methods, endpoint: endpoint, sync: nil, async: { try await view($0) })
    }

    /// Serves GET `rule` by both closures; the mode of the lane chooses.
    public func get<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        add(
            rule, options: options, methods: ["GET"], endpoint: endpoint, sync: { try sync($0) },
            async: { try await async($0) })
    }

    /// Serves GET `rule` by a sync closure.
    public func get<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        view: @escaping @Sendable (Request) throws -> Result?
    ) {
        add(rule, options: options, methods: ["GET"], endpoint: endpoint, sync: { try view($0) }, async: nil)
    }

    /// Serves GET `rule` by an async closure.
    public func get<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        add(rule, options: options, methods: ["GET"], endpoint: endpoint, sync: nil, async: { try await view($0) })
    }

    /// Serves POST `rule` by both closures; the mode of the lane chooses.
    public func post<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        add(
            rule, options: options, methods: ["POST"], endpoint: endpoint, sync: { try sync($0) },
            async: { try await async($0) })
    }

    /// Serves POST `rule` by a sync closure.
    public func post<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        view: @escaping @Sendable (Request) throws -> Result?
    ) {
        add(rule, options: options, methods: ["POST"], endpoint: endpoint, sync: { try view($0) }, async: nil)
    }

    /// Serves POST `rule` by an async closure.
    public func post<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        add(rule, options: options, methods: ["POST"], endpoint: endpoint, sync: nil, async: { try await view($0) })
    }

    /// Serves PUT `rule` by both closures; the mode of the lane chooses.
    public func put<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        add(
            rule, options: options, methods: ["PUT"], endpoint: endpoint, sync: { try sync($0) },
            async: { try await async($0) })
    }

    /// Serves PUT `rule` by a sync closure.
    public func put<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        view: @escaping @Sendable (Request) throws -> Result?
    ) {
        add(rule, options: options, methods: ["PUT"], endpoint: endpoint, sync: { try view($0) }, async: nil)
    }

    /// Serves PUT `rule` by an async closure.
    public func put<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        add(rule, options: options, methods: ["PUT"], endpoint: endpoint, sync: nil, async: { try await view($0) })
    }

    /// Serves PATCH `rule` by both closures; the mode of the lane chooses.
    public func patch<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        add(
            rule, options: options, methods: ["PATCH"], endpoint: endpoint, sync: { try sync($0) },
            async: { try await async($0) })
    }

    /// Serves PATCH `rule` by a sync closure.
    public func patch<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        view: @escaping @Sendable (Request) throws -> Result?
    ) {
        add(rule, options: options, methods: ["PATCH"], endpoint: endpoint, sync: { try view($0) }, async: nil)
    }

    /// Serves PATCH `rule` by an async closure.
    public func patch<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        add(rule, options: options, methods: ["PATCH"], endpoint: endpoint, sync: nil, async: { try await view($0) })
    }

    /// Serves DELETE `rule` by both closures; the mode of the lane chooses.
    public func delete<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        add(
            rule, options: options, methods: ["DELETE"], endpoint: endpoint, sync: { try sync($0) },
            async: { try await async($0) })
    }

    /// Serves DELETE `rule` by a sync closure.
    public func delete<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        view: @escaping @Sendable (Request) throws -> Result?
    ) {
        add(rule, options: options, methods: ["DELETE"], endpoint: endpoint, sync: { try view($0) }, async: nil)
    }

    /// Serves DELETE `rule` by an async closure.
    public func delete<Result: ResponseConvertible>(
        _ rule: String, _ options: RouteOption..., endpoint: String? = nil,
        view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        add(rule, options: options, methods: ["DELETE"], endpoint: endpoint, sync: nil, async: { try await view($0) })
    }

    private func add(
        _ rule: String, options: [RouteOption], methods: Set<String>, endpoint: String?,
        sync: ViewFunction.Sync?, async: ViewFunction.Async?
    ) {
        add(
            RouteDescription(
                rule: rule, endpoint: endpoint, methods: methods, options: RouteOptions(options),
                view: { .function(ViewFunction(name: $0, scope: $1, sync: sync, async: async)) }))
    }
}
