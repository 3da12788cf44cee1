// Which form a log is in is found by reading its first lines in every form that is known, the most specific first.

extension AccessLogFormat {
    static func reader(for head: TrafficHead, reading: TrafficReading) throws(TrafficFileError) -> Self? {
        let described = try described(reading: reading, head: head)
        guard !isOther(head) else { return nil }
        if described == nil, let w3c = w3c(head: head) { return w3c }
        let forms = described.map { [$0.form] } ?? LogForm.known
        var weak: Self?
        for (place, line) in head.lines.enumerated() {
            if described == nil, beginsOther(head.texts[place]) { return nil }
            let message = LogMessage(bytes: line, range: 0..<line.count)
            let envelopes = LogMessages.envelopes(around: message)
            // A prefix that only looked like one is given back.
            for count in stride(from: envelopes.count, through: 0, by: -1) {
                let around = Array(envelopes.prefix(count))
                let inner = LogMessages.opened(line: message, envelopes: around)
                guard let form = forms.first(where: { reads($0, message: inner) != nil }) else { continue }
                let found = Self(
                    form: form.suited(to: head.lines, envelopes: around), envelopes: around, message: inner)
                // A first line that is not a request would give a wrong idea of the form.
                if reads(form, message: inner) == true { return found }
                weak = weak ?? found
                break
            }
        }
        return weak
    }

    private static func described(
        reading: TrafficReading, head: TrafficHead
    ) throws(TrafficFileError) -> LogFormat? {
        guard let text = reading.logFormat else { return nil }
        do throws(LogFormatError) { return try LogFormat(text) } catch {
            throw TrafficFileError(file: head.name, reason: "--log-format: \(error)")
        }
    }

    /// Whether a line is in that form, and tells of a request; nil when it is not.
    private static func reads(_ form: LogForm, message: LogMessage) -> Bool? {
        var message = message
        var record = LogRecord()
        guard form.read(&message, record: &record) else { return nil }
        if case .request = record.sent(bytes: message.bytes) { return true }
        // A described form may fit anything, if little is said of it.
        return form.isDescribed && record.status == nil ? nil : false
    }

    private init(form: LogForm, envelopes: [LogEnvelope], message: LogMessage) {
        self.form = form
        self.envelopes = envelopes
        var message = message
        var record = LogRecord()
        _ = form.read(&message, record: &record)
        let isOwnTime = record.time != nil
        if record.time == nil { record.time = message.time }
        name =
            "access log, " + form.name(message: message, record: record)
            + (envelopes.isEmpty ? "" : " behind " + envelopes.map(\.words).joined(separator: " and "))
        firstFields = record.fields(bytes: message.bytes, timeOf: isOwnTime ? nil : envelopes.last?.words)
    }

    private init(log: W3CLog, message: LogMessage, directives: W3CDirectives) {
        form = .w3c
        envelopes = []
        name = "access log, " + LogForm.w3c.name(message: message, record: LogRecord())
        var record = LogRecord()
        _ = log.read(
            message.bytes, line: message.range, day: directives.day, dayBytes: directives.dayBytes, record: &record)
        firstFields = record.fields(bytes: message.bytes, timeOf: nil)
    }

    /// A log whose lines of `#Fields:` tell what it holds.
    private static func w3c(head: TrafficHead) -> Self? {
        var directives = W3CDirectives()
        for line in head.lines {
            let message = LogMessage(bytes: line, range: 0..<line.count)
            if directives.take(message, range: 0..<0) { continue }
            var record = LogRecord()
            if let log = directives.log,
                log.read(
                    line, line: 0..<line.count, day: directives.day, dayBytes: directives.dayBytes, record: &record)
            {
                return Self(log: log, message: message, directives: directives)
            }
        }
        return nil
    }

    /// Whether the file is one JSON document: a HAR, whose bodies may hold lines of logs, or a collection.
    private static func isOther(_ head: TrafficHead) -> Bool {
        guard let line = head.lines.first, let first = line.first(where: { $0 != 32 && $0 != 9 }) else { return true }
        let range = line.trimmed(range: 0..<line.count)
        switch first {
        case UInt8(ascii: "{"):
            var isDocument = false
            let end = JSONLine.members(bytes: line, open: range.lowerBound, before: range.upperBound) { member in
                if line.has("log", at: member.name.lowerBound, before: member.name.upperBound), member.name.count == 3 {
                    isDocument = isDocument || member.kind == .object
                }
            }
            return isDocument || end == nil
        case UInt8(ascii: "["):
            let next = line.afterSpace(place: range.lowerBound + 1, before: range.upperBound)
            return next >= range.upperBound || "{[\"]".utf8.contains(line[next])
        default: return false
        }
    }

    /// Whether a line begins a request of another kind of file, in whose body lines of a log may stand.
    private static func beginsOther(_ text: String) -> Bool {
        if text.hasPrefix("###") || text.hasPrefix("curl ") || text.hasPrefix("$ curl ") { return true }
        let words = text.split(separator: " ")
        guard (2...3).contains(words.count), text.first?.isWhitespace == false,
            words[0].utf8.allSatisfy({ $0.isCapital }), words[0].utf8.count >= 3
        else { return false }
        return (words[1].hasPrefix("/") || words[1].contains("://") || words[1].hasPrefix("{{"))
            && (words.count == 2 || words[2].hasPrefix("HTTP/"))
    }
}

extension LogForm {
    /// Caddy's durations are in the unit that it was told: seconds have a fraction, and what has none is in thousandths
    /// or in billionths by its size.
    fileprivate func suited(to lines: [[UInt8]], envelopes: [LogEnvelope]) -> LogForm {
        guard case .json(let log) = self, log.name == JSONLog.caddy(durations: .seconds).name else { return self }
        var most: UInt64 = 0
        for line in lines {
            var message = LogMessages.opened(line: LogMessage(bytes: line, range: 0..<line.count), envelopes: envelopes)
            var record = LogRecord()
            guard log.read(&message, record: &record), let range = record.durationRange, let first = range.first else {
                continue
            }
            let digits = message.bytes.digits(place: first, before: range.upperBound)
            guard digits == range, let number = message.bytes.whole(range: digits) else { return self }
            most = max(most, UInt64(number))
        }
        if most == 0 { return self }
        return .json(.caddy(durations: most >= 100_000 ? .nanoseconds : .milliseconds))
    }
}

extension LogRecord {
    /// What stands in the line, each with its name; for people.
    func fields(bytes: [UInt8], timeOf prefix: String?) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        func add(_ name: String, range: Range<Int>?, escapes: LogEscapes) {
            guard let range else { return }
            let text = String(showing: bytes.decoded(range: range, escapes: escapes))
            fields.append((name, text.count > 200 ? String(text.prefix(200)) + "…" : text))
        }
        if let time {
            let text = timeRange.map { String(showing: bytes[$0]) } ?? HARTime.text(nanoseconds: time.nanoseconds)
            let whose = prefix.map { " (out of \($0))" } ?? ""
            // Without a duration it is the same, and of a combined log nobody can tell.
            let moment = isBegin ? ", when the request began" : duration == nil ? "" : ", when the request ended"
            fields.append(("time", text + whose + moment))
        }
        add("client", range: client, escapes: headerEscapes)
        add("host", range: host, escapes: headerEscapes)
        add("request", range: request, escapes: escapes)
        add("method", range: method, escapes: escapes)
        add("address", range: target, escapes: escapes)
        add("query", range: query, escapes: escapes)
        if let status { fields.append(("status", "\(status)")) }
        if let size { fields.append(("size", "\(size)")) }
        if let duration {
            let text = LogRecord.words(nanoseconds: duration)
            fields.append(("duration", durationRange.map { "\(String(showing: bytes[$0])), taken as \(text)" } ?? text))
        }
        if let lastNumber {
            let text = String(showing: bytes[lastNumber].prefix(40))
            fields.append(("last number", "\(text), not taken as a duration: it has no name and no unit"))
        }
        add("referer", range: referer, escapes: headerEscapes)
        add("agent", range: agent, escapes: headerEscapes)
        for (name, range) in otherHeaders { add(name, range: range, escapes: headerEscapes) }
        return fields
    }

    /// A duration in the unit that suits it.
    private static func words(nanoseconds: UInt64) -> String {
        switch nanoseconds {
        case 0: "0 s"
        case ..<1_000_000: "\(Double(nanoseconds) / 1000) µs"
        case ..<1_000_000_000: "\(Double(nanoseconds) / 1_000_000) ms"
        default: "\(Double(nanoseconds) / 1_000_000_000) s"
        }
    }
}
