// The one clock of everything recorded: monotonic, in nanoseconds, comparable between threads.
// It says nothing about the time of day; use `Date` for that.

internal import Glibc

/// Reads the monotonic clock that every event, timer and schedule of the inspector uses.
///
/// May be called from any thread; one call costs about 25 ns.
public enum MonotonicClock {
    /// The time now, in nanoseconds since an arbitrary point that stays fixed while the process lives.
    public static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}

extension MonotonicClock {
    /// The wall's time less this clock's, in ns: added to a moment of this clock it gives ns since 1970.
    ///
    /// 0 where the wall's clock was never set: a machine without a battery begins at 1970, and one that is set wrong may
    /// stand before it.
    ///
    /// The two clocks cannot be read at once: where this thread loses its core between them, the difference is wrong by as
    /// long. So the wall's is read between two readings of this one, again until those lie close together.
    package static var wallOffset: UInt64 {
        var best = UInt64.max
        var offset: UInt64 = 0
        for _ in 0..<8 {
            var wall = timespec()
            let before = now()
            clock_gettime(CLOCK_REALTIME, &wall)
            let width = now().subtractingSaturated(before)
            guard width < best else { continue }
            best = width
            offset = self.offset(seconds: wall.tv_sec, nanoseconds: wall.tv_nsec, now: before &+ width / 2)
            if width < 1000 { break }
        }
        return offset
    }

    /// The wall's time, which may be negative, less `now`; never below 0.
    static func offset(seconds: Int, nanoseconds: Int, now: UInt64) -> UInt64 {
        UInt64(clamping: seconds).multipliedSaturated(by: 1_000_000_000)
            .addingSaturated(seconds < 0 ? 0 : UInt64(clamping: nanoseconds)).subtractingSaturated(now)
    }
}

extension Duration {
    /// This duration in nanoseconds, at least zero and at most what fits.
    package var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : whole &+ UInt64(attoseconds / 1_000_000_000)
    }
}

extension timespec {
    /// The moment `nanoseconds` of `MonotonicClock`, as the C library wants it.
    package init(monotonic nanoseconds: UInt64) {
        self.init(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    }
}
