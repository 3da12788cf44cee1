// Traces as OTLP in JSON, which OpenTelemetry's collectors take.

internal import Foundation
internal import OTLPMessages

/// Writes traces as an `ExportTraceServiceRequest` (OTLP 1.x, JSON: ids in hex, times as texts of ns since 1970).
package enum OTLP: TraceForm {
    package static let suffix = "otlp.json"
    package static let words = "as OTLP in JSON"

    package static func document(lanes: [ExportedLane], context: ExportContext, goesOn: () -> Bool) -> JSON? {
        OTLPExportTraceServiceRequest(
            traces: lanes.flatMap(\.traces), app: context.app, offset: context.offset, redaction: context.redaction,
            goesOn: goesOn
        ).map(json)
    }

    /// - Parameters:
    ///   - app: the service's name.
    ///   - offset: what is added to a recorded time to get ns since 1970.
    ///   - redaction: what is taken out of targets, labels and details.
    package static func document(
        traces: [Trace], app: String, offset: UInt64, redaction: Redaction = .standard
    ) -> JSON {
        OTLPExportTraceServiceRequest(traces: traces, app: app, offset: offset, redaction: redaction).map(json) ?? .null
    }

    // The library's own JSON has ids in base64, as protobuf has it; OTLP has them in hex.

    private static func json(_ request: OTLPExportTraceServiceRequest) -> JSON {
        .object([
            "resourceSpans": .array(
                request.resourceSpans.map { resource in
                    .object([
                        "resource": .object(["attributes": json(resource.resource.attributes)]),
                        "scopeSpans": .array(
                            resource.scopeSpans.map { scope in
                                .object([
                                    "scope": .object([
                                        "name": .string(scope.scope.name), "version": .string(scope.scope.version),
                                    ]),
                                    "spans": .array(scope.spans.map(json)),
                                ])
                            }),
                    ])
                })
        ])
    }

    private static func json(_ span: OTLPSpan) -> JSON {
        var members: [String: JSON] = [
            "traceId": .string(span.traceID.hexText), "spanId": .string(span.spanID.hexText),
            "name": .string(span.name),
            "kind": .int(span.kind.rawValue), "startTimeUnixNano": .string("\(span.startTimeUnixNano)"),
            "endTimeUnixNano": .string("\(span.endTimeUnixNano)"), "attributes": json(span.attributes),
        ]
        if !span.parentSpanID.isEmpty { members["parentSpanId"] = .string(span.parentSpanID.hexText) }
        if !span.traceState.isEmpty { members["traceState"] = .string(span.traceState) }
        if span.hasStatus {
            var status: [String: JSON] = ["code": .int(span.status.code.rawValue)]
            if !span.status.message.isEmpty { status["message"] = .string(span.status.message) }
            members["status"] = .object(status)
        }
        return .object(members)
    }

    private static func json(_ attributes: [OTLPKeyValue]) -> JSON {
        .array(attributes.map { .object(["key": .string($0.key), "value": json($0.value)]) })
    }

    private static func json(_ value: OTLPAnyValue) -> JSON {
        switch value.value {
        case .stringValue(let text): .object(["stringValue": .string(text)])
        case .boolValue(let flag): .object(["boolValue": .bool(flag)])
        // 64-bit integers are texts in OTLP's JSON.
        case .intValue(let number): .object(["intValue": .string("\(number)")])
        case .doubleValue(let number): .object(["doubleValue": .double(number)])
        // A trace is told in texts, numbers and flags alone.
        case .arrayValue, .kvlistValue, .bytesValue, nil: .object([:])
        }
    }
}
