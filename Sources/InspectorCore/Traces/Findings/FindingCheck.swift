// The table of checks. A new finding is a file beside this one (its words, and how it looks), and a line here.

/// A check: what it looks for in a trace, and what its findings say.
package protocol FindingCheck: Sendable {
    /// The check in a few words, for the list of those that found nothing.
    static var name: String { get }
    /// Why it matters.
    static var why: String { get }
    /// What to try.
    static var remedy: String { get }
    /// The same of a server elsewhere, where no option and no key of ours helps: it is a Flask, or in any language.
    static var remedyElsewhere: String { get }
    /// Whether it is a pattern only when several requests show it: seen once or twice it may be chance.
    static var needsPattern: Bool { get }
    /// Whether it looks at what goes on now, rather than at requests that are over.
    static var looksAtPending: Bool { get }
    /// Whether it is seen of a server that tells nothing of itself.
    static var isSeenFromOutside: Bool { get }

    /// Looks at one trace, and notes what it finds.
    static func look(at subject: inout FindingSubject)
}

extension FindingCheck {
    package static var isSeenFromOutside: Bool { false }
    package static var remedyElsewhere: String { remedy }
    package static var needsPattern: Bool { false }
    package static var looksAtPending: Bool { false }
}

/// What a finding is about: one of the checks.
package struct FindingKind: Sendable, Hashable {
    /// All checks, in the order of the list.
    package static let all: [FindingKind] = [
        .blockedLoop,
        .callsInARow,
        .workersExhausted,
        .neverAwaits,
        .hookDominates,
        .pendingLong,
        .teardownFailed,
        .errorThrown,
        .loopStarved,
        .workerHeld,
        .callAbandoned,
        .taskLeaked,
        .deadlineOver,
        .clientGone,
        .sameCallTwice,
        .oneService,
        .asyncDoesNotPay,
    ]

    package let check: any FindingCheck.Type

    package init(_ check: any FindingCheck.Type) { self.check = check }

    /// Its line in the table.
    var index: Int { FindingKind.all.firstIndex(of: self) ?? FindingKind.all.count }

    package static func == (left: FindingKind, right: FindingKind) -> Bool { left.check == right.check }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(check)) }
}

/// A trace as checks see it, and what they noted.
package struct FindingSubject {
    /// What one check noted.
    struct Observation {
        let level: Finding.Level
        /// What it is about: a function, an await.
        let subject: String
        /// The request with the largest shows it best.
        let weight: UInt64
        /// What was seen, as a sentence.
        let seen: String
        /// Whether it is a matter of the route it was seen in.
        let isOfRoute: Bool
    }

    let trace: Trace
    /// Found when a check asks for it: most requests are not asked about.
    private(set) lazy var functions = TraceFunctions(trace: trace)
    let now: UInt64
    /// Writes a time in ns.
    let text: (UInt64) -> String
    private(set) var observations: [Observation] = []

    init(trace: Trace, now: UInt64, text: @escaping (UInt64) -> String) {
        self.trace = trace
        self.now = now
        self.text = text
    }

    /// - Parameter isOfRoute: whether requests of other routes that show the same are another finding.
    mutating func note(
        _ level: Finding.Level, about subject: String, weight: UInt64, seen: String, isOfRoute: Bool = true
    ) {
        observations.append(
            Observation(level: level, subject: subject, weight: weight, seen: seen, isOfRoute: isOfRoute))
    }

    /// Takes what the last check noted.
    mutating func takeObservations() -> [Observation] {
        defer { observations = [] }
        return observations
    }

    /// The method with the route, or with the path where no route was found.
    var request: String {
        let route = trace.rule.isEmpty ? String(trace.summary.target.prefix { $0 != "?" }) : trace.rule
        return trace.summary.method + " " + route
    }
}
