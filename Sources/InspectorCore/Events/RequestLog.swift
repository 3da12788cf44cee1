// What is recorded of one request: its head, its texts, and its events until the reader takes them.
// It keeps no history (that is `Traces/`) and knows no thread but the one that calls it.

internal import Synchronization

/// What is known of a request when its recording begins.
package struct RequestSummary: Sendable {
    package var id: RequestID
    /// The lane that serves it, as it was when the request was accepted.
    package var lane: LaneDescription
    package var method: String
    /// Path and query as they came, with nothing decoded.
    ///
    /// May hold any byte: make it visible before showing it.
    package var target: String
    /// When its first bytes arrived, by `MonotonicClock`.
    package var accepted: UInt64
    /// When its client began, as far as that is known; else when it was accepted.
    package var began: UInt64
    /// The trace that it belongs to.
    package var context: TraceContext

    /// Describes request `number` of `lane`.
    ///
    /// - Parameters:
    ///   - began: when its client began; nil where nobody knows of a moment before its acceptance.
    ///   - context: the trace that it brought along; nil for one that begins with it.
    package init(
        number: UInt64, lane: LaneDescription, method: String, target: String, accepted: UInt64,
        began: UInt64? = nil, context: TraceContext? = nil
    ) {
        let id = RequestID(number: number, lane: lane.id)
        self.id = id
        self.context = context ?? TraceContext(beginningWith: id)
        self.lane = lane
        self.method = method
        self.target = target
        self.accepted = accepted
        self.began = min(began ?? accepted, accepted)
    }

    /// Describes a request of a hosted lane that has the usual name.
    package init(id: RequestID, mode: ExecutionMode, method: String, target: String, accepted: UInt64) {
        self.init(
            number: id.number, lane: LaneDescription(id: id.lane, kind: .hosted(mode)), method: method, target: target,
            accepted: accepted)
    }

    /// How the functions of the app are run; nil in a lane that is not ours.
    package var mode: ExecutionMode? { lane.mode }
}

/// Records one request.
///
/// Every function may be called from any thread: the state is behind one lock, held for some ten nanoseconds. Nothing
/// here waits for the reader. A span that begins has room for its end put by, so that no recorded span can lose it.
package final class RequestLog: Sendable {
    /// What the reader takes away.
    package struct Taken {
        package var events: [Event]
        /// Texts made since the last taking; the first has the number `firstText`.
        package var texts: [String]
        package var firstText: Int
        /// Moments that found no room, by kind.
        package var skipped: [EventKind: Int]
    }

    private struct State {
        var events: [Event] = []
        var texts: [String] = []
        var firstText = 0
        var nextSpan: UInt32 = 0
        var openEnds = 0
        var credit: Int
        var skipped: [EventKind: Int] = [:]
        var isWaitingForReader = false
        var isDone = false
    }

    /// How many events a request may leave with the reader at a time, besides the essential ones.
    package static let window = 512
    /// How much room a request takes from the log at a time.
    static let chunk = 32

    /// How much is recorded of a request.
    package enum Depth: Sendable {
        /// All of it.
        case full
        /// That it began, how it ended and by which route: one of many under a flood.
        case thin
        /// Nothing, and the log counts it as lost: there was no room as it began.
        case lost
        /// Nothing.
        case unrecorded
    }

    /// Marks a request that was refused before its server was asked.
    package static let notPassedOn = Label("not passed on")

    package let summary: RequestSummary
    package let depth: Depth

    /// What changes, of a request with detail.
    private final class Record: Sendable {
        let state = Mutex(State(credit: RequestLog.chunk))
    }

    private let log: EventLog
    /// The rule that the router found, where no event says so.
    private let rule = Atomic<UInt32>(0)
    /// Whether its server answered it, where that is another process.
    private let hasAnswer = Atomic<Bool>(true)
    /// Nil of a request without detail: most are, and its making and its end would take as long as all else that is
    /// kept of one.
    private let record: Record?

    init(summary: RequestSummary, log: EventLog, depth: Depth) {
        self.summary = summary
        self.log = log
        self.depth = depth
        record = depth == .full ? Record() : nil
    }

    /// Whether events are recorded.
    package var isRecording: Bool { depth == .full }

    /// Keeps `text` with this request and gives the label that stands for it.
    package func own(text: String) -> Label {
        guard let record else { return .none }
        return record.state.withLock { state in
            let number = state.firstText + state.texts.count
            guard number < 4096 else { return Label("(more texts)") }
            state.texts.append(text.count > 512 ? String(text.prefix(512)) + "…" : text)
            return Label(rawValue: Label.ownBit | UInt32(number))
        }
    }

    /// Records that a span begins; gives `.none` when it found no room, and then its end is not recorded either.
    @discardableResult
    package func begin(
        _ kind: EventKind, label: Label = .none, detail: Label = .none, parent: SpanID = .none, value: Int64 = 0,
        flags: Event.Flags = [], track: UInt32? = nil, task: UInt32 = 0, at time: UInt64? = nil
    ) -> SpanID {
        guard let record else { return .none }
        let time = time ?? MonotonicClock.now()
        let track = track ?? ThreadRecord.track
        let (span, isFirst) = record.state.withLock { state -> (SpanID, Bool) in
            guard admit(&state, room: 2, kind: kind) else { return (.none, false) }
            state.nextSpan += 1
            state.openEnds += 1
            let span = SpanID(rawValue: state.nextSpan)
            return (
                span,
                append(
                    &state,
                    event: Event(
                        time: time, value: value, span: span, parent: parent, label: label, detail: detail,
                        track: track, task: task, kind: kind, edge: .begin, outcome: .none, flags: flags
                    )
                )
            )
        }
        if isFirst { log.hasNews(self) }
        return span
    }

    /// Records that `span` ended.
    ///
    /// Does nothing for `.none`.
    package func end(
        _ kind: EventKind, span: SpanID, outcome: Outcome = .done, label: Label = .none, detail: Label = .none,
        value: Int64 = 0, flags: Event.Flags = [], track: UInt32? = nil, task: UInt32 = 0, at time: UInt64? = nil
    ) {
        guard let record, span != .none else {
            if depth == .thin, kind == .routing, outcome == .done { rule.store(label.rawValue, ordering: .relaxed) }
            return
        }
        let time = time ?? MonotonicClock.now()
        let track = track ?? ThreadRecord.track
        let isFirst = record.state.withLock { state in
            state.openEnds -= 1
            return append(
                &state,
                event: Event(
                    time: time, value: value, span: span, parent: .none, label: label, detail: detail, track: track,
                    task: task, kind: kind, edge: .end, outcome: outcome, flags: flags
                )
            )
        }
        if isFirst { log.hasNews(self) }
    }

    /// Records a moment.
    package func instant(
        _ kind: EventKind, label: Label = .none, detail: Label = .none, parent: SpanID = .none, value: Int64 = 0,
        outcome: Outcome = .none, flags: Event.Flags = [], task: UInt32 = 0, at time: UInt64? = nil
    ) {
        guard let record else { return }
        let time = time ?? MonotonicClock.now()
        let track = ThreadRecord.track
        let isFirst = record.state.withLock { state in
            guard admit(&state, room: 1, kind: kind) else { return false }
            if kind == .done { state.isDone = true }
            return append(
                &state,
                event: Event(
                    time: time, value: value, span: .none, parent: parent, label: label, detail: detail, track: track,
                    task: task, kind: kind, edge: .instant, outcome: outcome, flags: flags
                )
            )
        }
        if isFirst { log.hasNews(self) }
    }

    /// Records how it arrived: the span *arriving* up to its acceptance, or, where nobody knows how long that was, the
    /// moment that says how long it was at most.
    package func record(_ arrival: Arrival, acceptedAt accepted: UInt64) {
        let function = arrival.hold?.function ?? .none
        let value = arrival.hold?.request?.packed ?? 0
        let witness = arrival.witness.label
        guard let began = arrival.counted else {
            instant(
                .arriving, label: function, detail: witness,
                value: Int64(clamping: accepted.subtractingSaturated(arrival.began)), at: accepted)
            return
        }
        let span = begin(.arriving, label: function, detail: witness, value: value, at: min(began, accepted))
        end(.arriving, span: span, value: Int64(clamping: arrival.tolerance), at: accepted)
    }

    /// Notes that its server gave no answer, and that what its client gets says so: its time is none of an answer.
    ///
    /// Of a request with detail `Trace.hasAnswer` knows.
    package func leaveUnanswered() { hasAnswer.store(false, ordering: .relaxed) }

    /// Records the last moment of the request: it was answered (or could not be), and no phase of it is open.
    ///
    /// A request that could not be recorded is counted here, with its status and its time, so that counts stay exact.
    package func finish(status: Int, at time: UInt64? = nil) {
        switch depth {
        case .full: instant(.done, value: Int64(status), at: time)
        case .lost: log.countLost(summary: summary, status: status, time: time ?? MonotonicClock.now())
        case .thin:
            log.ended(
                ThinEnd(
                    summary: summary, rule: Label(rawValue: rule.load(ordering: .relaxed)), status: status,
                    done: time ?? MonotonicClock.now(), hasAnswer: hasAnswer.load(ordering: .relaxed)))
        case .unrecorded: break
        }
    }

    /// Whether `finish` was called: what begins now has outlived its request.
    package var isDone: Bool { record?.state.withLock { $0.isDone } ?? false }

    /// Takes what has gathered.
    ///
    /// Only the log's one reader calls this.
    func take() -> Taken {
        guard let record else { return Taken(events: [], texts: [], firstText: 0, skipped: [:]) }
        let (taken, freed) = record.state.withLock { state in
            let taken = Taken(
                events: state.events, texts: state.texts, firstText: state.firstText, skipped: state.skipped)
            let freed = state.events.count
            state.firstText += state.texts.count
            state.events = []
            state.texts = []
            state.skipped = [:]
            state.isWaitingForReader = false
            guard state.isDone, state.openEnds == 0 else { return (taken, freed) }
            let rest = state.credit
            state.credit = 0
            return (taken, freed + rest)
        }
        log.giveBack(freed)
        return taken
    }

    /// Whether there is room for `room` more events: the request's own share first, then a chunk of the log's.
    private func admit(_ state: inout State, room: Int, kind: EventKind) -> Bool {
        let isWindowFull = state.events.count + state.openEnds + room > RequestLog.window
        if !isWindowFull || kind.isEssential {
            if state.credit >= room || log.take(RequestLog.chunk, isEssential: kind.isEssential) {
                if state.credit < room { state.credit += RequestLog.chunk }
                state.credit -= room
                return true
            }
        }
        state.skipped[kind, default: 0] += 1
        return false
    }

    /// Adds an event that has room; true when the reader has to be told of this request.
    private func append(_ state: inout State, event: Event) -> Bool {
        if state.events.capacity == 0 { state.events.reserveCapacity(RequestLog.chunk) }
        state.events.append(event)
        if state.isWaitingForReader { return false }
        state.isWaitingForReader = true
        return true
    }
}
