// A request's way through an app, in Flask's order (`Flask: app.py wsgi_app, full_dispatch_request`).
// Where a function runs is not decided here: see `Invoker`.

/// What became of a request.
package enum DispatchResult: Sendable {
    case response(Response)
    /// The error left the app: the server answers with a bare 500.
    case propagated(any Error)

    /// What the client gets: the response, or the server's bare 500.
    var answer: Response {
        switch self {
        case .response(let response): response
        case .propagated: HTTPError(status: 500).makeResponse()
        }
    }
}

/// Dispatches one request.
struct Dispatcher: Sendable {
    private let table: AppTable
    private let request: Request
    private let invoker: Invoker

    init(_ app: FrozenApp, _ request: Request, _ places: Places) {
        table = app.table
        self.request = request
        invoker = Invoker(request: request, places: places)
    }

    private var log: RequestLog { request.log }

    /// Runs the whole of it, teardown included.
    func run() async -> DispatchResult {
        send(.appContextPushed)
        let match = route()
        var unhandled: (any Error)?
        var left: (any Error)?
        var response: Response?
        do {
            response = try await fullDispatch(match)
        } catch {
            unhandled = error
            do { response = try await handleException(error) } catch { left = error }
        }
        if let failure = await tearDown(unhandled) { left = failure }
        if let left {
            log.instant(.propagate, ErrorLineage.label(of: left), detail: log.own("\(left)"))
            return .propagated(left)
        }
        return response.map(DispatchResult.response) ?? .propagated(NothingReturned(function: "The app"))
    }

    // MARK: Until the response

    private func route() -> RouteMatch {
        let span = log.begin(.routing)
        let match = table.router.match(method: request.method, path: request.path, query: request.queryString)
        switch match {
        case .view(let route, let arguments), .automaticOptions(let route, let arguments, _):
            request.setMatch(endpoint: route.endpoint, rule: route.rule.text, arguments: arguments)
            log.end(.routing, span, .done, label: route.rule.label, detail: route.view.name)
        case .error(let error):
            // Only kept: the before hooks run first, and one of them may answer (`Flask: ctx.py match_request`).
            log.end(.routing, span, .raised, detail: error.kind.label)
        }
        return match
    }

    private func fullDispatch(_ match: RouteMatch) async throws -> Response {
        let answer: any ResponseConvertible
        do {
            send(.requestStarted)
            if let early = try await runBeforeHooks() {
                answer = early
            } else {
                answer = try await runView(match)
            }
        } catch {
            return try await finalize(try await handleUserException(error))
        }
        return try await finalize(answer)
    }

    private func runBeforeHooks() async throws -> Answer {
        for hook in table.scope.beforeRequest {
            let answer = try await invoker.call(
                hook, request,
                CallRecord(kind: .beforeRequest) { $0 == nil ? .continue : .response })
            if let answer { return answer }
        }
        return nil
    }

    private func runView(_ match: RouteMatch) async throws -> any ResponseConvertible {
        switch match {
        case .error(let error):
            throw error
        case .automaticOptions(_, _, let allow):
            log.instant(.autoOptions)
            return Response("", headers: ["Allow": allow.joined(separator: ", ")])
        case .view(let route, _):
            let answer = try await invoker.call(
                route.view, request, CallRecord(kind: .view) { $0 == nil ? .nothing : .response })
            return answer ?? Nothing(function: "The view \(route.endpoint)")
        }
    }

    /// Makes the response and runs the after hooks on it.
    ///
    /// - Parameter isFinishingError: whether it is the answer to an error that nobody handled: a failure now is noted
    ///   and dropped, and what the hooks have changed so far stays.
    private func finalize(
        _ answer: any ResponseConvertible, isFinishingError: Bool = false
    ) async throws -> Response {
        let response = try answer.makeResponse()
        let box = ResponseBox(response)
        do {
            try await runAfterHooks(box)
            send(.requestFinished)
        } catch {
            guard isFinishingError else { throw error }
            log.instant(.finalizeErrorIgnored, ErrorLineage.label(of: error), detail: log.own("\(error)"))
            // Changes to the first response stay; one that a hook put in its place is dropped with the chain.
            let left = box.response
            return left.identity == response.identity ? left : response
        }
        log.instant(.responseMade, value: Int64(box.response.status))
        return box.response
    }

    private func runAfterHooks(_ box: ResponseBox) async throws {
        for function in request.afterThisRequestFunctions {
            try await runAfterHook(function, .afterThisRequest, box)
        }
        for function in table.scope.afterRequest.reversed() {
            try await runAfterHook(function, .afterRequest, box)
        }
    }

    private func runAfterHook(_ hook: AfterFunction, _ kind: EventKind, _ box: ResponseBox) async throws {
        let given = box.response
        let input = AfterInput(request: request, response: given, progress: box)
        box.response = try await invoker.call(
            hook, input,
            CallRecord(kind: kind, value: Int64(given.status)) {
                $0.identity == given.identity ? .same : .replaced
            })
    }

    // MARK: Errors

    /// Looks for a handler (`Flask: app.py handle_user_exception, handle_http_exception`).
    private func handleUserException(_ error: any Error) async throws -> any ResponseConvertible {
        if let http = error as? HTTPError, http.kind == .requestRedirect { return http }
        if let handler = table.handler(for: error) { return try await run(handler, error) }
        if let http = error as? HTTPError { return http }
        // An error of an app's own HTTP kind is its own answer too.
        if let kinded = error as? any KindedError, kinded.kind.isCase(of: .httpException) {
            return HTTPError(kinded.kind, message: "\(error)")
        }
        throw error
    }

    /// Makes a 500 of an error that nobody handled (`Flask: app.py handle_exception`).
    private func handleException(_ error: any Error) async throws -> Response {
        log.instant(.unhandled, ErrorLineage.label(of: error), detail: log.own("\(error)"))
        send(.gotRequestException, error)
        if table.propagatesErrors { throw error }
        let server = HTTPError(.internalServerError, original: error)
        guard let handler = table.handler(for: server) else {
            return try await finalize(server, isFinishingError: true)
        }
        return try await finalize(try await run(handler, server), isFinishingError: true)
    }

    private func run(_ handler: HandlerFunction, _ error: any Error) async throws -> any ResponseConvertible {
        let answer = try await invoker.call(
            handler, ErrorInput(request: request, error: error),
            CallRecord(kind: .errorHandler, error: error) { $0 == nil ? .nothing : .response })
        return answer ?? Nothing(function: "The error handler \(handler.name.text)")
    }

    // MARK: Teardown

    /// Runs the teardown functions; gives the error that leaves the app, if one failed.
    private func tearDown(_ error: (any Error)?) async -> (any Error)? {
        var failure: (any Error)?
        do {
            try await run(table.scope.teardownRequest, .teardownRequest, error)
            send(.requestTearingDown, error)
        } catch { failure = error }
        do {
            try await run(table.teardownAppContext, .teardownAppContext, error)
            send(.appContextTearingDown, error)
            send(.appContextPopped)
        } catch { failure = error }
        return failure
    }

    private func run(_ functions: [TeardownFunction], _ kind: EventKind, _ error: (any Error)?) async throws {
        for function in functions.reversed() {
            try await invoker.call(
                function, TeardownInput(request: request, error: error),
                CallRecord(kind: kind, error: error) { _ in .done })
        }
    }

    private func send(_ signal: Signal, _ error: (any Error)? = nil) {
        guard let receivers = table.receivers[signal] else { return }
        log.instant(
            .signal, Label(signal.rawValue), detail: error.map(ErrorLineage.label(of:)) ?? .none)
        let context = TaskContext(
            call: CallContext(log: log, span: .none, owner: request), span: .none, variables: VariableStore())
        TaskContext.$current.withValue(context) {
            for receiver in receivers { receiver(request, error) }
        }
    }
}

/// Stands where a function returned nothing: making a response of it fails, outside the look-up of handlers, as in
/// Flask.
private struct Nothing: ResponseConvertible {
    let function: String

    func makeResponse() throws -> Response { throw NothingReturned(function: function) }
}
