// The methods of everything that sends requests: the client of external services, and that of tests.

/// A request as it is sent.
public struct OutgoingRequest: Sendable {
    /// The method, in upper case.
    public let method: String
    /// Path and query.
    public let target: String
    /// The header fields.
    public let headers: Headers
    /// The body, in bytes.
    public let body: [UInt8]
}

/// Sends requests by any method, with any kind of body: `try client.post("/links", json: link)`.
///
/// Each method has sync forms, which hold their thread until the answer is there, and async ones, which hold none; what
/// they throw is what the two forms of `send` throw, and for `json:` what the value's own `encode(to:)` throws.
/// - `target`: path and query.
/// - `body`: bytes as they are; `json`: a value as JSON, by the app's coder; `form`: fields, urlencoded; `multipart`: fields
///   and files, as a browser sends them.
/// - `headers`: fields beside those that the client sets.
public protocol RequestSending: Sendable {
    /// What comes back.
    associatedtype Answer: Sendable

    /// What writes values as JSON.
    var coder: JSONCoder { get }

    /// Sends a request, and holds this thread until it is answered.
    func send(_ request: OutgoingRequest) throws -> Answer

    /// Sends a request.
    func send(_ request: OutgoingRequest) async throws -> Answer
}

extension OutgoingRequest {
    fileprivate init(
        _ method: String, _ target: String, headers: Headers, type: String? = nil, body: [UInt8] = []
    ) {
        var headers = headers
        if let type, headers["Content-Type"] == nil { headers["Content-Type"] = type }
        self.init(method: method, target: target, headers: headers, body: body)
    }

    fileprivate init(_ method: String, _ target: String, headers: Headers, json: JSON) {
        self.init(method, target, headers: headers, type: "application/json", body: json.encoded)
    }

    fileprivate init(
        _ method: String, _ target: String, headers: Headers, form: [(name: String, value: String)]
    ) {
        self.init(
            method, target, headers: headers, type: "application/x-www-form-urlencoded",
            body: Array(PercentCoding.query(pairs: form).utf8.dropFirst()))
    }

    fileprivate init(_ method: String, _ target: String, headers: Headers, multipart: [FormPart]) {
        // As random as it has to be: nothing that is sent holds it.
        let boundary = "inspector-\(UInt64.random(in: .min ... .max))\(UInt64.random(in: .min ... .max))"
        self.init(
            method, target, headers: headers, type: "multipart/form-data; boundary=\(boundary)",
            body: FormPart.body(of: multipart, boundary: boundary))
    }
}

// MARK: GET

extension RequestSending {
    /// Sends GET.
    public func get(_ target: String, headers: Headers = [:]) throws -> Answer {
        try send(OutgoingRequest("GET", target, headers: headers))
    }

    /// Sends GET.
    public func get(_ target: String, headers: Headers = [:]) async throws -> Answer {
        try await send(OutgoingRequest("GET", target, headers: headers))
    }
}

// MARK: HEAD

extension RequestSending {
    /// Sends HEAD.
    public func head(_ target: String, headers: Headers = [:]) throws -> Answer {
        try send(OutgoingRequest("HEAD", target, headers: headers))
    }

    /// Sends HEAD.
    public func head(_ target: String, headers: Headers = [:]) async throws -> Answer {
        try await send(OutgoingRequest("HEAD", target, headers: headers))
    }
}

// MARK: OPTIONS

extension RequestSending {
    /// Sends OPTIONS.
    public func options(_ target: String, headers: Headers = [:]) throws -> Answer {
        try send(OutgoingRequest("OPTIONS", target, headers: headers))
    }

    /// Sends OPTIONS.
    public func options(_ target: String, headers: Headers = [:]) async throws -> Answer {
        try await send(OutgoingRequest("OPTIONS", target, headers: headers))
    }
}

// MARK: DELETE

extension RequestSending {
    /// Sends DELETE.
    public func delete(_ target: String, headers: Headers = [:]) throws -> Answer {
        try send(OutgoingRequest("DELETE", target, headers: headers))
    }

    /// Sends DELETE.
    public func delete(_ target: String, headers: Headers = [:]) async throws -> Answer {
        try await send(OutgoingRequest("DELETE", target, headers: headers))
    }
}

// MARK: POST

extension RequestSending {
    /// Sends POST, with bytes.
    public func post(_ target: String, headers: Headers = [:], body: [UInt8] = []) throws -> Answer {
        try send(OutgoingRequest("POST", target, headers: headers, body: body))
    }

    /// Sends POST, with JSON.
    public func post(_ target: String, headers: Headers = [:], json: JSON) throws -> Answer {
        try send(OutgoingRequest("POST", target, headers: headers, json: json))
    }

    /// Sends POST, with a value as JSON.
    @_disfavoredOverload
    public func post(_ target: String, headers: Headers = [:], json: some Encodable) throws -> Answer {
        try send(OutgoingRequest("POST", target, headers: headers, json: coder.encode(json)))
    }

    /// Sends POST, with a form.
    public func post(
        _ target: String, headers: Headers = [:], form: [(name: String, value: String)]
    ) throws -> Answer {
        try send(OutgoingRequest("POST", target, headers: headers, form: form))
    }

    /// Sends POST, with a form that has files.
    public func post(
        _ target: String, headers: Headers = [:], multipart: [FormPart]
    ) throws -> Answer {
        try send(OutgoingRequest("POST", target, headers: headers, multipart: multipart))
    }

    /// Sends POST, with bytes.
    public func post(_ target: String, headers: Headers = [:], body: [UInt8] = []) async throws -> Answer {
        try await send(OutgoingRequest("POST", target, headers: headers, body: body))
    }

    /// Sends POST, with JSON.
    public func post(_ target: String, headers: Headers = [:], json: JSON) async throws -> Answer {
        try await send(OutgoingRequest("POST", target, headers: headers, json: json))
    }

    /// Sends POST, with a value as JSON.
    @_disfavoredOverload
    public func post(_ target: String, headers: Headers = [:], json: some Encodable) async throws -> Answer {
        try await send(OutgoingRequest("POST", target, headers: headers, json: coder.encode(json)))
    }

    /// Sends POST, with a form.
    public func post(
        _ target: String, headers: Headers = [:], form: [(name: String, value: String)]
    ) async throws -> Answer {
        try await send(OutgoingRequest("POST", target, headers: headers, form: form))
    }

    /// Sends POST, with a form that has files.
    public func post(
        _ target: String, headers: Headers = [:], multipart: [FormPart]
    ) async throws -> Answer {
        try await send(OutgoingRequest("POST", target, headers: headers, multipart: multipart))
    }
}

// MARK: PUT

extension RequestSending {
    /// Sends PUT, with bytes.
    public func put(_ target: String, headers: Headers = [:], body: [UInt8] = []) throws -> Answer {
        try send(OutgoingRequest("PUT", target, headers: headers, body: body))
    }

    /// Sends PUT, with JSON.
    public func put(_ target: String, headers: Headers = [:], json: JSON) throws -> Answer {
        try send(OutgoingRequest("PUT", target, headers: headers, json: json))
    }

    /// Sends PUT, with a value as JSON.
    @_disfavoredOverload
    public func put(_ target: String, headers: Headers = [:], json: some Encodable) throws -> Answer {
        try send(OutgoingRequest("PUT", target, headers: headers, json: coder.encode(json)))
    }

    /// Sends PUT, with a form.
    public func put(
        _ target: String, headers: Headers = [:], form: [(name: String, value: String)]
    ) throws -> Answer {
        try send(OutgoingRequest("PUT", target, headers: headers, form: form))
    }

    /// Sends PUT, with a form that has files.
    public func put(
        _ target: String, headers: Headers = [:], multipart: [FormPart]
    ) throws -> Answer {
        try send(OutgoingRequest("PUT", target, headers: headers, multipart: multipart))
    }

    /// Sends PUT, with bytes.
    public func put(_ target: String, headers: Headers = [:], body: [UInt8] = []) async throws -> Answer {
        try await send(OutgoingRequest("PUT", target, headers: headers, body: body))
    }

    /// Sends PUT, with JSON.
    public func put(_ target: String, headers: Headers = [:], json: JSON) async throws -> Answer {
        try await send(OutgoingRequest("PUT", target, headers: headers, json: json))
    }

    /// Sends PUT, with a value as JSON.
    @_disfavoredOverload
    public func put(_ target: String, headers: Headers = [:], json: some Encodable) async throws -> Answer {
        try await send(OutgoingRequest("PUT", target, headers: headers, json: coder.encode(json)))
    }

    /// Sends PUT, with a form.
    public func put(
        _ target: String, headers: Headers = [:], form: [(name: String, value: String)]
    ) async throws -> Answer {
        try await send(OutgoingRequest("PUT", target, headers: headers, form: form))
    }

    /// Sends PUT, with a form that has files.
    public func put(
        _ target: String, headers: Headers = [:], multipart: [FormPart]
    ) async throws -> Answer {
        try await send(OutgoingRequest("PUT", target, headers: headers, multipart: multipart))
    }
}

// MARK: PATCH

extension RequestSending {
    /// Sends PATCH, with bytes.
    public func patch(_ target: String, headers: Headers = [:], body: [UInt8] = []) throws -> Answer {
        try send(OutgoingRequest("PATCH", target, headers: headers, body: body))
    }

    /// Sends PATCH, with JSON.
    public func patch(_ target: String, headers: Headers = [:], json: JSON) throws -> Answer {
        try send(OutgoingRequest("PATCH", target, headers: headers, json: json))
    }

    /// Sends PATCH, with a value as JSON.
    @_disfavoredOverload
    public func patch(_ target: String, headers: Headers = [:], json: some Encodable) throws -> Answer {
        try send(OutgoingRequest("PATCH", target, headers: headers, json: coder.encode(json)))
    }

    /// Sends PATCH, with a form.
    public func patch(
        _ target: String, headers: Headers = [:], form: [(name: String, value: String)]
    ) throws -> Answer {
        try send(OutgoingRequest("PATCH", target, headers: headers, form: form))
    }

    /// Sends PATCH, with a form that has files.
    public func patch(
        _ target: String, headers: Headers = [:], multipart: [FormPart]
    ) throws -> Answer {
        try send(OutgoingRequest("PATCH", target, headers: headers, multipart: multipart))
    }

    /// Sends PATCH, with bytes.
    public func patch(_ target: String, headers: Headers = [:], body: [UInt8] = []) async throws -> Answer {
        try await send(OutgoingRequest("PATCH", target, headers: headers, body: body))
    }

    /// Sends PATCH, with JSON.
    public func patch(_ target: String, headers: Headers = [:], json: JSON) async throws -> Answer {
        try await send(OutgoingRequest("PATCH", target, headers: headers, json: json))
    }

    /// Sends PATCH, with a value as JSON.
    @_disfavoredOverload
    public func patch(_ target: String, headers: Headers = [:], json: some Encodable) async throws -> Answer {
        try await send(OutgoingRequest("PATCH", target, headers: headers, json: coder.encode(json)))
    }

    /// Sends PATCH, with a form.
    public func patch(
        _ target: String, headers: Headers = [:], form: [(name: String, value: String)]
    ) async throws -> Answer {
        try await send(OutgoingRequest("PATCH", target, headers: headers, form: form))
    }

    /// Sends PATCH, with a form that has files.
    public func patch(
        _ target: String, headers: Headers = [:], multipart: [FormPart]
    ) async throws -> Answer {
        try await send(OutgoingRequest("PATCH", target, headers: headers, multipart: multipart))
    }
}
