// Finds the view for a method and a path, or says why there is none (`Werkzeug: routing/map.py MapAdapter.match`).

/// A route: a rule, the methods it is for, and its view.
final class Route: Sendable {
    let rule: Rule
    let endpoint: String
    /// Those it was registered for, HEAD where there is GET, and OPTIONS where that is answered by itself.
    let methods: Set<String>
    let view: RouteView
    let isStrict: Bool
    let hasAutomaticOptions: Bool
    let defaults: [String: ViewArgument]
    /// Where its hooks and handlers are: a place in the app's list of chains.
    let chain: Int
    /// How long the request may take from here on, in ns; nil for as long as it likes.
    let deadline: UInt64?
    /// How long a body may be that the view reads while it comes, in bytes; nil where it is read whole first.
    let bodyLimit: Int?

    init(
        rule: Rule, endpoint: String, methods: Set<String>, view: RouteView, isStrict: Bool, hasAutomaticOptions: Bool,
        defaults: [String: ViewArgument], chain: Int, deadline: UInt64?,
        bodyLimit: Int? = nil
    ) {
        self.rule = rule
        self.endpoint = endpoint
        self.methods = methods
        self.view = view
        self.isStrict = isStrict
        self.hasAutomaticOptions = hasAutomaticOptions
        self.defaults = defaults
        self.chain = chain
        self.deadline = deadline
        self.bodyLimit = bodyLimit
    }

    /// All arguments that the view is given.
    var argumentNames: Set<String> { Set(rule.arguments.map(\.name)).union(defaults.keys) }
}

/// What a route calls.
enum RouteView: Sendable {
    case function(ViewFunction)
    /// A function for each method (`Flask: views.py MethodView`).
    case methods([String: ViewFunction])

    /// The function for `method`; HEAD is served by GET's.
    func function(for method: String) -> ViewFunction? {
        switch self {
        case .function(let function): function
        case .methods(let functions): functions[method] ?? (method == "HEAD" ? functions["GET"] : nil)
        }
    }
}

/// What the router says of a request.
enum RouteMatch: Sendable {
    case view(Route, [String: ViewArgument])
    /// OPTIONS, which the framework answers by itself with the methods in `allow`.
    case automaticOptions(Route, [String: ViewArgument], allow: [String])
    /// 404, 405, a redirect, or a converter's failure. It is only kept here, and thrown after the before hooks.
    case error(any KindedError)
}

/// All routes of an app.
struct Router: Sendable {
    let routes: [Route]
    let mergesSlashes: Bool
    private let tree: RouteTree
    /// Places of routes by endpoint, those with more arguments first, as addresses are built.
    private let byEndpoint: [String: [Int]]
    /// What is found for addresses without arguments, by path and method: most of an app's, and looked up at once.
    private var fixed: [String: [String: Fixed]] = [:]

    private struct Fixed {
        let route: Route
        let arguments: [String: ViewArgument]
    }

    init(routes: [Route] = [], mergesSlashes: Bool = true) {
        self.routes = routes
        self.mergesSlashes = mergesSlashes
        tree = RouteTree(routes)
        byEndpoint = Dictionary(grouping: routes.indices) { routes[$0].endpoint }.mapValues { places in
            places.sorted { left, right in
                let first = (routes[left].argumentNames.count, routes[left].defaults.count)
                let second = (routes[right].argumentNames.count, routes[right].defaults.count)
                return first == second ? left < right : first > second
            }
        }
        for route in routes where route.rule.arguments.isEmpty {
            for method in route.methods {
                // Found as any other is, so that it is the same that would be found.
                guard
                    case .view(let found, let arguments) = search(
                        method: method, path: route.rule.text, query: "", base: { "" })
                else { continue }
                fixed[route.rule.text, default: [:]][method] = Fixed(route: found, arguments: arguments)
            }
        }
    }

    /// The answer for `method` and the decoded `path`.
    ///
    /// - Parameters:
    ///   - query: kept in a redirect.
    ///   - base: before the path of a redirect: `http://localhost`, or nothing.
    func match(
        method: String, path: String, query: String, base: @autoclosure () -> String = ""
    ) -> RouteMatch {
        // To Swift two spellings of an accent are one key; to the client they are two addresses.
        if let fixed = fixed[path]?[method], fixed.route.rule.text.hasSameBytes(as: path) {
            return .view(fixed.route, fixed.arguments)
        }
        return search(method: method, path: path, query: query, base: base)
    }

    private func search(method: String, path: String, query: String, base: () -> String) -> RouteMatch {
        var bytes = Array(path.utf8)
        // Slashes at the very beginning are one.
        bytes = [0x2F] + bytes.drop { $0 == 0x2F }
        var allowed: Set<String> = []
        func target(path: [UInt8]) -> String {
            base() + PercentCoding.encodePath(String(decoding: path, as: UTF8.self))
                + (query.isEmpty ? "" : "?" + query)
        }
        switch tree.find(bytes, method: method, allowed: &allowed) {
        case .slashRequired: return .error(HTTPError.redirect(to: target(path: bytes + [0x2F])))
        case .found(let place, let captures):
            do {
                let route = routes[place]
                let arguments = try values(route: route, captures: captures)
                if let shorter = defaultRedirect(place: place, method: method, arguments: arguments) {
                    // Built from a rule: encoded already.
                    return .error(HTTPError.redirect(to: base() + shorter + (query.isEmpty ? "" : "?" + query)))
                }
                guard method == "OPTIONS", route.hasAutomaticOptions else { return .view(route, arguments) }
                return .automaticOptions(route, arguments, allow: allow(bytes))
            } catch let failure as ConverterFailure {
                return .error(failure)
            } catch {
                return noMatch(allowed: allowed)
            }
        case .nothing: break
        }
        guard mergesSlashes else { return noMatch(allowed: allowed) }
        let merged = Router.merged(path: bytes)
        switch tree.find(merged, method: method, allowed: &allowed) {
        case .slashRequired: return .error(HTTPError.redirect(to: target(path: merged + [0x2F])))
        case .found where merged != bytes: return .error(HTTPError.redirect(to: target(path: merged)))
        case .found, .nothing: return noMatch(allowed: allowed)
        }
    }

    /// The routes of an endpoint, in the order in which addresses are built from them.
    func routes(of endpoint: String) -> [Route] { (byEndpoint[endpoint] ?? []).map { routes[$0] } }

    private func noMatch(allowed: Set<String>) -> RouteMatch {
        guard !allowed.isEmpty else { return .error(HTTPError(.notFound)) }
        return .error(HTTPError(.methodNotAllowed, headers: ["Allow": allowed.sorted().joined(separator: ", ")]))
    }

    private func values(route: Route, captures: [RouteTree.Bytes]) throws -> [String: ViewArgument] {
        var values: [String: ViewArgument] = [:]
        for (argument, bytes) in zip(route.rule.arguments, captures) {
            do {
                values[argument.name] = try argument.converter.value(String(decoding: bytes, as: UTF8.self))
            } catch let error as NoSuchValue {
                throw error
            } catch {
                throw ConverterFailure(rule: route.rule.text, argument: argument.name, underlying: error)
            }
        }
        return values.merging(route.defaults) { _, fixed in fixed }
    }

    /// A rule of the same endpoint whose defaults are these arguments is the address to use
    /// (`Werkzeug: get_default_redirect`).
    private func defaultRedirect(place: Int, method: String, arguments: [String: ViewArgument]) -> String? {
        let route = routes[place]
        for other in byEndpoint[route.endpoint] ?? [] {
            if other == place { return nil }
            let candidate = routes[other]
            guard !candidate.defaults.isEmpty, candidate.argumentNames == route.argumentNames,
                candidate.isSuitable(for: arguments, method: method)
            else { continue }
            return try? candidate.path(with: arguments).path
        }
        return nil
    }

    private func allow(_ path: [UInt8]) -> [String] {
        var allowed: Set<String> = []
        _ = tree.find(path, method: "--", allowed: &allowed)
        return allowed.sorted()
    }

    private static func merged(path: [UInt8]) -> [UInt8] {
        var merged: [UInt8] = []
        for byte in path where !(byte == 0x2F && merged.last == 0x2F) { merged.append(byte) }
        return merged
    }
}

extension ConverterFailure: KindedError {
    /// Any error: a handler for `Exception` is asked.
    var kind: ErrorKind { .exception }
}

extension HTTPError {
    /// The router's own redirect, 308; it never reaches a handler.
    static func redirect(to location: String) -> HTTPError {
        HTTPError(.requestRedirect, status: 308, headers: ["Location": location])
    }
}
