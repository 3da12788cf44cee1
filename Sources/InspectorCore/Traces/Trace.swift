// One request as it is known so far: its spans and moments, folded from events. A value; the fold makes new ones.

internal import DequeModule

/// Something that took time.
package struct Span: Sendable, Identifiable {
    package let id: SpanID
    package let kind: EventKind
    package let parent: SpanID
    package let label: String
    /// Where a hook was registered: `app`, or a blueprint's name.
    package let scope: String
    /// What the end said: an error's name, a reason.
    package var detail: String
    package let begin: UInt64
    /// Nil while it goes on.
    package var end: UInt64?
    package var outcome: Outcome
    /// What the begin said: a status, an await's kind, scheduled ns, an ordinal.
    package let value: Int64
    /// What the end said: a status.
    package var endValue: Int64
    package let track: UInt32
    package let task: UInt32
    package var flags: Event.Flags

    /// How long it took, or has taken until `now`, in ns.
    package func duration(until now: UInt64) -> UInt64 {
        let end = end ?? now
        return end > begin ? end - begin : 0
    }

    /// What an await waits for.
    package var awaitKind: AwaitKind { AwaitKind(rawValue: UInt8(clamping: value)) ?? .other }
}

/// Something that happened at one moment.
package struct Moment: Sendable {
    package let kind: EventKind
    package let label: String
    package let detail: String
    package let time: UInt64
    package let value: Int64
    package let track: UInt32
    package let parent: SpanID
    package let flags: Event.Flags
    /// How many spans had begun before it: places it among them, in the order of recording.
    package let order: UInt32
}

/// One request in one lane.
package struct Trace: Sendable, Identifiable {
    /// How far it has come.
    package enum Stage: Sendable {
        case queued
        case running
        /// Answered; something it started goes on.
        case answered
        case finished
    }

    /// How many spans are kept: the first half and the last; those between are counted by kind.
    package static let spanLimit = 512

    package let summary: RequestSummary
    /// In the order of their beginning.
    package private(set) var spans: [Span] = []
    /// In the order of their recording.
    package private(set) var moments: [Moment] = []
    /// What found no room, by kind: in the log or here.
    package private(set) var skipped: [EventKind: Int] = [:]
    /// When it was answered, or could not be.
    package private(set) var done: UInt64?
    /// The status it was answered with.
    package private(set) var status: Int?
    /// What the router found; empty when nothing matched.
    package private(set) var endpoint = ""
    package private(set) var rule = ""

    private var texts: Deque<String> = []
    private var open = 0
    private var newest: UInt64 = 0

    package init(_ summary: RequestSummary) { self.summary = summary }

    package var id: RequestID { summary.id }

    package var stage: Stage {
        if done != nil { return open > 0 ? .answered : .finished }
        return spans.contains { $0.kind == .queued && $0.end == nil } ? .queued : .running
    }

    /// From its acceptance to its answer, or to `now`, in ns.
    package func duration(until now: UInt64) -> UInt64 {
        let end = done ?? now
        return end > summary.accepted ? end - summary.accepted : 0
    }

    /// When the last thing of it that is known of ended, or `now` while something goes on.
    package func lastTime(until now: UInt64) -> UInt64 {
        guard done != nil, open == 0 else { return now }
        return newest
    }

    /// The span of that number, if it is kept.
    package subscript(id: SpanID) -> Span? { place(of: id).map { spans[$0] } }

    /// The name of a thread of this request's own, or nil for one that outlives it.
    package func subThreadName(of track: UInt32) -> String? {
        guard let span = spans.first(where: { $0.kind == .subThread && $0.track == track }) else { return nil }
        return "loop-\(summary.id.number).\(span.value)"
    }

    // MARK: Folding

    /// Adds what the log has handed out.
    mutating func apply(_ taken: RequestLog.Taken) {
        for text in taken.texts { texts.append(text) }
        for (kind, count) in taken.skipped { skipped[kind, default: 0] += count }
        for event in taken.events { apply(event) }
    }

    private mutating func apply(_ event: Event) {
        newest = max(newest, event.time)
        switch event.edge {
        case .begin: begin(event)
        case .end: end(event)
        case .instant: happen(event)
        }
    }

    private mutating func begin(_ event: Event) {
        open += 1
        makeRoom()
        spans.append(
            Span(
                id: event.span, kind: event.kind, parent: event.parent, label: text(event.label),
                scope: text(event.detail), detail: "", begin: event.time, end: nil, outcome: .none, value: event.value,
                endValue: 0, track: event.track, task: event.task, flags: event.flags))
    }

    private mutating func end(_ event: Event) {
        open -= 1
        guard let place = place(of: event.span) else { return }
        spans[place].end = max(event.time, spans[place].begin)
        spans[place].outcome = event.outcome
        spans[place].endValue = event.value
        if event.detail != .none { spans[place].detail = text(event.detail) }
        if event.kind == .routing, event.outcome == .done {
            endpoint = text(event.detail)
            rule = text(event.label)
        }
    }

    private mutating func happen(_ event: Event) {
        if event.kind == .done {
            done = event.time
            status = Int(event.value)
        }
        guard moments.count < Trace.spanLimit || event.kind.isEssential else {
            skipped[event.kind, default: 0] += 1
            return
        }
        moments.append(
            Moment(
                kind: event.kind, label: text(event.label), detail: text(event.detail), time: event.time,
                value: event.value, track: event.track, parent: event.parent, flags: event.flags,
                order: spans.last?.id.rawValue ?? 0))
    }

    /// Drops the oldest ended span of the second half when there are too many.
    private mutating func makeRoom() {
        guard spans.count >= Trace.spanLimit else { return }
        let half = Trace.spanLimit / 2
        guard let place = spans[half...].firstIndex(where: { $0.end != nil && !$0.kind.isEssential }) else { return }
        skipped[spans[place].kind, default: 0] += 1
        spans.remove(at: place)
    }

    /// Spans stand in the order of their numbers, so they are found by halves.
    private func place(of id: SpanID) -> Int? {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].id.rawValue < id.rawValue { low = middle + 1 } else { high = middle }
        }
        return low < spans.count && spans[low].id == id ? low : nil
    }

    private func text(_ label: Label) -> String {
        guard label.isOwn else { return label.text }
        let number = Int(label.rawValue & ~Label.ownBit)
        return number < texts.count ? texts[number] : ""
    }
}
