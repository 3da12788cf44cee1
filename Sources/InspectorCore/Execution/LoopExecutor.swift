// An event loop of the server, as the executor of one call: `native` mode. The loop is shared by many connections;
// this object is made for each call, so that every poll is known to be its call's.

internal import NIOCore
internal import Synchronization

/// Runs one call's tasks on a connection's event loop, and records each poll.
package final class LoopExecutor: TaskExecutor, TimerLoop, JobRunner {
    private let queue: LoopQueue
    private let observer: PollObserver
    private let timers = TimerTable()

    private init(_ queue: LoopQueue, observer: PollObserver) {
        self.queue = queue
        self.observer = observer
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        queue.enqueue(UnownedJob(job), since: observer.isObserving ? MonotonicClock.now() : 0, for: self)
    }

    package func run(_ job: UnownedJob, since: UInt64) {
        observer.observe(job, since: since) { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    package func schedule(at time: UInt64, _ body: @escaping @Sendable () -> Void) -> UInt64? {
        let now = MonotonicClock.now()
        let delay = TimeAmount.nanoseconds(Int64(clamping: time > now ? time - now : 0))
        let number = timers.newNumber()
        let scheduled = queue.eventLoop.scheduleTask(in: delay) { [timers] in
            timers.forget(number)
            body()
        }
        timers.keep(number, cancel: { scheduled.cancel() })
        return number
    }

    package func cancelTimer(_ number: UInt64) { timers.cancel(number) }

    /// Runs `body` as a task on the loop of `queue`, and returns when it and all that it spawned have ended.
    ///
    /// - Throws: what `body` throws, or `AbandonedCall`.
    nonisolated(nonsending) static func run<Success: Sendable>(
        _ call: SubThread.Call, on queue: LoopQueue, _ body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        let executor = LoopExecutor(
            queue, observer: PollObserver(log: call.log, parent: call.parent, function: call.function))
        let context = call.context(executor, executor)
        guard let control = call.control else { return try await run(executor, context, body) }
        // A task apart, which can be left behind.
        let ended = EndSignal()
        let shared = CallOutcome<Success>()
        let task = Task(executorPreference: executor) {
            let result: Result<Success, any Error>
            do { result = .success(try await run(executor, context, body)) } catch { result = .failure(error) }
            shared.value.withLock { $0 = result }
            ended.tell(.ended)
        }
        control.attach(cancel: { task.cancel() }, abandon: { ended.tell(.abandoned) })
        if await ended.wait() == .abandoned {
            call.log.instant(.abandoned, call.function, parent: call.parent)
            throw AbandonedCall()
        }
        return try shared.value.withLock { $0 ?? .failure(CancellationError()) }.get()
    }

    nonisolated(nonsending) private static func run<Success: Sendable>(
        _ executor: LoopExecutor, _ context: TaskContext, _ body: @Sendable () async throws -> Success
    ) async throws -> Success {
        try await withTaskExecutorPreference(executor) {
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
