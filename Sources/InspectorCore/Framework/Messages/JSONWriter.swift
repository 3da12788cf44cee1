// Writes JSON as Flask's default provider does: members in the order of their names, no spaces.

/// Makes the text of a value.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private let isASCII: Bool

    /// - Parameter isASCII: whether everything else is escaped (`ensure_ascii`).
    init(isASCII: Bool = false) { self.isASCII = isASCII }

    mutating func write(_ value: JSON) {
        switch value {
        case .null: put("null")
        case .bool(let value): put(value ? "true" : "false")
        case .int(let value): bytes += Array(String(value).utf8)
        case .bigInteger(let value): bytes += Array(value.digits.utf8)
        // What is read as 1.0 is written as 1.0, in the fewest digits that are read as the same number.
        case .double(let value): if value.isFinite { bytes += Array("\(value)".utf8) } else { put("null") }
        case .string(let value): write(value)
        case .array(let items):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(item)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.sortedByName.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(member.key)
                bytes.append(UInt8(ascii: ":"))
                write(member.value)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { text in
            switch JSONWriter.look(at: text) {
            case .plain: bytes += text
            case .foreign where !isASCII && !JSONWriter.isSteering(text): bytes += text
            case .foreign, .special: escape(text)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// What a text holds besides printable ASCII.
    private enum Content {
        case plain
        /// Only characters beyond ASCII.
        case foreign
        /// Quotes, backslashes or controls.
        case special
    }

    private static func look(at text: UnsafeBufferPointer<UInt8>) -> Content {
        var content = Content.plain
        for byte in text {
            switch byte {
            case 0x22, 0x5C, 0..<0x20, 0x7F: return .special
            case 0x80...: content = .foreign
            default: break
            }
        }
        return content
    }

    /// Whether something in it would drive a terminal, turn text around, or not be seen.
    private static func isSteering(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        String(decoding: text, as: UTF8.self).unicodeScalars.contains(where: SafeText.isHidden)
    }

    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0x22: put("\\\"")
            case 0x5C: put("\\\\")
            case 8: put("\\b")
            case 9: put("\\t")
            case 10: put("\\n")
            case 12: put("\\f")
            case 13: put("\\r")
            case 0..<0x20: escape(UInt16(scalar.value))
            // A document is printed as often as it is read by a program, which reads the escape as the character.
            case 0x7F... where isASCII || SafeText.isHidden(scalar): for unit in String(scalar).utf16 { escape(unit) }
            default: bytes += Array(String(scalar).utf8)
            }
        }
    }

    private mutating func escape(_ unit: UInt16) {
        let hex = String(unit, radix: 16)
        put("\\u")
        for _ in hex.utf8.count..<4 { bytes.append(0x30) }
        bytes += Array(hex.utf8)
    }

    private mutating func put(_ text: StaticString) {
        bytes += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
