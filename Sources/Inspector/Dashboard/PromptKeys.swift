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
        keys: [Key], action: PromptAction, in kinds: [Prompt.Kind], short: String = "", bar: [Key]? = nil
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
        case comment
        case columns
        case search
        case questions
        case files
    }

    package var kind: Kind {
        switch self {
        case .filter: .filter
        case .palette: .palette
        case .editor: .editor
        case .service: .service
        case .export: .export
        case .comment: .comment
        case .columns: .columns
        case .search: .search
        case .questions: .questions
        case .files: .files
        }
    }
}

extension Keymap {
    /// What is not here is typed.
    ///
    /// In the order of the key bar.
    package static let promptBindings: [PromptBinding] = [
        PromptBinding(keys: [.enter], action: .accept, in: [.filter, .comment], short: "take"),
        PromptBinding(keys: [.enter], action: .accept, in: [.search], short: "search"),
        PromptBinding(keys: [.enter], action: .accept, in: [.files], short: "replay it"),
        PromptBinding(keys: [.enter], action: .accept, in: [.questions], short: "ask, 1 to 9 and 0 ask at once"),
        PromptBinding(keys: [.enter, .character(" ")], action: .accept, in: [.columns], short: "show or leave out"),
        PromptBinding(keys: [.enter], action: .accept, in: [.palette], short: "do it"),
        PromptBinding(keys: [.enter], action: .accept, in: [.export], short: "write it"),
        PromptBinding(keys: [.control("r")], action: .accept, in: [.editor], short: "send"),
        PromptBinding(keys: [.control("u")], action: .empty, in: [.filter, .comment, .search], short: "empty"),
        PromptBinding(keys: [.control("u")], action: .empty, in: [.palette]),
        PromptBinding(keys: [.control("u")], action: .empty, in: [.editor], short: "empty the line"),
        PromptBinding(keys: [.backspace], action: .erase, in: [.filter, .palette, .comment, .search]),
        PromptBinding(
            keys: [.left, .character("-")], action: .less, in: [.service], short: "less, more", bar: [.left, .right]),
        PromptBinding(keys: [.right, .character("+"), .character("=")], action: .more, in: [.service]),
        PromptBinding(keys: [.up], action: .previous, in: [.filter, .palette]),
        PromptBinding(keys: [.down], action: .next, in: [.filter]),
        PromptBinding(keys: [.down, .tab], action: .next, in: [.palette]),
        PromptBinding(keys: [.up, .character("k")], action: .previous, in: [.export, .columns, .questions, .files]),
        PromptBinding(
            keys: [.down, .tab, .character("j")], action: .next, in: [.export, .columns, .questions, .files]),
        PromptBinding(keys: [.up, .down, .tab], action: .next, in: [.service], short: "the other", bar: [.up, .down]),
        PromptBinding(keys: [.character("0")], action: .reset, in: [.service], short: "as it was"),
        PromptBinding(keys: [.escape], action: .leave, in: [.filter, .palette, .comment, .search], short: "leave"),
        PromptBinding(keys: [.escape], action: .leave, in: [.editor], short: "do not send"),
        PromptBinding(
            keys: [.escape, .enter, .backspace, .character("u"), .character("q")], action: .leave, in: [.service],
            short: "leave",
            bar: [.escape]),
        PromptBinding(
            keys: [.escape, .backspace, .character("q"), .character("F")], action: .leave, in: [.files],
            short: "leave", bar: [.escape]),
        PromptBinding(
            keys: [.escape, .backspace, .character("q"), .character("Q")], action: .leave, in: [.questions],
            short: "leave", bar: [.escape]),
        PromptBinding(
            keys: [.escape, .backspace, .character("q"), .character("w")], action: .leave, in: [.columns],
            short: "leave", bar: [.escape]),
        PromptBinding(
            keys: [.escape, .backspace, .character("q"), .character("e")], action: .leave, in: [.export],
            short: "leave",
            bar: [.escape]),
    ]

    /// What `key` does in a prompt of that kind; nil where it is typed, or does nothing.
    package static func action(for key: Key, in kind: Prompt.Kind) -> PromptAction? {
        promptBindings.first { $0.kinds.contains(kind) && $0.keys.contains(key) }?.action
    }
}
