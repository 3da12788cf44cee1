// How many of its requests a service tells in detail: under load the extension tells of some, and counts all.

/// The requests of one service over the last seconds, by the counters that its processes send along.
struct ToldShare: Sendable {
    private struct Sample {
        let time: UInt64
        let requests: UInt64
        let detailed: UInt64
    }

    /// How far back it looks, how far apart its samples are, and how many processes are followed.
    private static let reach: UInt64 = 10_000_000_000
    private static let step: UInt64 = 1_000_000_000
    private static let most = 256

    private var samples: [String: [Sample]] = [:]

    /// Takes the counters of a process, which only grow while it lives.
    mutating func add(instance: String, requests: UInt64, detailed: UInt64, at time: UInt64) {
        var own = samples[instance] ?? []
        if let last = own.last, requests < last.requests || detailed < last.detailed { own = [] }
        if own.isEmpty, samples.count >= ToldShare.most { return }
        // Always the newest, and before it those that are a step apart.
        if own.count >= 2, own[own.count - 1].time - own[own.count - 2].time < ToldShare.step { own.removeLast() }
        own.append(Sample(time: time, requests: requests, detailed: detailed))
        while own.count > 2, time.subtractingSaturated(own[0].time) > ToldShare.reach { own.removeFirst() }
        samples[instance] = own
    }

    /// One request in so many is told in detail; 1 where all are, or nothing is known.
    func oneIn(at now: UInt64) -> Int {
        var requests: UInt64 = 0
        var detailed: UInt64 = 0
        for own in samples.values {
            guard let first = own.first, let last = own.last, now < last.time.addingSaturated(ToldShare.reach) else {
                continue
            }
            requests = requests.addingSaturated(last.requests - first.requests)
            detailed = detailed.addingSaturated(last.detailed - first.detailed)
        }
        guard requests > detailed, detailed > 0 else { return 1 }
        return max(1, Int(clamping: requests.addingSaturated(detailed / 2) / detailed))
    }
}
