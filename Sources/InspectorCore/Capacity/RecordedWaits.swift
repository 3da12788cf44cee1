// Whether recorded times hold a wait for a worker, and what they were without it.

internal import Foundation
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
        if let workers { return .workers(workers, with(times: services(workers: workers).map { max(0, $0) })) }
        guard let correlation = inFlightCorrelation, correlation > Self.mostCorrelation else { return .none }
        let sample = busiest(requests: 20_000)
        guard let workers = sample.likeliestWorkers else { return .unexplained }
        let services = services(workers: workers)
        let left = Self.correlation(of: services, with: inFlight) ?? 0
        guard abs(left) < 0.15 else { return .unexplained }
        return .workers(workers, with(times: services.map { max(0, $0) }))
    }

    /// The number of workers without which the times are the least spread; nil where none explains them.
    ///
    /// With too few, some requests would have ended before they began, and others look short; with too many, a part of the
    /// wait is left in. Both spread the times: their differential entropy is least at the truth, whatever they are.
    private var likeliestWorkers: Int? {
        let most = max(1, min(Int(inFlight.max() ?? 0), 4096))
        func isPossible(_ services: [Double]) -> Bool {
            // Logs round: a few ms below nothing are no proof, and neither is one of 500.
            Double(services.count { $0 < -0.002 }) <= 0.002 * Double(count)
        }
        var (low, high) = (1, most)
        guard isPossible(services(workers: high)) else { return nil }
        while low < high {
            let middle = (low + high) / 2
            if isPossible(services(workers: middle)) { high = middle } else { low = middle + 1 }
        }
        var best: (workers: Int, entropy: Double)?
        var workers = low
        while workers <= most, workers - (best?.workers ?? low) <= max(16, low / 4) {
            let entropy = Self.entropy(of: services(workers: workers))
            if best.map({ entropy < $0.entropy }) ?? true { best = (workers, entropy) }
            workers += 1
        }
        return best?.workers
    }

    /// Differential entropy from the gaps between order statistics (Vasicek 1976), up to a constant.
    private static func entropy(of values: [Double]) -> Double {
        let sorted = values.map { max($0, 1e-6) }.sorted()
        let count = sorted.count
        let reach = max(1, Int(Double(count).squareRoot() / 2))
        var sum = 0.0
        for place in 0..<count {
            let (first, last) = (max(0, place - reach), min(count - 1, place + reach))
            // Times are rounded to a ms in many logs: equal ones are no closer than that.
            sum += log(max(sorted[last] - sorted[first], 1e-3) / Double(max(1, last - first)))
        }
        return sum / Double(max(1, count))
    }

    /// The `most` requests in a row that came in the shortest time.
    private func busiest(requests most: Int) -> RecordedTraffic {
        guard count > most else { return self }
        let best = (0...(count - most)).min {
            arrivals[$0 + most - 1] - arrivals[$0] < arrivals[$1 + most - 1] - arrivals[$1]
        }
        let range = (best ?? 0)..<((best ?? 0) + most)
        return RecordedTraffic(arrivals: Array(arrivals[range]), times: Array(times[range]))
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
