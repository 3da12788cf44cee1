// An async call on a thread of its own with an event loop: what `asgiref` gives each async function of a Flask app.
// By default the thread is new, and ends with the call.

internal import Glibc
internal import Synchronization

/// Which thread an async call runs on.
package enum SubThreadSource: Sendable {
    /// A new one, which ends with the call.
    case new
    /// One that goes on when the call has ended.
    case kept(LoopThread)
}

/// One async call: its loop, as an executor, so that every poll is known to be the call's.
///
/// It keeps the call's task, its structured children and every resumption on its thread. A bare `Task {}` is not
/// structured and runs on the global pool instead: use `spawn`.
package final class SubThread: TaskExecutor, JobRunner {
    /// What is known of a call before it runs.
    package struct Call: Sendable {
        package let log: RequestLog
        package var parent = SpanID.none
        /// The name under which a crash report knows it.
        package let function: Label
        /// Which sub-thread of its request it runs on, from 1.
        package let ordinal: Int
        package var control: CallControl?
        /// Makes the context of the call from its loop and executor.
        package let context: @Sendable (any TimerLoop, any TaskExecutor) -> TaskContext

        package init(
            log: RequestLog, parent: SpanID = .none, function: Label, ordinal: Int, control: CallControl? = nil,
            context: @escaping @Sendable (any TimerLoop, any TaskExecutor) -> TaskContext
        ) {
            self.log = log
            self.parent = parent
            self.function = function
            self.ordinal = ordinal
            self.control = control
            self.context = context
        }
    }

    private let loop: JobLoop
    private let observer: PollObserver

    private init(loop: JobLoop, observer: PollObserver) {
        self.loop = loop
        self.observer = observer
    }

    package func enqueue(_ job: consuming ExecutorJob) { loop.enqueue(UnownedJob(job), for: self) }

    package func run(_ job: UnownedJob, since: UInt64) {
        observer.observe(job, since: since) { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Runs `body`, and returns when it and all that it spawned have ended.
    ///
    /// - Throws: what `body` throws, `ThreadError`, or `AbandonedCall`.
    package static func run<Success: Sendable>(
        _ call: Call, on place: SubThreadSource, body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        let ended = EndSignal()
        let outcome = CallOutcome<Success>()
        let log = call.log
        let thread: LoopThread
        let span: SpanID
        let executor: SubThread
        switch place {
        case .new:
            let track = ThreadRecord.newTrack()
            span = log.begin(
                .subThread, label: call.function, parent: call.parent, value: Int64(call.ordinal), track: track)
            do throws(ThreadError) {
                thread = try LoopThread.start(
                    "loop-\(log.summary.id.number).\(call.ordinal)", track: track,
                    began: { [span] in log.instant(.loopStarted, parent: span) },
                    ended: { [span] in
                        log.end(.subThread, span: span)
                        ended.tell(.ended)
                    })
            } catch {
                log.end(.subThread, span: span, outcome: .failed, detail: log.own(text: error.description))
                throw error
            }
        case .kept(let kept):
            thread = kept
            span = log.begin(
                .subThread, label: call.function, detail: log.own(text: kept.name), parent: call.parent,
                value: Int64(call.ordinal),
                flags: [.kept], track: kept.track)
        }
        executor = SubThread(
            loop: thread.loop, observer: PollObserver(log: log, parent: span, function: call.function))
        let context = call.context(thread.loop, executor)
        let task = Task(executorPreference: executor) {
            let result = await TaskContext.$current.withValue(context) { () async -> Result<Success, any Error> in
                let result: Result<Success, any Error>
                do { result = .success(try await body()) } catch { result = .failure(error) }
                await context.call.endSpawned()
                return result
            }
            outcome.value.withLock { $0 = result }
            switch place {
            case .new: thread.stop()
            case .kept:
                log.end(.subThread, span: span)
                // Nobody else was given a loop whose call was left to itself: it ends with that call.
                if !ended.tell(.ended) { thread.stop() }
            }
        }
        call.control?.attach(cancel: { task.cancel() }, abandon: { ended.tell(.abandoned) })
        return try await withTaskCancellationHandler {
            if await ended.wait() == .abandoned {
                log.instant(.abandoned, label: call.function, parent: span)
                throw AbandonedCall()
            }
            return try outcome.value.withLock { $0 ?? .failure(CancellationError()) }.get()
        } onCancel: {
            task.cancel()
        }
    }
}
