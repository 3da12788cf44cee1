// From a simulation to a plan: how much one instance takes, and so how many are needed.

internal import Foundation

/// Plans one mode of a question.
///
/// For each pool size the highest rate that an instance takes within the target is found by halving; the smallest pool
/// that needs no more than 2 % more instances than the best is chosen. Halving over the *number of workers* would be wrong:
/// where cores are short, more workers make everything slower.
package struct CapacitySearch {
    private let question: CapacityQuestion
    private let mode: ExecutionMode
    /// Asked between simulations; true ends the search.
    private let isStopped: () -> Bool
    /// How many requests have been simulated.
    package private(set) var simulated = 0

    /// The search was ended from outside.
    package struct Stopped: Error {
        package init() {}
    }

    /// - Parameters:
    ///   - length: requests in one run; nil for enough of them. Fewer are quicker, and tell less.
    ///   - isStopped: asked between simulations, several times a second.
    package init(
        _ question: CapacityQuestion, mode: ExecutionMode, length: Int? = nil,
        isStopped: @escaping () -> Bool = { false }
    ) {
        self.question = question
        self.mode = mode
        self.isStopped = isStopped
        // A hundred beyond the percentile.
        self.length =
            length ?? max(8000, min(200_000, Int(saturating: 100 / (1 - question.target.quantile))))
        most = length.map { $0.multipliedSaturated(by: 100) } ?? 2_000_000
    }

    /// What some runs of one setting came to.
    package struct Measured: Sendable, Equatable {
        /// The target's percentile, in seconds.
        package var time: Double
        /// Half of its 95 % interval, in seconds.
        package var halfWidth: Double
        package var median: Double
        package var refused: Double
        package var held: Double
        package var coresBusy: Double
    }

    /// Requests in one run.
    private let length: Int
    /// How many are simulated at most until the rate is known.
    private let most: Int

    /// The setting of an instance with `workers`.
    private func setting(workers: Int, instances: Int) -> FleetSetting {
        var setting = FleetSetting(mode: mode, workers: workers, cores: question.cores)
        setting.costs = question.costs[mode] ?? InstanceCosts()
        setting.balancing = question.balancing
        setting.balancers = question.balancers
        setting.instances = instances
        setting.queueLimit = question.queueLimit
        return setting
    }

    /// How many instances are simulated together: one is enough where chance spreads the load, sixteen prove the others.
    private func together(instances: Int?) -> Int {
        question.balancing == .chance ? 1 : max(1, min(16, instances ?? 16))
    }

    // MARK: Measuring

    /// Runs an instance at `share` requests a second.
    ///
    /// - Parameter whole: the load of all instances, in requests a second; the one that is planned for unless given.
    package mutating func measure(
        share: Double, of whole: Double? = nil, workers: Int, runs: Int = 4, length: Int? = nil,
        question other: CapacityQuestion? = nil,
        together: Int = 1, seed: UInt64 = 0
    ) throws -> Measured {
        let question = other ?? question
        let draw = ArrivalDraw(
            traffic: question.traffic, jitter: question.growth == .users ? question.jitter : 0,
            rate: max(whole ?? question.plannedRate, share))
        var (times, medians) = ([Double](), [Double]())
        var sum = Measured(time: 0, halfWidth: 0, median: 0, refused: 0, held: 0, coresBusy: 0)
        for run in 0..<runs {
            if isStopped() { throw Stopped() }
            let seed = SeededHash.mixed(value: question.seed &+ seed &* 1_000_003 &+ UInt64(run) &+ 1)
            let count = (length ?? self.length) * together
            let arrivals = draw.draw(share: share * Double(together), count: count, seed: seed)
            var setting = setting(workers: workers, instances: together)
            setting.seed = seed &+ 1
            let result = Fleet.simulate(
                arrivals: arrivals.times, shapes: question.shapes, chosen: arrivals.chosen, setting: setting)
            simulated += arrivals.times.count
            // The first tenth finds instances that are empty.
            let steady = Array(result.responses.dropFirst(result.responses.count / 10))
            times.append(Quantile.value(of: steady, at: question.target.quantile) ?? 0)
            medians.append(Quantile.value(of: steady, at: 0.5) ?? 0)
            sum.refused += Double(result.refused) / Double(max(1, arrivals.times.count)) / Double(runs)
            sum.held += result.held / Double(runs)
            sum.coresBusy += result.coresBusy / Double(runs)
        }
        let (mean, half) = Self.interval(times)
        sum.time = mean
        sum.halfWidth = half
        sum.median = medians.reduce(0, +) / Double(max(1, medians.count))
        return sum
    }

    private func meets(_ measured: Measured) -> Bool {
        guard measured.time <= question.target.time else { return false }
        return question.target.refused.map { measured.refused <= $0 } ?? true
    }

    /// The most that `workers` could do if nobody ever waited in vain, in requests a second.
    private func bound(workers: Int, question: CapacityQuestion) -> Double {
        let costs = question.costs[mode] ?? InstanceCosts()
        var (cpu, held) = (0.0, 0.0)
        for shape in question.shapes {
            let own = costs.cpu(of: shape, in: mode) + shape.busy
            cpu += own + costs.beside
            held += own + costs.calls(of: shape, in: mode)
        }
        let count = Double(max(1, question.shapes.count))
        let byCores = cpu > 0 ? Double(question.cores) * count / cpu : .infinity
        let byWorkers = mode == .native || held <= 0 ? Double.infinity : Double(workers) * count / held
        return min(min(byCores, byWorkers) * 1.02, question.plannedRate)
    }

    /// The most requests a second that an instance takes within the target, and the percentile of an idle one.
    private mutating func most(
        workers: Int, runs: Int = 4, steps: Int = 9, length: Int? = nil, between: ClosedRange<Double>? = nil,
        question other: CapacityQuestion? = nil, together: Int = 1, seed: UInt64 = 0
    ) throws -> (rate: Double, idle: Double) {
        let question = other ?? question
        let bound = bound(workers: workers, question: question)
        var (low, high) = (0.0, bound)
        var idle = 0.0
        func at(_ share: Double, _ search: inout CapacitySearch) throws -> Measured {
            try search.measure(
                share: share, workers: workers, runs: runs, length: length, question: question, together: together,
                seed: seed)
        }
        if let between {
            low = between.lowerBound
            high = min(bound, between.upperBound)
            if try !meets(at(low, &self)) { (low, high) = (low / 2, low) }
        } else {
            let measured = try at(bound * 0.02, &self)
            idle = measured.time
            guard meets(measured) else { return (0, idle) }
        }
        if try meets(at(high, &self)) { return (high, idle) }
        for _ in 0..<steps {
            let middle = (low + high) / 2
            if try meets(at(middle, &self)) { low = middle } else { high = middle }
        }
        return (low, idle)
    }

    private func instances(at most: Double) -> Int {
        let planned = Int(saturating: (question.plannedRate / most * (1 - 1e-9)).rounded(.up))
        let bare = Int(saturating: (question.rate / most * (1 - 1e-9)).rounded(.up))
        return max(1, planned, bare.addingSaturated(question.spare))
    }

    // MARK: The plan

    /// Plans.
    ///
    /// - Throws: `Stopped`.
    package mutating func answer() throws -> ModeAnswer {
        let sizes = mode == .native ? [1] : question.poolSizes
        var needs: [(workers: Int, rate: Double, idle: Double)] = []
        for workers in sizes {
            let found = try most(workers: workers, together: together(instances: nil))
            needs.append((workers, found.rate, found.idle))
        }
        guard let best = needs.filter({ $0.rate > 0 }).map({ instances(at: $0.rate) }).min() else {
            return .impossible(mode, idle: needs.map(\.idle).min() ?? 0)
        }
        let allowed = max(best, Int(saturating: Double(best) * 1.02))
        guard let chosen = needs.first(where: { $0.rate > 0 && instances(at: $0.rate) <= allowed }) else {
            return .impossible(mode, idle: needs.map(\.idle).min() ?? 0)
        }
        let workers = chosen.workers
        let together = together(instances: instances(at: chosen.rate))
        let refined = try refine(chosen.rate, workers: workers, together: together)
        var count = instances(at: refined.rate)
        // The share of a whole number of instances is what they will see; chance may put it on the wrong side.
        var here = try measure(
            share: question.rate / Double(count), of: question.rate, workers: workers, together: together, seed: 7)
        while !meets(here), count < best.addingSaturated(best / 4).addingSaturated(4) {
            count = count.addingSaturated(1)
            here = try measure(
                share: question.rate / Double(count), of: question.rate, workers: workers, together: together, seed: 7)
        }
        var plan = ModePlan(
            mode: mode, workers: mode == .native ? nil : workers, instances: count,
            simulated: instances(at: refined.high)...max(count, instances(at: refined.low)), median: here.median,
            time: here.time, timeHalfWidth: here.halfWidth, refused: here.refused, coresBusy: here.coresBusy,
            held: here.held, mostPerInstance: refined.rate, room: refined.rate * Double(count) / question.rate - 1,
            idle: chosen.idle)
        plan.byWorkers =
            mode == .native
            ? []
            : needs.map {
                ModePlan.PoolNeed(workers: $0.workers, instances: $0.rate > 0 ? instances(at: $0.rate) : nil)
            }
        try look(around: &plan, workers: workers, together: together)
        return .plan(plan)
    }

    /// The highest rate again, by runs that each find their own, until the mean of them is known within 2 %.
    private mutating func refine(
        _ rate: Double, workers: Int, together: Int
    ) throws -> (rate: Double, low: Double, high: Double) {
        let begun = simulated
        var length = self.length
        while true {
            var rates: [Double] = []
            for run in 0..<8 {
                rates.append(
                    try most(
                        workers: workers, runs: 1, steps: 7, length: length, between: (rate * 0.75)...(rate * 1.25),
                        together: together, seed: UInt64(100 + run)
                    ).rate)
            }
            let (mean, half) = Self.interval(rates)
            let isKnown = half <= 0.02 * mean
            if isKnown || simulated - begun > most {
                return (mean, max(mean * 0.01, mean - half), mean + half)
            }
            length = length.multipliedSaturated(by: 2)
        }
    }

    /// What a plan's reader asks next: more load, less, one lost, other recordings, other growth.
    private mutating func look(around plan: inout ModePlan, workers: Int, together: Int) throws {
        let share = question.rate / Double(plan.instances)
        for load in [0.5, 0.7, 0.9, 1.0, 1.1, 1.2, 1.3] {
            let there = try measure(
                share: share * load, of: question.rate * load, workers: workers, together: together, seed: 8)
            plan.curve.append(ModePlan.LoadPoint(load: load, time: there.time))
        }
        plan.knee = try knee(of: plan, share: share, workers: workers, together: together)
        if plan.instances > 1 {
            let left = question.rate / Double(plan.instances - 1)
            plan.oneLost = try measure(share: left, of: question.rate, workers: workers, together: together, seed: 7)
                .time
        }
        if question.growth == .users, question.rate > question.traffic.rate * 1.5 {
            var alike = question
            alike.growth = .bursts
            let found = try most(workers: workers, question: alike, together: together)
            plan.instancesIfBurstsGrow = found.rate > 0 ? instances(at: found.rate) : nil
        }
        var needs: [Int] = []
        for number in 0..<20 {
            var other = question
            let drawn = question.traffic.resampled(seed: question.seed &+ UInt64(number))
            other.traffic = drawn.traffic
            other.shapes = drawn.places.map { question.shapes[$0] }
            let found = try most(
                workers: workers, runs: 2, steps: 7, question: other, together: together, seed: UInt64(200 + number))
            needs.append(found.rate > 0 ? instances(at: found.rate) : Int.max)
        }
        needs.sort()
        if let low = needs.first, let high = needs.last {
            plan.recorded = min(low, plan.instances)...max(high, plan.instances)
        }
    }

    private mutating func knee(
        of plan: ModePlan, share: Double, workers: Int, together: Int
    ) throws -> Double? {
        let twice = 2 * plan.idle
        func time(at load: Double) throws -> Double {
            try measure(
                share: share * load, of: question.rate * load, workers: workers, together: together, seed: 8
            ).time
        }
        var (low, high) = (0.02, 3.0)
        guard try time(at: high) > twice else { return nil }
        for _ in 0..<8 {
            let middle = (low + high) / 2
            if try time(at: middle) > twice { high = middle } else { low = middle }
        }
        return (low + high) / 2
    }

    /// The mean of independent values and half of its 95 % interval (Student's t).
    static func interval(_ values: [Double]) -> (mean: Double, half: Double) {
        let count = Double(values.count)
        guard values.count > 1 else { return (values.first ?? 0, 0) }
        let mean = values.reduce(0, +) / count
        guard mean.isFinite else { return (mean, .infinity) }
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
        // Quantiles 0.975 for 1 to 15 degrees of freedom; past that they hardly fall.
        let student = [
            12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13,
        ]
        return (mean, student[min(values.count - 2, student.count - 1)] * (variance / count).squareRoot())
    }
}
