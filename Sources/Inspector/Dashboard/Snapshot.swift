// What is known at a moment: a copy of what lanes, replays and recordings have, for the screens.

package import InspectorCore

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

/// What is known of lanes and traffic at one moment.
///
/// A copy: each of these has its owner in the host, from which it is taken anew.
package struct Snapshot: Sendable {
    package var app: String
    package var url: String
    package var lanes: [LaneModel]
    /// Which lane answers the public address, and is shown alone when only one is.
    package var focus = 0
    /// By `MonotonicClock`; stands still while the picture is held.
    package var now: UInt64
    /// Whether requests that change something are given to the other lanes too.
    package var mirrorsUnsafe = false
    /// What the simulated API does; nil where the app calls a real one.
    package var service: UpstreamSettings?
    /// Where servers elsewhere send their spans; nil where none are taken.
    package var spansURL: String?
    /// How many spans of servers elsewhere were left out.
    package var spansLeftOut = 0
    /// What was changed by hand, oldest first.
    package var marks: [Mark] = []
    package var replay: ReplayProgress?
    /// What the lanes have made of the last replay or burst.
    package var experiment: Experiment?
    /// What `r` replays; nil when nothing is at hand.
    package var trafficFile: String?
    /// What the app is when it is only a model of a recorded one, in a few words: its numbers must not be taken for the
    /// real app's.
    package var modelWords: String?
    /// How the recording goes that is being made; nil when none is.
    package var recorder: Recorder.Status?
    /// What a collector has got; nil where none was asked for.
    package var exporter: OTLPExporter.Status?
    /// Which part of the process's processor time the inspection took in the last second; nil while there is too
    /// little to tell.
    package var ownCost: Double?
    /// One request in so many is kept in detail.
    package var thinning = 1
    /// All that is kept over time; nil where it was not looked at yet.
    package var overview: Overview?
    /// What is worth telling of the newest requests, most certain first.
    package var findings: [Finding] = []
    /// The numbers of each route; only while they are shown.
    package var routes: [RouteTable.Key: Statistics] = [:]
    /// Heads and bodies of the current request, lane by lane; only while they are looked at.
    package var exchanges: [LaneID: Exchange] = [:]
    /// Lines that the app printed or logged.
    package var output: [OutputLine] = []

    package init(app: String, url: String, lanes: [LaneModel], now: UInt64) {
        self.app = app
        self.url = url
        self.lanes = lanes
        self.now = now
    }
}
