// Traces as the messages of OTLP: what is written into a file and what is sent to a collector is made here.

internal import Foundation
package import OTLPMessages

extension OTLPExportTraceServiceRequest {
    /// The traces as spans, each lane a resource (`OTLP 1.x: ExportTraceServiceRequest`).
    ///
    /// - Parameters:
    ///   - app: the service's name.
    ///   - offset: what is added to a recorded time to get ns since 1970.
    ///   - redaction: what is taken out of targets, labels and details.
    ///   - goesOn: asked before each trace.
    /// - Returns: nil when `goesOn` said no.
    package init?(traces: [Trace], app: String, offset: UInt64, redaction: Redaction, goesOn: () -> Bool = { true }) {
        self.init()
        let groups = Dictionary(grouping: traces) { $0.id.lane }
        for (_, traces) in groups.sorted(by: { $0.key < $1.key }) {
            var spans: [OTLPSpan] = []
            var lane: LaneDescription?
            for trace in traces.lazy.map(redaction.trace) {
                guard goesOn() else { return nil }
                spans += OTLPSpan.spans(of: trace, offset: offset)
                lane = trace.summary.lane
            }
            if let lane { resourceSpans.append(.lane(lane, spans: spans, app: app)) }
        }
    }
}

extension OTLPResourceSpans {
    fileprivate static func lane(_ lane: LaneDescription, spans: [OTLPSpan], app: String) -> OTLPResourceSpans {
        var whole = OTLPResourceSpans()
        whole.resource.attributes = [
            OTLPKeyValue(key: "service.name", text: app),
            OTLPKeyValue(key: "inspector.lane", number: Int64(lane.id.rawValue)),
            OTLPKeyValue(key: "inspector.lane.name", text: lane.name),
        ]
        if let mode = lane.mode {
            whole.resource.attributes.append(OTLPKeyValue(key: "inspector.mode", text: mode.rawValue))
        }
        var scope = OTLPScopeSpans()
        scope.scope.name = ProductVersion.name
        scope.scope.version = ProductVersion.number
        scope.spans = spans
        whole.scopeSpans = [scope]
        return whole
    }
}

extension OTLPSpan {
    /// The request as a SERVER span, and what happened in it as spans within; polls are left out.
    fileprivate static func spans(of trace: Trace, offset: UInt64) -> [OTLPSpan] {
        // The ids that calls carried to other services, so that the spans of those are found under ours.
        let context = trace.summary.context
        let traceID = bytes(of: context.traceID.high) + bytes(of: context.traceID.low)
        let last = trace.lastTime(until: trace.done ?? trace.summary.accepted)
        func time(of value: UInt64) -> UInt64 { value &+ offset }

        var server = OTLPSpan()
        server.traceID = traceID
        server.spanID = bytes(of: context.spanID)
        if context.parentID != 0 { server.parentSpanID = bytes(of: context.parentID) }
        server.traceState = context.state
        server.name = trace.summary.method + (trace.rule.isEmpty ? "" : " " + trace.rule)
        server.kind = .server
        server.startTimeUnixNano = time(of: trace.began)
        server.endTimeUnixNano = time(of: trace.done ?? last)
        server.attributes = [
            OTLPKeyValue(key: "http.request.method", text: trace.summary.method),
            OTLPKeyValue(key: "url.path", text: String(trace.summary.target.prefix { $0 != "?" })),
            OTLPKeyValue(key: "inspector.request", number: Int64(clamping: trace.id.number)),
        ]
        if !trace.rule.isEmpty { server.attributes.append(OTLPKeyValue(key: "http.route", text: trace.rule)) }
        if let status = trace.status {
            server.attributes.append(OTLPKeyValue(key: "http.response.status_code", number: Int64(status)))
            // OpenTelemetry semantic conventions, HTTP: a server's span is an error from 500 on.
            if status >= 500 { server.status.code = .error }
        }

        var all = [server]
        for span in trace.spans where span.kind != .poll {
            var parent = server.spanID
            if let owner = trace.parent(of: span), owner.kind != .poll {
                parent = bytes(of: context.spanID(of: owner.id))
            }
            var made = OTLPSpan()
            made.traceID = traceID
            made.spanID = bytes(of: context.spanID(of: span.id))
            made.parentSpanID = parent
            made.name = span.label.isEmpty ? "\(span.kind)" : "\(span.kind) \(span.label)"
            let isClient = span.kind.isWait && span.awaitKind.isCall
            made.kind = isClient ? .client : .internal
            made.startTimeUnixNano = time(of: span.begin)
            made.endTimeUnixNano = time(of: max(span.begin, span.end ?? last))
            made.attributes = [
                OTLPKeyValue(key: "inspector.kind", text: "\(span.kind)"),
                OTLPKeyValue(key: "thread.id", number: Int64(span.track)),
            ]
            if !span.scope.isEmpty { made.attributes.append(OTLPKeyValue(key: "inspector.scope", text: span.scope)) }
            if span.isAsync { made.attributes.append(OTLPKeyValue(key: "inspector.async", flag: true)) }
            if isClient, span.awaitKind == .http, span.endValue > 0 {
                made.attributes.append(OTLPKeyValue(key: "http.response.status_code", number: span.endValue))
            }
            if !span.detail.isEmpty { made.attributes.append(OTLPKeyValue(key: "inspector.detail", text: span.detail)) }
            if [.raised, .failed, .timedOut].contains(span.outcome) {
                made.status.code = .error
                made.status.message = span.detail
            }
            all.append(made)
        }
        return all
    }

    /// An id as OTLP has it: eight bytes, the highest first.
    private static func bytes(of number: UInt64) -> Data {
        Data((0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) })
    }
}

extension OTLPKeyValue {
    fileprivate init(key: String, text: String) {
        self.init()
        self.key = key
        value.stringValue = text
    }

    fileprivate init(key: String, number: Int64) {
        self.init()
        self.key = key
        value.intValue = number
    }

    fileprivate init(key: String, flag: Bool) {
        self.init()
        self.key = key
        value.boolValue = flag
    }
}
