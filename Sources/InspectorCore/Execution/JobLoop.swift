// An event loop on a thread of ours: a run queue, a timer heap, and one thread that runs both until it is told to end.
// It is what a sub-thread and a worker have in common; it records nothing by itself.

internal import DequeModule
internal import HeapModule
internal import Synchronization

/// Something with timers of its own, on which `sleep(for:)` waits.
package protocol TimerLoop: AnyObject, Sendable {
    /// Runs `body` on the loop at `time` (by `MonotonicClock`), or soon after.
    ///
    /// - Returns: a number for `cancelTimer`, or nil when the loop has ended: `body` is never run then.
    func schedule(at time: UInt64, body: @escaping @Sendable () -> Void) -> UInt64?
    /// Forgets a timer that has not fired yet, so that a cancelled sleep keeps nothing alive.
    func cancelTimer(_ number: UInt64)
}

/// Runs the jobs of one call, or of one worker: the executor that they were enqueued on.
package protocol JobRunner: AnyObject, Sendable {
    /// Runs `job`, which has been ready since `since` (by `MonotonicClock`), on the loop's thread.
    func run(_ job: UnownedJob, since: UInt64)
    /// Whose jobs they are, and of which function; nil where they are no request's.
    var owner: (request: RequestID, function: Label)? { get }
}

extension JobRunner {
    package var owner: (request: RequestID, function: Label)? { nil }
}

/// How many jobs came to loops that had ended, and were given to the global executor instead of being lost.
package enum LateJobs {
    private static let counter = Atomic<Int>(0)

    package static var count: Int { counter.load(ordering: .relaxed) }

    static func forward(job: UnownedJob) {
        counter.add(1, ordering: .relaxed)
        globalConcurrentExecutor.enqueue(job)
    }
}

/// A run queue and timers, run by the thread that calls `run`.
///
/// All but `run` may be called from any thread.
package final class JobLoop: TimerLoop {
    /// A job that waits for its turn.
    private struct Ready: Sendable {
        let job: UnownedJob
        /// Since when it is ready, by `MonotonicClock`.
        let since: UInt64
        let runner: any JobRunner
    }

    private struct Timer: Comparable, Sendable {
        let time: UInt64
        let number: UInt64

        static func < (left: Timer, right: Timer) -> Bool {
            (left.time, left.number) < (right.time, right.number)
        }
    }

    /// What the loop's thread does next.
    private enum Turn: Sendable {
        case timer(@Sendable () -> Void, due: UInt64)
        case job(Ready)
        case end
    }

    private struct State: Sendable {
        var ready = Deque<Ready>()
        var timers = Heap<Timer>()
        var timerBodies: [UInt64: @Sendable () -> Void] = [:]
        var nextTimer: UInt64 = 0
        var isStopping = false
        var isClosed = false
        var isAsleep = false

        /// What is due; nil when the thread may sleep until there is news.
        mutating func nextTurn() -> Turn? {
            isAsleep = false
            if isStopping {
                isStopping = false
                return .end
            }
            if let (body, due) = popDueTimer() { return .timer(body, due: due) }
            if let next = ready.popFirst() { return .job(next) }
            isAsleep = true
            return nil
        }

        private mutating func popDueTimer() -> (@Sendable () -> Void, UInt64)? {
            while let first = timers.min {
                guard let body = timerBodies[first.number] else {
                    timers.removeMin()
                    continue
                }
                guard first.time <= MonotonicClock.now() else { return nil }
                timers.removeMin()
                timerBodies[first.number] = nil
                return (body, first.time)
            }
            return nil
        }
    }

    private let state = Monitor(State())

    package init() {}

    /// Adds a job; after the loop has closed it goes to the global executor, for a job that is dropped is a task that
    /// never ends.
    package func enqueue(_ job: UnownedJob, for runner: any JobRunner) {
        let now = ThreadRecord.readyTime()
        let (isLate, wakes) = state.withLock { state -> (Bool, Bool) in
            if state.isClosed { return (true, false) }
            state.ready.append(Ready(job: job, since: now, runner: runner))
            return (false, state.isAsleep)
        }
        if isLate { LateJobs.forward(job: job) }
        if wakes { state.signal() }
    }

    package func schedule(at time: UInt64, body: @escaping @Sendable () -> Void) -> UInt64? {
        let (number, wakes) = state.withLock { state -> (UInt64?, Bool) in
            if state.isClosed { return (nil, false) }
            state.nextTimer += 1
            state.timers.insert(Timer(time: time, number: state.nextTimer))
            state.timerBodies[state.nextTimer] = body
            return (state.nextTimer, state.isAsleep)
        }
        if wakes { state.signal() }
        return number
    }

    package func cancelTimer(_ number: UInt64) {
        // Its place in the heap stays until its time comes; without a body that costs 16 bytes and no wake-up of note.
        state.withLock { $0.timerBodies[number] = nil }
    }

    /// Makes `run` return once what it runs just now has ended.
    package func stop() {
        let wakes = state.withLock { state in
            state.isStopping = true
            return state.isAsleep
        }
        if wakes { state.signal() }
    }

    /// Runs jobs and timers on this thread until `stop`.
    package func run() {
        while true {
            switch state.wait(for: { $0.nextTurn() }, until: { $0.timers.min?.time }) {
            case .timer(let body, let due): ThreadRecord.fires(due: due, body: body)
            case .job(let next): next.runner.run(next.job, since: next.since)
            case .end: return
            }
        }
    }

    /// Ends the loop for good: jobs still queued, and all that come later, go to the global executor.
    package func close() {
        let late = state.withLock { state in
            state.isClosed = true
            defer {
                state.ready = []
                state.timers = []
                state.timerBodies = [:]
            }
            return state.ready
        }
        for ready in late { LateJobs.forward(job: ready.job) }
    }
}
