// Everything that a plan depends on.

/// A load, a target, and the instances that are to carry it.
package struct CapacityQuestion: Sendable {
    /// The busiest part of the recording, its times without the wait for a worker.
    package var traffic: RecordedTraffic
    /// What each request of `traffic` takes.
    package var shapes: [RequestShape]
    /// Requests a second, in the busiest part.
    package var rate: Double
    package var target: CapacityTarget
    package var growth = Growth.users
    /// How far apart users that know nothing of each other are, in seconds.
    package var jitter = 1.0
    /// Cores of an instance.
    package var cores = 2
    package var balancing = Balancing.chance
    package var balancers = 1
    /// How many requests may wait in an instance.
    package var queueLimit = 16_384
    /// How much more than `rate` has to fit: 0.1 for a tenth.
    package var margin = 0.1
    /// How many instances may be lost without missing the target.
    package var spare = 0
    /// The numbers of workers that are tried.
    package var poolSizes = [1, 2, 4, 8, 16, 32, 64]
    package var costs: [ExecutionMode: InstanceCosts] = [:]
    package var seed: UInt64 = 1

    package init(
        traffic: RecordedTraffic, model: RecordedModelOptions, rate: Double, target: CapacityTarget
    ) {
        self.traffic = traffic
        shapes = traffic.times.enumerated().map { RequestShape(time: $1, model: model, place: $0) }
        self.rate = rate
        self.target = target
        seed = model.seed
    }

    /// The load that is planned for: with what is to spare.
    package var plannedRate: Double { rate * (1 + margin) }

    /// How many recorded requests lie beyond the target's percentile: what it rests on.
    package var requestsBeyond: Double { Double(traffic.count) * (1 - target.quantile) }
}

/// What one mode needs.
package struct ModePlan: Sendable, Equatable {
    package let mode: ExecutionMode
    /// Workers of an instance; nil in native.
    package let workers: Int?
    package let instances: Int
    /// The same if every burst grows with the load.
    package var instancesIfBurstsGrow: Int?
    /// What the simulation's chance leaves open, at 95 %.
    package var simulated: ClosedRange<Int>
    /// What other recordings that might have been made would say, 95 of 100.
    package var recorded: ClosedRange<Int>?
    /// The median and the target's percentile at this load, in seconds.
    package var median: Double
    package var time: Double
    /// Half of the 95 % interval of `time`, in seconds.
    package var timeHalfWidth: Double
    /// The share of refused requests.
    package var refused: Double
    package var coresBusy: Double
    /// Workers of an instance that are held, on average; requests inside in native.
    package var held: Double
    /// The most requests a second that an instance takes within the target.
    package var mostPerInstance: Double
    /// How much more than the load would fit: 0.1 for a tenth.
    package var room: Double
    /// The target's percentile with one instance fewer, in seconds; nil where there is one only.
    package var oneLost: Double?
    /// The load, as a part of this one, at which the percentile is twice that of an idle instance; nil past three times.
    package var knee: Double?
    /// The percentile of an instance with next to nothing to do, in seconds.
    package var idle: Double
    /// Parts of the load, and the percentile there, in seconds.
    package var curve: [LoadPoint] = []
    /// What other pool sizes would need; nil instances where no number meets the target.
    package var byWorkers: [PoolNeed] = []

    /// A part of the load and the percentile there.
    package struct LoadPoint: Sendable, Equatable {
        package let load: Double
        /// In seconds; infinite where requests are refused or the queue only grows.
        package let time: Double
    }

    /// What a pool size needs.
    package struct PoolNeed: Sendable, Equatable {
        package let workers: Int
        package let instances: Int?
    }
}

/// What a mode comes to: a plan, or why there is none.
package enum ModeAnswer: Sendable, Equatable {
    case plan(ModePlan)
    /// The percentile of an instance with next to nothing to do, in seconds, which is over the target already.
    case impossible(ExecutionMode, idle: Double)
}
