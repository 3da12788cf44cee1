// How a plan is replayed: its pace, its share, what is changed on the way.

/// What a person has asked of a replay.
package struct ReplayOptions: Sendable {
    /// When requests are due.
    package enum Pace: String, Sendable, CaseIterable {
        /// As they were recorded, divided by the speed.
        case original
        /// All at once, as far as the limit lets them.
        case max
        /// The next one when one is answered: as many at a time as the limit says.
        case closed
    }

    package var pace = Pace.original
    /// 2 is twice as fast as recorded.
    package var speed = 1.0
    /// Requests a second, evenly; nil for the recorded times.
    package var rate: Double?
    /// How many may be in flight.
    package var limit = 2000
    /// How many bytes of them may be in memory: bodies to be sent, and recorded ones to be compared with.
    ///
    /// One request may be larger than that; it is in flight alone.
    package var byteLimit = 32 << 20
    /// What happens to a request that is due while so much is in flight: it waits, or it is left out and counted.
    package var dropsWhenFull = false
    /// How often the whole is replayed.
    package var loops = 1
    /// The longest pause between two requests, in ns of the recording; nil keeps them as they are.
    ///
    /// Nights are cut unless asked for: in an idle lane nothing is measured, and a log may span months.
    package var maxGap: UInt64? = 10_000_000_000
    /// Chooses requests by what is recorded of them.
    package var filter: Filter?
    /// The share of the requests that is replayed, 0 to 1: always the same ones for a seed.
    package var sample = 1.0
    /// Decides which they are.
    package var seed: UInt64 = 0
    /// Headers that are set, or taken away where the value is nil.
    package var headers: [(name: String, value: String?)] = []
    /// Whether the recorded host is sent; else it is the lane's address.
    package var keepsHost = false
    /// How long a comparison of lanes without a dashboard may take, in ns: it decides how often each is sent the plan.
    package var budget: UInt64 = 60_000_000_000
    /// How many requests are sent before the measuring begins: connections, caches.
    package var warmUp = 0
    /// Members of JSON bodies that always differ, and are not compared.
    package var ignoredMembers: Set<String> = []
    /// Whether answers are compared with the recorded ones at all.
    package var compares = true
    /// What is not compared, and does not stand in a report.
    package var redaction = Redaction.standard
    /// Set when the app is a model of the recorded one: each request then tells it what was recorded.
    package var model: RecordedModelOptions?

    package init() {}

    /// The model of the run in words: `open, recorded pace x2, at most 64 or 32 MB in flight, more wait`.
    package var words: String {
        var parts: [String] = []
        switch pace {
        case .closed: parts.append("closed, \(limit) at a time")
        case .max: parts.append("as fast as \(limit) or \(byteLimit >> 20) MB in flight allow")
        case .original:
            if let rate {
                parts.append("open, \(ReplayOptions.text(value: rate)) a second")
            } else {
                parts.append("open, recorded pace" + (speed == 1 ? "" : " x\(ReplayOptions.text(value: speed))"))
            }
            let more = dropsWhenFull ? "more are dropped" : "more wait"
            parts.append("at most \(limit) or \(byteLimit >> 20) MB in flight, \(more)")
        }
        if loops > 1 { parts.append("\(loops) times") }
        if sample < 1 { parts.append("\(ReplayOptions.text(value: sample * 100))% of them, seed \(seed)") }
        if let filter { parts.append("filter \(filter.text)") }
        return parts.joined(separator: ", ")
    }

    /// A number without needless digits.
    static func text(value: Double) -> String {
        value == value.rounded() && abs(value) < 1e9 ? "\(Int(saturating: value))" : "\(value)"
    }

    /// Whether the request with that identity is in the sample: a hash of seed and identity, so neither order nor the
    /// other requests matter.
    func samples(identity: @autoclosure () -> String) -> Bool {
        guard sample < 1 else { return true }
        return SeededHash.share(SeededHash.mixed(value: SeededHash.fnv(text: "\(seed)/\(identity())"))) < sample
    }
}

/// A recorded request as a filter sees it: what a trace knows more is not known here.
struct RecordedSubject: FilterSubject {
    let request: RecordedRequest

    func filterHas(field: FilterField, condition: (String) -> Bool) -> Bool {
        switch field {
        case .method: condition(request.method)
        case .path: condition(request.target)
        case .id: condition(request.place.split(separator: " ").last.map(String.init) ?? "")
        case .route, .mode, .await, .thread: false
        }
    }

    var filterStatus: Int? { request.status }
    var filterDuration: UInt64? { request.response?.duration }
    var filterHasError: Bool { request.status.map { $0 >= 500 } ?? false }
}
