// Threads over time, folded from traces: what each did in a window, and what it does now, in words.

/// One thread over a window of time.
package struct Track: Sendable {
    /// What a thread did for a while.
    package enum Activity: Sendable, Equatable {
        case hook
        case running
        /// Blocked in a call.
        case blocked
        /// On a loop: all its tasks are suspended.
        case awaiting
        /// A worker whose request is on a sub-thread.
        case waitingForSubThread
        case errorHandler
        case teardown
        /// On a loop: an async function goes on, and none of its code runs.
        case idle
    }

    /// A piece of it.
    package struct Segment: Sendable {
        package let request: UInt64
        package let activity: Activity
        package let begin: UInt64
        /// Nil while it goes on.
        package let end: UInt64?
        /// Deeper pieces are drawn over those they lie in.
        package let depth: Int
    }

    package let number: UInt32
    package let name: String
    /// Whether it is a sub-thread, and of which worker.
    package let parent: UInt32?
    package var segments: [Segment] = []
    /// What it does now: "blocked on GET api/oslo".
    package var now = "idle"
    /// Since when, or nil when idle.
    package var since: UInt64?
    /// Of a sub-thread: whether it has ended.
    package var isEnded = false

    package var isBusy: Bool { since != nil && !isEnded }
}

/// Makes tracks from traces.
package struct Tracks {
    /// Of how many of the newest requests sub-threads that have ended are told of: more could not be read.
    package static let detailed = 64

    private let from: UInt64
    private let now: UInt64
    private var tracks: [Track] = []
    /// The places of the threads that live, in the same order, for a search without hashing: there are few.
    private var alive: [UInt32] = []
    private var lastAlive: UInt32 = 0
    /// The places of sub-threads.
    private var subThreads: [UInt32: Int] = [:]
    private var firstSubThread = UInt32.max
    /// The sub-threads of a worker.
    private var children: [UInt32: [Int]] = [:]

    /// The threads of a lane between `from` and now: those that live (`alive`), in their order, and each request's
    /// sub-threads under the worker that waits for them.
    ///
    /// - Parameter hasEnded: whether sub-threads that have ended are told of too; those of the newest requests are.
    package static func make(
        _ traces: [Trace], alive: [TrackRegistry.Entry], from: UInt64, now: UInt64, hasEnded: Bool = true
    ) -> [Track] {
        var maker = Tracks(from: from, now: now)
        for entry in alive {
            maker.tracks.append(Track(number: entry.track, name: entry.name, parent: nil))
            maker.alive.append(entry.track)
            maker.lastAlive = max(maker.lastAlive, entry.track)
        }
        for (place, trace) in traces.enumerated() where trace.lastTime(until: now) >= from {
            let isDetailed = place >= traces.count - detailed
            maker.add(trace, hasEnded: hasEnded && isDetailed, isDetailed: isDetailed)
        }
        var ordered: [Track] = []
        for place in alive.indices {
            ordered.append(maker.tracks[place])
            for child in maker.children[alive[place].track] ?? [] { ordered.append(maker.tracks[child]) }
        }
        return ordered
    }

    private init(from: UInt64, now: UInt64) {
        self.from = from
        self.now = now
    }

    private func place(of track: UInt32) -> Int? {
        // Of thousands of requests that have ended the sub-threads are not shown: nothing is hashed for them.
        if track >= firstSubThread, let known = subThreads[track] { return known }
        return track <= lastAlive ? alive.firstIndex(of: track) : nil
    }

    /// - Parameter isDetailed: whether to look when the code of its async functions ran: of thousands that takes longer
    ///   than all else.
    private mutating func add(_ trace: Trace, hasEnded: Bool, isDetailed: Bool) {
        let number = trace.id.number
        let spans = trace.spans
        let worker = spans.firstPlace(of: .routing).map { spans[$0].track }
        addSubThreads(of: trace, worker: worker, hasEnded: hasEnded)
        // By place: under a flood these are a hundred thousand spans a frame, and copying one costs more than a look.
        for index in spans.indices where Tracks.isShown(spans[index].kind) {
            guard (spans[index].end ?? now) >= from else { continue }
            let kind = spans[index].kind
            if kind == .subThread {
                wait(for: index, in: spans, of: trace, worker: worker)
                continue
            }
            guard let place = place(of: spans[index].track) else { continue }
            // A copy of a span is four counts of references, and most have ended: only what is needed is read of it.
            if kind == .view, isDetailed, spans[index].isAsync,
                addPieces(of: spans[index], in: trace, number: number, place: place)
            {
                continue
            }
            guard let shape = Tracks.shape(of: kind),
                kind != .await || !spans[index].flags.contains(.leaked)
            else { continue }
            let (begin, end) = (spans[index].begin, spans[index].end)
            tracks[place].segments.append(
                Track.Segment(request: number, activity: shape.activity, begin: begin, end: end, depth: shape.depth))
            // Words are made for what goes on only: thousands of spans have ended.
            guard end == nil else { continue }
            tracks[place].now = Tracks.words(of: spans[index], number: number, among: spans)
            tracks[place].since = begin
        }
        guard trace.open > 0 else { return }
        nameAwaits(trace)
        for moment in trace.moments where moment.kind == .abandoned {
            guard let span = trace[moment.parent], span.end == nil, let place = place(of: span.track) else { continue }
            tracks[place].now = "abandoned by #\(number): \(moment.label) goes on"
            tracks[place].since = moment.time
        }
    }

    private mutating func addSubThreads(of trace: Trace, worker: UInt32?, hasEnded: Bool) {
        guard hasEnded || trace.open > 0 else { return }
        for span in trace.spans where span.kind == .subThread && (span.end ?? now) >= from {
            // A loop that is kept between requests stands among the threads that live.
            guard hasEnded || span.end == nil, place(of: span.track) == nil else { continue }
            var track = Track(
                number: span.track, name: trace.subThreadName(of: span.track) ?? span.scope, parent: worker)
            track.isEnded = span.end != nil
            subThreads[span.track] = tracks.count
            firstSubThread = min(firstSubThread, span.track)
            children[worker ?? 0, default: []].append(tracks.count)
            tracks.append(track)
        }
    }

    /// The worker of `trace` waits for a sub-thread meanwhile.
    private mutating func wait(for index: Int, in spans: [Span], of trace: Trace, worker: UInt32?) {
        guard let place = worker.flatMap({ place(of: $0) }) else { return }
        let (id, begin, end) = (spans[index].id, spans[index].begin, spans[index].end)
        // The worker went on without a call that was left to itself.
        let abandoned =
            trace.moments.firstPlace(of: .abandoned) == nil
            ? nil : trace.moments.first { $0.kind == .abandoned && $0.parent == id }?.time
        tracks[place].segments.append(
            Track.Segment(
                request: trace.id.number, activity: .waitingForSubThread, begin: begin, end: abandoned ?? end,
                depth: 0))
        if end == nil, abandoned == nil {
            let span = spans[index]
            let name = trace.subThreadName(of: span.track) ?? span.scope
            tracks[place].now = "waits for its sub-thread \(name)"
            tracks[place].since = begin
        }
    }

    /// How a span of a thread is drawn; nil for one that is not.
    private static func shape(of kind: EventKind) -> (activity: Track.Activity, depth: Int)? {
        switch kind {
        case let kind where kind.isHook || kind == .middleware: (.hook, 1)
        case .view, .stream, .background: (.running, 1)
        case .errorHandler: (.errorHandler, 1)
        case .teardownRequest, .teardownAppContext: (.teardown, 1)
        case .blocked: (.blocked, 2)
        case .await: (.awaiting, 2)
        default: nil
        }
    }

    /// What a thread does while `span` goes on.
    private static func words(of span: Span, number: UInt64, among spans: [Span]) -> String {
        switch span.kind {
        case .view where spans.hasOne { $0.kind == .held }: "is held by \(span.label): #\(number) is answered"
        case .stream: "streams the body of #\(number)"
        case .background: "runs \(span.label) of #\(number) in the background"
        case .errorHandler: "handles an error of #\(number): \(span.label)"
        case .teardownRequest, .teardownAppContext: "tears #\(number) down: \(span.label)"
        case .blocked: "blocked on \(span.label)"
        case .await: "awaits \(span.label)"
        default: "runs \(span.label) for #\(number)"
        }
    }

    /// Adds an async function that takes long by when its code ran; false where nobody knows, or it is short.
    ///
    /// What lies under a column's width is left out: a loop would seem to run all the time.
    private mutating func addPieces(of span: Span, in trace: Trace, number: UInt64, place: Int) -> Bool {
        let least = max(1, now.subtractingSaturated(from) / 200)
        guard span.isAsync, span.duration(until: now) >= least,
            let pieces = LoopPieces(of: span, in: trace, until: now)
        else { return false }
        let runs = pieces.ran.last.map { $0.upperBound >= now && span.end == nil } ?? false
        tracks[place].segments.append(
            Track.Segment(request: number, activity: .idle, begin: span.begin, end: span.end, depth: 0))
        if span.end == nil {
            tracks[place].now = runs ? "runs \(span.label) for #\(number)" : "idle in \(span.label) of #\(number)"
            tracks[place].since = span.begin
        }
        for range in pieces.ran where range.upperBound - range.lowerBound >= least {
            tracks[place].segments.append(
                Track.Segment(
                    request: number, activity: .running, begin: range.lowerBound, end: range.upperBound, depth: 3))
        }
        return true
    }

    private static func isShown(_ kind: EventKind) -> Bool {
        kind.isWait || kind == .subThread || (kind.isFunction && kind != .signal)
    }

    /// Several awaits at once are told together: "5 awaits pending: oslo lima …".
    private mutating func nameAwaits(_ trace: Trace) {
        var open: [UInt32: [Span]] = [:]
        for span in trace.spans where span.kind == .await && span.end == nil && !span.flags.contains(.leaked) {
            open[span.track, default: []].append(span)
        }
        for (track, spans) in open where spans.count > 1 {
            guard let place = place(of: track) else { continue }
            let names = spans.map { $0.label.split(separator: "/").last.map(String.init) ?? $0.label }
            tracks[place].now = "\(spans.count) awaits pending: " + names.joined(separator: " ")
            tracks[place].since = spans.map(\.begin).min()
        }
    }

    /// How full a pool was.
    package struct Saturation: Sendable, Equatable {
        /// The most workers that were held, in each of the equal parts of the time.
        package var held: [Int] = []
        /// The most requests that waited for one.
        package var queued: [Int] = []
        /// How long all were held, in ns.
        package var full: UInt64 = 0
    }

    /// How full a pool of `workers` was in each of `count` equal parts of the time from `from` to `now`.
    package static func saturation(
        traces: [Trace], workers: Int, from: UInt64, now: UInt64, count: Int
    ) -> Saturation {
        guard count > 0, now > from else { return Saturation() }
        var saturation = Saturation()
        func curve(intervals: [(begin: UInt64, end: UInt64)], full: ((UInt64) -> Void)?) -> [Int] {
            var changes: [(time: UInt64, step: Int)] = []
            for interval in intervals where interval.end > from && interval.begin < now {
                changes.append((max(from, interval.begin), 1))
                changes.append((min(now, interval.end), -1))
            }
            // At one moment what ends goes before what begins: a worker that goes on to the next request is one.
            changes.sort { ($0.time, $0.step) < ($1.time, $1.step) }
            var most = [Int](repeating: 0, count: count)
            var level = 0
            var place = 0
            var reached = from
            let width = Double(now - from) / Double(count)
            func apply(while isDue: (UInt64) -> Bool, column: Int?) {
                while place < changes.count, isDue(changes[place].time) {
                    if level >= max(1, workers) { full?(changes[place].time - reached) }
                    reached = changes[place].time
                    level += changes[place].step
                    place += 1
                    if let column { most[column] = max(most[column], level) }
                }
            }
            for column in 0..<count {
                let begin = from.addingSaturated(UInt64(saturating: Double(column) * width))
                let end =
                    column == count - 1
                    ? now : from.addingSaturated(UInt64(saturating: Double(column + 1) * width))
                apply(while: { $0 <= begin }, column: nil)
                most[column] = level
                apply(while: { $0 < end }, column: column)
            }
            apply(while: { _ in true }, column: nil)
            if level >= max(1, workers) { full?(now - reached) }
            return most
        }
        var held: [(begin: UInt64, end: UInt64)] = []
        var queued: [(begin: UInt64, end: UInt64)] = []
        for trace in traces where trace.lastTime(until: now) >= from {
            if let place = trace.spans.firstPlace(of: .queued) {
                queued.append((trace.spans[place].begin, trace.spans[place].end ?? now))
            }
            if let time = trace.workerHeld(until: now) { held.append(time) }
        }
        saturation.held = curve(intervals: held) { saturation.full += $0 }
        saturation.queued = curve(intervals: queued, full: nil)
        return saturation
    }
}
