// The jobs that wait for an event loop of the server. Handing each to the loop by itself costs a lock, an allocation
// and a turn; a request of `native` mode changes between executors several times.

internal import DequeModule
package import NIOCore

/// The run queue of one event loop.
package final class LoopQueue: Sendable {
    private struct Ready: Sendable {
        let job: UnownedJob
        /// When it was enqueued, by `MonotonicClock`; 0 where nobody asks.
        let since: UInt64
        let runner: any JobRunner
    }

    private struct State: Sendable {
        var ready = Deque<Ready>()
        var isRunning = false
        var isScheduled = false
    }

    /// How many jobs are run before the loop looks at its sockets again.
    private static let share = 256

    package let eventLoop: any EventLoop
    /// Traps when it is used off the loop.
    private let state: NIOLoopBoundBox<State>
    /// How long what it runs keeps the loop from its sockets.
    package let watch: LoopWatch

    package init(_ eventLoop: any EventLoop, watch: LoopWatch = LoopWatch()) {
        self.eventLoop = eventLoop
        self.watch = watch
        state = .makeBoxSendingValue(State(), as: State.self, eventLoop: eventLoop)
    }

    /// Adds a job; may be called from any thread.
    package func enqueue(_ job: UnownedJob, since: UInt64, for runner: any JobRunner) {
        guard eventLoop.inEventLoop else {
            eventLoop.execute { [self] in
                state.value.ready.append(Ready(job: job, since: since, runner: runner))
                run()
            }
            return
        }
        state.value.ready.append(Ready(job: job, since: since, runner: runner))
        // Never run at once: whoever resumes a task may hold a lock that the task takes next.
        schedule()
    }

    /// Runs what waits; on the loop, where no lock is held.
    package func run() {
        eventLoop.preconditionInEventLoop()
        guard !state.value.isRunning else { return }
        state.value.isRunning = true
        var left = LoopQueue.share
        var time = MonotonicClock.now()
        while left > 0, let next = state.value.ready.popFirst() {
            watch.begins(at: time)
            next.runner.run(next.job, since: next.since)
            let end = MonotonicClock.now()
            if end.subtractingSaturated(time) >= LoopWatch.threshold {
                let owner = next.runner.owner
                watch.held(
                    LoopHold(begin: time, end: end, request: owner?.request, function: owner?.function ?? .none))
            }
            time = end
            left -= 1
        }
        watch.rests()
        state.value.isRunning = false
        if !state.value.ready.isEmpty { schedule() }
    }

    /// Has the loop run what waits once it has done what it does now, unless it will anyway.
    private func schedule() {
        eventLoop.preconditionInEventLoop()
        guard !state.value.isRunning, !state.value.isScheduled else { return }
        state.value.isScheduled = true
        eventLoop.execute { [self] in
            state.value.isScheduled = false
            run()
        }
    }
}
