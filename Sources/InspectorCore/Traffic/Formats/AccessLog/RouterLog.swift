// Heroku's router, and others that write `name=value`.

/// Reads lines of names and values (logfmt).
enum RouterLog {
    /// `at=info method=GET path="/x" host=h fwd="10.0.0.1" connect=1ms service=18ms status=200 bytes=13`.
    ///
    /// The line is written at the request's end, which took connect and service together.
    static func read(_ bytes: [UInt8], line: Range<Int>, record: inout LogRecord) -> Bool {
        var at = line.lowerBound
        let end = line.upperBound
        while true {
            at = bytes.afterSpace(place: at, before: end)
            var sign = at
            while sign < end, bytes[sign].isLetter || bytes[sign].isDigit || "_-.".utf8.contains(bytes[sign]) {
                sign += 1
            }
            guard sign > at, sign < end, bytes[sign] == UInt8(ascii: "=") else { break }
            var value = bytes.word(at: sign + 1, before: end)
            var next = value.upperBound
            if let first = value.first, bytes[first] == 0x22 {
                guard let close = LineLog.quoteEnd(bytes: bytes, start: first + 1, before: end) else { break }
                value = (first + 1)..<close
                next = close + 1
            }
            if let role = role(bytes: bytes, name: at..<sign) {
                guard record.take(role, bytes: bytes, range: value) else { return false }
            }
            at = next
        }
        record.finish()
        return record.method != nil && record.target != nil && (record.status != nil || record.time != nil)
    }

    private static func role(bytes: [UInt8], name: Range<Int>) -> LogRole? {
        guard name.count <= 16 else { return nil }
        return switch String(decoding: bytes[name], as: UTF8.self) {
        case "method", "http_method": .method
        case "path", "uri", "request_uri", "url": .target
        case "host": .host
        case "fwd", "remote_addr", "ip": .client
        case "status", "status_code": .status
        case "bytes", "size": .size
        case "connect", "service": .durationPart(unit: 1e6)
        case "duration", "latency", "elapsed", "took", "request_time": .duration(unit: nil)
        case "duration_ms", "latency_ms", "elapsed_ms", "took_ms": .duration(unit: 1e6)
        case "time", "ts", "timestamp": .time(isBegin: false)
        default: nil
        }
    }
}
