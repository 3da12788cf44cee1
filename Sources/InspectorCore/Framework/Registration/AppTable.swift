// All that was registered with an app, as a value: a lane serves by the table that stood when it was made.

/// What was registered in one place: the app, or a blueprint.
struct ScopeTable: Sendable {
    /// Handlers by status, then by what the error is; those for no status are under nil.
    var errorHandlers: ErrorHandlers = [:]
    var urlValuePreprocessors: [PreprocessorFunction] = []
    /// Before hooks and middleware, in the order of registration.
    var beforeView: [BeforeView] = []
    var afterRequest: [AfterFunction] = []
    var teardownRequest: [TeardownFunction] = []
    var contextProcessors: [@Sendable (Request) throws -> [String: any Sendable]] = []
    var urlDefaults: [@Sendable (String, inout [String: ViewArgument]) -> Void] = []
}

/// A function that runs before the view.
enum BeforeView: Sendable {
    /// Runs, and may answer.
    case hook(ViewFunction)
    /// Runs around all that comes after it, the view included.
    case middleware(MiddlewareFunction)
}

typealias ErrorHandlers = [Int?: [ErrorLineage.Key: HandlerFunction]]

/// What runs for the routes of one blueprint, or for the app's own, each list in the order in which it runs.
///
/// A class, as all that a request is served by is: a copy costs one reference, not one for each list.
final class Chain: Sendable {
    let urlValuePreprocessors: [PreprocessorFunction]
    let beforeView: [BeforeView]
    let afterRequest: [AfterFunction]
    let teardownRequest: [TeardownFunction]
    let contextProcessors: [@Sendable (Request) throws -> [String: any Sendable]]
    let urlDefaults: [@Sendable (String, inout [String: ViewArgument]) -> Void]
    /// Innermost blueprint first, the app last.
    let errorHandlers: [ErrorHandlers]

    init(outermostFirst: [ScopeTable], innermostFirst: [ScopeTable]) {
        urlValuePreprocessors = outermostFirst.flatMap(\.urlValuePreprocessors)
        beforeView = outermostFirst.flatMap(\.beforeView)
        contextProcessors = outermostFirst.flatMap(\.contextProcessors)
        urlDefaults = outermostFirst.flatMap(\.urlDefaults)
        afterRequest = innermostFirst.flatMap { $0.afterRequest.reversed() }
        teardownRequest = innermostFirst.flatMap { $0.teardownRequest.reversed() }
        errorHandlers = innermostFirst.map(\.errorHandlers)
    }

    /// Whether anything runs before the view.
    var hasBeforeHooks: Bool { !beforeView.isEmpty || !urlValuePreprocessors.isEmpty }

    /// The handler for `error`, or nil (`Flask: app.py _find_error_handler`): those for its status first, then those
    /// for its class alone; in each, the innermost blueprint's first.
    func handler(for error: any Error) -> HandlerFunction? {
        let lineage = ErrorLineage.of(error: error)
        let status =
            (error as? HTTPError).map { $0.kind.status ?? $0.status } ?? (error as? any KindedError)?.kind.status
        for key in status == nil ? [nil] : [status, nil] {
            for scope in errorHandlers {
                guard let handlers = scope[key] else { continue }
                if let handler = lineage.lazy.compactMap({ handlers[$0] }).first { return handler }
            }
        }
        return nil
    }
}

/// An app's registrations.
final class AppTable: Sendable {
    let router: Router
    /// The app's own first.
    let chains: [Chain]
    /// In the order in which they run.
    let teardownAppContext: [TeardownFunction]
    let receivers: [Signal: [SignalFunction]]
    let options: AppOptions
    let sessions: SessionSigner
    let templates: TemplateLibrary
    /// Whether any route reads bodies while they come.
    let streamsBodies: Bool

    init(
        router: Router, chains: [Chain], teardownAppContext: [TeardownFunction], receivers: [Signal: [SignalFunction]],
        options: AppOptions, templates: TemplateLibrary
    ) {
        self.router = router
        self.chains = chains
        self.teardownAppContext = teardownAppContext
        self.receivers = receivers
        self.options = options
        self.templates = templates
        sessions = SessionSigner(options: options)
        streamsBodies = router.routes.contains { $0.bodyLimit != nil }
    }
}
