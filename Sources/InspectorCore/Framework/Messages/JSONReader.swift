// Reads JSON, strictly as RFC 8259 has it: what two readers could take for two things is refused or has one meaning here.

/// What is wrong with JSON, and at which byte.
package struct JSONSyntaxError: KindedError, CustomStringConvertible {
    package let offset: Int
    package let reason: String

    /// A wrong value, as Python's `JSONDecodeError` is.
    package var kind: ErrorKind { .valueError }
    package var description: String { "\(reason), at byte \(offset)" }
}

/// A place in the bytes of a JSON text.
struct JSONReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0
    private var depth = 0
    /// Whether every reader would take it for the same value: no name twice, no half of a surrogate pair, no byte order
    /// mark.
    private(set) var isUnambiguous = true

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The value that `bytes` are, and whether every reader would take them for the same.
    static func read(_ bytes: some Sequence<UInt8>) throws(JSONSyntaxError) -> (value: JSON, isUnambiguous: Bool) {
        let result =
            bytes.withContiguousStorageIfAvailable { whole(bytes: $0) }
            ?? Array(bytes).withUnsafeBufferPointer { whole(bytes: $0) }
        return try result.get()
    }

    private static func whole(
        bytes: UnsafeBufferPointer<UInt8>
    ) -> Result<(value: JSON, isUnambiguous: Bool), JSONSyntaxError> {
        Result { () throws(JSONSyntaxError) in
            var reader = JSONReader(bytes: bytes)
            // RFC 8259, 8.1: a mark may be ignored; Python takes one too.
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
                reader.place = 3
                reader.isUnambiguous = false
            }
            let value = try reader.value()
            reader.skipSpace()
            guard reader.place == bytes.count else { throw reader.mistake(reason: "something stands after the value") }
            return (value, reader.isUnambiguous)
        }
    }

    private mutating func value() throws(JSONSyntaxError) -> JSON {
        skipSpace()
        guard let byte = next else { throw mistake(reason: "it ends where a value should stand") }
        switch byte {
        case UInt8(ascii: "{"): return .object(try members())
        case UInt8(ascii: "["): return .array(try items())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), 0x30...0x39: return try number()
        case UInt8(ascii: "t"): return try word(word: "true", value: .bool(true))
        case UInt8(ascii: "f"): return try word(word: "false", value: .bool(false))
        case UInt8(ascii: "n"): return try word(word: "null", value: .null)
        default: throw mistake(reason: "a value should stand here")
        }
    }

    private mutating func members() throws(JSONSyntaxError) -> JSON.Members {
        try enter()
        var members = JSON.Members()
        skipSpace()
        if take(UInt8(ascii: "}")) { return leave(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw mistake(reason: "a name in quotes should stand here") }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw mistake(reason: "a colon should stand here") }
            if members.replace(name, value: try value()) { isUnambiguous = false }
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else {
            throw mistake(reason: "a comma or the end of the object should stand here")
        }
        return leave(members)
    }

    private mutating func items() throws(JSONSyntaxError) -> [JSON] {
        try enter()
        var items: [JSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return leave(items) }
        repeat {
            items.append(try value())
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else {
            throw mistake(reason: "a comma or the end of the array should stand here")
        }
        return leave(items)
    }

    private mutating func enter() throws(JSONSyntaxError) {
        depth += 1
        guard depth <= JSON.depthLimit else { throw mistake(reason: "it is nested more than \(JSON.depthLimit) deep") }
        place += 1
    }

    private mutating func leave<Value>(_ value: Value) -> Value {
        depth -= 1
        return value
    }

    private mutating func word(word: StaticString, value: JSON) throws(JSONSyntaxError) -> JSON {
        let length = word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: length)
        guard place + length <= bytes.count, bytes[place..<(place + length)].elementsEqual(expected) else {
            throw mistake(reason: "a value should stand here")
        }
        place += length
        return value
    }

    // MARK: Numbers

    private mutating func number() throws(JSONSyntaxError) -> JSON {
        let start = place
        let isNegative = take(UInt8(ascii: "-"))
        let whole = place
        try digits()
        guard bytes[whole] != 0x30 || place == whole + 1 else {
            throw mistake(reason: "a number begins with a zero", at: start)
        }
        var isWhole = true
        if take(UInt8(ascii: ".")) {
            isWhole = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        if isWhole {
            if let short = shortNumber(whole: whole, isNegative: isNegative) { return .int(short) }
            if let number = Int(text) { return .int(number) }
            if let number = JSON.BigInteger(text) { return .bigInteger(number) }
        }
        guard let number = Double(text), number.isFinite else {
            // Python reads an infinity, which no JSON can hold: it could not be written again.
            throw mistake(reason: "the number is more than a double holds", at: start)
        }
        return .double(number)
    }

    /// A number of at most 18 digits, without a text made of it.
    private func shortNumber(whole: Int, isNegative: Bool) -> Int? {
        guard place - whole <= 18 else { return nil }
        let number = bytes[whole..<place].reduce(0) { $0 * 10 + Int($1 & 0x0F) }
        return isNegative ? -number : number
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = place
        while let byte = next, 0x30...0x39 ~= byte { place += 1 }
        guard place > start else { throw mistake(reason: "a digit should stand here") }
    }

    // MARK: Strings

    private mutating func string() throws(JSONSyntaxError) -> String {
        let start = place
        place += 1
        // Of a string with escapes, what stands before `begin`.
        var unescaped: [UInt8] = []
        var begin = place
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                let rest = bytes[begin..<place]
                place += 1
                let text =
                    unescaped.isEmpty
                    ? String(validating: rest, as: UTF8.self) : String(validating: unescaped + rest, as: UTF8.self)
                guard let text else { throw mistake(reason: "a string is not UTF-8", at: start) }
                return text
            case UInt8(ascii: "\\"):
                unescaped += bytes[begin..<place]
                try escape(into: &unescaped)
                begin = place
            case 0..<0x20: throw mistake(reason: "a control character stands in a string")
            default: place += 1
            }
        }
        throw mistake(reason: "a string has no end", at: start)
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        place += 1
        guard let byte = next else { throw mistake(reason: "a string has no end") }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "u"): text += Array(String(try scalar()).utf8)
        default: throw mistake(reason: "a backslash stands before what it cannot stand before", at: place - 2)
        }
    }

    /// What stands after `\u`, with the second half of a surrogate pair; U+FFFD for a half without the other.
    private mutating func scalar() throws(JSONSyntaxError) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let back = place
        if first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
            let second = try fourDigits()
            if 0xDC00...0xDFFF ~= second,
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            {
                return scalar
            }
        }
        place = back
        isUnambiguous = false
        return "\u{FFFD}"
    }

    private mutating func fourDigits() throws(JSONSyntaxError) -> UInt32 {
        var number: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = next.flatMap(PercentCoding.digit) else {
                throw mistake(reason: "four hexadecimal digits should stand after \\u")
            }
            number = number << 4 | UInt32(digit)
            place += 1
        }
        return number
    }

    // MARK: Bytes

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x09, 0x0A, 0x0D: place += 1
            default: return
            }
        }
    }

    private func mistake(reason: String, at place: Int? = nil) -> JSONSyntaxError {
        JSONSyntaxError(offset: place ?? self.place, reason: reason)
    }
}
