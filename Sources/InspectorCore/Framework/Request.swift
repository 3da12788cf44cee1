// A request as an app's functions see it.

internal import Foundation
internal import Synchronization

/// The request that is being served: what the client sent, what the router made of it, and what hooks put by.
///
/// One object for all functions of the request; safe from any thread.
public final class Request: Sendable {
    private struct State {
        var viewArgs: [String: ViewArgument] = [:]
        var endpoint: String?
        var rule: String?
        var variables: VariableStore.Values = [:]
        var subThreads = 0
        var afterThisRequest: [AfterFunction] = []
    }

    /// The method, in upper case as it came: `GET`.
    public let method: String
    /// Path and query as they came, with nothing decoded.
    public let target: String
    /// The path, percent-decoded; bytes that are no UTF-8 have become U+FFFD.
    public let path: String
    /// The query as it came, without the `?`; empty when there is none.
    public let queryString: String
    /// The header fields.
    public let headers: Headers
    /// The body, in bytes.
    public let body: [UInt8]
    /// How this request is run.
    public let mode: ExecutionMode
    /// Flask's `g`: what the request's functions keep for one another.
    public let g = RequestStorage()

    package let log: RequestLog
    private let state = Mutex(State())

    package init(
        method: String, target: String, headers: Headers = [:], body: [UInt8] = [], mode: ExecutionMode,
        log: RequestLog
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.mode = mode
        self.log = log
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = PercentCoding.decode(parts.first ?? "")
        queryString = parts.count > 1 ? String(parts[1]) : ""
    }

    /// The request for which the caller runs; nil outside of one.
    public static var current: Request? { TaskContext.current?.call.owner as? Request }

    /// The number under which the dashboard shows it; the same in each lane that was given the request.
    public var number: UInt64 { log.summary.id.number }

    /// The query's arguments, in order, percent-decoded, with `+` as a space.
    public var args: [(name: String, value: String)] { PercentCoding.decodeForm(queryString) }

    /// The first query argument of that name.
    public func arg(_ name: String) -> String? { args.first { $0.name == name }?.value }

    /// The first query argument of that name.
    ///
    /// - Throws: `BadRequestKeyError` (400) when there is none, as `request.args["name"]` does in Flask.
    public func requireArg(_ name: String) throws -> String {
        guard let value = arg(name) else {
            throw HTTPError(.badRequestKeyError, message: "The request has no argument `\(name)`.")
        }
        return value
    }

    /// The arguments that the rule took from the path.
    public var viewArgs: [String: ViewArgument] {
        get { state.withLock { $0.viewArgs } }
        set { state.withLock { $0.viewArgs = newValue } }
    }

    /// The endpoint that the router found; nil when nothing matched.
    public var endpoint: String? { state.withLock { $0.endpoint } }

    /// The rule that matched; nil when nothing did.
    public var rule: String? { state.withLock { $0.rule } }

    /// The body as JSON.
    ///
    /// - Throws: 415 when the content type is not JSON, 400 when the body is not.
    public func json() throws -> JSON {
        try requireJSON()
        do { return try JSON(parsing: body) } catch {
            throw HTTPError(.badRequest, message: "The body is no JSON: \(error.localizedDescription)")
        }
    }

    /// The body as `type`, from JSON.
    ///
    /// - Throws: 415 when the content type is not JSON, 400 when the body does not fit.
    public func json<Value: Decodable>(as type: Value.Type) throws -> Value {
        try requireJSON()
        do { return try JSONDecoder().decode(type, from: Data(body)) } catch {
            throw HTTPError(.badRequest, message: "The body does not fit: \(error.localizedDescription)")
        }
    }

    private func requireJSON() throws {
        let type = (headers["Content-Type"] ?? "").split(separator: ";").first.map { $0.lowercased() } ?? ""
        let name = type.trimmingCharacters(in: .whitespaces)
        guard name == "application/json" || (name.hasPrefix("application/") && name.hasSuffix("+json")) else {
            throw HTTPError(.unsupportedMediaType, message: "This address takes application/json.")
        }
    }

    /// Places a word on the request's time axis, with a value if there is one to tell.
    public func mark(_ label: String, _ value: String? = nil) {
        let context = TaskContext.current
        log.instant(
            .mark, log.own(label), detail: value.map(log.own) ?? .none, parent: context?.span ?? .none,
            value: value == nil ? 0 : 1, task: CurrentTask.short)
    }

    /// Starts a task beside the function that runs, on its loop.
    ///
    /// It is cancelled **and awaited** when the function ends, before the next hook begins, as `asyncio.run` does for
    /// Flask. Only in an async function: a sync one has no loop, and there this does nothing but say so in the trace.
    public func spawn(_ label: String, _ body: @escaping @Sendable () async throws -> Void) {
        guard let context = TaskContext.current, let executor = context.call.executor else {
            mark("spawn \(label): not run, a sync function has no event loop")
            return
        }
        let task = Task(executorPreference: executor) {
            do { try await runChild(of: context, name: label, body) } catch {
                // Recorded as the span's outcome; there is nobody left to throw it to.
            }
        }
        context.call.keep(task)
    }

    /// Runs `body` on the response of this request, before the after hooks, in order of registration
    /// (`Flask: ctx.py after_this_request`).
    public func afterThisRequest(
        _ name: String = "after_this_request", _ body: @escaping @Sendable (Request, inout Response) throws -> Void
    ) {
        keepAfter(AfterFunction(name, sync: body, async: nil))
    }

    /// As the sync form, with an async function.
    public func afterThisRequest(
        _ name: String = "after_this_request",
        _ body: @escaping @Sendable (Request, inout Response) async throws -> Void
    ) {
        keepAfter(AfterFunction(name, sync: nil, async: body))
    }

    private func keepAfter(_ function: AfterFunction) { state.withLock { $0.afterThisRequest.append(function) } }

    var afterThisRequestFunctions: [AfterFunction] { state.withLock { $0.afterThisRequest } }

    var variables: VariableStore.Values {
        get { state.withLock { $0.variables } }
        set { state.withLock { $0.variables = newValue } }
    }

    func setMatch(endpoint: String?, rule: String?, arguments: [String: ViewArgument]) {
        state.withLock { state in
            state.endpoint = endpoint
            state.rule = rule
            state.viewArgs = arguments
        }
    }

    func nextSubThread() -> Int {
        state.withLock { state in
            state.subThreads += 1
            return state.subThreads
        }
    }
}
