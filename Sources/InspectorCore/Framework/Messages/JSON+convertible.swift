// JSON out of variables: `JSON(["code": code, "hits": 3])`.

/// What can stand among the values of `JSON([…])`: texts, numbers, `Bool`, `JSON`, and lists, dictionaries and optionals of
/// them.
public protocol JSONConvertible {
    /// The value as JSON.
    var json: JSON { get }
}

extension JSON: JSONConvertible {
    /// Makes an object of values of different types.
    @_disfavoredOverload
    public init(_ members: [String: any JSONConvertible]) {
        self = .object(members.mapValues(\.json))
    }

    /// Makes an array of values of different types.
    @_disfavoredOverload
    public init(_ items: [any JSONConvertible]) { self = .array(items.map(\.json)) }

    /// Itself.
    public var json: JSON { self }
}

extension String: JSONConvertible {
    /// A string.
    public var json: JSON { .string(self) }
}

extension Substring: JSONConvertible {
    /// A string.
    public var json: JSON { .string(String(self)) }
}

extension Bool: JSONConvertible {
    /// `true` or `false`.
    public var json: JSON { .bool(self) }
}

extension Int: JSONConvertible {
    /// A number.
    public var json: JSON { .int(self) }
}

extension Double: JSONConvertible {
    /// A number; null for one that JSON has not.
    public var json: JSON { isFinite ? .double(self) : .null }
}

extension Optional: JSONConvertible where Wrapped: JSONConvertible {
    /// The value, or null.
    public var json: JSON { map(\.json) ?? .null }
}

extension Array: JSONConvertible where Element: JSONConvertible {
    /// An array.
    public var json: JSON { .array(map(\.json)) }
}

extension Dictionary: JSONConvertible where Key == String, Value: JSONConvertible {
    /// An object.
    public var json: JSON { .object(mapValues(\.json)) }
}
