// What a reader did not take, or took with a change, and why.

/// A remark of a reader of traffic files: where, and what.
///
/// What is to be said of many entries in the same words is one remark, with how often and where first.
package struct Note: Sendable, Equatable, CustomStringConvertible {
    /// A line, an entry, or a byte: `entry 14`; of several the first.
    package let place: String
    /// How often it is to be said.
    package private(set) var count: Int
    private let words: String

    package init(place: String, reason: String, count: Int = 1) {
        self.place = place
        self.count = count
        words = reason
    }

    /// Why, as a part of a sentence.
    package var reason: String { count > 1 ? "\(words) (\(count) times, first at \(place))" : words }

    package var description: String { count > 1 ? reason : "\(place): \(words)" }

    /// The same is to be said again.
    mutating func add(_ times: Int) { count = count.addingSaturated(times) }
}

extension Int {
    /// The number with what it counts: `1 folder lies`, `3 folders lie`.
    func counted(one: String, many: String) -> String { "\(self) \(self == 1 ? one : many)" }
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
