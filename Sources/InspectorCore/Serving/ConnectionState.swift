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

    /// Where the connection stands, and which transitions are legal.
    ///
    /// | phase | what happens | next phase | action |
    /// |---|---|---|---|
    /// | `idle` | bytes come, of a head that is not whole (`readBytes`) | `idle` | none |
    /// | `idle` | a head (`readHead`) | `reading` | `sendContinue` if it is expected |
    /// | `reading` | a piece of the body (`readBody`) | `reading` | none |
    /// | `reading` | the request's end (`readEnd`) | `serving` | `serve` |
    /// | `serving` | the last of the answer is handed to the system (`writes`) | `writing` | none |
    /// | `serving`, `writing` | the answer was written (`answered`), and others may follow | `idle` | none |
    /// | `serving`, `writing` | the answer was written, and it was the last | `over` | `close` |
    /// | `idle`, `reading` | what is refused, too large, or too slow | `over` | `reject` |
    /// | `idle`, `reading` | the client closes its side (`inputClosed`) | `over` | `close` |
    /// | `idle` | nothing for too long (`check`), or the server is to stop (`quiesce`) | `over` | `close` |
    /// | `idle` with bytes of a head, `reading`, `serving` | the server's time is over (`halt`) | `over` | `reject` 503 |
    /// | `idle` without, `writing`, `over` | the server's time is over | `over` | `close` |
    /// | `serving`, `writing` | what is read next is not HTTP (`failed`) | `over` | `close` |
    /// | `over` | the client closes its side, sends what is not HTTP, or lingers (`check`) | `over` | `close` |
    /// | any | the client does not take its answer (`stalled`) | `over` | `reset` |
    /// | any | the channel is closed (`closed`) | `over` | none |
    ///
    /// No phase leads out of `over`. What comes in a phase that is not named with it changes nothing and asks for
    /// nothing: a head while one is read, a body before a head, an end of what was refused already.
    enum Phase: CaseIterable {
        case idle
        case reading
        case serving
        /// The whole answer is known, and on its way.
        case writing
        /// The last answer was given; what the client still sends is thrown away.
        case over

        func mayBecome(_ next: Phase) -> Bool {
            switch (self, next) {
            case (.idle, .reading), (.reading, .serving), (.serving, .writing), (.serving, .idle), (.writing, .idle),
                (_, .over):
                true
            default: false
            }
        }
    }

    /// How many bytes a head, and what stands around a body, may be without more ado: above the limit of a head.
    private static let slack = 256 * 1024

    private let limits: Limits
    private let hosts: HostHeaderRule?
    private let memory: RequestMemory
    private(set) var phase = Phase.idle
    /// How the body comes, once the head has.
    private var bodyPace: BodyPace?
    /// How long the body will be, as the head says.
    private var announced: Int?
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

    /// - Parameters:
    ///   - hosts: the names that are answered to; nil for any.
    ///   - memory: what the bodies of all connections hold.
    init(limits: Limits, hosts: HostHeaderRule? = nil, memory: RequestMemory = RequestMemory(), now: UInt64) {
        self.limits = limits
        self.hosts = hosts
        self.memory = memory
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
            ? reject(400, message: "There is far more around the request's body than in it.") : .nothing
    }

    /// Bytes went out.
    mutating func wroteBytes(now: UInt64) { activity = now }

    mutating func readHead(_ request: IncomingRequest, keepsAlive: Bool, isOld: Bool = false) -> Action {
        guard phase == .idle else { return .nothing }
        self.isOld = isOld
        self.request = request
        self.keepsAlive = keepsAlive && self.keepsAlive
        isHead = request.method == "HEAD"
        enter(.reading)
        do throws(RequestRules.Refusal) { try RequestRules.check(&self.request, isOld: isOld, hosts: hosts) } catch {
            return reject(error.status, message: error.message)
        }
        // The parser stops at a request that asks for another protocol: what follows it is not HTTP to it.
        if request.headers["Upgrade"] != nil { self.keepsAlive = false }
        announced = request.headers["Content-Length"].map { $0.wholeNumber ?? .max }
        if let announced, announced > limits.body { return reject(413) }
        let hasBody = announced.map { $0 > 0 } ?? (request.headers["Transfer-Encoding"] != nil)
        if hasBody { bodyPace = BodyPace(now: request.accepted) }
        // HTTP/1.0 has no interim answers, and so nothing to expect (RFC 9110, 10.1.1).
        guard !isOld, let expectation = request.headers["Expect"] else { return .nothing }
        guard expectation.split(atByte: ",").allSatisfy({ ["100-continue", ""].contains($0.trimmed.loweredASCII) })
        else {
            return reject(417, message: "The only thing that may be expected here is 100-continue.")
        }
        return hasBody ? .sendContinue : .nothing
    }

    mutating func readBody(_ bytes: some Collection<UInt8>) -> Action {
        guard phase == .reading else { return .nothing }
        let count = request.body.count + bytes.count
        guard count <= limits.body else { return reject(413) }
        guard reserve(count) else {
            return reject(
                503, message: "The bodies that this server holds are as many bytes as it takes. Try again later.")
        }
        request.body.append(contentsOf: bytes)
        return .nothing
    }

    /// Makes room for a body of `count` bytes; whether there is some.
    ///
    /// The room grows with what has come, by doubling, and never past what was announced: a length costs its sender
    /// nothing.
    private mutating func reserve(_ count: Int) -> Bool {
        let room = request.body.capacity
        guard count > room else { return true }
        let wanted = max(count, min(room.multipliedSaturated(by: 2), announced ?? limits.body))
        if wanted > limits.freeBody {
            let hold = request.hold ?? BodyHold(memory: memory)
            guard hold.grow(to: wanted, limit: limits.bodies) else { return false }
            request.hold = hold
        }
        request.body.reserveCapacity(wanted)
        return true
    }

    /// The request that is complete; its body is the responder's from here on.
    mutating func takeRequest() -> IncomingRequest {
        defer {
            request.body = []
            request.hold = nil
        }
        return request
    }

    mutating func readEnd() -> Action {
        guard phase == .reading else { return .nothing }
        enter(.serving)
        began = nil
        bodyPace = nil
        return .serve
    }

    /// The last of the answer is handed to the system.
    mutating func writes(now: UInt64) {
        guard phase == .serving else { return }
        enter(.writing)
        activity = now
    }

    /// The client does not take its answer.
    mutating func stalled() -> Action {
        end()
        return .reset
    }

    /// The answer was written, to its last byte.
    mutating func answered(now: UInt64) -> Action {
        guard isServing else { return .nothing }
        activity = now
        // Of the next request nothing is known yet: an error of its own is answered as to anyone.
        isHead = false
        isOld = false
        enter(keepsAlive ? .idle : .over)
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
        return reject(503, message: "The server stops, and this request was not done in time.")
    }

    /// Looks whether the client has taken too long to ask; whether it takes its answer, `ReadingPace` knows.
    mutating func check(now: UInt64) -> Action {
        func seconds(since time: UInt64) -> Double { now > time ? Double(now - time) / 1e9 : 0 }
        switch phase {
        case .serving, .writing: return .nothing
        case .over: return seconds(since: activity) > limits.lingerSeconds ? close() : .nothing
        case .idle, .reading:
            if bodyPace != nil {
                let problem = bodyPace?.problem(bytes: request.body.count, now: now, limits: limits)
                return problem.map { reject(408, message: $0) } ?? .nothing
            }
            if let began {
                let allowed = limits.readSeconds
                return seconds(since: began) > allowed
                    ? reject(408, message: "The request did not come within \(Int(saturating: allowed)) seconds.")
                    : .nothing
            }
            return seconds(since: activity) > limits.idleSeconds ? close() : .nothing
        }
    }

    /// What was read is not HTTP (`status` 400), or too much of it (431).
    mutating func failed(status: Int) -> Action {
        guard phase == .idle || phase == .reading else { return close() }
        return reject(status)
    }

    mutating func closed() { end() }

    private mutating func enter(_ next: Phase) {
        precondition(phase.mayBecome(next), "a connection that is \(phase) cannot become \(next)")
        phase = next
    }

    private mutating func end() {
        enter(.over)
        bodyPace = nil
        // Nobody will ask for what came of it.
        request.body = []
        request.hold = nil
    }

    private mutating func reject(_ status: Int, message: String? = nil) -> Action {
        end()
        keepsAlive = false
        return .reject(status, message)
    }

    private mutating func close() -> Action {
        end()
        return .close
    }
}
