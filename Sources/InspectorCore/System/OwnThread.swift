// A thread of our own: named, numbered, with a stack for signal handlers. User code runs on nothing else of ours.

internal import CInspectorSystem
internal import Glibc
internal import Synchronization

/// Why a thread could not be had.
package struct ThreadError: Error, CustomStringConvertible {
    package let code: Int32

    package var description: String {
        "The system gave no new thread (\(String(cString: strerror(code)))). "
            + "Lower the number of workers, or raise the limit that `ulimit -u` shows."
    }
}

/// Starts threads.
package enum OwnThread {
    private final class Start {
        let name: String
        let track: UInt32
        let body: @Sendable () -> Void

        init(name: String, track: UInt32, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.track = track
            self.body = body
        }
    }

    /// Runs `body` on a new detached thread.
    ///
    /// - Throws: `ThreadError` when the system has none to give; `body` is not run then.
    package static func start(
        _ name: String, track: UInt32 = ThreadRecord.newTrack(), stackBytes: Int = 1 << 20,
        _ body: @escaping @Sendable () -> Void
    ) throws(ThreadError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackBytes)
        let start = Unmanaged.passRetained(Start(name: name, track: track, body: body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { raw in
                guard let raw else { return nil }
                let start = Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
                ThreadRecord.name(name: start.name, track: start.track)
                SignalStacks.shared.use { start.body() }
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw ThreadError(code: code)
        }
    }
}

/// Alternate signal stacks, kept for the next thread: a sub-thread lives for milliseconds and is made for every call.
package final class SignalStacks: Sendable {
    package static let shared = SignalStacks()

    private let kept = Mutex<[UInt]>([])

    /// Runs `body` with an alternate signal stack on this thread.
    package func use(_ body: () -> Void) {
        let bytes = Int(CS_SIGNAL_STACK_BYTES)
        let known = kept.withLock { $0.popLast() }.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
        let memory = known ?? UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
        cs_use_signal_stack(memory)
        body()
        cs_drop_signal_stack()
        let isKept = kept.withLock { kept in
            guard kept.count < 64 else { return false }
            kept.append(UInt(bitPattern: memory))
            return true
        }
        if !isKept { memory.deallocate() }
    }

    /// Gives this thread an alternate signal stack for as long as the process lives: for the main thread and threads
    /// that a library made.
    package func useForEver() {
        cs_use_signal_stack(
            UnsafeMutableRawPointer.allocate(byteCount: Int(CS_SIGNAL_STACK_BYTES), alignment: 16))
    }
}
