// A new thread for one async call, with an event loop of its own: what `asgiref` gives each async function of a Flask
// app. It lives from the call's begin until its task and all that it spawned have ended, and is never used again.

internal import Glibc
internal import Synchronization

/// The thread and loop of one async call.
///
/// As a `TaskExecutor` it keeps the call's task, its structured children and every resumption on its thread. A bare
/// `Task {}` is not structured and runs on the global pool instead: use `spawn`.
package final class SubThread: TaskExecutor {
    private let loop = JobLoop()
    private let observer: PollObserver

    private init(observer: PollObserver) { self.observer = observer }

    package func enqueue(_ job: consuming ExecutorJob) { loop.enqueue(UnownedJob(job)) }

    /// Runs `body` on a new sub-thread, and returns when it and all that it spawned have ended.
    ///
    /// - Parameters:
    ///   - function: the name under which a crash report knows it.
    ///   - ordinal: which sub-thread of its request this is, from 1.
    ///   - context: makes the context of the call from its loop and executor.
    /// - Throws: what `body` throws, or `ThreadError`.
    package static func run<Success: Sendable>(
        log: RequestLog, parent: SpanID, function: Label, ordinal: Int,
        context: @Sendable (any TimerLoop, any TaskExecutor) -> TaskContext,
        _ body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        let track = ThreadRecord.newTrack()
        let span = log.begin(.subThread, function, parent: parent, value: Int64(ordinal), track: track)
        let thread = SubThread(observer: PollObserver(log: log, parent: span, function: function))
        let context = context(thread.loop, thread)
        let shared = Shared<Success>()
        let task = Task(executorPreference: thread) {
            let result = await TaskContext.$current.withValue(context) { () async -> Result<Success, any Error> in
                let result: Result<Success, any Error>
                do { result = .success(try await body()) } catch { result = .failure(error) }
                await context.call.endSpawned()
                return result
            }
            shared.outcome.withLock { $0 = $0 ?? result }
            thread.loop.stop()
        }
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { waiting in
                thread.start(log: log, span: span, ordinal: ordinal, track: track) { failure in
                    if let failure { shared.outcome.withLock { $0 = .failure(failure) } }
                    waiting.resume()
                }
            }
            return try shared.outcome.withLock { $0 ?? .failure(CancellationError()) }.get()
        } onCancel: {
            task.cancel()
        }
    }

    /// Starts the thread; `ended` is called once, on it, when its loop has ended (or here, when it could not start).
    private func start(
        log: RequestLog, span: SpanID, ordinal: Int, track: UInt32, ended: @escaping @Sendable (ThreadError?) -> Void
    ) {
        do throws(ThreadError) {
            try OwnThread.start("loop-\(log.summary.id.number).\(ordinal)", track: track) {
                log.instant(.loopStarted, parent: span)
                self.loop.run { ready in
                    self.observer.observe(ready.job, since: ready.since) {
                        ready.job.runSynchronously(on: self.asUnownedTaskExecutor())
                    }
                }
                self.loop.close()
                log.end(.subThread, span)
                ended(nil)
            }
        } catch {
            // The call's task is queued on a loop that will never run. Its outcome is set first, so what it does on
            // the global pool from here on reaches nobody; dropping it would leak it.
            log.end(.subThread, span, .failed, detail: log.own(error.description))
            ended(error)
            loop.close()
        }
    }

    /// The call's outcome, set by whoever is first: the task, or the failure to start a thread for it.
    private final class Shared<Success: Sendable>: Sendable {
        let outcome = Mutex<Result<Success, any Error>?>(nil)
    }
}
