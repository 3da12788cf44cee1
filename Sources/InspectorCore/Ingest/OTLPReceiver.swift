// Where other processes send their spans: OTLP over HTTP, answered as the protocol says.

internal import OTLPMessages
internal import SwiftProtobuf

/// Takes exports and joins their spans to the traces of our requests.
///
/// May be used from any thread.
package final class OTLPReceiver: Responder {
    private let reader: TraceReader
    private let join: SpanJoin
    private let services: (join: ServiceJoin, lanes: WatchedLanes)?
    private let threads: ToldThreads
    private let offset = SteadyOffset()

    /// - Parameters:
    ///   - services: where requests go that were not sent from here; nil to leave them out.
    ///   - tracks: the threads of a lane, which grow by those that are told.
    package init(
        reader: TraceReader, join: SpanJoin, services: (join: ServiceJoin, lanes: WatchedLanes)? = nil,
        tracks: @escaping @Sendable (LaneID) -> TrackRegistry?
    ) {
        self.reader = reader
        self.join = join
        self.services = services
        threads = ToldThreads { tracks($0) ?? services?.lanes.tracks(of: $0) }
    }

    package func respond(
        to request: IncomingRequest, on place: ServingLoop, reply: @escaping @Sendable (DispatchResult) -> Void
    ) -> InFlight {
        let summary = RequestSummary(
            id: RequestID(number: 0, lane: LaneID(rawValue: 0)), mode: .native, method: request.method,
            target: request.target, accepted: request.accepted)
        reply(.response(answer(request)))
        return InFlight(log: EventLog.unrecorded(summary: summary))
    }

    /// What an export is answered with; its spans are joined by then.
    func answer(_ request: IncomingRequest) -> Response {
        let path = request.target.prefix { $0 != "?" }
        guard ["/v1/traces", "/v1/metrics", "/v1/logs"].contains(path) else {
            return HTTPError(
                status: 404,
                message: "OTLP comes to /v1/traces here, over HTTP (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)."
            ).makeResponse()
        }
        guard request.method == "POST" else {
            var response = HTTPError(status: 405, message: "OTLP is posted.").makeResponse()
            response.headers["Allow"] = "POST"
            return response
        }
        guard let form = OTLPDecoder.Form(contentType: request.headers["Content-Type"]) else {
            return refusal(
                OTLPDecoder.Refusal(
                    status: 415, message: "The Content-Type is application/x-protobuf or application/json."),
                form: .protobuf)
        }
        // Both are on by default in many exporters; nothing here shows them.
        guard path == "/v1/traces" else { return success(rejected: 0, form: form) }
        do throws(OTLPDecoder.Refusal) {
            let export = try OTLPDecoder.read(
                request.body, form: form, encoding: request.headers["Content-Encoding"])
            var batch = IngestedSpan.read(export, offset: offset.value)
            if let services {
                let (ours, others) = join.part(batch.spans)
                batch.spans = ours
                for told in services.join.take(others) { tell(told) }
                for count in batch.counts {
                    services.lanes.known(service: count.service.name)?.count(
                        instance: count.service.instance, requests: count.requests, detailed: count.detailed)
                }
            }
            for told in join.take(batch) { tell(told) }
            return success(rejected: batch.rejected, form: form)
        } catch {
            return refusal(error, form: form)
        }
    }

    private func tell(_ joined: SpanJoin.Joined) {
        var told = told(of: joined.spans, server: joined.server, lane: joined.request.lane)
        if let waited = joined.server?.waitedUntold { told.spans.append(waited) }
        reader.join(told, to: joined.request)
    }

    private func tell(_ one: ServiceJoin.Told) {
        // The server's own span belongs to every message: the request is what it says.
        var told = told(of: one.spans, server: one.server, lane: one.summary.id.lane)
        told.done = one.server.end
        told.status = one.server.end == nil ? nil : one.server.status ?? (one.server.isError ? 500 : 200)
        reader.tell(told, of: one.summary, isFirst: one.isFirst)
    }

    private func told(of spans: [IngestedSpan], server: IngestedSpan?, lane: LaneID) -> ToldRequest {
        var told = ToldRequest()
        told.spans = spans.map { span in
            span.told(track: span.thread.map { threads.track(of: $0, span: span, lane: lane) } ?? 0)
        }
        if let waited = server?.waited { told.spans.append(waited) }
        told.rule = server?["http.route"]
        told.isWhole = server?.end != nil
        told.endpoint = server?["flask.endpoint"]
        return told
    }

    private func success(rejected: Int, form: OTLPDecoder.Form) -> Response {
        var answer = OTLPExportTraceServiceResponse()
        let message = "spans without a valid trace id, span id or begin"
        if rejected > 0 {
            answer.partialSuccess.rejectedSpans = Int64(clamping: rejected)
            answer.partialSuccess.errorMessage = message
        }
        let part: JSON = ["rejectedSpans": .string("\(rejected)"), "errorMessage": .string(message)]
        return response(answer, json: rejected > 0 ? ["partialSuccess": part] : [:], status: 200, form: form)
    }

    private func refusal(_ refusal: OTLPDecoder.Refusal, form: OTLPDecoder.Form) -> Response {
        var status = OTLPRPCStatus()
        // google.rpc.Code INVALID_ARGUMENT.
        status.code = 3
        status.message = refusal.message
        return response(
            status, json: ["code": 3, "message": .string(refusal.message)], status: refusal.status, form: form)
    }

    /// The same answer in the form in which was asked.
    private func response(_ message: some Message, json: JSON, status: Int, form: OTLPDecoder.Form) -> Response {
        let bytes: [UInt8] =
            switch form {
            case .protobuf: (try? message.serializedBytes()) ?? []
            case .json: json.encoded
            }
        return Response(bytes: bytes, status: status, contentType: form.contentType)
    }
}
