// Dates in header fields (RFC 9110, 5.6.7).

internal import Glibc

/// Seconds since 1970 as HTTP writes them, and back.
enum HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The seconds now.
    static var now: Int64 { Int64(time(nil)) }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func text(seconds: Int64) -> String {
        // Years of four digits are all that the form has.
        var seconds = time_t(min(max(seconds, -62_135_596_800), 253_402_300_799))
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = days[Int(parts.tm_wday) % 7]
        let month = months[Int(parts.tm_mon) % 12]
        let clock = "\(two(number: parts.tm_hour)):\(two(number: parts.tm_min)):\(two(number: parts.tm_sec))"
        let year = String(1900 + Int(parts.tm_year))
        let zeros = String(repeating: "0", count: max(0, 4 - year.utf8.count))
        return "\(day), \(two(number: parts.tm_mday)) \(month) \(zeros)\(year) \(clock) GMT"
    }

    /// The seconds of a date in any of the three forms that a receiver has to know; nil for anything else.
    static func seconds(text: String) -> Int64? {
        let words = text.utf8.split { $0 == 0x20 || $0 == 0x2C || $0 == 0x2D }.map { String(Substring($0)) }
        // "Sun 06 Nov 1994 08:49:37 GMT", "Sunday 06 Nov 94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994"
        guard words.count >= 5 else { return nil }
        let isPlain = months.contains(words[1])
        guard let month = months.firstIndex(of: isPlain ? words[1] : words[2]),
            let day = words[isPlain ? 2 : 1].wholeNumber,
            var year = words[isPlain ? 4 : 3].wholeNumber
        else { return nil }
        let clock = words[isPlain ? 3 : 4].split(atByte: ":").compactMap(\.wholeNumber)
        guard clock.count == 3, (1...31).contains(day), (0...23).contains(clock[0]), (0...59).contains(clock[1]),
            (0...60).contains(clock[2])
        else { return nil }
        if !isPlain, words[3].utf8.count == 2 { year += year < 70 ? 2000 : 1900 }
        guard (1900...9999).contains(year) else { return nil }
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month)
        parts.tm_mday = Int32(day)
        parts.tm_hour = Int32(clock[0])
        parts.tm_min = Int32(clock[1])
        parts.tm_sec = Int32(clock[2])
        return Int64(timegm(&parts))
    }
}
