// Secrets that no sign parts from their names: in the next column, after a space, in SQL, in `.netrc`, and in tables.
//
// After one space alone English stays: what follows is a secret only where it looks like one, or where the form of the
// text says so.

extension SecretScan {
    // MARK: Columns

    /// The value after the blank or the bar at `place`, when what stands before says that it is a secret.
    mutating func spaced(after place: Int) -> Range<Int>? {
        guard place > 1, place + 1 < bytes.count else { return nil }
        if bytes[place] == 0x7C { return column(after: place, from: place + 1) }
        // The first of several blanks counts; after the name of an element stand attributes.
        guard !isBlank(place - 1), place != tagNameEnd else { return nil }
        if bytes[place] == 0x20, !isBlank(place + 1) {
            guard finder.words.endings[Int(bytes[place - 2]) << 8 | Int(bytes[place - 1])] else { return nil }
            return spoken(after: place)
        }
        let last = bytes[place - 1]
        guard SecretScan.isWord(last) || SecretScan.isQuote(last) || last == 0x5D || last >= 0x80 else { return nil }
        return column(after: place, from: place)
    }

    /// The value in the column after a tab, several blanks or a bar.
    private func column(after gap: Int, from place: Int) -> Range<Int>? {
        let start = first(from: place) { $0 != 0x20 && $0 != 9 }
        guard start < bytes.count, !opensNoValue(byte: bytes[start]), let name = name(before: gap)?.range,
            name.count <= 64, SecretScan.isColumnName(bytes[name]), finder.names.isColumn(bytes[name])
        else { return nil }
        // A comment.
        if bytes[start] == 0x23, start + 1 < bytes.count, isBlank(start + 1) { return nil }
        if let quoted = quoted(start: start), isEnd(quoted.end) { return quoted.inner }
        var end = first(from: start) { $0 == 9 || $0 == 0x7C || SecretScan.isLineEnd($0) }
        while end > start, isBlank(end - 1) { end -= 1 }
        return start..<end
    }

    /// Whether a value after a blank never begins so: with the end of a line, a sign that other rules look at, or one
    /// of a program or of markup.
    private func opensNoValue(byte: UInt8) -> Bool { SecretScan.isLineEnd(byte) || "=:|<>;,)}]&".utf8.contains(byte) }

    // MARK: After a space

    /// The value after the single space at `gap`.
    private mutating func spoken(after gap: Int) -> Range<Int>? {
        guard !opensNoValue(byte: bytes[gap + 1]),
            let word = finder.words.spoken[Int(bytes[gap - 1] | 0x20)].first(where: { ends(gap, name: $0.name) })
        else { return nil }
        let name = (gap - word.name.count)..<gap
        if isOfPath(name.lowerBound) { return nil }
        if isOfNetrc(name) { return (gap + 1)..<first(from: gap + 1, isEnd: SecretScan.isSpace) }
        // In capitals it is a word of SQL.
        let isUpper = bytes[name].allSatisfy { !(0x61...0x7A).contains($0) }
        guard let range = sentence(start: gap + 1, name: word, isUpper: isUpper) else { return nil }
        if range.lowerBound <= gap + 2 { return range }
        // What stands between may hold others.
        if !range.isEmpty, !isMark(range) { found.append(range) }
        return nil
    }

    /// Whether the text before `place` ends with a name in lower case, in any case.
    private func ends(_ place: Int, name: [UInt8]) -> Bool {
        let start = place - name.count
        return start >= 0 && name.indices.allSatisfy { bytes[start + $0] | 0x20 == name[$0] | 0x20 }
    }

    /// Whether a name ends a path: `GET /password HTTP/1.1`.
    private func isOfPath(_ name: Int) -> Bool {
        let stop = max(0, name - SecretNames.limit)
        var start = name
        while start > stop, !SecretScan.endsRun(bytes[start - 1]) { start -= 1 }
        return start < name && bytes[start] == 0x2F
    }

    /// Words that may stand between a password and its value.
    private static let links: [StaticString] = [
        "to", "by", "as", "is", "was", ":=", "value", "values", "hash", "encrypted", "password",
    ]

    /// The value in what follows a name: `'abc'`, `TO 'abc'`, `FOR 'ada'@'%' = 'abc'`, `is hunter2`.
    private func sentence(start: Int, name: SecretWords.Spoken, isUpper: Bool) -> Range<Int>? {
        var place = start
        // After FOR and WITH stands a user or a method, and then a link has to follow.
        var isLinked = true
        var isAssigned = false
        for _ in 0..<6 where place < bytes.count {
            if isLinked, name.isQuoted || isUpper {
                // `N'…'`
                let isPrefixed = place + 1 < bytes.count && "NEXB".utf8.contains(bytes[place])
                // Between backticks stand names.
                if let quoted = quoted(start: place) ?? (isPrefixed ? quoted(start: place + 1) : nil),
                    bytes[quoted.inner.lowerBound - 1] != 0x60
                {
                    return quoted.inner
                }
            }
            var word = place..<first(from: place, isEnd: SecretScan.isSpace)
            let isEquals = word.count == 1 && bytes[place] == 0x3D
            if isOne(of: ["for", "with"], name: word) {
                let user = first(from: word.upperBound, limit: 64) { !SecretScan.isSpace($0) }
                word = user..<first(from: user, isEnd: SecretScan.isSpace)
                isLinked = false
            } else if isEquals || isOne(of: SecretScan.links, name: word) {
                isLinked = true
                isAssigned = isAssigned || isEquals
            } else {
                guard isLinked else { return nil }
                // `IDENTIFIED BY tiger`
                let isWhole = isAssigned || (isUpper && !name.isBare && place > start)
                let value = trimmed(word: word)
                let isSameLine = !bytes[start..<place].contains(where: SecretScan.isLineEnd)
                return isWhole || (name.isBare && isSameLine && isShaped(value)) ? value : nil
            }
            place = first(from: word.upperBound, limit: 64) { !SecretScan.isSpace($0) }
        }
        return nil
    }

    /// Whether a word is no English: it has a letter and a digit, a capital after a small letter, a sign that no word
    /// has, or is longer than words are.
    private func isShaped(_ word: Range<Int>) -> Bool {
        guard word.count >= 6 else { return false }
        var hasDigit = false
        var hasLetter = false
        var hasSign = false
        var isAfterSmall = false
        for byte in bytes[word] {
            let isSmall = (0x61...0x7A).contains(byte)
            let isCapital = (0x41...0x5A).contains(byte)
            if isCapital, isAfterSmall { return true }
            isAfterSmall = isSmall
            hasLetter = hasLetter || isSmall || isCapital
            hasDigit = hasDigit || (0x30...0x39).contains(byte)
            hasSign = hasSign || "@#$%^&*!+=~".utf8.contains(byte)
        }
        return hasLetter && (hasDigit || hasSign || word.count >= 20)
    }

    // MARK: .netrc

    /// Whether a name is the word before a password of `.netrc`: `machine example.org login ada password abc`, in one
    /// line or in several.
    private func isOfNetrc(_ name: Range<Int>) -> Bool {
        guard isOne(of: ["password"], name: name), name.lowerBound > 0, SecretScan.isSpace(bytes[name.lowerBound - 1])
        else {
            return false
        }
        var place = name.lowerBound
        for _ in 0..<4 {
            guard let value = word(before: place) else { return false }
            if isOne(of: ["default"], name: value) { return true }
            guard let key = word(before: value.lowerBound) else { return false }
            if isOne(of: ["machine"], name: key) { return true }
            guard isOne(of: ["login", "user", "account"], name: key) else { return false }
            // A line for each, and the first of them is not here.
            if isLineStart(key.lowerBound), isLineStart(place) { return true }
            place = key.lowerBound
        }
        return false
    }

    private func word(before place: Int) -> Range<Int>? {
        let far = max(0, place - 64)
        var end = place
        while end > far, SecretScan.isSpace(bytes[end - 1]) { end -= 1 }
        let stop = max(0, end - SecretNames.limit)
        var start = end
        while start > stop, !SecretScan.isSpace(bytes[start - 1]) { start -= 1 }
        return start < end && end < place ? start..<end : nil
    }

    // MARK: Tables

    /// The rows of a table after its first line, which ends at `end`, when that line names a column of secrets.
    func rows(after end: Int) -> Range<Int>? {
        let stop = max(0, end - 1024)
        var start = end
        while start > stop, !SecretScan.isLineEnd(bytes[start - 1]) {
            guard SecretScan.isOfHead(bytes[start - 1]) else { return nil }
            start -= 1
        }
        guard start == 0 || SecretScan.isLineEnd(bytes[start - 1]), let next = nextLine(place: end) else { return nil }
        let head = start
        var (cells, named) = (0, 0)
        var (isSecret, isSecretFirst) = (false, false)
        for place in start...end where place == end || SecretScan.partsColumns(byte: bytes[place]) {
            let cell = bytes[start..<place]
            start = place + 1
            cells += 1
            guard cell.contains(where: SecretScan.isWord) else { continue }
            guard cell.count <= 64, SecretScan.isColumnName(cell) else { return nil }
            named += 1
            isSecret = isSecret || finder.names.isColumn(cell)
            if named == 1 { isSecretFirst = isSecret }
        }
        guard isSecret, named > 1, !(named == 2 && isSecretFirst && followsPairs(head: head)) else { return nil }
        // `-----+-----` under the names.
        let line = first(from: next) { !"-+=:| \t".utf8.contains($0) }
        let row = nextLine(place: line) ?? next
        let rowEnd = first(from: row, limit: 4096, isEnd: SecretScan.isLineEnd)
        let signs = bytes[row..<rowEnd].lazy.filter { SecretScan.partsColumns(byte: $0) }.count
        return signs >= cells - 1 ? next..<bytes.count : nil
    }

    /// Whether the line before one holds a tab or a bar: then two columns may be a name and its value.
    private func followsPairs(head: Int) -> Bool {
        let stop = max(0, head - 1024)
        var place = head - 1
        if place > stop, bytes[place] == 10, bytes[place - 1] == 13 { place -= 1 }
        while place > stop, !SecretScan.isLineEnd(bytes[place - 1]) {
            place -= 1
            if bytes[place] == 9 || bytes[place] == 0x7C { return true }
        }
        return false
    }

    private static func partsColumns(byte: UInt8) -> Bool {
        byte == 0x2C || byte == 0x3B || byte == 9 || byte == 0x7C
    }

    /// Whether a column may be called so: by one word or two.
    private static func isColumnName(_ cell: some Collection<UInt8>) -> Bool {
        var words = 0
        var isWithin = false
        for byte in cell {
            if byte != 0x20, !isWithin { words += 1 }
            isWithin = byte != 0x20
        }
        return words <= 2
    }

    /// What the first line of a table is written with.
    private static func isOfHead(_ byte: UInt8) -> Bool {
        isOfName(byte) || isQuote(byte) || partsColumns(byte: byte) || byte == 0x20 || byte == 0x23
    }
}
