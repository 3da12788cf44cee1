// What one instance, or a few, see of a recording that has grown.

internal import Foundation

/// How the load grows over the recorded one.
package enum Growth: String, Sendable, CaseIterable {
    /// By users that know nothing of each other: each request comes again at another moment.
    case users
    /// By bursts: each request comes again at its own moment, so that a burst grows as the load does.
    case bursts
}

/// Draws the requests that come to some of the instances between which a balancer spreads a load by chance.
package struct ArrivalDraw: Sendable {
    let traffic: RecordedTraffic
    /// How far from its own moment a request comes again, in seconds, at most.
    var jitter: Double
    /// The whole load, in requests a second.
    let rate: Double

    /// What came of a draw.
    package struct Arrivals {
        package var times: [Double]
        /// Places in the recording.
        package var chosen: [Int32]
    }

    /// Draws `count` requests, from a moment of chance on.
    ///
    /// Each recorded request stands in the whole load `rate ÷ recorded rate` times, and each of these comes here with the
    /// same chance. The first of them keeps its moment.
    ///
    /// - Parameter share: the rate that comes here, in requests a second; at most `rate`.
    func draw(share: Double, count: Int, seed: UInt64) -> Arrivals {
        let recorded = Double(traffic.count)
        var random = SplitMix(seed: seed)
        func unit() -> Double { SeededHash.share(random.next()) }
        guard recorded > 0, traffic.rate > 0, share > 0 else { return Arrivals(times: [], chosen: []) }
        let copies = max(1, (rate / traffic.rate).rounded(.up))
        // Of the places that all copies have, this part is taken: the last copy may stand for less than a whole one.
        let chance = min(1, share / traffic.rate / copies)
        let isAll = chance >= 1
        let skip = isAll ? 0 : 1 / log1p(-chance)
        let places = recorded * copies
        var drawn: [(time: Double, chosen: Int32)] = []
        drawn.reserveCapacity(count)
        var round = 0.0
        // All of it is drawn from its beginning: what is drawn then is the recording itself.
        var place = isAll ? 0 : (unit() * places).rounded(.down)
        while drawn.count < count {
            // At once, not round by round: a small part of a short recording skips thousands of millions of them.
            if place >= places {
                let passed = (place / places).rounded(.down)
                round += passed
                place = max(0, place - passed * places)
            }
            let chosen = min(traffic.count - 1, Int(saturating: place / copies))
            var time = round * traffic.length + traffic.arrivals[chosen]
            if jitter > 0, place - Double(chosen) * copies >= 1 { time += (unit() * 2 - 1) * jitter }
            drawn.append((time, Int32(chosen)))
            place += 1
            if !isAll { place += (log1p(-unit()) * skip).rounded(.down) }
        }
        if jitter > 0 { drawn.sort { ($0.time, $0.chosen) < ($1.time, $1.chosen) } }
        let first = drawn.first?.time ?? 0
        return Arrivals(times: drawn.map { $0.time - first }, chosen: drawn.map(\.chosen))
    }
}
