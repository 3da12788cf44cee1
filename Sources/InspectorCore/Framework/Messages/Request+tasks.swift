// Tasks that a request starts beside the function that runs.

internal import NIOCore

/// A background task could not be started.
struct NoBackgroundTask: KindedError, CustomStringConvertible {
    let name: String

    var kind: ErrorKind { .runtimeError }

    var description: String {
        "The background task \(name) could not be started: \(BackgroundTasks.limit) of this lane run already, or the "
            + "lane is ending."
    }
}

extension Request {
    /// Starts a task beside the function that runs, on its loop.
    ///
    /// It is cancelled **and awaited** when the function ends, before the next hook begins, as `asyncio.run` does for
    /// Flask. Only in an async function: a sync one has no loop, and there this does nothing but say so in the trace.
    public func spawn(_ label: String, _ body: @escaping @Sendable () async throws -> Void) {
        guard let context = TaskContext.current, let executor = context.call.executor else {
            mark("spawn \(label): not run, a sync function has no event loop")
            return
        }
        let task = Task(executorPreference: executor) {
            do { try await runChild(of: context, name: label, body: body) } catch {
                // Recorded as the span's outcome; there is nobody left to throw it to.
            }
        }
        context.call.keep(task)
    }

    /// Starts a task that may go on when the request is answered, for at most `lifetime`.
    ///
    /// Beyond Flask, where a task ends with the function that started it. It runs on a loop of its own (in `native` mode
    /// on the connection's) without the request's context, is seen in the trace until it ends, and is cancelled when
    /// its lifetime is over or the lane stops. A lane runs 64 of them at a time.
    ///
    /// - Throws: an error of kind `RuntimeError` when no more can be started.
    public func background(
        _ name: String, lifetime: Duration, _ body: @escaping @Sendable () async throws -> Void
    ) throws {
        let control = CallControl()
        let tasks = executors.background
        guard let number = tasks.begin(control) else { throw NoBackgroundTask(name: name) }
        let label = log.own(text: name)
        let span = log.begin(
            .background, label: label, parent: TaskContext.current?.span ?? .none,
            value: Int64(clamping: lifetime.nanoseconds)
        )
        let log = log
        let mode = mode
        let queue = executors.queue
        let call = SubThread.Call(
            log: log, parent: span, function: Label("background task"), ordinal: mode == .native ? 0 : nextSubThread(),
            control: control,
            context: { loop, executor in
                let context = CallContext(
                    log: log, span: span, loop: loop, executor: executor, mayOutlive: true,
                    blocksItsOwnConsumer: mode == .native)
                return TaskContext(call: context, span: span, variables: VariableStore())
            })
        // The task that waits is the loop's; what it waits for has a thread of its own.
        Task(executorPreference: LoopExecutor(queue: queue, dispatching: log.summary.id)) {
            let limited: @Sendable () async throws -> Void = { try await withTimeout(lifetime, body) }
            do {
                if mode == .native {
                    try await LoopExecutor.run(call, on: queue, body: limited)
                } else {
                    try await SubThread.run(call, on: .new, body: limited)
                }
                log.end(.background, span: span)
            } catch {
                let outcome: Outcome =
                    error is TimeoutError ? .timedOut : error is CancellationError ? .cancelled : .failed
                log.end(.background, span: span, outcome: outcome, detail: ErrorLineage.label(of: error))
            }
            tasks.end(number)
        }
    }

    /// Tells the receivers of a signal that is sent from within a function; async ones cannot be called from there.
    func send(_ signal: Signal) throws {
        for receiver in app.table.receivers[signal] ?? [] {
            guard case .sync(let body)? = receiver.variant(in: .sync) else { continue }
            let context = TaskContext.current
            let span = log.begin(.signal, label: receiver.name, parent: context?.span ?? .none, task: CurrentTask.short)
            do {
                try body(ErrorGiven(request: self, error: nil))
                log.end(.signal, span: span)
            } catch {
                log.end(.signal, span: span, outcome: .raised, detail: ErrorLineage.label(of: error))
                throw error
            }
        }
    }

    func noteFlash(_ message: String) {
        // A receiver that fails does not take the message back; it is told in the trace.
        do { try send(.messageFlashed) } catch { mark("message_flashed failed", "\(error)") }
    }
}
