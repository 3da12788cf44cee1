// How many columns a character takes.

/// Widths of text on a terminal.
enum TextWidth {
    /// 0 for what joins the character before it, 2 for wide ones, else 1.
    static func of(character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        if first.value < 0x300 { return 1 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return isWide(first.value) ? 2 : 1
        }
    }

    static func of(text: String) -> Int { text.reduce(0) { $0 + of(character: $1) } }

    /// `text` cut to `width` columns; a cut one ends in `mark`.
    static func fit(text: String, width: Int, mark: String = "…") -> String {
        guard of(text: text) > width else { return text }
        guard width > 0 else { return "" }
        var kept = ""
        var used = 0
        for character in text {
            let next = of(character: character)
            if used + next > width - of(text: mark) { break }
            kept.append(character)
            used += next
        }
        return kept + mark
    }

    /// `text` cut to `width` columns in its middle: of names in a column the beginnings are often the same, and the ends
    /// tell them apart.
    static func fitMiddle(text: String, width: Int, mark: String = "…") -> String {
        let whole = of(text: text)
        guard whole > width else { return text }
        guard width >= of(text: mark) + 4 else { return fit(text: text, width: width, mark: mark) }
        let room = width - of(text: mark)
        var tail = ""
        var used = 0
        for character in text.reversed() {
            let next = of(character: character)
            if used + next > room * 3 / 5 { break }
            tail.insert(character, at: tail.startIndex)
            used += next
        }
        var head = ""
        for character in text {
            let next = of(character: character)
            if used + next > room { break }
            head.append(character)
            used += next
        }
        return head + mark + tail
    }

    /// Both words with a space between, or the one there is.
    static func joined(first: String, second: String) -> String {
        first.isEmpty ? second : second.isEmpty ? first : first + " " + second
    }

    /// `text` cut or filled with spaces to exactly `width` columns.
    static func pad(_ text: String, width: Int, mark: String = "…") -> String {
        let fitted = fit(text: text, width: width, mark: mark)
        return fitted + String(repeating: " ", count: max(0, width - of(text: fitted)))
    }

    /// `text` filled with spaces on its left to `width` columns.
    static func padLeft(_ text: String, width: Int) -> String {
        let fitted = fit(text: text, width: width)
        return String(repeating: " ", count: max(0, width - of(text: fitted))) + fitted
    }

    /// `text` in lines of at most `width` columns, broken at spaces.
    static func wrap(_ text: String, width: Int) -> [String] {
        guard width > 8 else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, of(text: line) + 1 + of(text: String(word)) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }

    /// The East Asian wide and fullwidth ranges, and emoji (Unicode UAX #11).
    private static func isWide(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
            0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
