// What is known of an object or an array of JSON while it is open, and what is changed in the text.

extension SecretJSON {
    /// An object or an array that is open.
    struct Level {
        let isObject: Bool
        let start: Int
        /// Where the name of the member begins whose value comes next.
        var name: Range<Int>?
        /// Of `{"name": "password", "value": "…"}`: whether the one names a secret, and where the others are.
        var namesSecret = false
        var pointsAtSecret = false
        var values: [Range<Int>] = []
        var texts: [Range<Int>] = []
        /// Of `["Authorization", "…"]`: how many items there were, and where the last one is.
        var count = 0
        /// Of `["--token", "…"]`: whether the next item is a secret.
        var announcesNext = false
        /// Of `{"columns": ["id", "password"], "rows": […]}`: whether the one names a secret, and where the others are.
        var listsNames = false
        var lists: [Range<Int>] = []
        /// Of such a list: whether its items may be names of columns, and whether one is a secret's.
        var isList = false
        var holdsNames = false
        /// Of `[["id", "password"], […]]`: whether it may be the first row, whether its first column is one of secrets,
        /// and whether the rows that follow hold secrets.
        var isHead = false
        var isFirstColumn = false
        var isTable = false

        /// Whether it is an object that names a secret, and holds none.
        var describesColumn: Bool { isObject && namesSecret && values.isEmpty && texts.isEmpty }
    }

    /// What is put in the place of a range.
    struct Edit {
        let range: Range<Int>
        let bytes: [UInt8]
        /// Whether a value goes as a whole, whatever else was found within.
        let isWhole: Bool

        static func isBefore(_ left: Edit, right: Edit) -> Bool {
            let (one, two) = (left.range, right.range)
            if one.lowerBound != two.lowerBound { return one.lowerBound < two.lowerBound }
            // What holds the other comes first, and is what counts.
            if one.upperBound != two.upperBound { return one.upperBound > two.upperBound }
            return left.isWhole && !right.isWhole
        }
    }
}
