// Two requests that are looked at together: of different routes, lanes or times.

package import InspectorCore

/// The requests that are compared.
package struct ComparedRequests: Sendable, Equatable {
    package let first: RequestID
    /// Nil until it is chosen.
    package var second: RequestID?
}

extension Model {
    /// Takes the current request as the first of two, or compares it with the one that was taken before.
    mutating func compare() {
        guard let current, let lane = comparedLane(of: current) else {
            message = "There is no request yet. Press b for a burst, or open \(known.url)."
            return
        }
        let request = RequestID(number: current, lane: lane)
        guard let first = view.compared?.first, view.compared?.second == nil else {
            view.compared = ComparedRequests(first: request)
            message = "\(words(of: request)) is taken. Choose another, and C compares the two."
            return
        }
        guard first != request else {
            view.compared = nil
            message = "A request is not compared with itself: nothing is taken now."
            return
        }
        guard trace(of: first) != nil else {
            view.compared = ComparedRequests(first: request)
            message = "\(words(of: first)) is no longer kept; \(words(of: request)) is taken instead."
            return
        }
        openWaterfall(of: current)
        view.compared = ComparedRequests(first: first, second: request)
        message = "\(words(of: first)) above, \(words(of: request)) below. esc goes back."
    }

    /// The lane whose request is meant: the one with the keys in a waterfall, else the one that answers, else the first
    /// that has it.
    private func comparedLane(of number: UInt64) -> LaneID? {
        if screen == .waterfall, let panel = WaterfallGeometry(model: self).focused(view: view.waterfall) {
            return panel.lane.id
        }
        let focused = known.lanes.indices.contains(known.focus) ? known.lanes[known.focus] : nil
        return ([focused].compactMap { $0 } + known.lanes).first { $0[number] != nil }?.id
    }

    private func words(of request: RequestID) -> String {
        "#\(request.number) of \(known.lanes.first { $0.id == request.lane }?.name ?? "a lane")"
    }

    func trace(of request: RequestID) -> Trace? {
        known.lanes.first { $0.id == request.lane }?[request.number]
    }

    /// The two requests that are compared, while they are looked at.
    var comparedTraces: [(lane: LaneModel, trace: Trace)]? {
        guard let pair = view.compared, let second = pair.second, view.opened == second.number else { return nil }
        let found = [pair.first, second].compactMap { request in
            known.lanes.first { $0.id == request.lane }.flatMap { lane in lane[request.number].map { (lane, $0) } }
        }
        return found.count == 2 ? found : nil
    }
}
