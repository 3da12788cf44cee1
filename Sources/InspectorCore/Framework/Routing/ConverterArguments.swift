// What stands between a converter's parentheses: `int(min=1, max=9)`, `any(about, help, "a,b")`.

/// Arguments of a converter, taken one after the other; what is left over is a mistake.
struct ConverterArguments {
    private var positional: [String] = []
    private var named: [(name: String, value: String)] = []

    /// - Throws: `RuleReason`.
    init(_ text: String) throws {
        for item in try ConverterArguments.split(text) {
            guard let equals = item.firstIndex(of: "="), !item.hasPrefix("\""), !item.hasPrefix("'") else {
                positional.append(ConverterArguments.unquoted(text: item))
                continue
            }
            let name = item[..<equals].trimmed
            guard !named.contains(where: { $0.name == name }) else { throw RuleReason("\(name) is given twice") }
            named.append((name, ConverterArguments.unquoted(text: item[item.index(after: equals)...].trimmed)))
        }
    }

    mutating func int(name: String) throws -> Int? {
        guard let text = take(name) else { return nil }
        guard let value = Int(text) else { throw RuleReason("\(name)=\(text) is not a whole number") }
        return value
    }

    mutating func float(name: String) throws -> Double? {
        guard let text = take(name) else { return nil }
        guard let value = Double(text), value.isFinite else { throw RuleReason("\(name)=\(text) is not a number") }
        return value
    }

    mutating func bool(name: String) throws -> Bool? {
        switch take(name) {
        case nil: return nil
        case "True", "true": return true
        case "False", "false": return false
        case let text?: throw RuleReason("\(name)=\(text) is neither True nor False")
        }
    }

    /// All that have no name.
    mutating func takeAll() -> [String] {
        defer { positional = [] }
        return positional
    }

    /// - Throws: when something is left that no converter asked for.
    func finish() throws {
        if let extra = named.first?.name ?? positional.first { throw RuleReason("it takes no argument \(extra)") }
    }

    /// A named argument; else, as Python's calls have it, the next one without a name.
    private mutating func take(_ name: String) -> String? {
        if let place = named.firstIndex(where: { $0.name == name }) { return named.remove(at: place).value }
        return positional.isEmpty ? nil : positional.removeFirst()
    }

    private static func split(_ text: String) throws -> [String] {
        var items: [String] = []
        var item = ""
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil }
                item.append(character)
            } else if character == "," {
                items.append(item.trimmed)
                item = ""
            } else {
                if (character == "\"" || character == "'") && (item.trimmed.isEmpty || item.hasSuffix("=")) {
                    quote = character
                }
                item.append(character)
            }
        }
        if quote != nil { throw RuleReason("a text in its arguments has no closing quote") }
        if !item.trimmed.isEmpty || !items.isEmpty { items.append(item.trimmed) }
        if items.last?.isEmpty == true { items.removeLast() }
        if items.contains("") { throw RuleReason("an argument is empty") }
        return items
    }

    private static func unquoted(text: some StringProtocol) -> String {
        guard text.count >= 2, let first = text.first, first == text.last, first == "\"" || first == "'" else {
            return String(text)
        }
        return String(text.dropFirst().dropLast())
    }
}
