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
    /// What it is about: a function, an await.
    ///
    /// With kind and lane it is the finding's identity.
    package let subject: String
    /// What was seen, as a sentence, of the request that shows it best.
    package let seen: String
    /// A request that shows it.
    package let example: RequestID
    /// How many of those looked at show it.
    package let count: Int

    /// This finding with what may have come with traffic changed.
    package func changingTexts(change: (String) -> String) -> Finding {
        Finding(
            kind: kind, level: level, lane: lane, subject: change(subject), seen: change(seen), example: example,
            count: count)
    }

    /// Whether it tells of the same thing as `other`, perhaps with other numbers.
    package func isSame(as other: Finding) -> Bool {
        kind == other.kind && lane == other.lane && subject == other.subject
    }
}
