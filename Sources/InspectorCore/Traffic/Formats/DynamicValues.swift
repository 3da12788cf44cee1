// The variables that editors make up: {{$guid}}, {{$timestamp}}, {{$randomInt 1 6}}. Here they are decided by the seed,
// so that a run can be repeated, and the time is that of the moment at which the file was looked through.

internal import Foundation
internal import Glibc

/// Values that stand in no file.
struct DynamicValues: Sendable {
    /// One of them.
    struct Value {
        let bytes: [UInt8]
        /// Whether it is the same in every request.
        let isFixed: Bool
        /// What has to be said of it.
        var remark: String?

        init(text: String, isFixed: Bool = false, remark: String? = nil) {
            bytes = Array(text.utf8)
            self.isFixed = isFixed
            self.remark = remark
        }
    }

    private let seed: UInt64
    /// The moment that is now, in ms since 1970.
    private let moment: Int
    /// What `.env` beside the file holds.
    private let dotenv: [String: String]
    /// The variables that every environment has.
    private let shared: [String: String]

    init(seed: UInt64, dotenv: [String: String] = [:], shared: [String: String] = [:]) {
        self.seed = seed
        self.dotenv = dotenv
        self.shared = shared
        // A clock that stands before 1970 has no date that could be written.
        moment = max(0, Int(saturating: Date().timeIntervalSince1970 * 1000))
    }

    /// The value of `name`, which begins with a dollar and may have arguments; nil when there is none.
    ///
    /// - Parameters:
    ///   - mark: tells apart the places of one request that ask for a value.
    ///   - line: tells apart the requests of a file.
    func value(name: String, mark: UInt64, line: Int) -> Value? {
        let words = name.split(whereSeparator: { " (),".contains($0) }).map(String.init)
        guard let word = words.first else { return nil }
        let arguments = Array(words.dropFirst())
        var random = SeededNumbers(seed: seed, mark: mark, line: line)
        switch word {
        case "$processEnv", "$dotenv", "$shared":
            guard let first = arguments.first else { return nil }
            return stored(kind: word, name: first)
        case "$guid", "$uuid", "$random.uuid", "$randomUUID": return Value(text: random.uuid)
        // An offset that cannot be applied leaves no value: sent as now it would be another request than was asked for.
        case "$timestamp": return moment(offset: arguments).map { Value(text: "\($0 / 1000)") }
        case "$isoTimestamp": return moment(offset: arguments).map { Value(text: iso(moment: $0)) }
        case "$datetime", "$localDatetime": return datetime(name: name, arguments: arguments).map { Value(text: $0) }
        case "$randomInt", "$random.integer":
            let numbers = arguments.compactMap { Int($0) }
            let low = numbers.count > 1 ? numbers[0] : 0
            let high = numbers.count > 1 ? numbers[1] : numbers.first ?? 1000
            return high > low ? Value(text: "\(random.number(in: low..<high))") : nil
        case "$random.float":
            let numbers = arguments.compactMap { Double($0) }
            let low = numbers.count > 1 ? numbers[0] : 0
            let high = numbers.count > 1 ? numbers[1] : numbers.first ?? 1000
            guard high > low, (high - low).isFinite else { return nil }
            return Value(text: "\(low + (high - low) * random.share)")
        case "$random.alphabetic":
            return random.text(of: "abcdefghijklmnopqrstuvwxyz", arguments: arguments).map { Value(text: $0) }
        case "$random.alphanumeric":
            return random.text(of: "abcdefghijklmnopqrstuvwxyz0123456789_", arguments: arguments).map {
                Value(text: $0)
            }
        case "$random.hexadecimal":
            return random.text(of: "0123456789abcdef", arguments: arguments).map { Value(text: $0) }
        case "$random.email", "$randomEmail":
            return random.text(of: "abcdefghijklmnopqrstuvwxyz", arguments: ["8"]).map {
                Value(text: $0 + "@example.org")
            }
        case "$randomBoolean": return Value(text: random.number(in: 0..<2) == 0 ? "true" : "false")
        default:
            guard word.hasPrefix("$env."), arguments.isEmpty else { return nil }
            return stored(kind: "$processEnv", name: String(word.dropFirst(5)))
        }
    }

    /// What stands elsewhere under `name`; `%NAME` asks for what stands under the value of NAME.
    private func stored(kind: String, name: String) -> Value? {
        func found(name: String) -> String? {
            switch kind {
            case "$dotenv": dotenv[name]
            case "$shared": shared[name]
            default: getenv(name).map { String(cString: $0) }
            }
        }
        guard let text = name.hasPrefix("%") ? found(name: String(name.dropFirst())).flatMap(found) : found(name: name)
        else {
            return nil
        }
        guard kind == "$processEnv" else { return Value(text: text, isFixed: true) }
        // Only where a file asks for it by this form, and it is said: such a file may come from others.
        return Value(text: text, remark: "the environment variable \(name) is sent in it, as the file asks for")
    }

    /// What `.env` beside `file` holds: `NAME=value` lines.
    static func dotenv(beside file: String) -> [String: String] {
        guard let bytes = try? BodyFile.read(".env", beside: file, limit: 1024 * 1024) else { return [:] }
        var values: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            var line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("export ") { line = String(line.dropFirst(7)) }
            guard !line.hasPrefix("#"), let sign = line.firstIndex(of: "=") else { continue }
            var value = line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces)
            for quote in ["\"", "'"] where value.count > 1 && value.hasPrefix(quote) && value.hasSuffix(quote) {
                value = String(value.dropFirst().dropLast())
            }
            values[line[..<sign].trimmingCharacters(in: .whitespaces)] = value
        }
        return values
    }

    // MARK: Time

    /// The moment that is now, moved by an offset if one is given, in ms; nil where that is not an offset.
    private func moment(offset: [String]) -> Int? {
        offset.isEmpty ? moment : self.offset(words: offset).map { moment + $0 }
    }

    /// `-3 d`: a number and a unit, as ms; nil where it is something else.
    private func offset(words: [String]) -> Int? {
        guard words.count == 2, let amount = Int(words[0]) else { return nil }
        let units = [
            "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
            "M": 2_592_000_000, "Q": 7_776_000_000, "y": 31_536_000_000,
        ]
        guard let unit = units[words[1]] else { return nil }
        let product = amount.multipliedSaturated(by: unit)
        // A time before 1970 or past what a text of it holds is none.
        return (-moment...250_000_000_000_000 - moment).contains(product) ? product : nil
    }

    private func iso(moment: Int) -> String {
        let text = HARTime.text(nanoseconds: UInt64(max(0, moment)).multipliedSaturated(by: 1_000_000))
        return text.prefix(23) + "Z"
    }

    /// `$datetime iso8601`, `rfc1123` or a form of its own (`"YYYY-MM-DD"`), and an offset.
    private func datetime(name: String, arguments: [String]) -> String? {
        var form = arguments.first ?? "iso8601"
        var rest = Array(arguments.dropFirst())
        if let start = name.firstIndex(where: { $0 == "\"" || $0 == "'" }) {
            // A form of one's own may hold spaces; what follows its quote is the offset.
            let inner = name[name.index(after: start)...]
            form = String(inner.prefix { $0 != name[start] })
            rest = inner.dropFirst(form.count + 1).split(separator: " ").map(String.init)
        }
        guard let moment = moment(offset: rest) else { return nil }
        let seconds = moment / 1000
        let date = HARTime.date(days: seconds / 86_400)
        func two(number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (hour, minute, second) = (seconds % 86_400 / 3600, seconds / 60 % 60, seconds % 60)
        switch form {
        case "iso8601": return iso(moment: moment)
        case "rfc1123":
            let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
            let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            return "\(days[seconds / 86_400 % 7]), \(two(number: date.day)) \(months[date.month - 1]) \(date.year) "
                + "\(two(number: hour)):\(two(number: minute)):\(two(number: second)) GMT"
        default:
            let milliseconds = "\(moment % 1000)"
            let tokens: [(String, String)] = [
                ("YYYY", "\(date.year)"), ("yyyy", "\(date.year)"), ("YY", two(number: date.year % 100)),
                ("MM", two(number: date.month)), ("DD", two(number: date.day)), ("dd", two(number: date.day)),
                ("HH", two(number: hour)),
                ("mm", two(number: minute)), ("ss", two(number: second)),
                ("SSS", String(repeating: "0", count: 3 - milliseconds.count) + milliseconds), ("M", "\(date.month)"),
                ("D", "\(date.day)"), ("H", "\(hour)"), ("m", "\(minute)"), ("s", "\(second)"), ("Z", "+00:00"),
                ("X", "\(seconds)"), ("x", "\(moment)"),
            ]
            var text = ""
            var rest = form[...]
            while let first = rest.first {
                if first == "[", let close = rest.firstIndex(of: "]") {
                    text += rest[rest.index(after: rest.startIndex)..<close]
                    rest = rest[rest.index(after: close)...]
                } else if let (token, value) = tokens.first(where: { rest.hasPrefix($0.0) }) {
                    text += value
                    rest = rest.dropFirst(token.count)
                } else {
                    text.append(first)
                    rest = rest.dropFirst()
                }
            }
            return text
        }
    }
}

/// Random numbers that are the same for the same seed, request and place in it.
private struct SeededNumbers {
    private var numbers: SplitMix

    init(seed: UInt64, mark: UInt64, line: Int) {
        numbers = SplitMix(
            seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: line) &* 0xD134_2543_DE82_EF95 ^ mark)
        _ = next()
    }

    mutating func next() -> UInt64 { numbers.next() }

    /// From 0 to 1.
    var share: Double { mutating get { SeededHash.share(next()) } }

    mutating func number(in range: Range<Int>) -> Int {
        let width = UInt64(bitPattern: Int64(range.upperBound &- range.lowerBound))
        return range.lowerBound &+ Int(truncatingIfNeeded: next() % max(1, width))
    }

    /// RFC 9562, version 4.
    var uuid: String {
        mutating get {
            let high = next() & ~0xF000 | 0x4000
            let low = next() & ~(3 << 62) | 1 << 63
            let digits = [high, low].map { part in
                let text = String(part, radix: 16)
                return String(repeating: "0", count: 16 - text.count) + text
            }.joined()
            var parts: [Substring] = []
            var rest = digits[...]
            for length in [8, 4, 4, 4, 12] {
                parts.append(rest.prefix(length))
                rest = rest.dropFirst(length)
            }
            return parts.joined(separator: "-")
        }
    }

    /// As many characters as the first argument says, one by default; nil where it is not a number from 0 to 1,000.
    mutating func text(of letters: String, arguments: [String]) -> String? {
        let letters = Array(letters)
        guard let count = arguments.first.map({ Int($0) }) ?? 1, (0...1000).contains(count) else { return nil }
        var text = ""
        for _ in 0..<count { text.append(letters[number(in: 0..<letters.count)]) }
        return text
    }
}
