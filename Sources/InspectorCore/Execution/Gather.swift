// Several things at once on one loop: `gather`, and a limit of time for one thing: `withTimeout`.

/// Runs the functions concurrently on the caller's loop and gives their results in order, as `asyncio.gather` does.
///
/// ```swift
/// let pages = try await gather(
///     { try await api.get("/city/oslo").text },
///     { try await api.get("/city/lima").text }
/// )
/// ```
///
/// - Throws: the first failure at once; the others are cancelled.
public func gather<Success: Sendable>(_ functions: (@Sendable () async throws -> Success)...) async throws -> [Success]
{
    try await gather(functions) { try await $0() }
}

/// Runs `body` for each item concurrently on the caller's loop and gives the results in the items' order.
///
/// Each child has its own copy of the context variables and a span of its own in the trace, named after its item.
///
/// - Throws: the first failure at once; the others are cancelled.
public func gather<Items: Sequence & Sendable, Success: Sendable>(
    _ items: Items, _ body: @escaping @Sendable (Items.Element) async throws -> Success
) async throws -> [Success] where Items.Element: Sendable {
    let context = TaskContext.current
    return try await withThrowingTaskGroup(of: (Int, Success).self) { group in
        var count = 0
        for (place, item) in items.enumerated() {
            count += 1
            let name = item is String ? "\(item)" : "task \(place + 1)"
            group.addTask { (place, try await runChild(of: context, name: name) { try await body(item) }) }
        }
        var results = [Success?](repeating: nil, count: count)
        for try await (place, result) in group { results[place] = result }
        return results.compactMap(\.self)
    }
}

/// Gives `body` at most `duration`, on the timers of the caller's loop.
///
/// When the time is over `body` is cancelled, and this returns as soon as it has ended.
///
/// - Throws: `TimeoutError` when the time was over first; else what `body` throws.
public func withTimeout<Success: Sendable>(
    _ duration: Duration, _ body: @escaping @Sendable () async throws -> Success
) async throws -> Success {
    let context = TaskContext.current
    return try await withThrowingTaskGroup(of: Success?.self) { group in
        group.addTask { try await runChild(of: context, name: "with timeout") { try await body() } }
        group.addTask {
            // Not shown as an await: nothing waits for it but this.
            try await sleepUnseen(for: duration)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            group.cancelAll()
            // What `body` throws as it is cancelled is not the news; that the time was over is.
            while let _ = await group.nextResult() {}
            throw TimeoutError(after: duration)
        }
        return result
    }
}

/// Says that something took longer than it was given.
///
/// Its kind is `TimeoutError`, under `OSError`, as in Python.
public struct TimeoutError: Error, Sendable, CustomStringConvertible {
    /// How long it was given.
    public let after: Duration

    /// Says that `after` was over.
    public init(after: Duration) { self.after = after }

    /// A sentence with the limit.
    public var description: String { "It was not done within \(after)." }
}

/// Runs a child task's body with a span, and variables of its own.
package func runChild<Success: Sendable>(
    of context: TaskContext?, name: String, body: @Sendable () async throws -> Success
) async throws -> Success {
    guard let context else { return try await body() }
    let log = context.call.log
    let task = CurrentTask.short
    let span = log.begin(.task, label: log.own(text: name), parent: context.span, flags: context.flagsNow, task: task)
    return try await TaskContext.$current.withValue(context.child(span: span == .none ? context.span : span)) {
        do {
            let result = try await body()
            log.end(.task, span: span, task: task)
            return result
        } catch {
            log.end(
                .task, span: span, outcome: error is CancellationError ? .cancelled : .failed,
                detail: Label("\(type(of: error))"),
                task: task)
            throw error
        }
    }
}
