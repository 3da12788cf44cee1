// How far a mistyped word is from a known one.

/// Counts edits.
enum EditDistance {
    /// How many letters have to be changed, put in or taken out to make one of the other (Levenshtein).
    static func between(left: String, right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for place in right.indices {
                let change = diagonal + (letter == right[place] ? 0 : 1)
                diagonal = row[place + 1]
                row[place + 1] = min(change, row[place] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
