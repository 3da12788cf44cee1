// One URL rule, `/city/<name>`, cut into the parts that the route tree is made of
// (`Werkzeug: routing/rules.py _parse_rule`).

internal import Foundation

/// Why a rule cannot be used.
struct RuleError: Error, CustomStringConvertible {
    let rule: String
    let reason: String

    var description: String { "The rule \(rule) cannot be used: \(reason)." }
}

/// A piece of one part: fixed text, or an argument by its place among the rule's arguments.
enum RulePiece: Sendable, Hashable {
    case text([UInt8])
    /// The converter's signature stands for it; its place is not a part of what the piece matches.
    case argument(signature: String)
}

/// What is matched at one step from one state of the route tree to the next.
struct RulePart: Sendable, Hashable {
    var pieces: [RulePiece] = []
    /// It takes all that is left of the path, slashes included.
    var isFinal = false
    /// It is final and ends in a slash, which may be missing: the redirect is looked for next.
    var isSuffixed = false
    var weight = Weighting()

    /// The text of a part without arguments.
    var staticText: [UInt8]? {
        guard !isFinal else { return nil }
        switch pieces.first {
        case nil: return []
        case .text(let text) where pieces.count == 1: return text
        default: return nil
        }
    }
}

/// Orders the dynamic parts of one state: more fixed text first, then lighter converters.
struct Weighting: Sendable, Hashable, Comparable {
    var texts: [Int] = []
    var arguments: [Int] = []

    static func < (left: Weighting, right: Weighting) -> Bool {
        if left.texts.count != right.texts.count { return left.texts.count > right.texts.count }
        if left.texts != right.texts { return left.texts.lexicographicallyPrecedes(right.texts, by: >) }
        if left.arguments.count != right.arguments.count { return left.arguments.count > right.arguments.count }
        return left.arguments.lexicographicallyPrecedes(right.arguments)
    }
}

/// A URL rule, parsed.
struct Rule: Sendable {
    struct Argument: Sendable {
        let name: String
        let converter: PathConverter
    }

    /// A step of building an address from the rule.
    enum Step: Sendable {
        case text(String)
        case argument(Int)
    }

    let text: String
    let label: Label
    /// In their order in the rule.
    let arguments: [Argument]
    let parts: [RulePart]
    let steps: [Step]

    /// What all rules that match the same paths have in common, whatever they call their arguments.
    var shape: [[RulePiece]] { parts.map(\.pieces) }

    /// - Parameter mergesSlashes: several slashes in the rule are one, as they are in requests.
    /// - Throws: `RuleError`.
    init(text: String, converters: ConverterTable = ConverterTable(), mergesSlashes: Bool = true) throws(RuleError) {
        do {
            var parser = try RuleParser(text: text, converters: converters, mergesSlashes: mergesSlashes)
            try parser.parse()
            arguments = parser.arguments
            parts = parser.parts
            steps = parser.steps
        } catch {
            throw RuleError(rule: text, reason: "\(error)")
        }
        self.text = text
        label = Label(text)
    }
}

/// Reads a rule from left to right.
private struct RuleParser {
    private let converters: ConverterTable
    private var rest: Substring
    private(set) var arguments: [Rule.Argument] = []
    private(set) var parts: [RulePart] = []
    private(set) var steps: [Rule.Step] = []
    private var part = RulePart()

    init(text: String, converters: ConverterTable, mergesSlashes: Bool) throws {
        guard text.utf8.first == 0x2F else { throw RuleReason("a rule begins with a slash") }
        self.converters = converters
        var merged = text
        while mergesSlashes, let double = merged.range(of: "//") { merged.replaceSubrange(double, with: "/") }
        rest = merged[...]
    }

    mutating func parse() throws {
        while let first = rest.unicodeScalars.first {
            switch first {
            case "/":
                rest.unicodeScalars.removeFirst()
                steps.append(.text("/"))
                endPart()
            case "<": try readArgument()
            default: readText()
            }
        }
        finish()
    }

    private mutating func endPart() {
        if part.isFinal {
            add([0x2F])
        } else {
            parts.append(part)
            part = RulePart()
        }
    }

    private mutating func readText() {
        let text = rest.unicodeScalars.prefix { $0 != "<" && $0 != "/" }
        steps.append(.text(PercentCoding.encodePath(String(text))))
        // In Werkzeug's order: the one with more of its text fixed is tried first.
        part.weight.texts.append(text.count)
        add(Array(Substring(text).utf8))
        rest = rest[text.endIndex...]
    }

    private mutating func readArgument() throws {
        let inside = try takeAngle()
        let colon = colonOutsideParentheses(text: inside)
        let name = colon.map { String(inside[inside.index(after: $0)...]) } ?? String(inside)
        var converterName = "default"
        var converterArguments = ""
        if let colon {
            let head = inside[..<colon]
            converterName = String(head.prefix { $0 != "(" })
            if let open = head.firstIndex(of: "(") {
                guard head.last == ")" else { throw RuleReason("a ( in <\(inside)> has no ) at its end") }
                converterArguments = String(head[head.index(after: open)...].dropLast())
            }
        }
        guard isName(name) else { throw RuleReason("<\(inside)> names no argument") }
        guard !arguments.contains(where: { $0.name == name }) else {
            throw RuleReason("the argument \(name) stands in it twice")
        }
        let converter: PathConverter?
        do { converter = try converters.make(converterName, arguments: ConverterArguments(converterArguments)) } catch {
            throw RuleReason("the converter of <\(inside)> is wrong: \(error)")
        }
        guard let converter else {
            throw RuleReason(
                "there is no converter \(converterName); there are \(converters.names.joined(separator: ", "))")
        }
        if converter.spansSlashes { part.isFinal = true }
        part.weight.arguments.append(converter.weight)
        part.pieces.append(.argument(signature: converter.signature))
        steps.append(.argument(arguments.count))
        arguments.append(Rule.Argument(name: name, converter: converter))
    }

    /// What stands between `<` and its `>`; a `>` in the converter's parentheses does not end it.
    private mutating func takeAngle() throws -> Substring {
        var depth = 0
        var place = rest.index(after: rest.startIndex)
        while place < rest.endIndex {
            switch rest[place] {
            case "(": depth += 1
            case ")": depth -= 1
            case ">" where depth <= 0:
                let inside = rest[rest.index(after: rest.startIndex)..<place]
                rest = rest[rest.index(after: place)...]
                return inside
            default: break
            }
            place = rest.index(after: place)
        }
        throw RuleReason("a < has no >")
    }

    private func colonOutsideParentheses(text: Substring) -> Substring.Index? {
        var depth = 0
        for place in text.indices {
            switch text[place] {
            case "(": depth += 1
            case ")": depth -= 1
            case ":" where depth == 0: return place
            default: break
            }
        }
        return nil
    }

    private func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == 0x5F
        }
    }

    private mutating func add(_ bytes: [UInt8]) {
        if case .text(let before)? = part.pieces.last {
            part.pieces[part.pieces.count - 1] = .text(before + bytes)
        } else {
            part.pieces.append(.text(bytes))
        }
    }

    private mutating func finish() {
        guard part.isFinal, case .text(let last)? = part.pieces.last, last.last == 0x2F else {
            parts.append(part)
            return
        }
        part.isSuffixed = true
        part.pieces.removeLast()
        if last.count > 1 { part.pieces.append(.text(last.dropLast())) }
        parts.append(part)
        parts.append(RulePart(weight: part.weight))
    }
}
