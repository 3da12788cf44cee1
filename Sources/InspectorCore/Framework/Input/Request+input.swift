// What a client sent, as the app's own types.

extension Request {
    /// The query as `type`: names are its properties', a list takes all values of its name.
    ///
    /// - Throws: `HTTPError` of the kind `invalidInput` (400), which names every fault.
    public func query<Value: Decodable>(as type: Value.Type) throws -> Value {
        try PairsDecoder.decode(type, from: args, what: "The query")
    }

    /// The fields of a form as `type`; its files are in `form()`.
    ///
    /// - Throws: `HTTPError` of the kind `invalidInput` (400), which names every fault; what `form()` throws.
    public func form<Value: Decodable>(as type: Value.Type) throws -> Value {
        try PairsDecoder.decode(type, from: form().fields, what: "The form")
    }

    /// The first query argument of that name as `type`; nil when there is none, or it is empty and no text.
    ///
    /// - Throws: `HTTPError` of the kind `invalidInput` (400) when it is none of that type.
    public func arg<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value? {
        guard let text = arg(name), !text.isEmpty || type == String.self else { return nil }
        return try PairsDecoder.decode(type, text: text, name: name, what: "The query")
    }

    /// The first query argument of that name as what `fallback` is: `request.arg("page", default: 1)`; `fallback` when
    /// there is none, or it is empty and no text.
    ///
    /// - Throws: `HTTPError` of the kind `invalidInput` (400) when it is none of that type.
    public func arg<Value: Decodable>(_ name: String, default fallback: Value) throws -> Value {
        try arg(name, as: Value.self) ?? fallback
    }

    /// What the rule took from the path under that name, as `type`: the converter's own value where it has that type, else
    /// its text read as it.
    ///
    /// - Throws: `HTTPError` of the kind `invalidInput` (400) when the text is none of that type; of the kind `keyError`
    ///   when the rule has no such argument, which is a mistake of the app's.
    public func argument<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
        let argument = try argument(named: name)
        if let value = argument.value as? Value { return value }
        return try PairsDecoder.decode(type, text: argument.description, name: name, what: "The path")
    }

    /// What a converter of the app's own made of a part of the path.
    ///
    /// - Throws: an error of the kind `keyError` when the rule has no such argument, of the kind `typeError` when its
    ///   converter makes another type.
    public func argument<Value: Hashable & Sendable & CustomStringConvertible>(
        _ name: String, custom type: Value.Type
    ) throws -> Value {
        let argument = try argument(named: name)
        guard let value = argument.value as? Value else {
            throw WrongArgument(
                kind: .typeError,
                description: "The argument `\(name)` of \(rule ?? path) is no \(type): its converter makes "
                    + "\(Swift.type(of: argument.value)).")
        }
        return value
    }

    private func argument(named name: String) throws -> ViewArgument {
        guard let argument = viewArgs[name] else {
            throw WrongArgument(
                kind: .keyError, description: "The rule \(rule ?? "of this request") has no argument `\(name)`.")
        }
        return argument
    }
}

/// A view asks for an argument that its rule does not have, or as a type that its converter does not make.
struct WrongArgument: KindedError, CustomStringConvertible {
    let kind: ErrorKind
    let description: String
}
