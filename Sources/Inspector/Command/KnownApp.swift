// The apps that a command can host, by name.

internal import Foundation
internal import InspectorCore

/// One of them: its name, and how it is made.
struct KnownApp {
    let name: String
    let factory: AppFactory
    /// Its routes, for `inspector apps`.
    let routes: [(methods: [String], rule: String, endpoint: String)]
    /// The address that a burst asks for.
    let showcase: String
    private let map: URLMap

    /// Whether a route of the app takes the method and the target.
    func hasRoute(_ method: String, target: String) -> Bool {
        let path = String(target.prefix { $0 != "?" })
        return if case .view = map.match(method, path.removingPercentEncoding ?? path) { true } else { false }
    }

    private init(
        name: String, factory: @escaping AppFactory, routes: [(methods: [String], rule: String, endpoint: String)],
        showcase: String, map: URLMap
    ) {
        self.name = name
        self.factory = factory
        self.routes = routes
        self.showcase = showcase
        self.map = map
    }

    /// Makes each app once, without a service behind it, to learn its name and routes.
    static func all(factories: [AppFactory], isDeadly: Bool = false) -> [KnownApp] {
        factories.map { factory in
            let app = factory(AppEnvironment(upstreamURL: "http://127.0.0.1:9", isDeadly: isDeadly))
            return KnownApp(
                name: app.name, factory: factory, routes: app.routes, showcase: app.showcase, map: app.urlMap)
        }
    }
}
