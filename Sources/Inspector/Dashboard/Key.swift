// A key as the user pressed it, whatever the terminal sent.

/// A key.
package enum Key: Hashable, Sendable {
    case character(Character)
    case up
    case down
    case left
    case right
    case pageUp
    case pageDown
    case home
    case end
    case enter
    case escape
    case tab
    case backspace
    /// Control and a letter.
    case control(Character)
    /// The terminal has another size; no key of the user's.
    case resize

    /// As it stands in the key bar.
    func name(_ glyphs: Glyphs) -> String {
        let isASCII = glyphs == .ascii
        switch self {
        case .character(" "): return "space"
        case .character(let character): return String(character)
        case .up: return isASCII ? "Up" : "↑"
        case .down: return isASCII ? "Down" : "↓"
        case .left: return isASCII ? "Left" : "←"
        case .right: return isASCII ? "Right" : "→"
        case .pageUp: return "PgUp"
        case .pageDown: return "PgDn"
        case .home: return "Home"
        case .end: return "End"
        case .enter: return glyphs.enter
        case .escape: return "esc"
        case .tab: return "tab"
        case .backspace: return isASCII ? "Backspace" : "⌫"
        case .control(let letter): return "^" + letter.uppercased()
        case .resize: return ""
        }
    }
}
