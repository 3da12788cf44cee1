// A request's body while it comes: piece by piece, so that an upload need not lie in memory.

internal import DequeModule
internal import Synchronization

/// The body of a request, piece by piece, in the order in which it comes.
///
/// ```swift
/// app.post("/photos", options: [.streamsBody(maxBytes: 1 << 30)]) { request in
///     var hash = SHA256()
///     for try await piece in request.bodyStream { hash.update(data: piece) }
///     return "\(hash.finalize())"
/// }
/// ```
///
/// Of a route without `streamsBody` it gives the whole body in one piece. It can be read once, by one reader at a time;
/// what is not read is not taken from the client, beyond 256 KB. Each wait for the client is an await of the trace
/// (*blocked* in a sync function). May be used from any thread.
public final class BodyStream: AsyncSequence, Sendable {
    /// A piece of the body.
    public typealias Element = [UInt8]

    private struct State: Sendable {
        var pieces = Deque<[UInt8]>()
        var hasEnded = false
        var hasFailed = false
        /// How many bytes came in all.
        var count = 0
        var kept: [UInt8] = []
        var waiting: (@Sendable () -> Void)?

        /// Whether a reader has anything to go on with.
        var isReady: Bool { !pieces.isEmpty || hasEnded || hasFailed }
    }

    /// What a reader finds.
    private enum Found {
        case piece([UInt8])
        case end
        case nothing
    }

    private let pipe: StreamPipe?
    private let announced: Int?
    private let limit: Int
    private let log: RequestLog
    private let trouble: @Sendable () -> HTTPError?
    private let state = Monitor(State())

    /// A body that has come already.
    init(_ bytes: [UInt8], limit: Int = .max, log: RequestLog) {
        pipe = nil
        trouble = { nil }
        announced = bytes.count
        self.limit = limit
        self.log = log
        state.withLock { state in
            if !bytes.isEmpty { state.pieces.append(bytes) }
            state.hasEnded = true
        }
    }

    /// A body that comes through `pipe`.
    ///
    /// - Parameters:
    ///   - announced: how long the head says that it will be, in bytes.
    ///   - limit: how long it may be, in bytes.
    ///   - kept: how many of its first bytes are kept for those who look at the request later.
    ///   - trouble: why it broke off, if it did and that is known.
    init(
        _ pipe: StreamPipe, announced: Int?, limit: Int, kept: Int, log: RequestLog,
        trouble: @escaping @Sendable () -> HTTPError? = { nil }
    ) {
        self.trouble = trouble
        self.pipe = pipe
        self.announced = announced
        self.limit = limit
        self.log = log
        pipe.start { [state] piece in
            // The pipe is held: nothing here may call it.
            let goOn = state.withLock { state -> (@Sendable () -> Void)? in
                switch piece {
                case .bytes(let bytes):
                    let room = kept - state.kept.count
                    if room > 0 { state.kept.append(contentsOf: bytes.prefix(room)) }
                    state.count = state.count.addingSaturated(bytes.count)
                    state.pieces.append(bytes)
                case .end: state.hasEnded = true
                case .failure: state.hasFailed = true
                }
                defer { state.waiting = nil }
                return state.waiting
            }
            state.broadcast()
            goOn?()
            return .kept
        }
    }

    /// The next piece, which is not empty; nil at the end of the body.
    ///
    /// Holds this thread until it is there.
    ///
    /// - Throws: `HTTPError`: 413 when the body is longer than the route allows, 400 when it breaks off.
    public func read() throws -> [UInt8]? {
        switch try take() {
        case .piece(let bytes): return bytes
        case .end: return nil
        case .nothing: break
        }
        guard TaskContext.current?.call.blocksItsOwnConsumer != true else { throw WouldNeverFinish() }
        blocking(BodyStream.wait) { state.wait { $0.isReady ? () : nil } }
        return try read()
    }

    /// The next piece, which is not empty; nil at the end of the body.
    ///
    /// - Throws: `HTTPError`: 413 when the body is longer than the route allows, 400 when it breaks off;
    ///   `CancellationError` when cancelled.
    public func read() async throws -> [UInt8]? {
        switch try take() {
        case .piece(let bytes): return bytes
        case .end: return nil
        case .nothing: break
        }
        try await awaiting(BodyStream.wait) {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in whenReady { continuation.resume() } }
            } onCancel: {
                let goOn = state.withLock { state in
                    defer { state.waiting = nil }
                    return state.waiting
                }
                goOn?()
            }
            try Task.checkCancellation()
        }
        return try await read()
    }

    /// Reads it piece by piece.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: BodyStream

        /// The next piece; nil at the end.
        public func next() async throws -> [UInt8]? { try await stream.read() }
    }

    /// Reads from where it was read to.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }

    /// How many bytes it has, as far as that is known, and the first of them.
    var taken: (count: Int, kept: [UInt8]) { state.withLock { (announced ?? $0.count, $0.kept) } }

    /// Nobody reads it any more: what still comes is thrown away.
    func stop() { pipe?.cancel() }

    private static let wait = "the client to send its body"

    private func take() throws -> Found {
        if let announced, announced > limit { throw tooLarge }
        let (found, count, hasFailed) = state.withLock { state -> (Found, Int, Bool) in
            if let piece = state.pieces.popFirst() { return (.piece(piece), state.count, false) }
            return (state.hasEnded ? .end : .nothing, state.count, state.hasFailed)
        }
        if count > limit { throw tooLarge }
        if hasFailed {
            if let trouble = trouble() { throw trouble }
            throw HTTPError(.badRequest, message: "The request's body broke off after \(count) bytes.")
        }
        if case .piece(let bytes) = found { pipe?.consumed(count: bytes.count) }
        return found
    }

    private var tooLarge: HTTPError {
        HTTPError(.contentTooLarge, message: "The body is longer than the \(limit) bytes that this address takes.")
    }

    private func whenReady(_ goOn: @escaping @Sendable () -> Void) {
        let isReady = state.withLock { state in
            // Cancelled before it could wait: what cancels has found nobody.
            if state.isReady || Task.isCancelled { return true }
            state.waiting = goOn
            return false
        }
        if isReady { goOn() }
    }
}

extension BodyStream {
    /// Its lines, as they come, without the line ends: what is neither text nor ended by a line feed included.
    ///
    /// - Parameter maxBytes: how long a line may be; a longer one is 400.
    public func lines(maxBytes: Int = 1 << 20) -> Lines { Lines(stream: self, maxBytes: maxBytes) }

    /// The lines of a body, in order.
    public struct Lines: AsyncSequence, Sendable {
        /// A line.
        public typealias Element = String

        let stream: BodyStream
        let maxBytes: Int

        /// Reads line by line.
        public struct AsyncIterator: AsyncIteratorProtocol {
            let stream: BodyStream
            let maxBytes: Int
            private var buffer: [UInt8] = []
            /// Where the next line begins, and up to where no line feed was found.
            private var (start, searched) = (0, 0)
            private var number = 1
            private var isOver = false

            init(stream: BodyStream, maxBytes: Int) {
                self.stream = stream
                self.maxBytes = maxBytes
            }

            /// The next line; nil at the end.
            public mutating func next() async throws -> String? {
                while true {
                    let end = buffer[searched...].firstIndex(of: 0x0A)
                    guard (end ?? buffer.count) - start <= maxBytes else {
                        throw HTTPError(
                            .badRequest, message: "Line \(number) of the body is longer than \(maxBytes) bytes.")
                    }
                    if let end { return take(upTo: end, next: end + 1) }
                    searched = buffer.count
                    guard !isOver else { return start < buffer.count ? take(upTo: searched, next: searched) : nil }
                    buffer.removeFirst(start)
                    (start, searched) = (0, buffer.count)
                    guard let piece = try await stream.read() else {
                        isOver = true
                        continue
                    }
                    buffer += piece
                }
            }

            private mutating func take(upTo end: Int, next: Int) -> String {
                var line = buffer[start..<end]
                if line.last == 0x0D { line.removeLast() }
                (start, searched) = (next, next)
                number += 1
                return String(decoding: line, as: UTF8.self)
            }
        }

        /// Reads from where the body was read to.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: stream, maxBytes: maxBytes) }
    }
}

extension RouteOption {
    /// The route's views are called before the request's body has come, and read it by `Request.bodyStream`, at most
    /// `maxBytes` of it.
    ///
    /// `Request.body` is empty then, also for hooks. The server's own limit (16 MB) does not hold for the route. A request
    /// that is mirrored into several lanes is read whole first all the same, within that limit.
    public static func streamsBody(maxBytes: Int) -> RouteOption {
        RouteOption { options in options.bodyLimit = max(0, maxBytes) }
    }
}
