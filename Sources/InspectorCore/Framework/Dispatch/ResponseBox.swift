// A response that several functions change one after the other.

internal import Synchronization

/// The response as the last after hook left it.
final class ResponseBox: Sendable {
    private let state: Mutex<Response>

    init(response: Response) { state = Mutex(response) }

    var response: Response {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}
