// Traces as OTLP in JSON, which OpenTelemetry's collectors take.

/// Writes traces as an `ExportTraceServiceRequest` (OTLP 1.x, JSON: ids in hex, times as texts of ns since 1970).
package enum OTLP {
    /// - Parameters:
    ///   - app: the service's name.
    ///   - offset: what is added to a recorded time to get ns since 1970.
    ///   - redaction: what is taken out of targets, labels and details.
    package static func document(
        _ traces: [Trace], app: String, offset: UInt64, redaction: Redaction = .standard
    ) -> JSON {
        let groups = Dictionary(grouping: traces.map(redaction.trace)) { $0.id.lane }
        let resources = groups.keys.sorted().map { lane -> JSON in
            let traces = groups[lane] ?? []
            let mode = traces.last?.summary.mode.rawValue ?? ""
            return .object([
                "resource": .object([
                    "attributes": .array([
                        attribute("service.name", .string(app)), attribute("inspector.mode", .string(mode)),
                        attribute("inspector.lane", .int(Int(lane.rawValue))),
                    ])
                ]),
                "scopeSpans": .array([
                    .object([
                        "scope": .object(["name": "inspector", "version": "0.1.0"]),
                        "spans": .array(traces.flatMap { spans(of: $0, offset: offset) }),
                    ])
                ]),
            ])
        }
        return .object(["resourceSpans": .array(resources)])
    }

    private static func hex(_ number: UInt64, _ digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
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
        // A lane is a part of the trace's id: the same request in two lanes is two traces. Ids of zeros are invalid.
        let traceID = hex(UInt64(trace.id.lane.rawValue) + 1, 16) + hex(trace.id.number, 16)
        let root = hex(UInt64(UInt32.max) + 1, 16)
        let last = trace.lastTime(until: trace.done ?? trace.summary.accepted)
        func time(_ value: UInt64) -> JSON { .string("\(value &+ offset)") }
        func isError(_ span: Span) -> Bool { [.raised, .failed, .timedOut].contains(span.outcome) }
        var all: [JSON] = []
        let status = trace.status ?? 0
        all.append(
            .object([
                "traceId": .string(traceID), "spanId": .string(root),
                "name": .string(trace.summary.method + (trace.rule.isEmpty ? "" : " " + trace.rule)), "kind": .int(2),
                "startTimeUnixNano": time(trace.summary.accepted), "endTimeUnixNano": time(trace.done ?? last),
                "attributes": .array([
                    attribute("http.request.method", .string(trace.summary.method)),
                    attribute("url.path", .string(String(trace.summary.target.prefix { $0 != "?" }))),
                    attribute("http.route", .string(trace.rule)), attribute("http.response.status_code", .int(status)),
                    attribute("inspector.request", .int(Int(clamping: trace.id.number))),
                ]), "status": .object(status >= 500 ? ["code": .int(2)] : [:]),
            ]))
        for span in trace.spans where span.kind != .poll {
            let parent =
                trace.parent(of: span).map { $0.kind == .poll ? root : hex(UInt64($0.id.rawValue), 16) } ?? root
            var attributes = [attribute("inspector.kind", .string("\(span.kind)"))]
            attributes.append(attribute("thread.id", .int(Int(span.track))))
            if !span.scope.isEmpty { attributes.append(attribute("inspector.scope", .string(span.scope))) }
            if span.isAsync { attributes.append(attribute("inspector.async", .bool(true))) }
            if (span.kind == .await || span.kind == .blocked) && span.awaitKind == .http && span.endValue > 0 {
                attributes.append(attribute("http.response.status_code", .int(Int(span.endValue))))
            }
            if !span.detail.isEmpty { attributes.append(attribute("inspector.detail", .string(span.detail))) }
            let isClient = (span.kind == .await || span.kind == .blocked) && span.awaitKind == .http
            all.append(
                .object([
                    "traceId": .string(traceID), "spanId": .string(hex(UInt64(span.id.rawValue), 16)),
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
