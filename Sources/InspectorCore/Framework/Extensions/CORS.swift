// Cross-origin requests: which pages of other origins may call an app (Fetch: CORS protocol).

extension Request {
    /// Whether a browser asks whether it may send a request from a page of another origin (Fetch: CORS-preflight).
    ///
    /// It never carries credentials: a hook that wants some has to let it pass.
    public var isPreflight: Bool {
        method == "OPTIONS" && headers["Origin"] != nil && headers["Access-Control-Request-Method"] != nil
    }
}

extension HookScope {
    /// Lets pages of other origins call these routes: answers the browsers' preflights, and says so in each response, those
    /// to errors included.
    ///
    /// Preflights are answered before all other before hooks of this scope but `requestIDs`, wherever it is registered; a blueprint's after
    /// the app's hooks.
    ///
    /// ```swift
    /// app.cors(origins: ["https://shop.example"], allowsCredentials: true)
    /// ```
    ///
    /// - Parameters:
    ///   - origins: `https://shop.example`, without a path; nil for any.
    ///   - headers: the fields that pages may send beside those that are always allowed; nil for all that they ask for.
    ///   - exposed: the fields of responses that pages may read beside those that they always may.
    ///   - allowsCredentials: whether cookies and the like are sent along; the origins have to be named then.
    ///   - maxAge: how long a browser may keep a preflight's answer.
    public func cors(
        origins: [String]? = nil, methods: [String] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        headers: [String]? = nil, exposed: [String] = [], allowsCredentials: Bool = false,
        maxAge: Duration = .seconds(600)
    ) {
        let rules = CORSRules(
            origins: origins, methods: methods, headers: headers, exposed: exposed,
            allowsCredentials: allowsCredentials, seconds: maxAge.components.seconds)
        register { assembly, place in
            for problem in rules.problems { assembly.report(problem) }
            // Before all but the id that each request has.
            let hooks = assembly.scopes[place.scope, default: ScopeTable()].beforeView
            let index = hooks.prefix(while: \.isRequestID).count
            assembly.scopes[place.scope, default: ScopeTable()].beforeView.insert(
                .hook(
                    ViewFunction(
                        name: Label("cors"), scope: place.label,
                        sync: { $0.isPreflight ? rules.answer(toPreflight: $0) : nil }, async: nil)), at: index)
            assembly.scopes[place.scope, default: ScopeTable()].afterRequest.append(
                AfterFunction(name: Label("cors"), scope: place.label, sync: rules.mark, async: nil))
        }
    }
}

/// What is allowed to pages of other origins.
struct CORSRules: Sendable {
    let origins: [String]?
    let methods: [String]
    let headers: [String]?
    let exposed: [String]
    let allowsCredentials: Bool
    let seconds: Int64

    /// What cannot be meant, a sentence each.
    var problems: [String] {
        var problems: [String] = []
        if allowsCredentials, origins == nil {
            problems.append(
                "cors(allowsCredentials: true) needs the origins by name: any page could act in its visitor's name.")
        }
        for origin in origins ?? [] where !CORSRules.isOrigin(origin) {
            problems.append(
                "cors(origins:) has \"\(origin)\", which is no origin: write scheme://host, with :port where it is not "
                    + "the usual one, and nothing after that.")
        }
        return problems
    }

    private static func isOrigin(_ text: String) -> Bool {
        // Pages out of files and sandboxes.
        if text == "null" { return true }
        guard let (scheme, rest) = text.cut(atByte: ":"), !scheme.isEmpty, rest.hasPrefix("//") else { return false }
        let host = rest.dropFirst(2)
        return !host.isEmpty
            && !host.utf8.contains { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 || $0 <= 0x20 || $0 == 0x2A }
    }

    /// What is said to the page that asks; nil where it may not.
    private func allowed(_ request: Request) -> String? {
        guard let origin = request.headers["Origin"] else { return nil }
        guard let origins else { return "*" }
        return origins.contains { $0.hasSameBytes(as: origin) } ? origin : nil
    }

    /// Without the fields that allow anything, a browser refuses the request itself.
    func answer(toPreflight request: Request) -> Response {
        var response = Response(status: .noContent)
        guard allowed(request) != nil else { return response }
        response.headers["Access-Control-Allow-Methods"] = methods.joined(separator: ", ")
        let allowed = (headers ?? request.headers.all("Access-Control-Request-Headers")).joined(separator: ", ")
        if !allowed.isEmpty {
            response.headers["Access-Control-Allow-Headers"] = allowed
        }
        response.headers["Access-Control-Max-Age"] = String(max(0, seconds))
        response.headers.add("Vary", "Access-Control-Request-Headers")
        return response
    }

    /// Marks a response with what the page may do with it.
    @Sendable func mark(_ request: Request, _ response: inout Response) {
        // A cache must not give one origin what was said to another.
        if origins != nil { response.headers.add("Vary", "Origin") }
        guard let origin = allowed(request) else { return }
        response.headers["Access-Control-Allow-Origin"] = origin
        if allowsCredentials { response.headers["Access-Control-Allow-Credentials"] = "true" }
        if !exposed.isEmpty, !request.isPreflight {
            response.headers["Access-Control-Expose-Headers"] = exposed.joined(separator: ", ")
        }
    }
}
