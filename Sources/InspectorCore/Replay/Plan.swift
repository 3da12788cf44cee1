// What will be sent, and when: computed once, before anything is sent. The requests themselves stay in their files.

/// A plan of requests with their due times.
package struct Plan: Sendable {
    /// One request of it: where it comes from, and when it is due.
    package struct Item: Sendable, Equatable {
        /// In ns after the start, at the recording's own speed.
        package let due: UInt64
        let source: UInt32
        let entry: UInt32
    }

    /// What a plan has at most, whatever the files and the options say.
    package enum Bound {
        /// Requests in all rounds, 16 bytes each.
        ///
        /// One round is planned whole, however many it has: its file is larger than the plan.
        package static let items = 10_000_000
        /// When the last may be due, in ns after the start: ten years.
        package static let length: UInt64 = 3653 * 86_400 * 1_000_000_000
    }

    private enum Source: Sendable {
        case index(TrafficIndex)
        case memory([RecordedRequest])
    }

    /// What it is called on the screen: a file's name.
    package let name: String
    /// In the order of their due times.
    package let items: [Item]
    /// How the requests are paced; a file without times has no pace of its own.
    package let pace: ReplayOptions.Pace
    /// How many requests stood earlier in time than the one before them in the file.
    package let outOfOrder: Int
    /// How many requests of the files are not in the plan, by reason.
    package let skipped: [String: Int]
    /// How many entries the files have: those that are planned and those that are not.
    package let entries: Int
    /// What was asked for and is not planned.
    package let ownNotes: [Note]
    /// The remarks of the readers, and its own.
    package let notes: [Note]
    /// How many pauses were longer than `ReplayOptions.maxGap`, and what was cut off them in all, in ns of the recording.
    package let cutGaps: (count: Int, time: UInt64)
    /// How often the whole is gone through: fewer times than was asked for where that would be more than `Bound` allows.
    package let rounds: Int

    private let sources: [Source]

    /// Plans what is in `indexes` as `options` say: `due = (time - first time) / speed`, in a stable order.
    package init(indexes: [TrafficIndex], options: ReplayOptions = ReplayOptions()) {
        let names = indexes.map { $0.file.split(separator: "/").last.map(String.init) ?? $0.file }
        name = names.joined(separator: " + ")
        entries = indexes.reduce(0) { $0 + $1.count }
        sources = indexes.map { .index($0) }
        var skipped = indexes.reduce(into: [String: Int]()) { $0.merge($1.skipped) { $0 + $1 } }
        var chosen: [(time: UInt64?, source: Int, entry: Int)] = []
        for (source, index) in indexes.enumerated() {
            for (place, entry) in index.entries.enumerated() {
                if !options.samples(identity: "\(names[source])/\(entry.number)") {
                    skipped["it is not in the sample", default: 0] += 1
                } else if let filter = options.filter, !Plan.holds(filter, index: index, entry: entry) {
                    skipped["the filter does not choose it", default: 0] += 1
                } else {
                    chosen.append((entry.time, source, place))
                }
            }
        }
        let hasTimes = chosen.contains { $0.time != nil }
        // Without times there is no pace to keep: one after the other, unless something else was asked for.
        pace = options.pace == .original && options.rate == nil && !hasTimes ? .closed : options.pace
        var moved = 0
        var known: UInt64 = 0
        var timed: [(time: UInt64, place: Int)] = []
        timed.reserveCapacity(chosen.count)
        for (place, one) in chosen.enumerated() {
            // One without a time goes with the one before it.
            let time = one.time ?? known
            if time < known, indexes.count == 1 { moved += 1 }
            known = time
            timed.append((time, place))
        }
        outOfOrder = moved
        let sorted = timed.sorted { ($0.time, $0.place) < ($1.time, $1.place) }
        let recorded = Plan.dues(times: sorted.map(\.time), pace: pace, options: options)
        cutGaps = recorded.cut
        var dues = recorded.dues
        // They are in order: what comes too late stands at the end.
        let late = dues.count - (dues.firstIndex { $0 > Bound.length } ?? dues.count)
        if late > 0 { skipped[Plan.tooLate, default: 0] += late }
        self.skipped = skipped
        dues.removeLast(late)
        let last = dues.last ?? 0
        let length = last + (dues.count > 1 ? last / UInt64(dues.count - 1) : 0)
        let wanted = max(1, options.loops)
        let rounds = Plan.rounds(wanted: wanted, of: dues.count, length: length, last: last)
        self.rounds = rounds
        ownNotes = rounds < wanted ? [Plan.note(rounds, wanted: wanted)] : []
        notes = ownNotes + indexes.flatMap(\.notes)
        var items: [Item] = []
        items.reserveCapacity(dues.count * rounds)
        for round in 0..<rounds {
            for (one, due) in zip(sorted, dues) {
                items.append(
                    Item(
                        due: due + UInt64(round) * length, source: UInt32(chosen[one.place].source),
                        entry: UInt32(chosen[one.place].entry)))
            }
        }
        self.items = items
    }

    private static let tooLate =
        "it would be due more than ten years after the start; --max-gap, --speed or --rate brings it nearer"

    /// How many of `wanted` rounds of `count` requests there is room for.
    ///
    /// - Parameters:
    ///   - length: of one round, the pause before the next one included, in ns.
    ///   - last: when the last request of the first round is due, in ns; at most `Bound.length`.
    static func rounds(wanted: Int, of count: Int, length: UInt64, last: UInt64) -> Int {
        var most = max(1, Bound.items / max(1, count))
        if length > 0 { most = min(most, Int(clamping: (Bound.length - last) / length).addingSaturated(1)) }
        return min(wanted, most)
    }

    private static func note(_ rounds: Int, wanted: Int) -> Note {
        Note(
            place: "plan",
            reason: "only \(rounds) of \(wanted) rounds are planned: all of them would be more than \(Bound.items) "
                + "requests, or last more than ten years")
    }

    private static func holds(_ filter: Filter, index: TrafficIndex, entry: TrafficEntry) -> Bool {
        guard let request = try? index.request(entry) else { return false }
        return filter.matches(RecordedSubject(request: request))
    }

    /// When each is due, in ns after the start; the gaps are those of `times`, which are in order.
    private static func dues(
        times: [UInt64], pace: ReplayOptions.Pace, options: ReplayOptions
    ) -> (dues: [UInt64], cut: (count: Int, time: UInt64)) {
        var cut = (count: 0, time: UInt64(0))
        guard pace == .original else { return (times.map { _ in 0 }, cut) }
        if let rate = options.rate {
            return (times.indices.map { UInt64(saturating: Double($0) / rate * 1e9) }, cut)
        }
        // What has no time at all stands at 0, and the first that has one begins the recording.
        let first = times.first { $0 > 0 } ?? 0
        var due: UInt64 = 0
        var before = first
        let dues = times.map { time in
            let gap = time > before ? time - before : 0
            before = max(before, time)
            let kept = options.maxGap.map { min(gap, $0) } ?? gap
            if kept < gap { cut = (cut.count + 1, cut.time.addingSaturated(gap - kept)) }
            due = due.addingSaturated(kept)
            return UInt64(saturating: Double(due) / options.speed)
        }
        return (dues, cut)
    }

    /// Some requests of another, the first of them due at once.
    private init(_ plan: Plan, range: Range<Int>) {
        name = plan.name
        let start = range.isEmpty ? 0 : plan.items[range.lowerBound].due
        items = plan.items[range].map {
            Item(due: $0.due.subtractingSaturated(start), source: $0.source, entry: $0.entry)
        }
        sources = plan.sources
        pace = plan.pace
        outOfOrder = plan.outOfOrder
        skipped = plan.skipped
        entries = plan.entries
        ownNotes = plan.ownNotes
        notes = plan.notes
        cutGaps = plan.cutGaps
        rounds = 1
    }

    /// The requests at some places, the first of them due at once.
    package func part(_ range: Range<Int>) -> Plan { Plan(self, range: range) }

    private init(name: String, requests: [RecordedRequest]) {
        self.name = name
        items = requests.indices.map { Item(due: 0, source: 0, entry: UInt32($0)) }
        sources = [.memory(requests)]
        pace = .original
        outOfOrder = 0
        skipped = [:]
        entries = requests.count
        ownNotes = []
        notes = []
        cutGaps = (0, 0)
        rounds = 1
    }

    /// Plans `count` requests for GET `target`, all at once.
    ///
    /// - Throws: `RecordedRequest.Refusal` when `target` is not a path.
    package static func burst(count: Int, target: String) throws(RecordedRequest.Refusal) -> Plan {
        var requests: [RecordedRequest] = []
        for number in 1...max(1, count) {
            requests.append(try RecordedRequest(method: "GET", url: target, place: "request \(number)"))
        }
        return Plan(name: "burst", requests: requests)
    }

    /// Plans a request for GET of each of `targets`, all at once.
    ///
    /// - Throws: `RecordedRequest.Refusal` when one is not a path.
    package static func list(targets: [String]) throws(RecordedRequest.Refusal) -> Plan {
        var requests: [RecordedRequest] = []
        for (place, target) in targets.enumerated() {
            requests.append(try RecordedRequest(method: "GET", url: target, place: "request \(place + 1)"))
        }
        return Plan(name: "question", requests: requests)
    }

    /// Where in its time most is to do, as a part of the whole: the begin of the `span` ns in which most requests are due.
    package func busyPart(span: UInt64 = 5_000_000_000) -> Double {
        guard length > span else { return 0 }
        let best = busiest(seconds: Double(span) / 1e9).lowerBound
        // A moment before, so that what comes next is seen to begin.
        let begin = items.indices.contains(best) ? items[best].due.subtractingSaturated(span / 10) : 0
        return Double(begin) / Double(length)
    }

    /// Plans one request, at once.
    package static func single(request: RecordedRequest) -> Plan {
        Plan(name: request.target, requests: [request])
    }

    /// Reads a request of the plan.
    ///
    /// May be called from any thread.
    ///
    /// - Throws: `RecordedRequest.Refusal` when its file has changed meanwhile.
    package func request(_ item: Item) throws(RecordedRequest.Refusal) -> RecordedRequest {
        switch sources[Int(item.source)] {
        case .memory(let requests): return requests[Int(item.entry)]
        case .index(let index): return try index.request(index.entries[Int(item.entry)])
        }
    }

    /// What is told of the request of `item` before it is sent; nil when its file has changed meanwhile.
    ///
    /// May be called from any thread.
    package func outline(item: Item) -> TrafficOutline? {
        switch sources[Int(item.source)] {
        case .memory(let requests): TrafficOutline(request: requests[Int(item.entry)])
        case .index(let index): index.outline(entry: index.entries[Int(item.entry)])
        }
    }

    /// When the last request is due, in ns after the start.
    package var length: UInt64 { items.last?.due ?? 0 }

    /// The pauses between requests in order of size, in ns.
    package var gaps: [UInt64] {
        zip(items, items.dropFirst()).map { $1.due.subtractingSaturated($0.due) }.sorted()
    }

    /// The place of the first request that is due after `time`.
    func place(after time: UInt64) -> Int {
        var low = 0
        var high = items.count
        while low < high {
            let middle = low + (high - low) / 2
            if items[middle].due <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Plan {
    /// Its first `count` requests.
    package func prefix(count: Int) -> Plan { part(0..<min(items.count, max(0, count))) }

    /// The places of the `seconds` in which most requests are due; all where it is no longer.
    package func busiest(seconds: Double) -> Range<Int> {
        let span = UInt64(saturating: seconds * 1e9)
        guard length > span else { return items.indices }
        var (first, best, most) = (0, 0, 0)
        for (place, item) in items.enumerated() {
            while items[first].due.addingSaturated(span) < item.due { first += 1 }
            if place - first + 1 > most { (best, most) = (first, place - first + 1) }
        }
        return best..<(best + most)
    }
}
