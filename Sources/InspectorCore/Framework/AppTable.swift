// All that was registered with an app, as a value: a lane serves by the table that stood when it was made.

/// Where handlers and hooks were registered: the app, and later each blueprint.
struct ScopeTable: Sendable {
    /// Handlers by status, then by what the error is; those for no status are under nil.
    var errorHandlers: [Int?: [ErrorLineage.Key: HandlerFunction]] = [:]
    var beforeRequest: [ViewFunction] = []
    var afterRequest: [AfterFunction] = []
    var teardownRequest: [TeardownFunction] = []
}

/// An app's registrations.
struct AppTable: Sendable {
    var router = Router()
    var scope = ScopeTable()
    var teardownAppContext: [TeardownFunction] = []
    var receivers: [Signal: [@Sendable (Request, (any Error)?) -> Void]] = [:]
    var propagatesErrors = false

    /// The handler for `error`, or nil (`Flask: app.py _find_error_handler`): those for its status first, then those
    /// for its class alone.
    func handler(for error: any Error) -> HandlerFunction? {
        let lineage = ErrorLineage.of(error)
        let status =
            (error as? HTTPError).map { $0.kind.status ?? $0.status } ?? (error as? any KindedError)?.kind.status
        for key in status == nil ? [nil] : [status, nil] {
            guard let handlers = scope.errorHandlers[key] else { continue }
            if let handler = lineage.lazy.compactMap({ handlers[$0] }).first { return handler }
        }
        return nil
    }
}
