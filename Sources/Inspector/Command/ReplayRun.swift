// A replay without a dashboard: the lanes one after the other, in alternating blocks, and a report at the end.

internal import Foundation
internal import Glibc
internal import InspectorCore

/// Runs the arms of a comparison.
struct ReplayRun {
    private let host: Host
    private let traffic: TrafficSource
    private let workerCounts: [Int]
    private let model: String?

    init(host: Host, traffic: TrafficSource, workerCounts: [Int], model: String?) {
        self.host = host
        self.traffic = traffic
        self.workerCounts = workerCounts
        self.model = model
    }

    /// What a lane with a pool of some size comes to.
    private struct Arm {
        let lane: Int
        /// Nil for a lane whose pool cannot be resized.
        let workers: Int?
    }

    /// Sends everything to every arm; nil when a signal asked to stop.
    func result() throws -> ReplayResult? {
        let plan = traffic.plan
        let lanes = host.rack.shown.map(\.lane)
        var arms: [Arm] = []
        for lane in lanes.indices {
            // A lane without a pool of ours runs once.
            let counts: [Int?] = lanes[lane].pool == nil ? [nil] : workerCounts
            arms += counts.map { Arm(lane: lane, workers: $0) }
        }
        var outcomes: [LaneOutcome?] = arms.map { _ in nil }
        let blocks = arms.count > 1 ? ReplayRun.blocks(of: plan) : [0..<plan.items.count]
        for (number, block) in blocks.enumerated() {
            let part = plan.part(range: block)
            // What grows warm or tired in the course of a run must not always meet the same lane first.
            let order = number % 2 == 0 ? Array(arms.indices) : arms.indices.reversed()
            for arm in order {
                let lane = arms[arm].lane
                if let workers = arms[arm].workers { lanes[lane].pool?.resize(to: workers) }
                let what = "block \(number + 1)/\(blocks.count) \(lanes[lane].description.name)"
                guard var outcome = try send(part, to: lane, what: what, isFirst: number == 0) else { return nil }
                outcome.workers = arms[arm].workers
                if outcomes[arm] == nil { outcomes[arm] = outcome } else { outcomes[arm]?.merge(outcome) }
            }
        }
        return ReplayResult(
            plan: plan, options: traffic.options, format: traffic.format, model: model,
            lanes: outcomes.compactMap { $0 })
    }

    /// Up to four parts of the plan; a short one is not cut into pieces that tell nothing.
    private static func blocks(of plan: Plan) -> [Range<Int>] {
        let count = plan.items.count >= 40 ? 4 : plan.items.count >= 10 ? 2 : 1
        return (0..<count).map { plan.items.count * $0 / count..<plan.items.count * ($0 + 1) / count }
    }

    /// Sends one block to one lane, and waits for its end and for its traces.
    private func send(_ plan: Plan, to lane: Int, what: String, isFirst: Bool) throws -> LaneOutcome? {
        var options = traffic.options
        if !isFirst { options.warmUp = 0 }
        if plan.pace == .closed, options.pace == .original { options.limit = 1 }
        let sender = try host.send(plan, to: [lane], options: options)
        let isTerminal = isatty(2) == 1
        var isTold = false
        while !sender.progress.isOver {
            if CrashGuard.stopSignal != nil {
                sender.stop()
                return nil
            }
            // A hosted view may await the main actor, whose queue this thread has to drain.
            _ = RunLoop.main.run(mode: .default, before: Date())
            usleep(5000)
            if isTerminal {
                let progress = sender.progress
                StandardStream.error.status(
                    text: "\(what) \(progress.sent)/\(progress.planned), in flight \(progress.inFlight)")
                isTold = true
            }
        }
        // The traces of the last answers come with the reader's next ticks. What the server itself refused has none: when
        // half a second brought no more, no more are waited for.
        let limit = MonotonicClock.now() + 2_000_000_000
        var awaited = sender.awaitedTraces
        var since = MonotonicClock.now()
        while awaited > 0, MonotonicClock.now() < min(limit, since + 500_000_000) {
            usleep(5000)
            let left = sender.awaitedTraces
            if left < awaited { since = MonotonicClock.now() }
            awaited = left
        }
        if isTold { StandardStream.error.status(text: "") }
        return sender.outcomes.first
    }
}
