// Fits one part of a rule to a piece of a path, as the regular expression does that Werkzeug makes of it: with
// backtracking, texts as long as they can be, paths as short.

/// Fits parts to texts.
struct PartMatcher {
    typealias Bytes = ArraySlice<UInt8>

    /// What the arguments took, in order, and whether a suffixed part found its slash.
    struct Found {
        var captures: [Bytes]
        var hasSlash = false
    }

    let part: RulePart
    /// The converters of the part's arguments, in order.
    let converters: [PathConverter]

    /// What the arguments take when the whole of `text` fits, else nil.
    func match(_ text: Bytes) -> Found? {
        if let found = match(0, argument: 0, text: text, place: text.startIndex, captures: []) {
            return Found(captures: found)
        }
        // `(?<!/)(/?)` at the end: one slash may follow, but not after another.
        guard part.isSuffixed, text.last == 0x2F else { return nil }
        let shorter = text.dropLast()
        guard shorter.last != 0x2F,
            let found = match(0, argument: 0, text: shorter, place: shorter.startIndex, captures: [])
        else { return nil }
        return Found(captures: found, hasSlash: true)
    }

    private func match(
        _ piece: Int, argument: Int, text: Bytes, place: Int, captures: [Bytes]
    ) -> [Bytes]? {
        guard piece < part.pieces.count else {
            guard place == text.endIndex else { return nil }
            return part.isSuffixed && text.last == 0x2F ? nil : captures
        }
        switch part.pieces[piece] {
        case .text(let fixed):
            guard text[place...].starts(with: fixed) else { return nil }
            return match(piece + 1, argument: argument, text: text, place: place + fixed.count, captures: captures)
        case .argument:
            let isLast = piece + 1 == part.pieces.count
            var found: [Bytes]?
            eachEnd(of: converters[argument], text: text[place...], isLast: isLast) { end in
                found = match(
                    piece + 1, argument: argument + 1, text: text, place: end, captures: captures + [text[place..<end]])
                return found != nil
            }
            return found
        }
    }

    /// Calls `body` with each end that `converter` can take from the beginning of `text`, the preferred first, until it
    /// returns true.
    ///
    /// - Parameter isLast: only the end of the text is of use.
    private func eachEnd(of converter: PathConverter, text: Bytes, isLast: Bool, body: (Int) -> Bool) {
        switch converter.pattern {
        case .text(let minimum, let maximum):
            ends(
                in: text.prefix { $0 != 0x2F }, minimum: minimum, maximum: maximum, isLast: isLast, longestFirst: true,
                body: body)
        case .digits(let signed):
            let begin = signed && text.first == 0x2D ? text.startIndex + 1 : text.startIndex
            let digits = text[begin...].prefix { Self.isDigit($0) }
            for end in (digits.startIndex..<digits.endIndex).reversed() where body(end + 1) { return }
        case .decimal(let signed):
            let begin = signed && text.first == 0x2D ? text.startIndex + 1 : text.startIndex
            let whole = text[begin...].prefix { Self.isDigit($0) }
            guard !whole.isEmpty, whole.endIndex < text.endIndex, text[whole.endIndex] == 0x2E else { return }
            let fraction = text[(whole.endIndex + 1)...].prefix { Self.isDigit($0) }
            for end in (fraction.startIndex..<fraction.endIndex).reversed() where body(end + 1) { return }
        case .path:
            guard let first = text.first, first != 0x2F else { return }
            // As `[^/].*?`, in which the dot takes no line feed.
            let reach = text.dropFirst().prefix { $0 != 0x0A }
            ends(
                in: text[text.startIndex..<reach.endIndex], minimum: 1, maximum: nil, isLast: isLast,
                longestFirst: false, body: body)
        case .any(let items):
            for item in items where text.starts(with: item) {
                if body(text.startIndex + item.count) { return }
            }
        case .uuid:
            let end = text.startIndex + 36
            guard text.count >= 36, Self.isUUID(text[..<end]) else { return }
            _ = body(end)
        case .custom(let matches):
            let reach = converter.spansSlashes ? text : text.prefix { $0 != 0x2F }
            ends(in: reach, minimum: 1, maximum: nil, isLast: isLast, longestFirst: !converter.spansSlashes) { end in
                matches(String(decoding: text[..<end], as: UTF8.self)) && body(end)
            }
        }
    }

    /// The ends of characters in `reach`, those that leave `minimum` to `maximum` characters.
    private func ends(
        in reach: Bytes, minimum: Int, maximum: Int?, isLast: Bool, longestFirst: Bool, body: (Int) -> Bool
    ) {
        if isLast, minimum <= 1, maximum == nil {
            if reach.count >= minimum { _ = body(reach.endIndex) }
            return
        }
        var ends: [Int] = []
        if minimum == 0 { ends.append(reach.startIndex) }
        var count = 0
        for place in reach.indices where Self.endsCharacter(text: reach, place: place) {
            count += 1
            if let maximum, count > maximum { break }
            if count >= minimum { ends.append(place + 1) }
        }
        for end in longestFirst ? ends.reversed() : ends where body(end) { return }
    }

    /// Whether the byte at `place` is the last of its character (UTF-8).
    private static func endsCharacter(text: Bytes, place: Int) -> Bool {
        place + 1 == text.endIndex || text[place + 1] & 0xC0 != 0x80
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isUUID(_ text: Bytes) -> Bool {
        text.enumerated().allSatisfy { place, byte in
            switch place {
            case 8, 13, 18, 23: byte == 0x2D
            default: isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
            }
        }
    }
}
