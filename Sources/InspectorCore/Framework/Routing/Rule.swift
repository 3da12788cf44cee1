// One URL rule: `/city/<name>`, cut into fixed text and arguments.

internal import Foundation

/// A value that a rule took from the path.
public enum ViewArgument: Sendable, Hashable, CustomStringConvertible {
    /// From `<name>` or `<path:name>`.
    case string(String)
    /// From `<int:name>`.
    case int(Int)
    /// From `<float:name>`.
    case float(Double)

    /// The value as text.
    public var description: String {
        switch self {
        case .string(let value): value
        case .int(let value): "\(value)"
        case .float(let value): "\(value)"
        }
    }

    /// The number, if it is one without a fraction.
    public var int: Int? {
        if case .int(let value) = self { return value }
        return nil
    }
}

/// Why a rule cannot be used.
struct RuleError: Error, CustomStringConvertible {
    let rule: String
    let reason: String

    var description: String { "The rule \(rule) cannot be used: \(reason)." }
}

/// A URL rule, parsed.
struct Rule: Sendable {
    enum Converter: String, Sendable, CaseIterable {
        case string
        case int
        case float
        case path
    }

    enum Part: Sendable {
        case text(String)
        case argument(name: String, Converter)
    }

    let text: String
    let label: Label
    let parts: [Part]
    /// Smaller comes first: what says more about the path is tried before what says less, whatever the order of
    /// registration (`Werkzeug: routing/rules.py`).
    let weight: [Int]

    /// - Throws: `RuleError`.
    init(_ text: String) throws(RuleError) {
        guard text.hasPrefix("/") else { throw RuleError(rule: text, reason: "a rule begins with a slash") }
        var parts: [Part] = []
        var names: Set<String> = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "<") {
            if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
            guard let close = rest[open...].firstIndex(of: ">") else {
                throw RuleError(rule: text, reason: "a < has no >")
            }
            let inside = rest[rest.index(after: open)..<close].split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(inside.last ?? "")
            guard let converter = inside.count == 1 ? .string : Converter(rawValue: String(inside[0])) else {
                let known = Converter.allCases.map(\.rawValue).joined(separator: ", ")
                throw RuleError(rule: text, reason: "there is no converter \(inside[0]); there are \(known)")
            }
            guard !name.isEmpty, names.insert(name).inserted else {
                throw RuleError(rule: text, reason: "each argument needs a name of its own")
            }
            parts.append(.argument(name: name, converter))
            rest = rest[rest.index(after: close)...]
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.text = text
        self.label = Label(text)
        self.parts = parts
        self.weight = parts.map { part in
            switch part {
            case .text(let text): -text.utf8.count
            case .argument(_, .int), .argument(_, .float): 50
            case .argument(_, .string): 100
            case .argument(_, .path): 200
            }
        }
    }

    var endsInSlash: Bool { text.hasSuffix("/") }

    /// The arguments when the whole of `path` fits, else nil.
    func match(_ path: String) -> [String: ViewArgument]? { Rule.match(parts[...], Substring(path), [:]) }

    private static func match(
        _ parts: ArraySlice<Part>, _ path: Substring, _ found: [String: ViewArgument]
    ) -> [String: ViewArgument]? {
        guard let first = parts.first else { return path.isEmpty ? found : nil }
        let rest = parts.dropFirst()
        switch first {
        case .text(let text):
            guard path.utf8.starts(with: text.utf8) else { return nil }
            return match(rest, path[path.utf8.index(path.startIndex, offsetBy: text.utf8.count)...], found)
        case .argument(let name, let converter):
            let reach = converter == .path ? path : path.prefix { $0 != "/" }
            if converter == .path, path.hasPrefix("/") { return nil }
            // The longest piece first, as a greedy pattern would; a path takes the shortest.
            var ends = Array(reach.indices.dropFirst()) + (reach.isEmpty ? [] : [reach.endIndex])
            if converter != .path { ends.reverse() }
            for end in ends {
                guard let value = convert(path[..<end], converter) else { continue }
                var found = found
                found[name] = value
                if let all = match(rest, path[end...], found) { return all }
            }
            return nil
        }
    }

    private static func convert(_ text: Substring, _ converter: Converter) -> ViewArgument? {
        switch converter {
        case .string, .path:
            return .string(String(text))
        case .int:
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(text).map(ViewArgument.int)
        case .float:
            let sides = text.split(separator: ".", omittingEmptySubsequences: false)
            guard sides.count == 2,
                sides.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
            else { return nil }
            return Double(text).map(ViewArgument.float)
        }
    }
}
