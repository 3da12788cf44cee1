// The way back: from an endpoint and its arguments to an address (`Flask: helpers.py url_for`).

/// Why there is no address for an endpoint.
public struct URLBuildError: KindedError, CustomStringConvertible {
    /// The endpoint that was asked for.
    public let endpoint: String
    /// What is wrong, as a part of a sentence.
    public let reason: String

    /// A lookup error, as Werkzeug's `BuildError` is.
    public var kind: ErrorKind { .lookupError }

    /// A sentence.
    public var description: String { "No address could be made for the endpoint \(endpoint): \(reason)." }
}

extension Route {
    /// Whether an address of `values` can be made from this route (`Werkzeug: suitable_for`).
    func isSuitable(for values: [String: ViewArgument], method: String?) -> Bool {
        if let method, !methods.contains(method) { return false }
        return argumentNames.allSatisfy { defaults[$0] != nil || values[$0] != nil }
            && defaults.allSatisfy { values[$0.key] == nil || values[$0.key] == $0.value }
    }

    /// The path, percent-encoded, and the names of the values that stand in it.
    ///
    /// - Throws: a reason, when a value does not fit its converter.
    func path(with values: [String: ViewArgument]) throws -> (path: String, used: Set<String>) {
        var path = ""
        for step in rule.steps {
            switch step {
            case .text(let text): path += text
            case .argument(let place):
                let argument = rule.arguments[place]
                guard let value = defaults[argument.name] ?? values[argument.name] else { continue }
                path += PercentCoding.encodePath(try argument.converter.text(value))
            }
        }
        return (path, argumentNames)
    }
}

extension Router {
    /// The address of `endpoint` with `values`; those that its rule has no place for become the query.
    ///
    /// - Throws: `URLBuildError`.
    func url(for endpoint: String, values: [String: ViewArgument], method: String?) throws -> String {
        let candidates = routes(of: endpoint)
        guard !candidates.isEmpty else {
            let near = Set(routes.map(\.endpoint)).sorted().prefix(8).joined(separator: ", ")
            throw URLBuildError(endpoint: endpoint, reason: "there is no such endpoint; there are \(near)")
        }
        // As in Werkzeug: without a method, routes for GET come first.
        let methods = method.map { [$0] } ?? ["GET", nil]
        for method in methods {
            for route in candidates where route.isSuitable(for: values, method: method) {
                do {
                    let (path, used) = try route.path(with: values)
                    let rest = values.filter { !used.contains($0.key) }.sorted { $0.key < $1.key }
                    return path + PercentCoding.query(pairs: rest.map { ($0.key, $0.value.description) })
                } catch {
                    throw URLBuildError(endpoint: endpoint, reason: "\(error)")
                }
            }
        }
        let missing = candidates.first.map { $0.argumentNames.subtracting(values.keys).subtracting($0.defaults.keys) }
        let names = (missing ?? []).sorted().joined(separator: ", ")
        let reason = names.isEmpty ? "no rule of it takes these values" : "the value \(names) is missing"
        throw URLBuildError(endpoint: endpoint, reason: reason)
    }
}
