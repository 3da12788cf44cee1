// The body of a request on its way to a server elsewhere, while it comes from the client.

internal import AsyncHTTPClient
internal import NIOCore
internal import Synchronization

/// Passes a body on piece by piece; what the server has not taken is not read from the client.
///
/// May be used from any thread.
final class RemoteBody: Sendable {
    private struct State {
        var sent = 0
        /// Handed to the connection, and not written yet.
        var writing = 0
        var kept: [UInt8] = []
        var promise: EventLoopPromise<Void>?
        var isOver = false
    }

    private let coming: ComingBody
    /// Whether its first bytes are kept for who reads them later.
    private let isKept: Bool
    private let state = Mutex(State())

    init(_ coming: ComingBody, isKept: Bool) {
        self.coming = coming
        self.isKept = isKept
    }

    /// How many bytes the server's connection has taken, and the first of them.
    var taken: (count: Int, kept: [UInt8]) { state.withLock { ($0.sent, $0.kept) } }

    /// Whether the server is the one that is waited for: it has not taken what came.
    var waitsForServer: Bool { state.withLock { $0.writing > 0 || $0.isOver } }

    /// The body as the client library asks for it.
    ///
    /// - Parameters:
    ///   - loop: the loop on which it is written.
    ///   - progress: called whenever the server has taken something.
    func makeBody(on loop: any EventLoop, progress: @escaping @Sendable () -> Void) -> HTTPClient.Body {
        .stream(contentLength: coming.length.map(Int64.init)) { [self] writer in
            let promise = loop.makePromise(of: Void.self)
            let isOver = state.withLock { state in
                if !state.isOver { state.promise = promise }
                return state.isOver
            }
            guard !isOver else {
                promise.fail(RemoteProblem.requestCut)
                return promise.futureResult
            }
            coming.pipe.start { [self] piece in
                // Never at once: the pipe is held while it hands a piece over.
                loop.execute { self.take(piece, writer: writer, progress: progress) }
                return .kept
            }
            return promise.futureResult
        }
    }

    /// Nothing more of it is wanted: the request is over.
    func stop() {
        coming.pipe.cancel()
        end(with: .failure(RemoteProblem.requestCut))
    }

    private func take(
        _ piece: StreamPipe.Piece, writer: HTTPClient.Body.StreamWriter, progress: @escaping @Sendable () -> Void
    ) {
        switch piece {
        case .bytes(let bytes):
            let isOver = state.withLock { state in
                if !state.isOver { state.writing += bytes.count }
                return state.isOver
            }
            guard !isOver else { return coming.pipe.consumed(count: bytes.count) }
            writer.write(.byteBuffer(ByteBuffer(bytes: bytes))).whenComplete { [self] result in
                state.withLock { state in
                    state.writing -= bytes.count
                    guard case .success = result else { return }
                    state.sent = state.sent.addingSaturated(bytes.count)
                    let room = ExchangeStore.bodyLimit - state.kept.count
                    if isKept, room > 0 { state.kept.append(contentsOf: bytes.prefix(room)) }
                }
                coming.pipe.consumed(count: bytes.count)
                progress()
            }
        case .end: end(with: .success(()))
        case .failure: end(with: .failure(RemoteProblem.requestCut))
        }
    }

    private func end(with result: Result<Void, any Error>) {
        let promise = state.withLock { state in
            defer {
                state.promise = nil
                state.isOver = true
            }
            return state.promise
        }
        promise?.completeWith(result)
    }
}
