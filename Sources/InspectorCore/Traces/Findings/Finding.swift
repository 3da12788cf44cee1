// A pattern in traces worth telling: what was seen, why it matters, what to try.

/// One finding: several requests that show the same are one.
package struct Finding: Sendable, Equatable {
    /// How sure it is.
    package enum Level: Int, Sendable, Comparable {
        /// Worth a look; it may be as it has to be.
        case look
        case warn

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    package let kind: FindingKind
    package let level: Level
    /// The lane that shows it, as it was then.
    package let lane: LaneDescription
    /// What it is about: a function, an await, and the route in which it was seen.
    ///
    /// With kind and lane it is the finding's identity.
    package let subject: String
    /// What was seen, as a sentence, of the request that shows it best.
    package let seen: String
    /// The request that shows it best.
    package let example: RequestID
    /// How many requests of the window show it.
    package let count: Int
    /// How many requests of the same route there were in the window, of those that were recorded in detail; 0 where it
    /// is of no single route.
    package let total: Int
    /// The first and the newest request that show it.
    package let first: RequestID
    package let newest: RequestID

    package init(
        kind: FindingKind, level: Level, lane: LaneDescription, subject: String, seen: String, example: RequestID,
        count: Int, total: Int = 0, first: RequestID? = nil, newest: RequestID? = nil
    ) {
        self.kind = kind
        self.level = level
        self.lane = lane
        self.subject = subject
        self.seen = seen
        self.example = example
        self.count = count
        self.total = total
        self.first = first ?? example
        self.newest = newest ?? example
    }

    /// `22 of 137 requests`, or `22 times`.
    package var countWords: String {
        guard total >= count, total > 0 else { return count == 1 ? "once" : "\(count) times" }
        return "\(count) of \(total) request\(total == 1 ? "" : "s")"
    }

    /// This finding with what may have come with traffic changed.
    package func changingTexts(change: (String) -> String) -> Finding {
        Finding(
            kind: kind, level: level, lane: lane, subject: change(subject), seen: change(seen), example: example,
            count: count, total: total, first: first, newest: newest)
    }

    /// Whether it tells of the same thing as `other`, perhaps with other numbers.
    package func isSame(as other: Finding) -> Bool {
        kind == other.kind && lane == other.lane && subject == other.subject
    }
}
