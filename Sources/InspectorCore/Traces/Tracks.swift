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
package enum Tracks {
    /// The threads of a lane between `from` and now: those that live (`alive`), in their order, and each request's
    /// sub-threads under the worker that waits for them.
    package static func make(
        _ traces: [Trace], alive: [TrackRegistry.Entry], from: UInt64, now: UInt64
    ) -> [Track] {
        var tracks: [UInt32: Track] = [:]
        for entry in alive { tracks[entry.track] = Track(number: entry.track, name: entry.name, parent: nil) }
        var children: [UInt32: [UInt32]] = [:]
        for trace in traces where trace.lastTime(until: now) >= from {
            let worker = trace.spans.first { $0.kind == .routing }?.track
            for span in trace.spans where span.kind == .subThread && (span.end ?? now) >= from {
                // A loop that is kept between requests stands among the threads that live.
                guard !alive.contains(where: { $0.track == span.track }) else { continue }
                var track = Track(
                    number: span.track, name: trace.subThreadName(of: span.track) ?? span.scope, parent: worker)
                track.isEnded = span.end != nil
                if tracks.updateValue(track, forKey: span.track) == nil {
                    children[worker ?? 0, default: []].append(span.track)
                }
            }
            add(trace, worker, from: from, now: now, to: &tracks)
        }
        var ordered: [Track] = []
        for entry in alive {
            if let track = tracks[entry.track] { ordered.append(track) }
            for child in children[entry.track] ?? [] {
                if let track = tracks[child] { ordered.append(track) }
            }
        }
        return ordered
    }

    private static func add(
        _ trace: Trace, _ worker: UInt32?, from: UInt64, now: UInt64, to tracks: inout [UInt32: Track]
    ) {
        let number = trace.id.number
        for span in trace.spans where (span.end ?? now) >= from {
            switch span.kind {
            case .beforeRequest, .afterRequest, .afterThisRequest, .urlValuePreprocessor:
                add(span, .hook, "runs \(span.label) for #\(number)", depth: 1, number, &tracks)
            case .view:
                let isHeld = trace.moments.contains { $0.kind == .held }
                let words =
                    isHeld ? "is held by \(span.label): #\(number) is answered" : "runs \(span.label) for #\(number)"
                add(span, .running, words, depth: 1, number, &tracks)
            case .stream:
                add(span, .running, "streams the body of #\(number)", depth: 1, number, &tracks)
            case .background:
                add(span, .running, "runs \(span.label) of #\(number) in the background", depth: 1, number, &tracks)
            case .errorHandler:
                add(span, .errorHandler, "handles an error of #\(number): \(span.label)", depth: 1, number, &tracks)
            case .teardownRequest, .teardownAppContext:
                add(span, .teardown, "tears #\(number) down: \(span.label)", depth: 1, number, &tracks)
            case .blocked:
                add(span, .blocked, "blocked on \(span.label)", depth: 2, number, &tracks)
            case .await where !span.flags.contains(.leaked):
                add(span, .awaiting, "awaits \(span.label)", depth: 2, number, &tracks)
            case .subThread:
                guard let worker, tracks[worker] != nil else { continue }
                let name = trace.subThreadName(of: span.track) ?? span.scope
                // The worker went on without a call that was left to itself.
                let abandoned = trace.moments.first { $0.kind == .abandoned && $0.parent == span.id }?.time
                tracks[worker]?.segments.append(
                    Track.Segment(
                        request: number, activity: .waitingForSubThread, begin: span.begin,
                        end: abandoned ?? span.end, depth: 0))
                if span.end == nil, abandoned == nil {
                    tracks[worker]?.now = "waits for its sub-thread \(name)"
                    tracks[worker]?.since = span.begin
                }
            default: break
            }
        }
        nameAwaits(trace, &tracks)
        for moment in trace.moments where moment.kind == .abandoned {
            guard let span = trace[moment.parent], span.end == nil else { continue }
            tracks[span.track]?.now = "abandoned by #\(number): \(moment.label) goes on"
            tracks[span.track]?.since = moment.time
        }
    }

    private static func add(
        _ span: Span, _ activity: Track.Activity, _ words: String, depth: Int, _ number: UInt64,
        _ tracks: inout [UInt32: Track]
    ) {
        guard tracks[span.track] != nil else { return }
        tracks[span.track]?.segments.append(
            Track.Segment(request: number, activity: activity, begin: span.begin, end: span.end, depth: depth))
        guard span.end == nil else { return }
        tracks[span.track]?.now = words
        tracks[span.track]?.since = span.begin
    }

    /// Several awaits at once are told together: "5 awaits pending: oslo lima …".
    private static func nameAwaits(_ trace: Trace, _ tracks: inout [UInt32: Track]) {
        var open: [UInt32: [Span]] = [:]
        for span in trace.spans where span.kind == .await && span.end == nil && !span.flags.contains(.leaked) {
            open[span.track, default: []].append(span)
        }
        for (track, spans) in open where spans.count > 1 {
            let names = spans.map { $0.label.split(separator: "/").last.map(String.init) ?? $0.label }
            tracks[track]?.now = "\(spans.count) awaits pending: " + names.joined(separator: " ")
            tracks[track]?.since = spans.map(\.begin).min()
        }
    }

    /// How many workers were held, and how many requests waited for one, at most in each of `count` equal parts of the
    /// time from `from` to `now`.
    package static func saturation(
        _ traces: [Trace], from: UInt64, now: UInt64, count: Int
    ) -> (held: [Int], queued: [Int]) {
        guard count > 0, now > from else { return ([], []) }
        func curve(_ intervals: [(begin: UInt64, end: UInt64)]) -> [Int] {
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
            let width = Double(now - from) / Double(count)
            func apply(while isDue: (UInt64) -> Bool, _ column: Int?) {
                while place < changes.count, isDue(changes[place].time) {
                    level += changes[place].step
                    place += 1
                    if let column { most[column] = max(most[column], level) }
                }
            }
            for column in 0..<count {
                let begin = from + UInt64(Double(column) * width)
                let end = column == count - 1 ? now : from + UInt64(Double(column + 1) * width)
                apply(while: { $0 <= begin }, nil)
                most[column] = level
                apply(while: { $0 < end }, column)
            }
            return most
        }
        var held: [(begin: UInt64, end: UInt64)] = []
        var queued: [(begin: UInt64, end: UInt64)] = []
        for trace in traces where trace.lastTime(until: now) >= from {
            guard let wait = trace.first(.queued) else { continue }
            queued.append((wait.begin, wait.end ?? now))
            if let taken = wait.end { held.append((taken, trace.done ?? now)) }
        }
        return (curve(held), curve(queued))
    }
}
