// The forms of access logs that are known without being told, the most specific first.

/// One form of an access log.
enum LogForm: Sendable {
    /// A time, a quoted request, and what stands around them.
    case line
    case template(LogTemplate, String)
    case haproxy
    case router
    case json(JSONLog)
    case w3c

    /// The forms of lines of text and of JSON, in the order in which they are tried.
    static let known: [LogForm] = JSONLog.known.map(LogForm.json) + templates + [.haproxy, .router, .line]

    /// The forms in JSON that are one server's: the usual names may be those of any message of an app.
    static let otherJSON: [LogForm] = JSONLog.known.dropLast().map(LogForm.json)

    /// Reads a line; false when it is of another form.
    ///
    /// Lines of `w3c` need what stands above them, and are read by that.
    func read(_ message: inout LogMessage, record: inout LogRecord) -> Bool {
        switch self {
        case .line: LineLog.read(message.bytes, line: message.range, record: &record)
        case .template(let template, _): template.read(message.bytes, line: message.range, record: &record)
        case .haproxy: HAProxyLog.read(message.bytes, line: message.range, record: &record)
        case .router: RouterLog.read(message.bytes, line: message.range, record: &record)
        case .json(let log): log.read(&message, record: &record)
        case .w3c: false
        }
    }

    /// What sentences call it, by what its first line has.
    func name(message: LogMessage, record: LogRecord) -> String {
        switch self {
        case .line: LineLog.name(bytes: message.bytes, line: message.range, record: record)
        case .template(_, let name): name
        case .haproxy: "HAProxy's HTTP log"
        case .router: "names and values (Heroku's router)"
        case .json(let log): log.name
        case .w3c: "W3C's extended format (IIS)"
        }
    }

    /// Whether the user has described it.
    var isDescribed: Bool {
        switch self {
        case .template(_, let name): name.contains("--log-format")
        case .json(let log): log.name.contains("--log-format")
        case .line, .haproxy, .router, .w3c: false
        }
    }

    /// Whether a line that does not fit is read in no other form.
    var isStrict: Bool {
        if case .w3c = self { return true }
        return isDescribed
    }

    /// Forms that are written down as nginx writes its own.
    private static let templates: [LogForm] = {
        let own: [String: LogTemplate.Piece] = [
            "_": .field(.ignored), "begin": .time(isBegin: true), "end": .time(isBegin: false),
            "ms": .field(.duration(unit: 1e6)), "part": .field(.durationPart(unit: 1e9)), "client": .field(.client),
            "size": .field(.size), "code": .field(.status),
        ]
        let forms: [(String, String)] = [
            (
                "Envoy",
                #"[$begin] "$request" $status $_ $_ $size $ms $_ "$_" "$http_user_agent" "$_" "$host" "$_""#
            ),
            (
                "Envoy, as Istio sets it up",
                #"[$begin] "$request" $status $_ $_ $_ "$_" $_ $size $ms $_ "$_" "$http_user_agent" "$_" "$host" "$_""#
            ),
            (
                "AWS's application load balancer",
                #"$_ $end $_ $client $_ $part $part $part $status $_ $_ $size "$request" "$http_user_agent""#
            ),
            (
                "AWS's classic load balancer",
                #"$end $_ $client $_ $part $part $part $status $_ $_ $size "$request""#
            ),
            (
                "Nginx Proxy Manager",
                #"[$end] $_ $_ $status - $request_method $_ $host "$request_uri" [Client $client] [Length $size] "#
                    + #"[Gzip $_] [Sent-to $_] "$http_user_agent" "$http_referer""#
            ),
            (
                "Nginx Proxy Manager",
                #"[$end] $status - $request_method $_ $host "$request_uri" [Client $client] [Length $size] [Gzip $_] "#
                    + #""$http_user_agent" "$http_referer""#
            ),
        ]
        return forms.compactMap { name, text in
            var source = LogFormatSource(text)
            source.appendRest(from: 0, before: source.text.count)
            return (try? NginxFormatString.template(source: source, own: own)).map { .template($0, name) }
        }
    }()
}

extension LineLog {
    /// What a line is called by what it has: few of its servers can be told apart.
    static func name(bytes: [UInt8], line: Range<Int>, record: LogRecord) -> String {
        guard let request = record.request else { return "lines" }
        guard let time = record.timeRange, let first = time.first else { return "uvicorn's lines" }
        let isClock = time.count > 12 && bytes[first..<(first + 6)].contains(UInt8(ascii: "/"))
        if isClock, bytes[first + 11] == 32 {
            return first == line.lowerBound + 1 ? "Django's development server" : "Flask's development server"
        }
        if case .request(_, let target) = LogRecord.split(bytes, range: request) {
            let version = bytes.trimmed(range: target.upperBound..<request.upperBound)
            if version.isEmpty, record.time?.zone == .missing { return "daphne's lines" }
            if let digit = version.first, bytes[digit].isDigit { return "hypercorn's lines" }
        }
        if record.isBegin { return "Traefik's common format" }
        var name = record.agent != nil || record.referer != nil ? "combined" : "common"
        if record.agent == nil, LineLog.hasQuotes(bytes, start: request.upperBound + 1, before: line.upperBound) {
            name = "combined"
        }
        if record.host != nil { name += " with the host in front" }
        if record.duration != nil { name += " with its duration" }
        if !isClock { name += ", with a time of another form" }
        return name
    }

    private static func hasQuotes(_ bytes: [UInt8], start: Int, before end: Int) -> Bool {
        start < end && bytes[start..<end].contains(0x22)
    }
}
