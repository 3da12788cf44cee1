// One app served under one mode: its workers, its numbers, its state.

internal import NIOCore
internal import Synchronization

/// Something that answers requests: a lane, or the front that mirrors into several.
package protocol Responder: Sendable {
    /// Takes `request`; `reply` is called once, on any thread, when it is answered and torn down.
    ///
    /// - Parameter place: where `native` code runs.
    /// - Returns: where the server records what happens to the connection meanwhile.
    func respond(
        to request: IncomingRequest, on place: LoopPlace, _ reply: @escaping @Sendable (DispatchResult) -> Void
    ) -> RequestLog
}

/// An event loop, without its library's name.
package struct LoopPlace: Sendable {
    let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }
}

/// An app served under one mode.
///
/// Its mode may be changed while it serves: a request runs as the mode was when it was accepted.
package final class Lane: Responder {
    package let id: LaneID
    package let app: FrozenApp
    package let log: EventLog
    package let tracks: TrackRegistry
    package let pool: WorkerPool

    private let functionPool: WorkerPool
    private let numbers: RequestNumbers
    private let modeState: Mutex<ExecutionMode>
    private let isRecording: Bool

    /// Makes a lane; its threads start with the first requests.
    ///
    /// - Parameter isRecording: off for what is not to be shown: the simulated API.
    package init(
        id: LaneID, app: FrozenApp, mode: ExecutionMode, workers: Int, log: EventLog, numbers: RequestNumbers,
        tracks: TrackRegistry = TrackRegistry(), isRecording: Bool = true, namePrefix: String = ""
    ) {
        self.id = id
        self.app = app
        self.log = log
        self.numbers = numbers
        self.tracks = tracks
        self.isRecording = isRecording
        modeState = Mutex(mode)
        pool = WorkerPool(name: namePrefix + "worker", workers: workers, tracks: tracks)
        functionPool = WorkerPool(name: namePrefix + "pool", workers: 32, tracks: tracks)
    }

    /// How requests accepted from now on are run.
    package var mode: ExecutionMode {
        get { modeState.withLock { $0 } }
        set { modeState.withLock { $0 = newValue } }
    }

    /// Lets the threads end once their work is done.
    package func stop() {
        pool.stop()
        functionPool.stop()
    }

    package func respond(
        to incoming: IncomingRequest, on place: LoopPlace, _ reply: @escaping @Sendable (DispatchResult) -> Void
    ) -> RequestLog {
        let mode = mode
        let id = RequestID(number: incoming.number ?? numbers.take(), lane: id)
        let summary = RequestSummary(
            id: id, mode: mode, method: incoming.method, target: incoming.target, accepted: incoming.accepted)
        let log = isRecording ? self.log.open(summary) : EventLog.unrecorded(summary)
        log.instant(.accepted, at: incoming.accepted)
        var headers = incoming.headers
        headers[RequestNumbers.headerName] = nil
        let request = Request(
            method: incoming.method, target: incoming.target, headers: headers, body: incoming.body, mode: mode,
            log: log)
        switch mode {
        case .native:
            let dispatcher = Dispatcher(app, request, Places(pool: functionPool, eventLoop: place.eventLoop))
            Task(executorPreference: place.eventLoop.makeDispatchExecutor()) { reply(await dispatcher.run()) }
        case .sync, .async:
            let dispatcher = Dispatcher(app, request, Places(pool: functionPool, eventLoop: nil))
            let queued = log.begin(.queued, at: incoming.accepted)
            let isTaken = pool.submit(
                .task {
                    log.end(.queued, queued)
                    reply(await dispatcher.run())
                })
            if !isTaken {
                log.end(.queued, queued, .failed)
                reply(
                    .response(
                        HTTPError(.serviceUnavailable, message: "The queue before the workers is full.").makeResponse()
                    ))
            }
        }
        return log
    }

    /// Takes the number that the request brought along, if it is one of ours.
    package func numbered(_ request: IncomingRequest) -> IncomingRequest {
        var request = request
        request.number = request.number ?? numbers.number(in: request.headers)
        return request
    }
}
