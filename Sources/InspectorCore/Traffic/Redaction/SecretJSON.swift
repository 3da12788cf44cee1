// JSON without its secrets: read byte by byte to its end, so that what is no secret stays as it was written (numbers,
// spaces, equal names), and that nothing of a text that is no JSON is taken for read.

/// Goes over one JSON text (RFC 8259) of any depth, without recursion.
struct SecretJSON {
    /// How often a text within a text is read as JSON.
    private static let nesting = 4

    private let bytes: [UInt8]
    private let finder: SecretFinder
    private let depth: Int
    private var place = 0
    private var levels: [Level] = []
    /// In no order; some lie within others.
    private var edits: [Edit] = []
    /// Where the value begins that is a secret as a whole, and how many levels are around it.
    private var hidden: (start: Int, levels: Int)?

    private init(bytes: [UInt8], finder: SecretFinder, depth: Int) {
        self.bytes = bytes
        self.finder = finder
        self.depth = depth
    }

    /// The text without its secrets; nil when it is no JSON, or more than one.
    static func clean(_ bytes: [UInt8], finder: SecretFinder, depth: Int = 0) -> [UInt8]? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var reader = SecretJSON(bytes: bytes, finder: finder, depth: depth)
        guard reader.read() else { return nil }
        return reader.edits.isEmpty ? bytes : reader.edited
    }

    private var edited: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var place = 0
        for edit in edits.sorted(by: Edit.isBefore) {
            guard edit.range.lowerBound >= place else { continue }
            result += bytes[place..<edit.range.lowerBound]
            result += edit.bytes
            place = edit.range.upperBound
        }
        return result + bytes[place...]
    }

    // MARK: Reading

    private mutating func read() -> Bool {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
        // RFC 7464: a record separator before each text.
        while place < bytes.count, bytes[place] == 0x1E { place += 1 }
        repeat {
            guard let isOpened = value() else { return false }
            if isOpened { continue }
            guard closeLevels() else { return false }
        } while !levels.isEmpty
        skipSpace()
        return place == bytes.count
    }

    /// Reads a value, or the beginning of one; whether it opened a level, nil when it is none.
    private mutating func value() -> Bool? {
        skipSpace()
        if let level = levels.last, level.isObject, level.name == nil {
            guard readName() else { return nil }
        }
        guard place < bytes.count else { return nil }
        let start = place
        switch bytes[place] {
        case 0x7B, 0x5B:
            let isObject = bytes[place] == 0x7B
            levels.append(opened(isObject: isObject))
            place += 1
            skipSpace()
            guard place < bytes.count, bytes[place] == (isObject ? 0x7D : 0x5D) else { return true }
            place += 1
            levels.removeLast()
            ended(start..<place, isText: false)
            return false
        case 0x22:
            guard skipText() else { return nil }
            ended(start..<place, isText: true)
            return false
        default:
            guard skipWord() else { return nil }
            ended(start..<place, isText: false)
            return false
        }
    }

    /// Reads what may follow a value: a comma, or the ends of levels; false where something else stands.
    private mutating func closeLevels() -> Bool {
        while let level = levels.last {
            skipSpace()
            if take(0x2C) { return true }
            guard take(level.isObject ? 0x7D : 0x5D) else { return false }
            levels.removeLast()
            closed(level: level)
            ended(level.start..<place, isText: false, level: level)
        }
        return true
    }

    /// The level that begins here.
    private func opened(isObject: Bool) -> Level {
        var level = Level(isObject: isObject, start: place)
        guard !isObject, hidden == nil, let outer = levels.last else { return level }
        if let name = outer.name {
            level.isList = roles(of: name).contains(.list)
        } else {
            level.isHead = outer.count == 0
        }
        return level
    }

    private mutating func readName() -> Bool {
        let start = place
        guard place < bytes.count, bytes[place] == 0x22, skipText() else { return false }
        let name = start..<place
        skipSpace()
        guard take(0x3A) else { return false }
        levels[levels.count - 1].name = name
        skipSpace()
        if hidden == nil, isSecret(name) { hidden = (place, levels.count) }
        return true
    }

    /// A value has been read.
    ///
    /// - Parameter level: what it was, if it was an object or an array with something in it.
    private mutating func ended(_ range: Range<Int>, isText: Bool, level: Level? = nil) {
        let isHiddenHere = hidden.map { $0.levels == levels.count } ?? false
        if isHiddenHere {
            hidden = nil
            hide(range)
        } else if hidden == nil, isText {
            clean(range)
        }
        guard !levels.isEmpty else { return }
        let last = levels.count - 1
        if hidden == nil {
            if let name = levels[last].name {
                noteMember(range: range, isText: isText, level: level, name: name)
            } else if !levels[last].isObject {
                noteItem(range: range, isText: isText, level: level)
            }
        }
        levels[last].count += 1
        levels[last].name = nil
    }

    /// A level has ended: the values beside a name that is a secret's are secrets.
    private mutating func closed(level: Level) {
        guard hidden == nil else { return }
        if level.namesSecret, level.isObject || level.count == 2 {
            for range in level.values + level.texts { hide(range) }
        } else if level.pointsAtSecret {
            for range in level.values { hide(range) }
        }
        if level.listsNames {
            for range in level.lists { hide(range) }
        }
    }

    /// A member of the innermost object that may belong to another one: a name, or what it names.
    private mutating func noteMember(range: Range<Int>, isText: Bool, level: Level?, name: Range<Int>) {
        let roles = roles(of: name)
        let last = levels.count - 1
        if isText, roles.contains(.name) || roles.contains(.pointer), isSecret(range) {
            if roles.contains(.name) { levels[last].namesSecret = true } else { levels[last].pointsAtSecret = true }
        }
        if roles.contains(.value) {
            levels[last].values.append(range)
        } else if roles.contains(.text) {
            levels[last].texts.append(range)
        }
        guard let level else { return }
        if roles.contains(.list), level.holdsNames || level.listsNames {
            levels[last].listsNames = true
        } else if !level.isObject || roles.contains(.rows) {
            levels[last].lists.append(range)
        }
    }

    /// An item of the innermost array that may belong to the next one, or to the rows beside it.
    private mutating func noteItem(range: Range<Int>, isText: Bool, level: Level?) {
        let last = levels.count - 1
        let place = levels[last].count
        if levels[last].announcesNext || (levels[last].isTable && level?.isObject == false) { hide(range) }
        levels[last].announcesNext = isText && isOption(range)
        if place == 0 {
            levels[last].namesSecret = isText && isSecret(range)
            if let level, level.isHead {
                // Of two columns the first may be a name, and the second its value.
                levels[last].isTable = level.holdsNames || (level.isFirstColumn && level.count != 2)
            }
        } else if place == 1 {
            levels[last].values = [range]
        }
        if !isText { levels[last].isHead = false }
        if levels[last].isList || levels[last].isHead, isText, isColumn(range) {
            if levels[last].isHead, place == 0 {
                levels[last].isFirstColumn = true
            } else {
                levels[last].holdsNames = true
            }
        }
        // A column as an object: it says its name, and holds no value.
        if let level, levels[last].isList, level.describesColumn { levels[last].holdsNames = true }
    }

    private mutating func hide(_ range: Range<Int>) {
        let mark = Array("\"\(Redaction.mark)\"".utf8)
        guard !bytes[range].elementsEqual(mark) else { return }
        edits.append(Edit(range: range, bytes: mark, isWhole: true))
    }

    /// Takes secrets out of a text.
    private mutating func clean(_ range: Range<Int>) {
        let inner = (range.lowerBound + 1)..<(range.upperBound - 1)
        guard bytes[inner].contains(0x5C) else {
            let found = bytes.withUnsafeBufferPointer { finder.find(in: UnsafeBufferPointer(rebasing: $0[inner])) }
            for secret in found {
                let range = (inner.lowerBound + secret.lowerBound)..<(inner.lowerBound + secret.upperBound)
                edits.append(Edit(range: range, bytes: Redaction.markBytes, isWhole: false))
            }
            return
        }
        let plain = content(range: range)
        let clean: [UInt8]
        if depth < SecretJSON.nesting, BodyType.looksLikeJSON(plain),
            let within = SecretJSON.clean(plain, finder: finder, depth: depth + 1)
        {
            clean = within
        } else {
            let found = finder.find(in: plain)
            clean = found.isEmpty ? plain : SecretFinder.replaced(bytes: plain, ranges: found)
        }
        guard clean != plain else { return }
        let text = Array(String(decoding: clean, as: UTF8.self).safe(for: .json).utf8)
        edits.append(Edit(range: range, bytes: text, isWhole: false))
    }

    // MARK: Pieces

    /// Whether a text with its quotes is a secret's name.
    private func isSecret(_ text: Range<Int>) -> Bool {
        let inner = bytes[(text.lowerBound + 1)..<(text.upperBound - 1)]
        return inner.contains(0x5C) ? finder.names.isSecret(content(range: text)) : finder.names.isSecret(inner)
    }

    /// Whether a text with its quotes may be the name of a column of secrets.
    private func isColumn(_ text: Range<Int>) -> Bool {
        text.count <= 66 && isSecret(text) && finder.names.isColumn(content(range: text))
    }

    /// Whether a text with its quotes is an option that announces a secret.
    private func isOption(_ text: Range<Int>) -> Bool {
        let first = bytes[text.lowerBound + 1]
        guard first == 0x2D || first == 0x5C, text.count <= 6 * SecretNames.limit else { return false }
        return SecretWords.isOption(content(range: text), names: finder.names)
    }

    /// What a member says of those beside it, by its name with its quotes.
    private func roles(of name: Range<Int>) -> MemberRoles {
        let inner = bytes[(name.lowerBound + 1)..<(name.upperBound - 1)]
        guard inner.count <= 6 * MemberRoles.longest else { return [] }
        return MemberRoles.of(name: inner.contains(0x5C) ? content(range: name)[...] : inner)
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func skipSpace() {
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 9, 10, 13: place += 1
            default: return
            }
        }
    }

    /// Passes over a text with its quotes; false when it does not end, or holds what no text may.
    private mutating func skipText() -> Bool {
        place += 1
        while place < bytes.count {
            switch bytes[place] {
            case 0x22:
                place += 1
                return true
            case 0x5C:
                guard place + 1 < bytes.count else { return false }
                switch bytes[place + 1] {
                case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: place += 2
                case 0x75:
                    guard place + 5 < bytes.count, SecretCoding.unit(digits: bytes[(place + 2)..<(place + 6)]) != nil
                    else {
                        return false
                    }
                    place += 6
                default: return false
                }
            case 0..<32: return false
            default: place += 1
            }
        }
        return false
    }

    /// Passes over a number, `true`, `false`, `null`.
    private mutating func skipWord() -> Bool {
        let start = place
        while place < bytes.count, SecretScan.isWord(bytes[place]) || "+-.".utf8.contains(bytes[place]) { place += 1 }
        let word = Array(bytes[start..<place])
        if [Array("true".utf8), Array("false".utf8), Array("null".utf8)].contains(word) { return true }
        return SecretJSON.isNumber(word)
    }

    private static func isNumber(_ word: [UInt8]) -> Bool {
        var rest = word[...]
        func digits() -> Int {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == 0x2D { rest = rest.dropFirst() }
        let isZero = rest.first == 0x30
        let whole = digits()
        guard whole > 0, !isZero || whole == 1 else { return false }
        if rest.first == 0x2E {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == 0x65 || rest.first == 0x45 {
            rest = rest.dropFirst()
            if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// What a text with its quotes says, its escapes read; half a surrogate pair becomes U+FFFD.
    private func content(range: Range<Int>) -> [UInt8] {
        let inner = bytes[(range.lowerBound + 1)..<(range.upperBound - 1)]
        guard inner.contains(0x5C) else { return Array(inner) }
        var result: [UInt8] = []
        var units: [UInt16] = []
        func flush() {
            if !units.isEmpty { result += Array(String(decoding: units, as: UTF16.self).utf8) }
            units = []
        }
        var place = inner.startIndex
        while place < inner.endIndex {
            guard inner[place] == 0x5C else {
                flush()
                result.append(inner[place])
                place += 1
                continue
            }
            let escaped = inner[place + 1]
            if escaped == 0x75 {
                units.append(SecretCoding.unit(digits: inner[(place + 2)..<(place + 6)]) ?? 0xFFFD)
                place += 6
                continue
            }
            flush()
            switch escaped {
            case 0x62: result.append(8)
            case 0x66: result.append(12)
            case 0x6E: result.append(10)
            case 0x72: result.append(13)
            case 0x74: result.append(9)
            default: result.append(escaped)
            }
            place += 2
        }
        flush()
        return result
    }
}
