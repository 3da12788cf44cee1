// What is known of one lane at the moment of a frame.

package import InspectorCore

/// One lane as the screens see it.
package struct LaneModel: Sendable {
    package var id: LaneID
    package var mode: ExecutionMode
    package var url: String
    package var load: WorkerPool.Load
    /// In the order of their numbers.
    package var traces: [Trace]
    package var statistics: Statistics
    package var lost: LostCount
    package var threads: [TrackRegistry.Entry]
    package var trackNames: [UInt32: String]

    package init(
        id: LaneID, mode: ExecutionMode, url: String, load: WorkerPool.Load, traces: [Trace] = [],
        statistics: Statistics = Statistics(), lost: LostCount = LostCount(), threads: [TrackRegistry.Entry] = [],
        trackNames: [UInt32: String] = [:]
    ) {
        self.id = id
        self.mode = mode
        self.url = url
        self.load = load
        self.traces = traces
        self.statistics = statistics
        self.lost = lost
        self.threads = threads
        self.trackNames = trackNames
    }

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
