// {{$timestamp -1 d}}, {{$datetime "YYYY-MM-DD" 3 h}}: the moment at which a file was looked through, moved by an offset
// and written in a form. What cannot be done is said: another moment is never sent for the one that was asked for.

internal import Foundation

/// The moment that is now for a file of requests.
struct DynamicTime: Sendable {
    /// In ms since 1970.
    private let now: Int

    /// The end of the year 9999: no form has room for a later one.
    private static let last = 253_402_300_799_999

    init() {
        // A clock that stands before 1970 has no date that could be written.
        now = min(max(0, Int(saturating: Date().timeIntervalSince1970 * 1000)), DynamicTime.last)
    }

    private static let units = [
        "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "M": 2_592_000_000,
        "Q": 7_776_000_000, "y": 31_536_000_000,
    ]

    /// The moment that lies `offset` from now: a number and a unit, `-3 d`, or nothing.
    func moment(offset: [String]) throws(DynamicFault) -> Int {
        if offset.isEmpty { return now }
        guard offset.count == 2, let amount = Int(offset[0]) else {
            throw DynamicFault("an offset is a number and a unit, such as -1 d; a form with spaces stands in quotes")
        }
        guard let unit = DynamicTime.units[offset[1]] else {
            throw DynamicFault(
                "\(offset[1].prefix(20)) is not a unit of time; known are ms, s, m, h, d, w, M, Q and y")
        }
        let moment = amount.multipliedSaturated(by: unit).addingSaturated(now)
        guard (0...DynamicTime.last).contains(moment) else {
            throw DynamicFault("its offset leads before 1970 or past the year 9999")
        }
        return moment
    }

    /// What `iso8601`, `rfc1123` or a form of its own (`"YYYY-MM-DD"`), and an offset behind it, ask for.
    func text(words: Substring) throws(DynamicFault) -> String {
        func isBetween(_ character: Character) -> Bool { " (),".contains(character) }
        var rest = words.drop(while: isBetween)
        var form = "iso8601"
        var isQuoted = false
        if let quote = rest.first, quote == "\"" || quote == "'" {
            rest = rest.dropFirst()
            guard let close = rest.firstIndex(of: quote) else {
                throw DynamicFault("the quotes of its form do not end")
            }
            form = String(rest[..<close])
            isQuoted = true
            rest = rest[rest.index(after: close)...]
        } else {
            let word = rest.prefix { !isBetween($0) }
            if !word.isEmpty, Int(word) == nil {
                form = String(word)
                rest = rest.dropFirst(word.count)
            }
        }
        let moment = try moment(offset: rest.split(whereSeparator: isBetween).map(String.init))
        switch form {
        case "iso8601": return DynamicTime.iso(moment: moment)
        case "rfc1123": return DynamicTime.rfc1123(moment: moment)
        default: return try DynamicTime.text(moment: moment, form: form, isQuoted: isQuoted)
        }
    }

    /// `2026-03-02T08:30:00.000Z`.
    static func iso(moment: Int) -> String {
        let parts = Parts(moment)
        return "\(parts.year)-\(parts.month)-\(parts.day)T\(parts.hour):\(parts.minute):\(parts.second)."
            + "\(parts.milliseconds)Z"
    }

    private static func rfc1123(moment: Int) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = Parts(moment)
        return "\(days[moment / 86_400_000 % 7]), \(parts.day) \(months[parts.date.month - 1]) \(parts.year) "
            + "\(parts.hour):\(parts.minute):\(parts.second) GMT"
    }

    /// A moment in a form of the file's own; what stands in `[…]` is no part of the form.
    private static func text(moment: Int, form: String, isQuoted: Bool) throws(DynamicFault) -> String {
        // Letters that mean something in such forms, known here or not.
        let letters = "YyMDdHhkmsSZzXxAaQWwEeGg"
        let isForm = isQuoted || form.allSatisfy { !$0.isLetter || letters.contains($0) || $0 == "T" }
        guard isForm, !form.isEmpty else {
            throw DynamicFault(
                "\(form.prefix(20)) is not a form of a date; known are iso8601, rfc1123, and one in quotes, such as "
                    + "\"YYYY-MM-DD\"")
        }
        let known = Parts(moment).texts
        var text = ""
        var rest = form[...]
        while let first = rest.first {
            if first == "[", let close = rest.firstIndex(of: "]") {
                text += rest[rest.index(after: rest.startIndex)..<close]
                rest = rest[rest.index(after: close)...]
            } else if letters.contains(first) {
                let run = rest.prefix { $0 == first }
                guard let value = known[String(run)] else {
                    throw DynamicFault("\(run.prefix(20)) in its form is not known; text of its own stands in [ ]")
                }
                text += value
                rest = rest.dropFirst(run.count)
            } else {
                text.append(first)
                rest = rest.dropFirst()
            }
        }
        return text
    }

    /// The parts of a moment, in UTC and with their zeros.
    private struct Parts {
        let date: (year: Int, month: Int, day: Int)
        let year: String
        let month: String
        let day: String
        let hour: String
        let minute: String
        let second: String
        let milliseconds: String
        /// Each by what it is called in a form.
        let texts: [String: String]

        init(_ moment: Int) {
            func padded(number: Int, width: Int = 2) -> String {
                let digits = "\(number)"
                return String(repeating: "0", count: max(0, width - digits.count)) + digits
            }
            let seconds = moment / 1000
            let date = HARTime.date(days: seconds / 86_400)
            let clock = (hour: seconds % 86_400 / 3600, minute: seconds / 60 % 60, second: seconds % 60)
            self.date = date
            year = padded(number: date.year, width: 4)
            month = padded(number: date.month)
            day = padded(number: date.day)
            hour = padded(number: clock.hour)
            minute = padded(number: clock.minute)
            second = padded(number: clock.second)
            milliseconds = padded(number: moment % 1000, width: 3)
            texts = [
                "YYYY": year, "yyyy": year, "YY": padded(number: date.year % 100), "MM": month, "M": "\(date.month)",
                "DD": day,
                "dd": day, "D": "\(date.day)", "HH": hour, "H": "\(clock.hour)", "mm": minute, "m": "\(clock.minute)",
                "ss": second, "s": "\(clock.second)", "SSS": milliseconds, "Z": "+00:00", "ZZ": "+0000",
                "X": "\(seconds)", "x": "\(moment)",
            ]
        }
    }
}
