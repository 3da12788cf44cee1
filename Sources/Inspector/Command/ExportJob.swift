// An export on a thread of its own: the dashboard goes on meanwhile, shows how far it is, and can stop it.

internal import InspectorCore
internal import Synchronization

/// One export that runs.
final class ExportJob: Sendable {
    private struct State {
        var done = 0
        var result: String?
    }

    /// How many requests are to be written.
    let total: Int
    private let state = Mutex(State())
    private let isStopped = Atomic<Bool>(false)

    /// Begins to run `body`, which says what came of it.
    ///
    /// - Parameter body: asks before each request whether to go on, by which the job knows how far it is.
    /// - Throws: `ThreadError`.
    init(total: Int, body: @escaping @Sendable (_ goesOn: () -> Bool) -> String) throws(ThreadError) {
        self.total = total
        try OwnThread.start("export") { [self] in
            let result = body { [self] in
                state.withLock { $0.done += 1 }
                return !isStopped.load(ordering: .relaxed)
            }
            state.withLock { $0.result = result }
        }
    }

    /// How many requests it has come to, and what came of it once it is over.
    var progress: (done: Int, result: String?) { state.withLock { ($0.done, $0.result) } }

    /// Leaves nothing behind of what it has begun to write.
    func stop() { isStopped.store(true, ordering: .relaxed) }
}
