// Where hooks and error handlers can be registered: an app, a blueprint, or all of an app through a blueprint.

internal import Synchronization

/// What is done when an app is put together: a registration finds out then where it belongs.
typealias Registration = @Sendable (inout Assembly, Place) -> Void

/// Where the functions of an app, or of a part of it, are registered (`Flask: sansio/scaffold.py`).
///
/// Registration may be done from any thread, until the app is served.
open class HookScope: @unchecked Sendable {
    // `@unchecked Sendable`: the class is open, and its one mutable property is a Mutex.

    private struct State {
        var registrations: [Registration] = []
        var problems: [String] = []
        var servedBy: String?
    }

    /// The app's or the blueprint's name.
    public let name: String
    private let state = Mutex(State())

    init(name: String) { self.name = name }

    func register(_ registration: @escaping Registration) {
        state.withLock { state in
            if let app = state.servedBy {
                state.problems.append(
                    "Something was registered with \(name) after \(app) began to serve; it has no effect. "
                        + "Register everything before.")
            } else {
                state.registrations.append(registration)
            }
        }
    }

    /// What was registered here, in order.
    var registrations: [Registration] { state.withLock { $0.registrations } }

    /// What was registered too late.
    var lateProblems: [String] { state.withLock { $0.problems } }

    /// From now on, what is registered comes too late.
    func seal(by app: String) { state.withLock { $0.servedBy = $0.servedBy ?? app } }
}
