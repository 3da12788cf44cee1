// All that is kept, over time: made now and then rather than for each frame, for it goes through every request.

internal import InspectorCore

/// Requests, errors and the queue over time, in slices of one length.
package struct Overview: Sendable {
    /// How many slices there are.
    static let count = 240
    /// How long a picture of what goes on holds, in ns.
    static let age: UInt64 = 500_000_000

    package let range: ClosedRange<UInt64>
    /// Requests that began in each.
    let begun: [Int]
    /// Whether one was answered in it with 500 or above.
    let failed: [Bool]
    /// How many waited for a worker through all of it.
    let queue: [Int]

    package init(lanes: [LaneModel], range: ClosedRange<UInt64>, now: UInt64) {
        self.range = range
        let scale = TimeScale(
            start: range.lowerBound, length: range.upperBound - range.lowerBound, columns: Overview.count)
        var begun = [Int](repeating: 0, count: Overview.count)
        var failed = [Bool](repeating: false, count: Overview.count)
        var changes = [Int](repeating: 0, count: Overview.count + 1)
        for lane in lanes {
            for trace in lane.traces {
                guard let cells = scale.cells(begin: trace.began, end: trace.began) else { continue }
                begun[cells.lowerBound] += 1
                if let done = trace.done, (trace.status ?? 0) >= 500, let end = scale.cells(begin: done, end: done) {
                    failed[end.lowerBound] = true
                }
                // It comes first, or not at all.
                let spans = trace.spans
                guard let place = spans.firstPlace(of: .queued),
                    let waited = scale.fullCells(begin: spans[place].begin, end: spans[place].end ?? now)
                else { continue }
                changes[waited.lowerBound] += 1
                changes[waited.upperBound] -= 1
            }
        }
        self.begun = begun
        self.failed = failed
        var waiting = 0
        queue = changes.dropLast().map { change in
            waiting += change
            return waiting
        }
    }

    /// The same in `columns`: sums of requests, any error, the most that waited.
    func fitted(columns: Int) -> (begun: [Int], failed: [Bool], queue: [Int]) {
        var fitted = (
            begun: [Int](repeating: 0, count: columns), failed: [Bool](repeating: false, count: columns),
            queue: [Int](repeating: 0, count: columns)
        )
        guard columns > 0 else { return fitted }
        for place in 0..<max(columns, Overview.count) {
            let column = place * columns / max(columns, Overview.count)
            let slice = place * Overview.count / max(columns, Overview.count)
            // Where a slice is several columns wide its requests stand in the first of them.
            let isFirst = place == 0 || (place - 1) * Overview.count / max(columns, Overview.count) != slice
            if isFirst { fitted.begun[column] += begun[slice] }
            fitted.failed[column] = fitted.failed[column] || (isFirst && failed[slice])
            fitted.queue[column] = max(fitted.queue[column], queue[slice])
        }
        return fitted
    }
}

extension Model {
    /// All that is kept over time, as it was looked at last.
    var overview: Overview { known.overview ?? Overview(lanes: known.lanes, range: keptRange, now: known.now) }
}
