// One request that is with a server elsewhere: what is seen of it from outside, and its answer on the way back.

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Passes an answer on as it comes, and records its phases: connecting, with the server, body.
///
/// Its delegate's functions are called on the lane's own loop, the others from any thread.
final class RemoteExchange: TakenRequest, HTTPClientResponseDelegate {
    typealias Response = Void

    private struct State {
        var connecting: SpanID = .none
        var sending: SpanID = .none
        var remote: SpanID = .none
        var receiving: SpanID = .none
        var hasHead = false
        var isOver = false
        var hasLeft = false
        /// What the client is given, once the head has come.
        var answer: InspectorCore.Response?
        var pipe: StreamPipe?
        var length: Int?
        var received = 0
        /// The first bytes of the body, as far as bodies are kept.
        var kept: [UInt8] = []
        var reply: (@Sendable (DispatchResult) -> Void)?
        var cancel: (@Sendable () -> Void)?
        var timer: Scheduled<Void>?
        /// Sends it once more, where its connection was used before and was closed under it.
        var again: (@Sendable () -> Bool)?
        /// When its head was handed to the socket, by the monotonic clock.
        var sendTime: (@Sendable () -> UInt64?)?
        /// When the server has taken too long, by the monotonic clock; later whenever it takes some of the body.
        var limit: UInt64 = .max
    }

    private let log: RequestLog
    private let address: String
    private let store: ExchangeStore?
    private let fields: RemoteFields
    private let isHead: Bool
    private let hasBody: Bool
    /// The request's body where it is passed on as it comes.
    private let body: RemoteBody?
    private let state: Mutex<State>

    init(
        log: RequestLog, address: String, kept: ExchangeStore?, fields: RemoteFields, request: IncomingRequest,
        reply: @escaping @Sendable (DispatchResult) -> Void
    ) {
        self.log = log
        self.address = address
        store = kept
        self.fields = fields
        isHead = request.method == "HEAD"
        body = request.coming.map { RemoteBody($0, isKept: kept != nil) }
        hasBody = body != nil || !request.body.isEmpty
        var state = State()
        state.reply = reply
        self.state = Mutex(state)
    }

    /// Sends the request; a server that has not begun to answer after `seconds` is given up.
    ///
    /// While the client still sends its body, only the server's own pauses count.
    func start(
        on client: HTTPClient, loop: any EventLoop, used: ConnectionUse, request: HTTPClient.Request, seconds: Double
    ) {
        let allowed = UInt64(saturating: max(0.05, seconds) * 1e9)
        prolong(by: allowed)
        watch(on: loop, allowed: allowed)
        var request = request
        if let body { request.body = body.makeBody(on: loop) { [weak self] in self?.prolong(by: allowed) } }
        execute(
            request, on: client, loop: loop, used: used,
            mayRepeat: body == nil && RemoteExchange.repeatable.contains(log.summary.method))
    }

    /// - Parameter mayRepeat: whether it may be sent once more (RFC 9110, 9.2.2: a proxy repeats what is idempotent only).
    private func execute(
        _ request: HTTPClient.Request, on client: HTTPClient, loop: any EventLoop, used: ConnectionUse, mayRepeat: Bool
    ) {
        let span = log.begin(.connecting)
        let ticket = used.makeTicket()
        var sent = request
        sent.headers.replaceOrAdd(name: ConnectionUse.fieldName, value: "\(ticket)")
        state.withLock { state in
            state.connecting = span
            state.sendTime = { used.sendTime(of: ticket) }
            state.again = {
                guard used.isReused(handingIn: ticket), mayRepeat else { return false }
                self.execute(request, on: client, loop: loop, used: used, mayRepeat: false)
                return true
            }
        }
        let task = client.execute(request: sent, delegate: self, eventLoop: .delegate(on: loop))
        let isGone = state.withLock { state in
            state.cancel = { task.cancel() }
            return state.isOver
        }
        if isGone { task.cancel() }
        task.futureResult.whenComplete { [self] result in
            switch result {
            case .success: complete()
            case .failure(let error): if !repeats(after: error) { fail(error) }
            }
            if state.withLock({ $0.isOver }) {
                state.withLock { $0.again = nil }
                _ = used.isReused(handingIn: ticket)
            }
        }
    }

    /// Whether the request is sent once more: its connection was closed before the server can have read it, as a server
    /// does with one that it has kept long enough.
    private func repeats(after error: any Error) -> Bool {
        let found = state.withLock { state -> State? in
            guard !state.isOver, !state.hasLeft, !state.hasHead, state.again != nil else { return nil }
            return state
        }
        guard let found,
            ["ConnectionClosed", "ConnectionReset"].contains(
                RemoteProblem(error, address: address, hadHead: false).kind)
        else { return false }
        let now = MonotonicClock.now()
        let detail = log.own(text: "the server had closed the connection, which was used before: sent again on another")
        state.withLock { state in
            state.again = nil
            state.connecting = .none
            state.sending = .none
            state.remote = .none
        }
        guard found.again?() == true else {
            state.withLock { state in
                state.connecting = found.connecting
                state.sending = found.sending
                state.remote = found.remote
            }
            return false
        }
        log.end(.connecting, span: found.connecting, outcome: .failed, detail: detail, at: now)
        log.end(.sending, span: found.sending, outcome: .failed, detail: detail, at: now)
        log.end(.remote, span: found.remote, outcome: .failed, detail: detail, at: now)
        return true
    }

    private static let repeatable: Set<String> = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]

    /// Says so where a field's value could not be kept as it was: what is not UTF-8 was replaced as it was read.
    func markChanged(_ headers: Headers, of what: StaticString) {
        for field in headers.fields
        where field.value.utf8.contains(0xEF) && field.value.unicodeScalars.contains("\u{FFFD}") {
            log.instant(
                .mark, label: Label("field changed"),
                detail: log.own(
                    text: "\(field.name) of the \(what) holds bytes that are not UTF-8: U+FFFD is in their place"),
                value: 1)
        }
    }

    private func prolong(by allowed: UInt64) {
        let limit = MonotonicClock.now().addingSaturated(allowed)
        state.withLock { $0.limit = limit }
    }

    /// Looks when the server's time is over whether it has begun to answer.
    private func watch(on loop: any EventLoop, allowed: UInt64) {
        let now = MonotonicClock.now()
        let left = state.withLock { state in state.hasHead || state.isOver ? nil : state.limit.subtractingSaturated(now)
        }
        guard let left else { return }
        let waitsForClient = body.map { !$0.waitsForServer && state.withLock { $0.connecting == .none } } ?? false
        if left == 0, waitsForClient { prolong(by: allowed) }
        guard left > 0 || waitsForClient else {
            return fail(RemoteProblem.late(address: address, seconds: Double(allowed) / 1e9))
        }
        let pause = TimeAmount.nanoseconds(Int64(clamping: left > 0 ? left : allowed))
        let timer: Scheduled<Void> = loop.scheduleTask(in: pause) { [weak self] in
            guard let self else { return }
            watch(on: loop, allowed: allowed)
        }
        let isOver = state.withLock { state in
            state.timer = timer
            return state.hasHead || state.isOver
        }
        if isOver { timer.cancel() }
    }

    /// Answers without asking the server.
    func refuse(_ refusal: HTTPError) {
        body?.stop()
        log.leaveUnanswered()
        log.instant(.mark, label: RequestLog.notPassedOn, detail: log.own(text: refusal.message), value: 1)
        var response = refusal.makeResponse()
        ProxyStatus.mark(
            &response, error: refusal.status == 508 ? "proxy_loop_detected" : "http_upgrade_failed",
            details: refusal.message)
        send(.response(response))
    }

    // MARK: What the client of the request does

    func noteClient(_ kind: EventKind) {
        log.instant(kind)
        guard kind == .clientGone || kind == .clientClosedSide else { return }
        let cancel = state.withLock { state in
            state.hasLeft = true
            return state.isOver ? nil : state.cancel
        }
        // Nobody reads the answer: the server need not make it. Who only closes its side cannot be told from who has
        // gone; nginx takes both for gone (proxy_ignore_client_abort off).
        cancel?()
    }

    // MARK: What the server does

    func didSendRequestHead(task: HTTPClient.Task<Void>, _ head: HTTPRequestHead) {
        let now = state.withLock { $0.sendTime }?() ?? MonotonicClock.now()
        // With the lock held: what began after the request was given up would have no end.
        state.withLock { state in
            guard !state.isOver else { return }
            log.end(.connecting, span: state.connecting, at: now)
            state.connecting = .none
            if hasBody {
                state.sending = log.begin(.sending, at: now)
            } else {
                state.remote = log.begin(.remote, label: RemoteExchange.unseen, at: now)
            }
        }
    }

    func didSendRequest(task: HTTPClient.Task<Void>) {
        let now = MonotonicClock.now()
        let count = body?.taken.count ?? 0
        state.withLock { state in
            guard !state.isOver, state.sending != .none else { return }
            log.end(.sending, span: state.sending, value: Int64(clamping: count), at: now)
            state.sending = .none
            // A server may answer before it has read everything.
            if !state.hasHead { state.remote = log.begin(.remote, label: RemoteExchange.unseen, at: now) }
        }
    }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let now = MonotonicClock.now()
        let status = Int(head.status.code)
        let headers = Headers(head.headers.map { Headers.Field($0.name, $0.value) })
        var answer = InspectorCore.Response(bytes: [], status: status, contentType: nil, headers: fields.back(headers))
        markChanged(headers, of: "answer")
        let length = headers["Content-Length"].flatMap { Int($0.trimmed) }
        let hasBody = !isHead && answer.mayHaveBody && length != 0
        let pipe = hasBody ? StreamPipe() : nil
        // To HEAD no length is said either where the server says none: it would be another one.
        if hasBody || isHead { answer = answer.streamed(length: length) }
        let (timer, isOver) = state.withLock { state -> (Scheduled<Void>?, Bool) in
            guard !state.isOver else { return (nil, true) }
            defer { state.timer = nil }
            state.hasHead = true
            state.answer = answer
            state.length = length
            state.pipe = pipe
            log.end(.remote, span: state.remote, value: Int64(status), at: now)
            state.remote = .none
            if pipe != nil { state.receiving = log.begin(.receiving, at: now) }
            return (state.timer, false)
        }
        // Given up just before: the task is being cancelled.
        if isOver { return task.eventLoop.makeSucceededVoidFuture() }
        timer?.cancel()
        // Where the body has no length, nobody knows when it begins: an event stream's client waits for the head alone. Else
        // the head waits for the first of the body: a server that breaks off before is said to its client.
        if let pipe, length == nil {
            send(.streaming(answer, pipe))
            _ = try? pipe.offer([])
        }
        endEarlyIfWhole()
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let bytes = Array(buffer.readableBytesView)
        let pipe = state.withLock { state in
            state.received = state.received.addingSaturated(bytes.count)
            let room = ExchangeStore.bodyLimit - state.kept.count
            if store != nil, room > 0 { state.kept.append(contentsOf: bytes.prefix(room)) }
            // All of it at once, as most answers come: a pipe would take longer than the rest.
            if state.pipe != nil, state.reply != nil, bytes.count == state.length, var answer = state.answer {
                answer.body = bytes
                state.answer = answer
                state.pipe = nil
            }
            return state.pipe
        }
        defer { endEarlyIfWhole() }
        guard let pipe else { return task.eventLoop.makeSucceededVoidFuture() }
        passHeadOn()
        do {
            if try pipe.offer(bytes) { return task.eventLoop.makeSucceededVoidFuture() }
        } catch {
            return task.eventLoop.makeFailedFuture(error)
        }
        // The client is slower than the server: nothing more is read until it has caught up.
        let promise = task.eventLoop.makePromise(of: Void.self)
        pipe.whenRoom { promise.succeed() }
        return promise.futureResult
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) {}

    /// Ends the request where its answer is whole and its body still on the way.
    ///
    /// The library would wait for the body's end, and take the server's close before that for a failure. Of an answer in
    /// chunks it does not tell the end: such a one waits.
    private func endEarlyIfWhole() {
        let cancel = state.withLock { state -> (@Sendable () -> Void)?? in
            guard !state.isOver, state.hasHead, state.sending != .none else { return nil }
            let isWhole = state.pipe == nil || state.length == state.received
            return isWhole ? .some(state.cancel) : nil
        }
        guard let cancel else { return }
        complete()
        cancel?()
    }

    // MARK: Its end

    private func complete() {
        let (answer, pipe, sending, receiving, received, isCut) = state.withLock { state in
            let isCut = state.pipe != nil && state.length.map { $0 != state.received } ?? false
            defer { if !isCut { state.isOver = true } }
            return (state.answer, state.pipe, state.sending, state.receiving, state.received, isCut)
        }
        guard let answer, !isCut else { return fail(HTTPClientError.remoteConnectionClosed) }
        // The server has answered without reading all of it.
        log.end(.sending, span: sending, outcome: .cancelled, value: Int64(clamping: body?.taken.count ?? 0))
        body?.stop()
        log.end(.receiving, span: receiving, value: Int64(clamping: received))
        keep(answer)
        if let pipe { pipe.finish(failed: false) } else { send(.response(answer)) }
    }

    /// Gives the client the answer that has begun, once.
    private func passHeadOn() {
        let (answer, pipe) = state.withLock { ($0.answer, $0.pipe) }
        if let answer, let pipe { send(.streaming(answer, pipe)) }
    }

    /// The server gave no answer, or not all of it; does nothing once the request is over.
    func fail(_ error: any Error) {
        let found = state.withLock { state -> State? in
            guard !state.isOver else { return nil }
            defer { state.isOver = true }
            return state
        }
        guard let found else { return }
        found.timer?.cancel()
        found.cancel?()
        body?.stop()
        let outcome: Outcome = found.hasLeft ? .cancelled : .failed
        let problem =
            found.hasLeft
            ? RemoteProblem.clientGone(address: address)
            : RemoteProblem(error, address: address, hadHead: found.hasHead)
        let detail = log.own(text: problem.message)
        log.end(.connecting, span: found.connecting, outcome: outcome, detail: detail)
        log.end(
            .sending, span: found.sending, outcome: outcome, detail: detail,
            value: Int64(clamping: body?.taken.count ?? 0))
        log.end(.remote, span: found.remote, outcome: outcome, detail: detail)
        log.end(
            .receiving, span: found.receiving, outcome: outcome, detail: detail, value: Int64(clamping: found.received))
        log.leaveUnanswered()
        if !found.hasLeft { log.instant(.thrown, label: Label(problem.kind), detail: detail) }
        if let pipe = found.pipe, found.reply == nil {
            if let answer = found.answer { keep(answer) }
            pipe.finish(failed: true)
        } else {
            state.withLock { $0.answer = nil }
            send(.response(problem.answer))
        }
    }

    /// Keeps head and body for who reads them later.
    private func keep(_ answer: InspectorCore.Response) {
        guard let store else { return }
        keepRequest()
        let (kept, received) = state.withLock { ($0.kept, $0.received) }
        store.end(log.summary.id, response: answer, body: Exchange.Body(bytes: kept, length: received))
    }

    private func keepRequest() {
        guard let store, let taken = body?.taken else { return }
        store.take(log.summary.id, requestBody: Exchange.Body(bytes: taken.kept, length: taken.count))
    }

    private func send(_ result: DispatchResult) {
        let reply = state.withLock { state in
            defer { state.reply = nil }
            return state.reply
        }
        if case .response(let response) = result, state.withLock({ $0.answer == nil }) {
            keepRequest()
            store?.end(log.summary.id, response: response)
        }
        reply?(result)
    }

    /// What is said of the time that the server had the request.
    private static let unseen = Label("no telemetry: see ?")
}
