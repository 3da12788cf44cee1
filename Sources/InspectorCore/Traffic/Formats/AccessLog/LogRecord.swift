// What a line of a log says of one request: where each thing stands in the line, so that nothing is decoded before it
// is needed.

/// What a field of a log's line holds.
enum LogRole: Sendable, Equatable {
    /// Nothing that a replay needs.
    case ignored
    case client
    case host
    /// Method, address and version in one.
    case request
    case method
    /// Path, path and query, or an absolute address.
    case target
    case query
    case status
    case size
    case referer
    case agent
    /// Another field of the request's head.
    case header(String)
    /// All of the request's head, as a JSON object of texts or arrays of texts.
    case headers
    /// When the request began, or when the line was written.
    case time(isBegin: Bool)
    /// How long it took, in units of so many ns.
    case duration(unit: Double?)
    /// One part of that time; a negative one says that the request was not answered.
    case durationPart(unit: Double)
    /// The time that it waited before a server had room for it, which is not part of the service.
    case queued(unit: Double)
    /// What the line is about: `http.log.access…` where it is a request (Caddy).
    case logger
}

/// One request as a line of a log tells it.
///
/// All ranges are places in the line's bytes.
struct LogRecord {
    var time: LogTime?
    /// Where the time stands.
    var timeRange: Range<Int>?
    /// Whether `time` is when the request began; else it is when the line was written, at the request's end.
    var isBegin = false
    /// How long it took, in ns, where the line says so.
    var duration: UInt64?
    /// Where that stands; nil where it is put together.
    var durationRange: Range<Int>?
    /// A number at the line's end that nothing says anything of: it may be a duration, and is not taken for one.
    var lastNumber: Range<Int>?
    var client: Range<Int>?
    var host: Range<Int>?
    var request: Range<Int>?
    var method: Range<Int>?
    var target: Range<Int>?
    var query: Range<Int>?
    var status: Int?
    var size: Int?
    var referer: Range<Int>?
    var agent: Range<Int>?
    var headers: Range<Int>?
    var otherHeaders: [(name: String, range: Range<Int>)] = []
    /// How the request line and its parts are escaped.
    var escapes = LogEscapes.backslash
    /// How header fields are.
    var headerEscapes = LogEscapes.backslash
    /// In ns; kept until the line is read to its end.
    private var queued: UInt64 = 0
    private var isUnanswered = false

    /// When the request began, in ns since 1970.
    var start: UInt64? {
        guard let time else { return nil }
        return isBegin ? time.nanoseconds : time.nanoseconds.subtractingSaturated(duration ?? 0)
    }

    /// Takes what stands in `range` as `role`; false when it can be no such thing.
    mutating func take(_ role: LogRole, bytes: [UInt8], range: Range<Int>) -> Bool {
        func some(range: Range<Int>) -> Range<Int>? { bytes.isNothing(range) ? nil : range }
        switch role {
        case .ignored: break
        case .client: client = some(range: range)
        case .host: host = some(range: range)
        case .request: request = range
        case .method: method = range
        case .target: target = range
        case .query: query = some(range: range)
        case .size: size = bytes.whole(range: range)
        case .referer: referer = some(range: range)
        case .agent: agent = some(range: range)
        case .headers: headers = range
        case .header(let name): if let range = some(range: range) { otherHeaders.append((name, range)) }
        case .logger: return bytes.has("http.log.access", at: range.lowerBound, before: range.upperBound)
        case .status:
            guard bytes.isNothing(range) || bytes.whole(range: range) != nil else { return false }
            status = LogRecord.status(bytes: bytes, range: range)
        case .time(let begins):
            if bytes.isNothing(range) { break }
            guard let time = LogTime.whole(bytes: bytes, range: range) else { return false }
            // Where a line has both, the beginning is what a replay needs.
            if self.time != nil, isBegin, !begins { break }
            self.time = time
            timeRange = range
            isBegin = begins
        case .duration(let unit):
            duration = LogDuration.sum(bytes: bytes, range: range, unit: unit)
            durationRange = range
        case .durationPart(let unit):
            if let part = LogDuration.value(bytes: bytes, range: range, unit: unit) {
                duration = (duration ?? 0).addingSaturated(part)
            } else {
                isUnanswered = true
            }
        case .queued(let unit): queued = LogDuration.value(bytes: bytes, range: range, unit: unit) ?? 0
        }
        return true
    }

    /// Puts together what stood in several fields.
    mutating func finish() {
        if isUnanswered { duration = nil }
        if let whole = duration { duration = whole.subtractingSaturated(queued) }
    }

    /// The status in `range`; nil for what is none that a server sends.
    static func status(bytes: [UInt8], range: Range<Int>) -> Int? {
        guard range.count == 3, let status = bytes.whole(range: range), (100...599).contains(status) else { return nil }
        return status
    }
}
