// Traces, exchanges and requests without their secrets.

extension Redaction {
    /// A trace whose target, labels and details hold no secret.
    package func trace(trace: Trace) -> Trace {
        guard isOn else { return trace }
        return trace.changingTexts(change: text) { isSecret($0) ? Redaction.mark : nil }
    }

    /// What was sent and answered, without secrets: for whatever shows or writes all of it.
    package func exchange(_ exchange: Exchange) -> Exchange {
        guard isOn else { return exchange }
        func clean(_ headers: Headers, body: Exchange.Body) -> (headers: Headers, body: Exchange.Body) {
            let (headers, bytes) = message(headers: headers, body: body.bytes, length: body.length)
            // One that was cut stays one.
            return (headers, Exchange.Body(bytes: bytes, length: body.isWhole ? bytes.count : body.length))
        }
        return exchange.changed(
            target: text(text: exchange.target), request: clean(exchange.requestHeaders, body: exchange.requestBody),
            response: clean(exchange.responseHeaders, body: exchange.responseBody))
    }

    /// A request and its recorded answer without secrets, for another file.
    ///
    /// - Throws: `RecordedRequest.Refusal` when its body was taken out whole: it could not be sent.
    package func request(_ request: RecordedRequest) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard isOn else { return request }
        let (headers, body) = message(headers: request.headers, body: request.body, length: request.body.count)
        if Redaction.isWhole(body) { throw RecordedRequest.Refusal(reason: Redaction.bodyReason) }
        let response = request.response.map { response in
            var clean = response
            let (headers, body) = message(
                headers: response.headers, body: response.body ?? [], length: response.body?.count)
            clean.headers = headers
            if response.body != nil {
                clean.size = response.size ?? response.body?.count
                clean.body = Redaction.isWhole(body) ? nil : body
            }
            return clean
        }
        let url = text(text: request.host.map { "http://\($0)\(request.target)" } ?? request.target)
        return try RecordedRequest(
            method: request.method, url: url, headers: headers, body: body, time: request.time, place: request.place,
            response: response)
    }

    /// Why a request whose body was taken out is not sent again.
    static let bodyReason = "its body was taken out of the recording, because it could not be read for secrets"
}

extension Exchange {
    /// The exchange as traffic, without its secrets.
    ///
    /// - Parameter offset: what is added to a recorded time to get ns since 1970.
    /// - Throws: `RecordedRequest.Refusal` when it could not be sent again.
    package func recorded(
        trace: Trace, offset: UInt64, redaction: Redaction
    ) throws(RecordedRequest.Refusal) -> RecordedRequest {
        let clean = redaction.exchange(self)
        if Redaction.isWhole(clean.requestBody.bytes), clean.requestBody != requestBody {
            throw RecordedRequest.Refusal(reason: Redaction.bodyReason)
        }
        let hasBody =
            responseBody.isWhole
            && !(clean.responseBody != responseBody
                && Redaction.isWhole(clean.responseBody.bytes))
        return try RecordedRequest(
            method: method, url: clean.target, headers: clean.requestHeaders, body: clean.requestBody.bytes,
            time: trace.began &+ offset, place: "request \(trace.id.number)",
            response: status.map { status in
                RecordedResponse(
                    status: status, headers: clean.responseHeaders,
                    body: hasBody ? clean.responseBody.bytes : nil, size: responseBody.length,
                    duration: trace.done.map { trace.service(until: $0) })
            })
    }
}
