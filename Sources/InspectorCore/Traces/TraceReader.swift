// The thread that reads the event log and folds, and what others may see of its work.

internal import Synchronization

/// Reads an event log on a thread of its own and keeps the traces.
package final class TraceReader: Sendable {
    private struct State {
        var fold: TraceFold
        var listeners: [@Sendable (Trace) -> Void] = []
        var finishListeners: [@Sendable (Trace) -> Void] = []
        var late = LateSpans()
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
            while log.read(waiting: 0.02, body: { self?.apply($0) }) { self?.release(at: MonotonicClock.now()) }
            self?.release(at: .max)
            ended.ring()
        }
    }

    /// Tells `listener` of each request as it is answered, on the reader's thread.
    package func onAnswer(_ listener: @escaping @Sendable (Trace) -> Void) {
        state.withLock { $0.listeners.append(listener) }
    }

    /// Tells `listener` of each request as nothing of it goes on any more, on the reader's thread.
    ///
    /// A request whose bare tasks outlive it is told of once, when it is first over; one whose server tells spans, when they
    /// have come, 6 s after it is over at the latest.
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

    /// Waits from now on with the first requests of servers elsewhere: they may tell spans.
    package func takesSpans() { state.withLock { $0.late.takesSpans = true } }

    /// Joins what another process told of a request to its trace; it is kept for a request that is not known yet.
    ///
    /// May be called from any thread.
    package func join(_ told: ToldRequest, to request: RequestID) {
        let now = MonotonicClock.now()
        let (finished, listeners) = state.withLock { state -> (Trace?, [@Sendable (Trace) -> Void]) in
            state.late.tells(of: request, at: now)
            guard let summary = state.fold[request]?.summary else {
                state.late.keep(told, of: request)
                return (nil, [])
            }
            let change = state.fold.join(told, summary: summary)
            guard let change, change.isFinished, !change.trace.fields.isToldOf, !state.finishListeners.isEmpty,
                !state.late.holds(change.trace, at: now)
            else { return (nil, []) }
            return (change.trace, state.finishListeners)
        }
        if let finished { for listener in listeners { listener(finished) } }
    }

    /// Adds what a service told of a request that was not sent from here.
    ///
    /// May be called from any thread.
    ///
    /// - Parameter isFirst: whether nothing was told of it before: else one that is not kept any more would begin anew.
    package func tell(_ told: ToldRequest, of summary: RequestSummary, isFirst: Bool) {
        let now = MonotonicClock.now()
        let (answered, listeners) = state.withLock { state -> (Trace?, [@Sendable (Trace) -> Void]) in
            state.late.tells(of: summary.id, at: now)
            guard isFirst || state.fold[summary.id] != nil,
                let change = state.fold.join(told, summary: summary)
            else { return (nil, []) }
            if !change.trace.fields.isToldOf, !state.finishListeners.isEmpty {
                // One that goes on is told of at the end of the run at the latest.
                _ = state.late.holds(change.trace, at: now, isOpen: change.trace.done == nil)
            }
            return (change.isAnswered ? change.trace : nil, state.listeners)
        }
        if let answered { for listener in listeners { listener(answered) } }
    }

    /// How many messages came about requests that are not kept.
    package var unplaced: Int { state.withLock { $0.late.unplaced } }

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
        let now = MonotonicClock.now()
        let (listeners, finishListeners) = state.withLock { state in
            let hasListeners = !state.listeners.isEmpty
            let hasFinishListeners = !state.finishListeners.isEmpty
            state.fold.apply(begun: batch.begun, ended: batch.ended)
            for (log, taken) in batch.requests {
                guard let change = state.fold.apply(log, taken: taken) else { continue }
                for told in state.late.takeEarly(of: change.trace.id) {
                    state.fold.join(told, summary: change.trace.summary)
                }
                if hasListeners, change.isAnswered { answered.append(change.trace) }
                guard hasFinishListeners, change.isFinished || change.isAnswered, !change.trace.fields.isToldOf else {
                    continue
                }
                // One that is answered, and whose server's spans go on, may never be over: it is waited for so long only.
                if !state.late.holds(change.trace, at: now), change.isFinished {
                    finished.append(change.trace)
                }
            }
            if !batch.isEmpty { state.fold.settle(at: now) }
            return (state.listeners, state.finishListeners)
        }
        // What is over together comes by the threads that recorded it, not by its time.
        answered.sort { ($0.done ?? 0) < ($1.done ?? 0) }
        finished.sort { $0.newest < $1.newest }
        for trace in answered { for listener in listeners { listener(trace) } }
        for trace in finished { for listener in finishListeners { listener(trace) } }
    }

    /// Tells of the requests for whose spans is waited no longer.
    private func release(at now: UInt64) {
        let (traces, listeners) = state.withLock { state in
            let released = state.late.release(at: now, fold: state.fold).map { trace -> Trace in
                state.fold.setToldOf(trace.id)
                var known = state.fold[trace.id] ?? trace
                // However often its late spans made it begin anew: nobody was told of it before.
                known.fields.finishes = 1
                return known
            }
            return (released, state.finishListeners)
        }
        for trace in traces.sorted(by: { $0.newest < $1.newest }) {
            for listener in listeners { listener(trace) }
        }
    }
}
