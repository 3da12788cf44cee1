// The threads that serve requests, or run sync functions off an event loop, and the queue before them.

internal import DequeModule

/// A worker's own loop: while its request waits for a sub-thread, the worker sleeps here and does nothing else.
package final class WorkerLoop: TaskExecutor, TimerLoop, JobRunner {
    fileprivate let loop = JobLoop()

    package func enqueue(_ job: consuming ExecutorJob) { loop.enqueue(UnownedJob(job), for: self) }

    package func run(_ job: UnownedJob, since: UInt64) { job.runSynchronously(on: asUnownedTaskExecutor()) }

    package func schedule(at time: UInt64, body: @escaping @Sendable () -> Void) -> UInt64? {
        loop.schedule(at: time, body: body)
    }

    package func cancelTimer(_ number: UInt64) { loop.cancelTimer(number) }

    /// Runs `body` as a task on this thread, and returns when it has ended.
    fileprivate func run(_ body: @escaping @Sendable (WorkerLoop) async -> Void) {
        Task(executorPreference: self) {
            await body(self)
            self.loop.stop()
        }
        loop.run()
    }
}

/// A fixed number of threads, and a queue of requests that wait for one.
///
/// May be used from any thread.
package final class WorkerPool: Sendable {
    /// How many are busy and how many wait, at one moment.
    package struct Load: Sendable, Equatable {
        package var workers: Int
        package var busy: Int
        package var queued: Int

        package init(workers: Int, busy: Int, queued: Int) {
            self.workers = workers
            self.busy = busy
            self.queued = queued
        }
    }

    package enum Work: Sendable {
        /// A request: a task that runs on the worker's own thread whenever it is not waiting.
        case task(@Sendable (WorkerLoop) async -> Void)
        /// A plain function.
        case block(@Sendable () -> Void)
    }

    /// What a worker does next.
    private enum Turn: Sendable {
        /// Runs this; another worker has to be woken for the rest if `wakes` says so.
        case run(Work, wakes: Bool)
        case end(wakes: Bool)
    }

    private struct State: Sendable {
        var queue = Deque<Work>()
        var wanted: Int
        var alive = 0
        var nextNumber = 1
        var freeNumbers: [Int] = []
        var idle = 0
        var busy = 0
        /// How many waited while every worker was held, second by second.
        var peaks = PeakRing()
        /// Whether an idle worker was woken and has not got hold of the lock yet.
        var isWaking = false
        var isStopped = false

        /// Counts those that wait for want of a worker.
        mutating func notePeak(at now: UInt64) {
            peaks.set(max(0, queue.count - max(0, wanted - busy)), at: now)
        }
    }

    private let name: String
    private let tracks: TrackRegistry
    private let capacity: Int
    private let state: Monitor<State>

    /// Makes a pool.
    ///
    /// - Parameters:
    ///   - name: before the workers' numbers: `worker` gives `worker-1`.
    ///   - capacity: how much may wait; past it `submit` refuses.
    package init(name: String, workers: Int, tracks: TrackRegistry, capacity: Int = 16_384) {
        self.name = name
        self.tracks = tracks
        self.capacity = capacity
        state = Monitor(State(wanted: max(1, workers)))
    }

    /// How busy the pool is now.
    package var load: Load {
        state.withLock { Load(workers: $0.wanted, busy: $0.busy, queued: $0.queue.count) }
    }

    /// How many waited at most in each of the last `count` seconds, oldest first; the last is the second of `now`.
    ///
    /// Work that finds a free worker is handed over within microseconds, and does not count.
    package func queuePeaks(count: Int, at now: UInt64) -> [Int] {
        state.withLock { $0.peaks.last(count: count, at: now) }
    }

    /// Gives work to the next free worker.
    ///
    /// - Returns: false when the pool was stopped, its queue is full, or no thread at all could be had.
    package func submit(_ work: Work) -> Bool {
        let now = MonotonicClock.now()
        let (isTaken, wakes) = state.withLock { state -> (Bool, Bool) in
            guard !state.isStopped, state.queue.count < capacity else { return (false, false) }
            state.queue.append(work)
            let wakes = findWorker(&state)
            let isTaken = state.alive > 0
            if !isTaken { state.queue.removeLast() }
            state.notePeak(at: now)
            return (isTaken, wakes)
        }
        if wakes { state.signal() }
        return isTaken
    }

    /// Sees to it that what waits finds a worker; the lock is held.
    ///
    /// One is woken at a time: when it has taken its share and more waits, it wakes the next. Where a core is free that
    /// happens at once; where none is, those that run take what there is, without a change of threads for each.
    ///
    /// - Returns: whether an idle worker has to be woken, best once the lock is free.
    private func findWorker(_ state: inout State) -> Bool {
        guard !state.queue.isEmpty, !state.isWaking else { return false }
        if state.idle > 0 {
            state.isWaking = true
            return true
        }
        if state.alive < state.wanted { startWorker(&state) }
        return false
    }

    /// Changes the number of workers; those too many end when they are idle next.
    package func resize(to workers: Int) {
        state.withLock { state in
            state.wanted = max(1, workers)
            while state.alive < min(state.wanted, state.alive + state.queue.count), startWorker(&state) {}
        }
        state.broadcast()
    }

    /// Takes no more work, lets what is queued run, and ends the threads as they become idle.
    ///
    /// Does not wait.
    package func stop() {
        state.withLock { $0.isStopped = true }
        state.broadcast()
    }

    /// Starts one more thread; the lock is held.
    @discardableResult
    private func startWorker(_ state: inout State) -> Bool {
        let number = state.freeNumbers.min() ?? state.nextNumber
        let name = "\(name)-\(number)"
        let track = ThreadRecord.newTrack()
        do throws(ThreadError) {
            try OwnThread.start(name, track: track, stackBytes: 4 << 20) { self.work(number) }
        } catch {
            return false
        }
        if let place = state.freeNumbers.firstIndex(of: number) {
            state.freeNumbers.remove(at: place)
        } else {
            state.nextNumber += 1
        }
        state.alive += 1
        tracks.add(track, name: name)
        return true
    }

    private func work(_ number: Int) {
        let loop = WorkerLoop()
        var isBusy = false
        while true {
            switch nextTurn(of: number, isBusy: isBusy) {
            case .run(let work, wakes: let wakes):
                if wakes { state.signal() }
                switch work {
                case .task(let body): loop.run(body)
                case .block(let body): body()
                }
                isBusy = true
            case .end(wakes: let wakes):
                if wakes { state.signal() }
                loop.loop.close()
                return
            }
        }
    }

    /// Waits for what worker `number` does next.
    ///
    /// - Parameter isBusy: whether it has just run something.
    private func nextTurn(of number: Int, isBusy: Bool) -> Turn {
        var isBusy = isBusy
        var isIdle = false
        return state.wait { state -> Turn? in
            if isBusy { state.busy -= 1 }
            isBusy = false
            if isIdle {
                state.idle -= 1
                state.isWaking = false
            }
            isIdle = false
            if state.alive <= state.wanted {
                if let next = state.queue.popFirst() {
                    state.busy += 1
                    state.notePeak(at: MonotonicClock.now())
                    return .run(next, wakes: findWorker(&state))
                }
                if !state.isStopped {
                    state.idle += 1
                    isIdle = true
                    return nil
                }
            }
            // It may have been woken for what another has to do now.
            let wakes = findWorker(&state)
            state.alive -= 1
            state.freeNumbers.append(number)
            tracks.remove(ThreadRecord.track)
            return .end(wakes: wakes)
        }
    }
}
