// Pasted text: text where something is typed, and nothing anywhere else. None of it is ever a key.

internal import InspectorCore

/// Text that was pasted.
package struct Paste: Hashable, Sendable {
    /// What came, cut at `limit` bytes; line breaks are `\n`.
    package let text: String
    /// How many bytes came after that.
    package let dropped: Int
    /// Whether the terminal said where it begins and ends (bracketed paste); else it was taken for a paste because it
    /// came faster than anybody types.
    package let isMarked: Bool

    /// How many bytes of a paste are kept.
    package static let limit = 65_536

    package init(text: String, dropped: Int = 0, isMarked: Bool = true) {
        self.text = text
        self.dropped = dropped
        self.isMarked = isMarked
    }

    /// The paste as it came from the terminal: any line break is `\n`, bytes that are no text are shown as `\xE9`.
    init(bytes: [UInt8], dropped: Int, isMarked: Bool) {
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        for (place, byte) in bytes.enumerated() {
            // Terminals send a carriage return for each line break.
            if byte == 10, place > 0, bytes[place - 1] == 13 { continue }
            kept.append(byte == 13 ? 10 : byte)
        }
        // A character that was cut at the limit would be shown as bytes that nobody pasted.
        if dropped > 0, let last = kept.lastIndex(where: { $0 & 0xC0 != 0x80 }), kept[last] >= 0xC0 {
            kept.removeSubrange(last...)
        }
        self.init(text: String(showing: kept), dropped: dropped, isMarked: isMarked)
    }

    /// The text with control characters made visible; line breaks and tabs stay.
    ///
    /// What is typed is sent or compared as it stands there, so other invisible characters stay too: the screen shows
    /// them as what they are.
    var lines: String {
        var shown = ""
        for scalar in text.unicodeScalars {
            if scalar.properties.generalCategory == .control, scalar != "\n", scalar != "\t" {
                shown += String(scalar).safe(for: .terminal)
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// The text for a single line: breaks and tabs are spaces, those at the end are left out.
    var line: String {
        var text = String(String.UnicodeScalarView(lines.unicodeScalars.map { $0 == "\n" || $0 == "\t" ? " " : $0 }))
        while text.unicodeScalars.last == " " { text.unicodeScalars.removeLast() }
        return text
    }

    /// Whether it may have been typed by somebody or a program that ended a line with enter: its only line break is its
    /// last character.
    var endsWithEnter: Bool {
        !isMarked && text.unicodeScalars.last == "\n" && text.unicodeScalars.count { $0 == "\n" } == 1
    }
}

extension Model {
    /// Takes a paste, and names what has to be done outside the model.
    package mutating func paste(_ paste: Paste) -> [Effect] {
        message = nil
        switch prompt {
        case .filter(var input):
            let left = input.insert(paste.line)
            prompt = .filter(input)
            tellCut(paste, left: left)
        case .palette(var palette):
            let left = palette.insert(paste.line)
            prompt = .palette(palette)
            tellCut(paste, left: left)
        case .editor(var editor):
            let left = editor.insert(paste.lines)
            prompt = .editor(editor)
            tellCut(paste, left: left)
            return []
        case .comment(var input):
            let left = input.insert(paste.line)
            prompt = .comment(input)
            tellCut(paste, left: left)
        case .search(let text):
            let taken = paste.line.prefix(max(0, 100 - text.count))
            view.helpSearch = text + taken
            prompt = .search(view.helpSearch)
            tellCut(paste, left: paste.line.count - taken.count)
        case .service, .export, .columns, .questions, .files:
            message = "Pasted text does nothing here: a key chooses."
            return []
        case nil:
            if let effects = pasteIntoNew(paste) { return effects }
            message =
                recording == nil
                ? "Pasted text does nothing here. / takes a filter, and E a request, that is pasted."
                : "Pasted text does nothing here. / takes a filter that is pasted."
            return []
        }
        return paste.endsWithEnter ? type(key: .enter) : []
    }

    /// Opens the prompt that a fast text begins with and puts the rest into it; nil when it begins with none.
    ///
    /// A slow network may hand over at once what was typed. It takes a key more to do what a palette finds.
    private mutating func pasteIntoNew(_ paste: Paste) -> [Effect]? {
        guard !paste.isMarked, let first = paste.text.first,
            let action = Keymap.action(for: .character(first), on: screen), [.filter, .palette].contains(action)
        else { return nil }
        let effects = update(action)
        guard prompt != nil else { return effects }
        let rest = String(paste.text.dropFirst())
        return effects
            + self.paste(Paste(text: rest, dropped: paste.dropped, isMarked: action == .palette))
    }

    /// - Parameter left: how many characters had no room.
    private mutating func tellCut(_ paste: Paste, left: Int) {
        if paste.dropped > 0 {
            message = "Only the first \(Paste.limit) bytes of the paste were looked at; \(paste.dropped) more came."
        }
        if left > 0 { message = "The last \(left) characters of the paste had no room here." }
    }
}

extension FilterInput {
    /// The longest filter that is taken.
    static let limit = 2000

    /// Adds pasted text; how many of its characters had no room.
    mutating func insert(_ line: String) -> Int {
        let taken = line.prefix(max(0, FilterInput.limit - text.count))
        text += taken
        place = nil
        look()
        return line.count - taken.count
    }
}

extension Palette {
    /// Adds pasted text; how many of its characters had no room.
    mutating func insert(_ line: String) -> Int {
        let taken = line.prefix(max(0, 100 - text.count))
        text += taken
        choice = 0
        return line.count - taken.count
    }
}
