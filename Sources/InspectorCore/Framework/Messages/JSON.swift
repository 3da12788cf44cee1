// A JSON value that needs no type of its own, for views that answer with one and tests that look into one.

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
    /// A whole number.
    case int(Int)
    /// A whole number that no `Int` holds, with all of its digits.
    case bigInteger(BigInteger)
    /// A number with a fraction or an exponent.
    case double(Double)
    /// A string.
    case string(String)
    /// An array.
    indirect case array([JSON])
    /// An object; its names are written in sorted order, as Flask's default provider does.
    indirect case object(Members)

    /// Makes an object of a dictionary.
    public static func object(_ members: [String: JSON]) -> JSON { .object(Members(members)) }

    /// Gives a literal its type where the compiler cannot know it: `JSON(["ok": true])`.
    public init(_ value: JSON) { self = value }

    /// The member under `key`, or nil when this is not an object or has none.
    public subscript(key: String) -> JSON? {
        if case .object(let members) = self { return members[key] }
        return nil
    }

    /// The item at `index`, or nil when this is not an array or is shorter.
    public subscript(index: Int) -> JSON? {
        if case .array(let items) = self, items.indices.contains(index) { return items[index] }
        return nil
    }

    /// The string, or nil when this is none.
    public var string: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    /// The number, or nil when this is none, has a fraction or is more than an `Int` holds.
    public var int: Int? {
        switch self {
        case .int(let number): number
        case .double(let number): Int(exactly: number)
        default: nil
        }
    }

    /// The number as a double, or nil when this is none or is more than a double holds.
    public var number: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        case .bigInteger(let number): Double(number.digits).flatMap { $0.isFinite ? $0 : nil }
        default: nil
        }
    }

    /// The items, or nil when this is not an array.
    public var items: [JSON]? {
        if case .array(let items) = self { return items }
        return nil
    }

    /// How deep arrays and objects may lie in one another.
    ///
    /// Reading goes as deep as they do, on the stack of a sub-thread too; without a limit, a body of brackets would end
    /// the process.
    public static let depthLimit = 128

    /// Reads `bytes`, which are UTF-8 (RFC 8259).
    ///
    /// Of members of the same name the last counts, as in Python. A whole number keeps all of its digits. Half of a
    /// surrogate pair, escaped, becomes U+FFFD, for no `String` holds it.
    ///
    /// - Throws: an error of kind `ValueError` that says what is wrong and at which byte: also for what some readers
    ///   take and the RFC does not (`NaN`, `[1,]`, comments), for a number past what a double holds, and for arrays and
    ///   objects that are nested deeper than `depthLimit`.
    public init(parsing bytes: some Sequence<UInt8>) throws {
        self = try JSONReader.read(bytes).value
    }

    /// The value as UTF-8 text.
    ///
    /// A `double` that is not a number or infinite is written as `null`; JSON has no word for it.
    public var encoded: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.bytes
    }

    /// The value as ASCII: everything else is escaped, as Flask's default provider does (`ensure_ascii`).
    var encodedASCII: [UInt8] {
        var writer = JSONWriter(isASCII: true)
        writer.write(self)
        return writer.bytes
    }
}

extension JSON {
    /// Equal when they say the same: the number 1 is the number 1.0.
    public static func == (left: JSON, right: JSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.int(let whole), .double(let number)), (.double(let number), .int(let whole)):
            Int(exactly: number) == whole
        case (.double(let left), .double(let right)): left == right
        case (.bigInteger(let left), .bigInteger(let right)): left == right
        // By their bytes: Swift's own comparison calls two spellings of an accent equal.
        case (.string(let left), .string(let right)): left.hasSameBytes(as: right)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    /// Hashes the value.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .double(let value):
            if let whole = Int(exactly: value) { hasher.combine(whole) } else { hasher.combine(value) }
        case .bigInteger(let value): hasher.combine(value)
        case .string(let value): hasher.combine(bytesOf: value)
        case .array(let value): hasher.combine(value)
        case .object(let value): hasher.combine(value)
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

    /// Makes an object; of equal names the last counts.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        var members = Members()
        for (name, value) in elements { members[name] = value }
        self = .object(members)
    }
}
