// The methods that views are registered for.

extension Scaffold {
    /// Registers views for GET; HEAD is served by them too.
    public var get: RouteMethod { RouteMethod(self, ["GET"]) }
    /// Registers views for HEAD alone, where GET's would do too much for it.
    public var head: RouteMethod { RouteMethod(self, ["HEAD"]) }
    /// Registers views for POST.
    public var post: RouteMethod { RouteMethod(self, ["POST"]) }
    /// Registers views for PUT.
    public var put: RouteMethod { RouteMethod(self, ["PUT"]) }
    /// Registers views for PATCH.
    public var patch: RouteMethod { RouteMethod(self, ["PATCH"]) }
    /// Registers views for DELETE.
    public var delete: RouteMethod { RouteMethod(self, ["DELETE"]) }

    /// Serves `rule` for `methods` by a sync view: see `RouteMethod`.
    public func route<Result: ResponseConvertible>(
        _ rule: String, methods: Set<String>, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) throws -> Result?
    ) {
        RouteMethod(self, methods)(rule, endpoint: endpoint, options: options, view)
    }

    /// Serves `rule` for `methods` by an async view: see `RouteMethod`.
    public func route<Result: ResponseConvertible>(
        _ rule: String, methods: Set<String>, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) async throws -> Result?
    ) {
        RouteMethod(self, methods)(rule, endpoint: endpoint, options: options, view)
    }

    /// Serves `rule` for `methods` by both views; the mode of the lane chooses.
    public func route<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ rule: String, methods: Set<String>, endpoint: String? = nil, options: [RouteOption] = [],
        sync: @escaping @Sendable (Request) throws -> Sync?,
        async: @escaping @Sendable (Request) async throws -> Async?
    ) {
        RouteMethod(self, methods)(rule, endpoint: endpoint, options: options, sync: sync, async: async)
    }

    /// Serves `rule` for `methods` by a sync view that returns responses, or one by its member alone.
    public func route(
        _ rule: String, methods: Set<String>, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) throws -> Response
    ) {
        RouteMethod(self, methods)(rule, endpoint: endpoint, options: options, view)
    }

    /// Serves `rule` for `methods` by an async view that returns responses, or one by its member alone.
    public func route(
        _ rule: String, methods: Set<String>, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) async throws -> Response
    ) {
        RouteMethod(self, methods)(rule, endpoint: endpoint, options: options, view)
    }

    /// Serves `rule` for `methods` by a sync view whose value becomes JSON.
    @_disfavoredOverload
    public func route<Value: Encodable & Sendable>(
        _ rule: String, methods: Set<String>, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) throws -> Value?
    ) {
        RouteMethod(self, methods)(rule, endpoint: endpoint, options: options, view)
    }

    /// Serves `rule` for `methods` by an async view whose value becomes JSON.
    @_disfavoredOverload
    public func route<Value: Encodable & Sendable>(
        _ rule: String, methods: Set<String>, endpoint: String? = nil, options: [RouteOption] = [],
        _ view: @escaping @Sendable (Request) async throws -> Value?
    ) {
        RouteMethod(self, methods)(rule, endpoint: endpoint, options: options, view)
    }

    /// Registers what `body` does under a prefix, and under a name of its own: a blueprint that is not kept.
    ///
    /// ```swift
    /// app.group("/api") { api in
    ///     api.get("/links", endpoint: "links") { request in … }    // the endpoint is api.links
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - prefix: before its rules.
    ///   - name: the blueprint's name; the prefix's words joined by `_` unless given.
    ///   - body: called at once.
    public func group(_ prefix: String, name: String? = nil, _ body: (Blueprint) -> Void) {
        let words = prefix.split { !($0.isLetter || $0.isNumber) }.joined(separator: "_")
        let blueprint = Blueprint(name ?? (words.isEmpty ? "group" : words), prefix: prefix)
        body(blueprint)
        register(blueprint)
    }
}
