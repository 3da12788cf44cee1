// What comes from a terminal besides keys: its answers to questions.

internal import InspectorCore

/// One thing that came from the terminal.
enum TerminalInput: Hashable {
    case key(Key)
    case answer(TerminalAnswer)
}

/// What a terminal has answered.
enum TerminalAnswer: Hashable {
    /// The colour of its ground (OSC 11), each part from 0 to 1.
    case ground(red: Double, green: Double, blue: Double)
    /// What kind of terminal it is (DA1), which every one answers: what was asked before it and has no answer yet gets
    /// none.
    case attributes

    /// The question for both, the one that may stay without an answer first.
    static let question = "\u{1B}]11;?\u{1B}\\\u{1B}[c"

    /// Reads a colour as terminals write it: `rgb:ffff/ffff/ffff` with one to four digits a part, `rgba:` with a fourth
    /// part, `#rrggbb` (XParseColor).
    static func color(text: some StringProtocol) -> (red: Double, green: Double, blue: Double)? {
        var parts: [Substring]
        if text.hasPrefix("#") {
            let digits = text.dropFirst()
            guard digits.utf8.count % 3 == 0, (3...12).contains(digits.utf8.count) else { return nil }
            let length = digits.utf8.count / 3
            parts = (0..<3).map { Substring(digits.dropFirst($0 * length).prefix(length)) }
        } else {
            let isFour = text.hasPrefix("rgba:")
            guard isFour || text.hasPrefix("rgb:") else { return nil }
            parts = text.dropFirst(isFour ? 5 : 4).split(separator: "/", omittingEmptySubsequences: false).map {
                Substring($0)
            }
            guard parts.count == (isFour ? 4 : 3) else { return nil }
        }
        var values: [Double] = []
        for part in parts {
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }),
                let value = UInt32(part, radix: 16)
            else { return nil }
            // All digits set is the brightest, however many there are.
            values.append(Double(value) / Double((1 << (4 * part.utf8.count)) - 1))
        }
        return (values[0], values[1], values[2])
    }
}
