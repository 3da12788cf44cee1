// All that the screen shows, as a value: what is known of the lanes, and where the user is.

package import InspectorCore

/// A screen of the dashboard.
package enum ScreenName: Sendable, Equatable, CaseIterable {
    case lanes
    case waterfall
    case details
    case threads
    case findings
    case statistics
    case help
    case output
}

/// Something that was changed by hand, and when: it stands on the time axis.
package struct Mark: Sendable, Equatable {
    /// By `MonotonicClock`, in ns.
    package let time: UInt64
    /// The lane that it was changed for; nil for all.
    package let lane: LaneID?
    /// `5 workers`, `API +200ms`.
    package let text: String

    package init(time: UInt64, lane: LaneID?, text: String) {
        self.time = time
        self.lane = lane
        self.text = text
    }
}

/// What is typed or chosen in the line above the key bar.
package enum Prompt: Sendable, Equatable {
    case filter(FilterInput)
    case palette(Palette)
    case editor(RequestEditor)
    case service(ServicePanel)
    case export(ExportPanel)
}

/// The whole of what the screen shows.
package struct Model: Sendable {
    /// Where a list of requests begins its bars.
    package enum Axis: Sendable {
        /// Each at its own acceptance: what is to be compared stands under one another.
        case acceptance
        /// On the clock: who waited for whom.
        case clock
    }

    package var app: String
    package var url: String
    /// What is taken out of what is copied and exported.
    package var redaction = Redaction.standard
    /// How the recording goes that is being made; nil when none is.
    package var recorder: Recorder.Status?
    /// Which part of the process's processor time the inspection took in the last second; nil while there is too
    /// little to tell.
    package var ownCost: Double?
    /// One request in so many is kept in detail.
    package var thinning = 1
    package var lanes: [LaneModel]
    /// Which lane answers the public address, and is shown alone when only one is.
    package var focus = 0
    /// By `MonotonicClock`; stands still while the picture is held.
    package var now: UInt64
    /// Which moment is shown.
    package var moment = ShownMoment.live
    package var screens: [ScreenName] = [.lanes]
    /// The request's number; nil while the newest is followed.
    package var selected: UInt64?
    /// The request whose waterfall is open; closing it leaves the selection as it was.
    package var opened: UInt64?
    package var waterfall = WaterfallView()
    package var axis = Axis.acceptance
    /// How far back the bars of threads reach, in ns.
    package var threadsReach: UInt64 = 2_000_000_000
    /// What is worth telling of the newest requests, most certain first.
    package var findings: [Finding] = []
    /// Which of them is selected.
    package var finding = 0
    /// What is typed or chosen now.
    package var prompt: Prompt?
    /// The filter that was accepted last, whether it is on or off.
    package var filter: Filter?
    package var isFilterOn = false
    /// Those accepted before, oldest first.
    package var filters: [String] = []
    /// The numbers of what the filter chooses, in order; nil while all is shown.
    package var matching: [UInt64]?
    var verdicts: FilterVerdicts?
    /// The numbers of each route; only while they are shown.
    package var routes: [RouteTable.Key: RouteStatistics] = [:]
    /// Heads and bodies of the current request, lane by lane; only while they are looked at.
    package var exchanges: [LaneID: Exchange] = [:]
    /// Whether requests that change something are given to the other lanes too.
    package var mirrorsUnsafe = false
    /// What the simulated API does; nil where the app calls a real one.
    package var service: UpstreamSettings?
    /// What was changed by hand, oldest first.
    package var marks: [Mark] = []
    package var replay: ReplayProgress?
    /// What `r` replays; nil when nothing is at hand.
    package var trafficFile: String?
    /// What the app is when it is only a model of a recorded one, in a few words: its numbers must not be taken for the
    /// real app's.
    package var modelWords: String?
    /// A sentence for the user, until the next key.
    package var message: String?
    /// How far a list is scrolled, in rows.
    package var scroll = 0
    /// Lines that the app printed or logged.
    package var output: [OutputLine] = []
    package var glyphs: Glyphs = .unicode
    /// Whether the mouse selects and scrolls.
    package var usesMouse = false
    /// How many rows a page has, for scrolling; set when a frame is made.
    package var page = 10
    /// How many columns the terminal has, for the cursor's step.
    package var columns = 100

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
        return Numbers.common(allNumbers, matching)
    }

    /// The numbers of the requests that some lane has, in order; of those that were there at the moment that is shown.
    package var allNumbers: [UInt64] {
        let time = time
        return Numbers.union(
            lanes.map { lane in
                (transport == nil ? lane.traces : lane.traces.filter { $0.summary.accepted <= time }).map(\.id.number)
            })
    }

    /// The request that is meant: the open or selected one, or the newest that has got further than the queue.
    package var current: UInt64? {
        if let known = opened ?? selected { return known }
        guard lanes.indices.contains(focus) else { return nil }
        let lane = lanes[focus]
        let numbers = numbers
        // Those that are on the screen: chosen by the filter, and there at the moment that is shown.
        return numbers.last { number in
            lane[number].flatMap(seen).map { $0.stage != .queued } ?? false
        } ?? numbers.last
    }

    /// The traces of the current request, lane by lane.
    package var currentTraces: [(lane: LaneModel, trace: Trace)] {
        guard let current else { return [] }
        return lanes.compactMap { lane in lane[current].map { (lane, $0) } }
    }

    /// `trace` as it was at the moment that is shown; nil when it was not there yet.
    package func seen(_ trace: Trace) -> Trace? {
        transport == nil ? trace : trace.seen(at: time)
    }

    /// The marks of a lane between two moments.
    package func marks(of lane: LaneID, from: UInt64, to: UInt64) -> [Mark] {
        marks.filter { ($0.lane == nil || $0.lane == lane) && $0.time >= from && $0.time <= to }
    }
}
