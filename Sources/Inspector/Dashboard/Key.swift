// A key as the user pressed it, or what the mouse did, whatever the terminal sent.

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
    case delete
    /// Control and a letter.
    case control(Character)
    /// A key that means nothing anywhere, by its name: `F5`, `Alt-q`, `Ctrl-Left`.
    case other(String)
    /// Text that came at once: pasted, not typed.
    case paste(Paste)
    /// The mouse; only where it was asked for.
    case mouse(Mouse)
    /// The terminal has another size; no key of the user's.
    case resize

    /// What the mouse did, and in which cell.
    package struct Mouse: Hashable, Sendable {
        package enum Kind: Sendable {
            case press
            case drag
            case wheelUp
            case wheelDown
        }

        package let kind: Kind
        package let x: Int
        package let y: Int

        package init(kind: Kind, x: Int, y: Int) {
            self.kind = kind
            self.x = x
            self.y = y
        }
    }

    /// As it stands in the key bar.
    func name(glyphs: Glyphs) -> String {
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
        case .delete: return "Del"
        case .control(let letter): return "^" + letter.uppercased()
        case .other(let name): return name
        case .paste: return "a paste"
        case .mouse: return "mouse"
        case .resize: return ""
        }
    }
}
