import Foundation
import Testing

@testable import InspectorCore

/// The simulation against what theory says of it.
@Suite("A fleet that is simulated")
struct FleetTests {
    /// Arrivals by chance at `rate`, each with a service that `service` draws.
    private static func poisson(
        rate: Double, count: Int, seed: UInt64, shape: (inout SplitMix) -> RequestShape
    ) -> (arrivals: [Double], shapes: [RequestShape], chosen: [Int32]) {
        var random = SplitMix(seed: seed)
        var time = 0.0
        var (arrivals, shapes) = ([Double](), [RequestShape]())
        for _ in 0..<count {
            time -= log1p(-SeededHash.share(random.next())) / rate
            arrivals.append(time)
            shapes.append(shape(&random))
        }
        return (arrivals, shapes, (0..<Int32(count)).map { $0 })
    }

    private static func exponential(mean: Double, _ random: inout SplitMix) -> Double {
        -log1p(-SeededHash.share(random.next())) * mean
    }

    private static func mean(_ values: ArraySlice<Double>) -> Double { values.reduce(0, +) / Double(values.count) }

    /// The mean wait of M/M/c with services of mean 1 (Erlang C).
    private static func erlangWait(servers: Int, load: Double) -> Double {
        let offered = load * Double(servers)
        var term = 1.0
        var sum = 1.0
        for number in 1..<max(2, servers) where number < servers {
            term *= offered / Double(number)
            sum += term
        }
        let last = (servers == 1 ? 1 : term) * offered / Double(servers)
        let waiting = last / (1 - load) / (sum + last / (1 - load))
        return waiting / (Double(servers) * (1 - load))
    }

    @Test("Workers whose requests only wait are M/M/c", arguments: [(1, 0.7), (4, 0.8), (16, 0.9)])
    func erlang(servers: Int, load: Double) {
        let count = 400_000
        let drawn = Self.poisson(rate: load * Double(servers), count: count, seed: 5) { random in
            let service = Self.exponential(mean: 1, &random)
            return RequestShape(calls: service, longest: service, busy: 0, count: 1)
        }
        let run = Fleet.simulate(
            arrivals: drawn.arrivals, shapes: drawn.shapes, chosen: drawn.chosen,
            setting: FleetSetting(mode: .sync, workers: servers, cores: 64))
        let expected = 1 + Self.erlangWait(servers: servers, load: load)
        let found = Self.mean(run.responses.dropFirst(count / 10))
        #expect(abs(found - expected) < 0.05 * expected, "\(found) instead of \(expected)")
        #expect(abs(run.held - load * Double(servers)) < 0.02 * load * Double(servers))
    }

    @Test("A core shared by all is M/G/1 with processor sharing")
    func sharing() {
        let count = 400_000
        for load in [0.5, 0.8] {
            let drawn = Self.poisson(rate: load, count: count, seed: 9) { random in
                // Half short, half long: sharing knows the mean alone.
                let busy = random.next() % 2 == 0 ? 0.2 : 1.8
                return RequestShape(calls: 0, longest: 0, busy: busy, count: 0)
            }
            let run = Fleet.simulate(
                arrivals: drawn.arrivals, shapes: drawn.shapes, chosen: drawn.chosen,
                setting: FleetSetting(mode: .async, workers: 100_000, cores: 1))
            let found = Self.mean(run.responses.dropFirst(count / 10))
            let expected = 1 / (1 - load)
            #expect(abs(found - expected) < 0.04 * expected, "\(found) instead of \(expected)")
            #expect(abs(run.coresBusy - load) < 0.02)
        }
    }

    @Test("A native loop is M/G/1, first come first served")
    func loops() {
        let count = 400_000
        let load = 0.7
        let drawn = Self.poisson(rate: load, count: count, seed: 11) { random in
            RequestShape(calls: 0, longest: 0, busy: Self.exponential(mean: 1, &random), count: 0)
        }
        let run = Fleet.simulate(
            arrivals: drawn.arrivals, shapes: drawn.shapes, chosen: drawn.chosen,
            setting: FleetSetting(mode: .native, workers: 1, cores: 1))
        // Pollaczek and Khinchine, for exponential services of mean 1.
        let expected = 1 + load / (1 - load)
        let found = Self.mean(run.responses.dropFirst(count / 10))
        #expect(abs(found - expected) < 0.05 * expected, "\(found) instead of \(expected)")
    }

    @Test("Balancers that look spread the load better than chance, and every request is served once")
    func balancing() {
        let count = 100_000
        let drawn = Self.poisson(rate: 16 * 4 * 0.85, count: count, seed: 3) { random in
            let service = Self.exponential(mean: 1, &random)
            return RequestShape(calls: service, longest: service, busy: 0, count: 1)
        }
        var times: [Balancing: Double] = [:]
        for balancing in Balancing.allCases {
            var setting = FleetSetting(mode: .sync, workers: 4, cores: 64)
            setting.instances = 16
            setting.balancing = balancing
            let run = Fleet.simulate(
                arrivals: drawn.arrivals, shapes: drawn.shapes, chosen: drawn.chosen, setting: setting)
            #expect(run.responses.allSatisfy { $0.isFinite } && run.refused == 0)
            times[balancing] = Quantile.value(of: run.responses, at: 0.99)
        }
        let (chance, turns) = (times[.chance] ?? 0, times[.turns] ?? 0)
        #expect(turns < chance && (times[.two] ?? 0) < chance && (times[.least] ?? 0) <= (times[.two] ?? 0) * 1.02)
    }

    @Test("A queue that is full refuses, and what is refused has no end")
    func refused() {
        var setting = FleetSetting(mode: .sync, workers: 1, cores: 1)
        setting.queueLimit = 2
        let shape = RequestShape(calls: 10, longest: 10, busy: 0, count: 1)
        let run = Fleet.simulate(
            arrivals: [0, 0, 0, 0, 0], shapes: [shape], chosen: [0, 0, 0, 0, 0], setting: setting)
        #expect(run.refused == 2 && run.mostQueued == 2)
        #expect(run.responses.sorted() == [10, 20, 30, .infinity, .infinity])
    }

    @Test("Sync makes its calls one after the other, async and native at once, and costs are paid")
    func modes() {
        let shape = RequestShape(calls: 0.5, longest: 0.2, busy: 0.01, count: 5)
        var costs = InstanceCosts()
        (costs.request, costs.call, costs.callSlack, costs.subThread, costs.wait) = (
            0.001, 0.0002, 0.001, 0.0005, 0.002
        )
        func time(_ mode: ExecutionMode) -> Double {
            var setting = FleetSetting(mode: mode, workers: 1, cores: 1)
            setting.costs = costs
            return Fleet.simulate(arrivals: [0], shapes: [shape], chosen: [0], setting: setting).responses[0]
        }
        #expect(abs(time(.sync) - (0.001 + 0.001 + 0.5 + 0.005 + 0.002 + 0.01)) < 1e-12)
        #expect(abs(time(.async) - (0.001 + 0.0005 + 0.001 + 0.2 + 0.001 + 0.002 + 0.01)) < 1e-12)
        #expect(abs(time(.native) - (0.001 + 0.001 + 0.2 + 0.001 + 0.002 + 0.01)) < 1e-12)
    }
}
