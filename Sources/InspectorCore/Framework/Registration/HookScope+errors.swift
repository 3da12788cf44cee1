// Registering error handlers: by status, by kind, by Swift type.

extension HookScope {
    /// Answers errors of `kind` by a sync closure.
    ///
    /// It is given the error itself: to rethrow, throw it.
    public func errorHandler<Result: ResponseConvertible>(
        _ kind: ErrorKind, name: String? = nil, _ handler: @escaping @Sendable (Request, any Error) throws -> Result?
    ) {
        add(kind, name: name, sync: { try handler($0.request, $0.error) }, async: nil)
    }

    /// As the sync form, with an async closure.
    public func errorHandler<Result: ResponseConvertible>(
        _ kind: ErrorKind, name: String? = nil,
        _ handler: @escaping @Sendable (Request, any Error) async throws -> Result?
    ) {
        add(kind, name: name, sync: nil, async: { try await handler($0.request, $0.error) })
    }

    /// As the other forms, with both closures; the mode of the lane chooses.
    public func errorHandler<Sync: ResponseConvertible, Async: ResponseConvertible>(
        _ kind: ErrorKind, name: String? = nil, sync: @escaping @Sendable (Request, any Error) throws -> Sync?,
        async: @escaping @Sendable (Request, any Error) async throws -> Async?
    ) {
        add(
            kind, name: name, sync: { try sync($0.request, $0.error) },
            async: { try await async($0.request, $0.error) })
    }

    /// Answers the HTTP errors of `status` by a sync closure.
    ///
    /// It is given the error as an HTTP error, also where it is one of the app's own with such a kind; that lies in
    /// `original` then.
    public func errorHandler<Result: ResponseConvertible>(
        _ status: Int, name: String? = nil, _ handler: @escaping @Sendable (Request, HTTPError) throws -> Result?
    ) {
        add(
            .http(status), name: name, status: status,
            sync: { try handler($0.request, HTTPError($0.error) ?? HTTPError(status: status)) }, async: nil)
    }

    /// As the sync form, with an async closure.
    public func errorHandler<Result: ResponseConvertible>(
        _ status: Int, name: String? = nil,
        _ handler: @escaping @Sendable (Request, HTTPError) async throws -> Result?
    ) {
        add(
            .http(status), name: name, status: status, sync: nil,
            async: { try await handler($0.request, HTTPError($0.error) ?? HTTPError(status: status)) })
    }

    /// Answers errors of a Swift type by a sync closure: the type itself, or a subclass of it.
    public func errorHandler<Failure: Error, Result: ResponseConvertible>(
        _ type: Failure.Type, name: String? = nil, _ handler: @escaping @Sendable (Request, Failure) throws -> Result?
    ) {
        add(
            type, name: name,
            sync: { input in
                guard let error = Self.error(input.error, as: Failure.self) else { throw input.error }
                return try handler(input.request, error)
            }, async: nil)
    }

    /// As the sync form, with an async closure.
    public func errorHandler<Failure: Error, Result: ResponseConvertible>(
        _ type: Failure.Type, name: String? = nil,
        _ handler: @escaping @Sendable (Request, Failure) async throws -> Result?
    ) {
        add(
            type, name: name, sync: nil,
            async: { input in
                guard let error = Self.error(input.error, as: Failure.self) else { throw input.error }
                return try await handler(input.request, error)
            })
    }

    // MARK: With a status

    /// Answers errors of `kind` by a sync closure that returns an answer and its status: `("gone", .gone)`.
    public func errorHandler<Result: ResponseConvertible>(
        _ kind: ErrorKind, name: String? = nil,
        _ handler: @escaping @Sendable (Request, any Error) throws -> (Result, Status)
    ) {
        errorHandler(kind, name: name) { request, error in try Response(pair: handler(request, error)) }
    }

    /// As the sync form, with an async closure.
    public func errorHandler<Result: ResponseConvertible>(
        _ kind: ErrorKind, name: String? = nil,
        _ handler: @escaping @Sendable (Request, any Error) async throws -> (Result, Status)
    ) {
        errorHandler(kind, name: name) { request, error in try await Response(pair: handler(request, error)) }
    }

    /// Answers the HTTP errors of `status` by a sync closure that returns an answer and its status.
    public func errorHandler<Result: ResponseConvertible>(
        _ status: Int, name: String? = nil,
        _ handler: @escaping @Sendable (Request, HTTPError) throws -> (Result, Status)
    ) {
        errorHandler(status, name: name) { request, error in try Response(pair: handler(request, error)) }
    }

    /// As the sync form, with an async closure.
    public func errorHandler<Result: ResponseConvertible>(
        _ status: Int, name: String? = nil,
        _ handler: @escaping @Sendable (Request, HTTPError) async throws -> (Result, Status)
    ) {
        errorHandler(status, name: name) { request, error in try await Response(pair: handler(request, error)) }
    }

    /// Answers errors of a Swift type by a sync closure that returns an answer and its status.
    public func errorHandler<Failure: Error, Result: ResponseConvertible>(
        _ type: Failure.Type, name: String? = nil,
        _ handler: @escaping @Sendable (Request, Failure) throws -> (Result, Status)
    ) {
        errorHandler(type, name: name) { request, error in try Response(pair: handler(request, error)) }
    }

    /// As the sync form, with an async closure.
    public func errorHandler<Failure: Error, Result: ResponseConvertible>(
        _ type: Failure.Type, name: String? = nil,
        _ handler: @escaping @Sendable (Request, Failure) async throws -> (Result, Status)
    ) {
        errorHandler(type, name: name) { request, error in try await Response(pair: handler(request, error)) }
    }

    private func add(
        _ kind: ErrorKind, name: String?, status: Int? = nil, sync: HandlerFunction.Sync?,
        async: HandlerFunction.Async?
    ) {
        let name = name ?? "error_handler_\(status.map(String.init) ?? kind.name)"
        set(.kind(kind), status: status ?? kind.status, name: name, sync: sync, async: async)
    }

    private func add<Failure: Error>(
        _ type: Failure.Type, name: String?, sync: HandlerFunction.Sync?, async: HandlerFunction.Async?
    ) {
        let name = name ?? "error_handler_\(type)"
        let key: ErrorLineage.Key =
            switch ObjectIdentifier(type) {
            case ObjectIdentifier((any Error).self): .kind(.exception)
            // Every HTTP error, those of the app's own kinds too, and after the handlers of a single one, as in Flask.
            case ObjectIdentifier(HTTPError.self): .kind(.httpException)
            case let type: .type(type)
            }
        set(key, status: nil, name: name, sync: sync, async: async)
    }

    private static func error<Failure: Error>(_ error: any Error, as type: Failure.Type) -> Failure? {
        error as? Failure ?? HTTPError(error) as? Failure
    }

    private func set(
        _ key: ErrorLineage.Key, status: Int?, name: String, sync: HandlerFunction.Sync?,
        async: HandlerFunction.Async?
    ) {
        register { assembly, place in
            assembly.scopes[place.scope, default: ScopeTable()].errorHandlers[status, default: [:]][key] =
                HandlerFunction(name: Label(name), scope: place.label, sync: sync, async: async)
        }
    }
}
