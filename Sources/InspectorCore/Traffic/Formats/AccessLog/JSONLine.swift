// The members of a JSON object that stands in a line, found by their names: nothing is decoded but what is asked for.

/// One line's object.
enum JSONLine {
    /// What a value is.
    enum Kind {
        case text
        case number
        case object
        case array
        /// true, false, null.
        case word
    }

    /// One member: where its name stands, and its value, both without quotes.
    struct Member {
        let name: Range<Int>
        let value: Range<Int>
        let kind: Kind
    }

    /// Where the object begins that a line has, perhaps behind what a logger wrote in front; nil when it has none.
    static func start(_ bytes: [UInt8], line: Range<Int>) -> Int? {
        let near = line.lowerBound..<min(line.upperBound, line.lowerBound + 512)
        guard let open = bytes.place(of: UInt8(ascii: "{"), in: near) else { return nil }
        let next = bytes.afterSpace(place: open + 1, before: line.upperBound)
        return next < line.upperBound && (bytes[next] == 0x22 || bytes[next] == UInt8(ascii: "}")) ? open : nil
    }

    /// Goes through the members of the object that begins at `open`, and tells where it ends; nil when it does not end,
    /// or is none.
    static func members(bytes: [UInt8], open: Int, before end: Int, body: (Member) -> Void) -> Int? {
        var at = bytes.afterSpace(place: open + 1, before: end)
        guard open < end, bytes[open] == UInt8(ascii: "{"), at < end else { return nil }
        if bytes[at] == UInt8(ascii: "}") { return at + 1 }
        while at < end {
            guard bytes[at] == 0x22, let nameEnd = textEnd(bytes: bytes, start: at + 1, before: end) else { return nil }
            let name = (at + 1)..<nameEnd
            at = bytes.afterSpace(place: nameEnd + 1, before: end)
            guard at < end, bytes[at] == UInt8(ascii: ":") else { return nil }
            at = bytes.afterSpace(place: at + 1, before: end)
            guard let (value, kind, next) = value(bytes: bytes, place: at, before: end) else { return nil }
            body(Member(name: name, value: value, kind: kind))
            at = bytes.afterSpace(place: next, before: end)
            guard at < end else { return nil }
            if bytes[at] == UInt8(ascii: "}") { return at + 1 }
            guard bytes[at] == UInt8(ascii: ",") else { return nil }
            at = bytes.afterSpace(place: at + 1, before: end)
        }
        return nil
    }

    /// The value that begins at `place`, and what follows it.
    private static func value(bytes: [UInt8], place: Int, before end: Int) -> (Range<Int>, Kind, Int)? {
        guard place < end else { return nil }
        switch bytes[place] {
        case 0x22: return textEnd(bytes: bytes, start: place + 1, before: end).map { ((place + 1)..<$0, .text, $0 + 1) }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var depth = 0
            var at = place
            while at < end {
                switch bytes[at] {
                case 0x22:
                    guard let close = textEnd(bytes: bytes, start: at + 1, before: end) else { return nil }
                    at = close
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                at += 1
                if depth == 0 {
                    return (place..<at, bytes[place] == UInt8(ascii: "{") ? .object : .array, at)
                }
            }
            return nil
        default:
            var at = place
            while at < end, bytes[at].isDigit || bytes[at].isLetter || "+-._".utf8.contains(bytes[at]) { at += 1 }
            guard at > place else { return nil }
            return (place..<at, bytes[place].isDigit || bytes[place] == UInt8(ascii: "-") ? .number : .word, at)
        }
    }

    /// Where a text ends that begins at `start`.
    private static func textEnd(bytes: [UInt8], start: Int, before end: Int) -> Int? {
        var at = start
        while at < end {
            if bytes[at] == 0x22 { return at }
            at += bytes[at] == 0x5C ? 2 : 1
        }
        return nil
    }
}
