// What was found in the requests that are over: counted on the reader's thread, and asked for by the screen's.

internal import InspectorCore

// InspectorCore has a lock of that name of its own in the builds of the thread sanitizer.
#if !SEEN_MUTEX
internal import Synchronization
#endif

/// A book of findings for several threads.
final class FindingDesk: Sendable {
    private let book = Mutex(FindingBook { TimeText.short(nanoseconds: $0) })

    /// Looks at a request of which nothing goes on any more.
    func add(_ trace: Trace) { book.withLock { $0.add(trace, at: trace.done ?? trace.began) } }

    /// What was found in `window`, which ends at `now`.
    func findings(window: TimeWindow, at now: UInt64) -> [Finding] {
        book.withLock { $0.findings(window: window, at: now) }
    }

    /// Begins anew.
    func clear() { book.withLock { $0.clear() } }
}
