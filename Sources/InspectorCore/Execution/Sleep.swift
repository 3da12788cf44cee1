// Waiting for time to pass, on the loop that runs the caller. `Task.sleep` goes by the global pool, where two threads
// that compute hold every sleeper up for seconds; this does not.

internal import Synchronization

/// Suspends the task for `duration`, on the timers of the loop that runs it.
///
/// Shown in the trace as an await of kind *sleep*, which ends when the time was over: what its code waited from then on,
/// because its loop ran something else, is *scheduled* time. Outside a request's loop (a bare `Task {}`, the main actor, tests)
/// it does as `Task.sleep`.
///
/// - Throws: `CancellationError` at once when the task is cancelled.
public func sleep(for duration: Duration) async throws {
    let context = TaskContext.current
    guard let context, let loop = context.call.loop else {
        try await Task.sleep(for: duration)
        return
    }
    let log = context.call.log
    let time = MonotonicClock.now()
    let span = log.begin(
        .await, label: Label("sleep"), parent: context.span, value: Int64(AwaitKind.sleep.rawValue),
        flags: context.flagsNow,
        task: CurrentTask.short, at: time)
    do {
        try await Sleeper.sleep(for: duration, on: loop, from: time)
        log.end(.await, span: span, task: CurrentTask.short, at: ThreadRecord.waitEnd(after: time))
    } catch {
        log.end(.await, span: span, outcome: .cancelled, task: CurrentTask.short, at: ThreadRecord.waitEnd(after: time))
        throw error
    }
}

/// As `sleep(for:)`, and leaves nothing in the trace.
func sleepUnseen(for duration: Duration) async throws {
    guard let loop = TaskContext.current?.call.loop else {
        try await Task.sleep(for: duration)
        return
    }
    try await Sleeper.sleep(for: duration, on: loop, from: MonotonicClock.now())
}

/// One sleep: its timer and its cancellation race, and the first of them wakes the task.
private final class Sleeper: Sendable {
    private struct State {
        var isOver = false
        var waiting: CheckedContinuation<Bool, Never>?
        var timer: UInt64?
    }

    private let state = Mutex(State())

    /// - Throws: `CancellationError`.
    static func sleep(for duration: Duration, on loop: any TimerLoop, from time: UInt64) async throws {
        if !(await Sleeper().wait(on: loop, until: time.addingSaturated(duration.nanoseconds))) {
            try await Task.sleep(for: duration)
        }
        try Task.checkCancellation()
    }

    /// Waits; false when the loop has ended and cannot wake anyone.
    func wait(on loop: any TimerLoop, until time: UInt64) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if !state.isOver { state.waiting = continuation }
                    return state.isOver
                }
                if isOver {
                    continuation.resume(returning: true)
                    return
                }
                guard let timer = loop.schedule(at: time, body: { self.wake(true) }) else {
                    wake(false)
                    return
                }
                let isLate = state.withLock { state in
                    state.timer = timer
                    return state.isOver
                }
                if isLate { loop.cancelTimer(timer) }
            }
        } onCancel: {
            if let timer = wake(true) { loop.cancelTimer(timer) }
        }
    }

    @discardableResult
    private func wake(_ answer: Bool) -> UInt64? {
        let (waiting, timer) = state.withLock { state in
            state.isOver = true
            defer { state.waiting = nil }
            return (state.waiting, state.timer)
        }
        waiting?.resume(returning: answer)
        return timer
    }
}
