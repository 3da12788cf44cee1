// One request as a bar: what it was doing, in eighths of a column.

internal import InspectorCore

/// Draws a trace on one row.
///
/// Time is divided into eighths of a column. A column shows what fills most of it, and where a bar ends a part of one.
struct RequestBar {
    /// What a request was doing; a wait for n calls at once is `awaiting + n`.
    private enum Phase {
        static let none: UInt8 = 0
        static let between: UInt8 = 1
        static let arriving: UInt8 = 2
        static let queued: UInt8 = 3
        static let running: UInt8 = 4
        static let hook: UInt8 = 5
        static let failing: UInt8 = 6
        static let blocked: UInt8 = 7
        static let idle: UInt8 = 8
        static let scheduled: UInt8 = 9
        static let connecting: UInt8 = 10
        static let awaiting: UInt8 = 16
        /// More calls at once than this look like this many.
        static let mostCalls = 8
    }

    /// Under this many columns a bar shows the queue and the work, and nothing else.
    private static let leastColumns = 6

    private let glyphs: Glyphs
    private let scale: TimeScale
    /// The same time in eighths of a column.
    private let fine: TimeScale
    private var eighths: [UInt8]
    /// In which code of it could have run, and its loop ran something else.
    private var ready: [Range<UInt64>] = []
    /// Columns in which one of several calls in a row begins.
    private var seams: [Int: UInt8] = [:]
    /// Columns in which an error was thrown.
    private var errors: [Int] = []

    /// Makes the bar of `trace` on `scale`, with what is pending drawn up to `now`.
    init(trace: Trace, scale: TimeScale, now: UInt64, glyphs: Glyphs) {
        self.glyphs = glyphs
        self.scale = scale
        fine = TimeScale(start: scale.start, length: scale.length, columns: scale.columns * 8)
        eighths = Array(repeating: Phase.none, count: fine.columns)
        guard !eighths.isEmpty else { return }
        let end = trace.done ?? now
        // From the general to the particular: what is drawn later stands on top.
        fill(trace.began, end: end, phase: Phase.between, isLeast: true)
        for span in trace.spans {
            let spanEnd = span.end ?? now
            switch span.kind {
            case .arriving: fill(span.begin, end: spanEnd, phase: Phase.arriving)
            case .queued: fill(span.begin, end: spanEnd, phase: Phase.queued)
            // Until it is connected to, a server elsewhere has nothing. That of a call lies in its await.
            case .connecting where trace.summary.lane.isRemote && span.origin == .observed:
                fill(span.begin, end: spanEnd, phase: Phase.connecting)
            case .view, .stream:
                if span.isAsync, fillPieces(of: span, in: trace, now: now) { break }
                fill(span.begin, end: spanEnd, phase: Phase.running, isLeast: true)
            case let kind where kind.isHook || kind == .middleware: fill(span.begin, end: spanEnd, phase: Phase.hook)
            // `.remote` stays as it is drawn between functions: what a server elsewhere does is not known.
            case .receiving, .sending: fill(span.begin, end: spanEnd, phase: Phase.running)
            case .errorHandler: fill(span.begin, end: spanEnd, phase: Phase.failing)
            default: break
            }
        }
        fillWaits(trace, until: end, now: now)
        for range in ready { fill(range.lowerBound, end: range.upperBound, phase: Phase.scheduled) }
        for span in trace.spans where span.outcome == .raised && span.kind != .routing {
            if let time = span.end, let cells = scale.cells(begin: time, end: time) { errors.append(cells.lowerBound) }
        }
        if let done = trace.done, !trace.hasAnswer, let cells = scale.cells(begin: done, end: done) {
            errors.append(cells.lowerBound)
        }
    }

    /// Draws an async function by when its code ran; false where nobody knows.
    private mutating func fillPieces(of span: Span, in trace: Trace, now: UInt64) -> Bool {
        guard let pieces = LoopPieces(of: span, in: trace, until: now) else { return false }
        fill(span.begin, end: span.end ?? now, phase: Phase.idle, isLeast: true)
        for range in pieces.ran { fill(range.lowerBound, end: range.upperBound, phase: Phase.running) }
        ready += pieces.ready
        return true
    }

    /// Draws what is waited for over what runs: how many calls are awaited at once, and what holds a thread.
    ///
    /// Where one of several long calls in a row begins a seam is drawn, so that they can be counted.
    private mutating func fillWaits(_ trace: Trace, until end: UInt64, now: UInt64) {
        // How many more are awaited from each eighth on.
        var changes: [Int]?
        var reached: UInt64 = 0
        var isAfterLong = false
        // A wait for other waits is none beside them: `gather` of five calls is five.
        for span in trace.innermostWaits {
            let spanEnd = min(span.end ?? now, end)
            guard let range = range(begin: span.begin, end: spanEnd) else { continue }
            let phase: UInt8
            if span.kind == .await {
                if changes == nil { changes = Array(repeating: 0, count: eighths.count + 1) }
                changes?[range.lowerBound] += 1
                changes?[range.upperBound] -= 1
                phase = Phase.awaiting
            } else {
                eighths.fill(range, with: Phase.blocked)
                phase = Phase.blocked
            }
            let isLong = range.count >= 16
            if isAfterLong, isLong, span.begin >= reached { seams[range.lowerBound / 8] = phase }
            if spanEnd >= reached { (reached, isAfterLong) = (spanEnd, isLong) }
        }
        guard let changes else { return }
        var calls = 0
        for place in eighths.indices {
            calls += changes[place]
            if calls > 0 { eighths[place] = Phase.awaiting + UInt8(min(calls, Phase.mostCalls)) }
        }
    }

    /// Puts the bar into `frame`, left end at `x`.
    func draw(on frame: inout Frame, x: Int, y: Int) {
        let isTiny = scale.columns < RequestBar.leastColumns
        for column in 0..<scale.columns {
            let cell = eighths[(column * 8)..<(column * 8 + 8)]
            guard let (phase, count) = RequestBar.most(in: cell) else { continue }
            let look = look(of: isTiny ? RequestBar.plain(phase: phase) : phase)
            var text = look.text
            if count < 8, cell.first != Phase.none, cell.last == Phase.none, phase != Phase.between {
                text = glyphs.eighths[count - 1]
            } else if !isTiny, let seam = seams[column], self.look(of: seam).role == look.role {
                text = glyphs.seam
            }
            frame.put(text, x: x + column, y: y, role: look.role)
        }
        guard !isTiny else { return }
        for column in errors { frame.put(glyphs.error, x: x + column, y: y, role: .failing) }
    }

    /// What fills most of a column, and how many eighths of it anything fills; nil where nothing does.
    private static func most(in cell: ArraySlice<UInt8>) -> (phase: UInt8, filled: Int)? {
        guard let first = cell.first else { return nil }
        if cell.allSatisfy({ $0 == first }) { return first == Phase.none ? nil : (first, cell.count) }
        var best = Phase.none
        var most = 0
        for phase in cell where phase != Phase.none && phase != best {
            let count = cell.reduce(0) { $0 + ($1 == phase ? 1 : 0) }
            if count > most { (best, most) = (phase, count) }
        }
        return (best, cell.reduce(0) { $0 + ($1 == Phase.none ? 0 : 1) })
    }

    /// The queue, or work.
    private static func plain(phase: UInt8) -> UInt8 {
        phase == Phase.arriving || phase == Phase.queued || phase == Phase.connecting
            ? Phase.queued : phase == Phase.failing ? phase : Phase.running
    }

    private func look(of phase: UInt8) -> (text: String, role: Role) {
        switch phase {
        case Phase.between: (glyphs.waiting, .faint)
        case Phase.arriving: (glyphs.arriving, .queued)
        case Phase.queued: (glyphs.queued, .queued)
        case Phase.connecting: (glyphs.connecting, .queued)
        case Phase.running: (glyphs.running, .running)
        case Phase.hook: (glyphs.running, .hook)
        case Phase.failing: (glyphs.running, .failing)
        case Phase.blocked: (glyphs.blocked, .blocked)
        case Phase.idle: (glyphs.idle, .faint)
        case Phase.scheduled: (glyphs.scheduled, .warning)
        default: (glyphs.awaited(calls: Int(phase) - Int(Phase.awaiting)), .awaiting)
        }
    }

    /// - Parameter isLeast: whether an eighth is filled even where it took less.
    private mutating func fill(_ begin: UInt64, end: UInt64, phase: UInt8, isLeast: Bool = false) {
        guard let range = range(begin: begin, end: end, isLeast: isLeast) else { return }
        eighths.fill(range, with: phase)
    }

    /// The eighths between two moments, rounded at both ends, so that many short pieces are as wide as they were long.
    private func range(begin: UInt64, end: UInt64, isLeast: Bool = false) -> Range<Int>? {
        let left = fine.position(time: begin)
        let right = fine.position(time: max(begin, end))
        guard right >= 0, left < Double(fine.columns) else { return nil }
        let first = min(fine.columns - (isLeast ? 1 : 0), max(0, Int(left.rounded())))
        let last = min(fine.columns, max(first + (isLeast ? 1 : 0), Int(right.rounded())))
        return first < last ? first..<last : nil
    }
}

extension [UInt8] {
    fileprivate mutating func fill(_ range: Range<Int>, with value: UInt8) {
        withUnsafeMutableBufferPointer { buffer in buffer[range].update(repeating: value) }
    }
}
