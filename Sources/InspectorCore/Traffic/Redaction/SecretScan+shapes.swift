// Secrets that are known by how they look, whatever they are called.

extension SecretScan {
    /// A secret that begins with the word at `place`.
    func word(at place: Int) -> Range<Int>? {
        switch bytes[place] {
        case 0x42, 0x62: if let range = scheme(at: place) { return range }
        case 0x65: if let range = webToken(at: place, isWithin: false) { return range }
        case 0x50, 0x70: if let range = netrc(at: place) { return range }
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

    /// The word after an option of a command line that names a secret: `--password abc`.
    func option(at place: Int) -> Range<Int>? {
        guard starts(place, text: "--"), place == 0 || SecretScan.endsRun(bytes[place - 1]) else { return nil }
        let nameEnd = first(from: place + 2, limit: SecretNames.limit) {
            !SecretScan.isWord($0) && $0 != 0x2D && $0 != 0x5F
        }
        let start = first(from: nameEnd) { $0 != 0x20 }
        guard start > nameEnd, start < bytes.count, bytes[start] != 0x2D,
            finder.names.isSecret(bytes[(place + 2)..<nameEnd])
        else { return nil }
        return start..<first(from: start, isEnd: SecretScan.isSpace)
    }

    /// User and password of an address: what stands between `//` and `@`.
    func userInfo(at place: Int) -> Range<Int>? {
        // `\/\/` is how JSON may write it.
        let second = place + 1 < bytes.count && bytes[place + 1] == 0x5C ? place + 2 : place + 1
        guard second < bytes.count else { return nil }
        let isBackslashed = bytes[place] == 0x5C && bytes[place + 1] == 0x5C
        guard bytes[second] == 0x2F || isBackslashed else { return nil }
        if place > 0 {
            let before = bytes[place - 1]
            if SecretScan.isWord(before) || before == 0x2F { return nil }
        }
        let start = isBackslashed ? place + 2 : second + 1
        let end = first(from: start) { byte in
            SecretScan.endsRun(byte) || byte == 0x2F || byte == 0x3F || byte == 0x23 || byte == 0x5C
        }
        guard start < end else { return nil }
        if let at = (start..<end).last(where: { bytes[$0] == 0x40 }) { return start..<at }
        // What follows the colon should be a port. Where it is none, it is a password that holds a delimiter, or one
        // that was cut.
        guard bytes[start] != 0x5B, let colon = (start..<end).last(where: { bytes[$0] == 0x3A }),
            (colon + 1..<end).contains(where: { !(0x30...0x39).contains(bytes[$0]) })
        else { return nil }
        let run = first(from: start, limit: 1024, isEnd: SecretScan.endsRun)
        return start..<((start..<run).last { bytes[$0] == 0x40 } ?? end)
    }
}
