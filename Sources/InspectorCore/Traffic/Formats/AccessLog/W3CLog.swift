// Logs in W3C's extended format: IIS, Amazon CloudFront. Lines of `#Fields:` name what the lines below them hold, and
// may come again within the file.

/// The names of one line of `#Fields:`, by what they hold.
struct W3CLog: Sendable, Equatable {
    let roles: [Column]

    /// What a column holds.
    enum Column: Sendable, Equatable {
        case role(LogRole)
        case date
        case time
        /// IIS writes whole milliseconds, CloudFront seconds with a fraction.
        case timeTaken
    }

    /// The names in a line of `#Fields:`; nil when it is none, or names no method and no address.
    init?(bytes: [UInt8], line: Range<Int>) {
        guard bytes.has("#Fields:", at: line.lowerBound, before: line.upperBound) else { return nil }
        var roles: [Column] = []
        var at = line.lowerBound + 8
        while true {
            at = bytes.afterSpace(place: at, before: line.upperBound)
            guard at < line.upperBound else { break }
            let word = bytes.word(at: at, before: line.upperBound)
            roles.append(W3CLog.column(name: String(decoding: bytes[word], as: UTF8.self).lowercased()))
            at = word.upperBound
        }
        guard roles.contains(.role(.method)), roles.contains(.role(.target)) else { return nil }
        self.roles = roles
    }

    private static func column(name: String) -> Column {
        switch name {
        case "date": .date
        case "time": .time
        case "time-taken": .timeTaken
        case "cs-method": .role(.method)
        case "cs-uri-stem", "cs-uri": .role(.target)
        case "cs-uri-query": .role(.query)
        case "sc-status": .role(.status)
        case "sc-bytes": .role(.size)
        case "c-ip": .role(.client)
        case "cs-host", "cs(host)", "x-host-header": .role(.host)
        case "cs(referer)": .role(.referer)
        case "cs(user-agent)": .role(.agent)
        default: .role(.ignored)
        }
    }

    /// Reads a line; false when it does not hold what the names say.
    ///
    /// - Parameters:
    ///   - day: where the date of a `#Date:` line stands in `dayBytes`, for files whose lines have none.
    func read(
        _ bytes: [UInt8], line: Range<Int>, day: Range<Int>?, dayBytes: [UInt8], record: inout LogRecord
    ) -> Bool {
        record.escapes = .none
        record.headerEscapes = .plus
        var clock = LogClock()
        var hasDate = false
        var timeRange: Range<Int>?
        var at = line.lowerBound
        if let day { hasDate = W3CLog.takeDate(dayBytes, range: day, clock: &clock) }
        for column in roles {
            at = bytes.afterSpace(place: at, before: line.upperBound)
            let word = bytes.word(at: at, before: line.upperBound)
            guard !word.isEmpty else { return false }
            at = word.upperBound
            switch column {
            case .date:
                guard W3CLog.takeDate(bytes, range: word, clock: &clock) else { return false }
                hasDate = true
            case .time:
                guard word.count >= 8, clock.takeTime(bytes, place: word.lowerBound, before: word.upperBound) else {
                    return false
                }
                let point = word.lowerBound + 8
                if point < word.upperBound, bytes[point] == UInt8(ascii: ".") {
                    clock.fraction = bytes.fraction(
                        range: bytes.digits(place: point + 1, before: word.upperBound), digits: 9)
                }
                timeRange = word
            case .timeTaken:
                let isSeconds = bytes.place(of: UInt8(ascii: "."), in: word) != nil
                _ = record.take(.duration(unit: isSeconds ? 1e9 : 1e6), bytes: bytes, range: word)
            case .role(let role):
                guard record.take(role, bytes: bytes, range: word) else { return false }
            }
        }
        // The format says that times are in UTC.
        clock.zone = .given
        if hasDate, timeRange != nil { record.time = clock.time }
        record.timeRange = timeRange
        return bytes.afterSpace(place: at, before: line.upperBound) == line.upperBound
    }

    /// Takes `2026-11-25`.
    private static func takeDate(_ bytes: [UInt8], range: Range<Int>, clock: inout LogClock) -> Bool {
        let start = range.lowerBound
        guard range.count >= 10, bytes[start + 4] == UInt8(ascii: "-"), bytes[start + 7] == UInt8(ascii: "-"),
            let year = bytes.whole(range: start..<(start + 4)),
            let month = bytes.whole(range: (start + 5)..<(start + 7)),
            let day = bytes.whole(range: (start + 8)..<(start + 10))
        else { return false }
        clock.year = year
        clock.month = month
        clock.day = day
        return true
    }
}
