// What is known of one lane at the moment of a frame.

package import InspectorCore

/// An event loop of the server, and how late it came to what was ready.
package struct LoopModel: Sendable {
    package let name: String
    /// Over the last `LoopModel.seconds`.
    package let lag: LoopWatch.Lag
    /// The longest turn of each of the last 60 seconds, in ns, oldest first.
    package let lags: [UInt64]
    /// The longest turn of each of them, where one was long: when it ended and how long it was, in ns.
    package let turns: [(end: UInt64, length: UInt64)]

    /// The window of a lag, in seconds.
    package static let seconds = 2

    package init(
        name: String, lag: LoopWatch.Lag, lags: [UInt64] = [], turns: [(end: UInt64, length: UInt64)] = []
    ) {
        self.name = name
        self.lag = lag
        self.lags = lags
        self.turns = turns
    }
}

/// One lane as the screens see it.
///
/// What is nil is not known, or the lane has none; screens ask for it, and never for the lane's kind.
package struct LaneModel: Sendable {
    /// The lane as a request would meet it that is accepted now.
    package var lane: LaneDescription
    /// Where it takes requests of its own.
    package var url: String
    /// The workers that its requests wait for.
    package var load: WorkerPool.Load?
    /// The modes that it can be set to.
    package var modes: [ExecutionMode]
    /// How many waited at most for a worker in each of the last 60 seconds, oldest first; empty where nothing is known of it.
    package var queuePeaks: [Int] = []
    /// One request in so many is known: a service may tell of some, and only count the others.
    package var toldOneIn = 1
    /// In the order of their numbers.
    package var traces: [Trace]
    package var statistics: Statistics
    package var lost: LostCount
    /// The threads that are alive, besides those that belong to one request.
    package var threads: [TrackRegistry.Entry]?
    package var trackNames: [UInt32: String]
    /// The event loops that its requests run on; empty where they run on threads of their own, or it is not known.
    package var loops: [LoopModel]

    package init(
        lane: LaneDescription, url: String, load: WorkerPool.Load?, modes: [ExecutionMode] = [],
        traces: [Trace] = [], statistics: Statistics = Statistics(), lost: LostCount = LostCount(),
        threads: [TrackRegistry.Entry]? = nil, trackNames: [UInt32: String] = [:], loops: [LoopModel] = []
    ) {
        self.lane = lane
        self.url = url
        self.load = load
        self.modes = modes
        self.traces = traces
        self.statistics = statistics
        self.lost = lost
        self.threads = threads
        self.trackNames = trackNames
        self.loops = loops
    }

    /// The longest turn of any of its loops in each of the last 60 seconds, in ns, oldest first.
    package var loopLags: [UInt64] {
        loops.reduce(into: []) { all, loop in
            for (place, lag) in loop.lags.enumerated() {
                if place < all.count { all[place] = max(all[place], lag) } else { all.append(lag) }
            }
        }
    }

    /// The loop that was the latest.
    package var latest: LoopModel? { loops.max { $0.lag.longest < $1.lag.longest } }

    package var id: LaneID { lane.id }

    /// How the functions of its app are run; nil for a lane that is not ours.
    package var mode: ExecutionMode? { lane.mode }

    /// What it is called, with control bytes made visible.
    package var name: String { lane.name.madeVisible }

    /// The lane's trace of the request with that number.
    package subscript(number: UInt64) -> Trace? {
        var low = 0
        var high = traces.count
        while low < high {
            let middle = (low + high) / 2
            if traces[middle].id.number < number { low = middle + 1 } else { high = middle }
        }
        return low < traces.count && traces[low].id.number == number ? traces[low] : nil
    }

    /// The traces of which something happened at or after `time`.
    package func traces(since time: UInt64, until now: UInt64) -> [Trace] {
        traces.filter { $0.lastTime(until: now) >= time }
    }
}

extension Model {
    /// The lane whose numbers these are, as it was under that mode.
    package func lane(of key: Statistics.Key) -> LaneDescription {
        let kind = key.mode.map(LaneKind.hosted)
        guard let lane = known.lanes.first(where: { $0.id == key.lane })?.lane else {
            return LaneDescription(id: key.lane, kind: kind ?? .watched(service: "lane \(key.lane.rawValue)"))
        }
        guard let kind, kind != lane.kind else { return lane }
        // A lane that is called by its mode had another name under another mode.
        let isUsual = lane.name == lane.mode?.rawValue
        return LaneDescription(id: key.lane, kind: kind, name: isUsual ? nil : lane.name)
    }
}
