// What other processes tell comes when it likes: before the request itself is known here, or long after it is over.

internal import DequeModule

/// Keeps what is told of a request that is not known yet, and the requests whose spans may still come.
///
/// A value: the reader holds it under its lock.
struct LateSpans {
    /// A request that is over here, for whose spans is waited.
    private struct Held {
        let trace: Trace
        /// When it is told of at the latest.
        let deadline: UInt64
    }

    /// How long after it is over a request's spans are waited for, in ns: OpenTelemetry sends every 5 s unless it is told
    /// otherwise.
    static let patience: UInt64 = 6_000_000_000
    /// How long after the last of its spans had ended, in ns: others may be on their way in another message.
    static let calm: UInt64 = 300_000_000
    /// How long after its last span a lane is taken for one that tells, in ns.
    private static let memory: UInt64 = 60_000_000_000
    /// How many requests are waited for, and of how many unknown ones what is told is kept.
    private static let most = 4_096
    /// How many spans of unknown requests are kept.
    private static let mostSpans = 8_192

    private var early: [RequestID: [ToldRequest]] = [:]
    private var earlyOrder: Deque<RequestID> = []
    private var earlySpans = 0
    private var held: [RequestID: Held] = [:]
    /// When each lane's server told something last.
    private var lastTold: [LaneID: UInt64] = [:]
    private var toldAt: [RequestID: UInt64] = [:]
    /// When the first request of each lane elsewhere was over.
    private var first: [LaneID: UInt64] = [:]
    /// Whether spans are taken at all.
    var takesSpans = false
    /// Messages about requests that never became known.
    private(set) var unplaced = 0

    /// Something is told of a request at `now`.
    mutating func tells(of request: RequestID, at now: UInt64) {
        lastTold[request.lane] = now
        if held[request] != nil { toldAt[request] = now }
    }

    /// Keeps what is told of a request that is not known yet.
    mutating func keep(_ told: ToldRequest, of request: RequestID) {
        if early[request] == nil {
            earlyOrder.append(request)
        }
        early[request, default: []].append(told)
        earlySpans += told.spans.count
        while earlyOrder.count > LateSpans.most || earlySpans > LateSpans.mostSpans, let oldest = earlyOrder.popFirst()
        {
            let gone = early.removeValue(forKey: oldest) ?? []
            earlySpans -= gone.reduce(0) { $0 + $1.spans.count }
            unplaced += gone.count
        }
    }

    /// What was told of a request before it was known.
    mutating func takeEarly(of request: RequestID) -> [ToldRequest] {
        guard !early.isEmpty, let told = early.removeValue(forKey: request) else { return [] }
        earlyOrder.removeAll { $0 == request }
        earlySpans -= told.reduce(0) { $0 + $1.spans.count }
        return told
    }

    /// Whether spans of a request that is over may still come; it is told of later then.
    ///
    /// - Parameter isOpen: whether it is not over itself, and is waited for as long as that takes.
    mutating func holds(_ trace: Trace, at now: UInt64, isOpen: Bool = false) -> Bool {
        guard held.count < LateSpans.most, mayBeTold(of: trace, at: now) else { return false }
        // More that comes of it does not make the wait longer.
        if isOpen {
            held[trace.id] = Held(trace: trace, deadline: .max)
        } else if (held[trace.id]?.deadline ?? .max) == .max {
            held[trace.id] = Held(trace: trace, deadline: now.addingSaturated(LateSpans.patience))
        }
        toldAt[trace.id] = now
        return true
    }

    /// Of a server elsewhere that has told nothing yet nobody knows whether it will: its first requests are waited for.
    private mutating func mayBeTold(of trace: Trace, at now: UInt64) -> Bool {
        let lane = trace.id.lane
        if let last = lastTold[lane] { return now.subtractingSaturated(last) < LateSpans.memory }
        guard takesSpans, !trace.summary.lane.isHosted else { return false }
        if first[lane] == nil { first[lane] = now }
        return now.subtractingSaturated(first[lane] ?? now) < LateSpans.patience
    }

    /// The requests for whose spans is waited no longer, each as it was when it was over.
    ///
    /// - Parameter fold: what is known of them now.
    mutating func release(at now: UInt64, fold: TraceFold) -> [Trace] {
        guard !held.isEmpty else { return [] }
        var released: [Trace] = []
        for (id, one) in held {
            // Whole is what has ended, its server's own span with it.
            let isWhole = fold[id].map { $0.stage == .finished && $0.isToldWhole } ?? true
            let isCalm = isWhole && now.subtractingSaturated(toldAt[id] ?? now) >= LateSpans.calm
            guard isCalm || now >= one.deadline else { continue }
            released.append(one.trace)
            held[id] = nil
            toldAt[id] = nil
        }
        return released
    }
}
