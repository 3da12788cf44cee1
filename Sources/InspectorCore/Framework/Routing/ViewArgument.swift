// A value that a rule took from the path, in the type that its converter gave it.

public import Foundation

/// A value that a rule took from the path.
public enum ViewArgument: Sendable, Hashable, CustomStringConvertible {
    /// A value of a converter of the app's own.
    public typealias Custom = any (Hashable & Sendable & CustomStringConvertible)

    /// From `<name>`, `<path:name>` or `<any(…):name>`.
    case string(String)
    /// From `<int:name>`.
    case int(Int)
    /// From `<float:name>`.
    case float(Double)
    /// From `<uuid:name>`.
    case uuid(UUID)
    /// From a converter of the app's own.
    case custom(Custom)

    /// The value as text.
    public var description: String {
        switch self {
        case .string(let value): value
        case .int(let value): "\(value)"
        case .float(let value): "\(value)"
        case .uuid(let value): value.uuidString.lowercased()
        case .custom(let value): value.description
        }
    }

    /// The number, if it is one without a fraction.
    public var int: Int? {
        if case .int(let value) = self { return value }
        return nil
    }

    /// The text, if it is one.
    public var string: String? {
        if case .string(let value) = self { return value }
        return nil
    }

    /// The number, if it is one.
    public var float: Double? {
        switch self {
        case .float(let value): value
        case .int(let value): Double(value)
        default: nil
        }
    }

    /// The UUID, if it is one.
    public var uuid: UUID? {
        if case .uuid(let value) = self { return value }
        return nil
    }

    /// The value in the type that its converter gave it.
    public var value: any Sendable {
        switch self {
        case .string(let value): value
        case .int(let value): value
        case .float(let value): value
        case .uuid(let value): value
        case .custom(let value): value
        }
    }

    /// Equal when type and value are.
    public static func == (left: ViewArgument, right: ViewArgument) -> Bool {
        switch (left, right) {
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.int(let left), .int(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.uuid(let left), .uuid(let right)): left == right
        case (.custom(let left), .custom(let right)): AnyHashable(left) == AnyHashable(right)
        default: false
        }
    }

    /// Hashes the value.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .string(let value): hasher.combine(Array(value.utf8))
        case .int(let value): hasher.combine(value)
        case .float(let value): hasher.combine(value)
        case .uuid(let value): hasher.combine(value)
        case .custom(let value): hasher.combine(AnyHashable(value))
        }
    }
}

extension ViewArgument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    /// Makes a text.
    public init(stringLiteral value: String) { self = .string(value) }

    /// Makes a whole number.
    public init(integerLiteral value: Int) { self = .int(value) }

    /// Makes a number.
    public init(floatLiteral value: Double) { self = .float(value) }
}
