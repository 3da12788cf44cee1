// --log-format: how the lines of a log look, in the words of the server that wrote it. Its configuration has them, so
// nobody has to learn another language.

/// What is wrong with a `--log-format`, and where.
package struct LogFormatError: Error, CustomStringConvertible {
    /// As a sentence's part.
    package let description: String

    init(_ text: String) { description = text }

    /// Points at a word of the format.
    init(source: LogFormatSource, range: Range<Int>, reason: String) {
        let start = source.offset(place: range.lowerBound)
        let column = source.text.prefix(start).reduce(1) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        let word = String(showing: source.bytes[range.clamped(to: 0..<source.bytes.count)].prefix(60))
        description = (word.isEmpty ? "at its end" : "at column \(column), \"\(word)\"") + ": " + reason
    }
}

/// The text of a format, without what a configuration file has around it, and where each byte of it came from.
struct LogFormatSource {
    /// As it was given.
    let text: [UInt8]
    /// Without quotes, names and escapes.
    var bytes: [UInt8] = []
    private var offsets: [Int] = []

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    /// Where in the given text the byte at `place` stands.
    func offset(place: Int) -> Int { offsets.indices.contains(place) ? offsets[place] : text.count }

    mutating func append(_ byte: UInt8, at offset: Int) {
        bytes.append(byte)
        offsets.append(offset)
    }

    /// The format from `start` on, as it stands.
    mutating func appendRest(from start: Int, before end: Int) {
        for offset in start..<max(start, end) { append(text[offset], at: offset) }
    }
}

/// How the lines of a log look.
package struct LogFormat: Sendable {
    let form: LogForm

    /// Reads nginx' `log_format`, Apache's `LogFormat` or gunicorn's `access_log_format`, with or without the statement
    /// around it, or `json:time=…,request=…`.
    ///
    /// - Throws: `LogFormatError`, which points at the word that is wrong.
    package init(_ text: String) throws(LogFormatError) {
        let bytes = Array(text.utf8)
        let trimmed = bytes.trimmed(range: 0..<bytes.count)
        guard !trimmed.isEmpty else { throw LogFormatError("it is empty; " + LogFormat.ways) }
        if let known = LogFormat.named[String(decoding: bytes[trimmed], as: UTF8.self)] {
            self = try LogFormat(known)
            return
        }
        if bytes.has("json:", at: trimmed.lowerBound, before: trimmed.upperBound) {
            var source = LogFormatSource(text)
            source.appendRest(from: 0, before: trimmed.upperBound)
            form = .json(try JSONFormatString.log(source, from: trimmed.lowerBound + 5))
            return
        }
        let source = try LogFormatSource.opened(text: text)
        switch LogFormat.language(bytes: source.bytes) {
        case .nginx:
            form = .template(try NginxFormatString.template(source: source), "the form of --log-format (nginx)")
        case .gunicorn:
            form = .template(try GunicornFormatString.template(source: source), "the form of --log-format (gunicorn)")
        case .apache:
            form = .template(try ApacheFormatString.template(source: source), "the form of --log-format (Apache)")
        case nil:
            throw LogFormatError(
                source: source, range: 0..<source.bytes.count, reason: "no field is named in it; " + LogFormat.ways)
        }
    }

    private static let ways =
        "it is nginx' log_format ($remote_addr … \"$request\" $status), Apache's LogFormat (%h %t \\\"%r\\\" %>s), "
        + "gunicorn's access_log_format (%(h)s %(t)s \"%(r)s\"), or json:time=…,request=…,status=…,duration=…:ms"

    /// Formats that Apache's own configuration names.
    private static let named = [
        "common": #"%h %l %u %t "%r" %>s %b"#,
        "combined": #"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#,
        "vhost_common": #"%v %h %l %u %t "%r" %>s %b"#,
        "vhost_combined": #"%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i""#,
    ]

    private enum Language {
        case nginx
        case apache
        case gunicorn
    }

    private static func language(bytes: [UInt8]) -> Language? {
        var hasPercent = false
        for at in bytes.indices.dropLast() {
            let next = bytes[at + 1]
            if bytes[at] == UInt8(ascii: "%") {
                if next == UInt8(ascii: "(") { return .gunicorn }
                hasPercent = true
            }
            if bytes[at] == UInt8(ascii: "$"), !hasPercent, next.isLetter || next == UInt8(ascii: "{") { return .nginx }
        }
        return hasPercent ? .apache : nil
    }
}

extension LogFormatSource {
    /// Takes away what a configuration file has around a format: `log_format main '…' '…';`, `LogFormat "…" name`,
    /// `access_log_format = "…"`, or quotes alone.
    static func opened(text: String) throws(LogFormatError) -> LogFormatSource {
        var source = LogFormatSource(text)
        let all = source.text
        let end = all.count
        var at = LogFormatSource.space(bytes: all, place: 0)
        var isStatement = false
        var isApache = false
        if all.has("log_format", at: at, before: end), !all.has("log_format_", at: at, before: end) {
            isStatement = true
            // Its name, and perhaps how it escapes.
            at = LogFormatSource.space(bytes: all, place: at + 10)
            while at < end, all[at] != 0x22, all[at] != 0x27 { at += 1 }
        } else if all.has("LogFormat", at: at, before: end) {
            isStatement = true
            isApache = true
            at = LogFormatSource.space(bytes: all, place: at + 9)
        } else if let sign = LogFormatSource.assignment(bytes: all, start: at) {
            isStatement = true
            at = LogFormatSource.space(bytes: all, place: sign)
        }
        let isQuoted = at < end && (all[at] == 0x27 || (all[at] == 0x22 && LogFormatSource.isWhole(all, place: at)))
        guard isStatement || isQuoted else {
            source.appendBare(from: at)
            return source
        }
        guard at < end, all[at] == 0x22 || all[at] == 0x27 else {
            source.appendRest(from: 0, before: end)
            throw LogFormatError(
                source: source, range: min(at, end)..<end, reason: "the format should stand here, in quotes")
        }
        while at < end, all[at] == 0x22 || all[at] == 0x27 {
            let open = at
            guard let close = source.appendQuoted(from: at) else {
                var whole = LogFormatSource(text)
                whole.appendRest(from: 0, before: end)
                throw LogFormatError(source: whole, range: open..<end, reason: "its quotes do not end")
            }
            at = LogFormatSource.space(bytes: all, place: close + 1)
            // What follows Apache's format is its nickname.
            if isApache { break }
        }
        return source
    }

    private static func space(bytes: [UInt8], place: Int) -> Int {
        var at = place
        while at < bytes.count, [9, 10, 13, 32].contains(bytes[at]) { at += 1 }
        return at
    }

    /// Where the value of `access_log_format = …` stands.
    private static func assignment(bytes: [UInt8], start: Int) -> Int? {
        var at = start
        while at < bytes.count, bytes[at].isLetter || bytes[at] == UInt8(ascii: "_") || bytes[at] == UInt8(ascii: "-") {
            at += 1
        }
        guard at > start, bytes[start..<at].contains(UInt8(ascii: "_")) || bytes[start] == UInt8(ascii: "-") else {
            return nil
        }
        at = space(bytes: bytes, place: at)
        return at < bytes.count && bytes[at] == UInt8(ascii: "=") ? at + 1 : nil
    }

    /// Whether the quotes that open at `place` hold all that follows: else they are a field's own.
    private static func isWhole(_ bytes: [UInt8], place: Int) -> Bool {
        var at = place + 1
        while at < bytes.count, bytes[at] != 0x22 { at += bytes[at] == 0x5C ? 2 : 1 }
        return space(bytes: bytes, place: at + 1) >= bytes.count
            && bytes[place...].contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "$") }
            && bytes[(place + 1)..<min(at, bytes.count)].contains(32)
    }

    /// Appends what stands in the quotes that open at `open`, and tells where they close.
    private mutating func appendQuoted(from open: Int) -> Int? {
        var at = open + 1
        while at < text.count {
            if text[at] == text[open] { return at }
            at = appendEscaped(at)
        }
        return nil
    }

    /// A format that stands alone may still be escaped as in the file it comes from.
    private mutating func appendBare(from start: Int) {
        var at = start
        while at < text.count { at = appendEscaped(at) }
        while let last = bytes.last, last == 10 || last == 13 || last == 32 {
            bytes.removeLast()
            offsets.removeLast()
        }
    }

    /// Appends the byte at `place`, or what an escape there stands for, and tells what follows it.
    private mutating func appendEscaped(_ place: Int) -> Int {
        guard text[place] == 0x5C, place + 1 < text.count else {
            append(text[place], at: place)
            return place + 1
        }
        switch text[place + 1] {
        case 0x22, 0x27, 0x5C: append(text[place + 1], at: place)
        case UInt8(ascii: "t"): append(9, at: place)
        case UInt8(ascii: "n"): append(10, at: place)
        default:
            append(0x5C, at: place)
            return place + 1
        }
        return place + 2
    }
}
