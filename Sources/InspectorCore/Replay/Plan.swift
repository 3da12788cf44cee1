// What will be sent, and when: computed once, before anything is sent.

/// A plan of requests with their due times.
package struct Plan: Sendable {
    /// One request of it.
    package struct Item: Sendable {
        /// In ns after the start.
        package let due: UInt64
        package let request: RecordedRequest
    }

    /// What it is called on the screen: a file's name.
    package let name: String
    /// In the order of their due times.
    package let items: [Item]
    package let notes: [Note]
    /// How many requests stood earlier in time than the one before them in the file.
    package let outOfOrder: Int

    /// Plans `recording` at its own pace: `due = time - first time`, in a stable order.
    package init(_ recording: Recording) {
        name = recording.file.split(separator: "/").last.map(String.init) ?? recording.file
        notes = recording.notes
        var known: UInt64 = 0
        var moved = 0
        var timed: [(time: UInt64, index: Int)] = []
        for (index, request) in recording.requests.enumerated() {
            // One without a time goes with the one before it.
            let time = request.time ?? known
            if time < known { moved += 1 }
            known = time
            timed.append((time, index))
        }
        outOfOrder = moved
        let firstKnown = recording.requests.lazy.compactMap(\.time).min() ?? 0
        let sorted = timed.sorted { ($0.time, $0.index) < ($1.time, $1.index) }
        items = sorted.map { place in
            Item(
                due: place.time > firstKnown ? place.time - firstKnown : 0, request: recording.requests[place.index])
        }
    }

    private init(name: String, items: [Item]) {
        self.name = name
        self.items = items
        notes = []
        outOfOrder = 0
    }

    /// Plans `count` requests for GET `target`, all at once.
    ///
    /// - Throws: `RecordedRequest.Refusal` when `target` is no path.
    package static func burst(_ count: Int, target: String) throws(RecordedRequest.Refusal) -> Plan {
        var items: [Item] = []
        for number in 1...max(1, count) {
            items.append(
                Item(due: 0, request: try RecordedRequest(method: "GET", url: target, place: "request \(number)")))
        }
        return Plan(name: "burst", items: items)
    }

    /// Plans one request, at once.
    package static func single(_ request: RecordedRequest) -> Plan {
        Plan(name: request.target, items: [Item(due: 0, request: request)])
    }

    /// When the last request is due, in ns after the start.
    package var length: UInt64 { items.last?.due ?? 0 }
}
