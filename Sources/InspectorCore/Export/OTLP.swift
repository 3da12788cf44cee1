// Traces as OTLP in JSON, which OpenTelemetry's collectors take.

/// Writes traces as an `ExportTraceServiceRequest` (OTLP 1.x, JSON: ids in hex, times as texts of ns since 1970).
package enum OTLP: TraceForm {
    package static let suffix = "otlp.json"
    package static let words = "as OTLP in JSON"

    package static func document(_ lanes: [ExportedLane], _ context: ExportContext) -> JSON {
        document(
            lanes.flatMap(\.traces), app: context.app, offset: context.offset, redaction: context.redaction)
    }

    /// - Parameters:
    ///   - app: the service's name.
    ///   - offset: what is added to a recorded time to get ns since 1970.
    ///   - redaction: what is taken out of targets, labels and details.
    package static func document(
        _ traces: [Trace], app: String, offset: UInt64, redaction: Redaction = .standard
    ) -> JSON {
        let groups = Dictionary(grouping: traces.map(redaction.trace)) { $0.id.lane }
        let resources = groups.keys.sorted().map { lane in
            resource(lane, groups[lane] ?? [], app: app, offset: offset)
        }
        return .object(["resourceSpans": .array(resources)])
    }

    /// The spans of one lane.
    private static func resource(_ lane: LaneID, _ traces: [Trace], app: String, offset: UInt64) -> JSON {
        let described = traces.last?.summary.lane
        var attributes = [attribute("service.name", .string(app))]
        attributes.append(attribute("inspector.lane", .int(Int(lane.rawValue))))
        attributes.append(attribute("inspector.lane.name", .string(described?.name ?? "")))
        if let mode = described?.mode { attributes.append(attribute("inspector.mode", .string(mode.rawValue))) }
        let scope: JSON = .object(["name": .string(ProductVersion.name), "version": .string(ProductVersion.number)])
        let all: JSON = .array(traces.flatMap { spans(of: $0, offset: offset) })
        return .object([
            "resource": .object(["attributes": .array(attributes)]),
            "scopeSpans": .array([.object(["scope": scope, "spans": all])]),
        ])
    }

    private static func attribute(_ key: String, _ value: JSON) -> JSON {
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
        let root = TraceContext.hex(context.spanID)
        func id(_ span: Span) -> String { TraceContext.hex(context.spanID(of: span.id)) }
        let last = trace.lastTime(until: trace.done ?? trace.summary.accepted)
        func time(_ value: UInt64) -> JSON { .string("\(value &+ offset)") }
        func isError(_ span: Span) -> Bool { [.raised, .failed, .timedOut].contains(span.outcome) }
        var all: [JSON] = []
        let status = trace.status ?? 0
        var server: [String: JSON] = [
            "traceId": .string(traceID), "spanId": .string(root),
            "name": .string(trace.summary.method + (trace.rule.isEmpty ? "" : " " + trace.rule)), "kind": .int(2),
            "startTimeUnixNano": time(trace.summary.accepted), "endTimeUnixNano": time(trace.done ?? last),
            "attributes": .array([
                attribute("http.request.method", .string(trace.summary.method)),
                attribute("url.path", .string(String(trace.summary.target.prefix { $0 != "?" }))),
                attribute("http.route", .string(trace.rule)), attribute("http.response.status_code", .int(status)),
                attribute("inspector.request", .int(Int(clamping: trace.id.number))),
            ]), "status": .object(status >= 500 ? ["code": .int(2)] : [:]),
        ]
        if context.parentID != 0 { server["parentSpanId"] = .string(TraceContext.hex(context.parentID)) }
        if !context.state.isEmpty { server["traceState"] = .string(context.state) }
        all.append(.object(server))
        for span in trace.spans where span.kind != .poll {
            let parent =
                trace.parent(of: span).map { $0.kind == .poll ? root : id($0) } ?? root
            var attributes = [attribute("inspector.kind", .string("\(span.kind)"))]
            attributes.append(attribute("thread.id", .int(Int(span.track))))
            if !span.scope.isEmpty { attributes.append(attribute("inspector.scope", .string(span.scope))) }
            if span.isAsync { attributes.append(attribute("inspector.async", .bool(true))) }
            let isClient = span.kind.isWait && span.awaitKind.isCall
            if isClient, span.awaitKind == .http, span.endValue > 0 {
                attributes.append(attribute("http.response.status_code", .int(Int(span.endValue))))
            }
            if !span.detail.isEmpty { attributes.append(attribute("inspector.detail", .string(span.detail))) }
            all.append(
                .object([
                    "traceId": .string(traceID), "spanId": .string(id(span)),
                    "parentSpanId": .string(parent),
                    "name": .string(span.label.isEmpty ? "\(span.kind)" : "\(span.kind) \(span.label)"),
                    "kind": .int(isClient ? 3 : 1), "startTimeUnixNano": time(span.begin),
                    "endTimeUnixNano": time(max(span.begin, span.end ?? last)), "attributes": .array(attributes),
                    "status": .object(isError(span) ? ["code": .int(2), "message": .string(span.detail)] : [:]),
                ]))
        }
        return all
    }
}
