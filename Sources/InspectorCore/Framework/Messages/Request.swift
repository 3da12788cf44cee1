// A request as an app's functions see it.

internal import Foundation
internal import Synchronization

/// The request that is being served: what the client sent, what the router made of it, and what hooks put by.
///
/// One object for all functions of the request; safe from any thread.
public final class Request: Sendable {
    private struct State {
        var viewArgs: [String: ViewArgument] = [:]
        var route: Route?
        var variables: VariableStore.Values = [:]
        var subThreads = 0
        var afterThisRequest: [AfterFunction] = []
        var form: Form?
        var session: Session?
        var flashes: [(category: String, message: String)]?
        var stop = StopState()
        var keepsContext = false
        var bodyStream: BodyStream?
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
    /// The body, in bytes; empty where the route reads it while it comes (`streamsBody`).
    public let body: [UInt8]
    /// How this request is run.
    public let mode: ExecutionMode
    /// Flask's `g`: what the request's functions keep for one another.
    public let g = RequestStorage()

    package let log: RequestLog
    let app: FrozenApp
    let executors: LaneExecutors
    /// The address of the connection's other end; nil where there is none.
    let client: String?
    /// Kept for as long as the body is.
    private let hold: BodyHold?
    private let state: Mutex<State>

    package init(
        method: String, target: String, headers: Headers = [:], body: [UInt8] = [], mode: ExecutionMode,
        app: FrozenApp, executors: LaneExecutors, log: RequestLog, hold: BodyHold? = nil,
        coming: BodyStream? = nil, client: String? = nil
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.mode = mode
        self.app = app
        self.executors = executors
        self.log = log
        self.hold = hold
        self.client = client
        state = Mutex(State(bodyStream: coming))
        let bytes = target.utf8
        let mark = bytes.firstIndex(of: 0x3F)
        path = PercentCoding.decode(Substring(bytes[..<(mark ?? bytes.endIndex)]))
        queryString = mark.map { String(Substring(bytes[bytes.index(after: $0)...])) } ?? ""
    }

    /// The request for which the caller runs; nil outside of one.
    public static var current: Request? { TaskContext.current?.call.owner as? Request }

    /// The number under which the dashboard shows it; the same in each lane that was given the request.
    public var number: UInt64 { log.summary.id.number }

    // MARK: What the client sent

    /// The query's arguments, in order, percent-decoded, with `+` as a space.
    public var args: [(name: String, value: String)] { PercentCoding.decodeForm(queryString) }

    /// The first query argument of that name.
    public func arg(_ name: String) -> String? { args.first { $0.name.hasSameBytes(as: name) }?.value }

    /// The first query argument of that name.
    ///
    /// - Throws: `BadRequestKeyError` (400) when there is none, as `request.args["name"]` does in Flask.
    public func requireArg(_ name: String) throws -> String {
        guard let value = arg(name) else {
            throw HTTPError(.badRequestKeyError, message: "The request has no argument `\(name)`.")
        }
        return value
    }

    /// The cookies, in order.
    public var cookies: [(name: String, value: String)] { headers.all("Cookie").flatMap(Cookie.parse) }

    /// The first cookie of that name.
    public func cookie(_ name: String) -> String? { cookies.first { $0.name.hasSameBytes(as: name) }?.value }

    /// The body piece by piece: of a route with `streamsBody` while it comes, else in one.
    public var bodyStream: BodyStream {
        state.withLock { state in
            if let known = state.bodyStream { return known }
            let made = BodyStream(body, log: log)
            state.bodyStream = made
            return made
        }
    }

    /// What comes of the body is thrown away from now on.
    func stopReadingBody() { state.withLock { $0.bodyStream }?.stop() }

    /// What a form sent, urlencoded or multipart; empty when the body is none.
    ///
    /// - Throws: 400 when a multipart body is broken, 413 when it is larger than the app takes.
    public func form() throws -> Form {
        if let known = state.withLock({ $0.form }) { return known }
        let form = try FormReader(options: app.table.options).read(body, contentType: headers["Content-Type"] ?? "")
        state.withLock { $0.form = form }
        return form
    }

    /// The body as JSON.
    ///
    /// - Throws: 415 when the content type is not JSON, 400 when the body is not, 413 when it is larger than the app
    ///   takes.
    public func json() throws -> JSON {
        try requireJSON()
        do { return try JSON(parsing: body) } catch let error as JSONSyntaxError {
            throw HTTPError(.badRequest, message: "The body is not JSON: \(error).")
        }
    }

    /// The body as `type`, from JSON.
    ///
    /// - Throws: 415 when the content type is not JSON, 413 when it is larger than the app takes; `HTTPError` of the kind
    ///   `invalidInput` (400) when the body does not fit, which names every fault that could be found.
    public func json<Value: Decodable>(as type: Value.Type) throws -> Value {
        try requireJSON()
        do {
            // Read as any other JSON first: Foundation's reader takes commas at the end, and of names that stand twice the
            // first.
            let (value, isUnambiguous) = try JSONReader.read(body)
            return try app.table.options.coder.decode(type, from: value, written: isUnambiguous ? body : nil)
        } catch let error as JSONSyntaxError {
            throw HTTPError(.badRequest, message: "The body is not JSON: \(error).")
        } catch let error as JSONMismatch {
            throw HTTPError.invalidInput(error.faults, in: "The body")
        }
    }

    private func requireJSON() throws {
        let name = MediaType(headers["Content-Type"] ?? "").name
        guard
            name == "application/json"
                || (name.beginsWithBytes(of: "application/") && name.utf8.suffix(5).elementsEqual("+json".utf8))
        else {
            throw HTTPError(.unsupportedMediaType, message: "This address takes application/json.")
        }
        try FormReader(options: app.table.options).check(body)
    }

    /// Scheme and host as the client asked for them, for addresses that are absolute; empty when it named no host that
    /// could be one.
    var base: String {
        guard let host = headers["Host"], !host.isEmpty,
            host.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || ".-_:[]".utf8.contains(byte)
            })
        else { return "" }
        return scheme + "://" + host
    }

    // MARK: What the router found

    /// The arguments that the rule took from the path.
    public var viewArgs: [String: ViewArgument] {
        get { state.withLock { $0.viewArgs } }
        set { state.withLock { $0.viewArgs = newValue } }
    }

    /// The endpoint that the router found; nil when nothing matched.
    public var endpoint: String? { state.withLock { $0.route?.endpoint } }

    /// The rule that matched; nil when nothing did.
    public var rule: String? { state.withLock { $0.route?.rule.text } }

    /// The blueprint that the route belongs to, nested ones with dots; nil for the app's own.
    public var blueprint: String? {
        guard let endpoint, let dot = endpoint.lastIndex(of: ".") else { return nil }
        return String(endpoint[..<dot])
    }

    /// What runs for the route; the app's own functions when nothing matched.
    var chain: Chain { app.table.chains[state.withLock { $0.route?.chain ?? 0 }] }

    func setMatch(_ route: Route, arguments: [String: ViewArgument]) {
        state.withLock { state in
            state.route = route
            state.viewArgs = arguments
        }
    }

    // MARK: For the trace

    /// Places a word on the request's time axis, with a value if there is one to tell.
    public func mark(_ label: String, _ value: String? = nil) {
        let context = TaskContext.current
        log.instant(
            .mark, label: log.own(text: label), detail: value.map(log.own) ?? .none, parent: context?.span ?? .none,
            value: value == nil ? 0 : 1, task: CurrentTask.short)
    }

    // MARK: For later

    /// Runs `body` on the response of this request, before the after hooks, in order of registration
    /// (`Flask: ctx.py after_this_request`).
    public func afterThisRequest(
        _ name: String = "after_this_request", _ body: @escaping @Sendable (Request, inout Response) throws -> Void
    ) {
        keepAfter(AfterFunction(name: Label(name), sync: body, async: nil))
    }

    /// As the sync form, with an async function.
    public func afterThisRequest(
        _ name: String = "after_this_request",
        _ body: @escaping @Sendable (Request, inout Response) async throws -> Void
    ) {
        keepAfter(AfterFunction(name: Label(name), sync: nil, async: body))
    }

    private func keepAfter(_ function: AfterFunction) { state.withLock { $0.afterThisRequest.append(function) } }

    var afterThisRequestFunctions: [AfterFunction] { state.withLock { $0.afterThisRequest } }

    // MARK: What the framework keeps

    var variables: VariableStore.Values {
        get { state.withLock { $0.variables } }
        set { state.withLock { $0.variables = newValue } }
    }

    /// Whether the context lives while the body is streamed.
    var keepsContext: Bool { state.withLock { $0.keepsContext } }

    func setKeepsContext(_ keeps: Bool) { state.withLock { $0.keepsContext = keeps } }

    func nextSubThread() -> Int {
        state.withLock { state in
            state.subThreads += 1
            return state.subThreads
        }
    }

    func allowStop() { state.withLock { $0.stop.canBeStopped = true } }

    @discardableResult
    func changeStop<Result>(_ body: (inout sending StopState) -> sending Result) -> sending Result {
        state.withLock { body(&$0.stop) }
    }

    var openedSession: Session? { state.withLock { $0.session } }

    func openSession(_ open: (SessionSigner) -> Session) -> Session {
        if let known = openedSession { return known }
        let opened = open(app.table.sessions)
        return state.withLock { state in
            // Two tasks may have opened it at once; both get the same one.
            let kept = state.session ?? opened
            state.session = kept
            return kept
        }
    }

    func keepFlashes(_ take: () -> [(category: String, message: String)]) -> [(category: String, message: String)] {
        if let known = state.withLock({ $0.flashes }) { return known }
        let taken = take()
        return state.withLock { state in
            let kept = state.flashes ?? taken
            state.flashes = kept
            return kept
        }
    }
}
