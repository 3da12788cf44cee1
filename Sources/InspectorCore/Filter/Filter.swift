// The one grammar by which requests are chosen: `method:POST status:5xx path:/shop/* >200ms not await:api`.

/// What a filter asks of a request.
package protocol FilterSubject {
    /// Whether one of the texts of a field fulfils `condition`: most fields have one, awaits and threads several.
    func filterHas(field: FilterField, condition: (String) -> Bool) -> Bool
    /// The status it was answered with, if it was.
    var filterStatus: Int? { get }
    /// How long it took, or has taken until now, in ns.
    var filterDuration: UInt64? { get }
    /// Whether something of it failed: 500 or above, or a function that threw.
    var filterHasError: Bool { get }
}

/// A field that is a text.
package enum FilterField: String, Sendable, CaseIterable {
    case method
    case path
    case route
    case mode
    case `await`
    case thread
    case id

    /// Whether the whole text has to be the pattern; else it may lie anywhere in it.
    var isWhole: Bool { self == .method || self == .mode || self == .id }
}

/// What is wrong with a filter, and where.
package struct FilterError: Error, Equatable, CustomStringConvertible {
    /// Where it is wrong, in characters from the beginning.
    package let position: Int
    package let reason: String

    package var description: String { "The filter is wrong at character \(position + 1): \(reason)." }
}

/// A filter, ready to be asked.
///
/// | word | chooses |
/// |---|---|
/// | `method:POST` `mode:async` `id:87` | what is exactly this |
/// | `path:/shop/*` `route:/city/<name>` `await:api` `thread:worker-1` | what holds this; with a `*`, what is this with anything in its place |
/// | `status:404` `status:5xx` `status:>=400` | answers of that status |
/// | `>200ms` `<=1s` | what took so long; `us`, `ms`, `s` |
/// | `error` | what failed |
/// | `oslo` | paths that hold the word |
///
/// Words one after the other must all hold; `and`, `or`, `not` and parentheses combine them, `not` binding first and
/// `or` last. A text in quotes is taken as it stands. Case does not matter.
package struct Filter: Sendable, Equatable {
    indirect enum Node: Sendable, Equatable {
        case text(FilterField, Pattern)
        case status(Comparison, Int)
        /// Hundreds: 5 for 5xx.
        case statusClass(Int)
        case duration(Comparison, UInt64)
        case error
        case not(Node)
        case and(Node, Node)
        case or(Node, Node)
    }

    enum Comparison: String, Sendable, CaseIterable {
        // The longer first: they begin alike.
        case atLeast = ">="
        case atMost = "<="
        case above = ">"
        case below = "<"

        func holds<Value: Comparable>(_ left: Value, right: Value) -> Bool {
            switch self {
            case .atLeast: left >= right
            case .atMost: left <= right
            case .above: left > right
            case .below: left < right
            }
        }
    }

    /// As it was typed.
    package let text: String
    private let root: Node

    /// Reads a filter.
    ///
    /// - Throws: `FilterError`, with the place.
    package init(_ text: String) throws(FilterError) {
        self.text = text
        var parser = try FilterParser(text)
        root = try parser.parse()
    }

    /// Whether `subject` is chosen.
    package func matches(_ subject: some FilterSubject) -> Bool { Filter.matches(root, subject: subject) }

    private static func matches(_ node: Node, subject: some FilterSubject) -> Bool {
        switch node {
        case .text(let field, let pattern):
            subject.filterHas(field: field) { pattern.matches($0, isWhole: field.isWhole) }
        case .status(let comparison, let status):
            subject.filterStatus.map { comparison.holds($0, right: status) } ?? false
        case .statusClass(let hundreds): subject.filterStatus.map { $0 / 100 == hundreds } ?? false
        case .duration(let comparison, let time):
            subject.filterDuration.map { comparison.holds($0, right: time) } ?? false
        case .error: subject.filterHasError
        case .not(let inner): !matches(inner, subject: subject)
        case .and(let left, let right): matches(left, subject: subject) && matches(right, subject: subject)
        case .or(let left, let right): matches(left, subject: subject) || matches(right, subject: subject)
        }
    }

    /// A text with `*` for anything; case does not matter.
    struct Pattern: Sendable, Equatable {
        /// In lower case, as UTF-8.
        private let pieces: [[UInt8]]

        init(_ text: String) {
            pieces = text.lowercased().split(separator: "*", omittingEmptySubsequences: false).map { Array($0.utf8) }
        }

        func matches(_ text: String, isWhole: Bool) -> Bool {
            // A filter goes through all awaits of ten thousand requests: no text is copied for it unless it has to be.
            let isASCII = text.utf8.withContiguousStorageIfAvailable { bytes -> Bool? in
                bytes.contains { $0 >= 128 } ? nil : matches(bytes, isWhole: isWhole)
            }
            if let known = isASCII ?? nil { return known }
            return Array(text.lowercased().utf8).withUnsafeBufferPointer { matches($0, isWhole: isWhole) }
        }

        private func matches(_ text: UnsafeBufferPointer<UInt8>, isWhole: Bool) -> Bool {
            let last = pieces.count - 1
            guard last > 0 else {
                if isWhole { return text.count == pieces[0].count && holds(pieces[0], text: text, at: 0) }
                return find(pieces[0], text: text, from: 0) != nil
            }
            guard holds(pieces[0], text: text, at: 0) else { return false }
            var place = pieces[0].count
            for piece in pieces[1..<last] where !piece.isEmpty {
                guard let found = find(piece, text: text, from: place) else { return false }
                place = found + piece.count
            }
            let end = text.count - pieces[last].count
            return end >= place && holds(pieces[last], text: text, at: end)
        }

        private func find(_ piece: [UInt8], text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
            guard start + piece.count <= text.count else { return nil }
            return (start...(text.count - piece.count)).first { holds(piece, text: text, at: $0) }
        }

        private func holds(_ piece: [UInt8], text: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
            guard start + piece.count <= text.count else { return false }
            for place in 0..<piece.count {
                let byte = text[start + place]
                guard piece[place] == ((65...90).contains(byte) ? byte | 32 : byte) else { return false }
            }
            return true
        }
    }
}
