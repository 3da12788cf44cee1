// A request's body that is passed on while it comes: of any size, in bounded memory.

internal import Synchronization

/// What a taker is given of a body that has not come yet.
///
/// May be used from any thread.
package struct ComingBody: Sendable {
    /// Carries the body; it fails when the body breaks off, and is cancelled by a taker that wants no more.
    let pipe = StreamPipe()
    /// How long the head says that it will be, in bytes; nil where it comes in chunks.
    let length: Int?
    /// Why it broke off, where that is known.
    let trouble = Trouble()

    /// What a connection knows of a body that broke off, for whoever reads it.
    final class Trouble: Sendable {
        private let known = Mutex<HTTPError?>(nil)

        /// Noted before the pipe fails.
        var error: HTTPError? { known.withLock { $0 } }

        func note(_ error: HTTPError?) { known.withLock { $0 = error } }
    }
}
