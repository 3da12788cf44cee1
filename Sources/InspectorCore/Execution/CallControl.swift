// How a call is cancelled from outside, and left to itself when it does not end.

internal import Synchronization

/// One async call, for those who may have to stop it: a deadline, or a client that went away.
///
/// Safe from any thread.
package final class CallControl: Sendable {
    private struct State {
        var cancel: (@Sendable () -> Void)?
        var abandon: (@Sendable () -> Void)?
        var isCancelled = false
        var isAbandoned = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether the caller goes on without the call's end.
    package var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    /// Whether it runs where it can be left: an async function.
    package var canBeAbandoned: Bool { state.withLock { $0.abandon != nil } }

    /// Says how the call is cancelled and abandoned; at once, if that was asked for already.
    func attach(cancel: @escaping @Sendable () -> Void, abandon: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLock { state in
            state.cancel = cancel
            state.abandon = abandon
            return state.isCancelled
        }
        if isCancelled { cancel() }
    }

    /// Cancels the call's tasks.
    package func cancel() {
        let cancel = state.withLock { state in
            state.isCancelled = true
            return state.cancel
        }
        cancel?()
    }

    /// Lets the caller go on, with `AbandonedCall`; does nothing for a call that cannot be left.
    package func abandon() {
        let abandon = state.withLock { state in
            guard state.abandon != nil else { return nil as (@Sendable () -> Void)? }
            state.isAbandoned = true
            return state.abandon
        }
        abandon?()
    }
}

extension CallControl {
    /// Runs `body` in a task apart, which this control can cancel and leave behind.
    ///
    /// - Throws: what `body` throws; `AbandonedCall`, after `abandoned`, when it was left to itself.
    func run<Success: Sendable>(
        on executor: any TaskExecutor, body: @escaping @Sendable () async throws -> Success, abandoned: () -> Void
    ) async throws -> Success {
        let ended = EndSignal()
        let shared = CallOutcome<Success>()
        let task = Task(executorPreference: executor) {
            let result: Result<Success, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            shared.value.withLock { $0 = result }
            ended.tell(.ended)
        }
        attach(cancel: { task.cancel() }, abandon: { ended.tell(.abandoned) })
        if await ended.wait() == .abandoned {
            abandoned()
            throw AbandonedCall()
        }
        return try shared.value.withLock { $0 ?? .failure(CancellationError()) }.get()
    }
}

/// The caller went on without the call's end.
package struct AbandonedCall: Error {}

/// The end of something that one task waits for; whoever is first to tell it counts.
final class EndSignal: Sendable {
    enum End: Sendable {
        case ended
        case abandoned
    }

    private struct State {
        var end: End?
        var waiting: CheckedContinuation<End, Never>?
    }

    private let state = Mutex(State())

    /// Waits for the end.
    func wait() async -> End {
        await withCheckedContinuation { continuation in
            let end = state.withLock { state in
                if state.end == nil { state.waiting = continuation }
                return state.end
            }
            if let end { continuation.resume(returning: end) }
        }
    }

    /// Tells of the end; false when another was told of before.
    @discardableResult
    func tell(_ end: End) -> Bool {
        let (isFirst, waiting) = state.withLock { state -> (Bool, CheckedContinuation<End, Never>?) in
            guard state.end == nil else { return (false, nil) }
            state.end = end
            defer { state.waiting = nil }
            return (true, state.waiting)
        }
        waiting?.resume(returning: end)
        return isFirst
    }
}

/// What a call gave, once it has ended.
final class CallOutcome<Success: Sendable>: Sendable {
    let value = Mutex<Result<Success, any Error>?>(nil)
}
