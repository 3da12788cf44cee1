// Secrets that are known by the name before them: `name=value`, `name: value`, `"name": "value"`, `<name>value</name>`.

extension SecretScan {
    // MARK: Pairs

    /// The value after the separator at `place`, when the name before it says that it is a secret.
    mutating func value(after place: Int) -> Range<Int>? {
        guard let name = name(before: place) else { return nil }
        guard finder.names.isSecret(bytes[name.range]) || isAnnounced(name.range, place: place) else { return nil }
        let isColon = bytes[place] == 0x3A
        var start = place + 1
        // A scheme: `token://…` is an address.
        if isColon, starts(start, text: "//") { return nil }
        while start < bytes.count, bytes[start] == 0x3D || bytes[start] == 0x3E || bytes[start] == 0x3A { start += 1 }
        while start < bytes.count, name.isQuoted ? SecretScan.isSpace(bytes[start]) : isBlank(start) { start += 1 }
        guard start < bytes.count else { return nil }
        if let quoted = quoted(start: start), isEnd(quoted.end) { return quoted.inner }
        if let end = bracketedEnd(start: start), isEnd(end) { return start..<end }
        if isColon {
            return name.isQuoted ? start..<literalEnd(start: start) : start..<lineEnd(start: start, name: name)
        }
        if let next = continued(start: start) { return next }
        let isOfPath = isPathParameter(name.range.lowerBound)
        return
            start..<first(from: start) { SecretScan.isSpace($0) || $0 == 0x26 || (isOfPath && $0 == 0x3F) }
            .backed(within: self, from: start)
    }

    /// Whether the name is that of a parameter of a path, which ends where the query begins: `/a;sid=1?page=2`.
    private func isPathParameter(_ name: Int) -> Bool {
        guard name > 0, bytes[name - 1] == 0x3B else { return false }
        let stop = max(0, name - 512)
        var start = name
        while start > stop, !SecretScan.endsRun(bytes[start - 1]), bytes[start - 1] != 0x3F { start -= 1 }
        return bytes[start] == 0x2F || (start..<name).contains { starts($0, text: "://") }
    }

    /// Whether a name says nothing, and the value before it said what it is: `name: DB_PASSWORD`, `value: abc`.
    private mutating func isAnnounced(_ name: Range<Int>, place: Int) -> Bool {
        if isOne(of: SecretScan.values, name: name) {
            guard place < announcedEnd else { return false }
            announcedEnd = 0
            return true
        }
        if isOne(of: SecretScan.nameAttributes, name: name) {
            let start = first(from: place + 1, limit: 16) {
                !SecretScan.isQuote($0) && !SecretScan.isSpace($0) && $0 != 0x5C && $0 != 0x3A
            }
            let end = first(from: start, limit: SecretNames.limit) { !SecretScan.isOfName($0) || $0 == 0x5C }
            if start < end, finder.names.isSecret(bytes[start..<end]) { announcedEnd = end + 512 }
        }
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

    func name(before separator: Int) -> Name? {
        var end = separator
        // `:=`, `=>` and the like are seen at their first sign.
        if end > 0, bytes[end - 1] == 0x3A || bytes[end - 1] == 0x3D { return nil }
        while end > 0, isBlank(end - 1) { end -= 1 }
        // JSON may part them by lines too.
        let far = max(0, end - 64)
        var quote = end
        while quote > far, SecretScan.isSpace(bytes[quote - 1]) { quote -= 1 }
        if quote > 0, bytes[quote - 1] == 0x22 { end = quote }
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
        return start < end ? Name(range: start..<end, isQuoted: false) : nil
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x5F, 0x2D, 0x2E, 0x5B, 0x5D, 0x25, 0x24, 0x40, 0x2B, 0x7E, 0x5C, 0x80...: true
        default: isWord(byte)
        }
    }

    /// A text in quotes and where it ends; nil where none begins.
    ///
    /// The quotes may be escaped themselves, in JSON within JSON: the end is escaped as the beginning is, or less.
    private func quoted(start: Int) -> (inner: Range<Int>, end: Int)? {
        let open = first(from: start) { $0 != 0x5C }
        guard open < bytes.count, SecretScan.isQuote(bytes[open]) else { return nil }
        if open == start, let triple = tripleQuoted(start: start) { return triple }
        let depth = open - start
        var slashes = 0
        var place = open + 1
        while place < bytes.count {
            // Two backslashes are one that ends nothing.
            if bytes[place] == bytes[open], depth == 0 ? slashes % 2 == 0 : slashes <= depth {
                return ((open + 1)..<(depth == 0 ? place : place - slashes), place + 1)
            }
            slashes = bytes[place] == 0x5C ? slashes + 1 : 0
            place += 1
        }
        // It is cut.
        return ((open + 1)..<bytes.count, bytes.count)
    }

    /// A text between three quotes, which may hold lines and quotes (TOML, GraphQL, Python); nil where none begins.
    private func tripleQuoted(start: Int) -> (inner: Range<Int>, end: Int)? {
        guard start + 3 < bytes.count, bytes[start + 1] == bytes[start], bytes[start + 2] == bytes[start] else {
            return nil
        }
        var place = start + 3
        while place + 2 < bytes.count {
            if bytes[place] == bytes[start], bytes[place + 1] == bytes[start], bytes[place + 2] == bytes[start] {
                return ((start + 3)..<place, place + 3)
            }
            place += 1
        }
        return ((start + 3)..<bytes.count, bytes.count)
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
    private func isEnd(_ place: Int) -> Bool {
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

    /// The rest of the line, because nobody knows where a value after a colon ends; within quotes, up to the quote.
    ///
    /// Where nothing follows but the sign of a block, as in YAML and in folded headers, the indented lines after it are
    /// the value.
    private func lineEnd(start: Int, name: Name) -> Int {
        let begin = name.range.lowerBound
        if begin > 0, SecretScan.isQuote(bytes[begin - 1]) {
            let quote = bytes[begin - 1]
            return first(from: start) { $0 == quote || $0 == 10 }
        }
        var end = first(from: start) { $0 == 10 || $0 == 13 }
        let isBlock = (start..<end).allSatisfy { place in
            let byte = bytes[place]
            return byte == 0x7C || byte == 0x3E || byte == 0x2D || byte == 0x2B || isBlank(place)
        }
        guard isBlock else { return end }
        let isBare = (start..<end).allSatisfy(isBlank)
        let lineEnd = end
        while end < bytes.count {
            var next = end
            while next < bytes.count, bytes[next] == 13 { next += 1 }
            guard next + 1 < bytes.count, bytes[next] == 10, isBlank(next + 1) else { break }
            end = first(from: next + 1) { $0 == 10 || $0 == 13 }
        }
        // A value on a line of its own that is not indented: it is none where it has a name itself.
        if isBare, end == lineEnd {
            let next = first(from: end, limit: 2) { $0 != 13 && $0 != 10 }
            let close = first(from: next) { $0 == 10 || $0 == 13 }
            let isValue = !bytes[next..<close].contains { $0 == 0x3A || $0 == 0x3D || $0 == 0x3C || $0 == 0x20 }
            if next > end, next < close, isValue { return close }
        }
        return end
    }

    // MARK: Markup

    private static let nameAttributes: [StaticString] = [
        "name", "key", "property", "itemprop", "field", "header", "param", "http-equiv",
    ]
    private static let values: [StaticString] = ["value", "values", "val", "content", "default", "data-value", "text"]
    /// Elements that hold the value of a name that stands in an element before them.
    private static let valueElements: [StaticString] = ["value", "val", "string", "data", "content", "text"]

    /// What the element at `place` holds, when its name or one of its attributes says that it is a secret.
    ///
    /// The scan goes on within the tag: its attributes are pairs.
    mutating func element(at place: Int) -> Range<Int>? {
        guard place + 1 < bytes.count, SecretScan.isWord(bytes[place + 1]) else { return nil }
        let nameEnd = first(from: place + 1) { SecretScan.isSpace($0) || $0 == 0x3E || $0 == 0x2F || $0 == 0x3C }
        guard nameEnd < bytes.count, nameEnd - place <= SecretNames.limit else { return nil }
        // Within a tag that does not end nothing new begins.
        guard place >= self.tagEnd else { return nil }
        let tagEnd = first(from: nameEnd, limit: 4096) { $0 == 0x3E }
        self.tagEnd = tagEnd
        let name = (place + 1)..<nameEnd
        let isNamed = noteAttributes(nameEnd..<tagEnd) || isAnnouncedElement(name, tagEnd: tagEnd)
        guard place >= elementEnd, tagEnd < bytes.count, bytes[tagEnd] == 0x3E, bytes[tagEnd - 1] != 0x2F,
            isNamed || isSecretElement(name)
        else { return nil }
        var next = tagEnd + 1
        while next < bytes.count {
            if bytes[next] == 0x3C, next + 1 < bytes.count, bytes[next + 1] == 0x2F,
                isNamed || isSame((place + 1)..<nameEnd, place: next + 2)
            {
                break
            }
            next += 1
        }
        elementEnd = next
        if tagEnd + 1 < next, !isMark((tagEnd + 1)..<next) { found.append((tagEnd + 1)..<next) }
        return nil
    }

    /// HTML calls a piece of a program `code`; `key` holds a name: `<key>Password</key><string>abc</string>`.
    private func isSecretElement(_ name: Range<Int>) -> Bool {
        finder.names.isSecret(bytes[name]) && !isOne(of: ["code", "key"], name: name)
    }

    private mutating func isAnnouncedElement(_ name: Range<Int>, tagEnd: Int) -> Bool {
        if isOne(of: SecretScan.valueElements, name: name) {
            defer { announcedEnd = 0 }
            return name.lowerBound < announcedEnd
        }
        if isOne(of: SecretScan.nameAttributes, name: name), tagEnd < bytes.count {
            let end = first(from: tagEnd + 1, limit: SecretNames.limit) { $0 == 0x3C }
            if finder.names.isSecret(bytes[(tagEnd + 1)..<end]) { announcedEnd = end + 512 }
        }
        return false
    }

    private func isSame(_ name: Range<Int>, place: Int) -> Bool {
        guard place + name.count <= bytes.count else { return false }
        return name.enumerated().allSatisfy { bytes[$1] | 0x20 == bytes[place + $0] | 0x20 }
    }

    /// Takes what a tag holds beside a name: `<input name="csrf" value="…">`, `<add key="Password" value="…"/>`.
    ///
    /// - Returns: whether it names a secret that its element may hold.
    @discardableResult
    private mutating func noteAttributes(_ tag: Range<Int>) -> Bool {
        // Most tags have no attribute, and most others are short.
        guard tag.count > 6 else { return false }
        var isSecret = false
        var isName = false
        var values: [Range<Int>] = []
        var place = tag.lowerBound
        while place < tag.upperBound {
            guard bytes[place] == 0x3D else {
                place += 1
                continue
            }
            let sign = place
            place += 1
            guard let name = name(before: sign), name.range.lowerBound >= tag.lowerBound else { continue }
            while place < tag.upperBound, SecretScan.isSpace(bytes[place]) { place += 1 }
            guard place < tag.upperBound else { break }
            let value: Range<Int>
            if SecretScan.isQuote(bytes[place]) {
                let quote = bytes[place]
                let end = min(tag.upperBound, first(from: place + 1) { $0 == quote })
                value = (place + 1)..<max(place + 1, end)
                place = end + 1
            } else {
                let end = min(tag.upperBound, first(from: place, isEnd: SecretScan.isSpace))
                value = place..<end
                place = end
            }
            if isOne(of: SecretScan.values, name: name.range) {
                values.append(value)
            } else if finder.names.isSecret(bytes[value]) {
                let names = isOne(of: SecretScan.nameAttributes, name: name.range)
                isName = isName || names
                isSecret = isSecret || names || isOne(of: ["id", "for", "autocomplete", "type"], name: name.range)
            }
        }
        if isSecret { found += values.filter { !$0.isEmpty && !isMark($0) } }
        return isName
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
