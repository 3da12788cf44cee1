// One line in a Swift server, and inspector shows its requests while they run.

public import Tracing

/// A swift-distributed-tracing backend that tells spans to `inspector`, those that are open too.
///
/// ```swift
/// import InspectorTracing
///
/// InspectorTracing.bootstrap(service: "shop")
/// ```
///
/// From then on everything that traces (Hummingbird's and Vapor's middleware, AsyncHTTPClient, database drivers, `withSpan`)
/// is shown: `inspector watch shop=http://127.0.0.1:8080`, or `inspector watch` for requests that others send.
public enum InspectorTracing {
    /// Makes a tracer and sets it as the process's (`InstrumentationSystem.bootstrap`); to be called once, at the start.
    ///
    /// - Parameters:
    ///   - service: `service.name`: what the lane is called.
    ///   - endpoint: where spans go, as OTLP over HTTP; nobody has to listen there.
    @discardableResult
    public static func bootstrap(
        service: String, endpoint: String = "http://127.0.0.1:4318"
    ) -> InspectorTracer {
        let tracer = InspectorTracer(service: service, endpoint: endpoint)
        InstrumentationSystem.bootstrap(tracer)
        return tracer
    }
}

/// Makes spans and sends them; may be used from any thread and any task.
///
/// Traces are continued and passed on as W3C Trace Context has it (`traceparent`, `tracestate`).
public struct InspectorTracer: Tracer {
    /// What it makes.
    public typealias Span = InspectorSpan

    private let sender: SpanSender

    /// Makes a tracer without setting it as the process's.
    ///
    /// - Parameters:
    ///   - service: `service.name`.
    ///   - endpoint: where spans go, as OTLP over HTTP.
    public init(service: String, endpoint: String = "http://127.0.0.1:4318") {
        sender = SpanSender(service: service, endpoint: endpoint)
    }

    /// Begins a span in the trace of `context`, or a new trace where it has none.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> InspectorSpan {
        let begin = SpanClock.monotonic(of: instant())
        let context = context()
        let parent = context.spanIdentity
        let identity = SpanIdentity(childOf: parent)
        var own = context
        own.spanIdentity = identity
        let span = InspectorSpan(
            name: operationName, kind: kind, identity: identity, parent: parent?.span ?? 0, context: own, begin: begin,
            place: (function: function, file: fileID, line: line), sender: sender)
        if identity.isSampled { sender.begin(span) }
        return span
    }

    /// The span of `context`, while it is open.
    public func activeSpan(identifiedBy context: ServiceContext) -> InspectorSpan? {
        context.spanIdentity.flatMap { sender.open(span: $0.span) }
    }

    /// Sends what there is, and waits for half a second at most; not on the sender's own event loop.
    public func forceFlush() { sender.flush(waiting: 0.5) }

    /// Reads `traceparent` and `tracestate`; what is not valid is as if it were not there (W3C Trace Context, 3.2).
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let text = extractor.extract(key: "traceparent", from: carrier),
            let identity = SpanIdentity(
                traceparent: text, tracestate: extractor.extract(key: "tracestate", from: carrier) ?? "")
        else { return }
        context.spanIdentity = identity
    }

    /// Writes `traceparent` and `tracestate`.
    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let identity = context.spanIdentity else { return }
        injector.inject(identity.traceparent, forKey: "traceparent", into: &carrier)
        if !identity.state.isEmpty { injector.inject(identity.state, forKey: "tracestate", into: &carrier) }
    }
}
