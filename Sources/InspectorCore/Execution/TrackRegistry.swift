// The names of the threads that live longer than a request. A sub-thread is not here: its name follows from its
// request, or a table of them would grow for ever.

internal import Synchronization

/// Which track is which thread.
package final class TrackRegistry: Sendable {
    /// A thread that lives longer than a request.
    package struct Entry: Sendable, Equatable {
        package var track: UInt32
        package var name: String

        package init(track: UInt32, name: String) {
            self.track = track
            self.name = name
        }
    }

    private let state = Mutex<(alive: [Entry], ended: [Entry])>(([], []))

    package init() {}

    package func add(_ track: UInt32, name: String) {
        state.withLock { $0.alive.append(Entry(track: track, name: name)) }
    }

    /// Forgets a thread that has ended; its name is kept a while, for traces that still mention it.
    package func remove(_ track: UInt32) {
        state.withLock { state in
            guard let place = state.alive.firstIndex(where: { $0.track == track }) else { return }
            state.ended.append(state.alive.remove(at: place))
            if state.ended.count > 256 { state.ended.removeFirst(128) }
        }
    }

    /// The threads that live now, in the order of their making.
    package var alive: [Entry] { state.withLock { $0.alive } }

    /// The threads that live now or have lived lately.
    package var known: [Entry] { state.withLock { $0.ended + $0.alive } }
}
