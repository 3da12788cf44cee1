// What came over a connection while a request was served, and waits for its turn.

internal import DequeModule
internal import NIOCore
internal import NIOHTTP1

/// Parts of pipelined requests, bounded by their number and by the bytes of their bodies: whoever is full is read no
/// further.
struct WaitingParts {
    enum Item {
        /// - Parameter read: when it was, by `MonotonicClock`.
        case part(HTTPServerRequestPart, read: UInt64)
        case inputClosed
        case failed(status: Int)

        /// How many bytes of a body it holds.
        fileprivate var bytes: Int {
            if case .part(.body(let bytes), _) = self { bytes.readableBytes } else { 0 }
        }
    }

    /// Takes no memory until something waits: there are ten thousand connections.
    private var items = Deque<Item>()
    private var bytes = 0

    var isEmpty: Bool { items.isEmpty }

    /// Whether nothing more is to be read.
    func isFull(_ limits: Limits) -> Bool { items.count >= limits.pipelined || bytes >= limits.pipelinedBytes }

    /// Whether there is room enough to read on.
    func hasRoom(_ limits: Limits) -> Bool {
        items.count < max(1, limits.pipelined / 2) && bytes < max(1, limits.pipelinedBytes / 2)
    }

    mutating func append(_ item: Item) {
        items.append(item)
        bytes += item.bytes
    }

    mutating func popFirst() -> Item? {
        guard let item = items.popFirst() else { return nil }
        bytes -= item.bytes
        return item
    }

    mutating func removeAll() {
        items.removeAll()
        bytes = 0
    }
}
