// Secrets in markup: what an element holds, by its name or by an attribute, and the attributes of a tag by each other.

extension SecretScan {
    static let nameAttributes: [StaticString] = [
        "name", "key", "property", "itemprop", "field", "header", "param", "http-equiv",
    ]
    static let values: [StaticString] = [
        "value", "values", "val", "content", "default", "defaultvalue", "data-value", "text",
    ]
    /// Attributes that say what a value is for: `<input type="password" value="…">`.
    private static let kindAttributes: [StaticString] = ["id", "for", "autocomplete", "type"]
    /// Elements that hold the value of a name that stands in an element before them.
    private static let valueElements: [StaticString] = ["value", "val", "string", "data", "content", "text"]

    /// What the element at `place` holds, when its name or one of its attributes says that it is a secret.
    ///
    /// The scan goes on within the tag: its attributes are pairs.
    mutating func element(at place: Int) -> Range<Int>? {
        guard place + 1 < bytes.count, SecretScan.isWord(bytes[place + 1]) else { return nil }
        let nameEnd = first(from: place + 1) { SecretScan.isSpace($0) || $0 == 0x3E || $0 == 0x2F || $0 == 0x3C }
        guard nameEnd < bytes.count, nameEnd - place <= SecretNames.limit else { return nil }
        tagNameEnd = nameEnd
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
            // A value may hold the sign that ends a tag.
            var whole: Range<Int>?
            if SecretScan.isQuote(bytes[place]) {
                let quote = bytes[place]
                let end = min(tag.upperBound, first(from: place + 1) { $0 == quote })
                value = (place + 1)..<max(place + 1, end)
                let close = first(from: place + 1, limit: 4096) { $0 == quote }
                if close > value.upperBound, close < bytes.count, bytes[close] == quote { whole = (place + 1)..<close }
                place = end + 1
            } else {
                let end = min(tag.upperBound, first(from: place, isEnd: SecretScan.isSpace))
                value = place..<end
                place = end
            }
            if isOne(of: SecretScan.values, name: name.range) {
                values.append(whole ?? value)
            } else if finder.names.isSecret(bytes[value]) {
                let names = isOne(of: SecretScan.nameAttributes, name: name.range)
                isName = isName || names
                isSecret = isSecret || names || isOne(of: SecretScan.kindAttributes, name: name.range)
            }
        }
        if isSecret { found += values.filter { !$0.isEmpty && !isMark($0) } }
        return isName
    }
}
