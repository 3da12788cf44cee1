// A replay without a dashboard: the lanes one after the other, each sent the whole plan, and a report at the end.

internal import Foundation
internal import Glibc
internal import InspectorCore

/// Runs the arms of a comparison.
struct ReplayRun {
    private let host: Host
    private let traffic: TrafficSource
    private let workerCounts: [Int]
    private let model: String?

    /// How often each arm is sent the plan at most, however short that is.
    private static let mostPasses = 4

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
    ///
    /// Each pass is the whole plan: a part of it would begin with an empty queue that the traffic never met there, and a
    /// lane that falls behind would look twice as fast as it is.
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
        var order: [String] = []
        var rounds = 0
        let began = MonotonicClock.now()
        let machine = MachineTimes()
        repeat {
            // A B B A: what grows warm or tired in the course of a run does not always meet the same lane first.
            for arm in rounds % 2 == 0 ? Array(arms.indices) : arms.indices.reversed() {
                let lane = arms[arm].lane
                if let workers = arms[arm].workers { lanes[lane].pool?.resize(to: workers) }
                let name = lanes[lane].description.name
                let what = arms.count > 1 ? "pass \(rounds + 1) of \(name)" : name
                guard var outcome = try send(plan, to: lane, what: what, isFirst: rounds == 0) else { return nil }
                outcome.workers = arms[arm].workers
                order.append(outcome.title)
                if outcomes[arm] == nil { outcomes[arm] = outcome } else { outcomes[arm]?.merge(outcome) }
            }
            rounds += 1
            // What changes something would be changed again, and what is not answered would not be the next time.
        } while arms.count > 1 && rounds < ReplayRun.mostPasses && hasTime(for: rounds, since: began)
            && outcomes.allSatisfy { $0?.changes == 0 && $0?.unanswered == nil }
        var result = ReplayResult(
            plan: plan, options: traffic.options, format: traffic.format, model: model,
            lanes: outcomes.compactMap { $0 })
        if arms.count > 1 { result.order = order }
        if let machine, let taken = MachineTimes()?.cores(since: machine) {
            (result.others, result.stolen) = (taken.others, taken.stolen)
        }
        return result
    }

    /// Whether another round would end within the budget, by what those before it took.
    private func hasTime(for rounds: Int, since began: UInt64) -> Bool {
        let taken = MonotonicClock.now().subtractingSaturated(began)
        return taken.addingSaturated(taken / UInt64(max(1, rounds))) <= traffic.options.budget
    }

    /// Sends the plan to one lane, and waits for its end and for its traces.
    private func send(_ plan: Plan, to lane: Int, what: String, isFirst: Bool) throws -> LaneOutcome? {
        var options = traffic.options
        if !isFirst { options.warmUp = 0 }
        if plan.pace == .closed, options.pace == .original { options.limit = 1 }
        let sender = try host.send(plan, to: [lane], options: options)
        let isTerminal = CommandRunner.hasErrorScreen
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
