// Where hooks and error handlers can be registered: an app, a blueprint, or all of an app through a blueprint.

internal import Synchronization

/// Where the functions of an app, or of a part of it, are registered (`Flask: sansio/scaffold.py`).
///
/// Registration may be done from any thread, until the app is served.
public protocol HookScope: AnyObject, Sendable {
    /// What was registered here.
    var registry: Registry { get }
}

extension HookScope {
    /// The app's or the blueprint's name.
    public var name: String { registry.name }

    func register(_ registration: @escaping Registration) { registry.add(registration) }
}

/// All of an app, as one of its blueprints registers hooks and handlers with it.
public final class AppWideScope: HookScope {
    /// What was registered here.
    public let registry: Registry

    init(name: String) { registry = Registry(name: name) }
}

/// What is done when an app is put together: a registration finds out then where it belongs.
typealias Registration = @Sendable (inout Assembly, RegistrationScope) -> Void

/// What was registered with an app, a blueprint, or all of an app through a blueprint.
///
/// They keep it, and the functions of `HookScope` and `Scaffold` fill it: there is nothing to do with it directly.
public final class Registry: Sendable {
    private struct State: Sendable {
        var registrations: [Registration] = []
        var blueprints: [NestedBlueprint] = []
        var problems: [String] = []
        var servedBy: String?

        /// Whether something may still be registered with `name`; notes a problem if not.
        mutating func isOpen(_ name: String) -> Bool {
            guard let app = servedBy else { return true }
            problems.append(
                "Something was registered with \(name) after \(app) began to serve; it has no effect. "
                    + "Register everything before.")
            return false
        }
    }

    /// Where the blueprints that are registered have their turn.
    enum BlueprintOrder: Sendable {
        /// Each where it was registered, among all else.
        case asRegistered
        /// After all else.
        case last
    }

    let name: String
    private let order: BlueprintOrder
    private let state = Mutex(State())

    init(name: String, blueprints order: BlueprintOrder = .asRegistered) {
        self.name = name
        self.order = order
    }

    /// What was registered here, in order.
    var registrations: [Registration] { state.withLock { $0.registrations } }

    /// The blueprints that come after that, in order.
    var blueprints: [NestedBlueprint] { state.withLock { $0.blueprints } }

    /// What was registered too late.
    var lateProblems: [String] { state.withLock { $0.problems } }

    func add(_ registration: @escaping Registration) {
        state.withLock { if $0.isOpen(name) { $0.registrations.append(registration) } }
    }

    func add(_ nested: NestedBlueprint) {
        switch order {
        case .asRegistered: add { assembly, place in assembly.add(nested, outer: place) }
        case .last: state.withLock { if $0.isOpen(name) { $0.blueprints.append(nested) } }
        }
    }

    /// From now on, what is registered comes too late.
    func seal(by app: String) { state.withLock { $0.servedBy = $0.servedBy ?? app } }
}
