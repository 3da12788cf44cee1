// Whether recorded times hold a wait for a worker, and what they were without it.

internal import HeapModule

extension RecordedTraffic {
    /// What a look at the times says of queueing where they were recorded.
    package enum Waits: Sendable, Equatable {
        /// They hold none that shows.
        case none
        /// They hold the wait for one of so many workers; what each took without it is `RecordedTraffic`.
        case workers(Int, RecordedTraffic)
        /// They grow with what was in flight, and no number of workers explains it: what the calls go to is the bottleneck.
        case unexplained
    }

    /// Over this correlation of times with requests in flight, the times hold a wait.
    package static let mostCorrelation = 0.3

    /// Spearman's rank correlation of a request's time with how many were in flight as it came; nil for fewer than ten.
    package var inFlightCorrelation: Double? {
        Self.correlation(of: times, with: inFlight)
    }

    /// How many requests were in flight as each came.
    private var inFlight: [Double] {
        var ends = Heap<Double>()
        return arrivals.indices.map { place in
            while let end = ends.min, end <= arrivals[place] { ends.removeMin() }
            defer { ends.insert(arrivals[place] + times[place]) }
            return Double(ends.count)
        }
    }

    /// Takes the wait for a worker out of the times.
    ///
    /// - Parameter workers: how many there were; nil finds out.
    package func waits(workers: Int? = nil) -> Waits {
        if let workers { return .workers(workers, with(times: services(workers: workers))) }
        guard let correlation = inFlightCorrelation, correlation > Self.mostCorrelation else { return .none }
        let inFlight = inFlight
        let most = Int(inFlight.max() ?? 0)
        // Logs round: a few ms below nothing are no proof.
        let tolerance = 0.002
        var best: (workers: Int, correlation: Double, services: [Double])?
        for workers in 1...max(1, min(most, 1024)) {
            let services = services(workers: workers)
            let impossible = services.count { $0 < -tolerance }
            guard Double(impossible) <= 0.002 * Double(count),
                let found = Self.correlation(of: services, with: inFlight)
            else { continue }
            if best.map({ abs(found) < abs($0.correlation) }) ?? true { best = (workers, found, services) }
            // With each worker more, less of the wait is taken out: it only grows from here.
            if found > Self.mostCorrelation { break }
        }
        guard let best, abs(best.correlation) < 0.15 else { return .unexplained }
        return .workers(best.workers, with(times: best.services.map { max(0, $0) }))
    }

    /// What each took from the moment at which one of `workers` was free for it, first come first served, in seconds;
    /// below zero where there were more.
    private func services(workers: Int) -> [Double] {
        var ends = Heap<Double>()
        return arrivals.indices.map { place in
            var begin = arrivals[place]
            if ends.count >= workers, let free = ends.popMin() { begin = max(begin, free) }
            let end = arrivals[place] + times[place]
            // One that "ended" before it began keeps its place: the others would begin too early.
            ends.insert(max(begin, end))
            return end - begin
        }
    }

    private static func correlation(of values: [Double], with others: [Double]) -> Double? {
        guard values.count >= 10 else { return nil }
        let (left, right) = (ranks(of: values), ranks(of: others))
        let mean = Double(values.count + 1) / 2
        var (product, squares, otherSquares) = (0.0, 0.0, 0.0)
        for (one, other) in zip(left, right) {
            product += (one - mean) * (other - mean)
            squares += (one - mean) * (one - mean)
            otherSquares += (other - mean) * (other - mean)
        }
        guard squares > 0, otherSquares > 0 else { return 0 }
        return product / (squares * otherSquares).squareRoot()
    }

    /// The place of each in their order, from 1; equal ones share theirs.
    private static func ranks(of values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = Array(repeating: 0.0, count: values.count)
        var first = 0
        while first < order.count {
            var last = first
            while last + 1 < order.count, values[order[last + 1]] == values[order[first]] { last += 1 }
            for place in first...last { ranks[order[place]] = Double(first + last) / 2 + 1 }
            first = last + 1
        }
        return ranks
    }
}
