// What the bodies of requests hold of a process's memory, together: clients that send most of a body and then wait must not
// be able to take all of it.

internal import Synchronization

/// Counts the bytes that bodies hold, from their first byte until their request is torn down.
package final class RequestMemory: Sendable {
    private let used = Atomic<Int>(0)

    package init() {}

    /// How many bytes are held now.
    package var bytes: Int { used.load(ordering: .relaxed) }

    /// Takes `count` more bytes, unless that would be more than `limit` in all.
    fileprivate func take(_ count: Int, limit: Int) -> Bool {
        let (_, all) = used.add(count, ordering: .relaxed)
        if all <= limit { return true }
        used.subtract(count, ordering: .relaxed)
        return false
    }

    fileprivate func give(_ count: Int) { used.subtract(count, ordering: .relaxed) }
}

/// What one request's body holds; it is given back with the last reference to it.
package final class BodyHold: Sendable {
    private let memory: RequestMemory
    private let held = Atomic<Int>(0)

    package init(memory: RequestMemory) { self.memory = memory }

    deinit { memory.give(held.load(ordering: .relaxed)) }

    /// Makes it `count` bytes in all; false, and it stays as it is, when the process would hold more than `limit`.
    ///
    /// By one thread at a time.
    package func grow(to count: Int, limit: Int) -> Bool {
        let more = count - held.load(ordering: .relaxed)
        guard more > 0 else { return true }
        guard memory.take(more, limit: limit) else { return false }
        held.add(more, ordering: .relaxed)
        return true
    }
}
