// Apache's LogFormat (Apache: mod_log_config) and gunicorn's access_log_format, which hypercorn has too.

/// A LogFormat: `%h`, `%>s`, `%{Referer}i`.
enum ApacheFormatString {
    /// What `%` and a letter hold, where a replay needs it or not.
    private static let letters: [UInt8: LogTemplate.Piece] = [
        UInt8(ascii: "a"): .field(.client), UInt8(ascii: "h"): .field(.client), UInt8(ascii: "r"): .field(.request),
        UInt8(ascii: "m"): .field(.method), UInt8(ascii: "U"): .field(.target), UInt8(ascii: "q"): .field(.query),
        UInt8(ascii: "s"): .field(.status), UInt8(ascii: "b"): .field(.size), UInt8(ascii: "B"): .field(.size),
        UInt8(ascii: "v"): .field(.host), UInt8(ascii: "V"): .field(.host),
        UInt8(ascii: "D"): .field(.duration(unit: 1000)),
    ]

    /// Those of which nothing is needed.
    private static let idle = Set("ACefHIklLnOopPRSuX^".utf8)

    static func template(source: LogFormatSource) throws(LogFormatError) -> LogTemplate {
        var builder = LogTemplateBuilder(source: source)
        let bytes = source.bytes
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "%") else {
                builder.text(byte: bytes[at], at: at)
                at += 1
                continue
            }
            let start = at
            at += 1
            if at < bytes.count, bytes[at] == UInt8(ascii: "%") {
                builder.text(byte: bytes[at], at: at)
                at += 1
                continue
            }
            while at < bytes.count, bytes[at].isDigit || "<>!,".utf8.contains(bytes[at]) { at += 1 }
            var argument: Range<Int>?
            if at < bytes.count, bytes[at] == UInt8(ascii: "{") {
                guard let close = bytes.place(of: UInt8(ascii: "}"), in: at..<bytes.count) else {
                    throw LogFormatError(source: source, range: start..<bytes.count, reason: "the brace does not close")
                }
                argument = (at + 1)..<close
                at = close + 1
            }
            guard at < bytes.count else {
                throw LogFormatError(
                    source: source, range: start..<bytes.count,
                    reason: "a letter should follow that says what stands here")
            }
            let letter = bytes[at]
            // `%{X}^ti` and `%^FB` are of two letters more.
            at = min(bytes.count, at + (letter == UInt8(ascii: "^") ? 3 : 1))
            try add(letter, argument: argument, source: source, range: start..<at, to: &builder)
        }
        return try builder.finished(needs: "%r, or %m and %U%q, should be there")
    }

    private static func add(
        _ letter: UInt8, argument: Range<Int>?, source: LogFormatSource, range: Range<Int>,
        to builder: inout LogTemplateBuilder
    ) throws(LogFormatError) {
        let text = argument.map { String(decoding: source.bytes[$0], as: UTF8.self) }
        switch letter {
        case UInt8(ascii: "t"):
            if let argument, let text, text != "begin", text != "end" {
                try addTime(text, argument: argument, source: source, range: range, to: &builder)
            } else {
                builder.text(text: "[", at: range.lowerBound)
                builder.field(piece: .time(isBegin: text != "end"), range: range)
                builder.text(text: "]", at: range.lowerBound)
            }
        case UInt8(ascii: "T"):
            let units = ["ms": 1e6, "us": 1000, "s": 1e9]
            guard let unit = text.map({ units[$0] }) ?? 1e9 else {
                throw LogFormatError(source: source, range: range, reason: "the units of %T are {s}, {ms} and {us}")
            }
            builder.field(piece: .field(.duration(unit: unit)), range: range)
        case UInt8(ascii: "i"):
            guard let text, !text.isEmpty else {
                throw LogFormatError(
                    source: source, range: range, reason: "the name of the header field is missing: %{User-Agent}i")
            }
            switch text.lowercased() {
            case "referer": builder.field(piece: .field(.referer), range: range)
            case "user-agent": builder.field(piece: .field(.agent), range: range)
            case "host": builder.field(piece: .field(.host), range: range)
            default: builder.field(piece: .field(.header(text)), range: range)
            }
        default:
            if let piece = letters[letter] {
                // `%{c}a` is who holds the connection: a proxy, where there is one.
                builder.field(piece: piece, range: range)
            } else if idle.contains(letter) {
                builder.field(piece: .field(.ignored), range: range)
            } else {
                throw LogFormatError(
                    source: source, range: range,
                    reason:
                        "Apache has no such field; those that count are %h, %t, %{…}t, %r, %m, %U, %q, %>s, %b, %D, %T, %v, "
                        + "%{Name}i")
            }
        }
    }

    /// `%{…}t`: `begin:` or `end:` in front, then `sec`, `msec_frac` and their like, or what strftime takes.
    private static func addTime(
        _ text: String, argument: Range<Int>, source: LogFormatSource, range: Range<Int>,
        to builder: inout LogTemplateBuilder
    ) throws(LogFormatError) {
        var isBegin = true
        var form = text[...]
        if form.hasPrefix("begin:") {
            form = form.dropFirst(6)
        } else if form.hasPrefix("end:") {
            isBegin = false
            form = form.dropFirst(4)
        }
        switch form {
        case "": builder.field(piece: .time(isBegin: isBegin), range: range)
        case "sec", "msec", "usec": builder.field(piece: .field(.time(isBegin: isBegin)), range: range)
        case "msec_frac": builder.field(piece: .clock([.fraction(digits: 3)], isBegin: isBegin), range: range)
        case "usec_frac": builder.field(piece: .clock([.fraction(digits: 6)], isBegin: isBegin), range: range)
        default:
            let start = argument.upperBound - form.utf8.count
            builder.field(
                piece: .clock(
                    try ClockFormatString.parts(source: source, range: start..<argument.upperBound), isBegin: isBegin),
                range: range)
        }
    }
}

/// What strftime takes.
enum ClockFormatString {
    /// The parts of a time in `range`.
    ///
    /// - Throws: `LogFormatError` at the first that cannot be read back.
    static func parts(source: LogFormatSource, range: Range<Int>) throws(LogFormatError) -> [LogClockPart] {
        var parts: [LogClockPart] = []
        var at = range.lowerBound
        func text(bytes: [UInt8]) {
            if case .text(let before)? = parts.last {
                parts[parts.count - 1] = .text(before + bytes)
            } else {
                parts.append(.text(bytes))
            }
        }
        while at < range.upperBound {
            let byte = source.bytes[at]
            guard byte == UInt8(ascii: "%"), at + 1 < range.upperBound else {
                text(bytes: [byte])
                at += 1
                continue
            }
            let start = at
            at += 1
            // glibc's flags for padding, and the modifiers of POSIX.
            while at + 1 < range.upperBound, "_-0^#EO".utf8.contains(source.bytes[at]) { at += 1 }
            let letter = Character(Unicode.Scalar(source.bytes[at]))
            at += 1
            guard let found = known[letter] else {
                throw LogFormatError(
                    source: source, range: start..<at,
                    reason: "this part of a time cannot be read; those that can are "
                        + known.keys.sorted().map { "%\($0)" }.joined(separator: " "))
            }
            for part in found {
                if case .text(let bytes) = part { text(bytes: bytes) } else { parts.append(part) }
            }
        }
        return parts
    }

    private static let colon = LogClockPart.text([UInt8(ascii: ":")])
    private static let slash = LogClockPart.text([UInt8(ascii: "/")])
    private static let dash = LogClockPart.text([UInt8(ascii: "-")])
    private static let space = LogClockPart.text([32])

    private static let known: [Character: [LogClockPart]] = [
        "Y": [.year], "y": [.shortYear], "m": [.month], "b": [.monthName], "B": [.monthName], "h": [.monthName],
        "d": [.day], "e": [.day], "H": [.hour], "k": [.hour], "I": [.halfHour], "l": [.halfHour], "p": [.half],
        "P": [.half], "M": [.minute], "S": [.second], "a": [.weekday], "A": [.weekday], "z": [.zone], "Z": [.zone],
        "s": [.seconds], "T": [.hour, colon, .minute, colon, .second], "R": [.hour, colon, .minute],
        "F": [.year, dash, .month, dash, .day], "D": [.month, slash, .day, slash, .shortYear],
        "c": [
            .weekday, space, .monthName, space, .day, space, .hour, colon, .minute, colon, .second, space, .year,
        ],
        "n": [.text([10])], "t": [.text([9])], "%": [.text([UInt8(ascii: "%")])],
    ]
}

/// gunicorn's access_log_format: `%(h)s`.
enum GunicornFormatString {
    private static let names: [String: LogTemplate.Piece] = [
        "h": .field(.client), "r": .field(.request), "m": .field(.method), "U": .field(.target), "R": .field(.target),
        "q": .field(.query), "Uq": .field(.target), "s": .field(.status), "B": .field(.size), "b": .field(.size),
        "f": .field(.referer), "a": .field(.agent), "T": .field(.duration(unit: 1e9)),
        "D": .field(.duration(unit: 1000)), "M": .field(.duration(unit: 1e6)), "L": .field(.duration(unit: 1e9)),
    ]

    private static let idle: Set<String> = ["l", "u", "H", "p", "st", "S"]

    static func template(source: LogFormatSource) throws(LogFormatError) -> LogTemplate {
        var builder = LogTemplateBuilder(source: source)
        let bytes = source.bytes
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "%"), at + 1 < bytes.count else {
                builder.text(byte: bytes[at], at: at)
                at += 1
                continue
            }
            if bytes[at + 1] == UInt8(ascii: "%") {
                builder.text(byte: bytes[at], at: at)
                at += 2
                continue
            }
            guard bytes[at + 1] == UInt8(ascii: "("),
                let close = bytes.place(of: UInt8(ascii: ")"), in: at..<bytes.count),
                close + 1 < bytes.count, bytes[close + 1].isLetter
            else {
                let word = bytes.word(at: at, before: bytes.count)
                throw LogFormatError(source: source, range: word, reason: "a field is written %(h)s")
            }
            let range = at..<(close + 2)
            try add(
                String(decoding: bytes[(at + 2)..<close], as: UTF8.self), source: source, range: range, to: &builder)
            at = close + 2
        }
        return try builder.finished(needs: "%(r)s, or %(m)s and %(U)s, should be there")
    }

    private static func add(
        _ name: String, source: LogFormatSource, range: Range<Int>, to builder: inout LogTemplateBuilder
    ) throws(LogFormatError) {
        if name == "t" {
            builder.text(text: "[", at: range.lowerBound)
            builder.field(piece: .time(isBegin: false), range: range)
            builder.text(text: "]", at: range.lowerBound)
        } else if let piece = names[name] {
            builder.field(piece: piece, range: range)
        } else if name.hasPrefix("{"), let close = name.firstIndex(of: "}") {
            let header = String(name[..<close].dropFirst())
            builder.field(piece: .field(name.hasSuffix("}i") ? role(header: header) : .ignored), range: range)
        } else if idle.contains(name) {
            builder.field(piece: .field(.ignored), range: range)
        } else {
            let known = (Array(names.keys) + idle + ["t", "{name}i"]).sorted().map { "%(\($0))s" }
            throw LogFormatError(
                source: source, range: range,
                reason: "gunicorn has no such field; known are " + known.joined(separator: ", "))
        }
    }

    private static func role(header: String) -> LogRole {
        switch header.lowercased() {
        case "host": .host
        case "referer": .referer
        case "user-agent": .agent
        default: .header(header)
        }
    }
}
