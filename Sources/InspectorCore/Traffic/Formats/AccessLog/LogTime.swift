// The times of logs, in every form that servers write them.

/// What a line says of its time's zone.
enum LogZone: Sendable, Equatable {
    /// As an offset, as `Z`, or as seconds since 1970.
    case given
    /// Nothing.
    case missing
    /// A name, such as `CEST`; whether its offset is known.
    case named(String, isKnown: Bool)
}

/// A time out of a log.
struct LogTime: Sendable, Equatable {
    /// Since 1970, in UTC.
    var nanoseconds: UInt64
    /// Whether it is a whole second because the log tells no more.
    var isWhole: Bool
    var zone: LogZone
    /// Whether the year is known: syslog's own times have none.
    var hasYear = true
}

extension LogTime {
    /// The month whose English name of three letters stands at `place`, from 1.
    static func month(bytes: [UInt8], place: Int, before end: Int) -> Int? {
        guard place >= 0, place + 3 <= end else { return nil }
        return switch Int(bytes[place]) << 16 | Int(bytes[place + 1]) << 8 | Int(bytes[place + 2]) {
        case 0x4A_616E: 1  // Jan
        case 0x46_6562: 2  // Feb
        case 0x4D_6172: 3  // Mar
        case 0x41_7072: 4  // Apr
        case 0x4D_6179: 5  // May
        case 0x4A_756E: 6  // Jun
        case 0x4A_756C: 7  // Jul
        case 0x41_7567: 8  // Aug
        case 0x53_6570: 9  // Sep
        case 0x4F_6374: 10  // Oct
        case 0x4E_6F76: 11  // Nov
        case 0x44_6563: 12  // Dec
        default: nil
        }
    }

    /// The time in the brackets that open at `open`, and where they close; nil when they hold something else.
    static func bracketed(bytes: [UInt8], open: Int, before end: Int) -> (time: LogTime, close: Int)? {
        guard open + 1 < end, bytes[open + 1].isDigit,
            let found = read(bytes, start: open + 1, before: end, isAlone: true)
        else { return nil }
        let close = bytes.afterSpace(place: found.end, before: end)
        guard close < end, bytes[close] == UInt8(ascii: "]") else { return nil }
        return (found.time, close)
    }

    /// The time that begins at `start`, in any form but syslog's, and where it ends.
    ///
    /// - Parameter isAlone: whether nothing else can follow it: then a name behind a space is its zone, and the forms
    ///   that an error log has too are taken.
    static func read(
        _ bytes: [UInt8], start: Int, before end: Int, isAlone: Bool
    ) -> (time: LogTime, end: Int)? {
        guard start + 10 <= end, bytes[start].isDigit else { return nil }
        if bytes[start + 2] == UInt8(ascii: "/") {
            return clock(bytes: bytes, start: start, before: end, isAlone: isAlone, dayWidth: 2)
        }
        if bytes[start + 1] == UInt8(ascii: "/") {
            return clock(bytes: bytes, start: start, before: end, isAlone: isAlone, dayWidth: 1)
        }
        if bytes[start + 4] == UInt8(ascii: "-") || (isAlone && bytes[start + 4] == UInt8(ascii: "/")) {
            return calendar(bytes: bytes, start: start, before: end, isAlone: isAlone)
        }
        // nginx' `$msec`: ten digits, a point, three digits. Ten digits alone could be anything.
        let word = bytes.digits(place: start, before: end)
        if word.count == 10, word.upperBound + 1 < end, bytes[word.upperBound] == UInt8(ascii: "."),
            bytes[word.upperBound + 1].isDigit
        {
            let fraction = bytes.digits(place: word.upperBound + 1, before: end)
            return epoch(bytes: bytes, range: start..<fraction.upperBound).map { ($0, fraction.upperBound) }
        }
        return nil
    }

    /// The time that `range` holds as a whole, in any form; a number is taken as seconds, milliseconds, microseconds or
    /// nanoseconds since 1970 by how large it is.
    static func whole(bytes: [UInt8], range: Range<Int>) -> LogTime? {
        var range = bytes.trimmed(range: range)
        if range.count > 2, bytes[range.lowerBound] == UInt8(ascii: "["),
            bytes[range.upperBound - 1] == UInt8(ascii: "]")
        {
            range = (range.lowerBound + 1)..<(range.upperBound - 1)
        }
        if let found = read(bytes, start: range.lowerBound, before: range.upperBound, isAlone: true) {
            return found.end == range.upperBound ? found.time : nil
        }
        return epoch(bytes: bytes, range: range)
    }

    /// A number of seconds since 1970, or of thousandths, millionths or billionths of one.
    static func epoch(bytes: [UInt8], range: Range<Int>) -> LogTime? {
        let units = bytes.digits(place: range.lowerBound, before: range.upperBound)
        guard let value = bytes.whole(range: units) ?? (units.count == 19 ? Int(String(showing: bytes[units])) : nil)
        else { return nil }
        // Up to 5138 as seconds, from 1973 as milliseconds.
        let (unit, digits): (UInt64, Int) =
            switch value {
            case ..<100_000_000_000: (1_000_000_000, 9)
            case ..<100_000_000_000_000: (1_000_000, 6)
            case ..<100_000_000_000_000_000: (1000, 3)
            default: (1, 0)
            }
        var nanoseconds = UInt64(value).multipliedSaturated(by: unit)
        var end = units.upperBound
        if end + 1 < range.upperBound, bytes[end] == UInt8(ascii: ".") {
            let fraction = bytes.digits(place: end + 1, before: range.upperBound)
            nanoseconds = nanoseconds.addingSaturated(bytes.fraction(range: fraction, digits: digits))
            end = fraction.upperBound
        }
        if end < range.upperBound {
            // Only an exponent may follow; a double holds what it says to some hundred nanoseconds.
            guard bytes[end] | 0x20 == UInt8(ascii: "e"), range.count <= 40,
                let number = Double(String(showing: bytes[range])), number < 1e11,
                let time = UInt64(nanoseconds: number, unit: 1e9)
            else { return nil }
            nanoseconds = time
        }
        guard nanoseconds < 8_000_000_000_000_000_000 else { return nil }
        return LogTime(
            nanoseconds: nanoseconds, isWhole: unit == 1_000_000_000 && units.upperBound == end, zone: .given)
    }

    /// `04/Jan/2020:07:25:02 +0000`, `25/Nov/2026 22:35:45`, `06/Feb/2026:12:14:14.655`.
    private static func clock(
        bytes: [UInt8], start: Int, before end: Int, isAlone: Bool, dayWidth: Int
    ) -> (time: LogTime, end: Int)? {
        let month = start + dayWidth + 1
        let year = month + 4
        guard year + 13 <= end, bytes[month + 3] == UInt8(ascii: "/") else { return nil }
        var clock = LogClock()
        guard let number = LogTime.month(bytes: bytes, place: month, before: end) else { return nil }
        clock.month = number
        guard let day = bytes.whole(range: start..<(start + dayWidth)),
            let yearNumber = bytes.whole(range: year..<(year + 4)),
            bytes[year + 4] == UInt8(ascii: ":") || bytes[year + 4] == 32,
            clock.takeTime(bytes, place: year + 5, before: end)
        else { return nil }
        clock.day = day
        clock.year = yearNumber
        return clock.finished(bytes: bytes, place: year + 13, before: end, isAlone: isAlone)
    }

    /// `2020-01-04T07:25:02.310Z`, `2020-01-04 07:25:02,310`, `2020/01/04 07:25:02`.
    private static func calendar(
        bytes: [UInt8], start: Int, before end: Int, isAlone: Bool
    ) -> (time: LogTime, end: Int)? {
        var clock = LogClock()
        guard start + 19 <= end, bytes[start + 7] == bytes[start + 4],
            let year = bytes.whole(range: start..<(start + 4)),
            let month = bytes.whole(range: (start + 5)..<(start + 7)),
            let day = bytes.whole(range: (start + 8)..<(start + 10)),
            bytes[start + 10] | 0x20 == UInt8(ascii: "t") || bytes[start + 10] == 32,
            clock.takeTime(bytes, place: start + 11, before: end)
        else { return nil }
        clock.year = year
        clock.month = month
        clock.day = day
        return clock.finished(bytes: bytes, place: start + 19, before: end, isAlone: isAlone)
    }

    /// Syslog's `Nov 25 22:35:45` with its day padded by a space, and where it ends (RFC 3164, 4.1.2).
    static func syslog(bytes: [UInt8], start: Int, before end: Int) -> (time: LogTime, end: Int)? {
        guard start + 15 <= end, let month = month(bytes: bytes, place: start, before: end), bytes[start + 3] == 32
        else {
            return nil
        }
        var clock = LogClock()
        clock.month = month
        // A leap year, so that every day of the calendar has its place.
        clock.year = 2000
        let isPadded = bytes[start + 4] == 32
        guard let day = bytes.whole(range: (start + (isPadded ? 5 : 4))..<(start + 6)), bytes[start + 6] == 32,
            clock.takeTime(bytes, place: start + 7, before: end)
        else { return nil }
        clock.day = day
        guard var found = clock.finished(bytes: bytes, place: start + 15, before: end, isAlone: false) else {
            return nil
        }
        found.time.hasYear = false
        return found
    }
}

/// The parts of a time, as they are read one after the other.
struct LogClock {
    var year = 0
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0
    /// In ns; nil when none was given.
    var fraction: UInt64?
    /// East of Greenwich, in seconds.
    var offset = 0
    var zone = LogZone.missing
    /// False when what stands in the place of an offset is none that a zone has: `+99:99`.
    private var isZoneSound = true
    /// The whole time in seconds since 1970, where the log has it so; then no other part counts.
    var epoch: Int?

    /// Takes `22:35:45`.
    mutating func takeTime(_ bytes: [UInt8], place: Int, before end: Int) -> Bool {
        guard place + 8 <= end, bytes[place + 2] == UInt8(ascii: ":"), bytes[place + 5] == UInt8(ascii: ":"),
            let hour = bytes.whole(range: place..<(place + 2)),
            let minute = bytes.whole(range: (place + 3)..<(place + 5)),
            let second = bytes.whole(range: (place + 6)..<(place + 8))
        else { return false }
        self.hour = hour
        self.minute = minute
        self.second = second
        return true
    }

    /// Takes the fraction and the zone that may follow at `place`.
    mutating func finished(
        bytes: [UInt8], place: Int, before end: Int, isAlone: Bool
    ) -> (time: LogTime, end: Int)? {
        var place = place
        if place + 1 < end, bytes[place] == UInt8(ascii: ".") || bytes[place] == UInt8(ascii: ","),
            bytes[place + 1].isDigit
        {
            let digits = bytes.digits(place: place + 1, before: end)
            fraction = bytes.fraction(range: digits, digits: 9)
            place = digits.upperBound
        }
        place = takeZone(bytes, place: place, before: end, isAlone: isAlone)
        return time.map { ($0, place) }
    }

    /// Takes a zone at `place`, behind one space at most, and tells where it ends.
    mutating func takeZone(_ bytes: [UInt8], place: Int, before end: Int, isAlone: Bool) -> Int {
        let isSpaced = place < end && bytes[place] == 32
        let start = isSpaced ? place + 1 : place
        guard start < end else { return place }
        switch bytes[start] {
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            let hours = bytes.digits(place: start + 1, before: min(end, start + 3))
            guard hours.count == 2 else { return place }
            var next = hours.upperBound
            if next < end, bytes[next] == UInt8(ascii: ":") { next += 1 }
            let minutes = bytes.digits(place: next, before: min(end, next + 2))
            guard minutes.count == 2, let hour = bytes.whole(range: hours), let minute = bytes.whole(range: minutes)
            else {
                return place
            }
            let isWest = bytes[start] == UInt8(ascii: "-")
            if let east = HARTime.offset(hours: hour, minutes: minute, isWest: isWest) {
                offset = east
            } else if isSpaced, !isAlone {
                // A number of somebody else's.
                return place
            } else {
                isZoneSound = false
            }
            zone = .given
            return minutes.upperBound
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            guard !isSpaced || isAlone, start + 1 == end || !bytes[start + 1].isLetter else { return place }
            zone = .given
            return start + 1
        default:
            // `CEST`, `Europe/Berlin`.
            var at = start
            while at < end, bytes[at].isLetter || bytes[at] == UInt8(ascii: "/") || bytes[at] == UInt8(ascii: "_") {
                at += 1
            }
            guard (2...32).contains(at - start), isAlone, bytes[start].isCapital,
                at == end || bytes[at] == UInt8(ascii: "]") || bytes[at] == 32
            else { return place }
            name(text: String(decoding: bytes[start..<at], as: UTF8.self))
            return at
        }
    }

    /// Takes a zone by its name.
    ///
    /// Few names mean one offset only, and that a log has one is told in any case.
    mutating func name(text: String) {
        let hours: [String: Int] = [
            "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9, "EST": -5,
            "EDT": -4, "CDT": -5, "MDT": -6, "PST": -8, "PDT": -7, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
        ]
        if text == "UTC" || text == "GMT" {
            zone = .given
        } else {
            offset = (hours[text] ?? 0) * 3600
            zone = .named(text, isKnown: hours[text] != nil)
        }
    }

    /// The time, or nil when there is no such.
    var time: LogTime? {
        guard isZoneSound else { return nil }
        let seconds =
            epoch
            ?? HARTime.seconds(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second, offset: offset)
        return seconds.map {
            LogTime(
                nanoseconds: UInt64(clamping: $0).multipliedSaturated(by: 1_000_000_000)
                    .addingSaturated(fraction ?? 0), isWhole: fraction == nil, zone: zone)
        }
    }
}

extension [UInt8] {
    /// The digits that stand at `place`.
    func digits(place: Int, before end: Int) -> Range<Int> {
        var at = place
        while at < end, self[at].isDigit { at += 1 }
        return place..<Swift.max(place, at)
    }

    /// The digits in `range` behind a decimal point, as a number of units of which `digits` digits make a whole.
    func fraction(range: Range<Int>, digits: Int) -> UInt64 {
        var number: UInt64 = 0
        for place in 0..<digits {
            number *= 10
            if place < range.count { number += UInt64(self[range.lowerBound + place] & 15) }
        }
        return number
    }
}
