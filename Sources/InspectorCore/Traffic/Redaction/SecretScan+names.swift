// Secrets that are known by the name before them: `name=value`, `name: value`, `"name": "value"`.

extension SecretScan {
    // MARK: Pairs

    /// The value after the separator at `place`, when the name before it says that it is a secret.
    mutating func value(after place: Int) -> Range<Int>? {
        guard let name = name(before: place) else { return nil }
        guard finder.names.isSecret(bytes[name.range]) || isAnnounced(name.range, place: place) else { return nil }
        // `：` and `＝` are signs too.
        let isColon = (narrow(at: place) ?? bytes[place]) == 0x3A
        var start = bytes[place] == 0xEF ? place + 3 : place + 1
        // A scheme: `token://…` is an address.
        if isColon, starts(start, text: "//") { return nil }
        while start < bytes.count, bytes[start] == 0x3D || bytes[start] == 0x3E || bytes[start] == 0x3A { start += 1 }
        start = valueStart(place: start, name: name, isColon: isColon)
        guard start < bytes.count else { return nil }
        if let quoted = quoted(start: start), isEnd(quoted.end) { return quoted.inner }
        if let end = bracketedEnd(start: start), isEnd(end) { return start..<end }
        if isColon { return start..<colonEnd(start: start, name: name) }
        // `N'…'`, as SQL writes it.
        if "NEXBnexb".utf8.contains(bytes[start]), start + 1 < bytes.count, bytes[start + 1] == 0x27,
            let quoted = quoted(start: start + 1), isEnd(quoted.end)
        {
            return start..<quoted.end
        }
        return start..<parameterEnd(start: start, name: name).backed(within: self, from: start)
    }

    /// Where a value begins: after blanks, and on the next line where a backslash, or after `=` nothing at all, ends the
    /// line.
    private func valueStart(place: Int, name: Name, isColon: Bool) -> Int {
        var start = place
        while start < bytes.count {
            if name.isQuoted ? SecretScan.isSpace(bytes[start]) : isBlank(start) {
                start += 1
            } else if bytes[start] == 0x5C, let next = nextLine(place: start + 1) {
                start = next
            } else if !isColon, let next = nextLine(place: start), next < bytes.count, isBlank(next) {
                start = next
            } else {
                break
            }
        }
        return start
    }

    /// The end of a value after `=`: a space, or the next parameter.
    private func parameterEnd(start: Int, name: Name) -> Int {
        let isOfPath = isPathParameter(name.range.lowerBound)
        var place = start
        while place < bytes.count, !SecretScan.isSpace(bytes[place]), !isOfPath || bytes[place] != 0x3F {
            if bytes[place] == 0x26 {
                // A value without a name belongs to the one before it: `token=&=abc`.
                let next = first(from: place) { $0 != 0x26 }
                guard next < bytes.count, bytes[next] == 0x3D else { break }
                place = next
            }
            place += 1
        }
        return place
    }

    /// What stands in brackets after the name of a secret: `?token[abc]=1`.
    ///
    /// A number and the name of a secret are none: `password[0]=`, `session[password]=`.
    func bracketed(at place: Int) -> Range<Int>? {
        guard place > 0, SecretScan.isOfName(bytes[place - 1]) else { return nil }
        let end = first(from: place + 1, limit: 1024) { $0 == 0x5D || $0 == 0x5B || SecretScan.endsRun($0) }
        guard end < bytes.count, bytes[end] == 0x5D, end > place + 1 else { return nil }
        let content = (place + 1)..<end
        let stop = max(0, place - SecretNames.limit)
        var start = place
        while start > stop, SecretScan.isOfName(bytes[start - 1]) { start -= 1 }
        // In programs it is an index.
        let isBegun = start == 0 || "?&;#".utf8.contains(bytes[start - 1])
        guard isBegun || (end + 1 < bytes.count && bytes[end + 1] == 0x3D),
            !bytes[content].allSatisfy({ (0x30...0x39).contains($0) }),
            finder.names.isSecret(bytes[start..<place]), !finder.names.isSecret(bytes[content])
        else { return nil }
        return content
    }

    /// Whether the name is that of a parameter of a path, which ends where the query begins: `/a;sid=1?page=2`.
    private func isPathParameter(_ name: Int) -> Bool {
        guard name > 0, bytes[name - 1] == 0x3B else { return false }
        let stop = max(0, name - 512)
        var start = name
        while start > stop, !SecretScan.endsRun(bytes[start - 1]), bytes[start - 1] != 0x3F { start -= 1 }
        return bytes[start] == 0x2F || (start..<name).contains { starts($0, text: "://") }
    }

    private static let pointers: [StaticString] = ["path", "pointer", "type", "kind"]

    /// Whether a name says nothing, and the value before it said what it is: `name: DB_PASSWORD`, `value: abc`.
    ///
    /// After a path or a kind, only what is called a value is one: `path: /user/password`, `value: abc`.
    private mutating func isAnnounced(_ name: Range<Int>, place: Int) -> Bool {
        if isOne(of: SecretScan.values, name: name) {
            let isPointed = place < pointedEnd && isOne(of: ["value", "values", "val"], name: name)
            guard place < announcedEnd || isPointed else { return false }
            announcedEnd = 0
            pointedEnd = 0
            return true
        }
        let isName = isOne(of: SecretScan.nameAttributes, name: name)
        guard isName || isOne(of: SecretScan.pointers, name: name) else { return false }
        let start = first(from: place + 1, limit: 16) {
            !SecretScan.isQuote($0) && !SecretScan.isSpace($0) && $0 != 0x5C && $0 != 0x3A
        }
        let end = first(from: start, limit: SecretNames.limit) {
            $0 == 0x5C || !(SecretScan.isOfName($0) || ($0 == 0x2F && !isName))
        }
        guard start < end, finder.names.isSecret(bytes[start..<end]) else { return false }
        if isName { announcedEnd = end + 512 } else { pointedEnd = end + 512 }
        return false
    }

    func isOne(of names: [StaticString], name: Range<Int>) -> Bool {
        names.contains { $0.utf8CodeUnitCount == name.count && startsInAnyCase(name.lowerBound, text: $0) }
    }

    struct Name {
        let range: Range<Int>
        /// Whether it stands in quotes.
        let isQuoted: Bool
    }

    func isBlank(_ place: Int) -> Bool { bytes[place] == 0x20 || bytes[place] == 9 }

    /// The name that ends before a separator, or before a gap.
    func name(before separator: Int) -> Name? {
        var end = separator
        // `:=`, `=>` and the like are seen at their first sign.
        if end > 0, bytes[end - 1] == 0x3A || bytes[end - 1] == 0x3D { return nil }
        while end > 0, isBlank(end - 1) { end -= 1 }
        // JSON may part them by lines too, and YAML where the name has a line for itself: `? name`.
        let far = max(0, end - 64)
        var last = end
        while last > far, SecretScan.isSpace(bytes[last - 1]) { last -= 1 }
        let isAbove = last > 0 && last < end && SecretScan.isWord(bytes[last - 1])
        if isAbove || (last > 0 && bytes[last - 1] == 0x22) { end = last }
        let stop = max(0, end - SecretNames.limit)
        // `$_POST['password'] = …`
        if end > 1, bytes[end - 1] == 0x5D, SecretScan.isQuote(bytes[end - 2]) { end -= 1 }
        if end > 0, SecretScan.isQuote(bytes[end - 1]) {
            let quote = bytes[end - 1]
            end -= 1
            var start = end
            while start > stop, bytes[start - 1] != quote, bytes[start - 1] != 10 { start -= 1 }
            if start > 0, bytes[start - 1] == quote, start < end { return Name(range: start..<end, isQuoted: true) }
        }
        var start = end
        while start > stop, SecretScan.isOfName(bytes[start - 1]) { start -= 1 }
        guard start < end, !isAbove || isLineStart(start, of: "?-") else { return nil }
        return Name(range: start..<end, isQuoted: false)
    }

    /// Whether nothing but blanks and the signs given stands before `place` in its line.
    func isLineStart(_ place: Int, of signs: StaticString = "") -> Bool {
        let stop = max(0, place - 64)
        var start = place
        while start > stop {
            let byte = bytes[start - 1]
            if SecretScan.isLineEnd(byte) { return true }
            guard isBlank(start - 1) || (0..<signs.utf8CodeUnitCount).contains(where: { signs.utf8Start[$0] == byte })
            else { return false }
            start -= 1
        }
        return start == 0
    }

    static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x5F, 0x2D, 0x2E, 0x5B, 0x5D, 0x25, 0x24, 0x40, 0x2B, 0x7E, 0x5C, 0x80...: true
        default: isWord(byte)
        }
    }

    /// A text in quotes and where it ends; nil where none begins.
    ///
    /// The quotes may be escaped themselves, in JSON within JSON: the end is escaped as the beginning is, or less.
    func quoted(start: Int) -> (inner: Range<Int>, end: Int)? {
        let open = first(from: start) { $0 != 0x5C }
        guard open < bytes.count, SecretScan.isQuote(bytes[open]) else { return nil }
        let depth = open - start
        if let content = afterQuotes(place: open, depth: depth) {
            return tripled(open: open, content: content, depth: depth)
        }
        var slashes = 0
        var place = open + 1
        while place < bytes.count {
            // Two backslashes are one that ends nothing.
            if bytes[place] == bytes[open], depth == 0 ? slashes % 2 == 0 : slashes <= depth {
                // SQL writes a quote within as two: `'it''s'`.
                if depth == 0, place > open + 1, place + 1 < bytes.count, bytes[place + 1] == bytes[open] {
                    slashes = 0
                    place += 2
                    continue
                }
                return ((open + 1)..<(depth == 0 ? place : place - slashes), place + 1)
            }
            slashes = bytes[place] == 0x5C ? slashes + 1 : 0
            place += 1
        }
        // It is cut.
        return ((open + 1)..<bytes.count, bytes.count)
    }

    /// A text in three quotes, as in GraphQL, TOML and Python, and where it ends.
    private func tripled(open: Int, content: Int, depth: Int) -> (inner: Range<Int>, end: Int) {
        var slashes = 0
        var place = content
        while place < bytes.count {
            if bytes[place] == bytes[open], depth > 0 || slashes % 2 == 0,
                let end = afterQuotes(place: place, depth: depth)
            {
                // Of more than three the first belong to the text.
                let last = first(from: end) { $0 != bytes[open] }
                return (content..<(place - min(slashes, depth)), last)
            }
            slashes = bytes[place] == 0x5C ? slashes + 1 : 0
            place += 1
        }
        return (content..<bytes.count, bytes.count)
    }

    /// The place after three quotes of which the first stands at `place`; nil where there are fewer.
    ///
    /// - Parameter depth: how many backslashes stand before each.
    private func afterQuotes(place: Int, depth: Int) -> Int? {
        let quote = bytes[place]
        var place = place + 1
        for _ in 0..<2 {
            let next = first(from: place, limit: depth) { $0 != 0x5C }
            guard next == place + depth, next < bytes.count, bytes[next] == quote else { return nil }
            place = next + 1
        }
        return place
    }

    /// The end of an object or an array; the end of the text where it is cut.
    private func bracketedEnd(start: Int) -> Int? {
        guard bytes[start] == 0x7B || bytes[start] == 0x5B else { return nil }
        var depth = 0
        var quote: UInt8?
        var place = start
        while place < bytes.count {
            let byte = bytes[place]
            if byte == 0x5C {
                place += 2
                continue
            }
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == 0x22 {
                quote = byte
            } else if byte == 0x7B || byte == 0x5B {
                depth += 1
            } else if byte == 0x7D || byte == 0x5D {
                depth -= 1
                if depth == 0 { return place + 1 }
            }
            place += 1
        }
        return bytes.count
    }

    /// Whether a value may end here: else more of it follows its quote or bracket.
    func isEnd(_ place: Int) -> Bool {
        guard place < bytes.count else { return true }
        switch bytes[place] {
        case 0x2C, 0x7D, 0x5D, 0x29, 0x3B, 0x3C, 0x3E, 0x26, 0x5C, 0x2F: return true
        case let byte: return SecretScan.isSpace(byte) || SecretScan.isQuote(byte)
        }
    }

    /// A number, true, null after a name in quotes.
    private func literalEnd(start: Int) -> Int {
        first(from: start) { $0 == 0x2C || $0 == 0x7D || $0 == 0x5D || $0 == 10 || $0 == 13 }
    }

    /// The end of a value after a colon: the rest of the line, for nobody knows where it ends; within quotes, up to the
    /// quote.
    private func colonEnd(start: Int, name: Name) -> Int {
        let begin = name.range.lowerBound
        if !name.isQuoted, begin > 0, SecretScan.isQuote(bytes[begin - 1]) {
            let quote = bytes[begin - 1]
            return first(from: start) { $0 == quote || $0 == 10 }
        }
        if let end = blockEnd(start: start, name: name) { return end }
        if name.isQuoted { return literalEnd(start: start) }
        return indentedEnd(lineEnd: first(from: start, isEnd: SecretScan.isLineEnd), name: name, kind: .rest)
    }

    /// What the indented lines after a name may be.
    private enum Indented {
        /// More of a value that began beside its name: lines of one word.
        case rest
        /// A text whose lines are kept.
        case text
        /// Whatever it is; items may be indented as their name is.
        case items
    }

    /// The end of a value that begins on the line after its name, as in YAML and in folded headers; nil where it begins
    /// beside the name.
    private func blockEnd(start: Int, name: Name) -> Int? {
        var place = start
        // `!!str`, `&anchor`
        for _ in 0..<2 where place < bytes.count && (bytes[place] == 0x21 || bytes[place] == 0x26) {
            place = first(from: place, limit: 64, isEnd: SecretScan.isSpace)
            place = first(from: place, limit: 64) { $0 != 0x20 && $0 != 9 }
        }
        let sign = place
        // `|`, `>-`, `|2+`
        place = first(from: place, limit: 8) { $0 != 0x7C && $0 != 0x3E && $0 != 0x2D && $0 != 0x2B }
        let isText = place > sign
        if isText { place = first(from: place, limit: 8) { !"0123456789-+".utf8.contains($0) } }
        place = first(from: place) { $0 != 0x20 && $0 != 9 }
        guard place == bytes.count || SecretScan.isLineEnd(bytes[place]) || bytes[place] == 0x23 else { return nil }
        let lineEnd = first(from: place, isEnd: SecretScan.isLineEnd)
        return indentedEnd(lineEnd: lineEnd, name: name, kind: isText ? .text : .items)
    }

    /// How far the lines go that belong to a name because they are indented deeper.
    private func indentedEnd(lineEnd: Int, name: Name, kind: Indented) -> Int {
        var last = lineEnd
        var end = lineEnd
        while let line = nextLine(place: end) {
            let text = first(from: line) { $0 != 0x20 && $0 != 9 }
            end = first(from: text, isEnd: SecretScan.isLineEnd)
            if text == end {
                // An empty line within a block.
                if kind == .rest { break }
                continue
            }
            let takesSame = kind == .items && bytes[text] == 0x2D && (text + 1 == end || isBlank(text + 1))
            // As a person writes it down: the name in a line, and the secret alone in the next.
            if kind == .items, last == lineEnd, text == line, isLoneWord(text..<end) { return end }
            guard text > line || takesSame else { break }
            let depth = text - line - indentation(name: name.range.lowerBound)
            guard depth > 0 || (takesSame && depth == 0) else { break }
            if kind == .rest, bytes[text..<end].contains(where: { $0 == 0x20 || $0 == 9 || $0 == 0x3A }) { break }
            last = end
        }
        return last
    }

    /// Whether a line is one word and nothing else: no name with a value, no end of an object or an element.
    private func isLoneWord(_ line: Range<Int>) -> Bool {
        !line.isEmpty && !bytes[line].contains { $0 == 0x20 || $0 == 9 || ":=<>{}[]()#|".utf8.contains($0) }
    }

    /// How far the line of a name is indented; the sign of an item counts as a blank.
    private func indentation(name: Int) -> Int {
        let stop = max(0, name - SecretNames.limit)
        var start = name
        while start > stop, !SecretScan.isLineEnd(bytes[start - 1]) { start -= 1 }
        var text = start
        while text < name, isBlank(text) || (bytes[text] == 0x2D && isBlank(text + 1)) { text += 1 }
        return text - start
    }

    /// Where the next line begins, when a line ends at `place`.
    func nextLine(place: Int) -> Int? {
        guard place < bytes.count, SecretScan.isLineEnd(bytes[place]) else { return nil }
        let isPair = bytes[place] == 13 && place + 1 < bytes.count && bytes[place + 1] == 10
        return isPair ? place + 2 : place + 1
    }
}

extension Int {
    /// The end of a value without the quote that ends what it stands in: `href="?token=abc"`.
    ///
    /// A quote within a value is a part of it, whatever else it ends.
    fileprivate func backed(within scan: SecretScan, from start: Int) -> Int {
        var end = self
        // From the first quote on after which nothing of a value follows.
        for place in start..<self where SecretScan.isQuote(scan.bytes[place]) {
            let next = place + 1
            guard next >= self || ",;)}]>/<".utf8.contains(scan.bytes[next]) else { continue }
            end = place
            break
        }
        while end > start, end < self, scan.bytes[end - 1] == 0x5C { end -= 1 }
        return end
    }
}
