// What sends traffic to the lanes: bursts, replays, single requests. Several may send at once.

internal import InspectorCore

// InspectorCore has a lock of that name of its own in the builds of the thread sanitizer.
#if !SEEN_MUTEX
internal import Synchronization
#endif

/// The senders of a run.
///
/// Used by the main thread, but for `take`.
final class ReplayDesk: Sendable {
    private struct State {
        /// Those that may still send, or whose traces may still come, oldest first.
        var senders: [Sender] = []
        var replay: Sender?
        /// The one whose lanes are compared: the last replay or burst.
        var experiment: Sender?
        /// How many waited at most in each of its lanes while it was sent.
        var queuePeaks: [LaneID: Int] = [:]
        /// Until when that was looked at, in ns.
        var lookedAt: UInt64 = 0
    }

    /// How many senders that are over are kept for traces that may still come.
    private static let keptSenders = 64

    private let numbers: RequestNumbers
    private let state = Mutex(State())

    init(numbers: RequestNumbers) { self.numbers = numbers }

    /// The replay that was begun last, running or over.
    var replay: Sender? { state.withLock { $0.replay } }

    /// Sends `plan` to `targets`.
    ///
    /// - Parameters:
    ///   - isReplay: whether the transport keys act on it.
    ///   - part: where in the plan's time it begins, 0 to 1.
    ///   - onEnd: called once, on any thread, when all is over.
    /// - Throws: `ThreadError`.
    func send(
        _ plan: Plan, to targets: [ReplayTarget], options: ReplayOptions, isReplay: Bool, from part: Double = 0,
        onEnd: @escaping @Sendable (ReplayProgress) -> Void
    ) throws(ThreadError) -> Sender {
        let sender = try Sender(
            plan: plan, to: targets, numbers: numbers, options: options, from: part, onEnd: onEnd)
        state.withLock { state in
            // One request is no experiment.
            if plan.items.count > 1 {
                state.experiment = sender
                state.queuePeaks = [:]
                state.lookedAt = MonotonicClock.now()
            }
            state.senders.removeAll { $0.progress.isOver && $0.awaitedTraces == 0 }
            // Traces that never come must not keep a sender for ever.
            var extra = state.senders.count - ReplayDesk.keptSenders
            state.senders.removeAll { sender in
                guard extra > 0, sender.progress.isOver else { return false }
                extra -= 1
                return true
            }
            state.senders.append(sender)
            if isReplay { state.replay = sender }
        }
        return sender
    }

    /// Gives a trace to the sender whose request it is: numbers are given out once, so no other takes it.
    ///
    /// May be called from any thread.
    func take(_ trace: Trace) {
        for sender in state.withLock({ $0.senders }) where sender.take(trace) { return }
    }

    /// What the lanes have made of the last replay or burst; nil before one, and after `forgetExperiment`.
    ///
    /// - Parameter pools: the workers of the lanes, where they are known.
    func experiment(pools: [LaneID: WorkerPool], now: UInt64) -> Experiment? {
        state.withLock { state in
            guard let sender = state.experiment else { return nil }
            let isOver = sender.progress.isOver
            // All of the second in which it began counts: what waited then waits with its requests.
            let seconds = Int(clamping: now / 1_000_000_000 - min(now, state.lookedAt) / 1_000_000_000) + 1
            let outcomes = sender.outcomes
            for outcome in outcomes {
                guard let pool = pools[outcome.lane.id] else { continue }
                let peak = pool.queuePeaks(count: seconds, at: now).max() ?? 0
                let known = state.queuePeaks[outcome.lane.id] ?? 0
                // Afterwards the queue is others'.
                state.queuePeaks[outcome.lane.id] = isOver && known > 0 ? known : max(known, peak)
            }
            state.lookedAt = now
            return Experiment(
                sides: outcomes.map { Experiment.Side(outcome: $0, queuePeak: state.queuePeaks[$0.lane.id]) },
                isOver: isOver)
        }
    }

    /// The numbers were cleared: what was concluded of them is, too.
    func forgetExperiment() { state.withLock { $0.experiment = nil } }

    /// Sends nothing more.
    func stop() {
        for sender in state.withLock({ $0.senders }) { sender.stop() }
    }
}
