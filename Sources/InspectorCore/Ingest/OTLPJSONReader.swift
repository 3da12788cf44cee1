// OTLP's own JSON, read into the standard's messages: ids in hex, which protobuf's JSON does not have.

internal import Foundation
internal import OTLPMessages

/// Reads messages out of JSON (`OTLP 1.x: JSON Protobuf Encoding`): unknown names are overlooked, `null` is what is not
/// there, 64-bit integers are texts or numbers, enums are numbers.
enum OTLPJSONReader {
    /// What has another type than the protocol says.
    struct Fault: Error {
        let place: String
    }

    static func request(_ json: JSON) throws(Fault) -> OTLPExportTraceServiceRequest {
        var request = OTLPExportTraceServiceRequest()
        request.resourceSpans = try each(named: "resourceSpans", of: json, read: resource)
        return request
    }

    private static func resource(_ json: JSON) throws(Fault) -> OTLPResourceSpans {
        var whole = OTLPResourceSpans()
        if let resource = try object(named: "resource", of: json) {
            whole.resource.attributes = try each(named: "attributes", of: resource, read: pair)
        }
        whole.scopeSpans = try each(named: "scopeSpans", of: json, read: scope)
        return whole
    }

    private static func scope(_ json: JSON) throws(Fault) -> OTLPScopeSpans {
        var whole = OTLPScopeSpans()
        if let scope = try object(named: "scope", of: json) {
            whole.scope.name = try text(named: "name", of: scope)
            whole.scope.version = try text(named: "version", of: scope)
        }
        whole.spans = try each(named: "spans", of: json, read: span)
        return whole
    }

    private static func span(_ json: JSON) throws(Fault) -> OTLPSpan {
        var span = OTLPSpan()
        span.traceID = id(hex: try text(named: "traceId", of: json))
        span.spanID = id(hex: try text(named: "spanId", of: json))
        span.parentSpanID = id(hex: try text(named: "parentSpanId", of: json))
        span.traceState = try text(named: "traceState", of: json)
        span.name = try text(named: "name", of: json)
        span.kind = OTLPSpan.SpanKind(rawValue: try number(named: "kind", of: json)) ?? .unspecified
        span.flags = UInt32(clamping: try number(named: "flags", of: json))
        span.startTimeUnixNano = try time(named: "startTimeUnixNano", of: json)
        span.endTimeUnixNano = try time(named: "endTimeUnixNano", of: json)
        span.attributes = try each(named: "attributes", of: json, read: pair)
        span.events = try each(named: "events", of: json) { event throws(Fault) in
            var whole = OTLPSpan.Event()
            whole.timeUnixNano = try time(named: "timeUnixNano", of: event)
            whole.name = try text(named: "name", of: event)
            whole.attributes = try each(named: "attributes", of: event, read: pair)
            return whole
        }
        span.links = try each(named: "links", of: json) { link throws(Fault) in
            var whole = OTLPSpan.Link()
            whole.traceID = id(hex: try text(named: "traceId", of: link))
            whole.spanID = id(hex: try text(named: "spanId", of: link))
            whole.attributes = try each(named: "attributes", of: link, read: pair)
            return whole
        }
        if let status = try object(named: "status", of: json) {
            span.status.message = try text(named: "message", of: status)
            span.status.code = OTLPStatus.StatusCode(rawValue: try number(named: "code", of: status)) ?? .unset
        }
        return span
    }

    private static func pair(_ json: JSON) throws(Fault) -> OTLPKeyValue {
        var pair = OTLPKeyValue()
        pair.key = try text(named: "key", of: json)
        if let value = try object(named: "value", of: json) { pair.value = try self.value(value) }
        return pair
    }

    /// As deep as JSON was read: its reader has a limit of its own.
    private static func value(_ json: JSON) throws(Fault) -> OTLPAnyValue {
        var value = OTLPAnyValue()
        if let text = json["stringValue"]?.string {
            value.stringValue = text
        } else if case .bool(let flag) = json["boolValue"] {
            value.boolValue = flag
        } else if has(named: "intValue", of: json) {
            value.intValue = Int64(try number(named: "intValue", of: json))
        } else if let number = json["doubleValue"], number != .null {
            // NaN and the infinities are texts there (proto3's JSON).
            value.doubleValue = number.number ?? number.string.flatMap { Double($0) } ?? .nan
        } else if let array = try object(named: "arrayValue", of: json) {
            value.arrayValue.values = try each(named: "values", of: array, read: self.value)
        } else if let list = try object(named: "kvlistValue", of: json) {
            value.kvlistValue.values = try each(named: "values", of: list, read: pair)
        } else if let text = json["bytesValue"]?.string {
            value.bytesValue = Data(base64Encoded: text) ?? Data()
        }
        return value
    }

    // MARK: Members

    private static func has(named name: String, of json: JSON) -> Bool { json[name].map { $0 != .null } ?? false }

    private static func each<Value>(
        named name: String, of json: JSON, read: (JSON) throws(Fault) -> Value
    ) throws(Fault) -> [Value] {
        guard case .object = json else { throw Fault(place: "what holds \(name) is no object") }
        guard has(named: name, of: json) else { return [] }
        guard let items = json[name]?.items else { throw Fault(place: "\(name) is no array") }
        var values: [Value] = []
        values.reserveCapacity(items.count)
        for item in items { values.append(try read(item)) }
        return values
    }

    private static func object(named name: String, of json: JSON) throws(Fault) -> JSON? {
        guard has(named: name, of: json), let value = json[name] else { return nil }
        guard case .object = value else { throw Fault(place: "\(name) is no object") }
        return value
    }

    private static func text(named name: String, of json: JSON) throws(Fault) -> String {
        guard has(named: name, of: json) else { return "" }
        guard let text = json[name]?.string else { throw Fault(place: "\(name) is no text") }
        return text
    }

    private static func number(named name: String, of json: JSON) throws(Fault) -> Int {
        guard has(named: name, of: json) else { return 0 }
        if let number = json[name]?.int { return number }
        if let text = json[name]?.string, let number = Int(text) { return number }
        throw Fault(place: "\(name) is no integer")
    }

    /// A fixed64: as a number it may be larger than an `Int`.
    private static func time(named name: String, of json: JSON) throws(Fault) -> UInt64 {
        guard has(named: name, of: json) else { return 0 }
        if let number = json[name]?.int { return UInt64(clamping: number) }
        if case .bigInteger(let number) = json[name], let time = UInt64(number.digits) { return time }
        if let text = json[name]?.string, let time = UInt64(text) { return time }
        throw Fault(place: "\(name) is no time in ns")
    }

    /// The bytes that hex digits of either case stand for; empty for what is none, which no id is.
    private static func id(hex text: String) -> Data {
        var bytes = Data()
        var half: UInt8?
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: return Data()
            }
            if let high = half {
                bytes.append(high << 4 | digit)
                half = nil
            } else {
                half = digit
            }
        }
        return half == nil ? bytes : Data()
    }
}
