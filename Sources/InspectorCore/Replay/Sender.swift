// Sends a plan to lanes on an absolute schedule, from a thread of its own, and counts what becomes of it.

internal import Synchronization

/// A lane that requests are sent to.
package struct ReplayTarget: Sendable {
    /// Where it takes requests.
    package let url: String
    package let lane: LaneDescription
    /// How many workers its requests wait for; nil where there are none, or they are not known.
    package let workers: Int?
    /// What a thread of the lane is called, by its number; may be called from any thread.
    let threadName: @Sendable (UInt32) -> String?

    package init(
        url: String, lane: LaneDescription, workers: Int?,
        threadName: @escaping @Sendable (UInt32) -> String? = { _ in nil }
    ) {
        self.url = url
        self.lane = lane
        self.workers = workers
        self.threadName = threadName
    }
}

/// Sends one plan.
///
/// Every function may be called from any thread.
package final class Sender: Sendable {
    /// What counts as late, in ns: 10 ms, well above what a busy machine needs to wake a thread.
    package static let lateness: UInt64 = 10_000_000

    private struct State {
        var progress = ReplayProgress()
        var schedule: Schedule
        /// The place of the next request.
        var next = 0
        /// How many are to be sent though the schedule stands still.
        var steps = 0
        /// Of the bodies in flight, those to be compared with included.
        var bytesInFlight = 0
        var outcomes: [LaneOutcome]
        /// Numbers whose traces are still to come, and from how many lanes.
        var awaited: [UInt64: Int] = [:]
        var onEnd: (@Sendable (ReplayProgress) -> Void)?
    }

    private let plan: Plan
    private let options: ReplayOptions
    private let state: Mutex<State>
    private let origin: UInt64
    private let isStopped = Atomic<Bool>(false)
    private let bell = Bell()
    private let clients: [ExternalClient]
    private let threadNames: [@Sendable (UInt32) -> String?]
    private let numbers: RequestNumbers
    private let run: String

    /// Starts to send.
    ///
    /// - Parameters:
    ///   - targets: the lanes' own addresses; each request goes to all of them, with the same number.
    ///   - part: where in the plan's time it begins, 0 to 1.
    ///   - onEnd: called once, on any thread, when all is over.
    /// - Throws: `ThreadError`.
    package init(
        plan: Plan, to targets: [ReplayTarget], numbers: RequestNumbers, options: ReplayOptions = ReplayOptions(),
        from part: Double = 0, onEnd: (@Sendable (ReplayProgress) -> Void)? = nil
    ) throws(ThreadError) {
        self.plan = plan
        self.numbers = numbers
        self.options = options
        run = String(UInt32.random(in: .min ... .max), radix: 36)
        var client = ExternalClient.Options()
        client.timeout = .seconds(120)
        client.connectionsPerHost = max(8, min(8192, options.limit))
        client.localAddress = OwnAddress.text
        threadNames = targets.map(\.threadName)
        clients = targets.map { ExternalClient("replay", baseURL: $0.url, options: client) }
        var progress = ReplayProgress()
        progress.name = plan.name
        progress.planned = plan.items.count
        progress.length = plan.length
        progress.lanes = targets.map(\.lane.id)
        // A moment ahead, so that the first request is not late for the thread's own start.
        origin = MonotonicClock.now() + 2_000_000
        state = Mutex(
            State(
                progress: progress, schedule: Schedule(startingAt: origin),
                outcomes: targets.map { LaneOutcome(lane: $0.lane, workers: $0.workers) }, onEnd: onEnd))
        if part > 0 { seek(to: part) }
        try OwnThread.start("replay-sender") { [self] in send() }
    }

    /// How far it has come.
    package var progress: ReplayProgress {
        let now = MonotonicClock.now()
        return state.withLock { state in
            var progress = state.progress
            progress.isPaused = state.schedule.isPaused
            progress.speed = state.schedule.speed
            progress.time = min(progress.length, state.schedule.time(at: now))
            if !progress.isStopped, !progress.isPaused, plan.pace == .original {
                progress.queued = max(0, plan.place(after: state.schedule.time(at: now)) - state.next)
            }
            return progress
        }
    }

    /// What became of it, lane by lane.
    package var outcomes: [LaneOutcome] { state.withLock { $0.outcomes } }

    /// How many requests' traces are still to come.
    package var awaitedTraces: Int { state.withLock { $0.awaited.count } }

    // MARK: Transport

    /// Sends nothing more; what is in flight goes on.
    package func stop() {
        isStopped.store(true, ordering: .relaxed)
        bell.ring()
    }

    /// Stands still, or goes on.
    package func pauseOrGoOn() {
        let now = MonotonicClock.now()
        change { if $0.schedule.isPaused { $0.schedule.goOn(at: now) } else { $0.schedule.pause(at: now) } }
    }

    /// Sends the next request, and stands still before the one after it.
    package func step() {
        let now = MonotonicClock.now()
        change { state in
            if !state.schedule.isPaused { state.schedule.pause(at: now) }
            state.steps += 1
        }
    }

    /// Goes to a part of the whole, 0 to 1; nowhere where `part` is not a number.
    package func seek(to part: Double) {
        guard !part.isNaN else { return }
        let now = MonotonicClock.now()
        // The length of a long plan is not an exact `Double`.
        let time =
            part >= 1 ? plan.length : min(plan.length, UInt64(saturating: max(0, part) * Double(plan.length)))
        change { state in
            state.schedule.seek(to: time, at: now)
            let next = time == 0 ? 0 : plan.place(after: time - 1)
            // What is passed over is not to be sent any more, and what is gone back to is sent again.
            state.progress.planned += state.next - next
            state.next = next
        }
    }

    /// Twice as fast is 2.
    package func setSpeed(_ speed: Double) {
        let now = MonotonicClock.now()
        change { $0.schedule.setSpeed(speed, at: now) }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
        bell.ring()
    }

    /// Takes a trace of one of its requests: queue time, and where the time went.
    ///
    /// - Returns: whether the trace is of one of its requests.
    @discardableResult
    package func take(_ trace: Trace) -> Bool {
        guard trace.done != nil else { return false }
        return state.withLock { state in
            guard let lane = state.outcomes.firstIndex(where: { $0.lane.id == trace.id.lane }),
                let left = state.awaited[trace.id.number]
            else { return false }
            state.awaited[trace.id.number] = left > 1 ? left - 1 : nil
            state.outcomes[lane].add(trace, threadName: threadNames[lane])
            return true
        }
    }

    // MARK: Sending

    /// What to do next.
    private enum Turn {
        case send(Int, due: UInt64)
        case drop
        case wait(Double)
        case end
    }

    private func send() {
        while !isStopped.load(ordering: .relaxed) {
            let now = MonotonicClock.now()
            let next = state.withLock { (state) -> Turn in turn(&state, now: now) }
            switch next {
            case .send(let place, let due): send(plan.items[place], place: place, due: due)
            case .drop: continue
            case .wait(let seconds): bell.wait(seconds: seconds)
            case .end:
                // While the last are in flight somebody may still go back.
                let isOver = state.withLock { state in
                    if state.progress.inFlight == 0 { state.progress.isSent = true }
                    return state.progress.isSent
                }
                if isOver {
                    endIfOver()
                    return
                }
                bell.wait(seconds: 0.05)
            }
        }
        state.withLock { $0.progress.isStopped = true }
        endIfOver()
    }

    private func turn(_ state: inout State, now: UInt64) -> Turn {
        guard state.next < plan.items.count else { return .end }
        let isFull = state.progress.inFlight >= options.limit || state.bytesInFlight >= options.byteLimit
        if plan.pace != .original {
            guard !state.schedule.isPaused || state.steps > 0 else { return .wait(0.1) }
            if isFull { return .wait(0.05) }
            if state.schedule.isPaused { state.steps -= 1 }
            return take(&state, due: now)
        }
        guard let due = state.schedule.due(time: plan.items[state.next].due) else {
            guard state.steps > 0 else { return .wait(0.1) }
            state.steps -= 1
            // What is sent by hand is due when it is asked for; the plan's time follows it.
            state.schedule.seek(to: plan.items[state.next].due, at: now)
            return take(&state, due: now)
        }
        guard now >= due else { return .wait(Double(due - now) / 1e9) }
        if isFull {
            guard options.dropsWhenFull else { return .wait(0.05) }
            state.next += 1
            state.progress.dropped += 1
            for lane in state.outcomes.indices { state.outcomes[lane].dropped += 1 }
            return .drop
        }
        return take(&state, due: due)
    }

    private func take(_ state: inout State, due: UInt64) -> Turn {
        let place = state.next
        state.next += 1
        return .send(place, due: due)
    }

    private func send(_ item: Plan.Item, place: Int, due: UInt64) {
        let isMeasured = place >= options.warmUp
        let request: RecordedRequest
        do throws(RecordedRequest.Refusal) { request = try changed(plan.request(item), place: place) } catch {
            fail(error.reason)
            return
        }
        let number = numbers.take()
        var headers = request.headers
        let bytes = request.body.count + (request.response?.body?.count ?? 0)
        let isSafe = RequestRules.isSafe(method: request.method)
        let sent = MonotonicClock.now()
        // Timed from when it was due, as the report does: what a late sender adds is a part of what a client would see.
        headers[RequestNumbers.headerName] = numbers.headerValue(for: number, sentAt: due)
        state.withLock { state in
            state.progress.sent += 1
            state.progress.inFlight += 1
            state.bytesInFlight += bytes
            let lag = sent.subtractingSaturated(due)
            if lag > Sender.lateness { state.progress.late += 1 }
            state.progress.maxLag = max(state.progress.maxLag, lag)
            if isMeasured { state.awaited[number] = clients.count }
            for lane in state.outcomes.indices {
                state.outcomes[lane].sent += 1
                if !isSafe { state.outcomes[lane].changes += 1 }
                guard isMeasured else { continue }
                state.outcomes[lane].lag.add(lag)
                if lag > Sender.lateness { state.outcomes[lane].late += 1 }
            }
        }
        let waiting = Waiting(clients.count)
        for (lane, client) in clients.enumerated() {
            client.send(request.method, path: request.target, headers: headers, body: request.body) { given, head in
                let end = MonotonicClock.now()
                let answer = ProxyStatus.answer(of: given)
                let differs = self.count(
                    answer: answer, of: request, lane: lane, number: number, due: due, sent: sent, head: head, end: end,
                    isMeasured: isMeasured)
                var isAnswer = false
                if case .success = answer { isAnswer = true }
                guard let all = waiting.ended(isAnswer, differs: differs) else { return }
                self.finish(isAnswered: all.isAnswered, differs: all.differs, bytes: bytes)
            }
        }
    }

    /// The request as it goes out: a host of its own if wanted, headers set and taken away, where it comes from.
    private func changed(_ request: RecordedRequest, place: Int) throws(RecordedRequest.Refusal) -> RecordedRequest {
        var changes = options.headers
        if options.keepsHost, let host = request.host { changes.append(("Host", host)) }
        changes.append(("X-Inspector-Replay", "\(run)/\(place + 1)"))
        if let model = options.model {
            changes.append(
                (RecordedShape.headerName, RecordedShape.header(request: request, model: model, place: place)))
        }
        return try request.with(changes)
    }

    /// A request that could not be sent at all.
    private func fail(_ reason: String) {
        state.withLock { state in
            state.progress.sent += 1
            state.progress.failed += 1
            for lane in state.outcomes.indices {
                state.outcomes[lane].sent += 1
                state.outcomes[lane].failed += 1
                state.outcomes[lane].failures[reason, default: 0] += 1
            }
        }
    }

    /// Counts an answer of one lane; whether it differs from the recorded one.
    private func count(
        answer: Result<ExternalResponse, any Error>, of request: RecordedRequest, lane: Int, number: UInt64,
        due: UInt64, sent: UInt64, head: UInt64?, end: UInt64, isMeasured: Bool
    ) -> Bool {
        var difference: ResponseDifference?
        // A model's bodies are only as long as the recorded ones.
        if case .success(let response) = answer, options.compares, options.model == nil {
            difference = ResponseDifference.between(
                request: request, status: response.status, body: response.body,
                contentEncoding: response.headers["Content-Encoding"],
                contentType: response.headers["Content-Type"], ignoring: options.ignoredMembers,
                redaction: options.redaction)
        }
        let route = request.method + " " + request.target.prefix { $0 != "?" }
        let origin = origin
        state.withLock { state in
            state.outcomes[lane].elapsed = max(state.outcomes[lane].elapsed, end.subtractingSaturated(origin))
            switch answer {
            case .failure(let error):
                state.outcomes[lane].failed += 1
                // By reason alone: with the address in it each request would be a reason of its own.
                state.outcomes[lane].failures[(error as? CallError)?.reason ?? "\(error)", default: 0] += 1
                state.awaited[number] = nil
            case .success(let response):
                state.outcomes[lane].answered(status: response.status, difference: difference)
                guard isMeasured else { return }
                state.outcomes[lane].measured(
                    request: SentRequest(
                        number: number, request: route, status: response.status,
                        due: due.subtractingSaturated(origin), sent: sent.subtractingSaturated(origin),
                        firstByte: head.map { $0.subtractingSaturated(origin) },
                        end: end.subtractingSaturated(origin)))
            }
        }
        return difference != nil
    }

    private func finish(isAnswered: Bool, differs: Bool, bytes: Int) {
        state.withLock { state in
            state.progress.inFlight -= 1
            state.bytesInFlight -= bytes
            if isAnswered { state.progress.done += 1 } else { state.progress.failed += 1 }
            if differs { state.progress.differ += 1 }
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
        private let state: Mutex<(left: Int, isAnswered: Bool, differs: Bool)>

        init(_ count: Int) { state = Mutex((count, true, false)) }

        /// Whether all lanes answered, once the last has; nil before.
        func ended(_ isAnswer: Bool, differs: Bool) -> (isAnswered: Bool, differs: Bool)? {
            state.withLock { state in
                state.left -= 1
                state.isAnswered = state.isAnswered && isAnswer
                state.differs = state.differs || differs
                return state.left == 0 ? (state.isAnswered, state.differs) : nil
            }
        }
    }
}
