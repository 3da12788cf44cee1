// Threads that wait for one another: a lock with a condition, on the monotonic clock.

internal import CInspectorSystem
internal import Glibc

/// A lock and a condition variable that do not move in memory.
///
/// `@unchecked Sendable`: the two C objects are made for use by many threads, and their addresses never change.
package final class ThreadLock: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init() {
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        cs_condition_init(condition)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    package func lock() { pthread_mutex_lock(mutex) }

    package func unlock() { pthread_mutex_unlock(mutex) }

    package func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock()
        defer { unlock() }
        return try body()
    }

    /// Waits for a signal; the lock must be held and is held again afterwards.
    ///
    /// May return without cause.
    package func wait() { pthread_cond_wait(condition, mutex) }

    /// As `wait`, until `time` by `MonotonicClock` at the latest.
    package func wait(until time: UInt64) {
        var limit = timespec(monotonic: min(time, UInt64(Int64.max)))
        pthread_cond_timedwait(condition, mutex, &limit)
    }

    package func signal() { pthread_cond_signal(condition) }

    package func broadcast() { pthread_cond_broadcast(condition) }
}

/// Rung by one thread, waited for by another; a ring before the wait is not lost.
///
/// `@unchecked Sendable`: `isRung` is read and written with `lock` held.
package final class Bell: @unchecked Sendable {
    private let lock = ThreadLock()
    private var isRung = false

    package init() {}

    package func ring() {
        lock.withLock {
            isRung = true
            lock.signal()
        }
    }

    /// Waits for a ring, and takes it.
    package func wait() {
        lock.withLock {
            while !isRung { lock.wait() }
            isRung = false
        }
    }

    /// As `wait`, but gives up after `seconds`; false then.
    @discardableResult
    package func wait(seconds: Double) -> Bool {
        let limit = MonotonicClock.now().addingSaturated(UInt64(saturating: seconds * 1_000_000_000))
        return lock.withLock {
            while !isRung {
                if MonotonicClock.now() >= limit { return false }
                lock.wait(until: limit)
            }
            isRung = false
            return true
        }
    }
}
