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
    ///   - onEnd: called once, on any thread, when all is over.
    /// - Throws: `ThreadError`.
    func send(
        _ plan: Plan, to targets: [ReplayTarget], options: ReplayOptions, isReplay: Bool,
        onEnd: @escaping @Sendable (ReplayProgress) -> Void
    ) throws(ThreadError) -> Sender {
        let sender = try Sender(plan: plan, to: targets, numbers: numbers, options: options, onEnd: onEnd)
        state.withLock { state in
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

    /// Sends nothing more.
    func stop() {
        for sender in state.withLock({ $0.senders }) { sender.stop() }
    }
}
