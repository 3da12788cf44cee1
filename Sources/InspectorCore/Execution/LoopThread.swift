// A thread of our own that runs an event loop until it is stopped.

internal import Synchronization

/// A thread with an event loop: for one call, for one request, or kept from one to the next.
package final class LoopThread: Sendable {
    package let loop = JobLoop()
    package let track: UInt32
    package let name: String

    private init(name: String, track: UInt32) {
        self.name = name
        self.track = track
    }

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - began: called once, on the thread, before its loop runs.
    ///   - ended: called once, on the thread, when its loop has ended.
    /// - Throws: when the system has no thread to give; neither is called then.
    package static func start(
        _ name: String, track: UInt32 = ThreadRecord.newTrack(), began: @escaping @Sendable () -> Void = {},
        ended: @escaping @Sendable () -> Void = {}
    ) throws(ThreadError) -> LoopThread {
        let thread = LoopThread(name: name, track: track)
        try OwnThread.start(name, track: track) {
            began()
            thread.loop.run()
            thread.loop.close()
            ended()
        }
        return thread
    }

    /// Ends the thread once what it runs just now has ended.
    package func stop() { loop.stop() }
}

/// Loops that are kept between requests.
package final class LoopPool: Sendable {
    private struct State {
        var idle: [LoopThread] = []
        var next = 1
        var isStopped = false
    }

    private let tracks: TrackRegistry
    private let prefix: String
    private let state = Mutex(State())

    package init(name prefix: String, tracks: TrackRegistry) {
        self.prefix = prefix
        self.tracks = tracks
    }

    /// Gives a free loop, or a new one.
    ///
    /// - Throws: when the system has no thread to give.
    func take() throws(ThreadError) -> LoopThread {
        let (idle, number) = state.withLock { state -> (LoopThread?, Int) in
            if let thread = state.idle.popLast() { return (thread, 0) }
            state.next += 1
            return (nil, state.next - 1)
        }
        if let idle { return idle }
        let name = "\(prefix)-\(number)"
        let track = ThreadRecord.newTrack()
        tracks.add(track, name: name)
        do throws(ThreadError) {
            return try LoopThread.start(name, track: track, ended: { [tracks] in tracks.remove(track) })
        } catch {
            tracks.remove(track)
            throw error
        }
    }

    /// Takes a loop back; `kept` of them stay.
    func giveBack(_ thread: LoopThread, kept: Int) {
        let isKept = state.withLock { state in
            guard !state.isStopped, state.idle.count < kept else { return false }
            state.idle.append(thread)
            return true
        }
        if !isKept { thread.stop() }
    }

    /// Ends the idle loops; those in use end when they are given back.
    package func stop() {
        let idle = state.withLock { state in
            state.isStopped = true
            defer { state.idle = [] }
            return state.idle
        }
        for thread in idle { thread.stop() }
    }
}
