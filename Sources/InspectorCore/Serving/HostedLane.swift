// One app of this process, served under one mode: its workers, its numbers, its state.

internal import NIOCore
internal import Synchronization

/// An event loop, without its library's name.
package struct ServingLoop: Sendable {
    let queue: LoopQueue
}

/// An app served under one mode.
///
/// Its mode may be changed while it serves: a request runs as the mode was when it was accepted.
package final class HostedLane: ServingLane {
    package let id: LaneID
    package let app: FrozenApp
    package let log: EventLog
    package let workers: WorkerPool

    package var errorForm: ErrorForm { app.table.options.errors }

    private let ownTracks: TrackRegistry
    private let name: String?
    private let functionPool: WorkerPool
    private let loops: LoopPool
    private let background = BackgroundTasks()
    private let numbers: RequestNumbers
    private let modeState: Mutex<ExecutionMode>
    private let isRecording: Bool
    private let exchanges: ExchangeStore?
    private let problems = Mutex<[String]>([])
    private let hasEnded = Atomic(false)

    /// Makes a lane; its threads start with the first requests.
    ///
    /// - Parameters:
    ///   - name: what screens and reports call it; nil to call it by its mode.
    ///   - isRecording: off for what is not to be shown: the simulated API.
    ///   - exchanges: where heads and bodies are kept, if they are.
    package init(
        id: LaneID, name: String? = nil, app: FrozenApp, mode: ExecutionMode, workers: Int, log: EventLog,
        numbers: RequestNumbers,
        tracks: TrackRegistry = TrackRegistry(), isRecording: Bool = true, namePrefix: String = "",
        exchanges: ExchangeStore? = nil
    ) {
        self.id = id
        self.name = name
        self.app = app
        self.log = log
        self.numbers = numbers
        ownTracks = tracks
        self.isRecording = isRecording
        self.exchanges = exchanges
        modeState = Mutex(mode)
        self.workers = WorkerPool(name: namePrefix + "worker", workers: workers, tracks: tracks)
        functionPool = WorkerPool(name: namePrefix + "pool", workers: 32, tracks: tracks)
        loops = LoopPool(name: namePrefix + "kept-loop", tracks: tracks)
    }

    /// How requests accepted from now on are run.
    package var mode: ExecutionMode {
        get { modeState.withLock { $0 } }
        set { modeState.withLock { $0 = newValue } }
    }

    package var description: LaneDescription { LaneDescription(id: id, kind: .hosted(mode), name: name) }

    /// Nil while it runs `native`: no request waits for a worker then.
    package var pool: WorkerPool? { mode == .native ? nil : workers }

    package var tracks: TrackRegistry? { ownTracks }

    package var runsOnServerLoops: Bool { mode == .native }

    package var modes: [ExecutionMode] { ExecutionMode.allCases }

    package func takesBody(comingWith request: IncomingRequest) -> Bool {
        app.bodyLimit(method: request.method, target: request.target) != nil
    }

    package func setMode(_ mode: ExecutionMode) { self.mode = mode }

    /// What the app's functions after the last request failed by, a sentence each.
    package var stopProblems: [String] { problems.withLock { $0 } }

    /// Runs what the app does before its first request, and returns when it has ended.
    ///
    /// - Throws: `StartFailed`.
    package func start() throws(StartFailed) { try app.start() }

    package func stop() {
        guard !hasEnded.exchange(true, ordering: .relaxed) else { return }
        app.stop { [self] words in problems.withLock { $0.append(words) } }
        background.stop()
        workers.stop()
        functionPool.stop()
        loops.stop()
    }

    package func respond(
        to incoming: IncomingRequest, on place: ServingLoop, reply: @escaping @Sendable (DispatchResult) -> Void
    ) -> InFlight {
        let mode = mode
        let id = RequestID(number: incoming.number ?? numbers.take(), lane: id)
        let summary = RequestSummary(
            number: id.number, lane: LaneDescription(id: self.id, kind: .hosted(mode), name: name),
            method: incoming.method, target: incoming.target, accepted: incoming.accepted,
            began: incoming.arrival?.counted, context: incoming.headers.traceContext(for: id))
        let log = isRecording ? self.log.open(summary) : EventLog.unrecorded(summary: summary)
        log.recordAcceptance(of: incoming, on: place)
        var headers = incoming.headers
        headers[RequestNumbers.headerName] = nil
        let dispatching = mode == .native ? LoopExecutor(queue: place.queue, dispatching: id) : nil
        let executors = LaneExecutors(
            pool: functionPool, queue: place.queue, dispatching: dispatching, loops: loops, background: background)
        let coming = bodyStream(of: incoming, log: log)
        let request = Request(
            method: incoming.method, target: incoming.target, headers: headers,
            body: coming == nil ? incoming.body : [],
            mode: mode,
            app: app, executors: executors, log: log, hold: incoming.hold,
            coming: coming, client: incoming.client)
        if app.table.options.cancelsWhenClientGoes { request.allowStop() }
        let dispatcher = Dispatcher(request: request)
        let kept = log.isRecording ? exchanges : nil
        kept?.begin(id, request: incoming, headers: OwnHeaders.left(out: headers))
        let reply = Reply { result in
            kept?.end(id, response: result.answer)
            if incoming.coming != nil, let taken = coming?.taken {
                kept?.take(id, requestBody: Exchange.Body(bytes: taken.kept, length: taken.count))
            }
            reply(result)
        }
        switch mode {
        case .native:
            Task(executorPreference: dispatching) { await dispatcher.run(reply, worker: nil) }
        case .sync, .async:
            let queued = log.begin(.queued, at: incoming.accepted)
            let isTaken = workers.submit(
                .task { worker in
                    log.end(.queued, span: queued)
                    await dispatcher.run(reply, worker: worker)
                })
            if !isTaken {
                log.end(.queued, span: queued, outcome: .failed)
                reply.send(
                    .response(
                        HTTPError(.serviceUnavailable, message: "The queue before the workers is full.")
                            .makeResponse(in: errorForm, accept: incoming.headers["Accept"])
                    ))
            }
        }
        return InFlight(log: log, requests: [request])
    }

    /// The body for a route that reads it while it comes; nil for any other.
    private func bodyStream(of incoming: IncomingRequest, log: RequestLog) -> BodyStream? {
        // Most requests have no body, and need not be matched once more for it.
        guard incoming.coming != nil || !incoming.body.isEmpty,
            let limit = app.bodyLimit(method: incoming.method, target: incoming.target)
        else { return nil }
        // Mirrored, or out of a file: it is here already.
        guard let coming = incoming.coming else { return BodyStream(incoming.body, limit: limit, log: log) }
        return BodyStream(
            coming.pipe, announced: coming.length, limit: limit,
            kept: isRecording && exchanges != nil ? ExchangeStore.bodyLimit : 0, log: log,
            trouble: { coming.trouble.error })
    }

    /// A number for a request of our own, and the header by which that request says so.
    func takeNumber() -> UInt64 { numbers.take() }

    func headerValue(for number: UInt64) -> String { numbers.headerValue(for: number, sentAt: MonotonicClock.now()) }

    /// Takes the number that the request brought along, if it is one of ours.
    package func numbered(request: IncomingRequest) -> IncomingRequest {
        var request = request
        numbers.take(from: &request)
        return request
    }
}
