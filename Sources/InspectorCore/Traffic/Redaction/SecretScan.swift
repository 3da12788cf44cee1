// One pass of the finder over a text.

/// Goes over a text once.
struct SecretScan {
    let finder: SecretFinder
    let bytes: UnsafeBufferPointer<UInt8>
    var found: [Range<Int>] = []
    /// Whether something in it may be written in another way than it is meant.
    private(set) var isEncoded = false
    /// How far what elements hold was taken: within, no end of another has to be looked for.
    var elementEnd = 0
    /// Where the tag ends that was looked at last.
    var tagEnd = 0
    /// Where the name of the element ends that was looked at last.
    var tagNameEnd = 0
    /// How far the value may stand that a name in a value of its own announces: `name: DB_PASSWORD`, `value: …`.
    var announcedEnd = 0
    /// The same for a path or a kind that names a secret.
    var pointedEnd = 0
    /// Whether a sign that may part columns stood in this line.
    private var hasColumns = false

    init(finder: SecretFinder, bytes: UnsafeBufferPointer<UInt8>) {
        self.finder = finder
        self.bytes = bytes
    }

    /// - Returns: where secrets stand, in order.
    mutating func run() -> [Range<Int>] {
        var place = 0
        var isAfterWord = false
        while place < bytes.count {
            let byte = bytes[place]
            let range: Range<Int>?
            switch byte {
            case 0x3D: range = value(after: place)
            case 0x3A: range = value(after: place) ?? passFile(at: place)
            case 0x20: range = spaced(after: place)
            case 9, 0x7C:
                hasColumns = true
                range = spaced(after: place)
            case 0x2C, 0x3B:
                hasColumns = true
                range = nil
            case 10, 13:
                range = hasColumns ? rows(after: place) : nil
                hasColumns = false
            case 0x2F: range = userInfo(at: place)
            case 0x5C:
                isEncoded = true
                range = userInfo(at: place)
            case 0x5B: range = bracketed(at: place)
            case 0xEF:
                let narrow = narrow(at: place)
                isEncoded = isEncoded || narrow != nil
                range = narrow == 0x3A || narrow == 0x3D ? value(after: place) : nil
            case 0x2D: range = privateKey(at: place) ?? option(at: place)
            case 0x26:
                isEncoded = isEncoded || isEntity(at: place)
                range = nil
            case 0x3C: range = element(at: place)
            case 0x25, 0x2B:
                isEncoded = true
                range = nil
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A:
                let isBeginning =
                    place + 1 < bytes.count && finder.beginnings[Int(byte) << 8 | Int(bytes[place + 1])]
                range = !isBeginning ? nil : isAfterWord ? webToken(at: place, isWithin: true) : word(at: place)
            default: range = nil
            }
            isAfterWord = SecretScan.isWord(byte)
            if let range, !range.isEmpty, !isMark(range) {
                found.append(range)
                place = max(place + 1, range.upperBound)
                isAfterWord = false
            } else {
                place += 1
            }
        }
        return SecretFinder.merged(ranges: found)
    }

    // MARK: Bytes

    static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }

    static func isLineEnd(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }

    static func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x27 || byte == 0x60 }

    /// What no address holds: white space, quotes, angle brackets.
    static func endsRun(_ byte: UInt8) -> Bool { isSpace(byte) || isQuote(byte) || byte == 0x3C || byte == 0x3E }

    static func partsAddress(byte: UInt8) -> Bool {
        switch byte {
        case 0x26, 0x3F, 0x23, 0x2F, 0x3B, 0x3D, 0x2C: true
        default: false
        }
    }

    /// Whether something may begin there that is written in another way than it is meant: `%41`, `+`, `\u0041`, and in
    /// full-width letters.
    static func isEncoding(_ byte: UInt8) -> Bool { byte == 0x25 || byte == 0x2B || byte == 0x5C || byte == 0xEF }

    /// Whether a reference of HTML to a character stands there, and not a parameter: `&quot;`, `&#61;`.
    func isEntity(at place: Int) -> Bool {
        guard place + 1 < bytes.count else { return false }
        if bytes[place + 1] == 0x23 { return true }
        return SecretCoding.entities.contains { entity in starts(place + 1, text: entity.name) }
    }

    /// The ASCII character that a full-width one at `place` stands for; nil where none stands.
    func narrow(at place: Int) -> UInt8? {
        guard bytes[place] == 0xEF, place + 2 < bytes.count else { return nil }
        return SecretCoding.narrow(second: bytes[place + 1], third: bytes[place + 2])
    }

    func starts(_ place: Int, text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard place >= 0, place + count <= bytes.count else { return false }
        for index in 0..<count where bytes[place + index] != text.utf8Start[index] { return false }
        return true
    }

    /// Whether `text`, in lower case, stands at `place` in any case.
    func startsInAnyCase(_ place: Int, text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard place >= 0, place + count <= bytes.count else { return false }
        for index in 0..<count where bytes[place + index] | 0x20 != text.utf8Start[index] { return false }
        return true
    }

    /// Whether what stands there has been taken out already; a secret that only begins like the mark has not.
    func isMark(_ range: Range<Int>) -> Bool { range.count == 8 && starts(range.lowerBound, text: "REDACTED") }

    /// The first place from `place` on where `isEnd` holds, or the end of the text; at most `limit` bytes further.
    func first(from place: Int, limit: Int = .max, isEnd: (UInt8) -> Bool) -> Int {
        var place = place
        let last = limit < bytes.count - place ? place + limit : bytes.count
        while place < last, !isEnd(bytes[place]) { place += 1 }
        return place
    }
}
