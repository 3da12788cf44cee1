// An app's rules, for whoever wants to know what an address would meet without asking for it.

/// The rules of an app as they stand (`Werkzeug: Map`).
///
/// May be used from any thread.
public struct URLMap: Sendable {
    /// What an address meets.
    public enum Match: Sendable, Equatable {
        /// The view of `endpoint` with these arguments.
        case view(endpoint: String, arguments: [String: ViewArgument])
        /// OPTIONS, answered by the framework.
        case automaticOptions(allow: [String])
        /// 308 to another address.
        case redirect(String)
        /// 405.
        case methodNotAllowed(allow: [String])
        /// 404.
        case notFound
        /// A converter threw.
        case failure(String)
    }

    private let router: Router

    init(router: Router) { self.router = router }

    /// What a request for `path` meets.
    ///
    /// - Parameter path: percent-decoded, without the query.
    public func match(_ method: String, _ path: String) -> Match {
        switch router.match(method: method, path: path, query: "") {
        case .view(let route, let arguments): return .view(endpoint: route.endpoint, arguments: arguments)
        case .automaticOptions(_, _, let allow): return .automaticOptions(allow: allow)
        case .error(let error):
            guard let http = error as? HTTPError else { return .failure("\(error)") }
            if http.kind == .requestRedirect { return .redirect(http.headers["Location"] ?? "") }
            guard http.kind == .methodNotAllowed else { return .notFound }
            return .methodNotAllowed(allow: (http.headers["Allow"] ?? "").split(separator: ",").map(\.trimmed))
        }
    }
}

extension App {
    /// The rules as they stand now, put together anew at each call: keep it.
    public var urlMap: URLMap { URLMap(router: assembledRouter) }
}
