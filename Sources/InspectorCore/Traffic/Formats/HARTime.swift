// Times as HAR files have them.

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
            let second = number(start: 17, count: 2),
            bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] | 0x20 == 0x74, bytes[13] == 0x3A, bytes[16] == 0x3A
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
        case 0x5A, 0x7A: break
        case 0x2B, 0x2D:
            let colon = place + 3 < bytes.count && bytes[place + 3] == 0x3A ? 1 : 0
            guard let hours = number(start: place + 1, count: 2),
                let minutes = number(start: place + 3 + colon, count: 2), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[place] == 0x2D ? -1 : 1)
        default: return nil
        }
        guard
            let seconds = seconds(
                date: (year, month, day), time: (hour, minute, second), offset: offset, lastYear: 2500)
        else { return nil }
        return UInt64(seconds) * 1_000_000_000 + fraction
    }

    /// Seconds since 1970, or nil when there is no such moment: a day that its month does not have, an hour past 23, a
    /// second 60 that is not the last one of a day in UTC, where leap seconds are (ITU-R TF.460).
    ///
    /// - Parameters:
    ///   - offset: east of Greenwich, in seconds.
    ///   - lastYear: the year after which a time is taken for a mistake.
    static func seconds(
        date: (year: Int, month: Int, day: Int), time: (hour: Int, minute: Int, second: Int), offset: Int, lastYear: Int
    ) -> Int? {
        guard (1970...lastYear).contains(date.year), (1...12).contains(date.month),
            (1...days(inMonth: date.month, of: date.year)).contains(date.day), (0..<24).contains(time.hour),
            (0..<60).contains(time.minute), (0...60).contains(time.second)
        else { return nil }
        let seconds =
            days(year: date.year, month: date.month, day: date.day) * 86_400 + time.hour * 3600 + time.minute * 60
            + time.second - offset
        guard seconds >= 0 else { return nil }
        // A leap second has the number of the next day's first one.
        return time.second == 60 && seconds % 86_400 != 0 ? nil : seconds
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
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
