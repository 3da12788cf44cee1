// When another process's monotonic clock is ours: then its times convert exactly, however its time of day was set.

internal import Foundation
internal import Synchronization

/// What is taken off times of other clocks to get ours.
///
/// Read anew for each message it would differ by some ns, and a span would begin before its parent; it is changed when the
/// time of day is set. May be used from any thread.
final class SteadyOffset: Sendable {
    private static let slack: UInt64 = 1_000_000

    private let known = Mutex(MonotonicClock.wallOffset)

    /// In ns, as it holds now.
    var value: UInt64 {
        let now = MonotonicClock.wallOffset
        return known.withLock { known in
            if max(known, now) - min(known, now) > SteadyOffset.slack { known = now }
            return known
        }
    }
}

enum SharedClock {
    /// The kernel's number of this run of the machine: two processes that read the same one have one monotonic clock.
    private static let boot: String? = {
        guard let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8) else {
            return nil
        }
        let id = String(text.prefix { !$0.isNewline })
        return id.isEmpty ? nil : id
    }()

    /// What is taken off a told time to get one of this process's monotonic clock; nil where its clock is not known to be
    /// the same: another machine's monotonic clock says nothing here.
    ///
    /// - Parameter told: the attributes of a resource.
    static func offset(told: [ToldFacts.Attribute]) -> UInt64? {
        guard let boot, told["inspector.boot.id"] == boot else { return nil }
        return told["inspector.clock.offset"].flatMap { UInt64($0) }
    }
}
