// What one sequence of bytes means: a character, a key by the terminal's description, or a control sequence by the grammar
// of ECMA-48, which says where each ends even when nobody knows what it means.

internal import InspectorCore

/// Reads sequences, one after another.
struct KeySequences {
    /// What stands at the beginning of some bytes.
    enum Step {
        /// So many bytes that mean nothing.
        case nothing(Int)
        case input(TerminalInput, Int)
        /// A paste begins after so many bytes.
        case paste(Int)
        /// More bytes are needed.
        case incomplete
    }

    private let keys: [[UInt8]: Key]
    private let longest: Int
    /// Whether the mouse's button is held.
    var isDragging = false

    /// - Parameter keys: what the terminal's description says that its keys send; those that begin with an escape count.
    init(_ keys: [[UInt8]: Key]) {
        self.keys = keys.filter { $0.key.count > 1 && $0.key[0] == Byte.escape }
        longest = self.keys.keys.map(\.count).max() ?? 0
    }

    /// Whether the byte after an escape begins a string of the terminal's: DCS, SOS, OSC, PM, APC.
    static func beginsString(_ byte: UInt8) -> Bool { [0x50, 0x58, 0x5D, 0x5E, 0x5F].contains(byte) }

    /// Reads what stands at the beginning of `bytes`, which are not empty.
    mutating func read(_ bytes: ArraySlice<UInt8>, readsMouse: Bool) -> Step {
        guard let first = bytes.first, first == Byte.escape else { return KeySequences.text(bytes: bytes) }
        let start = bytes.startIndex
        if readsMouse, bytes.starts(with: [Byte.escape, 0x5B, 0x4D]) { return oldMouse(bytes: bytes, isWanted: true) }
        if let step = described(bytes: bytes) { return step }
        guard bytes.count > 1 else { return .incomplete }
        let second = bytes[start + 1]
        switch second {
        case 0x5B: return control(bytes: bytes, from: start + 2, readsMouse: readsMouse)
        case 0x4F: return KeySequences.shifted(bytes: bytes, from: start + 2)
        case _ where KeySequences.beginsString(second): return KeySequences.string(bytes: bytes, kind: second)
        case UInt8(ascii: "\\"):
            // The end of a string whose beginning was thrown away.
            return .nothing(2)
        case Byte.escape:
            guard bytes.count > 2 else { return .incomplete }
            guard bytes[start + 2] == 0x5B || bytes[start + 2] == 0x4F else {
                return .input(.key(.escape), 1)
            }
            return withAlt(bytes)
        case _ where Byte.abort.contains(second): return .input(.key(.escape), 1)
        default: return KeySequences.alt(bytes: bytes)
        }
    }

    // MARK: Keys of the description

    private func described(bytes: ArraySlice<UInt8>) -> Step? {
        guard longest > 0 else { return nil }
        for count in stride(from: min(longest, bytes.count), through: 2, by: -1) {
            if let key = keys[Array(bytes.prefix(count))] { return .input(.key(key), count) }
        }
        guard bytes.count > 1, bytes.count < longest else { return nil }
        return keys.keys.contains { $0.starts(with: bytes) } ? .incomplete : nil
    }

    // MARK: Characters

    private static func text(bytes: ArraySlice<UInt8>) -> Step {
        let byte = bytes[bytes.startIndex]
        switch byte {
        case 13, 10: return .input(.key(.enter), 1)
        case 9: return .input(.key(.tab), 1)
        case 8, 127: return .input(.key(.backspace), 1)
        case 0: return .nothing(1)
        case 1...26: return .input(.key(.control(Character(Unicode.Scalar(byte + 96)))), 1)
        case 27...31: return .input(.key(.control(Character(Unicode.Scalar(byte + 64)))), 1)
        case 32..<127: return .input(.key(.character(Character(Unicode.Scalar(byte)))), 1)
        default:
            guard let (found, count) = Self.scalar(bytes: bytes) else { return .incomplete }
            // A byte that is not UTF-8, or a control of the upper half.
            guard let scalar = found, scalar.value >= 0xA0 else { return .nothing(count) }
            return .input(.key(.character(Character(scalar))), count)
        }
    }

    /// The character at the beginning and its bytes: without one where there is none, nil when more bytes are needed.
    private static func scalar(bytes: ArraySlice<UInt8>) -> (Unicode.Scalar?, Int)? {
        let byte = bytes[bytes.startIndex]
        let length: Int
        switch byte {
        case 0..<0x80: return (Unicode.Scalar(byte), 1)
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF: length = 3
        case 0xF0...0xF4: length = 4
        default: return (nil, 1)
        }
        let rest = bytes.dropFirst().prefix(length - 1)
        guard rest.allSatisfy({ $0 & 0xC0 == 0x80 }) else { return (nil, 1) }
        guard rest.count == length - 1 else { return nil }
        let scalar = String(validating: bytes.prefix(length), as: UTF8.self)?.unicodeScalars.first
        return (scalar, scalar == nil ? 1 : length)
    }

    /// A key with Alt: an escape and the key's bytes at once.
    private static func alt(bytes: ArraySlice<UInt8>) -> Step {
        let rest = bytes.dropFirst()
        switch rest.first {
        case 13, 10: return .input(.key(.other("Alt-Enter")), 2)
        case 9: return .input(.key(.other("Alt-Tab")), 2)
        case 8, 127: return .input(.key(.other("Alt-Backspace")), 2)
        case 32: return .input(.key(.other("Alt-space")), 2)
        default: break
        }
        guard let (found, count) = Self.scalar(bytes: rest) else { return .incomplete }
        guard let scalar = found else { return .nothing(1 + count) }
        return .input(.key(.other("Alt-" + String(scalar).safe(for: .terminal))), 1 + count)
    }

    private mutating func withAlt(_ bytes: ArraySlice<UInt8>) -> Step {
        switch read(bytes.dropFirst(), readsMouse: false) {
        case .nothing(let count): return .nothing(count + 1)
        // What begins a paste is not a key, with or without Alt.
        case .paste: return .input(.key(.escape), 1)
        case .input(.key(let key), let count):
            let name = key.name(glyphs: .ascii)
            return .input(.key(.other(name.hasPrefix("Alt-") ? name : "Alt-" + name)), count + 1)
        case .input(_, let count): return .nothing(count + 1)
        case .incomplete: return .incomplete
        }
    }

    // MARK: Control sequences

    /// ESC [ parameters intermediates final.
    private mutating func control(bytes: ArraySlice<UInt8>, from start: Int, readsMouse: Bool) -> Step {
        guard start < bytes.endIndex else { return .incomplete }
        if bytes[start] == 0x4D { return oldMouse(bytes: bytes, isWanted: readsMouse) }
        if bytes[start] == 0x5B {
            // The Linux console's function keys: ESC [ [ A.
            guard start + 1 < bytes.endIndex else { return .incomplete }
            let letter = bytes[start + 1]
            guard (0x41...0x45).contains(letter) else { return .nothing(3) }
            return .input(.key(.other("F\(letter - 0x40)")), 4)
        }
        var place = start
        while place < bytes.endIndex, (0x30...0x3F).contains(bytes[place]) { place += 1 }
        let parameters = bytes[start..<place]
        let middle = place
        while place < bytes.endIndex, (0x20...0x2F).contains(bytes[place]) { place += 1 }
        guard place < bytes.endIndex else { return .incomplete }
        let count = place + 1 - bytes.startIndex
        // Anything else breaks it off; it is looked at by itself.
        guard (0x40...0x7E).contains(bytes[place]) else { return .nothing(count - 1) }
        let letter = bytes[place]
        guard middle == place else { return .nothing(count) }
        if let mark = parameters.first, (0x3C...0x3F).contains(mark) {
            // Private: the mouse's reports, and answers.
            switch (mark, letter) {
            case (0x3C, 0x4D), (0x3C, 0x6D):
                guard readsMouse else { return .nothing(count) }
                let key = mouse(numbers: KeySequences.numbers(bytes: parameters.dropFirst()), isRelease: letter == 0x6D)
                return key.map { .input(.key($0), count) } ?? .nothing(count)
            case (0x3F, 0x63): return .input(.answer(.attributes), count)
            default: return .nothing(count)
            }
        }
        let numbers = KeySequences.numbers(bytes: parameters)
        switch letter {
        case UInt8(ascii: "~"):
            if numbers.first == 200 { return .paste(count) }
            // An end without a beginning.
            if numbers.first == 201 { return .nothing(count) }
            return .input(.key(KeySequences.numbered(numbers: numbers)), count)
        case UInt8(ascii: "Z"): return .input(.key(.other("Shift-Tab")), count)
        // Told of the focus, of the cursor's place, of the terminal's state.
        case UInt8(ascii: "I"), UInt8(ascii: "O"), UInt8(ascii: "c"), UInt8(ascii: "n"), UInt8(ascii: "t"),
            UInt8(ascii: "x"), UInt8(ascii: "y"), UInt8(ascii: "M"), UInt8(ascii: "m"):
            return .nothing(count)
        case UInt8(ascii: "R") where numbers.count == 2: return .nothing(count)
        default:
            let key = KeySequences.lettered(letter: letter, modifiers: numbers.count > 1 ? numbers[1] : 1)
            return .input(.key(key ?? .other("This key")), count)
        }
    }

    /// ESC O, digits of modifiers, a letter.
    private static func shifted(bytes: ArraySlice<UInt8>, from start: Int) -> Step {
        var place = start
        while place < bytes.endIndex, (0x30...0x3B).contains(bytes[place]) { place += 1 }
        guard place < bytes.endIndex else { return .incomplete }
        let count = place + 1 - bytes.startIndex
        let letter = bytes[place]
        guard (0x20...0x7E).contains(letter) else { return .nothing(count - 1) }
        let modifiers = numbers(bytes: bytes[start..<place])
        if modifiers.isEmpty {
            switch letter {
            case UInt8(ascii: "M"): return .input(.key(.enter), count)
            case UInt8(ascii: "I"): return .input(.key(.tab), count)
            case UInt8(ascii: "X"): return .input(.key(.character("=")), count)
            // The keypad in its application mode.
            case UInt8(ascii: "j")...UInt8(ascii: "y"):
                return .input(.key(.character(Character(Unicode.Scalar(letter - 0x40)))), count)
            default: break
            }
        }
        return .input(.key(lettered(letter: letter, modifiers: modifiers.last ?? 1) ?? .other("This key")), count)
    }

    /// ESC ] … and its like, up to ESC \ or BEL.
    private static func string(bytes: ArraySlice<UInt8>, kind: UInt8) -> Step {
        let start = bytes.startIndex + 2
        for place in bytes.indices.dropFirst(2) {
            let byte = bytes[place]
            if byte == Byte.bell {
                return answer(bytes[start..<place], kind: kind, count: place + 1 - bytes.startIndex)
            }
            if byte == Byte.escape {
                guard place + 1 < bytes.endIndex else { return .incomplete }
                guard bytes[place + 1] == UInt8(ascii: "\\") else { return .nothing(place - bytes.startIndex) }
                return answer(bytes[start..<place], kind: kind, count: place + 2 - bytes.startIndex)
            }
            if Byte.abort.contains(byte) { return .nothing(place - bytes.startIndex) }
        }
        return .incomplete
    }

    private static func answer(_ body: ArraySlice<UInt8>, kind: UInt8, count: Int) -> Step {
        let text = String(decoding: body, as: UTF8.self)
        guard kind == UInt8(ascii: "]"), text.hasPrefix("11;"),
            let color = TerminalAnswer.color(text: text.dropFirst(3))
        else { return .nothing(count) }
        return .input(.answer(.ground(red: color.red, green: color.green, blue: color.blue)), count)
    }

    private static func numbers(bytes: ArraySlice<UInt8>) -> [Int] {
        guard !bytes.isEmpty else { return [] }
        return bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { part in
            // A part of a part (`97:65`) says more of the same key.
            Int(String(decoding: part.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)) ?? 0
        }
    }

    // MARK: Names

    private static func lettered(letter: UInt8, modifiers: Int) -> Key? {
        let key: Key
        switch letter {
        case UInt8(ascii: "A"): key = .up
        case UInt8(ascii: "B"): key = .down
        case UInt8(ascii: "C"): key = .right
        case UInt8(ascii: "D"): key = .left
        case UInt8(ascii: "H"): key = .home
        case UInt8(ascii: "F"): key = .end
        case UInt8(ascii: "P")...UInt8(ascii: "S"): key = .other("F\(letter - 0x4F)")
        default: return nil
        }
        return named(key: key, modifiers: modifiers)
    }

    private static func numbered(numbers: [Int]) -> Key {
        let key: Key
        switch numbers.first ?? 0 {
        case 1, 7: key = .home
        case 2: key = .other("Ins")
        case 3: key = .delete
        case 4, 8: key = .end
        case 5: key = .pageUp
        case 6: key = .pageDown
        case let number where functionKeys[number] != nil: key = .other("F\(functionKeys[number] ?? 0)")
        // xterm's modifyOtherKeys among them (27): a modified key, that means nothing here.
        default: return .other("This key")
        }
        return named(key: key, modifiers: numbers.count > 1 ? numbers[1] : 1)
    }

    private static let functionKeys: [Int: Int] = Dictionary(
        uniqueKeysWithValues: zip(
            [11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34], 1...20))

    /// - Parameter modifiers: one more than the sum of 1 for shift, 2 for Alt, 4 for control, 8 for meta; locks are none.
    private static func named(key: Key, modifiers: Int) -> Key {
        let held = max(0, modifiers.subtractingSaturated(1)) & 0x3F
        guard held != 0 else { return key }
        let names = ["Shift-", "Alt-", "Ctrl-", "Super-", "Hyper-", "Meta-"]
        let prefix = names.enumerated().filter { held & (1 << $0.offset) != 0 }.map(\.element).joined()
        return .other(prefix + key.name(glyphs: .ascii))
    }

    // MARK: The mouse

    /// ESC [ M and three bytes: the oldest form, for terminals that do not know the newer one.
    private mutating func oldMouse(bytes: ArraySlice<UInt8>, isWanted: Bool) -> Step {
        let values = bytes.dropFirst(3).prefix(3).map { Int($0) - 32 }
        // A control character is none of the three.
        if let place = values.firstIndex(where: { $0 < 0 }) { return .nothing(3 + place) }
        guard values.count == 3 else { return .incomplete }
        guard isWanted else { return .nothing(6) }
        let isRelease = values[0] & 0x43 == 3
        return mouse(numbers: values, isRelease: isRelease).map { .input(.key($0), 6) } ?? .nothing(6)
    }

    private mutating func mouse(numbers: [Int], isRelease: Bool) -> Key? {
        guard numbers.count == 3, numbers[1] > 0, numbers[2] > 0 else { return nil }
        func key(kind: Key.Mouse.Kind) -> Key {
            .mouse(Key.Mouse(kind: kind, x: min(numbers[1], 100_000) - 1, y: min(numbers[2], 100_000) - 1))
        }
        // What was held with it (4, 8, 16) changes nothing.
        let button = numbers[0] & ~0x1C
        if isRelease {
            isDragging = false
            return nil
        }
        switch button {
        case 0:
            isDragging = true
            return key(kind: .press)
        case 32: return isDragging ? key(kind: .drag) : nil
        case 64: return key(kind: .wheelUp)
        case 65: return key(kind: .wheelDown)
        default: return nil
        }
    }
}
