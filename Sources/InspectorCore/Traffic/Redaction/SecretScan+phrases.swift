// Secrets that are named before them without a sign between: in statements, tables, .netrc, brackets, on the next line.

extension SecretScan {
    /// The next line, where the value is nothing but the sign that it goes on there: `PASSWORD=\⏎abc`.
    func continued(start: Int) -> Range<Int>? {
        guard bytes[start] == 0x5C else { return nil }
        var next = start + 1
        if next < bytes.count, bytes[next] == 13 { next += 1 }
        guard next + 1 < bytes.count, bytes[next] == 10 else { return nil }
        let begin = first(from: next + 1) { $0 != 0x20 && $0 != 9 }
        return begin..<first(from: begin) { $0 == 10 || $0 == 13 }
    }

    /// The value behind a name in brackets: `token[abc]=1`; a number is none.
    func bracketed(at place: Int) -> Range<Int>? {
        guard place > 0, SecretScan.isWord(bytes[place - 1]), let name = name(before: place), !name.isQuoted,
            !bytes[name.range].contains(0x5B), finder.names.isSecret(bytes[name.range])
        else { return nil }
        let end = first(from: place + 1, limit: 4096) { $0 == 0x5D || SecretScan.endsRun($0) || $0 == 0x26 }
        guard end < bytes.count, bytes[end] == 0x5D, end > place + 1,
            (place + 1..<end).contains(where: { !(0x30...0x39).contains(bytes[$0]) })
        else { return nil }
        return (place + 1)..<end
    }

    /// The text in quotes after words that name it: `SET PASSWORD TO 'abc'`, `IDENTIFIED BY 'abc'`, `PASSWORD 'abc'`.
    func statement(at place: Int) -> Range<Int>? {
        guard place > 1, isBlank(place - 1) else { return nil }
        var word = wordBefore(place: place)
        if isOne(of: ["to", "by", "as", "with"], name: word) { word = wordBefore(place: word.lowerBound) }
        guard !word.isEmpty, finder.names.isSecret(bytes[word]) || isOne(of: ["identified"], name: word) else {
            return nil
        }
        let end = first(from: place + 1, limit: 4096) { $0 == bytes[place] }
        return (place + 1)..<end
    }

    /// The word that ends before the blanks at `place`.
    private func wordBefore(place: Int) -> Range<Int> {
        var end = place
        let stop = max(0, place - SecretNames.limit)
        while end > stop, isBlank(end - 1) { end -= 1 }
        var start = end
        while start > stop, SecretScan.isWord(bytes[start - 1]) || bytes[start - 1] == 0x5F { start -= 1 }
        return start..<end
    }

    /// The password of a line of .netrc: `machine h login u password abc`.
    func netrc(at place: Int) -> Range<Int>? {
        guard startsInAnyCase(place, text: "password"), place + 8 < bytes.count, isBlank(place + 8) else { return nil }
        let before = wordBefore(place: wordBefore(place: place).lowerBound)
        guard isOne(of: ["login", "machine"], name: before) else { return nil }
        let start = first(from: place + 8) { $0 != 0x20 && $0 != 9 }
        return start..<first(from: start, isEnd: SecretScan.isSpace)
    }

    /// The cell after a cell that names a secret, on the same line: `| password | abc |`, `password⇥abc`.
    func cell(after place: Int) -> Range<Int>? {
        guard place > 0, !SecretScan.isSpace(bytes[place - 1]) || bytes[place] == 0x7C, let name = name(before: place),
            !name.isQuoted, finder.names.isSecret(bytes[name.range])
        else { return nil }
        // The name has the cell for itself.
        var before = name.range.lowerBound
        while before > 0, bytes[before - 1] == 0x20 { before -= 1 }
        guard before == 0 || bytes[before - 1] == 10 || bytes[before - 1] == bytes[place] else { return nil }
        let start = first(from: place + 1) { $0 != 0x20 && $0 != 9 }
        return start..<first(from: start) { $0 == 10 || $0 == 13 || $0 == bytes[place] }
    }
}
