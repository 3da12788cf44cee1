// What a reader did not take, or took with a change, and why.

/// A remark of a reader of traffic files: where, and what.
package struct Note: Sendable, Equatable, CustomStringConvertible {
    /// A line, an entry, or a byte: `entry 14`.
    package let place: String
    /// Why, as a part of a sentence.
    package let reason: String

    package init(place: String, reason: String) {
        self.place = place
        self.reason = reason
    }

    package var description: String { "\(place): \(reason)" }
}

/// A file that cannot be used, or not to its end.
package struct TrafficFileError: Error, CustomStringConvertible {
    package let file: String
    package let reason: String

    package init(file: String, reason: String) {
        self.file = file
        self.reason = reason
    }

    package var description: String { "\(file): \(reason)" }
}
