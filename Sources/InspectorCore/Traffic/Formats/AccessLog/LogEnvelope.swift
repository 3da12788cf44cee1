// What stands around a line of a log where somebody else keeps it: docker, Kubernetes, journald, syslog, docker
// compose, a logger.

/// A line, or what was inside of one.
struct LogMessage {
    var bytes: [UInt8]
    var range: Range<Int>
    /// What the innermost thing around it says of its time.
    var time: LogTime?
    /// Of which stream it is a part: several may be interleaved in one file.
    var stream: UInt8 = 0
    /// Whether the line goes on in the next one of its stream.
    var isPartial = false
}

/// One kind of thing around a line.
enum LogEnvelope: Sendable, Equatable, CaseIterable {
    /// `{"log":"…\n","stream":"stdout","time":"…"}`: lines of more than 16 kB are split.
    case docker
    /// `journalctl -o json`.
    case journal
    /// `2026-11-25T22:35:45.1Z stdout F …`; `P` for a line that goes on.
    case kubernetes
    /// `Nov 25 22:35:45 host nginx[7]: …`, RFC 5424, `journalctl -o short-iso`, Heroku's `app[web.1]: `.
    case syslog
    /// `web-1  | …`
    case compose
    /// `[2026-11-25 22:35:45 +0000] [7] [INFO] …`, of gunicorn and hypercorn.
    case console

    /// What sentences call it.
    var words: String {
        switch self {
        case .docker: "docker's JSON"
        case .journal: "journald's JSON"
        case .kubernetes: "Kubernetes' prefix"
        case .syslog: "syslog's prefix"
        case .compose: "docker compose's prefix"
        case .console: "the server's own prefix"
        }
    }

    /// What is inside; nil when the line has no such thing around it.
    func opened(message: LogMessage) -> LogMessage? {
        switch self {
        case .docker: LogEnvelope.object(message: message, text: "log", time: "time", isWhole: false)
        case .journal:
            LogEnvelope.object(message: message, text: "MESSAGE", time: "__REALTIME_TIMESTAMP", isWhole: true)
        case .kubernetes: LogEnvelope.kubernetes(message: message)
        case .syslog: LogEnvelope.syslog(message: message)
        case .compose: LogEnvelope.compose(message)
        case .console: LogEnvelope.console(message: message)
        }
    }

    private static func object(
        message: LogMessage, text name: StaticString, time: StaticString, isWhole: Bool
    ) -> LogMessage? {
        let bytes = message.bytes
        guard let open = message.range.first, bytes[open] == UInt8(ascii: "{") else { return nil }
        var text: JSONLine.Member?
        var stamp: LogTime?
        var stream: UInt8 = 0
        let end = JSONLine.members(bytes: bytes, open: open, before: message.range.upperBound) { member in
            func isNamed(_ other: StaticString) -> Bool {
                member.name.count == other.utf8CodeUnitCount
                    && bytes.has(other, at: member.name.lowerBound, before: member.name.upperBound)
            }
            if isNamed(name) {
                text = member
            } else if isNamed(time) {
                stamp = LogTime.whole(bytes: bytes, range: member.value)
            } else if isNamed("stream") {
                stream = bytes.has("stderr", at: member.value.lowerBound, before: member.value.upperBound) ? 1 : 0
            }
        }
        guard end != nil, let text else { return nil }
        var inner: [UInt8]
        switch text.kind {
        case .text: inner = bytes.decoded(range: text.value, escapes: .json)
        // journald gives what is not UTF-8 as numbers.
        case .array: inner = numbers(bytes: bytes, range: text.value)
        default: return nil
        }
        let isPartial = !isWhole && inner.last != 10
        while let last = inner.last, last == 10 || last == 13 { inner.removeLast() }
        return LogMessage(
            bytes: inner, range: 0..<inner.count, time: stamp ?? message.time, stream: stream, isPartial: isPartial)
    }

    private static func numbers(bytes: [UInt8], range: Range<Int>) -> [UInt8] {
        var found: [UInt8] = []
        var at = range.lowerBound
        while at < range.upperBound {
            let digits = bytes.digits(place: at, before: range.upperBound)
            if let number = bytes.whole(range: digits) { found.append(UInt8(truncatingIfNeeded: number)) }
            at = digits.upperBound + 1
        }
        return found
    }

    /// Kubernetes: the logging format of the container runtime interface.
    private static func kubernetes(message: LogMessage) -> LogMessage? {
        let end = message.range.upperBound
        guard let found = LogTime.read(message.bytes, start: message.range.lowerBound, before: end, isAlone: false)
        else {
            return nil
        }
        let bytes = message.bytes
        let isOutput = bytes.has(" stdout ", at: found.end, before: end)
        guard isOutput || bytes.has(" stderr ", at: found.end, before: end) else { return nil }
        let tags = bytes.word(at: found.end + 8, before: end)
        guard let first = tags.first, bytes[first] == UInt8(ascii: "F") || bytes[first] == UInt8(ascii: "P"),
            tags.count == 1 || bytes[first + 1] == UInt8(ascii: ":")
        else { return nil }
        var inner = message
        inner.range = min(end, tags.upperBound + 1)..<end
        inner.time = found.time
        inner.stream = isOutput ? 0 : 1
        inner.isPartial = bytes[first] == UInt8(ascii: "P")
        return inner
    }

    private static func compose(_ message: LogMessage) -> LogMessage? {
        let bytes = message.bytes
        let end = message.range.upperBound
        var at = message.range.lowerBound
        var hasLetter = false
        while at < end, bytes[at].isLetter || bytes[at].isDigit || "._-".utf8.contains(bytes[at]) {
            hasLetter = hasLetter || bytes[at].isLetter
            at += 1
        }
        guard hasLetter, at - message.range.lowerBound <= 128 else { return nil }
        at = bytes.afterSpace(place: at, before: end)
        guard at < end, bytes[at] == UInt8(ascii: "|"), at + 1 == end || bytes[at + 1] == 32 else { return nil }
        var inner = message
        inner.range = min(end, at + 2)..<end
        return inner
    }

    private static func console(message: LogMessage) -> LogMessage? {
        let bytes = message.bytes
        let end = message.range.upperBound
        let start = message.range.lowerBound
        guard start < end, bytes[start] == UInt8(ascii: "["),
            let found = LogTime.bracketed(bytes: bytes, open: start, before: end),
            bytes.has(" [", at: found.close + 1, before: end)
        else { return nil }
        let process = bytes.digits(place: found.close + 3, before: end)
        guard !process.isEmpty, bytes.has("] [", at: process.upperBound, before: end) else { return nil }
        var at = process.upperBound + 3
        while at < end, bytes[at].isCapital { at += 1 }
        guard bytes.has("] ", at: at, before: end) else { return nil }
        var inner = message
        inner.range = (at + 2)..<end
        inner.time = found.time
        return inner
    }
}
