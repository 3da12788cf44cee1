// Spans of libraries that trace (AsyncHTTPClient, database drivers), as parts of the hosted request that made them.

internal import Synchronization
package import Tracing

/// A swift-distributed-tracing backend for the process that hosts an app: what a library asks of another service while a
/// request runs is an *await* of that request, without `ExternalClient`.
///
/// Outside of a request nothing is recorded. May be used from any thread and any task.
package struct RequestTracer: Tracer {
    package init() {}

    /// Sets it as the process's tracer, where none is set yet.
    package static func bootstrap() {
        guard InstrumentationSystem.instrument is NoOpInstrument || InstrumentationSystem.tracer is NoOpTracer else {
            return
        }
        InstrumentationSystem.bootstrap(RequestTracer())
    }

    package func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> RequestSpan {
        RequestSpan(name: operationName, kind: kind, context: context())
    }

    package func forceFlush() {}

    /// A request's own trace is what its server read already.
    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {}

    package func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context[RequestSpan.Key.self], let fields = span.traceFields else { return }
        injector.inject(fields.traceparent, forKey: "traceparent", into: &carrier)
        if !fields.tracestate.isEmpty { injector.inject(fields.tracestate, forKey: "tracestate", into: &carrier) }
    }
}

/// A span of a library, recorded in the request in which it began.
///
/// May be used from any thread.
package final class RequestSpan: Tracing.Span {
    enum Key: ServiceContextKey {
        typealias Value = RequestSpan
        static let nameOverride: String? = "inspector-request-span"
    }

    private struct State {
        var name: String
        var attributes: SpanAttributes = [:]
        /// Its number, once its beginning is recorded.
        var span: SpanID = .none
        var isRecorded = false
        var isEnded = false
        var failure = ""
    }

    package var context: ServiceContext {
        var own = outer
        own[Key.self] = self
        return own
    }

    private let outer: ServiceContext
    private let log: RequestLog?
    private let parent: SpanID
    private let isCall: Bool
    private let flags: Event.Flags
    private let task: UInt32
    private let begin: UInt64
    private let state: Mutex<State>

    fileprivate init(name: String, kind: SpanKind, context: ServiceContext) {
        outer = context
        let current = TaskContext.current
        let log = current?.call.log
        self.log = log
        isCall = kind == .client || kind == .producer
        flags = current?.flagsNow ?? []
        task = CurrentTask.short
        begin = MonotonicClock.now()
        let around = context[Key.self]
        parent =
            around.flatMap { $0.log === log ? $0.recorded() : nil } ?? current?.span ?? .none
        state = Mutex(State(name: name))
        // A call is named by whom it asks, which it says at once; all else by its name alone.
        if !isCall { _ = recorded() }
    }

    /// What a call carries, so that its server's spans are found under it (W3C Trace Context); nil outside of a request.
    var traceFields: (traceparent: String, tracestate: String)? {
        log.map { ($0.summary.context.traceparent(in: recorded()), $0.summary.context.state) }
    }

    package var operationName: String {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }

    package var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set {
            let isNamed = state.withLock { state in
                state.attributes = newValue
                return RequestSpan.naming.contains { newValue.get($0) != nil }
            }
            if isNamed { _ = recorded() }
        }
    }

    /// Attributes by which a call says whom it asks for what: it is recorded with the first of them, since they are set one
    /// by one and a recorded name cannot be changed.
    private static let naming = ["url.path", "url.full", "http.url", "http.target", "db.query.text", "db.statement"]

    package var isRecording: Bool { log != nil && state.withLock { !$0.isEnded } }

    package func setStatus(_ status: SpanStatus) {
        guard status.code == .error else { return }
        state.withLock { $0.failure = $0.failure.isEmpty ? status.message ?? "failed" : $0.failure }
    }

    package func addEvent(_ event: SpanEvent) {
        guard let log, state.withLock({ !$0.isEnded }) else { return }
        log.instant(.mark, label: log.own(text: event.name), parent: recorded())
    }

    package func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        state.withLock { $0.failure = "\(error)" }
    }

    package func addLink(_ link: SpanLink) {}

    package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let span = recorded()
        guard let log else { return }
        let (isFirst, failure, status) = state.withLock { state -> (Bool, String, Int64) in
            defer { state.isEnded = true }
            return (
                !state.isEnded, state.failure,
                RequestSpan.number(
                    state.attributes.get("http.response.status_code") ?? state.attributes.get("http.status_code"))
            )
        }
        guard isFirst else { return }
        log.end(
            isCall ? .await : .span, span: span, outcome: failure.isEmpty ? .done : isCall ? .failed : .raised,
            detail: failure.isEmpty ? .none : log.own(text: failure), value: status, task: task)
    }

    /// Its number; its beginning is recorded first where it was not.
    private func recorded() -> SpanID {
        guard let log else { return .none }
        return state.withLock { state in
            guard !state.isRecorded else { return state.span }
            state.isRecorded = true
            let isDatabase = state.attributes.get("db.system.name") != nil || state.attributes.get("db.system") != nil
            let kind: AwaitKind = isDatabase ? .database : .http
            state.span = log.begin(
                isCall ? .await : .span, label: log.own(text: RequestSpan.label(of: state)), parent: parent,
                value: isCall ? Int64(kind.rawValue) : 0, flags: flags, task: task, at: begin)
            return state.span
        }
    }

    /// `GET api.example/city/oslo`, `postgresql SELECT city`, or the name alone.
    private static func label(of state: State) -> String {
        func text(_ names: String...) -> String? {
            for name in names {
                if case .string(let text)? = state.attributes.get(name) { return text }
            }
            return nil
        }
        if let system = text("db.system.name", "db.system") {
            return "\(system) \(text("db.query.text", "db.statement") ?? state.name)"
        }
        if let url = text("url.full", "http.url") { return "\(state.name) \(url)" }
        guard let path = text("url.path", "http.target") else { return state.name }
        return "\(state.name) \(text("server.address", "net.peer.name") ?? "")\(path)"
    }

    private static func number(_ attribute: SpanAttribute?) -> Int64 {
        switch attribute {
        case .int32(let number): Int64(number)
        case .int64(let number): number
        default: 0
        }
    }
}
