// A JSON value that needs no type of its own, for views that answer with one and tests that look into one.

internal import Foundation

/// Any JSON value.
///
/// ```swift
/// app.get("/health") { _ in JSON(["ok": true, "lanes": 2]) }
/// ```
public enum JSON: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without a fraction.
    case int(Int)
    /// Any other number.
    case double(Double)
    /// A string.
    case string(String)
    /// An array.
    indirect case array([JSON])
    /// An object; its keys are written in sorted order, as Flask's default provider does.
    indirect case object([String: JSON])

    /// Gives a literal its type where the compiler cannot know it: `JSON(["ok": true])`.
    public init(_ value: JSON) { self = value }

    /// The member under `key`, or nil when this is no object or has none.
    public subscript(key: String) -> JSON? {
        if case .object(let members) = self { return members[key] }
        return nil
    }

    /// The item at `index`, or nil when this is no array or is shorter.
    public subscript(index: Int) -> JSON? {
        if case .array(let items) = self, items.indices.contains(index) { return items[index] }
        return nil
    }

    /// The string, or nil when this is none.
    public var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// The number, or nil when this is none or has a fraction.
    public var int: Int? {
        if case .int(let number) = self { return number }
        return nil
    }

    /// The number as a double, or nil when this is none.
    public var number: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    /// The items, or nil when this is no array.
    public var items: [JSON]? {
        if case .array(let items) = self { return items }
        return nil
    }

    /// How deep arrays and objects may lie in one another.
    ///
    /// Reading goes as deep as they do, on the stack of a sub-thread too; without a limit, a body of brackets would end
    /// the process.
    public static let depthLimit = 128

    /// Reads `bytes`.
    ///
    /// - Throws: what the decoder says of them, or that they are nested deeper than `depthLimit`.
    public init(parsing bytes: some Sequence<UInt8>) throws {
        let data = Data(bytes)
        try JSON.checkDepth(data)
        self = try JSONDecoder().decode(JSON.self, from: data)
    }

    /// - Throws: when `bytes` are nested deeper than `depthLimit`.
    static func checkDepth(_ bytes: Data) throws {
        var depth = 0
        var isInText = false
        var isEscaped = false
        for byte in bytes {
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == 0x22 {
                    isInText = false
                }
                continue
            }
            switch byte {
            case 0x22: isInText = true
            case 0x5B, 0x7B:
                depth += 1
                if depth > depthLimit {
                    throw FrameworkError(.valueError, "it is nested more than \(depthLimit) deep")
                }
            case 0x5D, 0x7D: depth -= 1
            default: break
            }
        }
    }

    /// The value as UTF-8 text.
    public var encoded: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Only a NaN or an infinity cannot be written; JSON has no word for them.
        return (try? encoder.encode(self)).map(Array.init) ?? Array("null".utf8)
    }
}

extension JSON {
    /// The value as ASCII: everything else is escaped, as Flask's default provider does (`ensure_ascii`).
    var encodedASCII: [UInt8] {
        let bytes = encoded
        guard bytes.contains(where: { $0 >= 0x80 }) else { return bytes }
        var text: [UInt8] = []
        // Outside of its strings JSON is ASCII anyway.
        for unit in String(decoding: bytes, as: UTF8.self).utf16 {
            if unit < 0x80 {
                text.append(UInt8(unit))
            } else {
                let hex = String(unit, radix: 16)
                text += Array(("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).utf8)
            }
        }
        return text
    }
}

extension JSON: Codable {
    /// Reads a value from any decoder.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    /// Writes the value to any encoder.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    /// Makes a string.
    public init(stringLiteral value: String) { self = .string(value) }

    /// Makes a number.
    public init(integerLiteral value: Int) { self = .int(value) }

    /// Makes a number.
    public init(floatLiteral value: Double) { self = .double(value) }
}

extension JSON: ExpressibleByBooleanLiteral, ExpressibleByNilLiteral {
    /// Makes `true` or `false`.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// Makes `null`.
    public init(nilLiteral: ()) { self = .null }
}

extension JSON: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// Makes an array.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }

    /// Makes an object; of equal keys the last counts.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}
