// A trace as the list of events that the vectors have.

import Foundation

@testable import InspectorCore

struct VectorEvents {
    private(set) var list: [JSON] = []
    private let trace: Trace
    private let mode: ExecutionMode
    private var threads: [UInt32: String] = [:]

    /// The fields that are compared in `mode`; the rest is the real Flask's own.
    static func expected(_ expected: JSON, mode: ExecutionMode) -> [JSON] {
        (expected["events"]?.items ?? []).map { event in
            guard case .object(var fields) = event, mode == .native else { return event }
            fields["thread"] = nil
            fields["subthread"] = false
            if event["event"] == "mark", event["label"] == "local" { fields["value"] = nil }
            return .object(fields)
        }
    }

    init(_ trace: Trace, arguments: [String: ViewArgument]?, mode: ExecutionMode) {
        self.trace = trace
        self.mode = mode
        var found: [(order: (span: UInt32, time: UInt64, index: Int), event: [String: JSON], track: UInt32)] = []
        for span in trace.spans {
            if let event = event(of: span, arguments: arguments) {
                found.append(((span.id.rawValue, 0, 0), event, span.track))
            }
        }
        for span in trace.spans(.stream) {
            // The end of a body that had begun: among the moments it has its place by time.
            guard let end = span.end, let last = trace.spans.last(where: { $0.begin <= end }) else { continue }
            found.append(((last.id.rawValue, end, 0), ["event": "stream_close"], span.track))
        }
        var pieces = 0
        for (index, moment) in trace.moments.enumerated() {
            if moment.kind == .streamChunk {
                let event: [String: JSON] = [
                    "event": "stream_chunk", "i": .int(pieces),
                    "has_request_context": .bool(moment.flags.contains(.hasRequestContext)),
                ]
                found.append(((moment.order, moment.time, index + 1), event, moment.track))
                pieces += 1
            } else if let event = event(of: moment) {
                found.append(((moment.order, moment.time, index + 1), event, moment.track))
            }
        }
        found.sort { $0.order < $1.order }
        let worker = trace.spans.first { $0.kind == .routing }?.track
        for (_, event, track) in found {
            var event = event
            if mode == .native {
                event["subthread"] = false
            } else {
                let name = track == worker ? "W" : name(of: track)
                event["thread"] = .string(name)
                event["subthread"] = .bool(trace.subThreadName(of: track) != nil)
            }
            list.append(.object(event))
        }
    }

    private mutating func name(of track: UInt32) -> String {
        if let known = threads[track] { return known }
        let made = "S\(threads.count + 1)"
        threads[track] = made
        return made
    }

    private func event(of span: Span, arguments: [String: ViewArgument]?) -> [String: JSON]? {
        var event: [String: JSON]
        switch span.kind {
        case .routing:
            let isFound = span.outcome == .done
            return [
                "event": "routing", "endpoint": isFound ? .string(trace.endpoint) : .null,
                "rule": isFound ? .string(trace.rule) : .null, "error": isFound ? .null : .string(span.detail),
            ]
        case .urlValuePreprocessor:
            event = call("url_value_preprocessor", span)
            event["async"] = false
            event["endpoint"] = trace.endpoint.isEmpty ? .null : .string(trace.endpoint)
        case .signal:
            event = ["event": "signal", "name": .string(span.label)]
            if ["got_request_exception", "request_tearing_down", "appcontext_tearing_down"].contains(span.label) {
                let given = trace.moments.first { $0.kind == .givenError && $0.parent == span.id }
                event["exc"] = given.map { .string($0.label) } ?? .null
            }
        case .beforeRequest: event = call("before_request", span)
        case .view:
            event = call("view", span)
            event["args"] = .object((arguments ?? [:]).mapValues(Self.typed))
        case .errorHandler:
            event = call("error_handler", span)
            let given = trace.moments.first { $0.kind == .givenError && $0.parent == span.id }
            event["exc"] = given.map { .string($0.label) } ?? .null
            event["original"] = given.flatMap { $0.detail.isEmpty ? nil : .string($0.detail) } ?? .null
        case .afterThisRequest, .afterRequest:
            event = call(span.kind == .afterRequest ? "after_request" : "after_this_request", span)
            event["status"] = .int(Int(span.value))
        case .teardownRequest, .teardownAppContext:
            event = call(span.kind == .teardownRequest ? "teardown_request" : "teardown_appcontext", span)
            let given = trace.moments.first { $0.kind == .givenError && $0.parent == span.id }
            event["exc"] = given.map { .string($0.label) } ?? .null
        default: return nil
        }
        return event
    }

    private func call(_ name: String, _ span: Span) -> [String: JSON] {
        var outcome = "\(span.outcome)"
        if span.outcome == .raised { outcome = "raise:" + span.detail }
        if span.outcome == .nothing { outcome = "none" }
        return [
            "event": .string(name), "name": .string(span.label), "scope": .string(span.scope),
            "async": .bool(span.flags.contains(.isAsync)), "outcome": .string(outcome),
        ]
    }

    private func event(of moment: Moment) -> [String: JSON]? {
        switch moment.kind {
        case .autoOptions: ["event": "auto_options"]
        case .unhandled: ["event": "unhandled", "exc": .string(moment.label)]
        case .finalizeErrorIgnored: ["event": "finalize_error_ignored", "exc": .string(moment.label)]
        case .propagate: ["event": "propagate", "exc": .string(moment.label)]
        case .mark: mark(moment)
        default: nil
        }
    }

    private func mark(_ moment: Moment) -> [String: JSON] {
        var event: [String: JSON] = ["event": "mark", "label": .string(moment.label)]
        if moment.value == 1, mode != .native || moment.label != "local" {
            event["value"] = (try? JSON(parsing: moment.detail.utf8)) ?? .null
        }
        return event
    }

    /// A float without a fraction is written like an int: read from JSON, the two are one.
    static func typed(_ value: ViewArgument) -> JSON {
        switch value {
        case .string(let text): ["type": "str", "value": .string(text)]
        case .int(let number): ["type": "int", "value": .int(number)]
        case .float(let number): ["type": "float", "value": Int(exactly: number).map(JSON.int) ?? .double(number)]
        case .uuid(let value): ["type": "uuid", "value": .string(value.uuidString.lowercased())]
        case .custom(let value): ["type": "custom", "value": .string(value.description)]
        }
    }
}
