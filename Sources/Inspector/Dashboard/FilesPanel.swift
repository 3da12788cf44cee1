// Traffic files from inside: those of the current folder and those replayed before, and what is in the one chosen.

internal import InspectorCore

/// A file that can be replayed.
package struct TrafficFileEntry: Sendable, Equatable {
    package let path: String
    /// In bytes.
    package let size: Int
    /// Whether it was replayed before.
    package let isRecent: Bool

    package init(path: String, size: Int, isRecent: Bool) {
        self.path = path
        self.size = size
        self.isRecent = isRecent
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// How large it is, for people.
    var sizeWords: String {
        size < 1024 ? "\(size) B" : size < 1 << 20 ? "\(size / 1024) KB" : "\(size / (1 << 20)) MB"
    }
}

/// The list of files while it is open.
package struct FilesPanel: Sendable, Equatable {
    package let folder: String
    package let entries: [TrafficFileEntry]
    package var choice = 0
    /// What is in the chosen one; nil until it was looked at.
    package var words: String?

    package init(folder: String, entries: [TrafficFileEntry]) {
        self.folder = folder
        self.entries = entries
    }

    /// The chosen one.
    package var chosen: TrafficFileEntry? { entries.indices.contains(choice) ? entries[choice] : nil }

    /// Takes a key; true when another file is chosen.
    mutating func take(_ action: PromptAction?) -> Bool {
        guard !entries.isEmpty else { return false }
        let before = choice
        switch action {
        case .previous: choice = (choice + entries.count - 1) % entries.count
        case .next: choice = (choice + 1) % entries.count
        default: break
        }
        if choice != before { words = nil }
        return choice != before
    }

    /// A line of the list.
    func line(_ place: Int) -> String {
        let entry = entries[place]
        return TextWidth.pad(entry.name.madeVisible, width: 34) + TextWidth.padLeft(entry.sizeWords, width: 8)
            + (entry.isRecent ? "  replayed before" : "")
    }
}
