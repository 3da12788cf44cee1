// Counts what the checks find in every request, so that a finding says of how many it is true and since when.

internal import DequeModule

/// What was found in the requests of all lanes, by window.
///
/// A value: it is given each request once, when nothing of it goes on any more.
package struct FindingBook: Sendable {
    private struct Key: Hashable {
        let kind: FindingKind
        let lane: LaneDescription
        let subject: String
        let route: String
    }

    private struct Route: Hashable {
        let lane: LaneDescription
        let route: String
    }

    /// Something that adds up.
    private protocol Sum: Sendable {
        mutating func add(_ later: Self)
    }

    /// How many requests there were.
    private struct Tally: Sum {
        var count = 1

        mutating func add(_ later: Tally) { count += later.count }
    }

    /// What was seen of one thing for a while.
    private struct Sight: Sum {
        var level: Finding.Level
        var seen: String
        var weight: UInt64
        var example: RequestID
        var count = 1
        var first: RequestID
        var newest: RequestID

        init(_ note: FindingSubject.Observation, of id: RequestID) {
            level = note.level
            seen = note.seen
            weight = note.weight
            example = id
            first = id
            newest = id
        }

        mutating func add(_ later: Sight) {
            count += later.count
            level = max(level, later.level)
            // By their numbers: requests are over in another order than they came in.
            if later.first.number < first.number { first = later.first }
            if later.newest.number > newest.number { newest = later.newest }
            guard later.weight > weight else { return }
            seen = later.seen
            weight = later.weight
            example = later.example
        }
    }

    /// What was counted, in slices of ten seconds and since the start.
    private struct Counted<Value: Sum>: Sendable {
        private(set) var whole: Value
        private var slices: Deque<(start: UInt64, value: Value)> = []

        init(_ value: Value, at second: UInt64) {
            whole = value
            slices.append((FindingBook.start(of: second), value))
        }

        mutating func add(_ value: Value, at second: UInt64) {
            whole.add(value)
            let start = FindingBook.start(of: second)
            if let last = slices.indices.last, slices[last].start >= start {
                slices[last].value.add(value)
            } else {
                slices.append((start, value))
            }
            while let first = slices.first, first.start + FindingBook.reach < start { slices.removeFirst() }
        }

        /// What was counted in `window`, which ends in `second`; nil where nothing was.
        func value(window: TimeWindow, at second: UInt64) -> Value? {
            guard let seconds = window.seconds else { return whole }
            var sum: Value?
            for slice in slices where slice.start + FindingBook.width > second.subtractingSaturated(seconds) {
                if sum == nil { sum = slice.value } else { sum?.add(slice.value) }
            }
            return sum
        }
    }

    /// How long a slice is, and how far back they reach, in s.
    private static let width: UInt64 = 10
    private static let reach: UInt64 = 610
    /// How many things are counted: names of routes come from clients where none was found.
    private static let limit = 500

    private static func start(of second: UInt64) -> UInt64 { second - second % width }

    private var sights: [Key: Counted<Sight>] = [:]
    private var routes: [Route: Counted<Tally>] = [:]
    private let text: @Sendable (UInt64) -> String

    /// - Parameter text: writes a time in ns.
    package init(text: @escaping @Sendable (UInt64) -> String) { self.text = text }

    /// Looks at a request that was answered at `time`, by `MonotonicClock`.
    ///
    /// - Parameter isPending: whether it goes on, and is to be looked at for that alone.
    package mutating func add(_ trace: Trace, at time: UInt64, isPending: Bool = false) {
        var subject = FindingSubject(trace: trace, now: time, text: text)
        let second = time / 1_000_000_000
        let route = Route(lane: trace.summary.lane, route: subject.request)
        // A bare task of it has ended: the request itself was looked at before.
        let isAgain = trace.fields.finishes > 1
        if !isPending, !isAgain, routes[route] != nil || routes.count < FindingBook.limit {
            if routes[route] == nil {
                routes[route] = Counted(Tally(), at: second)
            } else {
                routes[route]?.add(Tally(), at: second)
            }
        }
        for kind in FindingKind.all
        where kind.check.looksAtPending == isPending && (!isAgain || kind == .taskLeaked) {
            kind.check.look(at: &subject)
            // What one request shows twice is one request that shows it.
            var own: [Key: Sight] = [:]
            for note in subject.takeObservations() {
                let key = Key(
                    kind: kind, lane: trace.summary.lane, subject: note.subject,
                    route: note.isOfRoute ? route.route : "")
                let sight = Sight(note, of: trace.id)
                if var known = own[key] {
                    known.add(sight)
                    known.count = 1
                    own[key] = known
                } else {
                    own[key] = sight
                }
            }
            for (key, sight) in own {
                if sights[key] != nil {
                    sights[key]?.add(sight, at: second)
                } else if sights.count < FindingBook.limit {
                    sights[key] = Counted(sight, at: second)
                }
            }
        }
    }

    /// What is worth telling of the requests of `window`, which ends at `now`.
    package func findings(window: TimeWindow, at now: UInt64) -> [Finding] {
        let second = now / 1_000_000_000
        return Findings.sorted(
            sights.compactMap { key, counted in
                guard let sight = counted.value(window: window, at: second) else { return nil }
                let total =
                    key.route.isEmpty
                    ? 0
                    : routes[Route(lane: key.lane, route: key.route)]?.value(window: window, at: second)?.count ?? 0
                let isChance = key.kind.check.needsPattern && sight.count < Findings.Bound.pattern
                let subject =
                    key.route.isEmpty || key.subject == key.route
                    ? key.subject : [key.subject, key.route].filter { !$0.isEmpty }.joined(separator: " in ")
                return Finding(
                    kind: key.kind, level: isChance ? .look : sight.level, lane: key.lane, subject: subject,
                    seen: sight.seen, example: sight.example, count: sight.count, total: total, first: sight.first,
                    newest: sight.newest)
            })
    }

    /// Forgets all.
    package mutating func clear() { self = FindingBook(text: text) }
}
