// Threads that wait for one another: a value behind a lock, with a condition on the monotonic clock.

internal import CInspectorSystem
internal import Glibc

/// A value that one thread at a time may use, and whose changes others can wait for.
///
/// `Mutex` is for values that nobody waits for. Whoever changes what is waited for calls `signal` or `broadcast` then;
/// it may do so with the lock held or free.
///
/// `@unchecked Sendable`: `value` is read and written with `lock` held. The compiler cannot see that: the lock is the C
/// library's, for no lock of Swift's has a condition. The two C objects lie where they do not move.
package final class Monitor<Value: Sendable>: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    package init(_ value: Value) {
        self.value = value
        lock.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(lock, nil)
        cs_condition_init(condition)
    }

    deinit {
        pthread_mutex_destroy(lock)
        pthread_cond_destroy(condition)
        lock.deallocate()
        condition.deallocate()
    }

    /// Runs `body` while the lock is held.
    ///
    /// - Throws: what `body` throws.
    package func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value)
    }

    /// Runs `body` while the lock is held, now and after each signal, until it gives something.
    ///
    /// It may be run without cause too. Between two runs the lock is free, and others change the value.
    ///
    /// - Parameter limit: when `body` is run next at the latest, by `MonotonicClock`; nil for no limit. Asked with the
    ///   lock held, each time that `body` gave nothing.
    package func wait<Result>(
        for body: (inout Value) -> Result?, until limit: (Value) -> UInt64? = { _ in nil }
    ) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while true {
            if let result = body(&value) { return result }
            if let time = limit(value) {
                var moment = timespec(monotonic: min(time, UInt64(Int64.max)))
                pthread_cond_timedwait(condition, lock, &moment)
            } else {
                pthread_cond_wait(condition, lock)
            }
        }
    }

    /// Lets one thread that waits look again.
    package func signal() { pthread_cond_signal(condition) }

    /// Lets all threads that wait look again.
    package func broadcast() { pthread_cond_broadcast(condition) }
}
