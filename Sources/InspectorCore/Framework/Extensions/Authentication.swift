// Who may ask: bearer tokens (RFC 6750) and names with passwords (RFC 7617), as before hooks.

internal import Crypto
internal import Foundation

extension Request {
    /// The token that came as `Authorization: Bearer …` (RFC 6750, 2.1); nil where there is none.
    public var bearerToken: String? { credentials(of: "bearer") }

    /// The name and the password that came as `Authorization: Basic …` (RFC 7617); nil where there are none, or they
    /// cannot be read.
    public var basicCredentials: (name: String, password: String)? {
        guard let text = credentials(of: "basic"), let data = Data(base64Encoded: text),
            let (name, password) = String(validating: data, as: UTF8.self)?.cut(atByte: ":")
        else { return nil }
        return (String(name), String(password))
    }

    private func credentials(of scheme: String) -> String? {
        guard let (name, rest) = headers["Authorization"]?.trimmed.cut(atByte: " "),
            String(name).loweredASCII == scheme
        else { return nil }
        let text = String(rest).trimmed
        return text.isEmpty ? nil : String(text)
    }
}

/// Whether two secrets are the same, in a time that does not depend on where they differ (`Python: hmac.compare_digest`).
public func compareDigest(_ first: String, _ second: String) -> Bool {
    let key = SymmetricKey(size: .bits256)
    let code = HMAC<SHA256>.authenticationCode(for: Data(first.utf8), using: key)
    return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Data(second.utf8), using: key)
}

extension HookScope {
    /// Lets requests pass that bring a bearer token for which `verify` is true; others are answered with 401.
    ///
    /// ```swift
    /// api.requireBearer { token, request in
    ///     guard let user = try await users.find(token: token) else { return false }
    ///     request.g[UserKey.self] = user
    ///     return true
    /// }
    /// ```
    ///
    /// A browser's preflight brings none and passes. Compare tokens that you keep yourself by `compareDigest`.
    public func requireBearer(
        _ name: String = "bearer", realm: String = "",
        verify: @escaping @Sendable (_ token: String, Request) async throws -> Bool
    ) {
        beforeRequest(name) { (request: Request) async throws -> Void in
            guard let token = try token(of: request, realm: realm) else { return }
            guard try await verify(token, request) else { throw wrongToken(realm: realm) }
        }
    }

    /// As the async form, with a sync function.
    public func requireBearer(
        _ name: String = "bearer", realm: String = "",
        verify: @escaping @Sendable (_ token: String, Request) throws -> Bool
    ) {
        beforeRequest(name) { (request: Request) throws -> Void in
            guard let token = try token(of: request, realm: realm) else { return }
            guard try verify(token, request) else { throw wrongToken(realm: realm) }
        }
    }

    /// Lets requests pass that bring a name and a password for which `verify` is true; others are answered with 401, at
    /// which a browser asks its user.
    ///
    /// A browser's preflight brings none and passes.
    public func requireBasic(
        _ name: String = "basic", realm: String = "app",
        verify: @escaping @Sendable (_ user: String, _ password: String, Request) async throws -> Bool
    ) {
        beforeRequest(name) { (request: Request) async throws -> Void in
            guard !request.isPreflight else { return }
            guard let (user, password) = request.basicCredentials, try await verify(user, password, request) else {
                throw wrongPassword(realm: realm)
            }
        }
    }

    /// As the async form, with a sync function.
    public func requireBasic(
        _ name: String = "basic", realm: String = "app",
        verify: @escaping @Sendable (_ user: String, _ password: String, Request) throws -> Bool
    ) {
        beforeRequest(name) { (request: Request) throws -> Void in
            guard !request.isPreflight else { return }
            guard let (user, password) = request.basicCredentials, try verify(user, password, request) else {
                throw wrongPassword(realm: realm)
            }
        }
    }
}

/// The token that a request brings; nil for a preflight, which brings none.
///
/// - Throws: 401 when there is none.
private func token(of request: Request, realm: String) throws -> String? {
    guard !request.isPreflight else { return nil }
    guard let token = request.bearerToken else { throw refusal(scheme: "Bearer", realm: realm) }
    return token
}

private func wrongToken(realm: String) -> HTTPError {
    refusal(scheme: "Bearer", realm: realm, more: "error=\"invalid_token\"")
}

private func wrongPassword(realm: String) -> HTTPError {
    refusal(scheme: "Basic", realm: realm, more: "charset=\"UTF-8\"")
}

/// A 401 that says how to come in.
private func refusal(scheme: String, realm: String, more: String = "") -> HTTPError {
    let quoted = realm.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    let parts = [realm.isEmpty ? "" : "realm=\"\(quoted)\"", more].filter { !$0.isEmpty }
    return HTTPError(
        .unauthorized,
        headers: ["WWW-Authenticate": ([scheme] + [parts.joined(separator: ", ")]).joined(separator: " ").trimmed])
}
