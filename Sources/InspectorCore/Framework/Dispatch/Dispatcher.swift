// A request's way through an app, in Flask's order (`Flask: app.py wsgi_app, full_dispatch_request`).
// Where a function runs is not decided here: see `Invoker`.

internal import NIOCore

/// What became of a request.
package enum DispatchResult: Sendable {
    case response(Response)
    /// The head, and where the body comes from.
    case streaming(Response, StreamPipe)
    /// The error left the app: the server answers with a bare 500.
    case propagated(any Error)
    /// There is nobody to answer: the connection is dropped.
    case dropped

    /// What the client gets: the response, or the server's bare 500.
    package var answer: Response {
        switch self {
        case .response(let response), .streaming(let response, _): response
        case .propagated: HTTPError(status: 500).makeResponse()
        // The status that nginx's log has for a client that closed its request.
        case .dropped: Response("", status: 499)
        }
    }
}

/// Dispatches one request.
struct Dispatcher: Sendable {
    // Two references, no more: each of the functions below that is suspended keeps its own copy.
    private let invoker: Invoker

    init(request: Request) { invoker = Invoker(request: request) }

    private var request: Request { invoker.request }
    private var table: AppTable { request.app.table }
    private var log: RequestLog { request.log }

    /// Runs the whole of it: teardown, and the body of a response that is streamed, included.
    ///
    /// - Parameter worker: the worker's own loop; nil on a connection's.
    func run(_ reply: Reply, worker: WorkerLoop?) async {
        invoker.loops?.worker = worker
        var unhandled: (any Error)?
        var left: (any Error)?
        var response: Response?
        var isDropped = false
        var watch: DeadlineWatch?
        do {
            try await send(.appContextPushed)
            let match = route()
            watch = deadline(of: match, reply: reply)
            response = try await fullDispatch(match)
        } catch let stopped as Stopped {
            unhandled = stopped.reason
            isDropped = stopped.reason is ClientDisconnected
            response = DeadlineWatch.answer(to: request)
        } catch {
            unhandled = error
            do { response = try await handleException(error) } catch let stopped as Stopped {
                isDropped = stopped.reason is ClientDisconnected
                response = DeadlineWatch.answer(to: request)
            } catch { left = error }
        }
        watch?.end()
        request.endDeadline()
        // The frames come after the answer. An open span keeps the request from being told of before they are there.
        let traced = unhandled.flatMap { log.isRecording && ThrownErrors.shared.knows($0) ? $0 : nil }
        let thrown = traced == nil ? 0 : MonotonicClock.now()
        let backtrace = traced == nil ? SpanID.none : log.begin(.backtrace, at: thrown)
        if isDropped { log.instant(.cancelled) }
        if let response, left == nil, !isDropped, let stream = startedStream(of: response) {
            await finish(response, stream: stream, error: unhandled, reply: reply)
        } else {
            if let failure = await tearDown(unhandled) { left = failure }
            if let left { note(left) }
            reply.send(isDropped ? .dropped : left.map(DispatchResult.propagated) ?? result(response: response))
        }
        request.stopReadingBody()
        watch?.release()
        invoker.loops?.end()
        if let traced { tell(traced, in: backtrace, at: thrown) }
    }

    /// Records where an error was thrown that nobody handled.
    private func tell(_ error: any Error, in span: SpanID, at time: UInt64) {
        ThrownErrors.shared.tell(error) { [log] frames in
            for frame in frames {
                log.instant(
                    .frame, label: log.own(text: frame.function), detail: log.own(text: frame.place), parent: span,
                    at: time)
            }
            log.end(.backtrace, span: span, at: time)
        }
    }

    private func result(response: Response?) -> DispatchResult {
        response.map(DispatchResult.response) ?? .propagated(NothingReturned(function: "The app"))
    }

    private func note(_ error: any Error) {
        log.instant(.propagate, label: ErrorLineage.label(of: error), detail: log.own(text: "\(error)"))
    }

    private func deadline(of match: RouteMatch, reply: Reply) -> DeadlineWatch? {
        guard case .view(let route, _) = match, let deadline = route.deadline else { return nil }
        return DeadlineWatch(
            request: request, nanoseconds: deadline, on: request.executors.queue.eventLoop, reply: reply)
    }

    // MARK: Until the response

    private func route() -> RouteMatch {
        let span = log.begin(.routing)
        let match = table.router.match(
            method: request.method, path: request.path, query: request.queryString, base: request.base)
        switch match {
        case .view(let route, let arguments), .automaticOptions(let route, let arguments, _):
            request.setMatch(route, arguments: arguments)
            log.end(.routing, span: span, outcome: .done, label: route.rule.label, detail: Label(route.endpoint))
        case .error(let error):
            // Only kept: the before hooks run first, and one of them may answer (`Flask: ctx.py match_request`).
            log.end(.routing, span: span, outcome: .raised, detail: error.kind.label)
        }
        return match
    }

    private func fullDispatch(_ match: RouteMatch) async throws -> Response {
        let answer: any ResponseConvertible
        do {
            try await send(.requestStarted)
            let chain = request.chain
            answer = chain.hasBeforeHooks ? try await runHooks(chain, match: match) : try await runView(match)
        } catch let stopped as Stopped {
            throw stopped
        } catch {
            return try await finalize(try await handleUserException(error))
        }
        return try await finalize(answer)
    }

    /// Runs the before hooks, and the view unless one of them answers.
    private func runHooks(_ chain: Chain, match: RouteMatch) async throws -> any ResponseConvertible {
        for hook in chain.urlValuePreprocessors {
            try await invoker.call(
                function: hook, input: request, record: CallRecord(kind: .urlValuePreprocessor) { _ in .done })
        }
        return try await runBeforeView(chain.beforeView[...], match: match, parent: .none)
    }

    /// - Parameters:
    ///   - rest: the before hooks and the middleware that are left.
    ///   - parent: the middleware that runs around them.
    private func runBeforeView(
        _ rest: ArraySlice<BeforeView>, match: RouteMatch, parent: SpanID
    ) async throws -> any ResponseConvertible {
        for place in rest.indices {
            switch rest[place] {
            case .hook(let hook):
                let answer = try await invoker.call(
                    function: hook, input: request,
                    record: CallRecord(kind: .beforeRequest, parent: parent) { $0 == nil ? .continue : .response })
                if let answer { return answer }
            case .middleware(let middleware):
                let inner = rest[(place + 1)...]
                return try await invoker.call(
                    middleware: middleware, record: CallRecord(kind: .middleware, parent: parent) { _ in .response }
                ) { try await response(of: runBeforeView(inner, match: match, parent: $0)) }
            }
        }
        return try await runView(match, parent: parent)
    }

    private func runView(
        _ match: RouteMatch, parent: SpanID = .none
    ) async throws -> any ResponseConvertible {
        switch match {
        case .error(let error):
            throw error
        case .automaticOptions(_, _, let allow):
            log.instant(.autoOptions, parent: parent)
            return Response("", headers: ["Allow": allow.joined(separator: ", ")])
        case .view(let route, _):
            guard let view = route.view.function(for: request.method) else { throw HTTPError(.methodNotAllowed) }
            let answer = try await invoker.call(
                function: view, input: request,
                record: CallRecord(kind: .view, parent: parent) { $0 == nil ? .nothing : .response })
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
        let response = try response(of: answer)
        let box = ResponseBox(response: response)
        do {
            let hooks = request.afterThisRequestFunctions
            let chain = request.chain
            if !hooks.isEmpty || !chain.afterRequest.isEmpty { try await runAfterHooks(hooks, chain: chain, box: box) }
            try request.saveSession(into: &box.response, signer: table.sessions)
            try await send(.requestFinished)
        } catch {
            guard isFinishingError, !(error is Stopped) else { throw error }
            log.instant(.finalizeErrorIgnored, label: ErrorLineage.label(of: error), detail: log.own(text: "\(error)"))
            // Changes to the first response stay; one that a hook put in its place is dropped with the chain.
            let left = box.response
            return left.identity == response.identity ? left : response
        }
        box.response.encodeAddresses()
        log.instant(.responseMade, value: Int64(box.response.status))
        return box.response
    }

    /// An HTTP error is written in the app's form.
    private func response(of answer: any ResponseConvertible) throws -> Response {
        guard let http = answer as? HTTPError else { return try answer.makeResponse() }
        return http.makeResponse(in: table.options.errors, accept: request.headers["Accept"])
    }

    private func runAfterHooks(_ hooks: [AfterFunction], chain: Chain, box: ResponseBox) async throws {
        for function in hooks { try await runAfterHook(function, kind: .afterThisRequest, box: box) }
        for function in chain.afterRequest { try await runAfterHook(function, kind: .afterRequest, box: box) }
    }

    private func runAfterHook(
        _ hook: AfterFunction, kind: EventKind, box: ResponseBox
    ) async throws {
        let given = box.response
        let input = AfterInput(request: request, response: given, progress: box)
        box.response = try await invoker.call(
            function: hook, input: input,
            record: CallRecord(kind: kind, value: Int64(given.status)) {
                $0.identity == given.identity ? .same : .replaced
            })
    }

    // MARK: Errors

    /// Looks for a handler (`Flask: app.py handle_user_exception, handle_http_exception`).
    private func handleUserException(_ error: any Error) async throws -> any ResponseConvertible {
        if let http = error as? HTTPError, http.kind == .requestRedirect { return http }
        if let handler = request.chain.handler(for: error) { return try await run(handler, error: error) }
        if table.options.trapsHTTPErrors { throw error }
        // An error that is an answer is its own, as an HTTP error is.
        if let answer = error as? any ResponseConvertible { return answer }
        if let http = HTTPError(error) { return http }
        throw error
    }

    /// Makes a 500 of an error that nobody handled (`Flask: app.py handle_exception`).
    private func handleException(_ error: any Error) async throws -> Response {
        log.instant(.unhandled, label: ErrorLineage.label(of: error), detail: log.own(text: "\(error)"))
        try await send(.gotRequestException, error: error)
        if table.options.propagatesErrors { throw error }
        let server = HTTPError(.internalServerError, original: error)
        guard let handler = request.chain.handler(for: server) else {
            return try await finalize(server, isFinishingError: true)
        }
        return try await finalize(try await run(handler, error: server), isFinishingError: true)
    }

    private func run(
        _ handler: HandlerFunction, error: any Error
    ) async throws -> any ResponseConvertible {
        let answer = try await invoker.call(
            function: handler, input: ErrorInput(request: request, error: error),
            record: CallRecord(kind: .errorHandler, error: error) { $0 == nil ? .nothing : .response })
        return answer ?? Nothing(function: "The error handler \(handler.name.text)")
    }

    // MARK: Teardown

    /// Runs the teardown functions; gives the error that leaves the app, if one failed.
    private func tearDown(_ error: (any Error)?) async -> (any Error)? {
        var failure: (any Error)?
        do {
            let functions = request.chain.teardownRequest
            if !functions.isEmpty { try await run(functions, kind: .teardownRequest, error: error) }
            try await send(.requestTearingDown, error: error)
        } catch { failure = error }
        do {
            let functions = table.teardownAppContext
            if !functions.isEmpty { try await run(functions, kind: .teardownAppContext, error: error) }
            try await send(.appContextTearingDown, error: error)
            try await send(.appContextPopped)
        } catch { failure = table.options.runsAllTeardowns ? failure ?? error : error }
        return failure
    }

    private func run(
        _ functions: [TeardownFunction], kind: EventKind, error: (any Error)?
    ) async throws {
        var failure: (any Error)?
        for function in functions {
            do {
                try await invoker.call(
                    function: function, input: ErrorGiven(request: request, error: error),
                    record: CallRecord(kind: kind, error: error) { _ in .done })
            } catch {
                // Flask 2 and 3.1 skip the rest; 3.2 runs them all and raises then.
                guard table.options.runsAllTeardowns else { throw error }
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    // In its caller's place: most apps hear no signal, and a call that may suspend costs more than to ask.
    @inline(__always)
    private func send(_ signal: Signal, error: (any Error)? = nil) async throws {
        guard !table.receivers.isEmpty, let receivers = table.receivers[signal] else { return }
        try await send(to: receivers, error: error)
    }

    private func send(to receivers: [SignalFunction], error: (any Error)?) async throws {
        for receiver in receivers {
            try await invoker.call(
                function: receiver, input: ErrorGiven(request: request, error: error),
                record: CallRecord(kind: .signal, error: error) { _ in .done })
        }
    }

    // MARK: Streaming

    /// The body to be produced, if there is one to be: for HEAD a stream never starts.
    private func startedStream(of response: Response) -> StreamedBody? {
        guard let stream = response.stream, request.method != "HEAD", response.mayHaveBody else { return nil }
        return stream
    }

    /// Tears down and streams, in the order that the response asks for.
    private func finish(
        _ response: Response, stream: StreamedBody, error: (any Error)?, reply: Reply
    ) async {
        if !stream.keepsContext, let failure = await tearDown(error) {
            note(failure)
            reply.send(.propagated(failure))
            return
        }
        let pipe = StreamPipe()
        let isHeard = reply.send(.streaming(response, pipe))
        var isWhole = false
        if isHeard { isWhole = await produce(stream, pipe: pipe) }
        // Before the end is handed over: a teardown that fails cuts the answer, as it does in Flask, where the context
        // ends within the generator.
        if stream.keepsContext, let failure = await tearDown(request.stopReason ?? error) {
            note(failure)
            isWhole = false
        }
        pipe.finish(failed: !isWhole)
    }

    /// Runs the stream's function; whether it came to its end.
    private func produce(_ stream: StreamedBody, pipe: StreamPipe) async -> Bool {
        // Without a function there is nothing to write: it is another process's body, which no app can return.
        guard let function = stream.function else { return false }
        request.setKeepsContext(stream.keepsContext)
        do {
            try await invoker.call(
                function: function, input: ResponseWriter(pipe: pipe, log: log),
                record: CallRecord(kind: .stream) { _ in .done })
            return true
        } catch {
            // Nothing is left of the request that could answer: the connection is cut, as a WSGI server does.
            if !(error is ClientDisconnected), !(error is Stopped) { note(error) }
            return false
        }
    }
}

/// Stands where a function returned nothing: making a response of it fails, outside the look-up of handlers, as in
/// Flask.
private struct Nothing: ResponseConvertible {
    let function: String

    func makeResponse() throws -> Response { throw NothingReturned(function: function) }
}
