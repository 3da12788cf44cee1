// Between the function that writes a body and the connection that sends it: bounded, so that a slow client slows the
// function, not the memory.

internal import Synchronization

/// Carries a streamed body from its function to whoever takes it.
///
/// `@unchecked Sendable`: everything mutable is read and written with `lock` held.
package final class StreamPipe: @unchecked Sendable {
    /// What the taker is given, in order.
    package enum Piece: Sendable {
        case bytes([UInt8])
        /// The body is complete.
        case end
        /// The function threw.
        case failure
    }

    /// How many bytes may be on their way before a writer has to wait.
    private static let window = 256 * 1024

    private let lock = ThreadLock()
    private var early: [Piece] = []
    private var taker: (@Sendable (Piece) -> Void)?
    private var outstanding = 0
    private var isCancelled = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package init() {}

    /// Gives every piece to `taker`, those that came before it first.
    ///
    /// `taker` is called on the writing thread, with the pipe held: it must not wait, and of the pipe it may only call
    /// `discarded`.
    package func start(_ taker: @escaping @Sendable (Piece) -> Void) {
        lock.withLock {
            self.taker = taker
            let pieces = early
            early = []
            for piece in pieces { give(piece) }
        }
    }

    /// The taker has sent `count` bytes on.
    package func consumed(_ count: Int) {
        wake { outstanding -= count }
    }

    /// The taker has thrown `count` bytes away, as it was given them.
    package func discarded(_ count: Int) { outstanding -= count }

    /// Whether bytes were handed over that the taker has not sent on.
    package var isBackedUp: Bool { lock.withLock { outstanding > 0 && !isCancelled } }

    /// There is nobody to send to any more.
    package func cancel() {
        wake { isCancelled = true }
    }

    /// Hands `bytes` over; true when there is room for more.
    func offer(_ bytes: [UInt8]) throws(ClientDisconnected) -> Bool {
        let (isCancelled, hasRoom) = lock.withLock { () -> (Bool, Bool) in
            if self.isCancelled { return (true, true) }
            outstanding += bytes.count
            give(.bytes(bytes))
            return (false, outstanding < StreamPipe.window)
        }
        if isCancelled { throw ClientDisconnected() }
        return hasRoom
    }

    /// Holds the thread until there is room.
    func waitForRoom() {
        lock.lock()
        while outstanding >= StreamPipe.window, !isCancelled { lock.wait() }
        lock.unlock()
    }

    /// Suspends the task until there is room.
    func room() async {
        await withCheckedContinuation { continuation in
            let isFree = lock.withLock {
                if outstanding < StreamPipe.window || isCancelled { return true }
                waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    /// The body has ended.
    func finish(failed: Bool) { lock.withLock { give(failed ? .failure : .end) } }

    /// With the lock held, so that pieces keep their order.
    private func give(_ piece: Piece) {
        guard let taker else {
            early.append(piece)
            return
        }
        taker(piece)
        // The taker holds on to whatever it sends to, and that to this: after the last piece the ring is opened.
        if case .bytes = piece { return }
        self.taker = nil
    }

    private func wake(_ change: () -> Void) {
        let ready = lock.withLock { () -> [CheckedContinuation<Void, Never>] in
            change()
            guard outstanding < StreamPipe.window || isCancelled else { return [] }
            lock.broadcast()
            defer { waiting = [] }
            return waiting
        }
        for continuation in ready { continuation.resume() }
    }
}
