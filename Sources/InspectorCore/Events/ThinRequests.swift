// Under a flood, requests of which only the counts are kept: each is told of once as it begins and once as it ends,
// in a few bytes, so that counts and times stay exact while the detail thins out.

/// A request without detail, as it ended: 32 bytes without a reference, of which there may be a hundred thousand a
/// second.
package struct ThinEnd: Sendable {
    package let lane: LaneID
    /// Nil in a lane that is not ours.
    package let mode: ExecutionMode?
    private let statusCode: UInt16
    /// `.none` where nothing matched: methods come from clients, and those of routes are bounded.
    package let method: Label
    /// The rule that the router found; `.none` when nothing matched.
    package let rule: Label
    /// By `MonotonicClock`, in ns.
    package let began: UInt64
    package let done: UInt64

    /// - Parameter hasAnswer: whether its server answered, where that is another process.
    package init(summary: RequestSummary, rule: Label, status: Int, done: UInt64, hasAnswer: Bool = true) {
        lane = summary.id.lane
        mode = summary.mode
        statusCode = UInt16(clamping: min(status, Int(ThinEnd.unanswered) - 1)) | (hasAnswer ? 0 : ThinEnd.unanswered)
        method = rule == .none ? .none : MethodLabels.label(of: summary.method)
        self.rule = rule
        began = summary.began
        self.done = done
    }

    package var status: Int { Int(statusCode & ~ThinEnd.unanswered) }

    /// From when its client began to its answer, in ns; nil where its server gave none.
    package var response: UInt64? {
        statusCode & ThinEnd.unanswered != 0 ? nil : done > began ? done - began : 0
    }

    /// The bit beside the status of a request without an answer.
    private static let unanswered: UInt16 = 1 << 15
}

/// The labels of the usual methods: to intern one is to look into a table that all threads share.
private enum MethodLabels {
    private static let get = Label("GET")
    private static let post = Label("POST")
    private static let put = Label("PUT")
    private static let delete = Label("DELETE")
    private static let head = Label("HEAD")

    static func label(of method: String) -> Label {
        switch method {
        case "GET": get
        case "POST": post
        case "PUT": put
        case "DELETE": delete
        case "HEAD": head
        default: Label(method)
        }
    }
}

/// How many requests began, by lane and mode.
package struct BeginCounts: Sendable {
    private var counts: [Int] = []

    package init() {}

    /// Whether none did.
    package var isEmpty: Bool { counts.isEmpty }

    package mutating func count(lane: LaneID, mode: ExecutionMode?) {
        let place = Int(lane.rawValue) * 4 + BeginCounts.place(of: mode)
        while counts.count <= place { counts.append(0) }
        counts[place] += 1
    }

    package mutating func add(_ other: BeginCounts) {
        while counts.count < other.counts.count { counts.append(0) }
        for (place, count) in other.counts.enumerated() { counts[place] += count }
    }

    /// Calls `body` with each lane, mode and count.
    package func forEach(_ body: (LaneID, ExecutionMode?, Int) -> Void) {
        for (place, count) in counts.enumerated() where count > 0 {
            body(LaneID(rawValue: UInt8(clamping: place / 4)), BeginCounts.modes[place % 4], count)
        }
    }

    private static let modes: [ExecutionMode?] = [.sync, .async, .native, nil]

    private static func place(of mode: ExecutionMode?) -> Int {
        switch mode {
        case .sync: 0
        case .async: 1
        case .native: 2
        case nil: 3
        }
    }
}

/// How many requests are kept in detail: all, or one in so many.
///
/// Pure: the reader tells it what came, and it says what is to be kept from now on.
package struct Thinning: Sendable {
    /// How many requests a second are kept in detail.
    package let perSecond: Int
    /// One request in so many is kept in detail.
    package private(set) var factor = 1
    private var begun = 0
    private var since: UInt64

    /// How long requests are counted before the factor is chosen anew, in ns.
    private static let window: UInt64 = 20_000_000
    private static let most = 4096

    package init(perSecond: Int, now: UInt64) {
        self.perSecond = max(1, perSecond)
        since = now
    }

    /// `count` more requests had begun at `now`; gives the factor from then on.
    package mutating func saw(_ count: Int, at now: UInt64) -> Int {
        begun += count
        guard now > since, now - since >= Thinning.window else { return factor }
        let rate = Double(begun) * 1e9 / Double(now - since)
        begun = 0
        since = now
        var wanted = 1
        while Double(perSecond * wanted) < rate, wanted < Thinning.most { wanted *= 2 }
        // Up at once, for a flood does not wait; down by halves, so that a gap in it does not let it all in.
        factor = wanted >= factor ? wanted : max(wanted, factor / 2)
        return factor
    }
}
