// Calls one of an app's functions where the mode says it runs, and records the call.

internal import NIOCore

/// Where functions run, besides the thread that dispatches: what a lane gives its dispatcher.
struct Places: Sendable {
    /// Runs sync functions in `native` mode.
    let pool: WorkerPool
    /// Runs async functions in `native` mode; the connection's own.
    let eventLoop: (any EventLoop)?
}

/// How a call is recorded.
struct CallRecord<Output: Sendable>: Sendable {
    let kind: EventKind
    /// What is told when it begins: the status that an after hook is given, say.
    var value: Int64 = 0
    /// An error that the function is given.
    var error: (any Error)?
    /// How it ended, judged by what it returned.
    let outcome: @Sendable (Output) -> Outcome
}

/// Calls functions for one request.
///
/// Where Flask's `ensure_sync` decides, this does: the one place that knows where async code runs.
struct Invoker: Sendable {
    let request: Request
    let places: Places

    /// Calls `function`, and waits for it without holding anything but what its mode holds.
    ///
    /// - Throws: what the function throws.
    func call<Input, Output>(
        _ function: RegisteredFunction<Input, Output>, _ input: Input, _ record: CallRecord<Output>
    ) async throws -> Output {
        switch (request.mode, function.variant(in: request.mode)) {
        case (_, nil):
            throw HTTPError(.internalServerError, message: "\(function.name.text) has no function to call.")
        case (.native, .sync(let body)?):
            return try await onPool { try runSync(function, record) { try body(input) } }
        case (_, .sync(let body)?):
            return try runSync(function, record) { try body(input) }
        case (.native, .async(let body)?):
            guard let eventLoop = places.eventLoop else {
                throw HTTPError(.internalServerError, message: "A native lane has no event loop here.")
            }
            let context = contextMaker(function)
            return try await LoopExecutor.run(
                on: eventLoop, log: request.log, parent: .none, function: function.name, context: context
            ) {
                try await runAsync(function, record, flags: [.isAsync]) { try await body(input) }
            }
        case (_, .async(let body)?):
            let context = contextMaker(function)
            return try await SubThread.run(
                log: request.log, parent: .none, function: function.name, ordinal: request.nextSubThread(),
                context: context
            ) {
                try await runAsync(function, record, flags: [.isAsync, .onSubThread]) { try await body(input) }
            }
        }
    }

    private func runSync<Input, Output>(
        _ function: RegisteredFunction<Input, Output>, _ record: CallRecord<Output>, _ body: () throws -> Output
    ) throws -> Output {
        let log = request.log
        let span = begin(function, record, flags: [])
        let before = ThreadRecord.enter(request: request.number, function: function.name.immortalText)
        defer { ThreadRecord.leave(before) }
        let variables = VariableStore(request.variables)
        let call = CallContext(log: log, span: span, owner: request)
        let context = TaskContext(call: call, span: span, variables: variables)
        defer { request.variables = variables.values }
        do {
            let output = try TaskContext.$current.withValue(context, operation: body)
            log.end(record.kind, span, record.outcome(output))
            return output
        } catch {
            log.end(record.kind, span, .raised, detail: ErrorLineage.label(of: error))
            throw error
        }
    }

    private func runAsync<Input, Output>(
        _ function: RegisteredFunction<Input, Output>, _ record: CallRecord<Output>, flags: Event.Flags,
        _ body: @Sendable () async throws -> Output
    ) async throws -> Output {
        let log = request.log
        let task = CurrentTask.short
        let span = begin(function, record, flags: flags, task: task)
        guard let outer = TaskContext.current else { return try await body() }
        let context = TaskContext(call: outer.call, span: span, variables: outer.variables)
        defer { request.variables = outer.variables.values }
        do {
            let output = try await TaskContext.$current.withValue(context, operation: body)
            log.end(record.kind, span, record.outcome(output), task: task)
            return output
        } catch {
            log.end(record.kind, span, .raised, detail: ErrorLineage.label(of: error), task: task)
            throw error
        }
    }

    private func begin<Input, Output>(
        _ function: RegisteredFunction<Input, Output>, _ record: CallRecord<Output>, flags: Event.Flags,
        task: UInt32 = 0
    ) -> SpanID {
        let log = request.log
        let span = log.begin(
            record.kind, function.name, detail: function.scope, value: record.value, flags: flags, task: task)
        if let error = record.error {
            log.instant(.givenError, ErrorLineage.label(of: error), detail: original(of: error), parent: span)
        }
        return span
    }

    private func original(of error: any Error) -> Label {
        (error as? HTTPError)?.original.map(ErrorLineage.label(of:)) ?? .none
    }

    private func contextMaker<Input, Output>(
        _ function: RegisteredFunction<Input, Output>
    ) -> @Sendable (any TimerLoop, any TaskExecutor) -> TaskContext {
        { [request] loop, executor in
            let call = CallContext(
                log: request.log, span: .none, loop: loop, executor: executor, owner: request)
            return TaskContext(call: call, span: .none, variables: VariableStore(request.variables))
        }
    }

    /// Runs `body` on a thread of the pool; the event loop goes on meanwhile.
    private func onPool<Output: Sendable>(_ body: @escaping @Sendable () throws -> Output) async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = places.pool.submit(
                .block { continuation.resume(with: Result(catching: body)) })
            if !isTaken {
                continuation.resume(
                    throwing: HTTPError(.serviceUnavailable, message: "No thread of the pool could be had."))
            }
        }
    }
}
