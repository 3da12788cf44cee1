// What the user has noted of a request: a mark, and a comment.

internal import InspectorCore

/// A note on the request of a number, in all lanes.
package struct RequestNote: Sendable, Equatable {
    package var isMarked = false
    package var comment = ""

    package init(isMarked: Bool = false, comment: String = "") {
        self.isMarked = isMarked
        self.comment = comment
    }

    package var isEmpty: Bool { !isMarked && comment.isEmpty }

    /// What stands beside the number in a list.
    func sign(glyphs: Glyphs) -> String { comment.isEmpty ? glyphs.mark : glyphs.comment }
}

/// The line in which a comment is typed.
package struct CommentInput: Sendable, Equatable {
    package let number: UInt64
    package var text: String

    /// Longer ones are cut.
    static let limit = 200

    /// Adds pasted text; how many of its characters had no room.
    mutating func insert(_ line: String) -> Int {
        let taken = line.prefix(max(0, Self.limit - text.count))
        text += taken
        return line.count - taken.count
    }

    /// Takes a key; false when the line is left by it.
    mutating func take(_ action: PromptAction?, key: Key) -> Bool {
        switch action {
        case .erase:
            if text.isEmpty { return false }
            text.removeLast()
        case .empty: text = ""
        default: if case .character(let character) = key, text.count < Self.limit { text.append(character) }
        }
        return true
    }
}

extension Model {
    /// Marks the current request, or takes its mark away.
    mutating func toggleMark() -> [Effect] {
        guard let current else { return sayNone() }
        var note = notes[current] ?? RequestNote()
        note.isMarked.toggle()
        message =
            note.isMarked
            ? "#\(current) is marked. M shows only those, n goes to the next." : "#\(current) is no longer marked."
        return setNote(note, of: current)
    }

    /// Shows the marked requests only, or all.
    mutating func toggleOnlyMarked() {
        guard view.onlyMarked || notes.values.contains(where: { !$0.isEmpty }) else {
            message = "No request is marked. m marks the selected one."
            return
        }
        view.onlyMarked.toggle()
        view.row = nil
        message =
            view.onlyMarked ? "Only marked and commented requests are shown; M shows all." : "All requests are shown."
    }

    /// Opens the line for a comment on the current request.
    mutating func openComment() {
        guard let current else {
            _ = sayNone()
            return
        }
        prompt = .comment(CommentInput(number: current, text: notes[current]?.comment ?? ""))
    }

    /// Takes a comment that was typed.
    mutating func accept(_ input: CommentInput) -> [Effect] {
        prompt = nil
        var note = notes[input.number] ?? RequestNote()
        note.comment = String(input.text.trimmingPrefix { $0 == " " })
        message = note.comment.isEmpty ? "#\(input.number) has no comment." : "#\(input.number) is commented."
        return setNote(note, of: input.number)
    }

    private mutating func setNote(_ note: RequestNote, of number: UInt64) -> [Effect] {
        notes[number] = note.isEmpty ? nil : note
        if notes.isEmpty { view.onlyMarked = false }
        return [.host(.note(number, isMarked: note.isMarked, comment: note.comment))]
    }

    private mutating func sayNone() -> [Effect] {
        message = "There is no request yet. Press b for a burst, or open \(known.url)."
        return []
    }

    /// Goes to the next request, or the one before, that failed, is marked or has a comment.
    mutating func goToNext(_ step: Int) {
        if screen == .help { return findInHelp(step) }
        guard screen == .lanes else {
            message = "n and N go through the list of requests: esc goes back to it."
            return
        }
        let all = listed
        guard !all.isEmpty else {
            _ = sayNone()
            return
        }
        let place = view.selected.flatMap { all.firstIndex(of: $0) } ?? (step > 0 ? -1 : all.count)
        var next = place + step
        while all.indices.contains(next) {
            if isWorthALook(all[next]) {
                select(all[next], at: next, from: place)
                return
            }
            next += step
        }
        message =
            "There is no \(step > 0 ? "later" : "earlier") request in the list that failed, is marked or has a comment."
    }

    private func isWorthALook(_ number: UInt64) -> Bool {
        if notes[number] != nil { return true }
        return known.lanes.contains { lane in
            guard let trace = lane[number] else { return false }
            return (trace.status ?? 0) >= 500 || trace.spans.hasOne { $0.outcome == .raised }
        }
    }
}
