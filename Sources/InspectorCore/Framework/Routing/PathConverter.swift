// Converters: what text an argument of a rule may be, and which value it becomes (`Werkzeug: routing/converters.py`).

internal import Foundation

/// Says which text of a path an argument takes, and which value it becomes.
///
/// The built-in ones are `string`, `int`, `float`, `path`, `any` and `uuid`. An app adds its own under a name:
///
/// ```swift
/// app.addConverter("hex", PathConverter(matches: { $0.allSatisfy(\.isHexDigit) }, value: { text in
///     guard let number = Int(text, radix: 16) else { throw NoSuchValue() }
///     return .int(number)
/// }))
/// app.get("/color/<hex:rgb>") { request in "\(request.viewArgs["rgb"] ?? 0)" }
/// ```
public struct PathConverter: Sendable {
    enum Pattern: Sendable {
        /// One segment of so many characters; the longest that lets the rest fit.
        case text(minimum: Int, maximum: Int?)
        /// Digits, with a minus before them if that is allowed.
        case digits(signed: Bool)
        /// Digits on both sides of a point.
        case decimal(signed: Bool)
        /// Anything that does not begin with a slash; the shortest that lets the rest fit.
        case path
        /// One of these, tried in order.
        case any([[UInt8]])
        case uuid
        /// The longest text for which it holds; without slashes, unless it spans them.
        case custom(@Sendable (String) -> Bool)
    }

    let pattern: Pattern
    /// Among rules that differ only in their converters, the lightest is tried first: numbers 50, text 100, paths 200.
    public let weight: Int
    /// Whether what it takes may hold slashes.
    public let spansSlashes: Bool
    let value: @Sendable (String) throws -> ViewArgument
    let text: @Sendable (ViewArgument) throws -> String
    /// What tells it from others of its kind: rules with equal signatures are one rule.
    let signature: String

    init(
        pattern: Pattern, signature: String, weight: Int = 100, spansSlashes: Bool = false,
        value: @escaping @Sendable (String) throws -> ViewArgument = { .string($0) },
        text: @escaping @Sendable (ViewArgument) throws -> String = { $0.description }
    ) {
        self.pattern = pattern
        self.signature = signature
        self.weight = weight
        self.spansSlashes = spansSlashes
        self.value = value
        self.text = text
    }

    /// Makes a converter of an app's own.
    ///
    /// - Parameters:
    ///   - weight: see `weight`.
    ///   - spansSlashes: whether what it takes may hold slashes.
    ///   - matches: whether a text, percent-decoded, is one that it takes. Called often: keep it cheap.
    ///   - value: makes the value. Throws `NoSuchValue` for a text that fits but stands for nothing, which is a 404;
    ///     any other error is the request's error, raised after the before hooks.
    ///   - text: the way back, for `urlFor`; the value's description unless given.
    public init(
        weight: Int = 100, spansSlashes: Bool = false, matches: @escaping @Sendable (String) -> Bool = { _ in true },
        value: @escaping @Sendable (String) throws -> ViewArgument,
        text: @escaping @Sendable (ViewArgument) throws -> String = { $0.description }
    ) {
        self.init(
            pattern: .custom(matches), signature: "custom \(UInt64.random(in: .min ... .max))", weight: weight,
            spansSlashes: spansSlashes, value: value, text: text)
    }
}

/// Says that a text of a path fits its converter but stands for nothing: the answer is 404, and no later rule is tried
/// (`Werkzeug: ValidationError`).
public struct NoSuchValue: Error {
    /// Makes one.
    public init() {}
}

/// An error that a converter of an app threw.
struct ConverterFailure: Error, CustomStringConvertible {
    let rule: String
    let argument: String
    let underlying: any Error

    var description: String {
        "The converter of <\(argument)> in the rule \(rule) threw \(underlying). To say that there is no such value, "
            + "throw NoSuchValue."
    }
}

/// The converters by name, and how their arguments make one.
struct ConverterTable: Sendable {
    private var own: [String: PathConverter] = [:]

    mutating func add(_ name: String, converter: PathConverter) { own[name] = converter }

    /// The names that a rule may use.
    var names: [String] { ["any", "float", "int", "path", "string", "uuid"] + own.keys.sorted() }

    /// Makes the converter of `name` with `arguments`; nil when there is none of that name.
    ///
    /// - Throws: a reason, when the arguments do not fit.
    func make(_ name: String, arguments: ConverterArguments) throws -> PathConverter? {
        var arguments = arguments
        let converter: PathConverter
        if let known = own[name] {
            converter = known
        } else {
            switch name {
            case "default", "string": converter = try Self.string(arguments: &arguments)
            case "path":
                converter = PathConverter(pattern: .path, signature: "path", weight: 200, spansSlashes: true)
            case "int": converter = try Self.int(arguments: &arguments)
            case "float": converter = try Self.float(arguments: &arguments)
            case "any": converter = try Self.any(arguments: &arguments)
            case "uuid": converter = Self.uuid
            default: return nil
            }
        }
        try arguments.finish()
        return converter
    }

    private static func string(arguments: inout ConverterArguments) throws -> PathConverter {
        let minimum = try arguments.int(name: "minlength")
        let maximum = try arguments.int(name: "maxlength")
        let length = try arguments.int(name: "length")
        if let number = [minimum, maximum, length].compactMap(\.self).first(where: { $0 < 0 }) {
            throw RuleReason("\(number) is not a length")
        }
        let least = length ?? minimum ?? 1
        let most = length ?? maximum
        if let most, most < least { throw RuleReason("no text has at least \(least) and at most \(most) characters") }
        return PathConverter(
            pattern: .text(minimum: least, maximum: most), signature: "string \(least) \(most.map(String.init) ?? "")")
    }

    private static func int(arguments: inout ConverterArguments) throws -> PathConverter {
        let digits = try arguments.int(name: "fixed_digits") ?? 0
        let least = try arguments.int(name: "min")
        let most = try arguments.int(name: "max")
        let signed = try arguments.bool(name: "signed") ?? false
        return PathConverter(
            pattern: .digits(signed: signed), signature: "int \(digits) \(least ?? .min) \(most ?? .max) \(signed)",
            weight: 50,
            value: { text in
                // Past what an Int holds there is no such value here; Python's numbers have no end.
                guard digits == 0 || text.utf8.count == digits, let number = Int(text), number >= least ?? .min,
                    number <= most ?? .max
                else { throw NoSuchValue() }
                return .int(number)
            },
            text: { value in
                guard let number = value.int ?? Int(value.description) else {
                    throw RuleReason("\(value) is not a whole number")
                }
                let text = String(number.magnitude)
                let sign = number < 0 ? "-" : ""
                return sign + String(repeating: "0", count: max(0, digits - text.count - sign.count)) + text
            })
    }

    private static func float(arguments: inout ConverterArguments) throws -> PathConverter {
        let least = try arguments.float(name: "min")
        let most = try arguments.float(name: "max")
        let signed = try arguments.bool(name: "signed") ?? false
        return PathConverter(
            pattern: .decimal(signed: signed),
            signature: "float \(least ?? -.infinity) \(most ?? .infinity) \(signed)", weight: 50,
            value: { text in
                guard let number = Double(text), number >= least ?? -.infinity, number <= most ?? .infinity else {
                    throw NoSuchValue()
                }
                return .float(number)
            },
            text: { value in
                guard let number = Double(value.description) else { throw RuleReason("\(value) is not a number") }
                return "\(number)"
            })
    }

    private static func any(arguments: inout ConverterArguments) throws -> PathConverter {
        let items = arguments.takeAll()
        guard !items.isEmpty else { throw RuleReason("any() names nothing it would take") }
        return PathConverter(
            pattern: .any(items.map { Array($0.utf8) }), signature: "any \(items)",
            spansSlashes: items.contains { $0.contains("/") },
            text: { value in
                guard items.contains(value.description) else {
                    throw RuleReason("\(value) is none of \(items.sorted().joined(separator: ", "))")
                }
                return value.description
            })
    }

    private static let uuid = PathConverter(
        pattern: .uuid, signature: "uuid",
        value: { text in
            guard let value = UUID(uuidString: text) else { throw NoSuchValue() }
            return .uuid(value)
        })
}

/// Why a rule or an address cannot be made; the caller knows where.
struct RuleReason: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
