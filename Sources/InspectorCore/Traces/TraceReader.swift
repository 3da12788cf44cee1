// The thread that reads the event log and folds, and what others may see of its work.

internal import Synchronization

/// Reads an event log on a thread of its own and keeps the traces.
package final class TraceReader: Sendable {
    private struct State {
        var fold: TraceFold
        var listeners: [@Sendable (Trace) -> Void] = []
        var finishListeners: [@Sendable (Trace) -> Void] = []
    }

    package let log: EventLog
    private let state: Mutex<State>
    private let ended = Bell()

    /// Starts the thread.
    ///
    /// - Throws: `ThreadError`.
    package init(log: EventLog, limit: Int = 10_000) throws(ThreadError) {
        self.log = log
        state = Mutex(State(fold: TraceFold(limit: limit)))
        let ended = ended
        try OwnThread.start("trace-fold") { [weak self] in
            // 20 ms: a request is on the screen within a frame or two of its first byte.
            log.cost.calibrate()
            while log.read(waiting: 0.02, body: { self?.apply($0) }) {}
            ended.ring()
        }
    }

    /// Tells `listener` of each request as it is answered, on the reader's thread.
    package func onAnswer(_ listener: @escaping @Sendable (Trace) -> Void) {
        state.withLock { $0.listeners.append(listener) }
    }

    /// Tells `listener` of each request as nothing of it goes on any more, on the reader's thread.
    ///
    /// A request whose bare tasks outlive it is told of once, when it is first over.
    package func onFinish(_ listener: @escaping @Sendable (Trace) -> Void) {
        state.withLock { $0.finishListeners.append(listener) }
    }

    /// What is known now.
    ///
    /// May be called from any thread.
    package var fold: TraceFold { state.withLock { $0.fold } }

    /// Looks at what is known now without copying it.
    package func look<Result: Sendable>(_ body: (TraceFold) -> Result) -> Result {
        state.withLock { body($0.fold) }
    }

    /// Joins what another process told of a request to its trace, if that is kept.
    ///
    /// May be called from any thread.
    package func join(_ told: ToldRequest, to request: RequestID) {
        state.withLock { state in
            guard let summary = state.fold[request]?.summary else { return }
            state.fold.join(told, summary: summary)
        }
    }

    /// Forgets the requests that are over, and all numbers; what goes on is kept.
    package func clear() { state.withLock { $0.fold.clear() } }

    /// Reads what is left, and ends the thread.
    package func stop() {
        log.stop()
        ended.wait(seconds: 2)
    }

    /// Folds all that came while the lock is held once, and tells the listeners afterwards.
    private func apply(_ batch: EventLog.Batch) {
        var answered: [Trace] = []
        var finished: [Trace] = []
        let (listeners, finishListeners) = state.withLock { state in
            let hasListeners = !state.listeners.isEmpty
            let hasFinishListeners = !state.finishListeners.isEmpty
            state.fold.apply(begun: batch.begun, ended: batch.ended)
            for (log, taken) in batch.requests {
                guard let change = state.fold.apply(log, taken: taken) else { continue }
                if hasListeners, change.isAnswered { answered.append(change.trace) }
                if hasFinishListeners, change.isFinished { finished.append(change.trace) }
            }
            if !batch.isEmpty { state.fold.settle(at: MonotonicClock.now()) }
            return (state.listeners, state.finishListeners)
        }
        // What is over together comes by the threads that recorded it, not by its time.
        answered.sort { ($0.done ?? 0) < ($1.done ?? 0) }
        finished.sort { $0.newest < $1.newest }
        for trace in answered { for listener in listeners { listener(trace) } }
        for trace in finished { for listener in finishListeners { listener(trace) } }
    }
}
