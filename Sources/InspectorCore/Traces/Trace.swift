// One request as it is known so far: its spans and moments, folded from events. A value; the fold makes new ones.

internal import DequeModule

/// Something that took time.
public struct Span: Sendable, Identifiable {
    /// Numbers it within its request, in the order of beginning.
    public let id: SpanID
    /// A phase, a function, an await.
    public let kind: EventKind
    /// What it lies in; `.none` for what lies in the request itself.
    public let parent: SpanID
    /// A function's name, an await's target.
    public let label: String
    /// Where a hook was registered: `app`, or a blueprint's name.
    public let scope: String
    /// What the end said: an error's name, a reason.
    public internal(set) var detail: String
    /// By the process's monotonic clock, in ns.
    public let begin: UInt64
    /// Nil while it goes on.
    public internal(set) var end: UInt64?
    /// How it ended.
    public internal(set) var outcome: Outcome
    /// What the begin said: a status, an await's kind, scheduled ns, an ordinal.
    public let value: Int64
    /// What the end said: a status.
    public internal(set) var endValue: Int64
    /// The thread it began on.
    public let track: UInt32
    /// The Swift task it began in, by the low half of its number; 0 outside tasks.
    public let task: UInt32
    package internal(set) var flags: Event.Flags

    /// Whether the function is async.
    public var isAsync: Bool { flags.contains(.isAsync) }

    /// Whether it ran on a sub-thread's loop.
    public var isOnSubThread: Bool { flags.contains(.onSubThread) }

    /// How long it took, or has taken until `now`, in ns.
    public func duration(until now: UInt64) -> UInt64 {
        let end = end ?? now
        return end > begin ? end - begin : 0
    }

    /// What an await waits for.
    public var awaitKind: AwaitKind { AwaitKind(rawValue: UInt8(clamping: value)) ?? .other }
}

extension Span {
    /// Who says that it was so.
    public enum Origin: Sendable {
        /// This process recorded it as it happened.
        case observed
        /// Another process told it.
        case told
    }

    /// Who says that it was so.
    public var origin: Origin { id.isTold ? .told : .observed }
}

extension SpanID {
    /// Numbers from here on are those of told spans, so that both kinds can be in one trace.
    fileprivate static let firstTold: UInt32 = 1 << 31

    /// Numbers the told spans of a trace from 0 on.
    ///
    /// - Parameter place: the span's place among them.
    init(told place: Int) { self.init(rawValue: SpanID.firstTold + UInt32(clamping: place)) }

    /// Whether it numbers a told span.
    var isTold: Bool { rawValue >= SpanID.firstTold }
}

/// Something that happened at one moment.
public struct Moment: Sendable {
    /// What happened.
    public let kind: EventKind
    /// A word of the author's, an error's name.
    public let label: String
    /// What was said with it.
    public let detail: String
    /// By the process's monotonic clock, in ns.
    public let time: UInt64
    /// Depends on the kind: a status, a number of bytes.
    public let value: Int64
    /// The thread it happened on.
    public let track: UInt32
    /// What it lies in.
    public let parent: SpanID
    package let flags: Event.Flags
    /// How many spans had begun before it: places it among them, in the order of recording.
    package let order: UInt32

    /// Whether the request was refused before its server was asked.
    var isNotPassedOn: Bool { kind == .mark && label == RequestLog.notPassedOn.text && !parent.isTold }
}

/// One request in one lane.
public struct Trace: Sendable, Identifiable {
    /// How far it has come.
    public enum Stage: Sendable {
        /// It waits for a worker.
        case queued
        /// It was begun, and not answered.
        case running
        /// Answered; something it started goes on.
        case settling
        /// Nothing of it goes on.
        case finished
    }

    /// How many spans are kept: the first half and the last; those between are counted by kind.
    package static let spanLimit = 512
    /// How many told spans without room are counted; further ones are not.
    static let leftOutLimit = 8 * spanLimit

    /// What a trace holds.
    struct Fields {
        var summary: RequestSummary
        var spans: [Span] = []
        var moments: [Moment] = []
        var skipped: [EventKind: Int] = [:]
        var done: UInt64?
        var status: Int?
        var endpoint = ""
        var rule = ""
        var texts: Deque<String> = []
        var open = 0
        var newest: UInt64 = 0
        var version = 0
        /// How often nothing of it went on any more: a bare task that outlives it begins it anew.
        var finishes = 0
        /// What other processes told, by their ids; empty for most requests.
        var told: [UInt64: ToldSpan] = [:]
        /// The ids of told spans that found no room.
        var leftOut: Set<UInt64> = []
        /// What told spans came with, beyond what every span has.
        var facts: [SpanID: ToldFacts] = [:]
        /// About how many bytes those take.
        var toldBytes = 0
        /// Whether its server's own span has ended.
        var isToldWhole = false
        /// Whether it was held back for late spans, and then told of.
        var isToldOf = false
        /// How many of the moments were told; they stand behind those that were observed.
        var toldMoments = 0
    }

    /// Where it lies: a screen copies thousands of traces for a frame, which must cost one reference each.
    ///
    /// `@unchecked Sendable`: no lock guards it. It is changed only while a single trace refers to it, and copied else, as
    /// the storage of an Array is; the compiler does not see references counted.
    private final class Storage: @unchecked Sendable {
        var fields: Fields

        init(fields: Fields) { self.fields = fields }
    }

    private var storage: Storage

    var fields: Fields {
        _read { yield storage.fields }
        _modify {
            if !isKnownUniquelyReferenced(&storage) { storage = Storage(fields: storage.fields) }
            yield &storage.fields
        }
    }

    /// Its number and its lane.
    public let id: RequestID

    package init(summary: RequestSummary) {
        id = summary.id
        storage = Storage(fields: Fields(summary: summary))
    }

    package var summary: RequestSummary { storage.fields.summary }

    /// In the order of their beginning.
    public internal(set) var spans: [Span] {
        _read { yield storage.fields.spans }
        _modify { yield &fields.spans }
    }

    /// In the order of their recording.
    public internal(set) var moments: [Moment] {
        _read { yield storage.fields.moments }
        _modify { yield &fields.moments }
    }

    /// What found no room, by kind: in the log or here.
    public internal(set) var skipped: [EventKind: Int] {
        _read { yield storage.fields.skipped }
        _modify { yield &fields.skipped }
    }

    /// When it was answered, or could not be.
    public internal(set) var done: UInt64? {
        get { storage.fields.done }
        set { fields.done = newValue }
    }

    /// The status it was answered with.
    public internal(set) var status: Int? {
        get { storage.fields.status }
        set { fields.status = newValue }
    }

    /// What the router found; empty when nothing matched.
    public internal(set) var endpoint: String {
        get { storage.fields.endpoint }
        set { fields.endpoint = newValue }
    }

    /// The rule that the router found.
    public internal(set) var rule: String {
        get { storage.fields.rule }
        set { fields.rule = newValue }
    }

    var texts: Deque<String> { storage.fields.texts }

    var open: Int {
        get { storage.fields.open }
        set { fields.open = newValue }
    }

    var newest: UInt64 {
        get { storage.fields.newest }
        set { fields.newest = newValue }
    }

    /// Grows with everything that becomes known of it: two copies with the same number say the same.
    public var version: Int { storage.fields.version }

    /// How far it has come.
    public var stage: Stage {
        if done != nil { return open > 0 ? .settling : .finished }
        return spans.hasOne { $0.kind == .queued && $0.end == nil } ? .queued : .running
    }

    /// When its client began, by the process's monotonic clock, in ns: when it sent the request, as far as that is known,
    /// else when the request was accepted.
    public var began: UInt64 { summary.began }

    /// The *response*: from when its client began to its answer, or to `now`, in ns.
    public func response(until now: UInt64) -> UInt64 { (done ?? now).subtractingSaturated(began) }

    /// When the last thing of it that is known of ended, or `now` while something goes on.
    package func lastTime(until now: UInt64) -> UInt64 { endOfAll ?? now }

    /// When the last thing of it ended; nil while something goes on.
    package var endOfAll: UInt64? { done != nil && open == 0 ? newest : nil }

    /// Whether a server elsewhere has told of its own span that it ended.
    var isToldWhole: Bool { storage.fields.isToldWhole }

    /// What a span of another process came with: attributes, events, links, and who told it; nil for those of this one.
    package func facts(of span: SpanID) -> ToldFacts? { storage.fields.facts[span] }

    /// The span of that number, if it is kept.
    public subscript(id: SpanID) -> Span? { storage.fields.place(of: id).map { spans[$0] } }

    /// The span in which `span` lies, if it is kept.
    ///
    /// It always began before: what says otherwise is not followed, or a broken trace would lead round in a ring.
    package func parent(of span: Span) -> Span? {
        guard span.parent != .none, span.parent.rawValue < span.id.rawValue else { return nil }
        return self[span.parent]
    }

    /// The name of a thread of this request's own, or nil for one that outlives it.
    package func subThreadName(of track: UInt32) -> String? {
        guard let span = spans.first(where: { $0.kind == .subThread && $0.track == track }),
            !span.flags.contains(.kept)
        else { return nil }
        // Another process names its threads itself.
        if span.origin == .told { return span.scope.isEmpty ? nil : span.scope }
        return "loop-\(summary.id.number).\(span.value)"
    }

    // MARK: Folding

    /// Adds what the log has handed out.
    mutating func apply(_ taken: RequestLog.Taken) { fields.apply(taken) }
}

/// The fold of one request's events: on the fields alone, for to ask each time whether the trace is its only owner costs
/// more than the event.
extension Trace.Fields {
    /// Adds what the log has handed out.
    mutating func apply(_ taken: RequestLog.Taken) {
        version += 1
        if spans.isEmpty {
            // Most requests are handed out whole.
            spans.reserveCapacity(taken.events.count { $0.edge == .begin })
            moments.reserveCapacity(taken.events.count { $0.edge == .instant })
        }
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
        spans.insert(
            Span(
                id: event.span, kind: event.kind, parent: event.parent, label: text(label: event.label),
                scope: text(label: event.detail), detail: "", begin: event.time, end: nil, outcome: .none,
                value: event.value, endValue: 0, track: event.track, task: event.task, flags: event.flags),
            at: observedEnd)
    }

    /// Where the observed spans end and the told spans begin.
    private var observedEnd: Int { spans.count - min(spans.count, told.count) }

    private mutating func end(_ event: Event) {
        open -= 1
        guard let place = place(of: event.span) else { return }
        spans[place].end = max(event.time, spans[place].begin)
        spans[place].outcome = event.outcome
        spans[place].endValue = event.value
        if event.detail != .none { spans[place].detail = text(label: event.detail) }
        if event.kind == .routing, event.outcome == .done {
            endpoint = text(label: event.detail)
            rule = text(label: event.label)
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
        let moment = Moment(
            kind: event.kind, label: text(label: event.label), detail: text(label: event.detail), time: event.time,
            value: event.value, track: event.track, parent: event.parent, flags: event.flags,
            order: observedEnd > 0 ? spans[observedEnd - 1].id.rawValue : 0)
        if toldMoments == 0 { moments.append(moment) } else { moments.insert(moment, at: moments.count - toldMoments) }
    }

    /// Drops the oldest ended span of the second half when there are too many.
    private mutating func makeRoom() {
        let end = observedEnd
        guard end >= Trace.spanLimit else { return }
        let half = Trace.spanLimit / 2
        guard let place = spans[half..<end].firstIndex(where: { $0.end != nil && !$0.kind.isEssential }) else { return }
        skipped[spans[place].kind, default: 0] += 1
        spans.remove(at: place)
    }

    private func text(label: Label) -> String {
        guard label.isOwn else { return label.text }
        let number = Int(label.rawValue & ~Label.ownBit)
        return number < texts.count ? texts[number] : ""
    }

    /// Spans stand in the order of their numbers, so they are found by halves.
    fileprivate func place(of id: SpanID) -> Int? {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].id.rawValue < id.rawValue { low = middle + 1 } else { high = middle }
        }
        return low < spans.count && spans[low].id == id ? low : nil
    }
}
