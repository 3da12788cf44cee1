// Calls a middleware: around all that comes after it, where the request is dispatched.

extension Invoker {
    /// Calls `function` on the thread that dispatches: the worker's own loop, or the connection's.
    ///
    /// A thread of its own, as an async view has one, would have to hand the rest of the request back to the worker, which
    /// waits for it meanwhile; WSGI middleware runs on the worker as well.
    ///
    /// - Parameter rest: runs what comes after it; it is given the middleware's span, in which that lies.
    /// - Throws: what the middleware throws; `Stopped` when the request was stopped before or meanwhile.
    func call(
        middleware function: MiddlewareFunction, record: CallRecord<Response>,
        rest: @escaping @Sendable (SpanID) async throws -> Response
    ) async throws -> Response {
        try await stoppable(record) { control in
            guard let control, let place: any TaskExecutor = request.executors.dispatching ?? loops?.worker else {
                return try await run(function, record: record, control: control, rest: rest)
            }
            return try await control.run(on: place) {
                try await run(function, record: record, control: control, rest: rest)
            } abandoned: {
                request.log.instant(.abandoned, label: function.name)
            }
        }
    }

    private func run(
        _ function: MiddlewareFunction, record: CallRecord<Response>, control: CallControl?,
        rest: @escaping @Sendable (SpanID) async throws -> Response
    ) async throws -> Response {
        guard case .async(let body)? = function.variant(in: .async) else {
            throw HTTPError(.internalServerError, message: "\(function.name.text) has no function to call.")
        }
        let span = begin(function, record: record, flags: [], task: CurrentTask.short)
        let variables = VariableStore(request.variables)
        let dispatching = request.executors.dispatching
        let call = CallContext(
            log: request.log, span: span, loop: dispatching ?? loops?.worker, executor: dispatching ?? loops?.worker,
            owner: request, blocksItsOwnConsumer: request.mode == .native)
        let context = TaskContext(call: call, span: span, variables: variables)
        let next = Next { [request] in
            // What it wraps sees the context variables that it has set, and it those that are set there.
            request.variables = variables.values
            defer { variables.values = request.variables }
            return try await TaskContext.$current.withValue(nil) { try await rest(span) }
        }
        defer { if control?.isAbandoned != true { request.variables = variables.values } }
        let input = MiddlewareInput(request: request, next: next)
        do {
            let response = try await named(function.name) { try await context.run { try await body(input) } }
            request.log.end(record.kind, span: span, outcome: .response, task: CurrentTask.short)
            return response
        } catch {
            note(error, thrownIn: span)
            request.log.end(
                record.kind, span: span, outcome: .raised, detail: ErrorLineage.label(of: error),
                task: CurrentTask.short)
            throw error
        }
    }

    /// Runs `body` under the name of `function`, by which a crash report knows it.
    private func named<Output: Sendable>(
        _ function: Label, body: @Sendable () async throws -> Output
    ) async throws -> Output {
        if let dispatching = request.executors.dispatching { return try await dispatching.named(function, body: body) }
        // The worker is the request's alone until it is over.
        let before = ThreadRecord.enter(request: request.number, function: function.immortalText)
        defer { ThreadRecord.leave(before) }
        return try await body()
    }
}
