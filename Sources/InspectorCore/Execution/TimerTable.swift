// Timers of a loop that is not ours, by number, so that a sleep can be cancelled the same way on every loop.

internal import Synchronization

/// Ways to cancel timers that have not fired.
final class TimerTable: Sendable {
    private struct State {
        var next: UInt64 = 0
        var cancels: [UInt64: @Sendable () -> Void] = [:]
        var fired: Set<UInt64> = []
    }

    private let state = Mutex(State())

    func newNumber() -> UInt64 {
        state.withLock { state in
            state.next += 1
            return state.next
        }
    }

    /// Keeps how to cancel `number`, unless it fired before this was called.
    func keep(_ number: UInt64, cancel: @escaping @Sendable () -> Void) {
        state.withLock { state in
            if state.fired.remove(number) == nil { state.cancels[number] = cancel }
        }
    }

    func forget(_ number: UInt64) {
        state.withLock { state in
            if state.cancels.removeValue(forKey: number) == nil { state.fired.insert(number) }
        }
    }

    func cancel(_ number: UInt64) {
        let cancel = state.withLock { $0.cancels.removeValue(forKey: number) }
        cancel?()
    }
}
