// Traces as OTLP in JSON, which OpenTelemetry's collectors take.

/// Writes traces as an `ExportTraceServiceRequest` (OTLP 1.x, JSON: ids in hex, times as texts of ns since 1970).
package enum OTLP: TraceForm {
    package static let suffix = "otlp.json"
    package static let words = "as OTLP in JSON"

    package static func document(lanes: [ExportedLane], context: ExportContext, goesOn: () -> Bool) -> JSON? {
        document(
            traces: lanes.flatMap(\.traces), app: context.app, offset: context.offset, redaction: context.redaction,
            goesOn: goesOn)
    }

    /// - Parameters:
    ///   - app: the service's name.
    ///   - offset: what is added to a recorded time to get ns since 1970.
    ///   - redaction: what is taken out of targets, labels and details.
    package static func document(
        traces: [Trace], app: String, offset: UInt64, redaction: Redaction = .standard
    ) -> JSON {
        document(traces: traces, app: app, offset: offset, redaction: redaction) { true } ?? .null
    }

    private static func document(
        traces: [Trace], app: String, offset: UInt64, redaction: Redaction, goesOn: () -> Bool
    ) -> JSON? {
        let groups = Dictionary(grouping: traces) { $0.id.lane }
        var resources: [JSON] = []
        for (lane, traces) in groups.sorted(by: { $0.key < $1.key }) {
            var spans: [JSON] = []
            for trace in traces.lazy.map(redaction.trace) {
                guard goesOn() else { return nil }
                spans += self.spans(of: trace, offset: offset)
            }
            let described = traces.last.map { redaction.trace(trace: $0).summary.lane }
            resources.append(resource(lane: lane, described: described, spans: spans, app: app))
        }
        return .object(["resourceSpans": .array(resources)])
    }

    /// The spans of one lane.
    private static func resource(lane: LaneID, described: LaneDescription?, spans: [JSON], app: String) -> JSON {
        var attributes = [attribute(key: "service.name", value: .string(app))]
        attributes.append(attribute(key: "inspector.lane", value: .int(Int(lane.rawValue))))
        attributes.append(attribute(key: "inspector.lane.name", value: .string(described?.name ?? "")))
        if let mode = described?.mode {
            attributes.append(attribute(key: "inspector.mode", value: .string(mode.rawValue)))
        }
        let scope: JSON = .object(["name": .string(ProductVersion.name), "version": .string(ProductVersion.number)])
        return .object([
            "resource": .object(["attributes": .array(attributes)]),
            "scopeSpans": .array([.object(["scope": scope, "spans": .array(spans)])]),
        ])
    }

    private static func attribute(key: String, value: JSON) -> JSON {
        let wrapped: JSON
        switch value {
        // 64-bit integers are texts in OTLP's JSON.
        case .int(let number): wrapped = .object(["intValue": .string("\(number)")])
        case .bool(let flag): wrapped = .object(["boolValue": .bool(flag)])
        default: wrapped = .object(["stringValue": value])
        }
        return .object(["key": .string(key), "value": wrapped])
    }

    private static func spans(of trace: Trace, offset: UInt64) -> [JSON] {
        // The ids that calls carried to other services, so that the spans of those are found under ours.
        let context = trace.summary.context
        let traceID = context.traceIDText
        let root = TraceContext.hex(number: context.spanID)
        func id(span: Span) -> String { TraceContext.hex(number: context.spanID(of: span.id)) }
        let last = trace.lastTime(until: trace.done ?? trace.summary.accepted)
        func time(value: UInt64) -> JSON { .string("\(value &+ offset)") }
        func isError(_ span: Span) -> Bool { [.raised, .failed, .timedOut].contains(span.outcome) }
        var all: [JSON] = []
        let status = trace.status ?? 0
        var server: [String: JSON] = [
            "traceId": .string(traceID), "spanId": .string(root),
            "name": .string(trace.summary.method + (trace.rule.isEmpty ? "" : " " + trace.rule)), "kind": .int(2),
            "startTimeUnixNano": time(value: trace.began),
            "endTimeUnixNano": time(value: trace.done ?? last),
            "attributes": .array([
                attribute(key: "http.request.method", value: .string(trace.summary.method)),
                attribute(key: "url.path", value: .string(String(trace.summary.target.prefix { $0 != "?" }))),
                attribute(key: "http.route", value: .string(trace.rule)),
                attribute(key: "http.response.status_code", value: .int(status)),
                attribute(key: "inspector.request", value: .int(Int(clamping: trace.id.number))),
            ]), "status": .object(status >= 500 ? ["code": .int(2)] : [:]),
        ]
        if context.parentID != 0 { server["parentSpanId"] = .string(TraceContext.hex(number: context.parentID)) }
        if !context.state.isEmpty { server["traceState"] = .string(context.state) }
        all.append(.object(server))
        for span in trace.spans where span.kind != .poll {
            let parent =
                trace.parent(of: span).map { $0.kind == .poll ? root : id(span: $0) } ?? root
            var attributes = [attribute(key: "inspector.kind", value: .string("\(span.kind)"))]
            attributes.append(attribute(key: "thread.id", value: .int(Int(span.track))))
            if !span.scope.isEmpty { attributes.append(attribute(key: "inspector.scope", value: .string(span.scope))) }
            if span.isAsync { attributes.append(attribute(key: "inspector.async", value: .bool(true))) }
            let isClient = span.kind.isWait && span.awaitKind.isCall
            if isClient, span.awaitKind == .http, span.endValue > 0 {
                attributes.append(attribute(key: "http.response.status_code", value: .int(Int(span.endValue))))
            }
            if !span.detail.isEmpty {
                attributes.append(attribute(key: "inspector.detail", value: .string(span.detail)))
            }
            all.append(
                .object([
                    "traceId": .string(traceID), "spanId": .string(id(span: span)),
                    "parentSpanId": .string(parent),
                    "name": .string(span.label.isEmpty ? "\(span.kind)" : "\(span.kind) \(span.label)"),
                    "kind": .int(isClient ? 3 : 1), "startTimeUnixNano": time(value: span.begin),
                    "endTimeUnixNano": time(value: max(span.begin, span.end ?? last)), "attributes": .array(attributes),
                    "status": .object(isError(span) ? ["code": .int(2), "message": .string(span.detail)] : [:]),
                ]))
        }
        return all
    }
}
