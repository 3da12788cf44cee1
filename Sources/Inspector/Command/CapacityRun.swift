// A plan from a file: what is read, what is refused, and the search itself.

internal import Foundation
internal import InspectorCore

/// Reads a recording for a plan, and plans.
struct CapacityRun {
    private let traffic: TrafficSource
    private let arguments: CapacityArguments
    private let model: RecordedModelOptions

    /// Fewer requests beyond the percentile than this say nothing of it.
    private static let fewest = 5.0
    /// With fewer than this the answer says on how many requests it rests.
    private static let some = 100.0

    init(traffic: TrafficSource, arguments: CapacityArguments, model: RecordedModelOptions) {
        self.traffic = traffic
        self.arguments = arguments
        self.model = model
    }

    /// The recorded arrivals and times, and for how many requests no time is recorded.
    ///
    /// - Throws: `RecordedRequest.Refusal` when the file has changed meanwhile; `CapacitySearch.Stopped`.
    func read(progress: (String) -> Void, isStopped: () -> Bool) throws -> (recorded: RecordedTraffic, untimed: Int) {
        let plan = traffic.plan
        var (arrivals, times) = ([Double](), [Double]())
        arrivals.reserveCapacity(plan.items.count)
        times.reserveCapacity(plan.items.count)
        var untimed = 0
        for (place, item) in plan.items.enumerated() {
            if place % 20_000 == 19_999 {
                if isStopped() { throw CapacitySearch.Stopped() }
                progress("reading \(place + 1) of \(plan.items.count)")
            }
            let duration = try plan.request(item).response?.duration
            if duration == nil { untimed += 1 }
            arrivals.append(Double(item.due) / 1e9)
            times.append(Double(duration ?? model.latency) / 1e9)
        }
        return (RecordedTraffic(arrivals: arrivals, times: times), untimed)
    }

    /// What is to be answered, or why it cannot be: the answer then has `withheld`.
    func question(progress: (String) -> Void, isStopped: () -> Bool) throws -> CapacityAnswer {
        let (recorded, untimed) = try read(progress: progress, isStopped: isStopped)
        let seconds = Double(arguments.window) / 1e9
        var correlation: Double?
        var workers: Int?
        var services = recorded
        var withheld: String?
        var notes: [String] = []
        if untimed < recorded.count {
            correlation = recorded.inFlightCorrelation
            let known: Int? = if case .known(let workers) = arguments.recordedWorkers { workers } else { nil }
            switch recorded.waits(workers: known) {
            case .none: break
            case .workers(let found, let without):
                (workers, services) = (found, without)
                if let left = without.inFlightCorrelation, left > RecordedTraffic.mostCorrelation {
                    notes.append(
                        "without the wait for \(found) workers the times still grow with the requests in flight: there were "
                            + "fewer, or what the calls go to was busy")
                }
            case .unexplained:
                withheld =
                    "recorded times grow with the requests in flight (correlation \((correlation ?? 0).decimal(places: 1))), "
                    + "and no number of workers explains it: what the calls go to is the bottleneck, and more instances "
                    + "would not help. Record with less load, or name the workers: --recorded-workers N"
            }
        }
        let busiest = services.busiest(seconds: seconds)
        let target = try arguments.readTarget()
        let rate = arguments.rate ?? busiest.rate * (arguments.growth ?? 1)
        var question = CapacityQuestion(traffic: busiest, model: model, rate: rate, target: target)
        question.growth = arguments.growthOf == .bursts ? .bursts : .users
        question.jitter = Double(arguments.jitter) / 1e9
        question.cores = arguments.cores ?? ProcessInfo.processInfo.activeProcessorCount
        question.balancing = arguments.balance
        question.balancers = arguments.balancers
        question.queueLimit = arguments.queue
        question.margin = arguments.margin
        question.spare = arguments.spare
        question.poolSizes = arguments.poolSizes
        var answer = CapacityAnswer(
            file: traffic.name ?? "", recorded: recorded, question: question,
            window: busiest.count < recorded.count ? seconds : nil, model: model.words(plan: traffic.plan),
            costs: "no costs: only recorded times and their CPU are counted", isMeasured: false)
        answer.correlation = correlation
        answer.recordedWorkers = workers
        answer.price = arguments.price
        answer.withheld = withheld ?? refusal(of: busiest, recorded: recorded, target: target)
        answer.notes = notes + self.notes(of: question, untimed: untimed, recorded: recorded)
        return answer
    }

    /// Why nothing can be said of such a recording.
    private func refusal(of traffic: RecordedTraffic, recorded: RecordedTraffic, target: CapacityTarget) -> String? {
        if traffic.length <= 0 || traffic.rate > 1e9 {
            return
                "all \(recorded.count) requests came at one instant, or the file tells no times: a rate cannot be seen in it"
        }
        let beyond = Double(traffic.count) * (1 - target.quantile)
        guard beyond < CapacityRun.fewest else { return nil }
        let needed = Int(saturating: (CapacityRun.fewest / (1 - target.quantile)).rounded(.up))
        let more =
            traffic.count < recorded.count && Double(recorded.count) * (1 - target.quantile) >= CapacityRun.fewest
            ? "; --window takes in more of the recording" : "; record longer, or ask for a lower percentile"
        return "\(target.name) of \(traffic.count) requests rests on fewer than \(Int(CapacityRun.fewest)) of them: "
            + "\(needed) are needed\(more)"
    }

    /// What qualifies the answer.
    private func notes(of question: CapacityQuestion, untimed: Int, recorded: RecordedTraffic) -> [String] {
        var notes: [String] = []
        let beyond = question.requestsBeyond
        if beyond >= CapacityRun.fewest, beyond < CapacityRun.some {
            let needed = Int(saturating: (CapacityRun.some / (1 - question.target.quantile)).rounded())
            notes.append(
                "\(question.target.name) rests on \(Int(beyond.rounded())) requests; \(needed) would tell more")
        }
        if untimed > 0 {
            notes.append(
                "\(untimed) of \(recorded.count) requests have no recorded time: --latency says what they take "
                    + "(\(TimeText.short(nanoseconds: model.latency)))")
        }
        let window = question.traffic
        if recorded.rate > 0, window.rate > recorded.rate * 1.5 {
            notes.append(
                "the busiest window has \((window.rate / recorded.rate).decimal(places: 1)) times the average load: a plan for "
                    + "the average would be out by that")
        }
        if question.rate < window.rate * 0.999, question.growth == .users {
            notes.append("the load is less than the recorded one: requests are left out by chance")
        }
        notes.append("calls take what they took: that a service slows down under more load is not in the recording")
        return notes
    }

    /// Plans each mode.
    ///
    /// - Parameter progress: told which mode is planned.
    /// - Throws: `CapacitySearch.Stopped`.
    func plan(_ answer: inout CapacityAnswer, progress: (String) -> Void, isStopped: @escaping () -> Bool) throws {
        let began = MonotonicClock.now()
        for mode in arguments.mode.modes {
            progress(mode.rawValue)
            var search = CapacitySearch(answer.question, mode: mode, isStopped: isStopped)
            answer.modes.append(try search.answer())
            answer.simulated += search.simulated
        }
        answer.seconds = Double(MonotonicClock.now().subtractingSaturated(began)) / 1e9
    }
}
