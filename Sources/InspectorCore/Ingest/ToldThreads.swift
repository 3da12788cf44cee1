// The threads of other processes, numbered as ours are.

internal import Synchronization

/// Numbers threads by process, id and name: an id alone is used again at once.
///
/// May be used from any thread.
final class ToldThreads: Sendable {
    /// A thread of a process.
    struct Thread: Hashable {
        let service: TellingService
        let id: String
        let name: String
    }

    private struct State {
        var threads: [Thread: (number: UInt32, isShown: Bool)] = [:]
        /// How many threads each lane shows.
        var shown: [LaneID: Int] = [:]
    }

    /// How many threads are remembered, and how many of a lane are shown: a new one for each async call would fill it.
    private static let most = 20_000
    private static let mostShown = 256

    private let tracks: @Sendable (LaneID) -> TrackRegistry?
    private let state = Mutex(State())

    init(tracks: @escaping @Sendable (LaneID) -> TrackRegistry?) { self.tracks = tracks }

    /// The number of the thread `key`, on which `span` ran; the threads that take requests are shown as the lane's.
    func track(of key: Thread, span: IngestedSpan, lane: LaneID) -> UInt32 {
        let (number, isNew) = state.withLock { state -> (UInt32, Bool) in
            if state.threads.count >= ToldThreads.most { state.threads = [:] }
            let known = state.threads[key]
            let number = known?.number ?? ThreadRecord.newTrack()
            // Its children may have told of the thread before it.
            let isWorker = span.role == .server || span.kind == .routing
            let isNew =
                isWorker && known?.isShown != true && state.shown[lane, default: 0] < ToldThreads.mostShown
            if isNew { state.shown[lane, default: 0] += 1 }
            if known == nil || isNew { state.threads[key] = (number, isNew || known?.isShown == true) }
            return (number, isNew)
        }
        if isNew { tracks(lane)?.add(number, name: span.threadName) }
        return number
    }
}
