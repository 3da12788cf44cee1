// Secrets that are known by how they look, whatever they are called.

extension SecretScan {
    /// A secret that begins with the word at `place`.
    func word(at place: Int) -> Range<Int>? {
        switch bytes[place] {
        case 0x42, 0x62: if let range = scheme(at: place) { return range }
        case 0x65: if let range = webToken(at: place, isWithin: false) { return range }
        default: break
        }
        for (start, least) in finder.prefixes[Int(bytes[place])] {
            guard place + start.count <= bytes.count,
                start.indices.allSatisfy({ bytes[place + $0] == start[$0] })
            else { continue }
            let end = first(from: place + start.count) { !SecretScan.isOfToken($0) }
            if end - place - start.count >= least { return place..<end }
        }
        return nil
    }

    /// What keys and tokens are written with, base64 of both kinds included.
    private static func isOfToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2D, 0x2E, 0x5F, 0x2B, 0x2F, 0x3D, 0x7E: true
        default: isWord(byte)
        }
    }

    /// A JSON web token, or another object of JSON in base64: `eyJ…`.
    ///
    /// - Parameter isWithin: whether letters stand before it: then it has to have the parts of a token.
    func webToken(at place: Int, isWithin: Bool) -> Range<Int>? {
        guard starts(place, text: "eyJ") else { return nil }
        if isWithin {
            // Bounded, for `eyJeyJeyJ…` would be gone over from each of its letters.
            let near = first(from: place, limit: 4096) { !SecretScan.isOfToken($0) }
            guard let point = (place..<near).first(where: { bytes[$0] == 0x2E }), point - place >= 8,
                (point + 1..<near).contains(where: { bytes[$0] == 0x2E })
            else { return nil }
        }
        let end = first(from: place) { !SecretScan.isOfToken($0) }
        return end - place >= 10 ? place..<end : nil
    }

    /// The credentials after `Bearer` and `Basic`.
    private func scheme(at place: Int) -> Range<Int>? {
        let isBearer = startsInAnyCase(place, text: "bearer")
        guard isBearer || startsInAnyCase(place, text: "basic") else { return nil }
        var start = place + (isBearer ? 6 : 5)
        let gap = start
        while start < bytes.count, bytes[start] == 0x20 || bytes[start] == 9 || bytes[start] == 0x2B { start += 1 }
        guard start > gap else { return nil }
        let end = first(from: start) { !SecretScan.isOfToken($0) }
        guard end > start else { return nil }
        return isBearer || isCredentials(start..<end) ? start..<end : nil
    }

    /// Where the credentials begin in the value of a header that begins with a scheme: `Token abc…`, `Digest response=…`.
    func credentialsStart() -> Int? {
        let end = first(from: 0, limit: 32, isEnd: SecretScan.isSpace)
        guard end > 0, end < bytes.count, SecretScan.isSpace(bytes[end]), finder.words.isScheme(bytes[0..<end]) else {
            return nil
        }
        let start = first(from: end) { !SecretScan.isSpace($0) }
        let stop = first(from: start) { SecretScan.isSpace($0) || $0 == 0x2C }
        let word = trimmed(word: start..<stop)
        guard !word.isEmpty else { return nil }
        return bytes[word].contains(0x3D) || isCredentials(word) ? start : nil
    }

    /// Where the first item begins, in a header that is a list of names, that is the name of a secret or holds one:
    /// `bearer, abc`, `base64url.bearer.authorization.k8s.io.abc`.
    func listedStart() -> Int? {
        var start = 0
        for place in 0...bytes.count where place == bytes.count || bytes[place] == 0x2C {
            let item = bytes[start..<place]
            if finder.names.isSecret(item) || finder.names.isSecret(item.prefix(SecretNames.limit)) {
                return first(from: start) { $0 != 0x20 && $0 != 9 }
            }
            start = place + 1
        }
        return nil
    }

    /// A word without the punctuation and the brackets around it.
    func trimmed(word: Range<Int>) -> Range<Int> {
        var (start, end) = (word.lowerBound, word.upperBound)
        while start < end, "\"'`([{<*".utf8.contains(bytes[start]) { start += 1 }
        while start < end, "\"'`)]}>*.,;:!?".utf8.contains(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    /// Whether a word after `Basic` is a user and a password in base64, and not English.
    private func isCredentials(_ range: Range<Int>) -> Bool {
        let word = bytes[range]
        if word.count >= 16 || word.contains(where: { !(0x61...0x7A).contains($0 | 0x20) }) { return true }
        // A capital within.
        if word.dropFirst().contains(where: { (0x41...0x5A).contains($0) }) { return true }
        return SecretScan.base64(text: word).contains(0x3A)
    }

    /// The bytes that base64 stands for, as far as it goes.
    private static func base64(text: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text {
            let value: UInt8
            switch byte {
            case 0x41...0x5A: value = byte - 0x41
            case 0x61...0x7A: value = byte - 0x61 + 26
            case 0x30...0x39: value = byte - 0x30 + 52
            case 0x2B, 0x2D: value = 62
            case 0x2F, 0x5F: value = 63
            default: return result
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        return result
    }

    /// A private key between its two lines; one that is cut goes to the end of the text.
    func privateKey(at place: Int) -> Range<Int>? {
        guard starts(place, text: "-----BEGIN") else { return nil }
        let lineEnd = first(from: place + 10) { $0 == 0x2D || $0 == 10 || $0 == 13 }
        // Spaces may be encoded here; what the label says is seen all the same.
        let label = bytes[(place + 10)..<lineEnd]
        guard let text = String(validating: label, as: UTF8.self), text.contains("PRIVATE") else { return nil }
        var next = lineEnd
        while next < bytes.count {
            if starts(next, text: "-----END") {
                let words = first(from: next + 8) { $0 == 0x2D || $0 == 10 || $0 == 13 }
                return place..<first(from: words) { $0 != 0x2D }
            }
            next += 1
        }
        return place..<bytes.count
    }

    /// The word after an option of a command line that names a secret: `--password abc`, `-token abc`, and in lists
    /// `"--token", "abc"` and `- --token⏎- abc`.
    func option(at place: Int) -> Range<Int>? {
        guard place == 0 || SecretScan.endsRun(bytes[place - 1]) else { return nil }
        let nameStart = first(from: place, limit: 2) { $0 != 0x2D }
        guard nameStart < bytes.count, SecretScan.isWord(bytes[nameStart]) else { return nil }
        let nameEnd = first(from: nameStart, limit: SecretNames.limit) {
            !SecretScan.isWord($0) && $0 != 0x2D && $0 != 0x5F
        }
        guard finder.names.isSecret(bytes[nameStart..<nameEnd]) else { return nil }
        let quote = first(from: nameEnd, limit: 8) { $0 != 0x5C }
        if quote < bytes.count, SecretScan.isQuote(bytes[quote]) {
            let next = first(from: quote + 1, limit: 64) { !SecretScan.isSpace($0) && $0 != 0x2C && $0 != 0x2D }
            return next < bytes.count ? quoted(start: next)?.inner : nil
        }
        var start = first(from: nameEnd) { $0 != 0x20 && $0 != 9 }
        if let line = nextLine(place: start), place > 1, isBlank(place - 1), bytes[place - 2] == 0x2D {
            let item = first(from: line) { $0 != 0x20 && $0 != 9 }
            guard item + 1 < bytes.count, bytes[item] == 0x2D, isBlank(item + 1) else { return nil }
            start = first(from: item + 1) { $0 != 0x20 && $0 != 9 }
        }
        guard start > nameEnd, start < bytes.count, bytes[start] != 0x2D else { return nil }
        return quoted(start: start)?.inner ?? start..<first(from: start, isEnd: SecretScan.isSpace)
    }

    /// User and password of an address: what stands between `//` and `@`.
    ///
    /// `\/\/` is how JSON may write it. For browsers backslashes are slashes too, and after a scheme one sign is enough;
    /// then there has to be an `@`.
    func userInfo(at place: Int) -> Range<Int>? {
        func isSlash(_ byte: UInt8) -> Bool { byte == 0x2F || byte == 0x5C }
        if place > 0, isSlash(bytes[place - 1]) { return nil }
        let start = first(from: place, limit: 16) { !isSlash($0) }
        guard start < bytes.count, !isSlash(bytes[start]) else { return nil }
        let slashes = bytes[place..<start].lazy.filter({ $0 == 0x2F }).count
        // `\n` may stand before `\/\/`.
        if place > 0, SecretScan.isWord(bytes[place - 1]), bytes[place] == 0x2F || slashes != 2 { return nil }
        // http, https, ws, wss, ftp
        let hasScheme = place > 1 && bytes[place - 1] == 0x3A && "psPS".utf8.contains(bytes[place - 2])
        guard slashes == 2 || hasScheme || (slashes == 0 && start - place > 1) else { return nil }
        let end = first(from: start) { byte in
            SecretScan.endsRun(byte) || byte == 0x2F || byte == 0x3F || byte == 0x23 || byte == 0x5C
        }
        guard start < end else { return nil }
        if let at = (start..<end).last(where: { bytes[$0] == 0x40 }) {
            return slashes == 2 || hasScheme || bytes[start..<at].contains(0x3A) ? start..<at : nil
        }
        // What follows the colon should be a port. Where it is none, it is a password that holds a delimiter, or one
        // that was cut.
        guard slashes == 2, bytes[start] != 0x5B, let colon = (start..<end).last(where: { bytes[$0] == 0x3A }),
            (colon + 1..<end).contains(where: { !(0x30...0x39).contains(bytes[$0]) })
        else { return nil }
        let run = first(from: start, limit: 1024, isEnd: SecretScan.endsRun)
        return start..<((start..<run).last { bytes[$0] == 0x40 } ?? end)
    }

    /// The password of a line of `.pgpass`: `host:port:database:user:password`.
    ///
    /// - Parameter place: of the first colon.
    func passFile(at place: Int) -> Range<Int>? {
        func isOfField(_ byte: UInt8) -> Bool { !SecretScan.endsRun(byte) && !":,={}&?".utf8.contains(byte) }
        let port = place + 1
        guard port < bytes.count, bytes[port] == 0x2A || (0x30...0x39).contains(bytes[port]) else { return nil }
        let stop = max(0, place - SecretNames.limit)
        var host = place
        while host > stop, isOfField(bytes[host - 1]) { host -= 1 }
        guard host == 0 || SecretScan.isLineEnd(bytes[host - 1]),
            bytes[host..<place].contains(where: { $0 == 0x2A || $0 == 0x2E || $0 > 0x39 })
        else { return nil }
        var end = bytes[port] == 0x2A ? port + 1 : first(from: port) { !(0x30...0x39).contains($0) }
        // The database and the user.
        for _ in 0..<2 {
            guard end < bytes.count, bytes[end] == 0x3A else { return nil }
            let field = end + 1
            end = first(from: field, limit: SecretNames.limit) { !isOfField($0) }
            guard end > field else { return nil }
        }
        guard end < bytes.count, bytes[end] == 0x3A else { return nil }
        let start = end + 1
        end = first(from: start, isEnd: SecretScan.isLineEnd)
        // A sixth field: a time, or an address of a network.
        let isSixth = (start..<end).contains { bytes[$0] == 0x3A && ($0 == start || bytes[$0 - 1] != 0x5C) }
        return isSixth ? nil : start..<end
    }
}
