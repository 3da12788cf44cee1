// An event loop of the server, as the executor of one call: `native` mode. The loop is shared by many connections;
// this object is made for each call, so that every poll is known to be its call's.

internal import NIOCore

/// Runs one call's tasks on a connection's event loop, and records each poll.
package final class LoopExecutor: TaskExecutor, TimerLoop {
    private let eventLoop: any EventLoop
    private let observer: PollObserver
    private let timers = TimerTable()

    private init(eventLoop: any EventLoop, observer: PollObserver) {
        self.eventLoop = eventLoop
        self.observer = observer
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let since = MonotonicClock.now()
        eventLoop.execute { [self] in
            observer.observe(job, since: since) { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    package func schedule(at time: UInt64, _ body: @escaping @Sendable () -> Void) -> UInt64? {
        let now = MonotonicClock.now()
        let delay = TimeAmount.nanoseconds(Int64(clamping: time > now ? time - now : 0))
        let number = timers.newNumber()
        let scheduled = eventLoop.scheduleTask(in: delay) { [timers] in
            timers.forget(number)
            body()
        }
        timers.keep(number, cancel: { scheduled.cancel() })
        return number
    }

    package func cancelTimer(_ number: UInt64) { timers.cancel(number) }

    /// Runs `body` as a task on `eventLoop`, and returns when it and all that it spawned have ended.
    static func run<Success: Sendable>(
        on eventLoop: any EventLoop, log: RequestLog, parent: SpanID, function: Label,
        context: @Sendable (any TimerLoop, any TaskExecutor) -> TaskContext,
        _ body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        let executor = LoopExecutor(
            eventLoop: eventLoop, observer: PollObserver(log: log, parent: parent, function: function))
        let context = context(executor, executor)
        return try await withTaskExecutorPreference(executor) {
            try await TaskContext.$current.withValue(context) {
                do {
                    let result = try await body()
                    await context.call.endSpawned()
                    return result
                } catch {
                    await context.call.endSpawned()
                    throw error
                }
            }
        }
    }
}

extension EventLoop {
    /// This loop as an executor that records nothing: what runs a request's own dispatch in `native` mode.
    func makeDispatchExecutor() -> any TaskExecutor { DispatchExecutor(eventLoop: self) }
}

/// An event loop as a plain executor.
private final class DispatchExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
