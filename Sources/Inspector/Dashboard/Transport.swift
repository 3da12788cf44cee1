// Time that does not stand at now: stepping back through what is kept, and playing a request again slowly.

internal import InspectorCore

/// Which moment the screens show, and whether it moves.
package struct Transport: Sendable, Equatable {
    /// How fast it may play: 1 is life's own speed.
    package static let speeds = [0.001, 0.01, 0.1, 1, 10, 100]

    /// The moment that is shown, by `MonotonicClock`.
    package var time: UInt64
    /// The first and the last moment that can be shown.
    package let range: ClosedRange<UInt64>
    /// The request that is played again; nil while the whole picture is stepped through.
    package let request: UInt64?
    package var isPlaying: Bool
    /// 0.1 plays at a tenth of life's speed.
    package var speed: Double

    package init(
        at time: UInt64, in range: ClosedRange<UInt64>, request: UInt64? = nil, isPlaying: Bool = false,
        speed: Double = 0.1
    ) {
        self.time = min(max(time, range.lowerBound), range.upperBound)
        self.range = range
        self.request = request
        self.isPlaying = isPlaying
        self.speed = speed.isFinite ? max(0.001, min(1000, speed)) : 1
    }

    /// Whether it has come to its end.
    package var isAtEnd: Bool { time >= range.upperBound }

    /// Lets `nanoseconds` of the user's time go by.
    package mutating func advance(by nanoseconds: UInt64) {
        guard isPlaying else { return }
        let step = UInt64(saturating: Double(min(nanoseconds, 1_000_000_000)) * speed)
        time = min(range.upperBound, time.addingSaturated(step))
        if isAtEnd { isPlaying = false }
    }

    /// Goes to the nearest of `moments` before or after the one that is shown, and stands still there.
    package mutating func step(_ direction: Int, among moments: [UInt64]) {
        isPlaying = false
        var next: UInt64?
        for moment in moments where range.contains(moment) {
            if direction < 0, moment < time { next = max(next ?? 0, moment) }
            if direction > 0, moment > time { next = min(next ?? .max, moment) }
        }
        time = next ?? (direction < 0 ? range.lowerBound : range.upperBound)
    }

    /// The next speed of the list, up or down, `most` at the most; nil when there is none.
    package func nextSpeed(direction: Int, most: Double) -> Double? {
        let speeds = Transport.speeds.filter { $0 <= most }
        return direction > 0 ? speeds.first { $0 > speed * 1.01 } : speeds.last { $0 < speed * 0.99 }
    }

    /// `1/10`, `1/1`, `x10`.
    package var speedWords: String {
        speed >= 1 && request == nil || speed > 1
            ? "x\(Int(saturating: speed))" : "1/\(Int(saturating: (1 / speed).rounded()))"
    }

    /// Goes by a part of the whole, to either side.
    package mutating func seek(by part: Double) {
        let length = Double(range.upperBound - range.lowerBound)
        let place = Double(time.subtractingSaturated(range.lowerBound)) + (part.isFinite ? part : 0) * length
        // A long way is not an exact `Double`: it may come out a few nanoseconds longer than it is.
        let step = UInt64(saturating: max(0, min(length, place)))
        time = min(range.upperBound, range.lowerBound.addingSaturated(step))
    }

    /// Plays, or stands still; at the end it begins anew.
    package mutating func playOrPause() {
        if isAtEnd, !isPlaying { time = range.lowerBound }
        isPlaying.toggle()
    }
}

extension Model {
    /// The moment that the screens show: now, unless time is stepped through or played again.
    package var time: UInt64 { transport?.time ?? known.now }

    /// How much of what has just ended still glows while a request is played: 250 ms of the user's own time, in ns.
    package var glow: UInt64 { transport.map { UInt64(saturating: 250_000_000 * $0.speed) } ?? 0 }

    /// Lets `nanoseconds` of the user's time go by.
    package mutating func advance(by nanoseconds: UInt64) { transport?.advance(by: nanoseconds) }

    mutating func freezeOrGoOn() {
        if transport?.request != nil || recording != nil {
            transport?.playOrPause()
            return
        }
        moment = isFrozen ? .live : .held
        message =
            isFrozen
            ? "Held still: collecting goes on behind it. \(Key.left.name(glyphs: settings.glyphs)) steps back, space goes on."
            : nil
    }

    mutating func slower() {
        if transport?.request == nil, recording == nil || screen == .waterfall {
            playAgain()
        } else {
            changeSpeed(-1)
        }
    }

    mutating func faster() {
        guard transport?.request != nil || recording != nil else {
            message = "Nothing is played. , plays the selected request again in slow motion."
            return
        }
        changeSpeed(1)
    }

    private mutating func changeSpeed(_ direction: Int) {
        // A request is over in an instant at more than its own speed.
        guard let speed = transport?.nextSpeed(direction: direction, most: transport?.request == nil ? 100 : 1) else {
            message =
                direction < 0
                ? "It plays at a thousandth of its speed: it cannot go slower."
                : transport?.request == nil ? "This is the fastest." : "It plays at its own speed."
            return
        }
        transport?.speed = speed
    }

    private mutating func playAgain() {
        guard let number = current else {
            message = "There is no request yet. Press b for a burst, or open \(known.url)."
            return
        }
        let traces = currentTraces.map(\.trace)
        guard !traces.isEmpty, traces.allSatisfy({ $0.done != nil }) else {
            message =
                traces.isEmpty
                ? "Request #\(number) is no longer kept."
                : "#\(number) still runs: it can be played again when it is answered."
            return
        }
        if screen != .waterfall { openWaterfall(of: number) }
        let begin = traces.map(\.began).min() ?? known.now
        let end = max(begin, traces.map { $0.lastTime(until: known.now) }.max() ?? known.now)
        moment = .slowMotion(
            Transport(at: begin, in: begin...end, request: number, isPlaying: true), before: moment)
        view.waterfall.cursor = nil
        message = "Played again at 1/10. , slower   . faster   space pauses   esc leaves"
    }

    /// Shows half or twice as much of the clock in the list.
    mutating func zoomClock(in isIn: Bool) {
        guard axis == .clock else {
            message = "The bars begin with their requests: a shows them on the clock, which can be zoomed."
            return
        }
        let now = view.reach ?? 4_000_000_000
        let reach = isIn ? now / 2 : now.multipliedSaturated(by: 2)
        guard (10_000_000...3_600_000_000_000).contains(reach) else {
            message = "The clock reaches from 10 ms to an hour."
            return
        }
        view.reach = reach
        message =
            "The clock reaches \(TimeText.short(nanoseconds: reach, isASCII: settings.glyphs == .ascii)) back; 0 shows what fits."
    }

    /// All that is kept, from the first request to now.
    package var keptRange: ClosedRange<UInt64> {
        if let transport, transport.request == nil { return transport.range }
        let oldest = known.lanes.flatMap { $0.traces.prefix(1).map(\.began) }.min() ?? known.now
        return min(oldest, known.now)...known.now
    }

    /// Holds the picture and goes to a moment of all that is kept.
    mutating func goTo(_ moment: UInt64) {
        let range = keptRange
        if transport?.request != nil { return }
        if recording == nil, !isFrozen { self.moment = .held }
        if transport == nil { transport = Transport(at: known.now, in: range) }
        transport?.isPlaying = false
        transport?.time = min(max(moment, range.lowerBound), range.upperBound)
        if recording == nil, transport?.isAtEnd == true { transport = nil }
        sayPlace(in: range)
    }

    /// Goes by a part of all that is kept.
    mutating func seekKept(by part: Double) {
        let range = keptRange
        guard range.upperBound > range.lowerBound else {
            message = "There is no time to go through yet."
            return
        }
        var place = Transport(at: time, in: range)
        place.seek(by: part)
        goTo(place.time)
    }

    private mutating func sayPlace(in range: ClosedRange<UInt64>) {
        let isASCII = settings.glyphs == .ascii
        func text(_ nanoseconds: UInt64) -> String { TimeText.short(nanoseconds: nanoseconds, isASCII: isASCII) }
        message =
            "At \(text(time - range.lowerBound)) of \(text(range.upperBound - range.lowerBound))"
            + (recording == nil ? ", \(text(known.now - min(known.now, time))) back. space goes on." : ".")
    }

    /// The moment of all lanes that is nearest to `time`, before or after it.
    ///
    /// Without a list of all: ten thousand requests have half a million moments, and the key may be held down.
    private func momentsBeside(time: UInt64, direction: Int) -> [UInt64] {
        var best: UInt64?
        func look(_ moment: UInt64) {
            if direction < 0, moment < time { best = max(best ?? 0, moment) }
            if direction > 0, moment > time { best = min(best ?? .max, moment) }
        }
        for lane in known.lanes {
            for trace in lane.traces {
                let accepted = trace.began
                let last = trace.lastTime(until: known.now)
                let isBeyond =
                    direction < 0 ? accepted >= time || last <= (best ?? 0) : last <= time || accepted >= (best ?? .max)
                if isBeyond { continue }
                for moment in trace.instants { look(moment) }
            }
        }
        return best.map { [$0] } ?? []
    }

    /// Leaves slow motion; whether it was on.
    mutating func endPlaying() -> Bool {
        guard case .slowMotion(_, let before) = moment else { return false }
        moment = before
        return true
    }

    /// Steps through time: through the request that is played, or through all that is kept.
    mutating func step(_ direction: Int) {
        if transport?.request != nil {
            let moments = currentTraces.flatMap(\.trace.instants)
            transport?.step(direction, among: moments)
            return
        }
        if recording == nil, !isFrozen {
            guard direction < 0 else {
                message =
                    "This is the newest. \(Key.left.name(glyphs: settings.glyphs)) holds the picture and steps back."
                return
            }
            moment = .held
        }
        let oldest = known.lanes.flatMap { $0.traces.prefix(1).map(\.began) }.min() ?? known.now
        if transport == nil { transport = Transport(at: known.now, in: min(oldest, known.now)...known.now) }
        guard let at = transport?.time else { return }
        let moments = momentsBeside(time: at, direction: direction)
        transport?.step(direction, among: moments)
        guard recording == nil else { return }
        if transport?.isAtEnd == true { transport = nil }
        let back = TimeText.short(nanoseconds: known.now - min(known.now, time), isASCII: settings.glyphs == .ascii)
        message =
            transport == nil ? "The moment at which the picture was held." : "\(back) before the picture was held."
    }
}
