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
        case reject(Int)
        case close
    }

    private enum Phase {
        case idle
        case reading
        case serving
        case over
    }

    private let bodyLimit: Int
    private var phase = Phase.idle
    private(set) var request = IncomingRequest(method: "", target: "", accepted: 0)
    /// Whether the connection may go on after the answer.
    private(set) var keepsAlive = true
    private(set) var isHead = false
    /// Whether the client speaks HTTP/1.0, which knows no chunks.
    private(set) var isOld = false

    init(bodyLimit: Int) { self.bodyLimit = bodyLimit }

    /// Whether a request is with the responder now.
    var isServing: Bool { phase == .serving }

    mutating func readHead(_ request: IncomingRequest, keepsAlive: Bool, isOld: Bool = false) -> Action {
        guard phase == .idle else { return .nothing }
        self.isOld = isOld
        self.request = request
        self.keepsAlive = keepsAlive
        isHead = request.method == "HEAD"
        phase = .reading
        if let length = request.headers["Content-Length"].flatMap(Int.init), length > bodyLimit { return reject(413) }
        return request.headers["Expect"]?.lowercased() == "100-continue" ? .sendContinue : .nothing
    }

    mutating func readBody(_ bytes: some Collection<UInt8>) -> Action {
        guard phase == .reading else { return .nothing }
        guard request.body.count + bytes.count <= bodyLimit else { return reject(413) }
        request.body.append(contentsOf: bytes)
        return .nothing
    }

    mutating func readEnd() -> Action {
        guard phase == .reading else { return .nothing }
        phase = .serving
        return .serve
    }

    /// The answer was written.
    mutating func answered() -> Action {
        guard phase == .serving else { return .nothing }
        phase = keepsAlive ? .idle : .over
        request = IncomingRequest(method: "", target: "", accepted: 0)
        return keepsAlive ? .nothing : .close
    }

    /// A body without a length goes to a client that knows no chunks: only the connection's end can end it.
    mutating func endsWithConnection() { keepsAlive = false }

    /// The client has closed its side: what it asked for is still answered, nothing more is read.
    mutating func inputClosed() -> Action {
        keepsAlive = false
        return phase == .serving ? .nothing : close()
    }

    /// Nothing has happened for the limit's time.
    mutating func idled() -> Action { phase == .serving ? .nothing : close() }

    /// What was read is no HTTP (`status` 400), or too much of it (431).
    mutating func failed(status: Int) -> Action {
        guard phase == .idle || phase == .reading else { return close() }
        return reject(status)
    }

    mutating func closed() { phase = .over }

    private mutating func reject(_ status: Int) -> Action {
        phase = .over
        keepsAlive = false
        return .reject(status)
    }

    private mutating func close() -> Action {
        phase = .over
        return .close
    }
}
