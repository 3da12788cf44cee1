// A pattern in traces worth telling: what was seen, why it matters, what to try.

/// What a finding is about.
package enum FindingKind: String, Sendable, CaseIterable {
    case blockedLoop
    case callsInARow
    case workersExhausted
    case neverAwaits
    case hookDominates
    case pendingLong
    case teardownFailed

    /// The check in a few words, for the list of those that found nothing.
    package var name: String {
        switch self {
        case .blockedLoop: "blocking on an event loop"
        case .callsInARow: "calls made one after the other"
        case .workersExhausted: "waiting for a worker longer than being served"
        case .neverAwaits: "async functions that never await"
        case .hookDominates: "hooks that take most of the time"
        case .pendingLong: "awaits pending for long"
        case .teardownFailed: "teardown that failed"
        }
    }

    /// Why it matters.
    package var why: String {
        switch self {
        case .blockedLoop:
            "While a function holds its loop's thread, nothing else on that loop goes on: its other awaits, and in native "
                + "mode other requests."
        case .callsInARow:
            "Calls that do not need one another's answers can be under way together; the request then takes as long as "
                + "the slowest, not as long as all."
        case .workersExhausted:
            "All workers were held by other requests. Async makes each request shorter, but each still holds a worker."
        case .neverAwaits:
            "In async mode each call of an async function has a thread and a loop of its own; one that never waits pays "
                + "for them and gains nothing."
        case .hookDominates: "A hook runs before or after every view it is registered for: its time is added to each."
        case .pendingLong: "What never answers holds its worker, and its client, for as long as it likes."
        case .teardownFailed:
            "A teardown that throws turns the answer into a bare 500, however good it was, and the rest of its list is "
                + "skipped."
        }
    }

    /// What to try.
    package var remedy: String {
        switch self {
        case .blockedLoop:
            "Await the async form of the call. Where there is none, give the function as sync: too, or move the work to a "
                + "thread of its own."
        case .callsInARow: "Make them with gather, in the async variant."
        case .workersExhausted:
            "More workers (the key +, or --workers), shorter requests (gather what is independent), or native mode, which holds none."
        case .neverAwaits: "Make it a sync function."
        case .hookDominates:
            "Do it only for the routes that need it (a blueprint's hook), keep its result, or let its calls overlap with "
                + "the view's."
        case .pendingLong: "Put a withTimeout around it, or a deadline on the route."
        case .teardownFailed: "Catch what may fail in it; options.runsAllTeardowns lets the others run."
        }
    }
}

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
    package func changingTexts(_ change: (String) -> String) -> Finding {
        Finding(
            kind: kind, level: level, lane: lane, subject: change(subject), seen: change(seen), example: example,
            count: count)
    }

    /// Whether it tells of the same thing as `other`, perhaps with other numbers.
    package func isSame(as other: Finding) -> Bool {
        kind == other.kind && lane == other.lane && subject == other.subject
    }
}
