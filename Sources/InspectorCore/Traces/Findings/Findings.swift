// Looks for patterns in traces. Pure, and careful: what may be as it has to be is only worth a look.

/// Finds what is worth telling.
package enum Findings {
    /// The bounds between nothing, a look and a warning.
    package enum Bound {
        /// A loop held for so long, in ns.
        package static let blockedLook: UInt64 = 2_000_000
        package static let blockedWarn: UInt64 = 20_000_000
        /// Calls in a row that together took so long, in ns.
        package static let rowTotal: UInt64 = 50_000_000
        /// The slowest of them took at most this part of the whole.
        package static let rowShare = 0.7
        /// A hook took this part of the request's service time, and so long.
        package static let hookLook = 0.4
        package static let hookWarn = 0.6
        package static let hookTime: UInt64 = 10_000_000
        /// A request that was served longer than it waited, or waited no longer than this, did not wait for long; in ns.
        package static let queueTime: UInt64 = 10_000_000
        /// An await has been pending for so long, in ns.
        package static let pendingLook: UInt64 = 2_000_000_000
        package static let pendingWarn: UInt64 = 5_000_000_000
        /// A request was held up by another one for so long, in ns.
        package static let starvedLook: UInt64 = 5_000_000
        package static let starvedWarn: UInt64 = 20_000_000
        /// One service took this part of a request, and so long, in ns.
        package static let serviceShare = 0.7
        package static let serviceTime: UInt64 = 100_000_000
        /// So many requests of a route in both modes tell whether async pays; so much slower, and so long, it does not.
        package static let modeCount = 20
        package static let modeFactor = 1.2
        package static let modeTime: UInt64 = 500_000
        /// So many requests make a pattern of what one alone might be by chance.
        package static let pattern = 3
    }

    /// How many of a lane's newest requests are looked at for what goes on now.
    package static let reach = 200

    /// What is worth telling of `traces`, those of one lane, most certain first.
    ///
    /// - Parameter text: writes a time in ns.
    package static func look(
        at traces: [Trace], now: UInt64, text: @escaping @Sendable (UInt64) -> String
    ) -> [Finding] {
        var book = FindingBook(text: text)
        for trace in traces { book.add(trace, at: trace.done ?? now) }
        return sorted(book.findings(window: .all, at: now) + pending(in: traces, now: now, text: text))
    }

    /// What is worth telling of what goes on now, in the newest of `traces`.
    package static func pending(
        in traces: [Trace], now: UInt64, text: @escaping @Sendable (UInt64) -> String
    ) -> [Finding] {
        var book = FindingBook(text: text)
        for trace in traces.suffix(reach) where trace.open > 0 { book.add(trace, at: now, isPending: true) }
        return book.findings(window: .all, at: now)
    }

    /// The most certain first, of these the most frequent.
    package static func sorted(_ findings: [Finding]) -> [Finding] {
        findings.sorted { left, right in
            if left.level != right.level { return left.level > right.level }
            if left.count != right.count { return left.count > right.count }
            return (left.kind.index, left.seen) < (right.kind.index, right.seen)
        }
    }
}
