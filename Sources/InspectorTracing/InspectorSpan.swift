// A span of this process, and what it is on the wire.

internal import Foundation
internal import OTLPMessages
internal import Synchronization
public import Tracing

/// A stretch of time of a request: what a server did, what a client asked, what the app itself names.
///
/// May be used from any thread; what is set after its end is let go.
public final class InspectorSpan: Tracing.Span {
    private struct State {
        var name: String
        var attributes: SpanAttributes = [:]
        var events: [OTLPSpan.Event] = []
        var links: [OTLPSpan.Link] = []
        var status: SpanStatus?
        var end: UInt64?
        /// When it was told last, on the monotonic clock; 0 before.
        var told: UInt64 = 0
    }

    /// How much of a span is kept.
    private static let mostEvents = 64
    private static let mostAttributes = 64
    private static let mostBytes = 2048

    /// The context for what lies in it.
    public let context: ServiceContext
    let identity: SpanIdentity
    /// On the monotonic clock, in ns.
    let begin: UInt64
    private let kind: SpanKind
    private let parent: UInt64
    private let place: (function: String, file: String, line: UInt)
    private let sender: SpanSender
    private let state: Mutex<State>

    init(
        name: String, kind: SpanKind, identity: SpanIdentity, parent: UInt64, context: ServiceContext, begin: UInt64,
        place: (function: String, file: String, line: UInt), sender: SpanSender
    ) {
        self.kind = kind
        self.identity = identity
        self.parent = parent
        self.context = context
        self.begin = begin
        self.place = place
        self.sender = sender
        state = Mutex(State(name: name))
    }

    /// Its name.
    public var operationName: String {
        get { state.withLock { $0.name } }
        set { change { $0.name = newValue } }
    }

    /// Its attributes.
    public var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set { change { $0.attributes = newValue } }
    }

    /// Whether it is told to anyone.
    public var isRecording: Bool { identity.isSampled && state.withLock { $0.end == nil } }

    /// Sets how it went.
    public func setStatus(_ status: SpanStatus) { change { $0.status = status } }

    /// Adds something that happened in it.
    public func addEvent(_ event: SpanEvent) {
        add(name: event.name, wall: event.nanosecondsSinceEpoch, attributes: event.attributes)
    }

    /// Adds an error as an event, as OpenTelemetry names one.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        var attributes = attributes
        attributes["exception.type"] = String(reflecting: type(of: error))
        attributes["exception.message"] = "\(error)"
        add(name: "exception", wall: instant().nanosecondsSinceEpoch, attributes: attributes)
    }

    /// Names a related span; one of another tracer has no ids that could be told.
    public func addLink(_ link: SpanLink) {
        guard let other = link.context.spanIdentity else { return }
        change { state in
            guard state.links.count < InspectorSpan.mostEvents else { return }
            var told = OTLPSpan.Link()
            told.traceID = InspectorSpan.bytes(other.trace.high) + InspectorSpan.bytes(other.trace.low)
            told.spanID = InspectorSpan.bytes(other.span)
            told.attributes = InspectorSpan.pairs(link.attributes)
            state.links.append(told)
        }
    }

    /// Ends it; a second end changes nothing.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        let end = max(begin, SpanClock.monotonic(of: instant()))
        let isFirst = state.withLock { state in
            guard state.end == nil else { return false }
            state.end = end
            return true
        }
        if isFirst, identity.isSampled { sender.end(self) }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { if $0.end == nil { body(&$0) } }
    }

    private func add(name: String, wall: UInt64, attributes: SpanAttributes) {
        let time = SpanClock.monotonic(of: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: wall))
        change { state in
            guard state.events.count < InspectorSpan.mostEvents else { return }
            var event = OTLPSpan.Event()
            event.name = InspectorSpan.cut(name)
            event.timeUnixNano = time &+ SpanClock.offset
            event.attributes = InspectorSpan.pairs(attributes)
            state.events.append(event)
        }
    }

    /// Whether it is to be told of as an open one: it has lasted for a while, and was not told of just now.
    func isDue(at now: UInt64, young: UInt64, again: UInt64) -> Bool {
        state.withLock { state in
            let last = state.told == 0 ? begin : state.told
            guard state.end == nil, now > last, now - last >= (state.told == 0 ? young : again) else { return false }
            state.told = now
            return true
        }
    }

    /// It is told anew: nobody took what was told of it.
    func forgetTold() { state.withLock { $0.told = 0 } }

    /// The span on the wire; an open one ends at 0.
    var message: OTLPSpan {
        let state = state.withLock { $0 }
        var span = OTLPSpan()
        span.traceID = Self.bytes(identity.trace.high) + Self.bytes(identity.trace.low)
        span.spanID = Self.bytes(identity.span)
        if parent != 0 { span.parentSpanID = Self.bytes(parent) }
        span.traceState = identity.state
        span.name = Self.cut(state.name)
        span.kind =
            switch kind {
            case .server: .server
            case .client: .client
            case .producer: .producer
            case .consumer: .consumer
            case .internal: .internal
            }
        span.startTimeUnixNano = begin &+ SpanClock.offset
        span.endTimeUnixNano = state.end.map { $0 &+ SpanClock.offset } ?? 0
        span.attributes =
            Self.pairs(state.attributes)
            + Self.pairs([
                "code.function.name": .string(place.function), "code.file.path": .string(place.file),
                "code.line.number": .int64(Int64(clamping: place.line)),
            ])
        span.events = state.events
        span.links = state.links
        if let status = state.status {
            span.status.code = status.code == .ok ? .ok : .error
            span.status.message = Self.cut(status.message ?? "")
        }
        return span
    }

    private static func bytes(_ number: UInt64) -> Data {
        withUnsafeBytes(of: number.bigEndian) { Data($0) }
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= mostBytes ? text : String(text.prefix(mostBytes / 4)) + "…"
    }

    private static func pairs(_ attributes: SpanAttributes) -> [OTLPKeyValue] {
        var pairs: [OTLPKeyValue] = []
        attributes.forEach { key, attribute in
            guard pairs.count < mostAttributes else { return }
            var pair = OTLPKeyValue()
            pair.key = cut(key)
            pair.value = value(attribute)
            pairs.append(pair)
        }
        return pairs
    }

    static func value(_ attribute: SpanAttribute) -> OTLPAnyValue {
        var value = OTLPAnyValue()
        func list<Element>(_ elements: [Element], _ make: (Element) -> SpanAttribute) -> OTLPArrayValue {
            var array = OTLPArrayValue()
            array.values = elements.prefix(mostAttributes).map { Self.value(make($0)) }
            return array
        }
        switch attribute {
        case .int32(let number): value.intValue = Int64(number)
        case .int64(let number): value.intValue = number
        case .double(let number): value.doubleValue = number
        case .bool(let flag): value.boolValue = flag
        case .string(let text): value.stringValue = cut(text)
        case .int32Array(let numbers): value.arrayValue = list(numbers) { .int32($0) }
        case .int64Array(let numbers): value.arrayValue = list(numbers) { .int64($0) }
        case .doubleArray(let numbers): value.arrayValue = list(numbers) { .double($0) }
        case .boolArray(let flags): value.arrayValue = list(flags) { .bool($0) }
        case .stringArray(let texts): value.arrayValue = list(texts) { .string($0) }
        case .stringConvertible(let any): value.stringValue = cut("\(any)")
        case .stringConvertibleArray(let all): value.arrayValue = list(all) { .string("\($0)") }
        default: value.stringValue = cut("\(attribute)")
        }
        return value
    }
}
