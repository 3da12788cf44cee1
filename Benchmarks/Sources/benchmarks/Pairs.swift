// Two things measured in turn, in one run: what counts is their ratio, for times differ from machine to machine.

import BenchKit

/// What pairs of measurements gave.
struct Pairs {
    /// One value of each pair, in the order of measuring.
    let ours: [Double]
    let peers: [Double]

    /// Measures `ours` and `peer` in turn, `count` times; which is first changes from pair to pair, so that a machine
    /// that becomes slower or faster does so for both.
    ///
    /// - Throws: what either throws.
    static func measure(
        times count: Int = 5, _ ours: () throws -> Double, _ peer: () throws -> Double
    ) rethrows -> Pairs {
        var first: [Double] = []
        var second: [Double] = []
        for round in 0..<count {
            if round.isMultiple(of: 2) { first.append(try ours()) }
            second.append(try peer())
            if !round.isMultiple(of: 2) { first.append(try ours()) }
        }
        return Pairs(ours: first, peers: second)
    }

    /// ours ÷ peer of each pair, in order of size.
    var ratios: [Double] { zip(ours, peers).map { $0 / $1 }.sorted() }

    var ratio: Double { Pairs.median(ratios) }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }
}

/// Measures how long `body` takes for one of `calls`, in ns.
func nanoseconds(of calls: Int, _ body: () throws -> Void) rethrows -> Double {
    let begin = now()
    try body()
    return Double(now() - begin) / Double(calls)
}
