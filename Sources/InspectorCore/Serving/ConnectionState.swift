// One connection's progress, as a value that says what to do next. No I/O in it.

/// Where a connection stands, and what follows from what it reads.
struct ConnectionState {
    /// What the connection is to do.
    enum Action: Equatable {
        case nothing
        /// Tell the client that its body is awaited.
        case sendContinue
        /// Give the request that is complete to the responder.
        case serve
        /// Answer with this status at once, and close.
        case reject(Int, String? = nil)
        case close
        /// Drop the connection with what it still has to send: the system would send it on for days.
        case reset
    }

    /// How many bytes a head, and what stands around a body, may be without more ado: above the limit of a head.
    private static let slack = 256 * 1024

    private enum Phase {
        case idle
        case reading
        case serving
        /// The whole answer is known, and on its way.
        case writing
        /// The last answer was given; what the client still sends is thrown away.
        case over
    }

    private let limits: Limits
    private let hosts: HostCheck?
    private var phase = Phase.idle
    /// When something was read or written last, and since when a request has been coming; by `MonotonicClock`.
    private var activity: UInt64
    private var began: UInt64?
    /// How many bytes have come since then.
    private var raw = 0

    private(set) var request = IncomingRequest(method: "", target: "", accepted: 0)
    /// Whether the connection may go on after the answer.
    private(set) var keepsAlive = true
    private(set) var isHead = false
    /// Whether the client speaks HTTP/1.0, which knows no chunks.
    private(set) var isOld = false

    /// - Parameter hosts: the names that are answered to; nil for any.
    init(limits: Limits, hosts: HostCheck? = nil, now: UInt64) {
        self.limits = limits
        self.hosts = hosts
        activity = now
    }

    /// Whether a request is with the responder now, or its answer on the way.
    var isServing: Bool { phase == .serving || phase == .writing }

    /// Whether an answer is on its way whose every byte is known.
    var isWriting: Bool { phase == .writing }

    /// Whether a request is with the responder now.
    var awaitsAnswer: Bool { phase == .serving }

    /// Whether nothing has been asked that is not answered.
    var isIdle: Bool { phase == .idle && began == nil }

    /// Whether the last answer was given.
    var isOver: Bool { phase == .over }

    /// `count` bytes came, of which nothing is understood yet.
    mutating func readBytes(_ count: Int, now: UInt64) -> Action {
        // What is thrown away prolongs nothing.
        guard phase != .over else { return .nothing }
        activity = now
        guard phase == .idle || phase == .reading else { return .nothing }
        if began == nil {
            began = now
            raw = 0
        }
        raw += count
        // Chunks may say more about a body than it holds (extensions), and none of that counts as its bytes.
        return raw > ConnectionState.slack + 8 * request.body.count
            ? reject(400, "There is far more around the request's body than in it.") : .nothing
    }

    /// Bytes went out.
    mutating func wroteBytes(now: UInt64) { activity = now }

    mutating func readHead(_ request: IncomingRequest, keepsAlive: Bool, isOld: Bool = false) -> Action {
        guard phase == .idle else { return .nothing }
        self.isOld = isOld
        self.request = request
        self.keepsAlive = keepsAlive && self.keepsAlive
        isHead = request.method == "HEAD"
        phase = .reading
        do throws(RequestRules.Refusal) { try RequestRules.check(&self.request, isOld: isOld, hosts: hosts) } catch {
            return reject(error.status, error.message)
        }
        // The parser stops at a request that asks for another protocol: what follows it is not HTTP to it.
        if request.headers["Upgrade"] != nil { self.keepsAlive = false }
        if let length = request.headers["Content-Length"] {
            guard let bytes = Int(length), bytes <= limits.body else { return reject(413) }
        }
        return request.headers["Expect"]?.lowercased() == "100-continue" ? .sendContinue : .nothing
    }

    mutating func readBody(_ bytes: some Collection<UInt8>) -> Action {
        guard phase == .reading else { return .nothing }
        guard request.body.count + bytes.count <= limits.body else { return reject(413) }
        request.body.append(contentsOf: bytes)
        return .nothing
    }

    mutating func readEnd() -> Action {
        guard phase == .reading else { return .nothing }
        phase = .serving
        began = nil
        return .serve
    }

    /// The last of the answer is handed to the system.
    mutating func writes(now: UInt64) {
        guard phase == .serving else { return }
        phase = .writing
        activity = now
    }

    /// The client does not take its answer.
    mutating func stalled() -> Action {
        phase = .over
        return .reset
    }

    /// The answer was written, to its last byte.
    mutating func answered(now: UInt64) -> Action {
        guard isServing else { return .nothing }
        activity = now
        // Of the next request nothing is known yet: an error of its own is answered as to anyone.
        isHead = false
        isOld = false
        phase = keepsAlive ? .idle : .over
        request = IncomingRequest(method: "", target: "", accepted: 0)
        return keepsAlive ? .nothing : .close
    }

    /// A body without a length goes to a client that knows no chunks: only the connection's end can end it.
    mutating func endsWithConnection() { keepsAlive = false }

    /// The client has closed its side: what it asked for is still answered, nothing more is read.
    mutating func inputClosed() -> Action {
        keepsAlive = false
        return isServing ? .nothing : close()
    }

    /// The server is to stop: what was asked for is still answered.
    mutating func quiesce() -> Action {
        keepsAlive = false
        return isIdle ? close() : .nothing
    }

    /// The server's time to stop is over.
    mutating func halt() -> Action {
        // An answer that is on its way cannot become another one.
        guard phase == .serving || phase == .reading || (phase == .idle && began != nil) else { return close() }
        return reject(503, "The server stops, and this request was not done in time.")
    }

    /// Looks whether the client has taken too long to ask; whether it takes its answer, `ReadingPace` knows.
    mutating func check(now: UInt64) -> Action {
        func seconds(since time: UInt64) -> Double { now > time ? Double(now - time) / 1e9 : 0 }
        switch phase {
        case .serving, .writing: return .nothing
        case .over: return seconds(since: activity) > limits.lingerSeconds ? close() : .nothing
        case .idle, .reading:
            if let began {
                let allowed = limits.readSeconds + Double(request.body.count) / max(1, limits.bodyRate)
                return seconds(since: began) > allowed
                    ? reject(408, "The request did not come within \(Int(allowed)) seconds.") : .nothing
            }
            return seconds(since: activity) > limits.idleSeconds ? close() : .nothing
        }
    }

    /// What was read is no HTTP (`status` 400), or too much of it (431).
    mutating func failed(status: Int) -> Action {
        guard phase == .idle || phase == .reading else { return close() }
        return reject(status)
    }

    mutating func closed() { phase = .over }

    private mutating func reject(_ status: Int, _ message: String? = nil) -> Action {
        phase = .over
        keepsAlive = false
        return .reject(status, message)
    }

    private mutating func close() -> Action {
        phase = .over
        return .close
    }
}
