// Stopping a request from outside: its deadline, or a client that has gone.

internal import NIOCore
internal import Synchronization

/// A request took longer than its route allows.
///
/// Teardown is given it; no error handler is asked.
public struct DeadlineExceeded: KindedError, CustomStringConvertible {
    /// A case of `TimeoutError`.
    public static let errorKind = ErrorKind("DeadlineExceeded", parents: [.timeoutError])

    /// What the route allows, in ns.
    public let nanoseconds: UInt64

    /// A case of `TimeoutError`.
    public var kind: ErrorKind { DeadlineExceeded.errorKind }

    /// A sentence.
    public var description: String {
        "The request took longer than its route allows: \(Double(nanoseconds / 1_000_000) / 1000) s."
    }
}

/// What is called with a request's answer: once, whoever is first.
package final class Reply: Sendable {
    private let state: Mutex<(@Sendable (DispatchResult) -> Void)?>

    package init(body: @escaping @Sendable (DispatchResult) -> Void) { state = Mutex(body) }

    /// Answers; false when somebody did before.
    @discardableResult
    package func send(_ result: DispatchResult) -> Bool {
        let body = state.withLock { body in
            defer { body = nil }
            return body
        }
        body?(result)
        return body != nil
    }
}

/// The state of a request that may be stopped.
struct StopState: Sendable {
    var canBeStopped = false
    var reason: (any KindedError)?
    /// The calls that run, each within the one before it: a view within its middleware.
    var controls: [CallControl] = []
    /// A function answered after its deadline and before it was left: nothing is stopped any more.
    var isHeeded = false
    /// The client was answered because the deadline was over.
    var isAnswered = false
}

extension Request {
    /// Stops the request: what runs is cancelled, and nothing but teardown runs after it.
    ///
    /// - Parameter record: called when the request is stopped, before anybody can see that it is: what was stopped may
    ///   end, and the request with it, while this thread is held up.
    /// - Returns: false when it cannot be stopped any more, or was.
    @discardableResult
    func stop(_ reason: any KindedError, record: () -> Void = {}) -> Bool {
        let (control, isStopped) = changeStop { stop -> (CallControl?, Bool) in
            let isTooLate = stop.isHeeded && reason is DeadlineExceeded
            guard stop.canBeStopped, stop.reason == nil, !isTooLate else { return (nil, false) }
            record()
            stop.reason = reason
            return (stop.controls.last, true)
        }
        control?.cancel()
        return isStopped
    }

    /// Leaves the innermost call that runs to itself, if it is one that can be left; tells whether it is.
    func abandonCall() -> Bool {
        let control = changeStop { $0.reason == nil ? nil : $0.controls.last }
        guard let control, control.canBeAbandoned else { return false }
        control.abandon()
        return true
    }

    var stopReason: (any KindedError)? { changeStop { $0.reason } }

    var canBeStopped: Bool { changeStop { $0.canBeStopped } }

    /// Says that the call of `control` runs now.
    ///
    /// - Throws: `Stopped` when the request was stopped meanwhile.
    func begin(_ control: CallControl) throws {
        let reason = changeStop { stop in
            if stop.reason == nil { stop.controls.append(control) }
            return stop.reason
        }
        if let reason { throw Stopped(reason: reason) }
    }

    /// Says that the call of `control` has ended.
    ///
    /// Was it stopped, the call around it is cancelled now: until then it could only wait for this one.
    func end(_ control: CallControl) {
        let outer = changeStop { stop -> CallControl? in
            stop.controls.removeAll { $0 === control }
            return stop.reason == nil ? nil : stop.controls.last
        }
        outer?.cancel()
    }

    /// A function gave its answer although the deadline was over; false when the client was answered before.
    func heedAnswer() -> Bool {
        changeStop { stop in
            guard !stop.isAnswered else { return false }
            stop.reason = nil
            stop.isHeeded = true
            return true
        }
    }

    /// Claims the answer for the deadline; false when a function's answer was heeded just now.
    func claimAnswer() -> Bool {
        changeStop { stop in
            guard stop.reason is DeadlineExceeded else { return false }
            stop.isAnswered = true
            return true
        }
    }

    /// The part of the request that a deadline is for is over.
    func endDeadline() {
        changeStop { stop in
            if stop.reason is DeadlineExceeded { stop.reason = nil }
            stop.isHeeded = true
        }
    }
}

/// Watches a request's deadline.
struct DeadlineWatch: Sendable {
    /// How long a cancelled call may take to end before it is left to itself, in ns.
    static let grace: UInt64 = 250_000_000

    private let timers: [Scheduled<Void>]
    private let hold = Hold()

    /// Starts to watch.
    init(request: Request, nanoseconds: UInt64, on eventLoop: any EventLoop, reply: Reply) {
        let error = DeadlineExceeded(nanoseconds: nanoseconds)
        request.allowStop()
        let first = eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: nanoseconds))) {
            _ = request.stop(error) { request.log.instant(.deadline, value: Int64(clamping: nanoseconds)) }
        }
        let hold = hold
        let last = nanoseconds.addingSaturated(DeadlineWatch.grace)
        let second = eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: last))) {
            guard request.stopReason is DeadlineExceeded else { return }
            guard !request.abandonCall() else {
                // The call around it has now as long to end.
                return DeadlineWatch.abandonOuter(of: request, on: eventLoop)
            }
            guard request.claimAnswer() else { return }
            // A sync function cannot be left: its worker stays held, but the client need not wait for it. Begun before
            // the answer goes out: the request is not over with it.
            let span = request.log.begin(.held)
            let isAnswer = reply.send(.response(DeadlineWatch.answer(to: request)))
            hold.begin(span, outcome: isAnswer ? .done : .cancelled, of: request.log)
        }
        timers = [first, second]
    }

    /// Leaves the calls around one that was left to itself, from the inside out, each after its time.
    private static func abandonOuter(of request: Request, on eventLoop: any EventLoop) {
        eventLoop.scheduleTask(in: .nanoseconds(Int64(clamping: grace))) {
            guard request.stopReason is DeadlineExceeded, request.abandonCall() else { return }
            abandonOuter(of: request, on: eventLoop)
        }
    }

    /// The request's functions are over, teardown included.
    func release() { hold.end() }

    /// The time from the client's answer to the end of the function that outlasted it.
    private final class Hold: Sendable {
        private struct State {
            var end: (@Sendable () -> Void)?
            var isOver = false
        }

        private let state = Mutex(State())

        func begin(_ span: SpanID, outcome: Outcome, of log: RequestLog) {
            let isLate = state.withLock { state in
                if !state.isOver { state.end = { log.end(.held, span: span, outcome: outcome) } }
                return state.isOver
            }
            if isLate { log.end(.held, span: span, outcome: outcome) }
        }

        func end() {
            let end = state.withLock { state in
                state.isOver = true
                defer { state.end = nil }
                return state.end
            }
            end?()
        }
    }

    func end() { for timer in timers { timer.cancel() } }

    /// What the client gets.
    static func answer(to request: Request) -> Response {
        HTTPError(.serviceUnavailable, message: "The app did not answer within the time it gives itself.")
            .makeResponse(in: request.app.table.options.errors, accept: request.headers["Accept"])
    }
}
