// Which kind of traffic file this is: each reader is asked for its own, the most specific first. A file's first byte
// alone never decides, and its name only between kinds that look alike.

/// The table of formats.
///
/// A new one is a file in Formats/ (its reader, its writer, how it is known), and a line here.
enum TrafficKind {
    /// In the order in which they are asked: the most specific first.
    static let formats: [any TrafficFormat.Type] = [
        RecordingFormat.self,
        GorFormat.self,
        AccessLogFormat.self,
        VegetaJSONFormat.self,
        HARFormat.self,
        PostmanFormat.self,
        CurlFormat.self,
        HTTPFileFormat.self,
        VegetaFormat.self,
    ]

    /// A log may begin with much that is not a request; so far its lines are looked for when nobody knows the file.
    private static let farther = (bytes: 4 * 1024 * 1024, lines: 20_000)

    /// Sees what kind `bytes` are.
    ///
    /// - Throws: `TrafficFileError` when they are none.
    static func format(
        of bytes: TrafficBytes, reading: TrafficReading
    ) throws(TrafficFileError) -> any TrafficFormat {
        let head = TrafficHead(file: bytes)
        guard head.first != nil else {
            throw TrafficFileError(file: bytes.name, reason: "there is nothing in it but space")
        }
        for format in formats {
            if let reader = try format.reader(for: head, reading: reading) { return reader }
        }
        let isCut = !head.isWhole || head.lines.count == TrafficHead.lineLimit
        let more = isCut ? TrafficHead(file: bytes, size: farther.bytes, lines: farther.lines) : head
        if isCut, let reader = try AccessLogFormat.reader(for: more, reading: reading) { return reader }
        throw TrafficFileError(file: bytes.name, reason: refusal(head: more, reading: reading))
    }

    /// What was tried, what the file looks like, and what to do.
    private static func refusal(head: TrafficHead, reading: TrafficReading) -> String {
        let count = head.lines.count
        let lines = count == 1 ? "its only line" : "one of its first \(count) lines"
        if head.bytes.starts(with: [0xFF, 0xFE]) || head.bytes.starts(with: [0xFE, 0xFF]) {
            return "this is text in UTF-16, as PowerShell writes it; save it as UTF-8"
        }
        if head.bytes.prefix(4096).contains(0) {
            return "this is not a traffic file that can be read: it is binary"
        }
        let first = shown(text: head.texts.first ?? "")
        if let text = reading.logFormat {
            return "\(lines) should look as --log-format says, and does not; \(misfit(text, head: head))"
        }
        let tried =
            "tried were a recording of inspector, HAR, .gor, access logs (combined, common, W3C, JSON and others), .http, "
            + "vegeta targets, curl commands, Postman collections"
        var way = "--log-format '$remote_addr … \"$request\" $status' (nginx' log_format, or Apache's LogFormat)"
        if let line = head.lines.first, let names = members(line: line) {
            way = "--log-format json:time=…,method=…,uri=…,status=…,duration=…:ms; its members are \(names)"
        }
        return "this is not a traffic file that can be read: \(tried). Its first line is \(first). If it is a log of "
            + "requests, say how its lines look: \(way)"
    }

    /// Where the first line stops to look as the user has said.
    private static func misfit(_ text: String, head: TrafficHead) -> String {
        guard let line = head.lines.first, let format = try? LogFormat(text) else { return "" }
        let whole = LogMessage(bytes: line, range: 0..<line.count)
        let message = LogMessages.opened(line: whole, envelopes: LogMessages.envelopes(around: whole))
        var record = LogRecord()
        guard case .template(let template, _) = format.form,
            let place = template.misfit(message.bytes, line: message.range, record: &record)
        else { return "the first is \(shown(text: String(showing: line)))" }
        let start = message.range.lowerBound
        let before = String(showing: message.bytes[start..<place].suffix(30))
        let after = String(showing: message.bytes[place..<message.range.upperBound].prefix(30))
        return
            "the first fits up to byte \(place - start + 1), between \(shown(text: before)) and \(shown(text: after))"
    }

    /// The names of the members of the object that a line is.
    private static func members(line: [UInt8]) -> String? {
        guard line.first(where: { $0 != 32 }) == 0x7B, let open = line.firstIndex(of: 0x7B) else { return nil }
        var names: [String] = []
        let end = JSONLine.members(bytes: line, open: open, before: line.count) { member in
            let name = String(showing: line[member.name])
            var inner: [String] = []
            if member.kind == .object {
                _ = JSONLine.members(bytes: line, open: member.value.lowerBound, before: member.value.upperBound) {
                    inner.append(name + "." + String(showing: line[$0.name]))
                }
            }
            names += inner.isEmpty ? [name] : inner
        }
        guard end != nil, !names.isEmpty else { return nil }
        return names.prefix(20).map { $0.count > 40 ? String($0.prefix(40)) + "…" : $0 }.joined(separator: ", ")
            .madeVisible + (names.count > 20 ? ", …" : "")
    }

    private static func shown(text: String) -> String {
        let visible = text.madeVisible
        return "\"" + (visible.count > 100 ? visible.prefix(100) + "…" : visible[...]) + "\""
    }
}
