// The recording of a run: what a recorder has to be told of the lanes, which it asks for on its own thread.

internal import InspectorCore

// InspectorCore has a lock of that name of its own in the builds of the thread sanitizer.
#if !SEEN_MUTEX
internal import Synchronization
#endif

/// A recording that is being made.
final class RecordingSession: Sendable {
    private let recorder: Recorder
    private let lanes: LaneBook

    /// Makes the file, and begins to write what `record` is given.
    ///
    /// - Parameters:
    ///   - loops: the threads on which the servers run, which belong to no lane.
    /// - Throws: `TrafficFileError` when the file is there already or cannot be made, `ThreadError`.
    init(options: Recorder.Options, app: String, loops: TrackRegistry) throws {
        let lanes = LaneBook()
        self.lanes = lanes
        recorder = try Recorder(
            options: options, app: app, workers: { lanes[$0]?.pool?.load.workers },
            threadName: { lane, track in
                let registries = [lanes[lane]?.tracks, loops].compactMap { $0 }
                return registries.lazy.compactMap { $0.known.first { $0.track == track }?.name }.first
            })
    }

    /// How it goes.
    var status: Recorder.Status { recorder.status }

    /// The processor time that its thread has used, in ns.
    var threadTime: UInt64 { recorder.threadTime }

    /// Lets the recorder ask the lane for its threads and workers.
    func add(_ lane: any ServingLane) { lanes.add(lane) }

    /// Takes a finished request.
    ///
    /// May be called from any thread.
    func record(_ trace: Trace, exchange: Exchange?) { recorder.record(trace, exchange: exchange) }

    /// Takes what the user has noted of a request.
    func note(number: UInt64, isMarked: Bool, comment: String) {
        recorder.note(RecordedNote(number: number, isMarked: isMarked, comment: comment))
    }

    /// Writes what waits, and ends.
    func stop() { recorder.stop() }
}

/// All lanes, where the recorder's own thread finds names of threads and numbers of workers.
private final class LaneBook: Sendable {
    private let state = Mutex<[LaneID: any ServingLane]>([:])

    subscript(_ id: LaneID) -> (any ServingLane)? { state.withLock { $0[id] } }

    func add(_ lane: any ServingLane) { state.withLock { $0[lane.id] = lane } }
}
