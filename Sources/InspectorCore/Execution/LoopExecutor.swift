// An event loop of the server, as the executor of one call: `native` mode. The loop is shared by many connections;
// this object is made for each call, so that every poll is known to be its call's.

internal import NIOCore
internal import Synchronization

/// Runs tasks on a connection's event loop: those of one call, each poll of which it records, or those that dispatch a
/// request, of which nothing is recorded.
package final class LoopExecutor: TaskExecutor, TimerLoop, JobRunner {
    private let queue: LoopQueue
    /// Nil for what dispatches.
    private let observer: PollObserver?
    private let request: RequestID
    /// The number of the `Label` of the function that runs now on the dispatching task itself: crash reports and the watch
    /// over the loop name it.
    private let function = Atomic<UInt32>(Label.none.rawValue)
    private let timers = TimerTable()

    private init(queue: LoopQueue, observer: PollObserver?, request: RequestID) {
        self.queue = queue
        self.observer = observer
        self.request = request
    }

    /// What dispatches `request`.
    package convenience init(queue: LoopQueue, dispatching request: RequestID) {
        self.init(queue: queue, observer: nil, request: request)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let since = observer?.isObserving == true ? ThreadRecord.readyTime() : 0
        queue.enqueue(UnownedJob(job), since: since, for: self)
    }

    package var owner: (request: RequestID, function: Label)? { (request, observer?.label ?? runningHere) }

    private var runningHere: Label { Label(rawValue: function.load(ordering: .relaxed)) }

    package func run(_ job: UnownedJob, since: UInt64) {
        guard let observer else {
            let before = ThreadRecord.enter(request: request.number, function: runningHere.immortalText)
            job.runSynchronously(on: asUnownedTaskExecutor())
            ThreadRecord.leave(before)
            return
        }
        observer.observe(job, since: since, hold: queue.watch.hold(from:to:)) {
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    /// Runs `body` on this executor itself, which is the caller's: for a call of which nothing is recorded, and which
    /// nobody will leave behind.
    ///
    /// - Throws: what `body` throws.
    func runHere<Success: Sendable>(
        _ call: SubThread.Call, body: @Sendable () async throws -> Success
    ) async throws -> Success {
        try await named(call.function) { try await call.context(self, self).run(body: body) }
    }

    /// Runs `body` on this executor itself, which is the caller's, under the name of `label`.
    ///
    /// - Throws: what `body` throws.
    func named<Success: Sendable>(
        _ label: Label, body: @Sendable () async throws -> Success
    ) async throws -> Success {
        let outer = runningHere
        function.store(label.rawValue, ordering: .relaxed)
        let before = ThreadRecord.enter(request: request.number, function: label.immortalText)
        defer {
            function.store(outer.rawValue, ordering: .relaxed)
            ThreadRecord.leave((before.0, outer.immortalText))
        }
        return try await body()
    }

    package func schedule(at time: UInt64, body: @escaping @Sendable () -> Void) -> UInt64? {
        let now = MonotonicClock.now()
        let delay = TimeAmount.nanoseconds(Int64(clamping: time > now ? time - now : 0))
        let number = timers.newNumber()
        let scheduled = queue.eventLoop.scheduleTask(in: delay) { [timers] in
            timers.forget(number)
            ThreadRecord.fires(due: time, body: body)
        }
        timers.keep(number, cancel: { scheduled.cancel() })
        return number
    }

    package func cancelTimer(_ number: UInt64) { timers.cancel(number) }

    /// Runs `body` as a task on the loop of `queue`, and returns when it and all that it spawned have ended.
    ///
    /// - Throws: what `body` throws, or `AbandonedCall`.
    static func run<Success: Sendable>(
        _ call: SubThread.Call, on queue: LoopQueue, body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        let executor = LoopExecutor(
            queue: queue, observer: PollObserver(log: call.log, parent: call.parent, function: call.function),
            request: call.log.summary.id)
        let context = call.context(executor, executor)
        guard let control = call.control else { return try await run(executor, context: context, body: body) }
        return try await control.run(on: executor) {
            try await run(executor, context: context, body: body)
        } abandoned: {
            call.log.instant(.abandoned, label: call.function, parent: call.parent)
        }
    }

    private static func run<Success: Sendable>(
        _ executor: LoopExecutor, context: TaskContext, body: @Sendable () async throws -> Success
    ) async throws -> Success {
        try await withTaskExecutorPreference(executor) { try await context.run(body: body) }
    }
}
