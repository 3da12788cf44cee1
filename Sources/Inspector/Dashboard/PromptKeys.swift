// The table of keys while something is typed or chosen: what they do, the key bar and docs/keys.md come from it.

/// What a key does to what is open in the line above the key bar.
package enum PromptAction: Sendable, Equatable {
    case leave
    case accept
    /// Empties what was typed: the line in which the cursor is.
    case empty
    case erase
    case previous
    case next
    case less
    case more
    case reset
}

/// A key's meaning while something is typed or chosen.
package struct PromptBinding: Sendable {
    package let keys: [Key]
    package let action: PromptAction
    /// The kinds of prompt in which the keys mean this.
    package let kinds: [Prompt.Kind]
    /// A word or two for the key bar; empty where it is not shown there.
    package let short: String
    /// The keys that the key bar shows: those of two bindings that belong together are told as one.
    package let bar: [Key]

    fileprivate init(
        _ keys: [Key], _ action: PromptAction, in kinds: [Prompt.Kind], short: String = "", bar: [Key]? = nil
    ) {
        self.keys = keys
        self.action = action
        self.kinds = kinds
        self.short = short
        self.bar = bar ?? keys
    }
}

extension Prompt {
    /// What is open.
    package enum Kind: String, Sendable, CaseIterable {
        case filter
        case palette
        case editor
        case service
        case export
    }

    package var kind: Kind {
        switch self {
        case .filter: .filter
        case .palette: .palette
        case .editor: .editor
        case .service: .service
        case .export: .export
        }
    }
}

extension Keymap {
    /// What is not here is typed.
    ///
    /// In the order of the key bar.
    package static let promptBindings: [PromptBinding] = [
        PromptBinding([.enter], .accept, in: [.filter], short: "take"),
        PromptBinding([.enter], .accept, in: [.palette], short: "do it"),
        PromptBinding([.enter], .accept, in: [.export], short: "write it"),
        PromptBinding([.control("r")], .accept, in: [.editor], short: "send"),
        PromptBinding([.control("u")], .empty, in: [.filter], short: "empty"),
        PromptBinding([.control("u")], .empty, in: [.palette]),
        PromptBinding([.control("u")], .empty, in: [.editor], short: "empty the line"),
        PromptBinding([.backspace], .erase, in: [.filter, .palette]),
        PromptBinding([.left, .character("-")], .less, in: [.service], short: "less, more", bar: [.left, .right]),
        PromptBinding([.right, .character("+"), .character("=")], .more, in: [.service]),
        PromptBinding([.up], .previous, in: [.filter, .palette]),
        PromptBinding([.down], .next, in: [.filter]),
        PromptBinding([.down, .tab], .next, in: [.palette]),
        PromptBinding([.up, .character("k")], .previous, in: [.export]),
        PromptBinding([.down, .tab, .character("j")], .next, in: [.export]),
        PromptBinding([.up, .down, .tab], .next, in: [.service], short: "the other", bar: [.up, .down]),
        PromptBinding([.character("0")], .reset, in: [.service], short: "as it was"),
        PromptBinding([.escape], .leave, in: [.filter, .palette], short: "leave"),
        PromptBinding([.escape], .leave, in: [.editor], short: "do not send"),
        PromptBinding(
            [.escape, .enter, .backspace, .character("u"), .character("q")], .leave, in: [.service], short: "leave",
            bar: [.escape]),
        PromptBinding(
            [.escape, .backspace, .character("q"), .character("e")], .leave, in: [.export], short: "leave",
            bar: [.escape]),
    ]

    /// What `key` does in a prompt of that kind; nil where it is typed, or does nothing.
    package static func action(for key: Key, in kind: Prompt.Kind) -> PromptAction? {
        promptBindings.first { $0.kinds.contains(kind) && $0.keys.contains(key) }?.action
    }
}
