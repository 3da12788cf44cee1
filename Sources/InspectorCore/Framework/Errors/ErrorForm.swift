// The form in which errors are answered: pages for people, or problem details for programs.

/// How HTTP errors are answered where no handler of the app answers them (`App.errors`), those of the server itself too: a
/// body that is too large, a host that is not served.
public enum ErrorForm: Sendable, Hashable, CaseIterable {
    /// A page, as Flask has it.
    case html
    /// Problem details: `application/problem+json` (RFC 9457).
    case json
    /// Problem details for who asks for JSON and not for HTML (`Accept`), else a page.
    case negotiated

    /// Whether it is problem details for a client that takes `accept`.
    func isJSON(accept: String?) -> Bool {
        switch self {
        case .html: return false
        case .json: return true
        case .negotiated:
            // Each kind as its client ranks it; one that takes anything gets the page.
            var json = 0.0
            var html = 0.0
            for part in (accept ?? "").split(separator: ",").prefix(32) {
                let type = MediaType(String(part))
                let weight = min(1, max(0, Double(type.parameters["q"] ?? "1") ?? 0))
                switch type.name {
                case "application/json", "application/problem+json": json = max(json, weight)
                case "text/html", "application/xhtml+xml": html = max(html, weight)
                default: break
                }
            }
            return json > html
        }
    }
}

extension HTTPError {
    /// The error as problem details, or as its page.
    ///
    /// - Parameter accept: what the client takes.
    func makeResponse(in form: ErrorForm, accept: String?) -> Response {
        guard form.isJSON(accept: accept), kind != .requestRedirect else {
            var page = makeResponse()
            if form == .negotiated, kind != .requestRedirect { page.headers.add("Vary", "Accept") }
            return page
        }
        var members: [String: JSON] = [
            "type": "about:blank", "title": .string(HTTPStatus.name(of: status)), "status": .int(status),
            "detail": .string(message),
        ]
        if !faults.isEmpty {
            members["errors"] = .array(
                faults.map { fault in
                    JSON([
                        "path": fault.path, "expected": fault.reason ?? fault.expected, "came": fault.came,
                        "detail": "\(fault)",
                    ])
                })
        }
        // Flask: fields of the error go with the answer: `Allow`, `WWW-Authenticate`, `Retry-After`.
        var fields = Headers(headers.fields)
        fields["Content-Type"] = "application/problem+json"
        if form == .negotiated { fields.add("Vary", "Accept") }
        return Response(
            bytes: JSON.object(members).encodedASCII + [10], status: status, contentType: nil, headers: fields)
    }
}
