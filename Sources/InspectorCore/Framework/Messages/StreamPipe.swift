// Between the function that writes a body and the connection that sends it: bounded, so that a slow client slows the
// function, not the memory.

/// Carries a streamed body from its function to whoever takes it.
///
/// May be used from any thread.
package final class StreamPipe: Sendable {
    /// What the taker is given, in order.
    package enum Piece: Sendable {
        case bytes([UInt8])
        /// The body is complete.
        case end
        /// The function threw.
        case failure
    }

    /// What the taker did with a piece.
    package enum Taken: Sendable {
        /// It calls `consumed` once the piece is sent on.
        case kept
        /// The piece is thrown away.
        case discarded
    }

    /// How many bytes may be on their way before a writer has to wait.
    private static let window = 256 * 1024

    private struct State: Sendable {
        var early: [Piece] = []
        var taker: (@Sendable (Piece) -> Taken)?
        var outstanding = 0
        var isCancelled = false
        var waiting: [@Sendable () -> Void] = []

        /// Whether a writer may go on.
        var hasRoom: Bool { outstanding < StreamPipe.window || isCancelled }

        /// With the lock held, so that pieces keep their order.
        mutating func give(_ piece: Piece) {
            guard let taker else {
                early.append(piece)
                return
            }
            let taken = taker(piece)
            if case .bytes(let bytes) = piece {
                if taken == .discarded { outstanding -= bytes.count }
            } else {
                // The taker holds on to whatever it sends to, and that to this: after the last piece the ring is opened.
                self.taker = nil
            }
        }
    }

    private let state = Monitor(State())

    package init() {}

    /// Gives every piece to `taker`, those that came before it first.
    ///
    /// `taker` is called on the writing thread, with the pipe held: it must not wait, and must not call the pipe.
    package func start(_ taker: @escaping @Sendable (Piece) -> Taken) {
        state.withLock { state in
            state.taker = taker
            let pieces = state.early
            state.early = []
            for piece in pieces { state.give(piece) }
        }
    }

    /// The taker has sent `count` bytes on.
    package func consumed(count: Int) {
        wake { $0.outstanding -= count }
    }

    /// Whether bytes were handed over that the taker has not sent on.
    package var isBackedUp: Bool { state.withLock { $0.outstanding > 0 && !$0.isCancelled } }

    /// There is nobody to send to any more.
    package func cancel() {
        wake { $0.isCancelled = true }
    }

    /// Hands `bytes` over; true when there is room for more.
    func offer(_ bytes: [UInt8]) throws(ClientDisconnected) -> Bool {
        let (isCancelled, hasRoom) = state.withLock { state -> (Bool, Bool) in
            if state.isCancelled { return (true, true) }
            state.outstanding += bytes.count
            state.give(.bytes(bytes))
            return (false, state.hasRoom)
        }
        if isCancelled { throw ClientDisconnected() }
        return hasRoom
    }

    /// Holds the thread until there is room.
    func waitForRoom() {
        state.wait { state -> Void? in state.hasRoom ? () : nil }
    }

    /// Suspends the task until there is room.
    func room() async {
        await withCheckedContinuation { continuation in whenRoom { continuation.resume() } }
    }

    /// Calls `goOn` once, as soon as there is room: at once, or on the thread that makes room.
    func whenRoom(_ goOn: @escaping @Sendable () -> Void) {
        let isFree = state.withLock { state in
            if state.hasRoom { return true }
            state.waiting.append(goOn)
            return false
        }
        if isFree { goOn() }
    }

    /// The body has ended.
    func finish(failed: Bool) { state.withLock { $0.give(failed ? .failure : .end) } }

    private func wake(_ change: (inout State) -> Void) {
        let ready = state.withLock { state -> [@Sendable () -> Void]? in
            change(&state)
            guard state.hasRoom else { return nil }
            defer { state.waiting = [] }
            return state.waiting
        }
        guard let ready else { return }
        state.broadcast()
        for goOn in ready { goOn() }
    }
}
