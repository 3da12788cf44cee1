// What a thread is and what it runs just now. One record a thread, found without a lock, readable by a signal handler.

package import CInspectorSystem
internal import Glibc
internal import Synchronization

/// The thread that runs this code, as events and crash reports name it.
///
/// Each thread has one record, made at its first use and freed by the C library when the thread ends. Only the thread
/// itself writes to it; a signal handler on the same thread may read it.
package enum ThreadRecord {
    private static let nextTrack = Atomic<UInt32>(1)

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { $0?.deallocate() }
        return key
    }()

    /// This thread's record.
    package static var current: UnsafeMutablePointer<cs_thread_record> {
        if let known = pthread_getspecific(key) {
            return known.assumingMemoryBound(to: cs_thread_record.self)
        }
        let made = UnsafeMutablePointer<cs_thread_record>.allocate(capacity: 1)
        made.initialize(to: cs_thread_record())
        made.pointee.track = newTrack()
        pthread_setspecific(key, made)
        return made
    }

    /// This thread's record if it has one already; never allocates, so a signal handler may call it.
    package static var existing: UnsafeMutablePointer<cs_thread_record>? {
        pthread_getspecific(key)?.assumingMemoryBound(to: cs_thread_record.self)
    }

    /// The number of this thread in events.
    package static var track: UInt32 { current.pointee.track }

    /// Makes a number for a thread that is about to start.
    package static func newTrack() -> UInt32 { nextTrack.add(1, ordering: .relaxed).oldValue }

    /// Names this thread in crash reports and for the system's tools, and gives it `track`.
    package static func name(name: String, track: UInt32) {
        let record = current
        record.pointee.track = track
        withUnsafeMutableBytes(of: &record.pointee.name) { bytes in
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            bytes.copyBytes(from: name.utf8.prefix(bytes.count - 1))
        }
        cs_name_thread(name)
    }

    /// Notes that this thread now runs `function` for `request`, and gives back what it ran before.
    @inline(__always)
    package static func enter(request: UInt64, function: UnsafePointer<CChar>?) -> (UInt64, UnsafePointer<CChar>?) {
        let record = current
        let before = (record.pointee.request, record.pointee.function)
        record.pointee.request = request
        record.pointee.function = function
        return before
    }

    /// Puts back what `enter` gave.
    @inline(__always)
    package static func leave(_ before: (UInt64, UnsafePointer<CChar>?)) {
        let record = current
        record.pointee.request = before.0
        record.pointee.function = before.1
    }

    /// Runs a timer's `body`, which makes ready what waited for it: since when the timer was due, however late it fires.
    package static func fires(due: UInt64, body: () -> Void) {
        let record = current
        let before = record.pointee.due
        record.pointee.due = due
        body()
        record.pointee.due = before
    }

    /// Since when a job is ready that is enqueued by this thread now: since its timer was due, or since now.
    package static func readyTime() -> UInt64 {
        let now = MonotonicClock.now()
        let due = current.pointee.due
        return due > 0 ? min(due, now) : now
    }

    /// Runs a job that has been ready since `since`.
    @inline(__always)
    package static func runs(readySince since: UInt64, body: () -> Void) {
        let record = current
        let before = record.pointee.ready
        record.pointee.ready = since
        body()
        record.pointee.ready = before
    }

    /// When a wait that began at `begin` was over, by code that ran on after it on this thread just now.
    ///
    /// That is when what it waited for was there, and before its code ran on; now where it did not wait, or nobody noted
    /// it.
    package static func waitEnd(after begin: UInt64) -> UInt64 {
        let now = MonotonicClock.now()
        let ready = current.pointee.ready
        return ready > begin ? min(ready, now) : now
    }
}
