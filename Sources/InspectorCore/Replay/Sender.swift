// Sends a plan to lanes on an absolute schedule, from a thread of its own, and counts what becomes of it.

internal import Synchronization

/// How far a replay has come.
package struct ReplayProgress: Sendable, Equatable {
    package var name = ""
    package var planned = 0
    /// Sent to every lane.
    package var sent = 0
    /// Due, and not sent yet.
    package var queued = 0
    /// Sent more than `Sender.lateness` after they were due.
    package var late = 0
    /// The longest such delay, in ns.
    package var maxLag: UInt64 = 0
    /// Sent, and not answered by every lane yet.
    package var inFlight = 0
    /// Answered by every lane, whatever the status.
    package var done = 0
    /// To which some lane gave no answer at all.
    package var failed = 0
    package var isStopped = false

    package init() {}

    /// Whether nothing more will happen.
    package var isOver: Bool { (isStopped || sent == planned) && inFlight == 0 }
}

/// Sends one plan.
package final class Sender: Sendable {
    /// What counts as late, in ns: 10 ms, well above what a busy machine needs to wake a thread.
    package static let lateness: UInt64 = 10_000_000

    private struct State {
        var progress = ReplayProgress()
        var nextItem = 0
        var onEnd: (@Sendable (ReplayProgress) -> Void)?
    }

    private let plan: Plan
    private let state: Mutex<State>
    private let origin: UInt64
    private let isStopped = Atomic<Bool>(false)
    private let bell = Bell()
    private let clients: [ExternalClient]
    private let numbers: RequestNumbers
    private let limit: Int

    /// Starts to send.
    ///
    /// - Parameters:
    ///   - urls: the lanes' own addresses; each request goes to all of them, with the same number.
    ///   - limit: how many requests may be in flight; more wait, and are counted as queued.
    ///   - onEnd: called once, on any thread, when all is over.
    /// - Throws: `ThreadError`.
    package init(
        _ plan: Plan, to urls: [String], numbers: RequestNumbers, limit: Int = 2000,
        onEnd: (@Sendable (ReplayProgress) -> Void)? = nil
    ) throws(ThreadError) {
        self.plan = plan
        self.numbers = numbers
        self.limit = max(1, limit)
        var options = ExternalClient.Options()
        options.timeout = .seconds(120)
        clients = urls.map { ExternalClient("replay", baseURL: $0, options: options) }
        var progress = ReplayProgress()
        progress.name = plan.name
        progress.planned = plan.items.count
        state = Mutex(State(progress: progress, onEnd: onEnd))
        // A moment ahead, so that the first request is not late for the thread's own start.
        origin = MonotonicClock.now() + 2_000_000
        try OwnThread.start("replay-sender") { [self] in run() }
    }

    /// How far it has come.
    ///
    /// May be called from any thread.
    package var progress: ReplayProgress {
        let elapsed = MonotonicClock.now()
        return state.withLock { state in
            var progress = state.progress
            var index = state.nextItem
            while !progress.isStopped, index < plan.items.count, origin + plan.items[index].due <= elapsed {
                index += 1
            }
            progress.queued = progress.isStopped ? 0 : index - state.nextItem
            return progress
        }
    }

    /// Sends nothing more; what is in flight goes on.
    package func stop() {
        isStopped.store(true, ordering: .relaxed)
        bell.ring()
    }

    private func run() {
        for (index, item) in plan.items.enumerated() {
            let due = origin + item.due
            // Until the moment, never for a difference: a late wake-up must not make the next one late too.
            while !isStopped.load(ordering: .relaxed) {
                let now = MonotonicClock.now()
                let isFull = state.withLock { $0.progress.inFlight >= limit }
                if now >= due, !isFull { break }
                bell.wait(seconds: now < due ? Double(due - now) / 1e9 : 0.05)
            }
            if isStopped.load(ordering: .relaxed) { break }
            send(item.request, index, due)
        }
        state.withLock { $0.progress.isStopped = $0.progress.sent < plan.items.count }
        endIfOver()
    }

    private func send(_ request: RecordedRequest, _ index: Int, _ due: UInt64) {
        let lag = MonotonicClock.now() - due
        state.withLock { state in
            state.nextItem = index + 1
            state.progress.sent += 1
            state.progress.inFlight += 1
            if lag > Sender.lateness { state.progress.late += 1 }
            state.progress.maxLag = max(state.progress.maxLag, lag)
        }
        let number = numbers.take()
        var headers = request.headers
        headers[RequestNumbers.headerName] = numbers.headerValue(for: number)
        let waiting = Waiting(clients.count)
        for client in clients {
            client.send(request.method, request.target, headers: headers, body: request.body) { answer in
                var isAnswer = false
                if case .success = answer { isAnswer = true }
                guard let all = waiting.ended(isAnswer) else { return }
                self.finish(isAnswered: all)
            }
        }
    }

    private func finish(isAnswered: Bool) {
        state.withLock { state in
            state.progress.inFlight -= 1
            if isAnswered { state.progress.done += 1 } else { state.progress.failed += 1 }
        }
        bell.ring()
        endIfOver()
    }

    private func endIfOver() {
        let (progress, onEnd) = state.withLock { state in
            guard state.progress.isOver else { return (state.progress, nil as (@Sendable (ReplayProgress) -> Void)?) }
            defer { state.onEnd = nil }
            return (state.progress, state.onEnd)
        }
        guard progress.isOver else { return }
        for client in clients { client.stop() }
        onEnd?(progress)
    }

    /// Counts a request's answers from several lanes.
    private final class Waiting: Sendable {
        private let state: Mutex<(left: Int, isAnswered: Bool)>

        init(_ count: Int) { state = Mutex((count, true)) }

        /// Whether all lanes answered, once the last has; nil before.
        func ended(_ isAnswer: Bool) -> Bool? {
            state.withLock { state in
                state.left -= 1
                state.isAnswered = state.isAnswered && isAnswer
                return state.left == 0 ? state.isAnswered : nil
            }
        }
    }
}
