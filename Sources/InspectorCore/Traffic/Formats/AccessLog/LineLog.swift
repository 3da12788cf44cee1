// A line of an access log whose form nobody told: a time, a request in quotes, its status, and whatever a server writes
// between, before and behind.

/// Reads lines by what stands in them rather than by where it stands: common, combined, with the host in front, and what
/// gunicorn, hypercorn, daphne, uvicorn, Werkzeug, Django and Traefik write.
enum LineLog {
    /// Reads a line; false when it is not a line of an access log.
    static func read(_ bytes: [UInt8], line: Range<Int>, record: inout LogRecord) -> Bool {
        var walk = Walk(bytes: bytes, line: line)
        guard let request = walk.request() else { return false }
        record.request = request
        let end = line.upperBound
        let statusPlace = bytes.afterSpace(place: request.upperBound + 1, before: end)
        let hasStatus = isStatus(bytes, place: statusPlace, before: end)
        if walk.time == nil || walk.isWord { walk.lookBehind(request.upperBound + 1) }
        if let time = walk.time {
            // An error log may have a time and a request in quotes too, but no status behind it.
            guard hasStatus || walk.isClock, walk.isClock || !isCall(bytes, line: line, request: request) else {
                return false
            }
            record.time = time.time
            record.timeRange = time.range
        } else {
            guard hasStatus, isUntimed(bytes, line: line, request: request) else { return false }
        }
        readFront(bytes, line: line, request: request, record: &record)
        LineTail.read(
            bytes, start: hasStatus ? statusPlace : request.upperBound + 1, before: end, hasStatus: hasStatus,
            record: &record)
        return true
    }

    /// Whether a status, or the dash in its place, stands at `place`.
    static func isStatus(_ bytes: [UInt8], place: Int, before end: Int) -> Bool {
        guard place < end else { return false }
        if bytes[place] == UInt8(ascii: "-") { return place + 1 == end || bytes[place + 1] == 32 }
        guard place + 3 <= end, bytes[place].isDigit, bytes[place + 1].isDigit, bytes[place + 2].isDigit else {
            return false
        }
        return place + 3 == end || bytes[place + 3] == 32
    }

    /// Whether a client's log says this of what it has sent itself: `http://localhost:8000 "GET /x HTTP/1.1" 200 12`.
    private static func isCall(_ bytes: [UInt8], line: Range<Int>, request: Range<Int>) -> Bool {
        let end = request.lowerBound - 2
        guard end > line.lowerBound else { return false }
        var start = end
        while start > line.lowerBound, bytes[start - 1] != 32 { start -= 1 }
        return bytes.place(of: Array("http://".utf8), in: start..<end) != nil
            || bytes.place(of: Array("https://".utf8), in: start..<end) != nil
    }

    /// uvicorn's lines have no time: `127.0.0.1:53000 - "GET /x HTTP/1.1" 200 OK`.
    private static func isUntimed(_ bytes: [UInt8], line: Range<Int>, request: Range<Int>) -> Bool {
        let dash = request.lowerBound - 3
        guard dash > line.lowerBound, bytes.has("- \"", at: dash, before: request.lowerBound), bytes[dash - 1] == 32,
            case .request(_, let target) = LogRecord.split(bytes, range: request),
            bytes.has(" HTTP/", at: target.upperBound, before: request.upperBound)
        else { return false }
        // The client's address, or nothing where it came by a Unix socket.
        var start = dash - 1
        while start > line.lowerBound, bytes[start - 1] != 32 { start -= 1 }
        return start == dash - 1 || bytes[start..<(dash - 1)].contains(UInt8(ascii: ":"))
            || bytes[start..<(dash - 1)].contains(UInt8(ascii: "."))
    }

    /// Client, and the host that may stand before it: `www.example.org:443 10.0.0.1 - -`.
    private static func readFront(
        _ bytes: [UInt8], line: Range<Int>, request: Range<Int>, record: inout LogRecord
    ) {
        var start = line.lowerBound
        var end = request.lowerBound - 1
        if let time = record.timeRange, time.lowerBound < end {
            // Before the time, or between it and the request where the line begins with it.
            if time.lowerBound <= start + 1 { start = min(end, time.upperBound + 1) } else { end = time.lowerBound - 1 }
        }
        guard start < end else { return }
        let first = bytes.word(at: bytes.afterSpace(place: start, before: end), before: end)
        guard !first.isEmpty else { return }
        let second = bytes.word(at: bytes.afterSpace(place: first.upperBound, before: end), before: end)
        if isAddress(bytes, range: first) {
            record.client = first
        } else if isAddress(bytes, range: second) {
            record.client = second
            if isHostName(bytes, range: first) { record.host = first }
        } else if !bytes.isNothing(first), bytes.isNothing(second), !second.isEmpty {
            record.client = first
        }
    }

    /// `10.0.0.1`, `::1`, `[::1]`, with a port or without.
    private static func isAddress(_ bytes: [UInt8], range: Range<Int>) -> Bool {
        var hasMark = false
        for at in range {
            switch bytes[at] {
            case UInt8(ascii: "."), UInt8(ascii: ":"): hasMark = true
            case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"): continue
            default: guard bytes[at].hexadecimalValue != nil else { return false }
            }
        }
        return hasMark
    }

    private static func isHostName(_ bytes: [UInt8], range: Range<Int>) -> Bool {
        var hasLetter = false
        var hasDot = false
        for at in range {
            let byte = bytes[at]
            hasLetter = hasLetter || byte.isLetter
            hasDot = hasDot || byte == UInt8(ascii: ".")
            guard byte.isLetter || byte.isDigit || "._-:".utf8.contains(byte) else { return false }
        }
        // `INFO:werkzeug:127.0.0.1` is not a host.
        return hasLetter && hasDot && bytes[range].count { $0 == UInt8(ascii: ":") } <= 1
    }
}

extension LineLog {
    /// A walk along a line, up to its request.
    private struct Walk {
        let bytes: [UInt8]
        let line: Range<Int>
        /// The first time that stood in brackets, or else as a word.
        var time: (time: LogTime, range: Range<Int>)?
        /// Whether it stood as a word.
        var isWord = false
        /// Whether it stood in brackets as the common log format has it: no other log writes times so.
        var isClock = false

        init(bytes: [UInt8], line: Range<Int>) {
            self.bytes = bytes
            self.line = line
        }

        /// The first quoted text that is a request; or else the first one behind the time that a status follows, which
        /// is what a client sent that did not speak HTTP.
        mutating func request() -> Range<Int>? {
            let end = line.upperBound
            var other: Range<Int>?
            var at = line.lowerBound
            var isStart = true
            var hasQuotes = true
            while at < end {
                let byte = bytes[at]
                if byte == UInt8(ascii: "["), isClock == false, takeBracket(&at) {
                    isStart = false
                    continue
                }
                if byte == 0x22, hasQuotes, isStart || isOpening(bytes[at - 1]) {
                    if LineLog.beginsRequest(bytes, place: at + 1, before: end) {
                        if let close = LineLog.requestEnd(bytes: bytes, start: at + 1, before: end) {
                            return (at + 1)..<close
                        }
                        hasQuotes = false
                    } else if let close = LineLog.quoteEnd(bytes: bytes, start: at + 1, before: end) {
                        if other == nil, time != nil,
                            LineLog.isStatus(bytes, place: bytes.afterSpace(place: close + 1, before: end), before: end)
                        {
                            other = (at + 1)..<close
                        }
                        at = close
                    } else {
                        // No text in quotes ends behind here.
                        hasQuotes = false
                    }
                } else if isStart, time == nil, byte.isDigit,
                    let found = LogTime.read(bytes, start: at, before: end, isAlone: false)
                {
                    time = (found.time, at..<found.end)
                    isWord = true
                    at = found.end
                    isStart = false
                    continue
                }
                isStart = byte == 32 || byte == 9
                at += 1
            }
            return other
        }

        /// Takes the time in the bracket at `at`, if it is one, and goes behind it.
        private mutating func takeBracket(_ at: inout Int) -> Bool {
            guard time == nil || isWord, let found = LogTime.bracketed(bytes: bytes, open: at, before: line.upperBound)
            else {
                return false
            }
            time = (found.time, (at + 1)..<found.close)
            isWord = false
            // The name of a month behind the day: only this form has it.
            isClock = bytes[(at + 1)..<min(found.close, at + 5)].contains(UInt8(ascii: "/")) && bytes[at + 5].isLetter
            at = found.close + 1
            return true
        }

        private func isOpening(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: "=") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "(")
                || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]")
        }

        /// Looks for a time in brackets, or else as a word, behind the request; not within quotes.
        mutating func lookBehind(_ start: Int) {
            let end = line.upperBound
            var at = start
            var isStart = false
            var hasQuotes = true
            while at < end {
                let byte = bytes[at]
                if byte == UInt8(ascii: "["), takeBracket(&at) { return }
                if byte == 0x22, hasQuotes, isStart {
                    if let close = LineLog.quoteEnd(bytes: bytes, start: at + 1, before: end) {
                        at = close
                    } else {
                        hasQuotes = false
                    }
                } else if isStart, time == nil, byte.isDigit,
                    let found = LogTime.read(bytes, start: at, before: end, isAlone: false)
                {
                    time = (found.time, at..<found.end)
                    isWord = true
                }
                isStart = byte == 32 || byte == 9
                at += 1
            }
        }
    }

    /// Whether a method in capitals and an address begin at `place`.
    private static func beginsRequest(_ bytes: [UInt8], place: Int, before end: Int) -> Bool {
        var at = place
        while at < end, bytes[at].isCapital { at += 1 }
        guard at - place >= 3, at + 1 < end, bytes[at] == 32 else { return false }
        return bytes[at + 1] == UInt8(ascii: "/") || bytes[at + 1] == UInt8(ascii: "*")
            || bytes.has("http", at: at + 1, before: end)
    }

    /// Where the text in quotes that begins at `start` ends: at the first quote that is not escaped and stands before a
    /// space or the end.
    static func quoteEnd(bytes: [UInt8], start: Int, before end: Int) -> Int? {
        var from = start
        while let quote = bytes.place(of: 0x22, in: from..<max(from, end)) {
            if isEnd(bytes, quote: quote, before: end), !isEscaped(bytes, place: quote, after: start) { return quote }
            from = quote + 1
        }
        return nil
    }

    /// Where the request that begins at `start` ends: at the first such quote before a status.
    ///
    /// Servers that do not escape quotes have them within the address.
    private static func requestEnd(bytes: [UInt8], start: Int, before end: Int) -> Int? {
        var from = start
        var first: Int?
        while let quote = bytes.place(of: 0x22, in: from..<max(from, end)) {
            if isEnd(bytes, quote: quote, before: end), !isEscaped(bytes, place: quote, after: start) {
                if isStatus(bytes, place: bytes.afterSpace(place: quote + 1, before: end), before: end) { return quote }
                first = first ?? quote
            }
            from = quote + 1
        }
        return first
    }

    private static func isEnd(_ bytes: [UInt8], quote: Int, before end: Int) -> Bool {
        guard quote + 1 < end else { return true }
        let next = bytes[quote + 1]
        return next == 32 || next == 9 || next == UInt8(ascii: "]") || next == UInt8(ascii: ")")
            || next == UInt8(ascii: ",") || next == UInt8(ascii: ";")
    }

    /// Whether an odd number of backslashes stands before `place`.
    static func isEscaped(_ bytes: [UInt8], place: Int, after start: Int) -> Bool {
        var at = place
        while at > start, bytes[at - 1] == 0x5C { at -= 1 }
        return (place - at) % 2 == 1
    }
}
