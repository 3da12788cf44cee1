// Reads the filter grammar: words, then what combines them.

/// Reads one filter.
struct FilterParser {
    /// No filter that a person types is longer or deeper; past that it is refused rather than followed.
    private static let lengthLimit = 1000
    private static let depthLimit = 32

    private struct Word {
        let text: String
        let position: Int
        /// Some of it stood in quotes, so that it is not a keyword.
        let isQuoted: Bool
    }

    private var words: [Word] = []
    private var next = 0
    private let end: Int

    init(_ text: String) throws(FilterError) {
        let characters = Array(text)
        end = characters.count
        guard characters.count <= FilterParser.lengthLimit else {
            throw FilterError(position: FilterParser.lengthLimit, reason: "it is longer than 1000 characters")
        }
        var word = ""
        var start = 0
        var isQuoted = false
        var openQuote: Int?
        func flush(_ words: inout [Word]) {
            if !word.isEmpty || isQuoted { words.append(Word(text: word, position: start, isQuoted: isQuoted)) }
            word = ""
            isQuoted = false
        }
        for (place, character) in characters.enumerated() {
            if openQuote != nil {
                if character == "\"" { openQuote = nil } else { word.append(character) }
                continue
            }
            if word.isEmpty, !isQuoted { start = place }
            switch character {
            case "\"":
                openQuote = place
                isQuoted = true
            case " ", "\t": flush(&words)
            case "(", ")":
                flush(&words)
                words.append(Word(text: String(character), position: place, isQuoted: false))
            default: word.append(character)
            }
        }
        if let openQuote { throw FilterError(position: openQuote, reason: "a quote has no end") }
        flush(&words)
    }

    mutating func parse() throws(FilterError) -> Filter.Node {
        guard !words.isEmpty else { throw FilterError(position: 0, reason: "it is empty") }
        let node = try parseOr(0)
        if let word = peek { throw FilterError(position: word.position, reason: "this ) has no (") }
        return node
    }

    private var peek: Word? { words.indices.contains(next) ? words[next] : nil }

    private func isKeyword(_ word: Word, name: String) -> Bool {
        !word.isQuoted && word.text.lowercased() == name
    }

    private mutating func parseOr(_ depth: Int) throws(FilterError) -> Filter.Node {
        var node = try parseAnd(depth)
        while let word = peek, isKeyword(word, name: "or") {
            next += 1
            node = .or(node, try parseAnd(depth))
        }
        return node
    }

    private mutating func parseAnd(_ depth: Int) throws(FilterError) -> Filter.Node {
        var node = try parseNot(depth)
        while let word = peek, !isKeyword(word, name: "or"), !isKeyword(word, name: ")") {
            if isKeyword(word, name: "and") { next += 1 }
            node = .and(node, try parseNot(depth))
        }
        return node
    }

    private mutating func parseNot(_ depth: Int) throws(FilterError) -> Filter.Node {
        guard let word = peek else { throw FilterError(position: end, reason: "something is missing at its end") }
        guard depth < FilterParser.depthLimit else {
            throw FilterError(position: word.position, reason: "it is nested more than 32 deep")
        }
        next += 1
        if isKeyword(word, name: "not") { return .not(try parseNot(depth + 1)) }
        if isKeyword(word, name: "(") {
            let inside = try parseOr(depth + 1)
            guard let close = peek, isKeyword(close, name: ")") else {
                throw FilterError(position: word.position, reason: "this ( has no )")
            }
            next += 1
            return inside
        }
        if isKeyword(word, name: ")") || isKeyword(word, name: "and") || isKeyword(word, name: "or") {
            throw FilterError(position: word.position, reason: "something is missing before \(word.text)")
        }
        return try term(word: word)
    }

    private func term(word: Word) throws(FilterError) -> Filter.Node {
        if isKeyword(word, name: "error") { return .error }
        if !word.isQuoted || word.text.first != "\"",
            let (comparison, rest) = comparison(text: word.text)
        {
            guard let time = duration(text: rest) else {
                throw FilterError(
                    position: word.position,
                    reason: "\(rest.isEmpty ? "nothing" : rest) is not a time: write >200ms or <1.5s")
            }
            return .duration(comparison, time)
        }
        guard let colon = word.text.firstIndex(of: ":") else { return .text(.path, Filter.Pattern(word.text)) }
        let name = word.text[..<colon].lowercased()
        let value = String(word.text[word.text.index(after: colon)...])
        guard !value.isEmpty else {
            throw FilterError(position: word.position, reason: "\(name): has nothing after it")
        }
        if name == "status" { return try status(value: value, word: word) }
        guard let field = FilterField(rawValue: name) else {
            let known = (FilterField.allCases.map(\.rawValue) + ["status"]).sorted().joined(separator: ", ")
            throw FilterError(position: word.position, reason: "there is no field \(name); there are \(known)")
        }
        return .text(field, Filter.Pattern(field == .id && value.hasPrefix("#") ? String(value.dropFirst()) : value))
    }

    private func status(value: String, word: Word) throws(FilterError) -> Filter.Node {
        if let (comparison, rest) = comparison(text: value), let number = Int(plain: rest) {
            return .status(comparison, number)
        }
        let lower = value.lowercased()
        if lower.count == 3, lower.hasSuffix("xx"), let hundreds = lower.first?.wholeNumberValue {
            return .statusClass(hundreds)
        }
        guard let number = Int(plain: value), (100...999).contains(number) else {
            throw FilterError(
                position: word.position,
                reason: "\(value) is not a status: write status:404, status:5xx or status:>=400")
        }
        return .and(.status(.atLeast, number), .status(.atMost, number))
    }

    private func comparison(text: String) -> (Filter.Comparison, String)? {
        for comparison in Filter.Comparison.allCases where text.hasPrefix(comparison.rawValue) {
            return (comparison, String(text.dropFirst(comparison.rawValue.count)))
        }
        return nil
    }

    private func duration(text: String) -> UInt64? {
        for (unit, factor) in [("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)]
        where text.lowercased().hasSuffix(unit) {
            return Double(plain: text.dropLast(unit.count)).flatMap { UInt64(nanoseconds: $0, unit: factor) }
        }
        return nil
    }
}
