// What a request costs on this machine: measured by replays of a model of the recorded app.

internal import Foundation
internal import InspectorCore

/// Measures each mode by two short runs, and replays of the recording itself to check a simulation.
struct Calibrator {
    private let host: Host
    private let traffic: TrafficSource
    private let model: RecordedModelOptions
    private let cores = ProcessInfo.processInfo.activeProcessorCount

    /// How long a mode is measured, in seconds: without calls, and with them.
    static let seconds = (without: 1.5, with: 3.5)
    /// How much of the workers is used meanwhile.
    private static let share = 0.3

    init(host: Host, traffic: TrafficSource, model: RecordedModelOptions) {
        self.host = host
        self.traffic = traffic
        self.model = model
    }

    /// A signal asked to stop.
    struct Stopped: Error {}

    /// What a replay came to, and whose processor time it took.
    private struct Measured {
        var outcome: LaneOutcome
        var threads: [String: Double]
        var process: Double
        /// Nil where the system does not say.
        var machine: (others: Double, stolen: Double)?

        /// Cores that others took, and the machine under this one.
        var taken: Double? { machine.map { $0.others + $0.stolen } }
    }

    /// What one mode was found to cost, and how busy others kept the machine meanwhile, in cores; nil where the system
    /// does not say.
    struct Costs {
        let found: Calibration.Found
        let others: Double?
        let stolen: Double?
    }

    // MARK: Costs

    /// Measures the lane at `index`.
    ///
    /// - Parameter times: what each request of the plan takes, in seconds.
    func costs(lane index: Int, times: [Double]) throws -> Costs {
        let lane = host.rack.shown[index].lane
        let mode = lane.description.mode ?? .sync
        let shapes = times.prefix(2000).enumerated().map { RequestShape(time: $1, model: model, place: $0) }
        let mean = meanTime(of: shapes, in: mode)
        let busy = shapes.reduce(0) { $0 + $1.busy } / Double(max(1, shapes.count))
        // As many workers as give twenty requests a second and more at that share; not more than the cores can do.
        let workers = max(8, min(256, Int(saturating: (20 * mean / Self.share).rounded(.up))))
        let rate = max(
            1, min(Self.share * Double(workers) / max(mean, 0.001), Self.share * Double(cores) / (busy + 0.002), 500))
        lane.pool?.resize(to: workers)
        var without = model
        without.calls = 0
        let first = try run(lane: index, rate: rate, seconds: Self.seconds.without, model: without)
        let second = try run(lane: index, rate: rate, seconds: Self.seconds.with, model: model)
        let found = Calibration.fit(
            without: asRun(first, rate: rate, mode: mode, workers: workers, times: times, model: without),
            with: asRun(second, rate: rate, mode: mode, workers: workers, times: times, model: model))
        let machines = [first, second].compactMap(\.machine)
        return Costs(found: found, others: machines.map(\.others).max(), stolen: machines.map(\.stolen).max())
    }

    private func run(lane: Int, rate: Double, seconds: Double, model: RecordedModelOptions) throws -> Measured {
        var options = traffic.options
        options.rate = rate
        options.model = model
        options.compares = false
        let count = max(20, Int(saturating: rate * seconds))
        options.loops = max(1, (count + max(1, traffic.plan.items.count) - 1) / max(1, traffic.plan.items.count))
        let plan = Plan(indexes: traffic.indexes, options: options).prefix(count: count)
        options.warmUp = min(20, count / 5)
        return try send(plan, lane: lane, options: options)
    }

    private func asRun(
        _ measured: Measured, rate: Double, mode: ExecutionMode, workers: Int, times: [Double],
        model: RecordedModelOptions
    ) -> Calibration.Run {
        let count = max(1, measured.outcome.sent)
        let shapes = (0..<count).map {
            RequestShape(time: times[$0 % max(1, times.count)], model: model, place: $0)
        }
        func time(_ role: String) -> Double { (measured.threads[role] ?? 0) / Double(count) }
        let living = measured.threads.values.reduce(0, +)
        let response = CriticalPath.Kind.allCases.reduce(0.0) { $0 + Double(measured.outcome.causes.mean(kind: $1)) }
        return Calibration.Run(
            mode: mode, workers: workers, cores: cores, arrivals: (0..<count).map { Double($0) / rate }, shapes: shapes,
            workerTime: time("worker-") + time("pool-"),
            endedTime: max(0, measured.process - living) / Double(count), loopTime: time("loop-"),
            clientTime: time("api-client"), processTime: measured.process / Double(count), response: response / 1e9)
    }

    /// How long a request holds a worker without any costs, in seconds.
    private func meanTime(of shapes: [RequestShape], in mode: ExecutionMode) -> Double {
        var sum = 0.0
        for shape in shapes { sum += (mode == .sync ? shape.calls : shape.longest) + shape.busy }
        return sum / Double(max(1, shapes.count))
    }

    // MARK: Replays

    /// Replays the busiest `seconds` to the lane at `index` as they were recorded, and simulates the same.
    ///
    /// - Parameters:
    ///   - question: its target's percentile is compared.
    ///   - found: what the mode costs here.
    func check(
        lane index: Int, seconds: Double, question: CapacityQuestion, times: [Double], found: Calibration.Found
    ) throws -> (check: CapacityAnswer.Check, taken: Double?) {
        let lane = host.rack.shown[index].lane
        let mode = lane.description.mode ?? .sync
        let places = traffic.plan.busiest(seconds: seconds)
        let plan = traffic.plan.part(places)
        let shapes = places.enumerated().map { number, place in
            RequestShape(time: times[min(times.count - 1, place)], model: model, place: number)
        }
        let rate = Double(plan.items.count) / max(0.1, Double(plan.length) / 1e9)
        let held = meanTime(of: shapes, in: mode)
        // Busy, and not full: near its limit no two replays are alike.
        let workers = max(2, min(512, Int(saturating: (rate * held / 0.6).rounded(.up))))
        lane.pool?.resize(to: workers)
        var options = traffic.options
        options.model = model
        options.compares = false
        let measured = try send(plan, lane: index, options: options)
        var setting = FleetSetting(mode: mode, workers: workers, cores: cores)
        setting.costs = found.costs
        setting.costs.beside += found.load
        let run = Fleet.simulate(
            arrivals: plan.items.map { Double($0.due) / 1e9 }, shapes: shapes,
            chosen: (0..<Int32(clamping: shapes.count)).map { $0 }, setting: setting)
        let quantile = question.target.quantile
        let time = measured.outcome.response.percentile(percent: quantile * 100) ?? 0
        let check = CapacityAnswer.Check(
            mode: mode, workers: mode == .native ? nil : workers, measured: Double(time) / 1e9,
            simulated: run.time(quantile: quantile))
        return (check, measured.taken)
    }

    /// Sends a plan, and waits for its end and for its traces.
    private func send(_ plan: Plan, lane: Int, options: ReplayOptions) throws -> Measured {
        let threads = ThreadTimes.read()
        let process = ProcessorTime.process
        let machine = MachineTimes()
        let sender = try host.send(plan, to: [lane], options: options)
        let limit = MonotonicClock.now() + 120_000_000_000
        while !sender.progress.isOver || sender.awaitedTraces > 0 {
            if CrashGuard.stopSignal != nil || MonotonicClock.now() > limit {
                sender.stop()
                throw Stopped()
            }
            _ = RunLoop.main.run(mode: .default, before: Date())
            usleep(5000)
        }
        guard let outcome = sender.outcomes.first else { throw Stopped() }
        let used = ThreadTimes.read().reduce(into: [String: Double]()) { used, entry in
            used[entry.key] = Double(entry.value.subtractingSaturated(threads[entry.key] ?? 0)) / 1e9
        }
        let now = MachineTimes()
        let taken = machine.flatMap { before in now.map { $0.cores(since: before) } }
        return Measured(
            outcome: outcome, threads: used, process: Double(ProcessorTime.process - process) / 1e9, machine: taken)
    }
}
