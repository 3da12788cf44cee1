// The thread sanitizer does not see the slow path of the standard library's Mutex, which is not instrumented, and calls
// each contended access a race. In its builds (`make sanitize`, which sets SEEN_MUTEX) all of our locks are this one, of
// the C library, whose order it sees: then all that it says is a fault.

#if SEEN_MUTEX
internal import CInspectorSystem
internal import Glibc

/// Stands for `Synchronization.Mutex` where the thread sanitizer runs.
///
/// `@unchecked Sendable`: `value` is read and written with `lock` held, and neither moves.
package struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    package init(_ initial: consuming sending Value) {
        lock = .allocate(capacity: 1)
        lock.initialize(to: pthread_mutex_t())
        pthread_mutex_init(lock, nil)
        value = .allocate(capacity: 1)
        value.initialize(to: initial)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
        value.deinitialize(count: 1)
        value.deallocate()
    }

    /// Runs `body` while the lock is held.
    ///
    /// - Throws: what `body` throws.
    package borrowing func withLock<Result: ~Copyable, E: Error>(
        _ body: (inout sending Value) throws(E) -> sending Result
    ) throws(E) -> sending Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        nonisolated(unsafe) let value = value
        return try body(&value.pointee)
    }
}
#endif
