// An id for each request that clients, logs and other services can name it by.

internal import Foundation

extension BeforeView {
    /// Whether it is the hook of `requestIDs`.
    var isRequestID: Bool {
        if case .hook(let hook) = self { hook.name == requestIDName } else { false }
    }
}

private let requestIDName = Label("request id")

private enum RequestIDKey: StorageKey { typealias Value = String }

extension Request {
    /// The id that `requestIDs()` gave it; nil without.
    public var requestID: String? { g[RequestIDKey.self] }
}

extension HookScope {
    /// Gives each request an id: the client's, where that can be one, or a new UUID.
    ///
    /// It stands in `Request.requestID`, in the trace, and in the response's field. It is given before all other before hooks of this scope run, wherever it is registered.
    ///
    /// - Parameters:
    ///   - field: the header field, both ways.
    ///   - trustsClient: whether an id of the client's is taken over: off where anybody may send requests and your logs
    ///     rely on ids being different.
    public func requestIDs(field: String = "X-Request-ID", trustsClient: Bool = true) {
        register { assembly, place in
            assembly.scopes[place.scope, default: ScopeTable()].beforeView.insert(
                .hook(
                    ViewFunction(
                        name: requestIDName, scope: place.label,
                        sync: { request in
                            let told = trustsClient ? request.headers[field].flatMap(checked(id:)) : nil
                            let id = told ?? UUID().uuidString.lowercased()
                            request.g[RequestIDKey.self] = id
                            request.mark("request id", id)
                            return nil
                        }, async: nil)), at: 0)
        }
        afterRequest("request id") { request, response in response.headers[field] = request.requestID }
    }
}

/// The id that a client sent, or nil where a log could not hold it as it is: it may have 128 letters, digits and `-_.:+/=`.
private func checked(id: String) -> String? {
    guard (1...128).contains(id.utf8.count) else { return nil }
    let isPlain = id.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "-_.:+/=".utf8.contains(byte)
    }
    return isPlain ? id : nil
}
