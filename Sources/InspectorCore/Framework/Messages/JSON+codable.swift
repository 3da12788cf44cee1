// JSON values within the app's own Codable types.

internal import Foundation

extension JSON: Codable {
    /// Reads a value from any decoder.
    ///
    /// A decoder gives names as it tells them apart, and numbers as wide as its types: to keep every digit and every
    /// name, read with `init(parsing:)`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int.self) {
            self = .int(value)
        } else if let value = try? container.decode(UInt64.self), let number = BigInteger(String(value)) {
            self = .bigInteger(number)
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

    /// Writes the value to any encoder; a whole number that no `Int` holds keeps 38 digits.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .bigInteger(let value): try container.encode(Decimal(string: value.digits) ?? .nan)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value.dictionary)
        }
    }
}

extension JSON {
    /// A value as JSON, by the app's coder (`AppOptions.coder`): `JSON(encoding: link)`.
    ///
    /// - Throws: what the value's own `encode(to:)` throws; `EncodingError` for a number that JSON has not.
    public init(encoding value: some Encodable) throws { self = try JSONCoder.current.encode(value) }

    /// The value as `type`, by the app's coder.
    ///
    /// - Throws: `JSONMismatch`, which names every fault that could be found.
    public func decode<Value: Decodable>(as type: Value.Type) throws -> Value {
        try JSONCoder.current.decode(type, from: self)
    }
}
