// The threads that serve requests, or run sync functions off an event loop, and the queue before them.

internal import CInspectorSystem
internal import DequeModule
internal import Synchronization

/// A worker's own loop: while its request waits for a sub-thread, the worker sleeps here and does nothing else.
package final class WorkerLoop: TaskExecutor, JobRunner {
    fileprivate let loop = JobLoop()

    package func enqueue(_ job: consuming ExecutorJob) { loop.enqueue(UnownedJob(job), for: self) }

    package func run(_ job: UnownedJob, since: UInt64) { job.runSynchronously(on: asUnownedTaskExecutor()) }

    /// Runs `body` as a task on this thread, and returns when it has ended.
    fileprivate func run(_ body: @escaping @Sendable () async -> Void) {
        Task(executorPreference: self) {
            await body()
            self.loop.stop()
        }
        loop.run()
    }
}

/// A fixed number of threads, and a queue of requests that wait for one.
///
/// `@unchecked Sendable`: everything mutable is read and written with `lock` held.
package final class WorkerPool: @unchecked Sendable {
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
        case task(@Sendable () async -> Void)
        /// A plain function.
        case block(@Sendable () -> Void)
    }

    private let name: String
    private let lock = ThreadLock()
    private let tracks: TrackRegistry
    private let capacity: Int
    private var queue = Deque<Work>()
    private var wanted: Int
    private var alive = 0
    private var nextNumber = 1
    private var freeNumbers: [Int] = []
    private var idle = 0
    private var busy = 0
    /// Whether an idle worker was woken and has not got hold of the lock yet.
    private var isWaking = false
    private var isStopped = false

    /// Makes a pool.
    ///
    /// - Parameters:
    ///   - name: before the workers' numbers: `worker` gives `worker-1`.
    ///   - capacity: how much may wait; past it `submit` refuses.
    package init(name: String, workers: Int, tracks: TrackRegistry, capacity: Int = 16_384) {
        self.name = name
        self.wanted = max(1, workers)
        self.tracks = tracks
        self.capacity = capacity
    }

    /// How busy the pool is now.
    package var load: Load {
        lock.withLock { Load(workers: wanted, busy: busy, queued: queue.count) }
    }

    /// Gives work to the next free worker.
    ///
    /// - Returns: false when the pool was stopped, its queue is full, or no thread at all could be had.
    package func submit(_ work: Work) -> Bool {
        lock.lock()
        guard !isStopped, queue.count < capacity else {
            lock.unlock()
            return false
        }
        queue.append(work)
        let wakes = findWorker()
        let isTaken = alive > 0
        if !isTaken { queue.removeLast() }
        lock.unlock()
        if wakes { lock.signal() }
        return isTaken
    }

    /// Sees to it that what waits finds a worker; the lock is held.
    ///
    /// One is woken at a time: when it has taken its share and more waits, it wakes the next. Where a core is free that
    /// happens at once; where none is, those that run take what there is, without a change of threads for each.
    ///
    /// - Returns: whether an idle worker has to be woken, best once the lock is free.
    private func findWorker() -> Bool {
        guard !queue.isEmpty, !isWaking else { return false }
        if idle > 0 {
            isWaking = true
            return true
        }
        if alive < wanted { startWorker() }
        return false
    }

    /// Changes the number of workers; those too many end when they are idle next.
    package func resize(to workers: Int) {
        lock.withLock {
            wanted = max(1, workers)
            while alive < min(wanted, alive + queue.count), startWorker() {}
            lock.broadcast()
        }
    }

    /// Takes no more work, lets what is queued run, and ends the threads as they become idle.
    ///
    /// Does not wait.
    package func stop() {
        lock.withLock {
            isStopped = true
            lock.broadcast()
        }
    }

    /// Starts one more thread; the lock is held.
    @discardableResult
    private func startWorker() -> Bool {
        let number = freeNumbers.min() ?? nextNumber
        let name = "\(name)-\(number)"
        let track = ThreadRecord.newTrack()
        do throws(ThreadError) {
            try OwnThread.start(name, track: track, stackBytes: 4 << 20) { self.work(number) }
        } catch {
            return false
        }
        if let place = freeNumbers.firstIndex(of: number) { freeNumbers.remove(at: place) } else { nextNumber += 1 }
        alive += 1
        tracks.add(track, name)
        return true
    }

    private func work(_ number: Int) {
        let loop = WorkerLoop()
        lock.lock()
        while true {
            if alive > wanted { break }
            if let next = queue.popFirst() {
                busy += 1
                let wakes = findWorker()
                lock.unlock()
                if wakes { lock.signal() }
                switch next {
                case .task(let body): loop.run(body)
                case .block(let body): body()
                }
                lock.lock()
                busy -= 1
            } else if isStopped {
                break
            } else {
                idle += 1
                lock.wait()
                idle -= 1
                isWaking = false
            }
        }
        // It may have been woken for what another has to do now.
        if findWorker() { lock.signal() }
        alive -= 1
        freeNumbers.append(number)
        tracks.remove(ThreadRecord.track)
        lock.unlock()
        loop.loop.close()
    }
}
