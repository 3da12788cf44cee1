// Syslog's lines, as RFC 3164 describes them and as RFC 5424 defines them, and those that look alike.

extension LogEnvelope {
    /// What a line of syslog says, with its time.
    static func syslog(message: LogMessage) -> LogMessage? {
        let bytes = message.bytes
        let end = message.range.upperBound
        var at = message.range.lowerBound
        let hasPriority = takePriority(bytes, at: &at, before: end)
        if hasPriority, bytes.has("1 ", at: at, before: end) { return protocol5424(message: message, start: at + 2) }
        var inner = message
        if let found = LogTime.syslog(bytes: bytes, start: at, before: end) {
            inner.time = found.time
            at = found.end
        } else if let found = LogTime.read(bytes, start: at, before: end, isAlone: false), found.end - at >= 19 {
            inner.time = found.time
            at = found.end
        } else {
            return nil
        }
        guard at < end, bytes[at] == 32, let start = afterTag(bytes: bytes, start: at + 1, before: end) else {
            return nil
        }
        inner.range = start..<end
        return inner
    }

    /// Passes over `<134>`, before which a count of bytes may stand (RFC 6587).
    private static func takePriority(_ bytes: [UInt8], at: inout Int, before end: Int) -> Bool {
        var start = at
        let count = bytes.digits(place: start, before: end)
        if !count.isEmpty, count.count <= 6, bytes.has(" <", at: count.upperBound, before: end) {
            start = count.upperBound + 1
        }
        guard start < end, bytes[start] == UInt8(ascii: "<") else { return false }
        let digits = bytes.digits(place: start + 1, before: end)
        guard (1...3).contains(digits.count), digits.upperBound < end, bytes[digits.upperBound] == UInt8(ascii: ">")
        else { return false }
        at = digits.upperBound + 1
        return true
    }

    /// Where the text begins behind `host nginx[7]: ` or `app[web.1]: `.
    private static func afterTag(bytes: [UInt8], start: Int, before end: Int) -> Int? {
        var at = start
        for _ in 0..<2 {
            let word = bytes.word(at: bytes.afterSpace(place: at, before: end), before: end)
            guard let last = word.last, word.count <= 128, bytes[word.lowerBound] != 0x22 else { return nil }
            if bytes[last] == UInt8(ascii: ":"), word.count > 1, bytes[word].contains(where: \.isLetter) {
                return min(end, word.upperBound + 1)
            }
            at = word.upperBound
        }
        return nil
    }

    /// `TIME HOST APP PROCESS ID DATA TEXT` (RFC 5424, 6).
    private static func protocol5424(message: LogMessage, start: Int) -> LogMessage? {
        let bytes = message.bytes
        let end = message.range.upperBound
        let time = bytes.word(at: start, before: end)
        var inner = message
        if let found = LogTime.whole(bytes: bytes, range: time) { inner.time = found }
        var at = time.upperBound
        for _ in 0..<4 {
            guard at + 1 < end else { return nil }
            at = bytes.word(at: at + 1, before: end).upperBound
        }
        at += 1
        guard at < end else { return nil }
        if bytes[at] == UInt8(ascii: "[") {
            // Structured data: values in quotes, in which a bracket is escaped or stands for itself.
            var isInText = false
            while at < end {
                let byte = bytes[at]
                if isInText, byte == 0x5C {
                    at += 1
                } else if byte == 0x22 {
                    isInText.toggle()
                } else if !isInText, byte == UInt8(ascii: "]"), at + 1 == end || bytes[at + 1] == 32 {
                    break
                }
                at += 1
            }
        } else {
            at = bytes.word(at: at, before: end).upperBound - 1
        }
        at = min(end, at + 2)
        if bytes.has("\u{FEFF}", at: at, before: end) { at += 3 }
        inner.range = at..<end
        return inner
    }
}
