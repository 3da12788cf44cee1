// Times as HAR files have them, and what is a moment at all: the one place where every reader of dates asks.

/// ISO 8601 as HAR files have it: any number of fraction digits, `Z` or an offset.
enum HARTime {
    /// Nanoseconds since 1970, or nil when `text` is no such time.
    static func parse(_ text: String) -> UInt64? {
        // yyyy-mm-ddThh:mm:ss[.fraction](Z|±hh:mm|±hhmm)
        let bytes = Array(text.utf8)
        func number(start: Int, count: Int) -> Int? {
            guard start + count <= bytes.count else { return nil }
            return bytes[start..<(start + count)].reduce(Int?(0)) { sum, byte in
                guard let sum, (0x30...0x39).contains(byte) else { return nil }
                return sum * 10 + Int(byte - 0x30)
            }
        }
        guard bytes.count >= 20, let year = number(start: 0, count: 4), let month = number(start: 5, count: 2),
            let day = number(start: 8, count: 2),
            let hour = number(start: 11, count: 2), let minute = number(start: 14, count: 2),
            let second = number(start: 17, count: 2), isDivided(bytes)
        else { return nil }
        var place = 19
        var fraction: UInt64 = 0
        if bytes[place] == 0x2E {
            place += 1
            var scale: UInt64 = 100_000_000
            while place < bytes.count, (0x30...0x39).contains(bytes[place]) {
                fraction += UInt64(bytes[place] - 0x30) * scale
                scale /= 10
                place += 1
            }
        }
        guard place < bytes.count else { return nil }
        var offset = 0
        switch bytes[place] {
        case 0x5A, 0x7A: place += 1
        case 0x2B, 0x2D:
            let colon = place + 3 < bytes.count && bytes[place + 3] == 0x3A ? 1 : 0
            guard let hours = number(start: place + 1, count: 2),
                let minutes = number(start: place + 3 + colon, count: 2),
                let east = HARTime.offset(hours: hours, minutes: minutes, isWest: bytes[place] == 0x2D)
            else { return nil }
            offset = east
            place += 5 + colon
        default: return nil
        }
        // What follows could change what it means.
        guard bytes[place...].allSatisfy({ $0 <= 32 }) else { return nil }
        let seconds = HARTime.seconds(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, offset: offset)
        return seconds.map { UInt64($0) * 1_000_000_000 + fraction }
    }

    /// Whether the signs of a date and a clock stand between the numbers.
    private static func isDivided(_ bytes: [UInt8]) -> Bool {
        [0x2D, 0x2F].contains(bytes[4]) && bytes[7] == bytes[4] && [0x54, 0x74, 0x20].contains(bytes[10])
            && bytes[13] == 0x3A && bytes[16] == 0x3A
    }

    /// Seconds since 1970; nil when there is no such moment, or it lies outside the years 1970 to 2500.
    ///
    /// The day has to exist in its month. A second 60 is one only where a leap second can be: it is the last of a month
    /// in UTC (RFC 3339, 5.7), and counts as the first of the next.
    ///
    /// - Parameter offset: how far the zone lies east of Greenwich, in seconds.
    static func seconds(
        year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, offset: Int
    ) -> Int? {
        guard (1970...2500).contains(year), (1...12).contains(month), day >= 1,
            day <= HARTime.length(ofMonth: month, in: year), (0..<24).contains(hour), (0..<60).contains(minute),
            (0...60).contains(second), (-offsetLimit...offsetLimit).contains(offset)
        else { return nil }
        let seconds = days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        guard seconds >= 0 else { return nil }
        guard second == 60 else { return seconds }
        return seconds % 86_400 == 0 && date(days: seconds / 86_400).day == 1 ? seconds : nil
    }

    /// How far a zone lies east of Greenwich, in seconds; nil when no zone does.
    static func offset(hours: Int, minutes: Int, isWest: Bool) -> Int? {
        guard (0..<24).contains(hours), (0..<60).contains(minutes) else { return nil }
        let seconds = hours * 3600 + minutes * 60
        guard seconds <= offsetLimit else { return nil }
        return isWest ? -seconds : seconds
    }

    /// No clock on Earth is further from UTC than 14 hours; what goes beyond 18 is taken for a slip.
    private static let offsetLimit = 18 * 3600

    /// How many days a month of the Gregorian calendar has.
    private static func length(ofMonth month: Int, in year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The time as HAR files have it, in UTC with all nine digits.
    static func text(nanoseconds: UInt64) -> String {
        func two(number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let seconds = Int(nanoseconds / 1_000_000_000)
        let date = HARTime.date(days: seconds / 86_400)
        let rest = seconds % 86_400
        let fraction = "\(nanoseconds % 1_000_000_000)"
        return
            "\(date.year)-\(two(number: date.month))-\(two(number: date.day))T\(two(number: rest / 3600)):\(two(number: rest / 60 % 60)):\(two(number: rest % 60))."
            + String(repeating: "0", count: 9 - fraction.count) + fraction + "Z"
    }

    /// The date of the Gregorian calendar that is so many days after 1970.
    static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        let days = days + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let isLate = month >= 10
        return (
            yearOfEra + era * 400 + (isLate ? 1 : 0), isLate ? month - 9 : month + 3,
            dayOfYear - (153 * month + 2) / 5 + 1
        )
    }

    /// Days since 1970 of a date of the Gregorian calendar.
    static func days(year: Int, month: Int, day: Int) -> Int {
        // Years begin in March, so that the leap day is the last of its year.
        let year = month <= 2 ? year - 1 : year
        let month = month <= 2 ? month + 9 : month - 3
        return year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468
    }
}
