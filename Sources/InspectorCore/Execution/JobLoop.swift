// An event loop on a thread of ours: a run queue, a timer heap, and one thread that runs both until it is told to end.
// It is what a sub-thread and a worker have in common; it records nothing by itself.

internal import CInspectorSystem
internal import DequeModule
internal import HeapModule
internal import Synchronization

/// Something with timers of its own, on which `sleep(for:)` waits.
package protocol TimerLoop: AnyObject, Sendable {
    /// Runs `body` on the loop at `time` (by `MonotonicClock`), or soon after.
    ///
    /// - Returns: a number for `cancelTimer`, or nil when the loop has ended: `body` is never run then.
    func schedule(at time: UInt64, _ body: @escaping @Sendable () -> Void) -> UInt64?
    /// Forgets a timer that has not fired yet, so that a cancelled sleep keeps nothing alive.
    func cancelTimer(_ number: UInt64)
}

/// Runs the jobs of one call, or of one worker: the executor that they were enqueued on.
package protocol JobRunner: AnyObject, Sendable {
    /// Runs `job`, which has been ready since `since` (by `MonotonicClock`), on the loop's thread.
    func run(_ job: UnownedJob, since: UInt64)
}

/// How many jobs came to loops that had ended, and were given to the global executor instead of being lost.
package enum LateJobs {
    private static let counter = Atomic<Int>(0)

    package static var count: Int { counter.load(ordering: .relaxed) }

    static func forward(_ job: UnownedJob) {
        counter.add(1, ordering: .relaxed)
        globalConcurrentExecutor.enqueue(job)
    }
}

/// A run queue and timers, run by the thread that calls `run`.
///
/// `@unchecked Sendable`: everything mutable is read and written with `lock` held.
package final class JobLoop: TimerLoop, @unchecked Sendable {
    /// A job that waits for its turn.
    private struct Ready {
        let job: UnownedJob
        /// When it was enqueued, by `MonotonicClock`.
        let since: UInt64
        let runner: any JobRunner
    }

    private struct Timer: Comparable {
        let time: UInt64
        let number: UInt64

        static func < (left: Timer, right: Timer) -> Bool {
            (left.time, left.number) < (right.time, right.number)
        }
    }

    private let lock = ThreadLock()
    private var ready = Deque<Ready>()
    private var timers = Heap<Timer>()
    private var timerBodies: [UInt64: @Sendable () -> Void] = [:]
    private var nextTimer: UInt64 = 0
    private var isStopping = false
    private var isClosed = false
    private var isAsleep = false

    package init() {}

    /// Adds a job; after the loop has closed it goes to the global executor, for a job that is dropped is a task that
    /// never ends.
    package func enqueue(_ job: UnownedJob, for runner: any JobRunner) {
        let now = MonotonicClock.now()
        lock.lock()
        if isClosed {
            lock.unlock()
            LateJobs.forward(job)
            return
        }
        ready.append(Ready(job: job, since: now, runner: runner))
        let wake = isAsleep
        lock.unlock()
        if wake { lock.signal() }
    }

    package func schedule(at time: UInt64, _ body: @escaping @Sendable () -> Void) -> UInt64? {
        lock.lock()
        defer { lock.unlock() }
        if isClosed { return nil }
        nextTimer += 1
        timers.insert(Timer(time: time, number: nextTimer))
        timerBodies[nextTimer] = body
        if isAsleep { lock.signal() }
        return nextTimer
    }

    package func cancelTimer(_ number: UInt64) {
        lock.lock()
        defer { lock.unlock() }
        // Its place in the heap stays until its time comes; without a body that costs 16 bytes and no wake-up of note.
        timerBodies[number] = nil
    }

    /// Makes `run` return once what it runs just now has ended.
    ///
    /// May be called from any thread.
    package func stop() {
        lock.lock()
        isStopping = true
        let wake = isAsleep
        lock.unlock()
        if wake { lock.signal() }
    }

    /// Runs jobs and timers on this thread until `stop`.
    package func run() {
        lock.lock()
        while !isStopping {
            if let body = popDueTimer() {
                lock.unlock()
                body()
                lock.lock()
            } else if let next = ready.popFirst() {
                lock.unlock()
                next.runner.run(next.job, since: next.since)
                lock.lock()
            } else {
                sleepUntilNews()
            }
        }
        isStopping = false
        lock.unlock()
    }

    /// Ends the loop for good: jobs still queued, and all that come later, go to the global executor.
    package func close() {
        lock.lock()
        isClosed = true
        let late = ready
        ready = []
        timerBodies = [:]
        timers = []
        lock.unlock()
        for ready in late { LateJobs.forward(ready.job) }
    }

    private func popDueTimer() -> (@Sendable () -> Void)? {
        while let first = timers.min {
            guard let body = timerBodies[first.number] else {
                timers.removeMin()
                continue
            }
            guard first.time <= MonotonicClock.now() else { return nil }
            timers.removeMin()
            timerBodies[first.number] = nil
            return body
        }
        return nil
    }

    private func sleepUntilNews() {
        isAsleep = true
        if let first = timers.min { lock.wait(until: first.time) } else { lock.wait() }
        isAsleep = false
    }
}
