// One external call on its way: its spans, its answer, its cancellation.

internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// Records one call and keeps its answer.
///
/// Safe from any thread.
final class CallFlight: Sendable {
    private struct State {
        var connecting: SpanID
        var answer: Result<ExternalResponse, any Error>?
        var cancel: (@Sendable () -> Void)?
        var isCancelled = false
        var isEnded = false
        var headTime: UInt64?
    }

    let call: String
    /// Where it goes, for messages.
    private let address: String
    /// The request for which the call is made; nil outside of one.
    let requestNumber: UInt64?

    /// What the call carries, so that its server's spans are found under it (W3C Trace Context); nil outside of a request.
    var traceFields: (traceparent: String, tracestate: String)? {
        log.map { ($0.summary.context.traceparent(in: span), $0.summary.context.state) }
    }

    private let log: RequestLog?
    private let kind: EventKind
    private let span: SpanID
    private let task: UInt32
    private let flags: Event.Flags
    private let state: Mutex<State>

    init(call: String, to address: String, isBlocking: Bool) {
        self.call = call
        self.address = address
        let context = TaskContext.current
        log = context?.call.log
        requestNumber = log?.summary.id.number
        kind = isBlocking ? .blocked : .await
        task = CurrentTask.short
        flags = context?.flagsNow ?? []
        let now = MonotonicClock.now()
        span =
            log?.begin(
                kind, label: log?.own(text: call) ?? .none, parent: context?.span ?? .none,
                value: Int64(AwaitKind.http.rawValue),
                flags: flags, task: task, at: now) ?? .none
        let connecting = log?.begin(.connecting, parent: span, flags: flags, task: task, at: now) ?? .none
        state = Mutex(State(connecting: connecting))
    }

    func setCancel(_ cancel: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.cancel = cancel
            return state.isCancelled
        }
        if isLate { cancel() }
    }

    func cancel() {
        let cancel = state.withLock { state in
            state.isCancelled = true
            return state.cancel
        }
        cancel?()
    }

    /// A connection was had, and the request's head sent on it.
    func connected() { endConnecting(.done) }

    /// The answer's head came.
    func gotHead() { state.withLock { $0.headTime = MonotonicClock.now() } }

    /// When it did, by `MonotonicClock`.
    var headTime: UInt64? { state.withLock { $0.headTime } }

    /// The call is over.
    func finish(_ result: Result<CallDelegate.Answer, any Error>) {
        switch result {
        case .success(let answer):
            let response = ExternalResponse(
                status: answer.status, headers: answer.headers, body: answer.body, call: call)
            state.withLock { $0.answer = .success(response) }
            end(.done, value: Int64(answer.status))
        case .failure(let error):
            fail(error)
        }
    }

    func fail(_ error: any Error) {
        if state.withLock({ $0.isCancelled }) || (error as? HTTPClientError) == .cancelled {
            state.withLock { $0.answer = .failure(CancellationError()) }
            end(.cancelled)
            return
        }
        let isLate = [.deadlineExceeded, .readTimeout, .connectTimeout].contains(error as? HTTPClientError)
        let failure =
            error as? CallError
            ?? CallError(
                kind: isLate ? CallError.callTimeout : CallError.connectionError, call: call,
                reason: reason(error: error))
        state.withLock { $0.answer = .failure(failure) }
        end(isLate ? .timedOut : .failed, detail: log?.own(text: failure.reason) ?? .none)
    }

    /// What came of it.
    ///
    /// - Throws: `CallError` or `CancellationError`.
    func answer() throws -> ExternalResponse {
        let answer = state.withLock { $0.answer }
        return try (answer ?? .failure(CancellationError())).get()
    }

    private func end(_ outcome: Outcome, detail: Label = .none, value: Int64 = 0) {
        endConnecting(outcome)
        let isFirst = state.withLock { state in
            defer { state.isEnded = true }
            return !state.isEnded
        }
        if isFirst { log?.end(kind, span: span, outcome: outcome, detail: detail, value: value, task: task) }
    }

    private func endConnecting(_ outcome: Outcome) {
        let span = state.withLock { state in
            defer { state.connecting = .none }
            return state.connecting
        }
        log?.end(.connecting, span: span, outcome: outcome, task: task)
    }

    private func reason(error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded:
            "it took longer than the client's timeout"
        case let error as HTTPClientError where error == .connectTimeout:
            "no connection to \(address) could be made in time"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            "\(address) closed the connection"
        case let error as IOError:
            "no connection to \(address) could be made or kept (\(String(cString: strerror(error.errnoCode))))"
        case is NIOConnectionError: "no connection to \(address) could be made"
        // Whoever reads it has to know which service was called, whatever the library calls the fault.
        case let error as ChannelError: "the connection to \(address) was closed (\(error))"
        default: "\(error) (\(address))"
        }
    }
}

/// Collects one answer.
///
/// Called on the client's own event loop, one call at a time.
final class CallDelegate: HTTPClientResponseDelegate {
    struct Answer: Sendable {
        var status = 0
        var headers = Headers()
        var body: [UInt8] = []
    }

    typealias Response = Answer

    private let flight: CallFlight
    private let bodyLimit: Int
    private let answer = Mutex(Answer())

    init(flight: CallFlight, bodyLimit: Int) {
        self.flight = flight
        self.bodyLimit = bodyLimit
    }

    func didSendRequestHead(task: HTTPClient.Task<Answer>, _ head: HTTPRequestHead) { flight.connected() }

    func didReceiveHead(task: HTTPClient.Task<Answer>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        flight.gotHead()
        answer.withLock { answer in
            answer.status = Int(head.status.code)
            answer.headers = Headers(head.headers.map { Headers.Field($0.name, $0.value) })
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Answer>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let fits = answer.withLock { answer in
            guard answer.body.count + buffer.readableBytes <= bodyLimit else { return false }
            answer.body.append(contentsOf: buffer.readableBytesView)
            return true
        }
        guard fits else {
            return task.eventLoop.makeFailedFuture(
                CallError(
                    kind: CallError.connectionError, call: flight.call,
                    reason: "its body is larger than \(bodyLimit) bytes"))
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Answer>) -> Answer { answer.withLock { $0 } }
}
