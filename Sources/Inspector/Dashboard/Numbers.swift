// Request numbers as the lanes have them: lists in order, each number once.

/// What is made of lists of numbers that are in order.
enum Numbers {
    /// All that stand in one of the lists.
    static func union(_ lists: [[UInt64]]) -> [UInt64] {
        lists.dropFirst().reduce(lists.first ?? []) { union($0, right: $1) }
    }

    /// All that stand in both.
    static func common(left: [UInt64], right: [UInt64]) -> [UInt64] {
        var both: [UInt64] = []
        both.reserveCapacity(min(left.count, right.count))
        var place = 0
        for number in left {
            while place < right.count, right[place] < number { place += 1 }
            if place < right.count, right[place] == number { both.append(number) }
        }
        return both
    }

    private static func union(_ left: [UInt64], right: [UInt64]) -> [UInt64] {
        // Side by side both lanes have nearly always the same.
        if left == right { return left }
        var all: [UInt64] = []
        all.reserveCapacity(max(left.count, right.count))
        var one = 0
        var two = 0
        while one < left.count || two < right.count {
            let next = one == left.count ? right[two] : two == right.count ? left[one] : min(left[one], right[two])
            if one < left.count, left[one] == next { one += 1 }
            if two < right.count, right[two] == next { two += 1 }
            all.append(next)
        }
        return all
    }
}
