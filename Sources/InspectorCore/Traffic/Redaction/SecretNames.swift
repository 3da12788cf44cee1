// Whether a name says that its value is a secret: of a header, a field of a form, a member of JSON, a tag of XML.

internal import Synchronization

/// Judges names.
///
/// May be used from any thread.
final class SecretNames: Sendable {
    /// How much of a name is looked at, in bytes: a longer one is judged by its end.
    static let limit = 256

    private let exact: Set<String>
    private let open: Set<String>
    private let words: Set<String>
    private let openKeys = Set(RedactionRules.openKeys)
    private let openWords = Set(RedactionRules.openWords)
    private let codeWords = Set(RedactionRules.codeWords)
    private let fragments = RedactionRules.fragments
    private let prefixes = RedactionRules.namePrefixes.map { SecretNames.words(of: $0).joined() }
    /// The words of each name that the user has added.
    private let more: [[String]]
    /// Which three letters and digits in a row a secret's name holds at the least.
    ///
    /// Most names hold none of them, and cost no more than a look at each byte.
    private let grams: [Bool]
    /// What was judged before: a recording asks for the same names again and again.
    private let known = Mutex<[[UInt8]: Bool]>([:])

    /// - Parameter more: names that the user has added.
    init(more: [String]) {
        exact = Set(RedactionRules.names.map { SecretNames.words(of: $0).joined() })
        open = Set(RedactionRules.openNames.map { SecretNames.words(of: $0).joined() })
        words = Set(RedactionRules.words)
        self.more = more.map(SecretNames.words).filter { !$0.isEmpty }
        var grams = [Bool](repeating: false, count: 36 * 36 * 36)
        let parts =
            RedactionRules.names + RedactionRules.namePrefixes + RedactionRules.nameEndings + RedactionRules.fragments
            + RedactionRules.words + more + ["key", "pass", "auth", "oauth", "code"]
        for part in parts {
            let letters = Array(SecretNames.words(of: part).joined().utf8.prefix(3)).map { SecretNames.place(of: $0) }
            let (low, high) = SecretNames.range(letters: letters)
            for place in low..<high { grams[place] = true }
        }
        self.grams = grams
    }

    /// The trigrams that begin with `letters`; those of two letters and of one are all that may follow.
    private static func range(letters: [Int]) -> (Int, Int) {
        let size = [36 * 36 * 36, 36 * 36, 36, 1][letters.count]
        let first = letters.reduce(0) { $0 * 36 + $1 } * size
        return (first, first + size)
    }

    /// Letters and digits by number, without regard to case; -1 for what is neither.
    private static func place(of byte: UInt8) -> Int {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x5A: Int(byte) - 0x41 + 10
        case 0x61...0x7A: Int(byte) - 0x61 + 10
        default: -1
        }
    }

    /// Whether a name has to be looked at in full.
    private func isSuspect(_ name: some Collection<UInt8>) -> Bool {
        var before = -1
        var last = -1
        for byte in name {
            // Written in another way than it is meant.
            if SecretScan.isEncoding(byte) { return true }
            let place = SecretNames.place(of: byte)
            guard place >= 0 else { continue }
            if before >= 0, grams[(before * 36 + last) * 36 + place] { return true }
            before = last
            last = place
        }
        // Shorter than three, or its last two are what counts.
        return last >= 0 && grams[((before < 0 ? last : before) * 36 + (before < 0 ? 0 : last)) * 36]
    }

    /// Whether the value under that name is a secret.
    func isSecret(_ name: some Collection<UInt8>) -> Bool {
        guard isSuspect(name.suffix(SecretNames.limit)) else { return false }
        let bytes = Array(name.suffix(SecretNames.limit))
        if let answer = known.withLock({ $0[bytes] }) { return answer }
        let answer = judge(bytes)
        known.withLock { known in
            // Names come from outside: they may not fill the memory.
            if known.count >= 4096 { known.removeAll(keepingCapacity: true) }
            known[bytes] = answer
        }
        return answer
    }

    func isSecret(_ name: String) -> Bool { isSecret(name.utf8) }

    /// Whether the value in the column of that name is a secret: beside other columns `code` and `key` are most often
    /// none.
    func isColumn(_ name: some Collection<UInt8>) -> Bool {
        guard isSecret(name) else { return false }
        let words = SecretNames.words(of: Array(name.suffix(SecretNames.limit)))
        return words != ["code"] && words != ["key"]
    }

    private func judge(_ bytes: [UInt8]) -> Bool {
        var form = bytes
        // Encoded once, twice, or with escapes of JSON: each form is looked at.
        for _ in 0..<5 {
            if judge(words: SecretNames.words(of: form)) { return true }
            let plain = SecretCoding.plain(bytes: form)
            if plain == form { return false }
            form = plain
        }
        // Still encoded after five times: nobody writes a name so who does not hide it.
        return true
    }

    private func judge(words: [String]) -> Bool {
        let whole = words.joined()
        guard !whole.isEmpty else { return false }
        for wanted in more where wanted.joined() == whole || SecretNames.holds(words, wanted: wanted) { return true }
        if open.contains(whole) { return false }
        if exact.contains(whole) || prefixes.contains(where: whole.hasPrefix) { return true }
        if RedactionRules.nameEndings.contains(where: whole.hasSuffix) { return true }
        if fragments.contains(where: whole.contains) { return true }
        for (place, word) in words.enumerated() {
            if self.words.contains(word) { return true }
            let before = place > 0 ? words[place - 1] : ""
            if word == "key" || word == "keys" {
                if words.count > 1, !openKeys.contains(before) { return true }
            } else if word == "code" || word == "codes" {
                if words.contains(where: codeWords.contains) { return true }
            } else if word.hasSuffix("key") || word.hasSuffix("pass") || word.hasPrefix("auth")
                || word.hasSuffix("auth")
                || word.hasPrefix("oauth")
            {
                if !openWords.contains(word) { return true }
            }
        }
        return false
    }

    /// Whether `wanted` stands in `words`, one after the other.
    private static func holds(_ words: [String], wanted: [String]) -> Bool {
        guard words.count >= wanted.count else { return false }
        return (0...(words.count - wanted.count)).contains { Array(words[$0..<($0 + wanted.count)]) == wanted }
    }

    static func words(of name: String) -> [String] { words(of: Array(name.utf8)) }

    /// The words of a name, in lower case: parted by whatever is no letter and no digit of ASCII, and where a capital
    /// begins a word (`accessKey`, `HTTPToken`).
    static func words(of name: [UInt8]) -> [String] {
        func isUpper(_ byte: UInt8) -> Bool { (65...90).contains(byte) }
        func isLower(_ byte: UInt8) -> Bool { (97...122).contains(byte) }
        func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
        var words: [String] = []
        var word = ""
        func end() {
            if !word.isEmpty { words.append(word) }
            word = ""
        }
        for (place, byte) in name.enumerated() {
            guard isUpper(byte) || isLower(byte) || isDigit(byte) else {
                end()
                continue
            }
            if isUpper(byte), place > 0 {
                let isAfterLower = isLower(name[place - 1]) || isDigit(name[place - 1])
                let isBeforeLower = place + 1 < name.count && isLower(name[place + 1])
                if isAfterLower || (isUpper(name[place - 1]) && isBeforeLower) { end() }
            }
            word.unicodeScalars.append(Unicode.Scalar(isUpper(byte) ? byte | 32 : byte))
        }
        end()
        return words
    }
}

/// The ways in which a text can be written so that a secret in it is not seen at once.
enum SecretCoding {
    /// What HTML calls the characters that part names from values.
    static let entities: [(name: StaticString, byte: UInt8)] = [
        ("quot;", 0x22), ("apos;", 0x27), ("amp;", 0x26), ("lt;", 0x3C), ("gt;", 0x3E), ("equals;", 0x3D),
        ("colon;", 0x3A), ("sol;", 0x2F), ("commat;", 0x40), ("nbsp;", 0x20),
    ]

    /// `bytes` with one level of encoding taken off: `%41`, `\u0041`, `&quot;`, `&#65;`, full-width letters and signs,
    /// and `+` for a space.
    static func plain(bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(where: { SecretScan.isEncoding($0) || $0 == 0x26 }) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            if byte == 0x25, place + 2 < bytes.count, let high = digit(byte: bytes[place + 1]),
                let low = digit(byte: bytes[place + 2])
            {
                result.append(high << 4 | low)
                place += 3
            } else if byte == 0x5C, place + 5 < bytes.count, bytes[place + 1] == 0x75,
                let unit = unit(digits: bytes[(place + 2)..<(place + 6)])
            {
                result += Array(String(decoding: [unit], as: UTF16.self).utf8)
                place += 6
            } else if byte == 0x26, let entity = entity(rest: bytes[(place + 1)...]) {
                result += entity.bytes
                place += 1 + entity.length
            } else if byte == 0xEF, place + 2 < bytes.count,
                let narrow = narrow(second: bytes[place + 1], third: bytes[place + 2])
            {
                result.append(narrow)
                place += 3
            } else {
                result.append(byte == 0x2B ? 0x20 : byte)
                place += 1
            }
        }
        return result
    }

    /// What a reference after `&` stands for, and how long it is; nil where none stands.
    private static func entity(rest: ArraySlice<UInt8>) -> (bytes: [UInt8], length: Int)? {
        if rest.first == 0x23 {
            let isHex = rest.dropFirst().first.map { $0 | 0x20 == 0x78 } ?? false
            let digits = rest.dropFirst(isHex ? 2 : 1).prefix(8).prefix { digit(byte: $0) != nil }
            guard let code = UInt32(String(decoding: digits, as: UTF8.self), radix: isHex ? 16 : 10),
                let scalar = Unicode.Scalar(code)
            else { return nil }
            let end = digits.endIndex
            let isEnded = end < rest.endIndex && rest[end] == 0x3B
            return (Array(String(scalar).utf8), end - rest.startIndex + (isEnded ? 1 : 0))
        }
        for (name, byte) in entities where rest.count >= name.utf8CodeUnitCount {
            let isHere = (0..<name.utf8CodeUnitCount).allSatisfy { rest[rest.startIndex + $0] == name.utf8Start[$0] }
            if isHere { return ([byte], name.utf8CodeUnitCount) }
        }
        return nil
    }

    /// The ASCII character that a full-width one (U+FF01 to U+FF5E) stands for, by its second and third byte.
    static func narrow(second: UInt8, third: UInt8) -> UInt8? {
        switch (second, third) {
        case (0xBC, 0x81...0xBF): third - 0x60
        case (0xBD, 0x80...0x9E): third - 0x20
        default: nil
        }
    }

    /// The number that four hex digits write; nil where they are none.
    static func unit(digits: ArraySlice<UInt8>) -> UInt16? {
        var unit: UInt16 = 0
        for byte in digits {
            guard let value = digit(byte: byte) else { return nil }
            unit = unit << 4 | UInt16(value)
        }
        return unit
    }

    static func digit(byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
