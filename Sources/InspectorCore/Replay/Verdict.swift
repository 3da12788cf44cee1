// What a comparison comes to, in one sentence; or why it does not come to one.

/// A replay of one plan through several lanes.
package struct ReplayResult: Sendable {
    package fileprivate(set) var file: String
    package let format: String
    /// The model of the run in words.
    package let pace: String
    /// Requests of the plan, for each lane.
    package let planned: Int
    /// How often the file was gone through; each time counts in `planned`.
    package let rounds: Int
    /// Entries of the files that are not in the plan, by reason.
    package fileprivate(set) var skipped: [String: Int]
    /// Entries that the files have.
    package let entries: Int
    package fileprivate(set) var notes: [Note]
    /// The pauses of the plan in order of size, in ns.
    package let gaps: [UInt64]
    /// Whether the plan has a schedule to keep: one at a recorded or a fixed pace.
    package let hasSchedule: Bool
    /// What the app is, when it is a model of the recorded one.
    package fileprivate(set) var model: String?
    package fileprivate(set) var lanes: [LaneOutcome]
    /// The order in which the lanes were sent the plan, by their names; empty where they were sent it together.
    package var order: [String] = []
    /// Cores that other programs used meanwhile, and that the machine under this one took; nil where that is not known.
    package var others: Double?
    package var stolen: Double?
    /// How long a comparison was allowed to take, in ns.
    package let budget: UInt64
    /// The lane that the others are compared with; nil for the usual one (`LaneDescription.base`).
    package var base: LaneID?

    package init(
        plan: Plan, options: ReplayOptions, format: String, model: String?, lanes: [LaneOutcome]
    ) {
        file = plan.name
        self.format = format
        var words = options
        words.pace = plan.pace
        words.loops = plan.rounds
        if plan.pace == .closed, options.pace == .original { words.limit = 1 }
        let seconds = ReplayOptions.text(value: Double(options.maxGap ?? 0) / 1e9)
        pace = words.words + (plan.cutGaps.count > 0 ? ", \(plan.cutGaps.count) pauses cut to \(seconds) s" : "")
        planned = plan.items.count
        rounds = plan.rounds
        skipped = plan.skipped
        entries = plan.entries
        notes = plan.notes
        gaps = plan.gaps
        hasSchedule = plan.pace == .original
        budget = options.budget
        self.model = model
        self.lanes = lanes
    }

    /// The same without secrets, for a report.
    func redacted(redaction: Redaction) -> ReplayResult {
        guard redaction.isOn else { return self }
        var clean = self
        clean.file = redaction.text(text: file)
        // Reasons that differ by a secret only are one.
        clean.skipped = Dictionary(skipped.map { (redaction.text(text: $0.key), $0.value) }, uniquingKeysWith: +)
        clean.notes = notes.map { Note(place: redaction.text(text: $0.place), reason: redaction.text(text: $0.reason)) }
        clean.model = model.map(redaction.text)
        clean.lanes = lanes.map { $0.redacted(redaction: redaction) }
        return clean
    }

    /// What was planned of what the files have.
    package var plannedWords: String {
        rounds > 1
            ? "planned \(planned) requests: \(planned / rounds) of \(entries) entries, \(rounds) times"
            : "planned \(planned) of \(entries) entries"
    }

    /// How often each lane was sent the plan, in which order, and why not more often; nil for one lane.
    package var passWords: String? {
        guard lanes.count > 1, !order.isEmpty else { return nil }
        let passes = order.count / lanes.count
        let allowed = ReplayOptions.text(value: Double(budget) / 1e9)
        return
            "each lane was sent the whole plan \(passes == 1 ? "once" : "\(passes) times"), one lane after the other: "
            + order.joined(separator: ", ")
            + (lanes.contains { $0.changes > 0 }
                ? " (not again: some of its requests change something)" : " (--budget \(allowed)s)")
    }

    /// More of a core than this taken by others, and two runs of one thing differ by half.
    package static let mostTaken = 0.3

    /// What others took of the machine, in words; nil where it is not known.
    package var machineWords: String? {
        guard let others, let stolen else { return nil }
        func share(_ cores: Double) -> String { "\(Int(saturating: (cores * 100).rounded()))%" }
        return "other programs used \(share(others)) of a core meanwhile"
            + (stolen >= 0.005 ? ", and \(share(stolen)) was taken by the machine under this one" : "")
    }

    /// Whether others took so much that no verdict can be given.
    ///
    /// A server elsewhere that is on this machine is one of them, and so nothing can be said where there is one.
    var isDisturbed: Bool {
        (others ?? 0) + (stolen ?? 0) > ReplayResult.mostTaken && lanes.allSatisfy { $0.lane.isHosted }
    }

    /// How late the 99 earliest of 100 may be: one median pause of the plan, and never less than 5 ms.
    package var allowedLag: UInt64 { max(5_000_000, gaps.isEmpty ? 0 : gaps[gaps.count / 2]) }

    /// A sentence for each lane that gave no answer to most of its requests; empty where all is well.
    ///
    /// Such a replay measured nothing, however well its schedule was kept.
    package var unanswered: [String] { lanes.compactMap(\.unanswered) }

    /// Whether every lane was sent its requests when they were due.
    package var scheduleKept: Bool {
        !hasSchedule || lanes.allSatisfy { ($0.lag.percentile(percent: 99) ?? 0) <= allowedLag && $0.dropped == 0 }
    }
}

/// The sentence.
package struct Verdict: Sendable, Equatable {
    /// Fewer answers than this tell nothing of a 99th of 100.
    package static let least = 30

    /// Nil where it is withheld.
    package let sentence: String?
    /// Why it is withheld.
    package let withheld: String?

    /// - Parameter text: writes a time in ns.
    package init(result: ReplayResult, text: (UInt64) -> String) {
        func withhold(_ reason: String) -> (String?, String?) { (nil, reason) }
        (sentence, withheld) = {
            if let lane = result.lanes.first(where: { $0.unanswered != nil }) {
                return withhold("most requests to \(lane.lane.name) got no answer")
            }
            guard result.lanes.count > 1 else { return withhold("there is one lane, and so nothing to compare") }
            guard result.scheduleKept else {
                let worst = result.lanes.compactMap { $0.lag.percentile(percent: 99) }.max() ?? 0
                let dropped = result.lanes.reduce(0) { $0 + $1.dropped }
                return withhold(
                    dropped > 0
                        ? "the schedule was not kept: \(dropped) requests were dropped"
                        : "the schedule was not kept: p99 of the lag is \(text(worst)), allowed are "
                            + text(result.allowedLag))
            }
            let few = result.lanes.map(\.response.count).min() ?? 0
            guard few >= Verdict.least else {
                return withhold(
                    "the sample is too small: under \(Verdict.least) answers in a lane"
                        + (few > 0 ? "; --loop \((Verdict.least + few - 1) / few) would give enough" : ""))
            }
            if result.isDisturbed, let words = result.machineWords {
                return withhold("\(words): the lanes were measured on what was left. Try again when it is quiet")
            }
            let base = Verdict.base(of: result)
            // The same lane with another pool is not another lane; two pools that can be compared have the same size.
            let others = result.lanes.filter { other in
                other.lane.id != base.lane.id
                    && (other.workers == nil || base.workers == nil || other.workers == base.workers)
            }
            guard let best = others.min(by: { $0.median < $1.median }) else {
                return withhold("there is no second lane with as many workers")
            }
            let (sentence, withheld) = Verdict.compare(base, other: best, text: text)
            let rest = others.filter { $0.lane.id != best.lane.id }.sorted { $0.median < $1.median }
            return (sentence.map { $0 + Verdict.words(of: rest, base: base, text: text) }, withheld)
        }()
    }

    /// The lane that the others are compared with: the one that was asked for, or sync, or of servers elsewhere the slowest.
    private static func base(of result: ReplayResult) -> LaneOutcome {
        let lanes = result.lanes
        let chosen = LaneDescription.base(among: lanes.map(\.lane), wanted: result.base)
        let isNamed = chosen?.id == result.base || chosen?.mode == .sync
        if !isNamed, lanes.count > 2, let slowest = lanes.max(by: { $0.median < $1.median }) { return slowest }
        return lanes.first { $0.lane == chosen } ?? lanes[0]
    }

    /// How the lanes between the slowest and the fastest compare with the same one.
    private static func words(of rest: [LaneOutcome], base: LaneOutcome, text: (UInt64) -> String) -> String {
        rest.map { lane in
            guard let speed = SpeedRatio(base: base.passes, other: lane.passes), !speed.crossesOne else {
                return " Whether \(lane.lane.name) differs from \(base.lane.name) may be chance "
                    + "(half within \(text(lane.median)))."
            }
            let factor = Factor(speed)
            return " \(lane.lane.name) is \(factor.words) as \(base.lane.name) (half within \(text(lane.median)))."
        }.joined()
    }

    /// A ratio of speeds in words, always one above 1.
    private struct Factor {
        let words: String

        init(_ speed: SpeedRatio) {
            let isFaster = speed.ratio > 1
            func over(_ value: Double) -> Double { 1 / max(value, 0.0001) }
            let (factor, low, high) =
                isFaster
                ? (speed.ratio, speed.low, speed.high) : (over(speed.ratio), over(speed.high), over(speed.low))
            let places = factor < 1.1 ? 2 : 1
            words =
                "\(factor.decimal(places: places)) times (95 %: \(low.decimal(places: places)) to "
                + "\(high.decimal(places: places))) as \(isFaster ? "fast" : "slow")"
        }
    }

    private static func compare(
        _ base: LaneOutcome, other: LaneOutcome, text: (UInt64) -> String
    ) -> (String?, String?) {
        let (before, now) = (base.median, other.median)
        let names = (base.lane.name, other.lane.name)
        guard let speed = SpeedRatio(base: base.passes, other: other.passes) else {
            return (nil, "there is nothing to compare")
        }
        let medians =
            "half of the requests are answered within \(text(now)) under \(names.1) and within \(text(before)) under "
            + names.0
        guard !speed.crossesOne else {
            return (
                nil,
                "the difference may be chance: \(medians), and 95 of 100 resamplings of the answers make \(names.1) "
                    + "between \(speed.low.decimal(places: 2)) and \(speed.high.decimal(places: 2)) times as fast"
            )
        }
        var sentence =
            "\(names.1) is \(Factor(speed).words) as \(names.0): "
            + "half of the requests are answered within \(text(now)) instead of "
            + "\(text(before)) (p99 \(text(other.response.percentile(percent: 99) ?? 0)) instead of "
            + "\(text(base.response.percentile(percent: 99) ?? 0)))"
        let causes = causes(base: base, other: other, text: text)
        sentence += causes.isEmpty ? "." : "; " + causes.joined(separator: ", and ") + "."
        return (sentence, nil)
    }

    /// What the difference comes from, the largest first: medians of the requests, as the times beside them are.
    private static func causes(base: LaneOutcome, other: LaneOutcome, text: (UInt64) -> String) -> [String] {
        func change(_ kind: CriticalPath.Kind) -> Int64 {
            Int64(clamping: other.causes.median(kind: kind))
                .subtractingSaturated(Int64(clamping: base.causes.median(kind: kind)))
        }
        var found: [(size: UInt64, words: String)] = []
        let whole =
            Int64(clamping: base.median) - Int64(clamping: other.median)
        let least = UInt64(max(1, whole.magnitude / 20))
        let calls = change(.waiting)
        if calls.magnitude >= least {
            let made = other.causes.withCalls > 0 ? other.causes.calls / other.causes.withCalls : 0
            // Where they do not, the service itself was faster, which is no merit of the lane.
            let overlap = other.causes.overlapping * 2 > other.causes.withCalls
            if calls < 0, made > 1, overlap, let spread = other.causes.callSpread.percentile(percent: 50),
                let apart = base.causes.callSpread.percentile(percent: 50)
            {
                found.append(
                    (
                        calls.magnitude,
                        "the \(made) calls of a request overlap (median \(text(spread)) instead of \(text(apart)) in a row)"
                    ))
            } else {
                found.append(
                    (
                        calls.magnitude,
                        "calls are waited for \(text(calls.magnitude)) \(calls < 0 ? "less" : "more") a request (median)"
                    ))
            }
        }
        let queue = change(.queue)
        if queue.magnitude >= least {
            let before = text(base.causes.median(kind: .queue))
            let now = other.causes.median(kind: .queue)
            // A lane without workers has no queue, rather than one of no length.
            let hasQueue = other.workers != nil || now > 0
            found.append(
                (
                    queue.magnitude,
                    hasQueue
                        ? "a request waits \(text(now)) for a worker instead of \(before) (median)"
                        : "no request waits for a worker, instead of \(before) (median)"
                ))
        }
        let threads = change(.subThread)
        if threads.magnitude >= least {
            found.append((threads.magnitude, "sub-threads cost \(text(threads.magnitude)) a request (median)"))
        }
        let elsewhere = change(.elsewhere)
        if elsewhere.magnitude >= least {
            let time = text(elsewhere.magnitude)
            let isBoth = base.causes.median(kind: .elsewhere) > 0 && other.causes.median(kind: .elsewhere) > 0
            let words =
                isBoth
                ? "\(other.lane.name) itself takes \(time) \(elsewhere < 0 ? "less" : "more") (median), and what of it is queue is not known from outside"
                : "a server elsewhere has the request for \(time) (median), and what it does is not known from outside"
            found.append((elsewhere.magnitude, words))
        }
        return found.sorted { $0.size > $1.size }.map(\.words)
    }
}

extension LaneOutcome {
    /// What half of its requests took, or less, in ns; 0 where none was answered.
    fileprivate var median: UInt64 { response.percentile(percent: 50) ?? 0 }
}
