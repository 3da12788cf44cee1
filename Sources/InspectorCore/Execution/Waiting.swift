// What a function waits for, said by its author: a database, a lock, anything that no client of ours tells of.

/// Runs `body` as an await of the trace: what it waits for is shown under `label` for as long as it takes.
///
/// ```swift
/// let user = try await awaiting("SELECT user", .database) { try await database.read { db in … } }
/// ```
///
/// Outside a request it only runs `body`.
///
/// - Throws: what `body` throws.
public func awaiting<Success>(
    _ label: String, _ kind: AwaitKind = .other, isolation: isolated (any Actor)? = #isolation,
    body: () async throws -> Success
) async rethrows -> Success {
    guard let context = TaskContext.current else { return try await body() }
    let log = context.call.log
    let begin = MonotonicClock.now()
    let span = log.begin(
        .await, label: log.own(text: label), parent: context.span, value: Int64(kind.rawValue), flags: context.flagsNow,
        task: CurrentTask.short, at: begin)
    do {
        let result = try await body()
        log.end(.await, span: span, task: CurrentTask.short, at: ThreadRecord.waitEnd(after: begin))
        return result
    } catch {
        log.end(
            .await, span: span, outcome: error is CancellationError ? .cancelled : .failed,
            detail: Label("\(type(of: error))"),
            task: CurrentTask.short, at: ThreadRecord.waitEnd(after: begin))
        throw error
    }
}

/// Runs `body`, which holds this thread, as a blocked span of the trace.
///
/// The sync form of `awaiting`. Outside a request it only runs `body`.
///
/// - Throws: what `body` throws.
public func blocking<Success>(
    _ label: String, _ kind: AwaitKind = .other, body: () throws -> Success
) rethrows -> Success {
    guard let context = TaskContext.current else { return try body() }
    let log = context.call.log
    let span = log.begin(
        .blocked, label: log.own(text: label), parent: context.span, value: Int64(kind.rawValue),
        flags: context.flagsNow,
        task: CurrentTask.short)
    do {
        let result = try body()
        log.end(.blocked, span: span, task: CurrentTask.short)
        return result
    } catch {
        log.end(.blocked, span: span, outcome: .failed, detail: Label("\(type(of: error))"), task: CurrentTask.short)
        throw error
    }
}
