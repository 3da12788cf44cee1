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
    private let time = DynamicTime()
    /// What `.env` beside the file holds.
    private let dotenv: [String: String]
    /// The variables that every environment has.
    private let shared: [String: String]

    init(seed: UInt64, dotenv: [String: String] = [:], shared: [String: String] = [:]) {
        self.seed = seed
        self.dotenv = dotenv
        self.shared = shared
    }

    /// The value of `name`, which begins with a dollar and may have arguments.
    ///
    /// - Parameters:
    ///   - mark: tells apart the places of one request that ask for a value.
    ///   - line: tells apart the requests of a file.
    /// - Throws: `RecordedRequest.Refusal` when it cannot be had as it is asked for: something else is never sent for it.
    func value(name: String, mark: UInt64, line: Int) throws(RecordedRequest.Refusal) -> Value {
        do throws(DynamicFault) {
            return try value(name: name, numbers: SeededNumbers(seed: seed, mark: mark, line: line))
        } catch {
            let why = error.reason.map { ": " + $0 } ?? ""
            throw RecordedRequest.Refusal(reason: "the variable \(name.prefix(60)) has no value\(why)")
        }
    }

    private func value(name: String, numbers: SeededNumbers) throws(DynamicFault) -> Value {
        let words = name.split(whereSeparator: { " (),".contains($0) }).map(String.init)
        guard let word = words.first else { throw DynamicFault(nil) }
        let arguments = Array(words.dropFirst())
        var random = numbers
        switch word {
        case "$processEnv", "$dotenv", "$shared":
            guard arguments.count == 1 else { throw DynamicFault("one name should stand behind it") }
            guard let value = stored(kind: word, name: arguments[0]) else { throw DynamicFault(nil) }
            return value
        case "$guid", "$uuid", "$random.uuid", "$randomUUID":
            try expectNothing(arguments: arguments)
            return Value(text: random.uuid)
        case "$timestamp":
            let moment = try time.moment(offset: arguments)
            return Value(text: "\(moment / 1000)")
        case "$isoTimestamp":
            let moment = try time.moment(offset: arguments)
            return Value(text: DynamicTime.iso(moment: moment))
        case "$datetime", "$localDatetime": return Value(text: try time.text(words: name.dropFirst(word.count)))
        case "$randomInt", "$random.integer":
            let (low, high) = try bounds(words: arguments) { Int($0) }
            return Value(text: "\(random.number(in: low..<high))")
        case "$random.float":
            let (low, high) = try bounds(words: arguments) { Double(plain: $0) }
            guard (high - low).isFinite else { throw DynamicFault("its numbers lie too far apart") }
            return Value(text: "\(low + (high - low) * random.share)")
        case "$random.alphabetic":
            let length = try length(words: arguments)
            return Value(text: random.text(of: "abcdefghijklmnopqrstuvwxyz", count: length))
        case "$random.alphanumeric":
            let length = try length(words: arguments)
            return Value(text: random.text(of: "abcdefghijklmnopqrstuvwxyz0123456789_", count: length))
        case "$random.hexadecimal":
            let length = try length(words: arguments)
            return Value(text: random.text(of: "0123456789abcdef", count: length))
        case "$random.email", "$randomEmail":
            try expectNothing(arguments: arguments)
            return Value(text: random.text(of: "abcdefghijklmnopqrstuvwxyz", count: 8) + "@example.org")
        case "$randomBoolean":
            try expectNothing(arguments: arguments)
            return Value(text: random.number(in: 0..<2) == 0 ? "true" : "false")
        default:
            guard word.hasPrefix("$env."), arguments.isEmpty,
                let value = stored(kind: "$processEnv", name: String(word.dropFirst(5)))
            else { throw DynamicFault(nil) }
            return value
        }
    }

    private func expectNothing(arguments: [String]) throws(DynamicFault) {
        guard arguments.isEmpty else { throw DynamicFault("nothing should stand behind its name") }
    }

    /// From where to where a number may lie: `6` means from 0 up to 6.
    private func bounds<Number: Comparable & ExpressibleByIntegerLiteral>(
        words: [String], number: (String) -> Number?
    ) throws(DynamicFault) -> (low: Number, high: Number) {
        guard words.count <= 2 else { throw DynamicFault("two numbers at most should stand behind it") }
        var numbers: [Number] = []
        for word in words {
            guard let value = number(word) else { throw DynamicFault("\(word.prefix(20)) is not a number for it") }
            numbers.append(value)
        }
        let low: Number = numbers.count > 1 ? numbers[0] : 0
        let high: Number = numbers.last ?? 1000
        guard low < high else { throw DynamicFault("there is no number from \(low) up to \(high)") }
        return (low, high)
    }

    /// How many characters are asked for; one where nothing is said.
    private func length(words: [String]) throws(DynamicFault) -> Int {
        guard let word = words.first else { return 1 }
        guard words.count == 1, let length = Int(word), (0...1000).contains(length) else {
            throw DynamicFault("a number from 0 to 1000 should stand behind it")
        }
        return length
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
}

/// Why a value cannot be had.
struct DynamicFault: Error {
    /// As a part of a sentence; nil where there is no more to say.
    let reason: String?

    init(_ reason: String?) { self.reason = reason }
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

    mutating func text(of letters: String, count: Int) -> String {
        let letters = Array(letters)
        var text = ""
        for _ in 0..<count { text.append(letters[number(in: 0..<letters.count)]) }
        return text
    }
}
