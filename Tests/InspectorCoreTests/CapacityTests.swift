import Foundation
import Testing

@testable import InspectorCore

/// Plans of recordings of which the truth is known, because they were made.
@Suite("A plan for a load")
struct CapacityTests {
    private static func recorded(_ file: String) throws -> RecordedTraffic {
        let path = LogFile.folder.appendingPathComponent("capacity").appendingPathComponent(file).path
        let plan = Plan(indexes: [try TrafficIndex(path: path)])
        var (arrivals, times) = ([Double](), [Double]())
        for item in plan.items {
            arrivals.append(Double(item.due) / 1e9)
            times.append(Double(try #require(plan.request(item).response?.duration)) / 1e9)
        }
        return RecordedTraffic(arrivals: arrivals, times: times)
    }

    private static func target(_ text: String) throws -> CapacityTarget {
        try CapacityTarget(reading: text) { text in
            text.hasSuffix("ms")
                ? UInt64(text.dropLast(2)).map { $0 * 1_000_000 } : UInt64(text.dropLast(1)).map { $0 * 1_000_000_000 }
        }
    }

    /// Requests by chance at `rate`, their times lognormal, as one of `workers` answers them.
    private static func queued(workers: Int, rate: Double, median: Double, seed: UInt64) -> RecordedTraffic {
        var random = SplitMix(seed: seed)
        func unit() -> Double { max(1e-12, SeededHash.share(random.next())) }
        var (time, arrivals, times) = (0.0, [Double](), [Double]())
        var free = Array(repeating: 0.0, count: workers)
        for _ in 0..<2000 {
            time -= log(unit()) / rate
            let service = median * exp(0.4 * (-2 * log(unit())).squareRoot() * cos(2 * .pi * unit()))
            let worker = free.indices.min { free[$0] < free[$1] } ?? 0
            let end = max(time, free[worker]) + service
            free[worker] = end
            arrivals.append(time)
            times.append(end - time)
        }
        return RecordedTraffic(arrivals: arrivals, times: times)
    }

    @Test("A recording that waited for four workers is seen to have, and its queue is taken out")
    func saturated() throws {
        let traffic = try Self.recorded("saturated.jsonl.gz")
        let correlation = try #require(traffic.inFlightCorrelation)
        #expect(abs(correlation - 0.91) < 0.02, "\(correlation)")
        guard case .workers(let workers, let without) = traffic.waits() else {
            Issue.record("no queue was found")
            return
        }
        #expect(workers == 4)
        #expect(abs(without.time(quantile: 0.5) - 0.090) < 0.003)
        #expect(abs(without.time(quantile: 0.99) - 0.225) < 0.010)
    }

    @Test("So are others", arguments: [(2, 1.05), (8, 0.97), (16, 1.02), (3, 0.9)])
    func others(workers: Int, load: Double) {
        let traffic = Self.queued(
            workers: workers, rate: load * Double(workers) / 0.13, median: 0.12, seed: UInt64(workers))
        guard let correlation = traffic.inFlightCorrelation, correlation > RecordedTraffic.mostCorrelation else {
            return
        }
        guard case .workers(let found, let without) = traffic.waits() else {
            Issue.record("no queue was found: \(correlation)")
            return
        }
        #expect(found == workers)
        #expect(abs(without.time(quantile: 0.5) - 0.12) < 0.012)
    }

    @Test("One without a queue is left as it is")
    func unqueued() {
        let traffic = Self.queued(workers: 400, rate: 30, median: 0.12, seed: 4)
        #expect(abs(traffic.inFlightCorrelation ?? 1) < 0.1)
        #expect(traffic.waits() == .none)
    }

    @Test("Times that grow with what is in flight, whoever serves, are no queue for workers")
    func bottleneck() {
        // A database that shares itself among all that ask: nobody waits in line.
        let base = Self.queued(workers: 400, rate: 60, median: 0.05, seed: 6)
        var (ends, times) = ([Double](), [Double]())
        for (arrival, time) in zip(base.arrivals, base.times) {
            let inside = Double(ends.count { $0 > arrival })
            let slowed = time * (1 + inside * inside / 6)
            ends.append(arrival + slowed)
            times.append(slowed)
        }
        let traffic = RecordedTraffic(arrivals: base.arrivals, times: times)
        #expect((traffic.inFlightCorrelation ?? 0) > 0.3)
        #expect(traffic.waits() == .unexplained)
    }

    @Test("The busiest minute of a log of whole seconds is found, and its ends are spread within them")
    func morning() throws {
        let traffic = try Self.recorded("morning-peak.log.gz")
        #expect(abs(traffic.rate - 3.13) < 0.02)
        let busiest = traffic.busiest(seconds: 60)
        #expect(abs(busiest.rate - 11.6) < 0.1)
        // Simulated at its own pace, sync, five calls, 5 % CPU, two cores: the README of the sample says what is true.
        let shapes = traffic.times.enumerated().map { RequestShape(time: $1, model: RecordedModelOptions(), place: $0) }
        for (workers, median, tail) in [(2, 0.107, 1.309), (4, 0.077, 0.796), (8, 0.077, 0.793)] {
            let run = Fleet.simulate(
                arrivals: traffic.arrivals, shapes: shapes, chosen: (0..<Int32(traffic.count)).map { $0 },
                setting: FleetSetting(mode: .sync, workers: workers, cores: 2))
            let found = (
                Quantile.value(of: run.responses, at: 0.5) ?? 0, Quantile.value(of: run.responses, at: 0.99) ?? 0
            )
            #expect(abs(found.0 - median) < 0.06 * median && abs(found.1 - tail) < 0.06 * tail, "×\(workers): \(found)")
        }
    }

    @Test("A draw of the whole load is the recording itself, one of a part is thinned, one of more is denser")
    func draws() {
        let traffic = Self.queued(workers: 400, rate: 30, median: 0.12, seed: 4)
        let same = ArrivalDraw(traffic: traffic, jitter: 1, rate: traffic.rate).draw(
            share: traffic.rate, count: traffic.count, seed: 1)
        #expect(same.chosen == (0..<Int32(traffic.count)).map { $0 } && same.times == traffic.arrivals)
        for (share, rate) in [(3.0, 30.0), (100, 3000), (2, 50_000)] {
            let drawn = ArrivalDraw(traffic: traffic, jitter: 1, rate: rate).draw(share: share, count: 4000, seed: 2)
            let found = Double(drawn.times.count) / (drawn.times.last ?? 1)
            #expect(abs(found - share) < 0.06 * share, "\(found) instead of \(share)")
            #expect(drawn.times == drawn.times.sorted())
        }
    }

    @Test("A tiny part of a recording of an instant is drawn without going through all that it skips")
    func sparse() {
        let traffic = RecordedTraffic(
            arrivals: (0..<600).map { Double($0) * 1e-6 }, times: Array(repeating: 0.1, count: 600))
        let drawn = ArrivalDraw(traffic: traffic, jitter: 1, rate: 0.001).draw(share: 0.00002, count: 50, seed: 1)
        #expect(drawn.times.count == 50 && drawn.times == drawn.times.sorted())
        #expect(drawn.chosen.allSatisfy { (0..<600).contains($0) })
    }

    @Test("More load needs more instances, and a plan's number meets the target where one fewer has no room")
    func plans() throws {
        let traffic = Self.queued(workers: 400, rate: 30, median: 0.12, seed: 4)
        var before = 0
        for rate in [50.0, 500] {
            var question = CapacityQuestion(
                traffic: traffic, model: RecordedModelOptions(), rate: rate, target: try Self.target("p99<500ms"))
            question.poolSizes = [4, 8]
            var search = CapacitySearch(question, mode: .sync, length: 2000)
            guard case .plan(let plan) = try search.answer() else {
                Issue.record("no plan for \(rate)")
                return
            }
            #expect(plan.time <= 0.5 && plan.instances >= before && plan.room > -0.02)
            #expect(plan.simulated.contains(plan.instances) && plan.recorded?.contains(plan.instances) == true)
            #expect(plan.curve.first.map { $0.time < plan.time * 1.2 } == true)
            // Little's law: what is held is what the load takes.
            let held = rate / Double(plan.instances) * 0.13
            #expect(abs(plan.held - held) < 0.15 * held, "\(plan.held) instead of \(held)")
            before = plan.instances * 5
        }
    }

    @Test("What no number of instances can do is said, with the time of an idle one")
    func impossible() throws {
        let traffic = Self.queued(workers: 400, rate: 30, median: 0.12, seed: 4)
        let question = CapacityQuestion(
            traffic: traffic, model: RecordedModelOptions(), rate: 100, target: try Self.target("p99<100ms"))
        var search = CapacitySearch(question, mode: .sync)
        guard case .impossible(.sync, let idle) = try search.answer() else {
            Issue.record("a plan for what cannot be")
            return
        }
        #expect(idle > 0.2 && idle < 0.5)
    }

    @Test("A search ends when it is asked to")
    func stops() throws {
        let traffic = Self.queued(workers: 400, rate: 30, median: 0.12, seed: 4)
        let question = CapacityQuestion(
            traffic: traffic, model: RecordedModelOptions(), rate: 100, target: try Self.target("p99<500ms"))
        var search = CapacitySearch(question, mode: .sync) { true }
        #expect(throws: CapacitySearch.Stopped.self) { try search.answer() }
        #expect(search.simulated == 0)
    }

    @Test("Targets are read as they are written, and what is none is refused with how one is written")
    func targets() throws {
        let target = try Self.target("p99.9<2s refused<0.1%")
        #expect(abs(target.quantile - 0.999) < 1e-9 && target.time == 2 && target.refused == 0.001)
        #expect("\(target)" == "p99.9 < 2s, refused < 0.1%")
        #expect("\(try Self.target("p99<=300ms"))" == "p99 < 300ms")
        for text in ["", "p99", "p99<", "p0<1s", "p100<1s", "pNaN<1s", "p99<0ms", "p99<-1s", "q<1s", "p50<1s p99<2s"] {
            #expect(throws: CapacityTarget.Mistake.self, "\(text)") { try Self.target(text) }
        }
    }

    @Test("Costs come back from their JSON as they were, and what is none is refused")
    func costs() {
        var costs = InstanceCosts()
        (costs.request, costs.call, costs.subThread, costs.callSlack) = (0.00025, 0.00019, 0.00006, 0.00045)
        let back = InstanceCosts(json: costs.json)
        #expect(
            back.map { abs($0.request - costs.request) < 1e-9 && abs($0.callSlack - costs.callSlack) < 1e-9 } == true)
        #expect(InstanceCosts(json: ["request": -1]) == nil && InstanceCosts(json: []) == nil)
    }
}
