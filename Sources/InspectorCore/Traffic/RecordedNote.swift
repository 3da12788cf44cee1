// What a user has noted of a request, as a recording keeps it.

/// A mark or a comment on the request of a number, in all lanes.
package struct RecordedNote: Sendable, Equatable {
    package let number: UInt64
    package let isMarked: Bool
    /// Empty for none.
    package let comment: String

    package init(number: UInt64, isMarked: Bool, comment: String) {
        self.number = number
        self.isMarked = isMarked
        self.comment = comment
    }

    /// Reads a line of type `note`; nil without a number.
    init?(line: JSON) {
        guard let number = line["id"]?.int, number >= 0 else { return nil }
        self.init(
            number: UInt64(number), isMarked: line["marked"] == .bool(true), comment: line["comment"]?.string ?? "")
    }

    /// The line of type `note`: a later one of the same request replaces it.
    var line: JSON {
        .object([
            "type": "note", "id": .int(Int(clamping: number)), "marked": .bool(isMarked), "comment": .string(comment),
        ])
    }

    func changingText(_ change: (String) -> String) -> RecordedNote {
        RecordedNote(number: number, isMarked: isMarked, comment: change(comment))
    }
}
