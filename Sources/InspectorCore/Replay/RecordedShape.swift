// What was recorded of a request, in a header that goes with it to a model of the recorded app.

/// How a model of the recorded app spends a request's time, and what it answers.
///
/// May be made in any function of an app, from the request that it is given.
public struct RecordedShape: Sendable, Equatable {
    /// The header that a replay sends to a model.
    public static let headerName = "X-Inspector-Recorded"

    /// The status that was recorded, or 200.
    public let status: Int
    /// The size of the body that was recorded, in bytes; 16 MB at most.
    public let size: Int
    /// What each external call takes, in µs: together the recorded time without the CPU's part.
    public let shares: [Int]
    /// What is spent on the CPU, in ns.
    public let busy: UInt64

    /// Reads the header of a request; without one it is answered 200 at once.
    public init(_ request: Request) { self.init(header: request.headers[RecordedShape.headerName]) }

    init(header: String?) {
        let fields = (header ?? "").split(separator: ";").map(String.init)
        func number(place: Int) -> Int { place < fields.count ? max(0, Int(plain: fields[place]) ?? 0) : 0 }
        self.init(
            status: number(place: 0), size: number(place: 1), latency: UInt64(number(place: 2)),
            calls: number(place: 3), percent: fields.count > 4 ? Double(plain: fields[4]) ?? 0 : 0,
            seed: fields.count > 5 ? UInt64(plain: fields[5]) ?? 0 : 0)
    }

    /// - Parameters:
    ///   - latency: the recorded time in ns; held to a minute.
    ///   - percent: how much of it is spent on the CPU.
    init(status: Int = 200, size: Int = 0, latency: UInt64, calls: Int, percent: Double, seed: UInt64) {
        self.status = (200...599).contains(status) ? status : 200
        self.size = min(16 * 1024 * 1024, size)
        let latency = min(latency, 60_000_000_000)
        busy = min(latency, UInt64(saturating: Double(latency) * min(100, max(0, percent)) / 100))
        shares = RecordedShape.shares(of: latency - busy, calls: min(64, calls), seed: seed)
    }

    /// Parts of `latency` (ns) in µs, uneven as services are, the same for the same seed.
    private static func shares(of latency: UInt64, calls: Int, seed: UInt64) -> [Int] {
        guard calls > 0, latency >= 1000 else { return [] }
        var state = seed &+ 0x9E37_79B9_7F4A_7C15
        let weights = (0..<calls).map { _ -> Double in
            state = SeededHash.mixed(value: state)
            // Between half and one and a half times the average.
            return 0.5 + SeededHash.share(state)
        }
        let sum = weights.reduce(0, +)
        return weights.map { Int(saturating: Double(latency) / 1000 * $0 / sum) }
    }

    /// The header for a recorded request.
    static func header(request: RecordedRequest, model: RecordedModelOptions, place: Int) -> String {
        let latency = request.response?.duration ?? model.latency
        let size = request.response?.body?.count ?? request.response?.size ?? 0
        let fields: [Any] = [
            request.status ?? 200, size, latency, model.calls, model.cpuPercent, model.seed &+ UInt64(place),
        ]
        return fields.map { "\($0)" }.joined(separator: ";")
    }
}

/// How a recorded time is spent by a model.
package struct RecordedModelOptions: Sendable, Equatable {
    /// In how many external calls.
    package var calls = 5
    /// How much of it on the CPU.
    package var cpuPercent = 5.0
    /// The time of a request of which none is recorded, in ns.
    package var latency: UInt64 = 200_000_000
    package var seed: UInt64 = 1

    package init() {}

    private var cpu: String {
        cpuPercent == cpuPercent.rounded() && abs(cpuPercent) < 1000 ? "\(Int(cpuPercent))" : "\(cpuPercent)"
    }

    /// What the model is, in a few words for the head of a screen.
    package func shortWords(plan: Plan) -> String {
        "a MODEL of \(plan.name): \(calls) calls, \(cpu)% CPU"
    }

    /// What the model is, as a sentence; `plan` tells how much of it is recorded.
    package func words(plan: Plan) -> String {
        var known = 0
        let sample = plan.items.prefix(5000)
        for item in sample where (try? plan.request(item))?.response?.duration != nil { known += 1 }
        let times =
            known == sample.count
            ? "each request takes the time that was recorded"
            : known == 0
                ? "no times are recorded: each request takes \(latency / 1_000_000) ms"
                : "\(known * 100 / max(1, sample.count))% take the time that was recorded, the others "
                    + "\(latency / 1_000_000) ms"
        return
            "a MODEL of \(plan.name): \(times), spent in \(calls) external calls and \(cpu)% on the CPU; sync makes "
            + "the calls one after the other, async all at once"
    }
}
