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
            while log.read(waiting: 0.02, { log, taken in self?.apply(log, taken) }) {}
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

    /// Reads what is left, and ends the thread.
    package func stop() {
        log.stop()
        ended.wait(seconds: 2)
    }

    private func apply(_ log: RequestLog, _ taken: RequestLog.Taken) {
        let isAnswer = taken.events.contains { $0.kind == .done }
        let (trace, listeners, finished, finishListeners) = state.withLock { state in
            let hasListeners = !state.finishListeners.isEmpty
            let wasFinished = hasListeners && state.fold[log.summary.id]?.stage == .finished
            state.fold.apply(log, taken)
            let trace = isAnswer || hasListeners ? state.fold[log.summary.id] : nil
            let isFinished = hasListeners && !wasFinished && trace?.stage == .finished
            return (isAnswer ? trace : nil, state.listeners, isFinished ? trace : nil, state.finishListeners)
        }
        if let trace { for listener in listeners { listener(trace) } }
        if let finished { for listener in finishListeners { listener(finished) } }
    }
}
