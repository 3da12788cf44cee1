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
        /// So many requests make a pattern of what one alone might be by chance.
        package static let pattern = 3
    }

    /// How many of a lane's newest requests are looked at.
    package static let reach = 200

    private struct Key: Hashable {
        let kind: FindingKind
        let lane: LaneDescription
        let subject: String
    }

    private struct Sight {
        var level: Finding.Level
        var seen: String
        var weight: UInt64
        var example: RequestID
        var count = 1

        mutating func add(_ note: FindingSubject.Observation, of id: RequestID) {
            count += 1
            level = max(level, note.level)
            guard note.weight > weight else { return }
            seen = note.seen
            weight = note.weight
            example = id
        }
    }

    /// What is worth telling of the newest of `traces`, those of one lane, most certain first.
    ///
    /// - Parameter text: writes a time in ns.
    package static func look(
        at traces: [Trace], now: UInt64, text: @escaping (UInt64) -> String
    ) -> [Finding] {
        var sights: [Key: Sight] = [:]
        for trace in traces.suffix(reach) {
            var subject = FindingSubject(trace: trace, now: now, text: text)
            for kind in FindingKind.all {
                kind.check.look(at: &subject)
                for note in subject.takeObservations() {
                    let key = Key(kind: kind, lane: trace.summary.lane, subject: note.subject)
                    if sights[key] == nil {
                        sights[key] = Sight(
                            level: note.level, seen: note.seen, weight: note.weight, example: trace.id)
                    } else {
                        sights[key]?.add(note, of: trace.id)
                    }
                }
            }
        }
        return sights.map { key, sight in
            let isChance = key.kind.check.needsPattern && sight.count < Bound.pattern
            return Finding(
                kind: key.kind, level: isChance ? .look : sight.level, lane: key.lane, subject: key.subject,
                seen: sight.seen, example: sight.example, count: sight.count)
        }.sorted { left, right in
            if left.level != right.level { return left.level > right.level }
            if left.count != right.count { return left.count > right.count }
            return (left.kind.index, left.seen) < (right.kind.index, right.seen)
        }
    }
}
