// The simplest thing that one thread can tell another: that it may go on.

/// Rung by one thread, waited for by another; a ring before the wait is not lost.
package final class Bell: Sendable {
    private let isRung = Monitor(false)

    package init() {}

    package func ring() {
        isRung.withLock { $0 = true }
        isRung.signal()
    }

    /// Waits for a ring, and takes it.
    package func wait() {
        isRung.wait { isRung -> Void? in
            guard isRung else { return nil }
            isRung = false
            return ()
        }
    }

    /// As `wait`, but gives up after `seconds`; false then.
    @discardableResult
    package func wait(seconds: Double) -> Bool {
        let limit = MonotonicClock.now().addingSaturated(UInt64(saturating: seconds * 1_000_000_000))
        return isRung.wait(
            for: { isRung -> Bool? in
                if isRung {
                    isRung = false
                    return true
                }
                return MonotonicClock.now() >= limit ? false : nil
            }, until: { _ in limit })
    }
}
