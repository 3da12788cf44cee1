// How much processor time was used: by this thread, by the whole process.

internal import Glibc

/// Reads the system's clocks of processor time, in nanoseconds.
package enum ProcessorTime {
    /// What the calling thread has used since it began.
    package static var thread: UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

    /// What all threads of the process have used, those that have ended included.
    package static var process: UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
