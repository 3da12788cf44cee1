// What an app and a blueprint have in common beside hooks: routes, and blueprints within.

/// Something that routes can be registered with: an `App` or a `Blueprint`.
public protocol Scaffold: HookScope {}

extension Scaffold {
    /// Adds a blueprint: its routes, hooks and handlers (`Flask: register_blueprint`).
    ///
    /// What it registers for all of the app stands where this is called, among what the app registers itself; a
    /// blueprint within a blueprint comes after all that the outer one has.
    ///
    /// - Parameters:
    ///   - prefix: before its rules, in place of its own; within another blueprint, after that one's.
    ///   - name: its name here, in place of its own: the same blueprint may be registered under several.
    public func register(_ blueprint: Blueprint, prefix: String? = nil, name: String? = nil) {
        registry.add(
            NestedBlueprint(blueprint: blueprint, name: name ?? blueprint.name, prefix: prefix ?? blueprint.prefix))
    }
}

/// A blueprint as it was registered.
struct NestedBlueprint: Sendable {
    let blueprint: Blueprint
    let name: String
    let prefix: String?
}

/// A part of an app that can be made by itself: routes under a prefix, with hooks and handlers of their own.
///
/// ```swift
/// let admin = Blueprint("admin", prefix: "/admin")
/// admin.beforeRequest("only_admins") { request in … }
/// admin.get("/users", endpoint: "users") { request in … }    // the endpoint is admin.users
/// app.register(admin)
/// ```
///
/// Its hooks run for its own routes only; what it registers with `appWide` is for all of the app. A URL that no route
/// matches belongs to no blueprint, so a 404 under its prefix runs the app's hooks alone, as in Flask.
public final class Blueprint: Scaffold {
    /// What was registered here.
    public let registry: Registry

    /// What stands before its rules unless its registration says otherwise.
    public let prefix: String?

    /// Registers hooks and handlers for every request of the app, appended to the app's own (`Flask: before_app_request,
    /// after_app_request, teardown_app_request, app_url_value_preprocessor, app_errorhandler`).
    public let appWide: AppWideScope

    /// Makes a blueprint; its name has no dot in it.
    public init(_ name: String, prefix: String? = nil) {
        self.prefix = prefix
        registry = Registry(name: name, blueprints: .last)
        appWide = AppWideScope(name: name)
    }
}
