// The one door for text: whatever came from outside goes through here before it reaches a terminal, a log, a shell, a
// page or a picture.

/// Where a text goes to, and so what could do harm there.
public enum TextDestination: Sendable, CaseIterable {
    /// Cells of the screen: control bytes would drive the terminal.
    case terminal
    /// A line that is printed or logged: as `terminal`, but a tab stays one. A line break would begin a line that looks
    /// like one of ours.
    case log
    /// One argument of a POSIX shell's command line, pasted or typed; quotes included.
    case shell
    /// Text or an attribute's value in a page.
    case html
    /// Text or an attribute's value in an SVG or another XML document, which may hold no control but tab and line end.
    case svg
    /// A text of a JSON document, quotes included (RFC 8259, 7).
    case json
}

extension String {
    /// This text as `destination` can take it without being driven by it.
    ///
    /// Controls (C0, DEL, C1), what turns the direction of text (bidi), what joins without being seen and what has no
    /// meaning (private use, unassigned) are made visible: `^[`, `\x9B`, `<U+202E>`. For JSON they are escaped instead,
    /// as a program reads them. Whoever makes a text of bytes that are not UTF-8 uses `String(showing:)` first.
    ///
    /// May be called from any thread.
    public func safe(for destination: TextDestination) -> String {
        switch destination {
        case .terminal: SafeText.visible(text: self)
        case .log: SafeText.visible(text: self, keeping: [9])
        case .shell: SafeText.shell(text: self)
        case .html, .svg: SafeText.markup(text: SafeText.visible(text: self, keeping: [9, 10]))
        case .json: SafeText.json(text: self)
        }
    }

    /// This text with everything that could drive a terminal made visible: `safe(for: .terminal)`.
    public var madeVisible: String { SafeText.visible(text: self) }

    /// Bytes that should be UTF-8, with those that are not as `\xE9`.
    ///
    /// Unlike `String(decoding:as:)` it shows which bytes there were. Not for what is sent: there bytes stay bytes.
    public init(showing bytes: some Sequence<UInt8>) {
        self = SafeText.decoded(bytes: Array(bytes))
    }
}

/// What each destination's text goes through.
enum SafeText {
    /// Controls and invisible marks made visible, but for the controls in `kept`.
    static func visible(text: String, keeping kept: Set<UInt32> = []) -> String {
        if text.utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            if kept.contains(scalar.value) || !isHidden(scalar) {
                shown.unicodeScalars.append(scalar)
                continue
            }
            switch scalar.value {
            case 0..<32, 127:
                shown += "^"
                shown.unicodeScalars.append(Unicode.Scalar(UInt8(scalar.value ^ 64)))
            case 0x80...0x9F:
                shown += "\\x" + String(scalar.value, radix: 16, uppercase: true)
            default:
                shown += "<U+" + String(scalar.value, radix: 16, uppercase: true) + ">"
            }
        }
        return shown
    }

    /// Whether a scalar is not seen for what it is: it steers, turns or joins.
    static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 32..<127: return false
        case 0..<32, 127...0x9F: return true
        default:
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                return true
            default: return false
            }
        }
    }

    /// One argument, in single quotes.
    ///
    /// With a control or an invisible mark in it the argument is written in ANSI-C quotes (`$'\x1b'`; bash, zsh, ksh,
    /// POSIX.1-2024), byte by byte: between single quotes the byte itself would stand on the clipboard, where a pasted
    /// `^C` or end of a bracketed paste runs what follows.
    static func shell(text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else {
            // Scalar by scalar: a quote with a combining mark after it is one character, and still ends a quoted text.
            var word = "'"
            for scalar in text.unicodeScalars {
                if scalar == "'" { word += "'\\''" } else { word.unicodeScalars.append(scalar) }
            }
            return word + "'"
        }
        var word = "$'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "'": word += "\\'"
            case "\\": word += "\\\\"
            case "\n": word += "\\n"
            case "\r": word += "\\r"
            case "\t": word += "\\t"
            default:
                guard isHidden(scalar) else {
                    word.unicodeScalars.append(scalar)
                    continue
                }
                // Octal of three digits: a hexadecimal escape would take digits that follow it for its own.
                for byte in String(scalar).utf8 {
                    let octal = String(byte, radix: 8)
                    word += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
                }
            }
        }
        return word + "'"
    }

    /// Text of a page or of XML: nothing in it begins a tag, an entity, or ends an attribute.
    static func markup(text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            // HTML has no such character, and some readers end there.
            case "\0": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A JSON text with its quotes; controls, DEL, C1 and invisible marks as `\u001B`.
    static func json(text: String) -> String {
        var escaped = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": escaped += "\\\""
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\t": escaped += "\\t"
            default:
                guard isHidden(scalar) else {
                    escaped.unicodeScalars.append(scalar)
                    continue
                }
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: true)
                    escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return escaped + "\""
    }

    /// UTF-8 read leniently: a byte that belongs to no character is shown as `\xE9`.
    static func decoded(bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var text = ""
        var place = 0
        while place < bytes.count {
            let length = length(of: bytes[place])
            if length > 0, place + length <= bytes.count,
                let character = String(validating: bytes[place..<(place + length)], as: UTF8.self)
            {
                text += character
                place += length
            } else {
                let digits = String(bytes[place], radix: 16, uppercase: true)
                text += "\\x" + (digits.count == 1 ? "0" : "") + digits
                place += 1
            }
        }
        return text
    }

    /// How many bytes a character of UTF-8 has by its first one; 0 for a byte that begins none.
    private static func length(of byte: UInt8) -> Int {
        switch byte {
        case 0..<0x80: 1
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 0
        }
    }
}
