// The jobs that wait for an event loop of the server. Handing each to the loop by itself costs a lock, an allocation
// and a turn; a request of `native` mode changes between executors several times.

internal import DequeModule
package import NIOCore

/// The run queue of one event loop.
///
/// `@unchecked Sendable`: what changes is used on the loop only; other threads go by `eventLoop.execute`.
package final class LoopQueue: @unchecked Sendable {
    private struct Ready {
        let job: UnownedJob
        /// When it was enqueued, by `MonotonicClock`; 0 where nobody asks.
        let since: UInt64
        let runner: any JobRunner
    }

    /// How many jobs are run before the loop looks at its sockets again.
    private static let share = 256

    package let eventLoop: any EventLoop
    private var ready = Deque<Ready>()
    private var isRunning = false
    private var isScheduled = false

    package init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Adds a job; may be called from any thread.
    package func enqueue(_ job: UnownedJob, since: UInt64, for runner: any JobRunner) {
        guard eventLoop.inEventLoop else {
            eventLoop.execute { [self] in
                ready.append(Ready(job: job, since: since, runner: runner))
                run()
            }
            return
        }
        ready.append(Ready(job: job, since: since, runner: runner))
        // Never run at once: whoever resumes a task may hold a lock that the task takes next.
        if !isRunning, !isScheduled { schedule() }
    }

    /// Runs what waits; on the loop, where no lock is held.
    package func run() {
        eventLoop.preconditionInEventLoop()
        guard !isRunning else { return }
        isRunning = true
        var left = LoopQueue.share
        while left > 0, let next = ready.popFirst() {
            next.runner.run(next.job, since: next.since)
            left -= 1
        }
        isRunning = false
        if !ready.isEmpty, !isScheduled { schedule() }
    }

    private func schedule() {
        eventLoop.preconditionInEventLoop()
        isScheduled = true
        eventLoop.execute { [self] in
            isScheduled = false
            run()
        }
    }
}
