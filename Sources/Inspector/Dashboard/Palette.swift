// Finding an action by a part of its name, for whoever does not know its key.

/// The line in which a name is typed, and what it finds.
package struct Palette: Sendable, Equatable {
    /// What was typed.
    package var text = ""
    /// Which of the found actions is chosen.
    package var choice = 0

    package init() {}

    /// The actions whose name, key or explanation holds every word that was typed; names before explanations.
    package var found: [Binding] {
        let words = text.lowercased().split(separator: " ")
        guard !words.isEmpty else { return Keymap.bindings.filter { $0.action != .palette } }
        func holds(_ text: String) -> Bool {
            let text = text.lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        let byName = Keymap.bindings.filter { holds($0.short) }
        let byText = Keymap.bindings.filter { !holds($0.short) && holds($0.short + " " + $0.long) }
        return (byName + byText).filter { $0.action != .palette }
    }

    /// Takes a key; false when the line is left by it.
    mutating func take(_ action: PromptAction?, key: Key) -> Bool {
        switch action {
        case .previous, .next:
            let count = found.count
            choice = count == 0 ? 0 : (choice + (action == .next ? 1 : count - 1)) % count
            return true
        case .erase:
            if text.isEmpty { return false }
            text.removeLast()
        case .empty: text = ""
        default:
            guard case .character(let character) = key else { return true }
            text.append(character)
        }
        choice = 0
        return true
    }
}
