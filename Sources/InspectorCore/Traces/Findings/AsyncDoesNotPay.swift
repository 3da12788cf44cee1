// A finding: a route that async mode makes slower, by the numbers of both modes.

/// A route is slower in async mode than in sync.
enum AsyncDoesNotPay: FindingCheck {
    static let name = "routes that async makes slower"
    static let why =
        "Each async function of async mode has a thread made for it: where nothing overlaps, that is cost without gain."
    static let remedy = "Leave its functions sync; Flask runs both kinds in one app."

    /// Nothing: one request says nothing of modes.
    static func look(at subject: inout FindingSubject) {}
}

extension Findings {
    /// Compares the routes of lanes that run the same app.
    ///
    /// - Parameters:
    ///   - lane: the lane of a route's numbers, as it was under that mode.
    ///   - example: the newest request of a route in a lane; nil where none is kept.
    package static func comparedModes(
        _ routes: [RouteTable.Key: Statistics], window: TimeWindow, at now: UInt64, text: (UInt64) -> String,
        lane: (Statistics.Key) -> LaneDescription?, example: (RouteTable.Key) -> RequestID?
    ) -> [Finding] {
        routes.compactMap { key, slow in
            guard key.lane.mode == .async,
                let (_, fast) = routes.first(where: { other, _ in
                    other.lane.mode == .sync && other.rule == key.rule && other.method == key.method
                })
            else { return nil }
            let (one, two) = (fast.times(window: window, at: now), slow.times(window: window, at: now))
            guard one.count >= Bound.modeCount, two.count >= Bound.modeCount,
                let before = one.percentile(percent: 50), let after = two.percentile(percent: 50),
                Double(after) >= Double(before) * Bound.modeFactor,
                after - before >= Bound.modeTime, let described = lane(key.lane), let shown = example(key)
            else { return nil }
            let sums = slow.sums(window: window, at: now)
            let waits = Double(sums.waits) / Double(max(1, sums.detailed))
            let reason = waits < 0.5 ? "it awaits nothing" : "its waits do not overlap"
            let request = key.method + " " + key.rule
            return Finding(
                kind: .asyncDoesNotPay, level: .look, lane: described, subject: request,
                seen:
                    "\(request) is \(text(after - before)) slower async (p50 \(text(after)) instead of \(text(before))): "
                    + reason + ".", example: shown, count: two.count, total: two.count)
        }
    }
}

extension FindingKind {
    package static let asyncDoesNotPay = FindingKind(AsyncDoesNotPay.self)
}
