// Where functions run, besides the thread that dispatches: what a lane gives its dispatchers.

internal import NIOCore
internal import Synchronization

/// The threads and loops of a lane.
package struct LaneExecutors: Sendable {
    /// Runs sync functions in `native` mode.
    let pool: WorkerPool
    /// The connection's own: runs async functions in `native` mode, and everyone's deadlines.
    let queue: LoopQueue
    /// What the request's own dispatch runs on in `native` mode.
    let dispatching: LoopExecutor?
    /// Loops that are kept between requests, when the app asks for that.
    let loops: LoopPool
    let background: BackgroundTasks
}

/// The loops of one request's async calls, as the app's policy has them.
final class RequestLoops: Sendable {
    private let policy: SubThreadPolicy
    private let pool: LoopPool
    private let own = Mutex<LoopThread?>(nil)
    private let heldWorker = Mutex<WorkerLoop?>(nil)

    init(policy: SubThreadPolicy, pool: LoopPool) {
        self.policy = policy
        self.pool = pool
    }

    /// The worker that the request holds, as the loop on which middleware runs; set when it has one.
    var worker: WorkerLoop? {
        get { heldWorker.withLock(\.self) }
        set { heldWorker.withLock { $0 = newValue } }
    }

    /// A place for a call.
    ///
    /// - Parameter name: for a thread that is made for the request.
    /// - Throws: `ThreadError`.
    func take(name: String) throws(ThreadError) -> SubThreadSource {
        switch policy {
        case .perCall: return .new
        case .pool: return .kept(try pool.take())
        case .perRequest:
            if let known = own.withLock(\.self) { return .kept(known) }
            let made = try LoopThread.start(name)
            own.withLock { $0 = made }
            return .kept(made)
        }
    }

    /// Takes the place of a call back.
    func giveBack(_ place: SubThreadSource) {
        guard case .kept(let thread) = place, case .pool(let kept) = policy else { return }
        pool.giveBack(thread, kept: kept)
    }

    /// Forgets a place whose call was left to itself: it ends with that call.
    func forget(_ place: SubThreadSource) {
        guard case .kept = place, policy == .perRequest else { return }
        own.withLock { $0 = nil }
    }

    /// The request has ended.
    func end() { own.withLock { $0 }?.stop() }
}

/// The background tasks of a lane, bounded.
package final class BackgroundTasks: Sendable {
    /// How many may run at a time.
    static let limit = 64

    private struct State {
        var running: [UInt64: CallControl] = [:]
        var next: UInt64 = 0
        var isStopped = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Makes room for one more; nil when there is none.
    func begin(_ control: CallControl) -> UInt64? {
        state.withLock { state in
            guard !state.isStopped, state.running.count < BackgroundTasks.limit else { return nil }
            state.next += 1
            state.running[state.next] = control
            return state.next
        }
    }

    func end(_ number: UInt64) { state.withLock { $0.running[number] = nil } }

    /// Cancels them all.
    package func stop() {
        let running = state.withLock { state in
            state.isStopped = true
            return Array(state.running.values)
        }
        for control in running { control.cancel() }
    }
}
