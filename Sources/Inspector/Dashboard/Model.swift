// All that the screen shows, as a value: what is known of the lanes, and where the user is.

package import InspectorCore

/// What is known of one lane at the moment of a frame.
package struct LaneModel: Sendable {
    package var id: LaneID
    package var mode: ExecutionMode
    package var url: String
    package var load: WorkerPool.Load
    package var traces: [Trace]
    package var statistics: Statistics
    package var lost: LostCount
    package var threads: [TrackRegistry.Entry]
    package var trackNames: [UInt32: String]
    /// When its mode or its number of workers was changed last; stands as a mark on the threads' time axis.
    package var lastChange: UInt64?

    package init(
        id: LaneID, mode: ExecutionMode, url: String, load: WorkerPool.Load, traces: [Trace] = [],
        statistics: Statistics = Statistics(), lost: LostCount = LostCount(), threads: [TrackRegistry.Entry] = [],
        trackNames: [UInt32: String] = [:], lastChange: UInt64? = nil
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
        self.lastChange = lastChange
    }
}

/// A screen of the dashboard.
package enum ScreenName: Sendable, Equatable {
    case lanes
    case waterfall
    case threads
    case findings
    case statistics
    case help
    case output
}

/// The whole of what the screen shows.
package struct Model: Sendable {
    package var app: String
    package var url: String
    package var lanes: [LaneModel]
    /// Which lane answers the public address, and is shown alone when only one is.
    package var focus = 0
    /// By `MonotonicClock`; stands still while frozen.
    package var now: UInt64
    package var screens: [ScreenName] = [.lanes]
    /// The request's number; nil while the newest is followed.
    package var selected: UInt64?
    /// The request whose waterfall is open; closing it leaves the selection as it was.
    package var opened: UInt64?
    /// Whether waterfalls begin where the queue ends.
    package var isZoomed = false
    /// Whether the picture is held still; collecting goes on.
    package var isFrozen = false
    /// What is worth telling of the newest requests, most certain first.
    package var findings: [Finding] = []
    /// Which of them is selected.
    package var finding = 0
    /// The filter while it is typed.
    package var input: FilterInput?
    /// The filter that was accepted last, whether it is on or off.
    package var filter: Filter?
    package var isFilterOn = false
    /// Those accepted before, oldest first.
    package var filters: [String] = []
    /// What the filter chooses; nil while all is shown.
    package var matching: Set<UInt64>?
    /// The numbers of each route; only while they are shown.
    package var routes: [RouteTable.Key: RouteStatistics] = [:]
    /// Whether requests that change something are given to the other lanes too.
    package var mirrorsUnsafe = false
    package var replay: ReplayProgress?
    /// What `r` replays; nil when nothing is at hand.
    package var trafficFile: String?
    /// A sentence for the user, until the next key.
    package var message: String?
    /// How far a list is scrolled, in rows.
    package var scroll = 0
    /// Lines that the app printed.
    package var output: [OutputLine] = []
    package var glyphs: Glyphs = .unicode
    /// How many rows a page has, for scrolling; set when a frame is made.
    package var page = 10

    package init(app: String, url: String, lanes: [LaneModel], now: UInt64) {
        self.app = app
        self.url = url
        self.lanes = lanes
        self.now = now
    }

    package var screen: ScreenName { screens.last ?? .lanes }

    package var isSideBySide: Bool { lanes.count > 1 }

    /// Takes new findings; the selected one stays selected wherever it stands now.
    package mutating func setFindings(_ new: [Finding]) {
        let selected = findings.indices.contains(finding) ? findings[finding] : nil
        findings = new
        let place = selected.flatMap { known in new.firstIndex { $0.isSame(as: known) } }
        finding = max(0, min(place ?? finding, new.count - 1))
    }

    /// The numbers of the requests that some lane shows and the filter chooses, in order.
    package var numbers: [UInt64] {
        guard let matching else { return allNumbers }
        return allNumbers.filter(matching.contains)
    }

    /// The numbers of the requests that some lane has, in order.
    package var allNumbers: [UInt64] {
        lanes.count == 1
            ? lanes[0].traces.map(\.id.number).sorted()
            : Set(lanes.flatMap { $0.traces.map(\.id.number) }).sorted()
    }

    /// The request that is meant: the open or selected one, or the newest that has got further than the queue.
    package var current: UInt64? {
        if let known = opened ?? selected { return known }
        let focused = lanes.indices.contains(focus) ? lanes[focus].traces : []
        let begun = focused.lazy.filter { $0.stage != .queued }.map(\.id.number).max()
        return begun ?? numbers.last
    }

    /// The traces of the current request, lane by lane.
    package var currentTraces: [(lane: LaneModel, trace: Trace)] {
        guard let current else { return [] }
        return lanes.compactMap { lane in
            lane.traces.last { $0.id.number == current }.map { (lane, $0) }
        }
    }
}
