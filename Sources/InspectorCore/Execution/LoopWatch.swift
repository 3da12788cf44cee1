// How long an event loop of the server was away from its sockets, and which request's code kept it.

internal import Synchronization

/// What is known of one event loop's turns.
///
/// Written by the loop's thread, read by any.
package final class LoopWatch: Sendable {
    /// How late a loop came to what was ready.
    package struct Lag: Sendable, Equatable {
        /// The longest turn, in ns: what became ready as it began waited so long.
        package var longest: UInt64
        /// What took most of that turn, where it is known.
        package var hold: LoopHold?

        package init(longest: UInt64, hold: LoopHold?) {
            self.longest = longest
            self.hold = hold
        }
    }

    /// Runs of code and turns from here on are remembered, in ns: shorter ones harm nobody.
    static let threshold: UInt64 = 1_000_000
    /// How many runs are remembered, and how many seconds.
    private static let keptHolds = 64
    private static let keptSeconds = 64

    /// A turn of a loop: it looks at its sockets, and then runs what is ready.
    struct Turn {
        /// From here on it looked at its sockets: what had come before was found.
        var looked: UInt64 = 0
        /// From here on it ran what was ready.
        var begin: UInt64 = 0
        var end: UInt64 = 0

        /// Whether it ran for so long that others may have been harmed.
        var isLong: Bool { end.subtractingSaturated(begin) >= LoopWatch.threshold }
    }

    private struct State {
        var turn = Turn()
        /// When the system was last asked for the time at which bytes came.
        var asked: UInt64 = 0
        /// A ring, oldest overwritten.
        var holds: [LoopHold] = []
        var nextHold = 0
        /// The worst turn of each second: by the second's number, with the turn's end.
        var seconds: [(second: UInt64, end: UInt64, lag: Lag)] = []
    }

    private let state = Mutex(State())
    /// Since when the loop runs what it runs now; 0 while it runs nothing of an app's.
    private let runningSince = Atomic<UInt64>(0)

    package init() {}

    /// The loop begins to run a piece of an app's code.
    func begins(at time: UInt64) { runningSince.store(time, ordering: .relaxed) }

    /// It runs nothing of an app's any more.
    func rests() { runningSince.store(0, ordering: .relaxed) }

    /// A piece of code has run for `threshold` or longer.
    func held(_ hold: LoopHold) {
        state.withLock { state in
            if state.holds.count < LoopWatch.keptHolds {
                state.holds.append(hold)
            } else {
                state.holds[state.nextHold] = hold
            }
            state.nextHold = (state.nextHold + 1) % LoopWatch.keptHolds
        }
    }

    /// A turn of the loop is over: everything that was ready has run, and it looks at its sockets next.
    ///
    /// By `MonotonicClock`.
    func turned(_ turn: Turn) {
        state.withLock { state in
            state.turn = turn
            guard turn.isLong else { return }
            let (begin, end) = (turn.begin, turn.end)
            let length = end - begin
            let second = end / 1_000_000_000
            let place = Int(second % UInt64(LoopWatch.keptSeconds))
            if state.seconds.isEmpty {
                state.seconds = Array(repeating: (0, 0, Lag(longest: 0, hold: nil)), count: LoopWatch.keptSeconds)
            }
            guard state.seconds[place].second != second || state.seconds[place].lag.longest < length else { return }
            let lag = Lag(longest: length, hold: LoopWatch.worst(of: state.holds, from: begin, to: end))
            state.seconds[place] = (second, end, lag)
        }
    }

    /// The last turn that is over.
    var lastTurn: Turn { state.withLock { $0.turn } }

    /// Whether the system may be asked again when a socket was given its bytes.
    ///
    /// A question costs about 1 µs. After a long turn it is asked for every request; else four thousand times a second,
    /// which nobody notices and which covers each request of an idle server.
    func mayAsk(at now: UInt64) -> Bool {
        state.withLock { state in
            guard state.turn.isLong || now.subtractingSaturated(state.asked) >= 250_000 else { return false }
            state.asked = now
            return true
        }
    }

    /// What held the loop most between two moments; nil where nothing did for long.
    package func hold(from begin: UInt64, to end: UInt64) -> LoopHold? {
        state.withLock { LoopWatch.worst(of: $0.holds, from: begin, to: end) }
    }

    /// How late the loop was at worst in the last `seconds`, what it runs just now included.
    package func lag(seconds: Int, at now: UInt64) -> Lag {
        let since = now.subtractingSaturated(UInt64(max(1, seconds)).multipliedSaturated(by: 1_000_000_000))
        var worst = state.withLock { state in
            var worst = Lag(longest: 0, hold: nil)
            for (_, end, lag) in state.seconds where end >= since && lag.longest > worst.longest { worst = lag }
            return worst
        }
        let running = runningSince.load(ordering: .relaxed)
        if running > 0, now.subtractingSaturated(running) > max(worst.longest, LoopWatch.threshold) {
            worst = Lag(longest: now - running, hold: nil)
        }
        return worst
    }

    /// The longest turn of each of the last `seconds`: when it ended and how long it was, in ns.
    package func longTurns(seconds: Int, at now: UInt64) -> [(end: UInt64, length: UInt64)] {
        let since = now.subtractingSaturated(UInt64(max(1, seconds)).multipliedSaturated(by: 1_000_000_000))
        return state.withLock { state in
            state.seconds.filter { $0.end >= since && $0.lag.longest > 0 }.map { ($0.end, $0.lag.longest) }
        }
    }

    /// The longest turn that ended in each of the last `count` seconds, in ns, oldest first; 0 where none was long.
    package func lags(count: Int, at now: UInt64) -> [UInt64] {
        let second = now / 1_000_000_000
        return state.withLock { state in
            (0..<max(0, min(LoopWatch.keptSeconds, count))).reversed().map { age in
                guard !state.seconds.isEmpty, second >= UInt64(age) else { return 0 }
                let wanted = second - UInt64(age)
                let kept = state.seconds[Int(wanted % UInt64(LoopWatch.keptSeconds))]
                return kept.second == wanted ? kept.lag.longest : 0
            }
        }
    }

    private static func worst(of holds: [LoopHold], from begin: UInt64, to end: UInt64) -> LoopHold? {
        func overlap(_ hold: LoopHold) -> UInt64 {
            min(hold.end, end).subtractingSaturated(max(hold.begin, begin))
        }
        return holds.filter { overlap($0) > 0 }.max { overlap($0) < overlap($1) }
    }
}
