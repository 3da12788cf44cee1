// Access logs of the servers people have. One line that cannot be read never stops the file.

/// Access logs, in whatever form and whatever keeps them.
struct AccessLogFormat: TrafficFormat {
    let name: String
    let unit = "line"
    let firstFields: [(name: String, value: String)]
    let form: LogForm
    let envelopes: [LogEnvelope]

    /// Why a line is skipped.
    enum Reason {
        static let noLine = "it is not a line of an access log"
        static let noFit = "it does not look as --log-format says"
        static let changed = "it is not a line of a log any more: the file has changed"
    }

    func scan(_ bytes: TrafficBytes, into index: inout TrafficIndexBuilder) throws {
        var messages = LogMessages(file: bytes, envelopes: envelopes)
        var facts = LogFacts()
        var directives = W3CDirectives()
        while var item = messages.next() {
            if let fault = item.fault {
                index.skip(item.number, reason: fault)
                continue
            }
            if case .w3c = form, directives.take(item.message, range: item.range) { continue }
            var record = LogRecord()
            guard read(&item.message, directives: directives, record: &record) else {
                index.skip(item.number, reason: form.isDescribed ? Reason.noFit : Reason.noLine)
                continue
            }
            take(item, record: record, facts: &facts, fields: directives.fields, into: &index)
        }
        facts.finish(&index)
    }

    /// Adds or skips a line that was read.
    private func take(
        _ item: LogMessages.Item, record: LogRecord, facts: inout LogFacts, fields: Range<Int>,
        into index: inout TrafficIndexBuilder
    ) {
        var decision = record.decision(bytes: item.message.bytes)
        var made: RecordedRequest?
        if decision == .unsure {
            do throws(RecordedRequest.Refusal) {
                let request = try record.request(item.message.bytes, place: "")
                made = request
                decision =
                    request.method == "GET" || request.method == "HEAD"
                    ? .taken : .skipped(reason: LogRecord.Reason.noBody, detail: request.method)
            } catch {
                decision = record.hasBody(item.message.bytes) ?? .skipped(reason: error.reason, detail: nil)
            }
        }
        switch decision {
        case .skipped(let reason, let detail): index.skip(item.number, reason: reason, detail: detail)
        case .taken, .unsure:
            facts.note(stamp: record, of: index.entries.count)
            var entry = TrafficEntry(number: item.number, range: item.range, time: facts.start(record))
            if case .w3c = form {
                entry.responseOffset = fields.lowerBound
                entry.responseLength = fields.count
            }
            if let made { index.add(entry, request: made) } else { index.add(entry) }
        }
    }

    /// Reads a line in the file's form, or as one of another server's where several write into one file.
    func read(_ message: inout LogMessage, directives: W3CDirectives, record: inout LogRecord) -> Bool {
        if case .w3c = form {
            return directives.log?.read(
                message.bytes, line: message.range, day: directives.day, dayBytes: directives.dayBytes, record: &record)
                ?? false
        }
        let prefixTime = message.time
        if form.read(&message, record: &record) {
            if record.time == nil { record.time = prefixTime }
            return true
        }
        guard !form.isStrict, let first = message.range.first else { return false }
        // Several servers may write into one file; what is JSON is not a line of text.
        let others = message.bytes[first] == UInt8(ascii: "{") ? LogForm.otherJSON : [.haproxy, .line]
        for other in others {
            record = LogRecord()
            if other.read(&message, record: &record) {
                if record.time == nil { record.time = prefixTime }
                return true
            }
        }
        return false
    }

    func request(_ entry: TrafficEntry, in bytes: TrafficBytes) throws(RecordedRequest.Refusal) -> RecordedRequest {
        guard let (message, record) = line(entry: entry, in: bytes) else {
            throw RecordedRequest.Refusal(reason: Reason.changed)
        }
        return try record.request(message.bytes, place: "line \(entry.number)")
    }

    func outline(entry: TrafficEntry, in bytes: TrafficBytes) -> TrafficOutline? {
        guard let (message, record) = line(entry: entry, in: bytes), record.decision(bytes: message.bytes) == .taken,
            case .request(let method, let target) = record.sent(bytes: message.bytes)
        else { return nil }
        let end = message.bytes.place(of: UInt8(ascii: "?"), in: target) ?? target.upperBound
        let path = message.bytes[target.lowerBound..<end]
        guard record.escapes != .hash, !path.contains(UInt8(ascii: "#")) else { return nil }
        return TrafficOutline(
            method: method.count == 3 ? "GET" : "HEAD", path: String(decoding: path, as: UTF8.self),
            status: record.status, bodySize: 0)
    }

    /// The line of an entry; nil when it is none any more.
    private func line(entry: TrafficEntry, in bytes: TrafficBytes) -> (LogMessage, LogRecord)? {
        var directives = W3CDirectives()
        if case .w3c = form {
            let fields = entry.responseOffset..<(entry.responseOffset + entry.responseLength)
            let line = bytes.read(fields)
            _ = directives.take(LogMessage(bytes: line, range: 0..<line.count), range: fields)
        }
        var messages = LogMessages(file: bytes, envelopes: envelopes, range: entry.range)
        var record = LogRecord()
        guard var item = messages.first(), item.fault == nil,
            read(&item.message, directives: directives, record: &record)
        else {
            return nil
        }
        return (item.message, record)
    }
}

extension LogMessages {
    /// The message that begins with the first line: those of other streams may end before it.
    mutating func first() -> Item? {
        while let item = next() {
            if item.number == 1 { return item }
        }
        return nil
    }
}

extension LogRecord {
    /// What becomes of a line whose address is none that can be sent: with another method it is skipped for that.
    func hasBody(_ bytes: [UInt8]) -> Decision? {
        guard case .request(let method, _) = sent(bytes: bytes), method.count >= 3,
            method.allSatisfy({ bytes[$0].isCapital })
        else { return nil }
        let name = String(decoding: bytes[method], as: UTF8.self)
        return name == "GET" || name == "HEAD" ? nil : .skipped(reason: Reason.noBody, detail: name)
    }
}

/// The lines of a W3C log that tell of the others.
struct W3CDirectives {
    /// The names of the fields that hold from here on.
    private(set) var log: W3CLog?
    /// Where they stand in the file.
    private(set) var fields = 0..<0
    /// The date of a `#Date:` line, for lines that have none.
    private(set) var dayBytes: [UInt8] = []
    private(set) var day: Range<Int>?

    /// Whether a line is one of them; what it says holds from here on.
    mutating func take(_ message: LogMessage, range: Range<Int>) -> Bool {
        guard let first = message.range.first, message.bytes[first] == UInt8(ascii: "#") else { return false }
        if message.bytes.has("#Fields:", at: first, before: message.range.upperBound) {
            log = W3CLog(bytes: message.bytes, line: message.range)
            fields = range
        } else if message.bytes.has("#Date:", at: first, before: message.range.upperBound) {
            dayBytes = Array(message.bytes[message.range])
            day = dayBytes.trimmed(range: 6..<dayBytes.count)
        }
        return true
    }
}

/// What is told of a log once, when all its lines were read.
struct LogFacts {
    /// Which seconds the stamps name, while all are whole ones.
    private var runs: [TrafficIndexBuilder.SecondRun] = []
    /// How many lines end in a number that nothing says anything of.
    private var lastNumbers = 0
    private var hasFractions = false
    private var hasMissingZone = false
    private var zones: [String: Bool] = [:]
    private var hasYears = true
    private var newest: UInt64 = 0
    private var added: UInt64 = 0

    /// Keeps which second the line of the entry at `place` names.
    mutating func note(stamp record: LogRecord, of place: Int) {
        guard !hasFractions, let time = record.time, time.isWhole else { return }
        let second = time.nanoseconds / 1_000_000_000
        if runs.last?.second != second { runs.append(TrafficIndexBuilder.SecondRun(first: place, second: second)) }
    }

    /// When a request began.
    mutating func start(_ record: LogRecord) -> UInt64? {
        if record.lastNumber != nil { lastNumbers += 1 }
        guard let time = record.time, var start = record.start else { return nil }
        if !time.isWhole {
            hasFractions = true
            runs = []
        }
        switch time.zone {
        case .given: break
        case .missing: hasMissingZone = true
        case .named(let name, let isKnown): if zones.count < 8 { zones[name] = isKnown }
        }
        guard !time.hasYear else { return start }
        hasYears = false
        // From December to January the year has changed.
        start = start.addingSaturated(added)
        let day: UInt64 = 86_400_000_000_000
        if start.addingSaturated(300 * day) < newest {
            // A file may go from December to January as often as it likes.
            added = added.addingSaturated(366 * day)
            start = start.addingSaturated(366 * day)
        }
        newest = max(newest, start)
        return min(start, .lastMoment)
    }

    /// Spreads whole seconds, and tells what was taken for granted.
    func finish(_ index: inout TrafficIndexBuilder) {
        if lastNumbers > 0 {
            let words = lastNumbers.counted(one: "line ends", many: "lines end")
            index.note(
                "file",
                reason:
                    "\(words) in a number without a name or a unit, which is not taken as a duration; --log-format says "
                    + "what it is")
        }
        if !hasFractions, index.hasTimes { index.spread(seconds: runs) }
        if hasMissingZone {
            index.note(
                "file", reason: "its times name no zone; they are taken as UTC, and their differences stay right")
        }
        for (name, isKnown) in zones.sorted(by: { $0.key < $1.key }) {
            index.note(
                "file",
                reason: isKnown
                    ? "its times are in the zone \(name), which is taken by its usual offset"
                    : "its times are in the zone \(name), whose offset is not known; they are taken as UTC")
        }
        if !hasYears { index.note("file", reason: "its times have no year; only their differences count") }
    }
}
