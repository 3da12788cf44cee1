// Two things measured in turn, in one run: what counts is their ratio, for times differ from machine to machine.

import Glibc

/// What pairs of measurements gave.
struct Ratio {
    /// The medians, in ns for one call.
    let first: Double
    let second: Double
    /// second ÷ first of each pair, in order of size.
    let ratios: [Double]

    var median: Double { ratios[ratios.count / 2] }

    /// Measures `first` and `second` in turn.
    static func measure(
        pairs: Int = 9, calls: Int, _ first: (Int) -> Void, _ second: (Int) -> Void
    ) -> Ratio {
        // Once without counting: caches, and memory that is asked for the first time.
        first(calls)
        second(calls)
        var times: [(Double, Double)] = []
        for _ in 0..<pairs { times.append((time(calls, first), time(calls, second))) }
        return Ratio(
            first: times.map(\.0).sorted()[pairs / 2], second: times.map(\.1).sorted()[pairs / 2],
            ratios: times.map { $0.1 / $0.0 }.sorted())
    }

    func print(_ name: String, _ firstName: String, _ secondName: String) {
        func text(_ number: Double, _ digits: Int) -> String {
            let factor = pow(10, Double(digits))
            return "\((number * factor).rounded() / factor)"
        }
        Swift.print(
            "\(name): \(firstName) \(text(first, 0)) ns, \(secondName) \(text(second, 0)) ns, ratio "
                + "\(text(median, 2)) (\(text(ratios.first ?? 0, 2)) to \(text(ratios.last ?? 0, 2)), "
                + "\(ratios.count) pairs)")
    }

    private static func time(_ calls: Int, _ body: (Int) -> Void) -> Double {
        var begin = timespec()
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &begin)
        body(calls)
        clock_gettime(CLOCK_MONOTONIC, &end)
        let nanoseconds = (end.tv_sec - begin.tv_sec) * 1_000_000_000 + end.tv_nsec - begin.tv_nsec
        return Double(nanoseconds) / Double(calls)
    }
}
