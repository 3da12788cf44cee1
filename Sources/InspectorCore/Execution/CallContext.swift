// What code that runs for a request knows of its place: which call it belongs to, on which loop, with which variables.

internal import Synchronization

/// One call of one of an app's functions.
///
/// Safe from any thread: what changes is behind a lock.
package final class CallContext: Sendable {
    package let log: RequestLog
    /// The function's own span.
    package let span: SpanID
    /// The loop that runs it; nil in a sync function.
    package let loop: (any TimerLoop)?
    /// The executor of that loop; nil in a sync function.
    package let executor: (any TaskExecutor)?
    /// Whatever the framework keeps for the request, for `Request.current`.
    package let owner: (any Sendable)?
    /// Whether it may go on when its request is done: a background task's, a stream's.
    package let mayOutlive: Bool
    /// Whether its loop is the one that sends the response: a blocking wait for the client on it would never end.
    package let blocksItsOwnConsumer: Bool

    private let spawned = Mutex<[Task<Void, Never>]>([])

    package init(
        log: RequestLog, span: SpanID, loop: (any TimerLoop)? = nil, executor: (any TaskExecutor)? = nil,
        owner: (any Sendable)? = nil, mayOutlive: Bool = false, blocksItsOwnConsumer: Bool = false
    ) {
        self.log = log
        self.span = span
        self.loop = loop
        self.executor = executor
        self.owner = owner
        self.mayOutlive = mayOutlive
        self.blocksItsOwnConsumer = blocksItsOwnConsumer
    }

    /// Keeps a task that has to end before the call does.
    package func keep(_ task: Task<Void, Never>) { spawned.withLock { $0.append(task) } }

    /// Cancels what was spawned and awaits it, what it spawns in turn included, as `asyncio.run` does when a call ends.
    package func endSpawned() async {
        while true {
            let tasks = spawned.withLock { tasks in
                defer { tasks = [] }
                return tasks
            }
            if tasks.isEmpty { return }
            for task in tasks { task.cancel() }
            for task in tasks { await task.value }
        }
    }
}

/// What a task of a call has with it.
///
/// Children inherit it; a bare `Task {}` does too, which is how a leak is seen.
package struct TaskContext: Sendable {
    @TaskLocal package static var current: TaskContext?

    package let call: CallContext
    /// Where the awaits of this task hang in the trace.
    package let span: SpanID
    package let variables: VariableStore

    package init(call: CallContext, span: SpanID, variables: VariableStore) {
        self.call = call
        self.span = span
        self.variables = variables
    }

    /// The same call, for a child task with a span and a copy of the variables of its own.
    package func child(span: SpanID) -> TaskContext {
        TaskContext(call: call, span: span, variables: VariableStore(variables.copy()))
    }

    /// Flags for something that begins now: leaked when the request is done already.
    package var flagsNow: Event.Flags { call.log.isDone && !call.mayOutlive ? [.leaked] : [] }
}

extension TaskContext {
    /// Runs `body` in this context, and what it spawned to its end.
    ///
    /// - Throws: what `body` throws.
    package func run<Success: Sendable>(body: @Sendable () async throws -> Success) async throws -> Success {
        try await TaskContext.$current.withValue(self) {
            do {
                let result = try await body()
                await call.endSpawned()
                return result
            } catch {
                await call.endSpawned()
                throw error
            }
        }
    }
}

/// The context variables of one task.
///
/// A child that was made by `gather` or `spawn` is given a store of its own. One made by `async let` or a task group
/// inherits its parent's (nothing of ours sees it begin), so it is told apart by its task's number and keeps what it
/// writes in a layer of its own: the parent never sees it.
package final class VariableStore: Sendable {
    package typealias Values = [ObjectIdentifier: any Sendable]

    private struct State {
        var values: Values
        var owner: UInt64?
        var layers: [UInt64: Values] = [:]
    }

    private let state: Mutex<State>

    /// Makes a store that belongs to the first task that uses it.
    package init(_ values: Values = [:]) { state = Mutex(State(values: values)) }

    /// What the task that runs this sees.
    package func copy() -> Values {
        let task = CurrentTask.number
        return state.withLock { state in
            VariableStore.isOwner(task, state: &state) ? state.values : state.layers[task] ?? state.values
        }
    }

    /// What the owner has written: what flows back when its call ends.
    package var values: Values {
        get { state.withLock { $0.values } }
        set { state.withLock { $0.values = newValue } }
    }

    package subscript(_ key: ObjectIdentifier) -> (any Sendable)? {
        get { copy()[key] }
        set {
            let task = CurrentTask.number
            state.withLock { state in
                if VariableStore.isOwner(task, state: &state) {
                    state.values[key] = newValue
                } else {
                    state.layers[task, default: state.values][key] = newValue
                }
            }
        }
    }

    private static func isOwner(_ task: UInt64, state: inout State) -> Bool {
        if state.owner == nil { state.owner = task }
        return state.owner == task
    }
}
