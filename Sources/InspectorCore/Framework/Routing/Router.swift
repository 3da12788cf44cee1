// Finds the view for a method and a path.

/// A route: a rule, the methods it is for, and its view.
struct Route: Sendable {
    let rule: Rule
    let endpoint: String
    let methods: Set<String>
    let view: ViewFunction
    let hasOwnOptions: Bool
}

/// What the router says of a request.
enum RouteMatch: Sendable {
    case view(Route, [String: ViewArgument])
    /// OPTIONS, which the framework answers by itself with the methods in `allow`.
    case automaticOptions(Route, [String: ViewArgument], allow: [String])
    /// 404, 405 or the redirect to the address with a slash. It is only kept here, and thrown after the before hooks.
    case error(HTTPError)
}

/// All routes of an app.
struct Router: Sendable {
    private(set) var routes: [Route] = []
    var isStrictAboutSlashes = true

    mutating func add(_ route: Route) {
        // Kept in the order in which they are tried; equal weights stay in the order of registration.
        let place = routes.firstIndex { Router.isBefore(route.rule.weight, $0.rule.weight) } ?? routes.endIndex
        routes.insert(route, at: place)
    }

    /// The answer for `method` and the decoded `path`; `query` is kept in a redirect.
    func match(method: String, path: String, query: String) -> RouteMatch {
        var allowed: Set<String> = []
        for route in routes {
            guard let arguments = arguments(of: route, path) else { continue }
            if route.methods.contains(method) || (method == "HEAD" && route.methods.contains("GET")) {
                return .view(route, arguments)
            }
            if method == "OPTIONS", !route.hasOwnOptions {
                return .automaticOptions(route, arguments, allow: allow(for: path))
            }
            allowed.formUnion(Router.allow(of: route))
        }
        guard allowed.isEmpty else {
            return .error(
                HTTPError(.methodNotAllowed, headers: ["Allow": allowed.sorted().joined(separator: ", ")]))
        }
        if let location = redirect(method: method, path: path, query: query) {
            return .error(HTTPError(.requestRedirect, status: 308, headers: ["Location": location]))
        }
        return .error(HTTPError(.notFound))
    }

    private func arguments(of route: Route, _ path: String) -> [String: ViewArgument]? {
        if let found = route.rule.match(path) { return found }
        guard !isStrictAboutSlashes, route.rule.endsInSlash, !path.hasSuffix("/") else { return nil }
        return route.rule.match(path + "/")
    }

    private func redirect(method: String, path: String, query: String) -> String? {
        guard isStrictAboutSlashes, !path.hasSuffix("/") else { return nil }
        let target = path + "/"
        let hasRule = routes.contains { route in
            route.rule.endsInSlash && Router.allow(of: route).contains(method) && route.rule.match(target) != nil
        }
        guard hasRule else { return nil }
        return PercentCoding.encodePath(target) + (query.isEmpty ? "" : "?" + query)
    }

    private func allow(for path: String) -> [String] {
        let methods = routes.filter { arguments(of: $0, path) != nil }.map(Router.allow(of:))
        return methods.reduce(into: Set<String>()) { $0.formUnion($1) }.sorted()
    }

    private static func allow(of route: Route) -> Set<String> {
        var methods = route.methods
        if methods.contains("GET") { methods.insert("HEAD") }
        methods.insert("OPTIONS")
        return methods
    }

    private static func isBefore(_ left: [Int], _ right: [Int]) -> Bool { left.lexicographicallyPrecedes(right) }
}
