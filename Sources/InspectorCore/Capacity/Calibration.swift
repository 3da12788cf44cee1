// From two measured runs of a mode to its costs.

/// Finds costs, so that the simulation of a run comes to what was measured of it.
///
/// One run makes no calls and one makes some, at the same rate: what they differ in is what calls cost. Fitting what is
/// *measured* directly would count the contention of the run twice, once in the costs and once in the simulation.
package enum Calibration {
    /// A run of a mode at a steady rate, far from its limits.
    package struct Run: Sendable {
        package var mode: ExecutionMode
        package var workers: Int
        package var cores: Int
        /// When each request was due, in seconds, and what it took.
        package var arrivals: [Double]
        package var shapes: [RequestShape]
        /// Processor time of each request, in seconds: of workers, of threads that have ended (sub-threads), of the server's
        /// loops, of clients, of the whole process.
        package var workerTime: Double
        package var endedTime: Double
        package var loopTime: Double
        package var clientTime: Double
        package var processTime: Double
        /// The mean response, in seconds.
        package var response: Double

        package init(
            mode: ExecutionMode, workers: Int, cores: Int, arrivals: [Double], shapes: [RequestShape],
            workerTime: Double, endedTime: Double, loopTime: Double, clientTime: Double, processTime: Double,
            response: Double
        ) {
            self.mode = mode
            self.workers = workers
            self.cores = cores
            self.arrivals = arrivals
            self.shapes = shapes
            self.workerTime = workerTime
            self.endedTime = endedTime
            self.loopTime = loopTime
            self.clientTime = clientTime
            self.processTime = processTime
            self.response = response
        }

        var busy: Double { shapes.reduce(0) { $0 + $1.busy } / Double(max(1, shapes.count)) }
        var calls: Double { shapes.reduce(0) { $0 + Double($1.count) } / Double(max(1, shapes.count)) }

        /// The mean response that the simulation has, with the processor time that the load itself takes here.
        func simulated(_ costs: InstanceCosts, load: Double) -> Double {
            var costs = costs
            costs.beside += load
            var setting = FleetSetting(mode: mode, workers: workers, cores: cores)
            setting.costs = costs
            let run = Fleet.simulate(
                arrivals: arrivals, shapes: shapes, chosen: (0..<Int32(clamping: shapes.count)).map { $0 },
                setting: setting)
            return run.responses.reduce(0, +) / Double(max(1, run.responses.count))
        }
    }

    /// What a mode costs, and what the load took beside it: the sender, the simulated service.
    package struct Found: Sendable, Equatable {
        package var costs: InstanceCosts
        /// Processor time of each request that an instance elsewhere does not have, in seconds.
        package var load: Double

        package init(costs: InstanceCosts, load: Double) {
            self.costs = costs
            self.load = load
        }
    }

    /// - Parameters:
    ///   - without: a run whose requests make no calls.
    ///   - with: the same with calls.
    package static func fit(without: Run, with: Run) -> Found {
        let mode = without.mode
        var costs = InstanceCosts()
        switch mode {
        case .sync: costs.request = max(0, without.workerTime - without.busy)
        case .async:
            costs.request = max(0, without.workerTime)
            costs.subThread = max(0, without.endedTime - without.busy)
        case .native: costs.request = max(0, without.loopTime - without.busy)
        }
        // Reading and writing on the loops: the request does not wait for most of it.
        if mode != .native { costs.beside = without.loopTime }
        let calls = with.calls
        if calls > 0 {
            let more =
                with.workerTime - without.workerTime + with.endedTime - without.endedTime + with.clientTime
                - without.clientTime + (mode == .native ? with.loopTime - without.loopTime : 0)
            costs.call = max(0, more - (with.busy - without.busy)) / calls
        }
        func load(of run: Run) -> Double {
            max(0, run.processTime - run.workerTime - run.endedTime - run.loopTime - Double(run.calls) * costs.call)
        }
        costs.wait = max(0, without.response - without.simulated(costs, load: load(of: without)))
        if calls > 0 {
            // A little more waiting makes a little more queue: the second step takes that back.
            for _ in 0..<2 {
                let left = with.response - with.simulated(costs, load: load(of: with))
                costs.callSlack = max(0, costs.callSlack + left / (mode == .sync ? calls : 1))
            }
        }
        return Found(costs: costs, load: load(of: with))
    }
}
