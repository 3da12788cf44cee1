// The columns of the list of requests: which are shown, and by which it is sorted.

package import InspectorCore

/// A column of the list.
package enum ListColumn: String, Sendable, Equatable, CaseIterable {
    case number = "id"
    case method
    case path = "request"
    case queue
    case calls
    case thread
    case time
    case status = "code"

    /// What the list of columns says of it.
    var words: String {
        switch self {
        case .number: "the request's number"
        case .method: "its method"
        case .path: "its path"
        case .queue: "how long it waited for a worker"
        case .calls: "how many external calls it made"
        case .thread: "the thread that took it"
        case .time: "its response: from its sending to its answer"
        case .status: "the status of its answer"
        }
    }

    /// Those that can be left out.
    package static let optional: [ListColumn] = [.method, .path, .queue, .calls, .thread, .time, .status]
    /// Those that are shown unless something else is chosen.
    package static let usual: Set<ListColumn> = [.number, .method, .path, .time, .status]
}

/// By which column the list is sorted.
package struct ListOrder: Sendable, Equatable {
    package var column = ListColumn.number
    /// Whether the largest is first.
    package var isDescending = false

    package init() {}

    /// The order in which requests came: the only one that has a newest at its foot.
    package var isByNumber: Bool { column == .number && !isDescending }
}

/// The list of columns while it is open.
package struct ColumnsPanel: Sendable, Equatable {
    package var choice = 0

    package init() {}
}

extension Model {
    /// The numbers of the requests that are shown, in the order of the list.
    ///
    /// Sorted by what the lane that answers knows of a request, or the first lane that has it.
    package var listed: [UInt64] {
        let numbers = numbers
        let order = view.order
        guard !order.isByNumber else { return numbers }
        guard order.column != .number else { return numbers.reversed() }
        let lanes = ([known.focus] + known.lanes.indices.filter { $0 != known.focus }).filter(
            known.lanes.indices.contains)
        var places = [Int](repeating: 0, count: known.lanes.count)
        var keyed: [(number: UInt64, size: UInt64, text: String)] = []
        keyed.reserveCapacity(numbers.count)
        for number in numbers {
            var size: UInt64 = 0
            var text = ""
            for index in lanes {
                let traces = known.lanes[index].traces
                // Both lists are in order: each is gone through once.
                while places[index] < traces.count, traces[places[index]].id.number < number { places[index] += 1 }
                guard places[index] < traces.count, traces[places[index]].id.number == number else { continue }
                (size, text) = sortKey(of: traces[places[index]], lane: known.lanes[index])
                break
            }
            keyed.append((number, size, text))
        }
        let isDescending = order.isDescending
        return keyed.sorted { left, right in
            // Of those that are alike the earlier is first, whichever way the rest goes.
            if left.size != right.size { return (left.size < right.size) != isDescending }
            if left.text != right.text { return (left.text < right.text) != isDescending }
            return left.number < right.number
        }.map(\.number)
    }

    private func sortKey(of trace: Trace, lane: LaneModel) -> (UInt64, String) {
        switch view.order.column {
        case .number: (trace.id.number, "")
        case .method: (0, trace.summary.method)
        case .path: (0, trace.summary.target)
        case .queue: (trace.queue(until: time), "")
        case .calls: (UInt64(trace.callCount), "")
        case .thread: (0, lane.workerName(of: trace) ?? "")
        case .time: (trace.response(until: time), "")
        case .status: (UInt64(trace.status ?? 0), "")
        }
    }

    /// The columns that are shown, in their order.
    package var columns: [ListColumn] { ListColumn.allCases.filter { $0 == .number || view.columnsShown.contains($0) } }

    /// Sorts by the next column to either side.
    mutating func sort(by step: Int) {
        if screen == .statistics { return sortRoutes(by: step) }
        let all = columns
        let place = all.firstIndex(of: view.order.column) ?? 0
        view.order.column = all[(place + step + all.count) % all.count]
        // What is worth looking at is first: the longest, the most.
        view.order.isDescending = [.queue, .calls, .time, .status].contains(view.order.column)
        sayOrder()
    }

    mutating func invertOrder() {
        if screen == .statistics { return invertRoutes() }
        view.order.isDescending.toggle()
        sayOrder()
    }

    private mutating func sayOrder() {
        view.row = nil
        let order = view.order
        message =
            order.isByNumber
            ? "In the order in which they came."
            : "Sorted by \(order.column.words), the \(order.isDescending ? "largest" : "smallest") first. I inverts."
    }

    /// Shows a column, or leaves it out.
    mutating func toggleColumn(_ column: ListColumn) {
        if view.columnsShown.contains(column) {
            view.columnsShown.remove(column)
            if view.order.column == column { view.order = ListOrder() }
        } else {
            view.columnsShown.insert(column)
        }
    }
}

extension Trace {
    /// How many external calls it made.
    package var callCount: Int { innermostWaits.count(where: \.isCall) }
}

extension LaneModel {
    /// The thread that took a request; nil while none did.
    package func workerName(of trace: Trace) -> String? {
        guard let track = (trace.first(.routing) ?? trace.first(.view))?.track else { return nil }
        return trackNames[track] ?? "thread \(track)"
    }
}
