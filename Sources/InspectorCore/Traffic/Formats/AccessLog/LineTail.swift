// What stands behind the request in a line of an access log: status, size, referer, agent, and what servers add.

/// Reads the rest of a line.
enum LineTail {
    /// Reads from `start`, where the status stands if the line has one.
    ///
    /// A duration is taken by its name or its unit alone. Where the quotes do not fit together, because a server wrote an
    /// agent as it came, everything between the first and the last of them is referer and agent, and nothing of it is a
    /// duration: or a client could give its request any time it likes.
    static func read(_ bytes: [UInt8], start: Int, before end: Int, hasStatus: Bool, record: inout LogRecord) {
        var at = start
        if hasStatus {
            let status = bytes.word(at: at, before: end)
            record.status = LogRecord.status(bytes: bytes, range: status)
            at = bytes.afterSpace(place: status.upperBound, before: end)
            let size = bytes.word(at: at, before: end)
            if !size.isEmpty, let number = bytes.whole(range: size) {
                record.size = number
                at = size.upperBound
            } else if bytes.isNothing(size) {
                at = size.upperBound
            }
        }
        var seen = Seen()
        let rest = at..<max(at, end)
        let beforeQuotes = record.duration
        while at < end {
            at = bytes.afterSpace(place: at, before: end)
            guard at < end else { break }
            if bytes[at] == 0x22 {
                if seen.firstQuote == nil { seen.firstQuote = at }
                guard let close = close(bytes, start: at + 1, before: end) else {
                    readLoose(bytes, start: seen.firstQuote ?? at, before: end, record: &record)
                    if seen.durationPlace.map({ $0 > (seen.firstQuote ?? at) }) ?? false {
                        record.duration = beforeQuotes
                        record.durationRange = nil
                    }
                    return
                }
                take(quoted: (at + 1)..<close, bytes: bytes, seen: &seen, record: &record)
                at = close + 1
                continue
            }
            let word = bytes.word(at: at, before: end)
            guard let next = take(word: word, bytes: bytes, before: end, seen: &seen, record: &record) else {
                readLoose(bytes, start: seen.firstQuote ?? at, before: end, record: &record)
                if seen.durationPlace.map({ $0 > (seen.firstQuote ?? at) }) ?? false {
                    record.duration = beforeQuotes
                    record.durationRange = nil
                }
                return
            }
            at = next
        }
        // Traefik: a count behind the agent, the names of router and server, the time; its clock tells the beginning.
        if seen.quotes == 4, seen.hasCount, seen.isBare { record.isBegin = true }
        guard record.duration == nil, let number = LogDuration.lastNumber(bytes: bytes, range: rest) else { return }
        // A line may end in its time.
        if record.timeRange?.overlaps(number) != true { record.lastNumber = number }
    }

    /// What was seen behind the size.
    private struct Seen {
        var quotes = 0
        var firstQuote: Int?
        /// A number stood right behind the agent.
        var hasCount = false
        /// The duration had a unit and no name.
        var isBare = false
        var durationPlace: Int?
    }

    /// Where a text in quotes ends, if a space or the line's end follows; nil when the quotes do not fit together.
    private static func close(_ bytes: [UInt8], start: Int, before end: Int) -> Int? {
        var from = start
        while let quote = bytes.place(of: 0x22, in: from..<max(from, end)) {
            if LineLog.isEscaped(bytes, place: quote, after: start) {
                from = quote + 1
                continue
            }
            return quote + 1 == end || bytes[quote + 1] == 32 || bytes[quote + 1] == 9 ? quote : nil
        }
        return nil
    }

    private static func take(quoted range: Range<Int>, bytes: [UInt8], seen: inout Seen, record: inout LogRecord) {
        switch seen.quotes {
        case 0:
            // The first is the referer only where it looks like one: logs of one's own have other things here.
            if looksLikeReferer(bytes, range: range) { record.referer = range }
        case 1: record.agent = bytes.isNothing(range) ? nil : range
        default:
            if let first = range.first, bytes[first].isLetter {
                take(duration: range, bytes: bytes, seen: &seen, record: &record)
            }
        }
        seen.quotes += 1
    }

    private static func looksLikeReferer(_ bytes: [UInt8], range: Range<Int>) -> Bool {
        guard let first = range.first else { return false }
        return bytes[first] == UInt8(ascii: "/") || bytes.has("http", at: first, before: range.upperBound)
            || bytes.place(of: Array("://".utf8), in: range) != nil
    }

    /// Takes a word without quotes around it, and tells where it ends; nil when a quote stands where none can.
    private static func take(
        word: Range<Int>, bytes: [UInt8], before end: Int, seen: inout Seen, record: inout LogRecord
    ) -> Int? {
        var word = word
        if let quote = bytes.place(of: 0x22, in: word) {
            // `rt="0.1"`, `urt="0.1, 0.2"`.
            guard quote > word.lowerBound,
                bytes[quote - 1] == UInt8(ascii: "=") || bytes[quote - 1] == UInt8(ascii: ":"),
                let close = close(bytes, start: quote + 1, before: end)
            else { return nil }
            word = word.lowerBound..<(close + 1)
        }
        if seen.quotes == 2, bytes.whole(range: word) != nil { seen.hasCount = true }
        take(duration: word, bytes: bytes, seen: &seen, record: &record)
        return word.upperBound
    }

    private static func take(
        duration range: Range<Int>, bytes: [UInt8], seen: inout Seen, record: inout LogRecord
    ) {
        guard record.duration == nil, let duration = LogDuration.named(bytes: bytes, range: range) else { return }
        record.duration = duration
        record.durationRange = range
        seen.durationPlace = range.lowerBound
        seen.isBare = range.first.map { bytes[$0].isDigit } ?? false
    }

    /// Referer and agent between the first quote and the last one of the line.
    private static func readLoose(_ bytes: [UInt8], start: Int, before end: Int, record: inout LogRecord) {
        guard start < end, bytes[start] == 0x22, let last = bytes[(start + 1)..<end].lastIndex(of: 0x22),
            let middle = bytes.place(of: Array("\" \"".utf8), in: start..<(last + 1))
        else { return }
        let referer = (start + 1)..<max(start + 1, middle)
        record.referer = looksLikeReferer(bytes, range: referer) ? referer : nil
        let agent = (middle + 3)..<max(middle + 3, last)
        record.agent = bytes.isNothing(agent) ? nil : agent
    }
}
