// nginx' log_format (nginx: ngx_http_log_module, ngx_http_core_module).

/// A log_format: `$name` or `${name}` for a field, everything else as it stands.
enum NginxFormatString {
    /// What fields hold that a replay needs.
    static let names: [String: LogTemplate.Piece] = [
        "remote_addr": .field(.client), "realip_remote_addr": .field(.ignored), "request": .field(.request),
        "request_method": .field(.method), "request_uri": .field(.target), "uri": .field(.target),
        "document_uri": .field(.target), "args": .field(.query), "query_string": .field(.query),
        "status": .field(.status), "body_bytes_sent": .field(.size), "bytes_sent": .field(.ignored),
        "request_time": .field(.duration(unit: 1e9)), "time_local": .time(isBegin: false),
        "time_iso8601": .time(isBegin: false), "msec": .time(isBegin: false), "http_host": .field(.host),
        "host": .field(.host), "server_name": .field(.host), "http_referer": .field(.referer),
        "http_user_agent": .field(.agent),
    ]

    /// Other fields of nginx' own: known, so that a slip of the pen is not taken for a field of the user's.
    private static let others: Set<String> = [
        "binary_remote_addr", "connection", "connection_requests", "connection_time", "content_length", "content_type",
        "gzip_ratio", "hostname", "https", "is_args", "limit_rate", "nginx_version", "pid", "pipe", "proxy_host",
        "proxy_port", "proxy_add_x_forwarded_for", "proxy_protocol_addr", "proxy_protocol_port", "remote_port",
        "remote_user", "request_body", "request_body_file", "request_completion", "request_filename", "request_id",
        "request_length", "scheme", "server_addr", "server_port", "server_protocol", "ssl_cipher", "ssl_protocol",
        "tcpinfo_rtt", "upstream_addr", "upstream_bytes_received", "upstream_bytes_sent", "upstream_cache_status",
        "upstream_connect_time", "upstream_header_time", "upstream_response_length", "upstream_response_time",
        "upstream_status", "geoip_country_code", "http_x_forwarded_for", "http_cookie", "http_accept",
    ]

    /// - Parameter own: names beyond nginx' own, for forms that are written down in this program.
    static func template(
        source: LogFormatSource, own: [String: LogTemplate.Piece] = [:]
    ) throws(LogFormatError) -> LogTemplate {
        var builder = LogTemplateBuilder(source: source)
        let bytes = source.bytes
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "$"), let (name, next) = name(bytes: bytes, place: at) else {
                if bytes[at] == UInt8(ascii: "$"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "{") {
                    throw LogFormatError(source: source, range: at..<bytes.count, reason: "the brace does not close")
                }
                builder.text(byte: bytes[at], at: at)
                at += 1
                continue
            }
            let piece: LogTemplate.Piece
            if let known = own[name] {
                piece = known
            } else {
                piece = try self.piece(name: name, source: source, range: at..<next)
            }
            let isGuess = ["server_name": 2, "host": 1][name] ?? 0
            if name != "is_args" { builder.field(piece: piece, range: at..<next, rank: isGuess) }
            at = next
        }
        return try builder.finished(needs: "$request, or $request_method and $request_uri, should be there")
    }

    private static func piece(
        name: String, source: LogFormatSource, range: Range<Int>
    ) throws(LogFormatError) -> LogTemplate.Piece {
        if let known = names[name] { return known }
        if others.contains(name) && !name.hasPrefix("http_") { return .field(.ignored) }
        // A name of one's own (map, set) may be anything but one letter off a name that counts.
        let wanted = names.keys.sorted().filter { LogNames.distance(one: $0, other: name) <= ($0.count > 4 ? 2 : 1) }
        if let near = wanted.min(by: {
            LogNames.distance(one: $0, other: name) < LogNames.distance(one: $1, other: name)
        }),
            !others.contains(name)
        {
            throw LogFormatError(
                source: source, range: range,
                reason: "nginx has no such field; $\(near) is meant? Those that count are "
                    + names.keys.sorted().map { "$" + $0 }.joined(separator: ", "))
        }
        if name.hasPrefix("http_") { return .field(.header(LogNames.header(name: name.dropFirst(5)))) }
        return .field(.ignored)
    }

    private static func name(bytes: [UInt8], place: Int) -> (String, Int)? {
        let isBraced = place + 1 < bytes.count && bytes[place + 1] == UInt8(ascii: "{")
        let start = place + (isBraced ? 2 : 1)
        var at = start
        while at < bytes.count, bytes[at].isLetter || bytes[at].isDigit || bytes[at] == UInt8(ascii: "_") { at += 1 }
        guard at > start else { return nil }
        let name = String(decoding: bytes[start..<at], as: UTF8.self)
        guard isBraced else { return (name, at) }
        return at < bytes.count && bytes[at] == UInt8(ascii: "}") ? (name, at + 1) : nil
    }
}

/// Names of fields.
enum LogNames {
    /// `x_forwarded_for` as a field of a request's head has it: `X-Forwarded-For`.
    static func header(name: some StringProtocol) -> String {
        name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: "-")
    }

    /// In how many letters two names differ, but for large differences, which are all alike.
    static func distance(one: String, other: String) -> Int {
        let (left, right) = (Array(one.utf8), Array(other.utf8))
        guard abs(left.count - right.count) <= 3, right.count <= 64 else { return 99 }
        var row = Array(0...right.count)
        for (place, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = place + 1
            for column in right.indices {
                let kept = row[column + 1]
                row[column + 1] = min(diagonal + (byte == right[column] ? 0 : 1), row[column] + 1, kept + 1)
                diagonal = kept
            }
        }
        return row[right.count]
    }
}
