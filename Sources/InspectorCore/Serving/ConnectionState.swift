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
        /// Give the request to whoever passes its body on as it comes; first tell the client that it is awaited, if so.
        case serveComing(tellsToGoOn: Bool)
        /// The body that is passed on breaks off: its request is answered so, if it can be.
        case breakBody(Int, String? = nil)
        /// Answer with this status at once, and close.
        case reject(Int, String? = nil)
        case close
        /// Close our side; what the client still sends is thrown away, or it could not read the answer.
        case closeOutput
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
    /// | `reading` | a body that is passed on as it comes (`readHead`) | `serving` | `serveComing` |
    /// | `serving`, `writing` | a piece of that body, its end (`readBody`, `readEnd`) | the same | none |
    /// | `serving`, `writing` | that body is not HTTP, or too slow | the same | `breakBody` |
    /// | `serving` | the last of the answer is handed to the system (`writes`) | `writing` | none |
    /// | `serving`, `writing` | the answer was written (`answered`), and others may follow | `idle` | none |
    /// | `serving`, `writing` | the answer was written, and it was the last | `over` | `close`, or `closeOutput` where a body still comes |
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

    /// How the body of a request stands that its taker was given before that had come.
    private enum Coming {
        /// It was read whole, or there is none.
        case none
        /// So many bytes have come.
        case open(Int)
        /// It broke off: what follows is thrown away.
        case broken
    }
    private var coming = Coming.none

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

    /// Whether a body still comes, of a request that is with its taker already.
    var isBodyComing: Bool { if case .open = coming { true } else { false } }

    /// Whether the rest of a request is thrown away.
    var isBodyBroken: Bool { if case .broken = coming { true } else { false } }

    /// Whether nothing has been asked that is not answered.
    var isIdle: Bool { phase == .idle && began == nil }

    /// Whether the last answer was given.
    var isOver: Bool { phase == .over }

    /// `count` bytes came, of which nothing is understood yet.
    mutating func readBytes(_ count: Int, now: UInt64) -> Action {
        // What is thrown away prolongs nothing.
        guard phase != .over else { return .nothing }
        activity = now
        guard phase == .idle || phase == .reading || isBodyComing else { return .nothing }
        if began == nil {
            began = now
            raw = 0
        }
        raw = raw.addingSaturated(count)
        // Chunks may say more about a body than it holds (extensions), and none of that counts as its bytes.
        let passedOn = if case .open(let count) = coming { count } else { 0 }
        guard raw > ConnectionState.slack.addingSaturated(8.multipliedSaturated(by: request.body.count + passedOn))
        else { return .nothing }
        let message = "There is far more around the request's body than in it."
        return isBodyComing ? breakBody(400, message: message) : reject(400, message: message)
    }

    /// Bytes went out.
    mutating func wroteBytes(now: UInt64) { activity = now }

    /// - Parameter passesOn: whether somebody takes this request before its body has come.
    mutating func readHead(
        _ request: IncomingRequest, keepsAlive: Bool, isOld: Bool = false,
        passesOn: (IncomingRequest) -> Bool = { _ in false }
    ) -> Action {
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
        let hasBody = announced.map { $0 > 0 } ?? (request.headers["Transfer-Encoding"] != nil)
        // HTTP/1.0 has no interim answers, and so nothing to expect (RFC 9110, 10.1.1).
        let expectation = isOld ? nil : request.headers["Expect"]
        if let expectation {
            guard expectation.split(atByte: ",").allSatisfy({ ["100-continue", ""].contains($0.trimmed.loweredASCII) })
            else {
                return reject(417, message: "The only thing that may be expected here is 100-continue.")
            }
        }
        // A number that none has: it could not be said to whoever takes the body.
        if announced == .max { return reject(413) }
        if hasBody, passesOn(self.request) {
            bodyPace = BodyPace(now: request.accepted, hasEnd: false)
            self.request.coming = ComingBody(length: announced)
            coming = .open(0)
            enter(.serving)
            return .serveComing(tellsToGoOn: expectation != nil)
        }
        if let announced, announced > limits.body { return reject(413) }
        if hasBody { bodyPace = BodyPace(now: request.accepted) }
        return hasBody && expectation != nil ? .sendContinue : .nothing
    }

    /// The body that is passed on cannot be read any further.
    private mutating func breakBody(_ status: Int, message: String? = nil) -> Action {
        coming = .broken
        bodyPace = nil
        keepsAlive = false
        return .breakBody(status, message)
    }

    /// Nothing was read for a while, since whoever takes the body had no room.
    mutating func bodyRested(now: UInt64) { bodyPace?.rested(now: now) }

    mutating func readBody(_ bytes: some Collection<UInt8>) -> Action {
        if case .open(let count) = coming {
            coming = .open(count.addingSaturated(bytes.count))
            return .nothing
        }
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
            request.coming = nil
            request.hold = nil
        }
        return request
    }

    mutating func readEnd() -> Action {
        if isBodyComing {
            coming = .none
            began = nil
            bodyPace = nil
            return .nothing
        }
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
        let isEarly = isBodyComing || isBodyBroken
        if isEarly { keepsAlive = false }
        coming = .none
        bodyPace = nil
        began = nil
        enter(keepsAlive ? .idle : .over)
        request = IncomingRequest(method: "", target: "", accepted: 0)
        return keepsAlive ? .nothing : isEarly ? .closeOutput : .close
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
        case .serving, .writing:
            guard case .open(let count) = coming,
                let problem = bodyPace?.problem(bytes: count, now: now, limits: limits)
            else { return .nothing }
            return breakBody(408, message: problem)
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
        if isBodyComing { return breakBody(status) }
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
        coming = .none
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
