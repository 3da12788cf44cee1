// Times on the wire: the monotonic clock, moved once to the time of day, so that a clock that is set moves no span.

internal import Foundation
internal import Tracing

/// The clock of all spans of this process.
enum SpanClock {
    /// What the time of day was ahead of the monotonic clock at the start, in ns: told with each message, so that a reader on
    /// this machine takes it away again.
    static let offset: UInt64 = {
        var best = UInt64.max
        var offset: UInt64 = 0
        // The closest pair of reads counts: between two a thread may be put aside.
        for _ in 0..<3 {
            let before = monotonic
            let wall = DefaultTracerClock.now.nanosecondsSinceEpoch
            let after = monotonic
            if after - before < best {
                best = after - before
                offset = wall > before ? wall - before - best / 2 : 0
            }
        }
        return offset
    }()

    /// CLOCK_MONOTONIC, in ns.
    static var monotonic: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    /// A moment of the time of day on the monotonic clock.
    static func monotonic(of instant: some TracerInstant) -> UInt64 {
        let now = monotonic
        let wall = DefaultTracerClock.now.nanosecondsSinceEpoch
        let then = instant.nanosecondsSinceEpoch
        if then <= wall { return now > wall - then ? now - (wall - then) : 0 }
        let (sum, isOver) = now.addingReportingOverflow(then - wall)
        return isOver ? .max : sum
    }

    /// The kernel's number of this run of the machine, by which a reader knows that its monotonic clock is this one.
    static let boot: String? = {
        guard let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8) else {
            return nil
        }
        let id = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return id.isEmpty ? nil : id
    }()
}
