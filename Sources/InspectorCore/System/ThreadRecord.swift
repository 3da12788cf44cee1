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
}
