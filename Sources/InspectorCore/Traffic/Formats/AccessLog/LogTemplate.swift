// A form of log lines as a server's own configuration gives it: fields, and the text between them.

/// A line's form, field by field.
struct LogTemplate: Sendable, Equatable {
    /// A part of the form.
    enum Piece: Sendable, Equatable {
        case text([UInt8])
        /// Ends where the next piece begins; at the byte `stop` where the two stand side by side.
        case field(LogRole, stop: UInt8? = nil)
        /// A time in any form but one of its own.
        case time(isBegin: Bool)
        /// A time, or parts of one, as strftime writes them.
        case clock([LogClockPart], isBegin: Bool)
    }

    let pieces: [Piece]

    /// Reads a line; false when it does not fit.
    func read(_ bytes: [UInt8], line: Range<Int>, record: inout LogRecord) -> Bool {
        misfit(bytes, line: line, record: &record) == nil
    }

    /// Reads a line, and tells the place at which it does not fit; nil where it does.
    ///
    /// What servers add behind the last field is passed over.
    func misfit(_ bytes: [UInt8], line: Range<Int>, record: inout LogRecord) -> Int? {
        var at = line.lowerBound
        let end = line.upperBound
        var clock = LogClock()
        var clockParts: Set<LogClockPart.Kind> = []
        for (number, piece) in pieces.enumerated() {
            switch piece {
            case .text(let text):
                guard bytes.has(text, at: at, before: end) else { return at }
                at += text.count
            case .field(let role, let stop):
                guard let last = extent(number: number, stop: stop, bytes: bytes, at: at, before: end) else {
                    return at
                }
                if let place = misfit(of: role, bytes: bytes, range: at..<last) { return place }
                guard record.take(role, bytes: bytes, range: at..<last) else { return at }
                at = last
            case .time(let isBegin):
                if at < end, bytes[at] == UInt8(ascii: "-"), at + 1 == end || !bytes[at + 1].isDigit {
                    at += 1
                    continue
                }
                guard let found = LogTime.read(bytes, start: at, before: end, isAlone: closesBehind(number)) else {
                    return at
                }
                if record.time == nil || isBegin {
                    record.time = found.time
                    record.timeRange = at..<found.end
                    record.isBegin = isBegin
                }
                at = found.end
            case .clock(let parts, let isBegin):
                guard let last = LogClockPart.take(parts, bytes: bytes, place: at, before: end, clock: &clock) else {
                    return at
                }
                record.timeRange = (record.timeRange?.lowerBound ?? at)..<last
                record.isBegin = isBegin
                clockParts.formUnion(parts.map(\.kind))
                at = last
            }
        }
        guard at == end || bytes[at] == 32 || bytes[at] == 9 else { return at }
        guard LogTemplate.finish(clock, parts: clockParts, record: &record) else { return line.lowerBound }
        record.finish()
        if record.duration == nil { record.lastNumber = LogDuration.lastNumber(bytes: bytes, range: at..<end) }
        return nil
    }

    /// Makes a time of the parts that were read.
    private static func finish(_ clock: LogClock, parts: Set<LogClockPart.Kind>, record: inout LogRecord) -> Bool {
        if parts.contains(.date) {
            guard let time = clock.time else { return false }
            record.time = time
        } else if let fraction = clock.fraction, let known = record.time, known.isWhole {
            record.time?.nanoseconds = known.nanoseconds.addingSaturated(fraction)
            record.time?.isWhole = false
        }
        return true
    }

    /// A name of a zone is taken only where nothing else can stand behind the time.
    private func closesBehind(_ number: Int) -> Bool {
        guard number + 1 < pieces.count, case .text(let text) = pieces[number + 1] else { return false }
        return text.first == UInt8(ascii: "]") || text.first == 0x22
    }

    /// Where something stands that such a field never has: what is one word has no space, a number is one.
    private func misfit(of role: LogRole, bytes: [UInt8], range: Range<Int>) -> Int? {
        switch role {
        case .duration, .durationPart:
            guard !bytes.isNothing(range), let first = range.first else { return nil }
            return bytes[first].isDigit || (bytes[first] == UInt8(ascii: "-") && range.count > 1) ? nil : first
        case .method:
            guard !bytes.isNothing(range), let first = range.first else { return nil }
            return bytes[first].isLetter ? bytes.place(of: 32, in: range) : first
        case .client, .host, .status, .size: return bytes.place(of: 32, in: range)
        default: return nil
        }
    }

    /// Where the field with that number ends.
    private func extent(number: Int, stop: UInt8?, bytes: [UInt8], at: Int, before end: Int) -> Int? {
        if let stop { return bytes.place(of: stop, in: at..<max(at, end)) ?? end }
        guard number + 1 < pieces.count, case .text(let text) = pieces[number + 1] else {
            guard case .field(let role, _) = pieces[number] else { return nil }
            switch role {
            case .request, .agent, .referer, .header, .target, .ignored: return end
            default: return bytes.word(at: at, before: end).upperBound
            }
        }
        let isQuoted = number > 0 && endsInQuote(pieces[number - 1]) && text.first == 0x22
        if isQuoted, number + 2 == pieces.count, text.count == 1 {
            return lastQuote(bytes: bytes, start: at, before: end)
        }
        if let last = spacedTarget(number: number, text: text, bytes: bytes, start: at, before: end) { return last }
        var from = at
        while let found = bytes.place(of: text, in: from..<max(from, end)) {
            if isQuoted
                ? closes(number, text: text, bytes: bytes, quote: found, after: at, before: end)
                : separates(text, bytes: bytes, found: found, after: at)
            {
                return found
            }
            from = found + 1
        }
        return nil
    }

    /// Where an address ends before the version that closes its quotes, `"%m %U%q %H"`; nil where it does not stand so.
    ///
    /// That is at the last space: Apache writes a path decoded, with spaces of its own.
    private func spacedTarget(number: Int, text: [UInt8], bytes: [UInt8], start: Int, before end: Int) -> Int? {
        guard number + 3 < pieces.count, pieces[number] == .field(.target), text == [32],
            pieces[number + 2] == .field(.ignored), case .text(let close) = pieces[number + 3], close.first == 0x22,
            let quote = bytes.place(of: 0x22, in: start..<max(start, end))
        else { return nil }
        return bytes[start..<quote].lastIndex(of: 32)
    }

    /// The quote that ends the last field.
    ///
    /// Behind it is nothing, or what a server has added, whose own quotes are in pairs. So an agent whose quotes were not
    /// escaped is taken as a whole.
    private func lastQuote(bytes: [UInt8], start: Int, before end: Int) -> Int? {
        guard start <= end else { return nil }
        var left = bytes[start..<end].count { $0 == 0x22 }
        var from = start
        while let quote = bytes.place(of: 0x22, in: from..<max(from, end)) {
            left -= 1
            if left % 2 == 0, quote + 1 == end || bytes[quote + 1] == 32,
                !LineLog.isEscaped(bytes, place: quote, after: start)
            {
                return quote
            }
            from = quote + 1
        }
        return nil
    }

    private func endsInQuote(_ piece: Piece) -> Bool {
        if case .text(let text) = piece { text.last == 0x22 } else { false }
    }

    /// Whether a quote ends its field: it is not escaped, and what has to follow it does.
    private func closes(
        _ number: Int, text: [UInt8], bytes: [UInt8], quote: Int, after start: Int, before end: Int
    ) -> Bool {
        guard !LineLog.isEscaped(bytes, place: quote, after: start) else { return false }
        let next = quote + text.count
        guard number + 2 < pieces.count else { return next == end || bytes[next] == 32 }
        guard case .field(.status, _) = pieces[number + 2], next < end else { return true }
        return bytes[next] == UInt8(ascii: "-")
            || bytes.digits(place: next, before: min(end, next + 4)).count == 3
    }

    /// Whether a text ends the field before it: a list has spaces of its own, behind commas and colons.
    private func separates(_ text: [UInt8], bytes: [UInt8], found: Int, after start: Int) -> Bool {
        guard text.first == 32, found > start else { return true }
        if bytes[found - 1] == UInt8(ascii: ",") { return false }
        // nginx: `0.1 : 0.2`.
        if bytes[found - 1] == UInt8(ascii: ":"), found - 2 >= start, bytes[found - 2] == 32 { return false }
        return !(text == [32] && bytes.has(" : ", at: found, before: bytes.count))
    }
}

/// A part of a time as strftime writes it.
enum LogClockPart: Sendable, Equatable {
    case text([UInt8])
    /// A number of two digits, or padded with a space.
    case day
    case month
    case monthName
    case year
    case shortYear
    case hour
    case halfHour
    case half
    case minute
    case second
    case weekday
    case zone
    case seconds
    case fraction(digits: Int)

    /// What it tells of a time.
    enum Kind {
        case date
        case other
    }

    var kind: Kind {
        switch self {
        case .day, .year, .shortYear, .seconds: .date
        default: .other
        }
    }

    /// Takes parts at `place`, and tells where they end; nil when they do not stand there.
    static func take(
        _ parts: [LogClockPart], bytes: [UInt8], place: Int, before end: Int, clock: inout LogClock
    ) -> Int? {
        var at = place
        for part in parts {
            guard let next = part.take(bytes, at: at, before: end, clock: &clock) else { return nil }
            at = next
        }
        return at
    }

    private func take(_ bytes: [UInt8], at: Int, before end: Int, clock: inout LogClock) -> Int? {
        func number(count: Int, isPadded: Bool = false) -> Int? {
            guard at + count <= end else { return nil }
            return bytes.whole(range: (isPadded && bytes[at] == 32 ? at + 1 : at)..<(at + count))
        }
        func taken(value: Int?, width: Int, put: (inout LogClock, Int) -> Void) -> Int? {
            guard let value else { return nil }
            put(&clock, value)
            return at + width
        }
        switch self {
        case .text(let text): return bytes.has(text, at: at, before: end) ? at + text.count : nil
        case .day: return taken(value: number(count: 2, isPadded: true), width: 2) { $0.day = $1 }
        case .month: return taken(value: number(count: 2), width: 2) { $0.month = $1 }
        case .year: return taken(value: number(count: 4), width: 4) { $0.year = $1 }
        case .shortYear: return taken(value: number(count: 2), width: 2) { $0.year = ($1 < 69 ? 2000 : 1900) + $1 }
        case .hour: return taken(value: number(count: 2, isPadded: true), width: 2) { $0.hour = $1 }
        case .halfHour:
            // An hour outside 1 to 12 becomes 24. No day has that hour, so the reader refuses the time.
            return taken(value: number(count: 2, isPadded: true), width: 2) {
                $0.hour = (1...12).contains($1) ? $1 % 12 : 24
            }
        case .minute: return taken(value: number(count: 2), width: 2) { $0.minute = $1 }
        case .second: return taken(value: number(count: 2), width: 2) { $0.second = $1 }
        case .half:
            guard at + 2 <= end, bytes[at + 1] | 0x20 == UInt8(ascii: "m") else { return nil }
            if bytes[at] | 0x20 == UInt8(ascii: "p"), clock.hour < 12 { clock.hour += 12 }
            return at + 2
        case .monthName:
            guard let month = LogTime.month(bytes: bytes, place: at, before: end) else { return nil }
            clock.month = month
            return letters(bytes: bytes, place: at, before: end)
        case .weekday:
            let last = letters(bytes: bytes, place: at, before: end)
            return last > at ? last : nil
        case .zone:
            let last = clock.takeZone(bytes, place: at, before: end, isAlone: true)
            return last > at ? last : nil
        case .seconds:
            let digits = bytes.digits(place: at, before: end)
            guard let time = LogTime.epoch(bytes: bytes, range: digits) else { return nil }
            clock.epoch = Int(clamping: time.nanoseconds / 1_000_000_000)
            clock.zone = .given
            return digits.upperBound
        case .fraction(let digits):
            let found = bytes.digits(place: at, before: min(end, at + digits))
            guard found.count == digits else { return nil }
            clock.fraction = bytes.fraction(range: found, digits: 9)
            return found.upperBound
        }
    }

    private func letters(bytes: [UInt8], place: Int, before end: Int) -> Int {
        var at = place
        while at < end, bytes[at].isLetter { at += 1 }
        return at
    }
}
