// All that the screen shows, as a value: what is known of the lanes, and where the user is.

package import InspectorCore

/// What is typed or chosen in the line above the key bar.
package enum Prompt: Sendable, Equatable {
    case filter(FilterInput)
    case palette(Palette)
    case editor(RequestEditor)
    case service(ServicePanel)
    case export(ExportPanel)
    case comment(CommentInput)
    case columns(ColumnsPanel)
    case search(String)
    case questions(QuestionPanel)
    case files(FilesPanel)
}

/// The whole of what the screen shows: what is known, where the user is, and how it is to look.
package struct Model: Sendable {
    /// What is known of lanes and traffic: a copy, which is taken anew after each effect and as time goes by.
    package var known: Snapshot
    /// Where the user is.
    package var view = Navigation()
    package var settings = DashboardSettings()
    /// Which moment is shown.
    package var moment = ShownMoment.live
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
    /// What the user has noted of requests, by their numbers.
    package var notes: [UInt64: RequestNote] = [:]
    /// A sentence for the user, until the next key.
    package var message: String?
    /// Whether an export is being written, which `esc` stops.
    package var isExporting = false

    package init(app: String, url: String, lanes: [LaneModel], now: UInt64) {
        known = Snapshot(app: app, url: url, lanes: lanes, now: now)
    }

    package var screen: ScreenName { view.screens.last ?? .lanes }

    package var isSideBySide: Bool { known.lanes.count > 1 }

    /// Where the bars of the list begin: side by side on the clock, for there it is seen who waits for whom; else with each
    /// request.
    package var axis: Navigation.Axis { view.axis ?? (isSideBySide ? .clock : .sending) }

    /// Takes new findings; the selected one stays selected, wherever it is now.
    package mutating func setFindings(_ new: [Finding]) {
        let selected = known.findings.indices.contains(view.finding) ? known.findings[view.finding] : nil
        known.findings = new
        let index = selected.flatMap { before in new.firstIndex { $0.isSame(as: before) } }
        view.finding = max(0, min(index ?? view.finding, new.count - 1))
    }

    /// The numbers of the requests that some lane shows and the filter chooses, in order.
    package var numbers: [UInt64] {
        var numbers = matching.map { Numbers.common(left: allNumbers, right: $0) } ?? allNumbers
        if view.onlyMarked { numbers.removeAll { notes[$0] == nil } }
        return numbers
    }

    /// The numbers of the requests that some lane has, in order; of those that were there at the moment that is shown.
    package var allNumbers: [UInt64] {
        let time = time
        return Numbers.union(
            known.lanes.map { lane in
                (transport == nil ? lane.traces : lane.traces.filter { $0.began <= time }).map(\.id.number)
            })
    }

    /// The selected request where it is in the list: one that a filter hides is not meant by any key.
    package var selectedShown: UInt64? {
        view.selected.flatMap { filter == nil && !view.onlyMarked || numbers.contains($0) ? $0 : nil }
    }

    /// The request that is meant: the open or selected one, or the newest that has got further than the queue.
    package var current: UInt64? {
        if let chosen = view.opened ?? selectedShown { return chosen }
        guard known.lanes.indices.contains(known.focus) else { return nil }
        let lane = known.lanes[known.focus]
        let numbers = numbers
        // Those that are on the screen: chosen by the filter, and there at the moment that is shown.
        return numbers.last { number in
            lane[number].flatMap(seen).map { $0.stage != .queued } ?? false
        } ?? numbers.last
    }

    /// The traces of the current request, lane by lane.
    package var currentTraces: [(lane: LaneModel, trace: Trace)] {
        if let comparedTraces { return comparedTraces }
        guard let current else { return [] }
        return known.lanes.compactMap { lane in lane[current].map { (lane, $0) } }
    }

    /// `trace` as it was at the moment that is shown; nil when it was not there yet.
    package func seen(trace: Trace) -> Trace? {
        transport == nil ? trace : trace.seen(at: time)
    }

    /// The marks of a lane between two moments.
    package func marks(of lane: LaneID, from: UInt64, to: UInt64) -> [Mark] {
        known.marks.filter { ($0.lane == nil || $0.lane == lane) && $0.time >= from && $0.time <= to }
    }
}
