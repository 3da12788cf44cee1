// What the lanes made of the same requests, in one sentence: the conclusion of a replay or a burst in the dashboard.

/// Requests that were sent to every lane on the screen at once, and what became of them until now.
package struct Experiment: Sendable {
    /// One lane's part.
    package struct Side: Sendable {
        package let outcome: LaneOutcome
        /// How many waited at most while every worker was held; nil for a lane without workers.
        package var queuePeak: Int?

        package init(outcome: LaneOutcome, queuePeak: Int?) {
            self.outcome = outcome
            self.queuePeak = queuePeak
        }
    }

    package var sides: [Side]
    /// Whether nothing more will come of it.
    package var isOver: Bool

    package init(sides: [Side], isOver: Bool) {
        self.sides = sides
        self.isOver = isOver
    }

    /// How much of the sentence there is room for.
    package enum Length: CaseIterable, Sendable {
        case full
        /// Without what follows from the cause.
        case long
        case short
        /// The same without a word too many.
        case brief
        /// Medians and the factor.
        case least
        /// The same without a word too many.
        case tiny
    }

    /// `sync p50 2.30s, queue peaked at 27 · async 245ms, queue peaked at 1 · 9.4× faster: its 5 calls overlap`; nil before an
    /// answer.
    ///
    /// - Parameters:
    ///   - times: writes a factor: `×` or `x`.
    ///   - text: writes a time in ns.
    package func sentence(
        length: Length, dot: String = "·", times: String = "×", atMost: String = "≤", text: (UInt64) -> String
    ) -> String? {
        let answered = sides.filter { $0.outcome.response.count > 0 }
        guard !answered.isEmpty else { return nil }
        var parts: [String] = []
        for (place, side) in answered.enumerated() {
            let median = text(side.outcome.response.percentile(percent: 50) ?? 0)
            let name = place == 0 && length != .tiny && length != .brief ? "p50 " : ""
            var words = "\(side.outcome.lane.name) \(name)\(median)"
            if length != .least, length != .tiny, let peak = side.queuePeak {
                let isLong = length == .full || length == .long
                words += isLong ? ", queue peaked at \(peak)" : ", queue \(atMost)\(peak)"
            }
            if side.outcome.failed > 0 { words += ", \(side.outcome.failed) unanswered" }
            parts.append(words)
        }
        if let comparison = comparison(of: answered, length: length, times: times) { parts.append(comparison) }
        return (isOver || length == .tiny || length == .brief ? "" : "so far: ") + parts.joined(separator: " \(dot) ")
    }

    /// How much faster the fastest of the others is than the base, and by what; of three lanes and more, than the slowest.
    private func comparison(of sides: [Side], length: Length, times: String) -> String? {
        guard sides.count > 1 else { return nil }
        let bySpeed = sides.sorted {
            ($0.outcome.response.percentile(percent: 50) ?? 0) < ($1.outcome.response.percentile(percent: 50) ?? 0)
        }
        let chosen = LaneDescription.base(among: sides.map(\.outcome.lane))
        let base = sides.count > 2 ? bySpeed.last : sides.first { $0.outcome.lane == chosen } ?? sides[0]
        guard let base, let best = bySpeed.first(where: { $0.outcome.lane.id != base.outcome.lane.id }),
            let speed = SpeedRatio(base: base.outcome.passes, other: best.outcome.passes)
        else { return nil }
        let name = sides.count > 2 ? best.outcome.lane.name + " " : ""
        // While it goes on, one lane has answered more than the other, and a few answers decide nothing.
        guard !speed.crossesOne else { return isOver ? name + "no clear difference" : nil }
        let isFaster = speed.ratio > 1
        let ratio = isFaster ? speed.ratio : 1 / max(speed.ratio, 0.0001)
        let factor = ratio.decimal(places: ratio < 1.1 ? 2 : 1)
        let than = sides.count > 2 && length != .tiny && length != .brief ? " than " + base.outcome.lane.name : ""
        let words = name + "\(factor)\(times) \(isFaster ? "faster" : "slower")" + than
        guard let cause = cause(of: best, isFaster: isFaster) else { return words }
        switch length {
        case .full:
            return words + ": " + cause.full + (isFaster && waits(less: best) ? ", so workers are free sooner" : "")
        case .long: return words + ": " + cause.full
        case .short, .brief: return words + ": " + cause.short
        case .least, .tiny: return words
        }
    }

    /// Whether most of what `side` gains is queue: what a request did not wait because those before it were done.
    private func waits(less side: Side) -> Bool {
        guard
            let base = sides.filter({ $0.outcome.lane.id != side.outcome.lane.id })
                .max(by: { $0.outcome.causes.mean(kind: .queue) < $1.outcome.causes.mean(kind: .queue) })
        else { return false }
        let gained = { (kind: CriticalPath.Kind) -> Double in
            Double(base.outcome.causes.mean(kind: kind)) - Double(side.outcome.causes.mean(kind: kind))
        }
        return gained(.queue) > CriticalPath.Kind.allCases.filter { $0 != .queue }.map(gained).reduce(0, +)
    }

    private func cause(of side: Side, isFaster: Bool) -> (full: String, short: String)? {
        let causes = side.outcome.causes
        guard causes.traces > 0 else { return nil }
        let calls = causes.withCalls > 0 ? causes.calls / causes.withCalls : 0
        if isFaster {
            // Where they do not overlap, the lane has no merit in it that could be named.
            guard calls > 1, causes.overlapping * 2 > causes.withCalls else { return nil }
            return ("its \(calls) calls overlap", "calls overlap")
        }
        // What a server elsewhere awaits is not known, and neither is how it runs.
        guard let mode = side.outcome.lane.mode, mode != .sync else { return nil }
        guard calls == 0 else { return nil }
        let reason = causes.waiting * 2 > causes.traces ? "its waits do not overlap" : "it awaits nothing"
        return ("\(reason), async does not pay here", "async does not pay here")
    }
}
