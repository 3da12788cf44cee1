// Calls one of an app's functions where the mode says it runs, and records the call.

internal import NIOCore

/// How a call is recorded.
struct CallRecord<Output: Sendable>: Sendable {
    let kind: EventKind
    /// What is told when it begins: the status that an after hook is given, say.
    var value: Int64 = 0
    /// The middleware that runs around it.
    var parent = SpanID.none
    /// An error that the function is given.
    var error: (any Error)?
    /// How it ended, judged by what it returned.
    let outcome: @Sendable (Output) -> Outcome

    /// Whether a request that was stopped skips it, and what runs of it is cancelled: all but teardown.
    var isStoppable: Bool {
        switch kind {
        case .teardownRequest, .teardownAppContext, .signal: false
        default: true
        }
    }
}

/// A request was stopped by us: Flask's path for a `BaseException`.
struct Stopped: Error {
    let reason: any KindedError
}

/// Calls functions for one request.
///
/// Where Flask's `ensure_sync` decides, this does: the one place that knows where async code runs.
struct Invoker: Sendable {
    let request: Request
    /// Nil in `native` mode, where the connection's loop runs what is async.
    let loops: RequestLoops?

    init(request: Request) {
        self.request = request
        loops =
            request.mode == .native
            ? nil : RequestLoops(policy: request.app.table.options.subThreads, pool: request.executors.loops)
    }

    private var executors: LaneExecutors { request.executors }

    /// Calls `function`, and waits for it without holding anything but what its mode holds.
    ///
    /// - Throws: what the function throws; `Stopped` when the request was stopped before or meanwhile.
    func call<Input, Output>(
        function: RegisteredFunction<Input, Output>, input: Input, record: CallRecord<Output>
    ) async throws -> Output {
        try await stoppable(record) { try await start(function, input: input, record: record, control: $0) }
    }

    /// Runs a call that may be stopped from outside, by the control that `body` is given; nil where it may not.
    func stoppable<Output>(
        _ record: CallRecord<Output>, body: (CallControl?) async throws -> Output
    ) async throws -> Output {
        guard record.isStoppable, request.canBeStopped else { return try await body(nil) }
        let control = CallControl()
        try request.begin(control)
        defer { request.end(control) }
        do {
            let output = try await body(control)
            // It took notice of its cancellation and gave an answer in time: that is heeded. What gave none goes no
            // further, and neither does one that came when the client had been answered.
            guard let reason = request.stopReason, reason is DeadlineExceeded else { return output }
            guard record.outcome(output) == .response, request.heedAnswer() else { throw Stopped(reason: reason) }
            return output
        } catch {
            guard let reason = request.stopReason, error is CancellationError || error is AbandonedCall else {
                throw error
            }
            throw Stopped(reason: reason)
        }
    }

    private func start<Input, Output>(
        _ function: RegisteredFunction<Input, Output>, input: Input, record: CallRecord<Output>,
        control: CallControl?
    ) async throws -> Output {
        switch (request.mode, function.variant(in: request.mode)) {
        case (_, nil):
            throw HTTPError(.internalServerError, message: "\(function.name.text) has no function to call.")
        case (.native, .sync(let body)?):
            return try await onPool { try runSync(function, record: record) { try body(input) } }
        case (_, .sync(let body)?):
            return try runSync(function, record: record) { try body(input) }
        case (.native, .async(let body)?):
            // Without polls to be told apart and a call to be left behind, an executor of its own would only cost.
            if let dispatching = executors.dispatching, control == nil, !request.log.isRecording {
                return try await dispatching.runHere(call(function: function, record: record, ordinal: 0, control: nil))
                {
                    try await runAsync(function, record: record, control: nil, flags: [.isAsync]) {
                        try await body(input)
                    }
                }
            }
            return try await LoopExecutor.run(
                call(function: function, record: record, ordinal: 0, control: control), on: executors.queue
            ) {
                try await runAsync(function, record: record, control: control, flags: [.isAsync]) {
                    try await body(input)
                }
            }
        case (_, .async(let body)?):
            let ordinal = request.nextSubThread()
            let place = try loops?.take(name: "loop-\(request.number)") ?? .new
            do {
                let output = try await SubThread.run(
                    call(function: function, record: record, ordinal: ordinal, control: control), on: place
                ) {
                    try await runAsync(function, record: record, control: control, flags: [.isAsync, .onSubThread]) {
                        try await body(input)
                    }
                }
                loops?.giveBack(place)
                return output
            } catch {
                if error is AbandonedCall { loops?.forget(place) } else { loops?.giveBack(place) }
                throw error
            }
        }
    }

    private func runSync<Input, Output>(
        _ function: RegisteredFunction<Input, Output>, record: CallRecord<Output>, body: () throws -> Output
    ) throws -> Output {
        let log = request.log
        let span = begin(function, record: record, flags: [])
        let before = ThreadRecord.enter(request: request.number, function: function.name.immortalText)
        defer { ThreadRecord.leave(before) }
        let variables = VariableStore(request.variables)
        let call = CallContext(
            log: log, span: span, owner: owner(record: record), mayOutlive: record.kind == .stream)
        let context = TaskContext(call: call, span: span, variables: variables)
        defer { request.variables = variables.values }
        do {
            let output = try TaskContext.$current.withValue(context, operation: body)
            log.end(record.kind, span: span, outcome: record.outcome(output))
            return output
        } catch {
            note(error, thrownIn: span)
            log.end(record.kind, span: span, outcome: .raised, detail: ErrorLineage.label(of: error))
            throw error
        }
    }

    private func runAsync<Input, Output>(
        _ function: RegisteredFunction<Input, Output>, record: CallRecord<Output>, control: CallControl?,
        flags: Event.Flags, body: @Sendable () async throws -> Output
    ) async throws -> Output {
        let log = request.log
        guard let outer = TaskContext.current else { return try await body() }
        guard log.isRecording else {
            defer { if control?.isAbandoned != true { request.variables = outer.variables.values } }
            return try await body()
        }
        let task = CurrentTask.short
        let span = begin(function, record: record, flags: flags, task: task)
        let context = TaskContext(call: outer.call, span: span, variables: outer.variables)
        // A call that was left to itself writes into a request that has gone on without it: not its variables.
        defer { if control?.isAbandoned != true { request.variables = outer.variables.values } }
        do {
            let output = try await TaskContext.$current.withValue(context, operation: body)
            log.end(record.kind, span: span, outcome: record.outcome(output), task: task)
            return output
        } catch {
            note(error, thrownIn: span)
            log.end(record.kind, span: span, outcome: .raised, detail: ErrorLineage.label(of: error), task: task)
            throw error
        }
    }

    /// Records what an error says, where it came out of a function.
    func note(_ error: any Error, thrownIn span: SpanID) {
        let log = request.log
        guard log.isRecording else { return }
        log.instant(
            .thrown, label: ErrorLineage.label(of: error), detail: log.own(text: "\(error)"), parent: span)
    }

    func begin<Input, Output>(
        _ function: RegisteredFunction<Input, Output>, record: CallRecord<Output>, flags: Event.Flags,
        task: UInt32 = 0
    ) -> SpanID {
        let log = request.log
        let span = log.begin(
            record.kind, label: function.name, detail: function.scope,
            // On a sub-thread it lies in that, which lies in the middleware.
            parent: flags.contains(.onSubThread) ? .none : record.parent, value: record.value, flags: flags, task: task)
        if let error = record.error {
            log.instant(.givenError, label: ErrorLineage.label(of: error), detail: original(of: error), parent: span)
        }
        return span
    }

    private func original(of error: any Error) -> Label {
        (error as? HTTPError)?.original.map(ErrorLineage.label(of:)) ?? .none
    }

    /// The request as its functions see it; a stream's function has none, unless it keeps it.
    private func owner<Output>(record: CallRecord<Output>) -> Request? {
        record.kind == .stream && !request.keepsContext ? nil : request
    }

    private func call<Input, Output>(
        function: RegisteredFunction<Input, Output>, record: CallRecord<Output>, ordinal: Int,
        control: CallControl?
    ) -> SubThread.Call {
        let owner = owner(record: record)
        return SubThread.Call(
            log: request.log, parent: ordinal > 0 ? record.parent : .none, function: function.name, ordinal: ordinal,
            control: control,
            context: { [request] loop, executor in
                let call = CallContext(
                    log: request.log, span: .none, loop: loop, executor: executor, owner: owner,
                    mayOutlive: record.kind == .stream, blocksItsOwnConsumer: request.mode == .native)
                return TaskContext(call: call, span: .none, variables: VariableStore(request.variables))
            })
    }

    /// Runs `body` on a thread of the pool; the event loop goes on meanwhile.
    private func onPool<Output: Sendable>(
        _ body: @escaping @Sendable () throws -> Output
    ) async throws -> Output {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = executors.pool.submit(
                .block { continuation.resume(with: Result(catching: body)) })
            if !isTaken {
                continuation.resume(
                    throwing: HTTPError(.serviceUnavailable, message: "No thread of the pool could be had."))
            }
        }
    }
}
