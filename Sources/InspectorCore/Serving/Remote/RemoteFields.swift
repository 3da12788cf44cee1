// Which fields of a request go on to a server elsewhere, and which of its answer come back (RFC 9110, 7.6).

/// What is taken out of a message and put into it on its way through.
struct RemoteFields: Sendable {
    /// What the user asked to be sent along with each request.
    let added: Headers
    /// Whether the request's own Host is sent, and not the one of the lane's URL.
    let keepsHost: Bool

    init(added: Headers = Headers(), keepsHost: Bool = false) {
        self.added = added
        self.keepsHost = keepsHost
    }

    /// What this process calls itself in `Via`: a lane that leads back to it is known by that.
    ///
    /// The same for all its lanes: a ring of two lanes is a ring too.
    static let pseudonym = "inspector-" + TraceContext.hex(number: .random(in: 1 ... .max))

    /// Why a request cannot be passed on; nil where it can be.
    func refusal(of headers: Headers) -> HTTPError? {
        if headers.all("Via").contains(where: { $0.contains(RemoteFields.pseudonym) }) {
            return HTTPError(
                status: 508,
                message: "This lane leads back to the inspector that sends: the request came round in a ring. "
                    + "Name the server's own address.")
        }
        // h2c is an offer that may be overlooked (RFC 9110, 7.8); who asks for a WebSocket has no use for less.
        let asked = headers.all("Upgrade").joined(separator: ",").split(atByte: ",").map { $0.trimmed.loweredASCII }
        if let protocolName = asked.first(where: { $0 != "h2c" && !$0.isEmpty }) {
            return HTTPError(
                status: 501,
                message: "\(String(protocolName.prefix(40)).madeVisible) cannot be passed on to a server elsewhere: "
                    + "only HTTP requests can. Ask the server itself.")
        }
        return nil
    }

    /// The fields that are sent to the server.
    ///
    /// - Parameters:
    ///   - host: the lane's own, for `Host`.
    ///   - context: the request's trace.
    func onward(request: IncomingRequest, host: String, context: TraceContext) -> Headers {
        let named = RemoteFields.namedByConnection(request.headers)
        var fields = Headers(
            request.headers.fields.filter { field in
                let name = field.name.loweredASCII
                return !RemoteFields.hop.contains(name) && !named.contains(name)
                    && !RemoteFields.replaced.contains(name)
            })
        fields = OwnHeaders.left(out: fields)
        for field in added.fields { fields[field.name] = nil }
        let ownHost = request.headers["Host"]
        if added["Host"] == nil { fields.add("Host", keepsHost ? ownHost ?? host : host) }
        let via = request.headers.all("Via") + ["1.1 \(RemoteFields.pseudonym)"]
        fields.add("Via", via.joined(separator: ", "))
        if let client = request.client {
            fields.add(
                "X-Forwarded-For", (request.headers.all("X-Forwarded-For") + [client]).joined(separator: ", "))
        }
        if let ownHost { fields.add("X-Forwarded-Host", request.headers["X-Forwarded-Host"] ?? ownHost) }
        fields.add("X-Forwarded-Proto", request.headers["X-Forwarded-Proto"] ?? "http")
        // nginx's form of $msec: what queues before the server's own code is reckoned from it.
        let began = (request.arrival?.counted ?? request.accepted).addingSaturated(MonotonicClock.wallOffset)
        let micros = began / 1000
        let rest = String(micros % 1_000_000)
        fields.add(
            "X-Request-Start",
            "t=\(micros / 1_000_000)." + String(repeating: "0", count: 6 - rest.utf8.count) + rest)
        // A server may answer without reading the body, and then close: the next request on that connection would get no
        // answer. A request without a body can be sent again.
        if request.coming != nil || !request.body.isEmpty { fields.add("Connection", "close") }
        fields.add("traceparent", context.traceparent())
        if !context.state.isEmpty { fields.add("tracestate", context.state) }
        for field in added.fields { fields.add(field.name, field.value) }
        return fields
    }

    /// The fields of an answer that its client is given.
    func back(_ headers: Headers) -> Headers {
        let named = RemoteFields.namedByConnection(headers)
        var fields = Headers(
            headers.fields.filter { field in
                let name = field.name.loweredASCII
                return !RemoteFields.hop.contains(name) && !named.contains(name)
            })
        fields.add("Via", "1.1 \(RemoteFields.pseudonym)")
        return fields
    }

    /// What concerns one connection only (RFC 9110, 7.6.1).
    private static let hop: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "proxy-authenticate", "proxy-authorization",
    ]

    /// What is said anew of a request; its length is the body's, and 100-continue was answered here.
    private static let replaced: Set<String> = [
        "host", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-request-start", "traceparent",
        "tracestate", "expect", "content-length",
    ]

    private static func namedByConnection(_ headers: Headers) -> Set<String> {
        Set(headers.all("Connection").flatMap { $0.split(atByte: ",") }.map { $0.trimmed.loweredASCII })
    }
}
