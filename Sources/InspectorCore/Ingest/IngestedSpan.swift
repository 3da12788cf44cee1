// A span as another process told it, checked and bounded, before anyone knows which request it belongs to.

internal import Foundation
internal import OTLPMessages

/// Who tells of a span: two processes of one service are two.
struct TellingService: Hashable, Sendable {
    /// `service.name`.
    var name: String
    /// `service.instance.id`; empty where it is not told.
    var instance: String

    /// Both, as a reader has them.
    var words: String { instance.isEmpty ? name : name.isEmpty ? instance : "\(name) \(instance)" }
}

/// A span out of an export.
struct IngestedSpan: Sendable {
    /// The trace's id, in two halves; never both 0.
    let trace: TraceKey
    var id: UInt64
    /// 0 where it has none.
    var parent: UInt64
    let service: TellingService
    let name: String
    /// Whether it is a server's, a client's, or neither (`OTLP 1.x: Span.SpanKind`).
    let role: Role
    /// By this process's monotonic clock, in ns.
    let begin: UInt64
    /// Nil while it goes on.
    let end: UInt64?
    /// When its server gave it to a worker to wait for (the extension's `inspector.queued.at`), as `begin`; nil where that is
    /// not told.
    let queued: UInt64?
    /// When its client sent it, or a proxy took it (the extension's `inspector.sent.at`, out of `X-Request-Start`).
    let sent: UInt64?
    /// Whether its times are of this machine's monotonic clock, so that one of ours and one of them have a distance.
    let hasOurClock: Bool
    let isError: Bool
    let statusMessage: String
    /// The names of attributes are the standard's, texts and numbers as texts; as they came.
    let attributes: [ToldFacts.Attribute]
    /// What it is here: by the extension's own word, else by its role.
    let kind: EventKind
    /// About how many bytes it takes.
    let cost: Int
    /// Name, time, attributes.
    let events: [Event]
    /// Spans that it names as related: trace id and span id.
    let links: [String]
    /// What is told of its process, by name; the same for all spans of it in a message.
    let resource: [ToldFacts.Attribute]

    enum Role: Sendable {
        case server
        case client
        case other
    }

    struct Event: Sendable {
        let name: String
        let time: UInt64
        let attributes: [ToldFacts.Attribute]
    }

    /// Both halves of a trace's id.
    struct TraceKey: Hashable, Sendable {
        let high: UInt64
        let low: UInt64
    }

    /// What was read out of an export.
    struct Batch: Sendable {
        var spans: [IngestedSpan] = []
        /// Spans without a valid id, or without a begin.
        var rejected = 0
        /// How many requests each process has begun, and how many of them it tells in detail (the extension's counters).
        var counts: [(service: TellingService, requests: UInt64, detailed: UInt64)] = []
    }

    /// How many attributes, events and links of a span are kept, and how many bytes of a text.
    private static let mostAttributes = 64
    private static let mostEvents = 64
    private static let mostLinks = 16
    private static let mostBytes = 2048

    /// The valid spans of an export.
    ///
    /// - Parameters:
    ///   - offset: what is taken off a time of an exporter's clock to get ours, where it does not say its own.
    ///   - now: by `MonotonicClock`, in ns; no span can be later.
    static func read(
        _ request: OTLPExportTraceServiceRequest, offset: UInt64, now: UInt64 = MonotonicClock.now()
    ) -> Batch {
        var batch = Batch()
        for resource in request.resourceSpans {
            let told = attributes(of: resource.resource.attributes)
            let service = TellingService(
                name: told["service.name"] ?? "", instance: told["service.instance.id"] ?? told["process.pid"] ?? "")
            let shared = SharedClock.offset(told: told)
            let clock = TellingClock(
                offset: ahead(resource, offset: shared ?? offset, now: now), isOurs: shared != nil, now: now)
            if let requests = told["inspector.requests"].flatMap({ UInt64($0) }),
                let detailed = told["inspector.requests.detailed"].flatMap({ UInt64($0) })
            {
                batch.counts.append((service, requests, detailed))
            }
            let facts = told.sorted { $0.name < $1.name }
            for scope in resource.scopeSpans {
                for span in scope.spans {
                    // ASGI's receive waits for the client to go, all the while: it is no work of the request's.
                    if span.attributes.contains(where: { $0.key == "asgi.event.type" }) { continue }
                    let ingested = IngestedSpan(
                        span, service: service, scope: scope.scope.name, resource: facts, clock: clock)
                    if let ingested { batch.spans.append(ingested) } else { batch.rejected += 1 }
                }
            }
        }
        return batch
    }

    /// The clock of whoever tells.
    private struct TellingClock {
        /// What is taken off its times to get ours, in ns.
        let offset: UInt64
        /// Whether it is this machine's monotonic clock.
        let isOurs: Bool
        /// By `MonotonicClock`, in ns.
        let now: UInt64
    }

    /// The offset by which no span of a message lies ahead of now: a clock that is an hour ahead, or an offset of nonsense,
    /// would put requests into windows that nobody reaches.
    private static func ahead(_ resource: OTLPResourceSpans, offset: UInt64, now: UInt64) -> UInt64 {
        let latest = resource.scopeSpans.lazy.flatMap(\.spans).reduce(0) {
            max($0, max($1.startTimeUnixNano, $1.endTimeUnixNano).subtractingSaturated(offset))
        }
        return latest > now.addingSaturated(slack) ? offset.addingSaturated(latest - now) : offset
    }

    /// How far ahead another clock may be, and how long before its begin a request may have been sent, in ns.
    private static let slack: UInt64 = 1_000_000_000
    private static let longestWait: UInt64 = 3_600_000_000_000

    /// When it was sent, or given to a worker: before its begin, and not for longer than anyone waits.
    private static func before(_ text: String?, begin: UInt64, offset: UInt64) -> UInt64? {
        guard let time = text.flatMap({ UInt64($0) }), time <= begin, begin - time <= longestWait else { return nil }
        return time.subtractingSaturated(offset)
    }

    private init?(
        _ span: OTLPSpan, service: TellingService, scope: String, resource: [ToldFacts.Attribute],
        clock: TellingClock
    ) {
        let offset = clock.offset
        guard span.traceID.count == 16, let id = Self.number(of: span.spanID), id != 0, span.startTimeUnixNano > 0
        else {
            return nil
        }
        let high = Self.number(of: span.traceID.prefix(8)) ?? 0
        let low = Self.number(of: span.traceID.suffix(8)) ?? 0
        guard high | low != 0 else { return nil }
        trace = TraceKey(high: high, low: low)
        var told = Self.attributes(of: span.attributes)
        // Who made a server's span tells how it is served: on a loop where it is ASGI's instrumentation.
        if span.kind == .server, !scope.isEmpty, told["otel.scope.name"] == nil {
            told.append(ToldFacts.Attribute(name: "otel.scope.name", value: Self.short(text: scope)))
        }
        let above = Self.number(of: span.parentSpanID) ?? 0
        // Logfire tells of an open span by another, under an id of its own, whose parent is the one that is open.
        let isPending = told["logfire.span_type"] == "pending_span" && above != 0
        self.id = isPending ? above : id
        parent = isPending ? UInt64(told["logfire.pending_parent_id"] ?? "", radix: 16) ?? 0 : above
        self.service = service
        self.resource = resource
        name = Self.short(text: span.name)
        role =
            switch span.kind {
            case .server: .server
            case .client: .client
            default: .other
            }
        begin = span.startTimeUnixNano.subtractingSaturated(offset)
        end =
            span.endTimeUnixNano == 0 || isPending
            ? nil : max(span.startTimeUnixNano, span.endTimeUnixNano).subtractingSaturated(offset)
        hasOurClock = clock.isOurs
        isError = span.status.code == .error
        statusMessage = Self.short(text: span.status.message)
        attributes = told
        kind = Self.kind(named: told["inspector.kind"], role: role)
        queued = Self.before(told["inspector.queued.at"], begin: span.startTimeUnixNano, offset: offset)
        sent = Self.before(told["inspector.sent.at"], begin: span.startTimeUnixNano, offset: offset)
        // Nothing of a span happens after its end, and nothing has happened later than now.
        let last = end ?? max(begin, clock.now)
        events = span.events.prefix(Self.mostEvents).map { event in
            Event(
                name: Self.short(text: event.name), time: min(last, event.timeUnixNano.subtractingSaturated(offset)),
                attributes: Self.attributes(of: event.attributes))
        }
        cost =
            256 + name.utf8.count + statusMessage.utf8.count + Self.cost(told)
            + events.reduce(0) { $0 + 64 + Self.cost($1.attributes) }
        links = span.links.prefix(Self.mostLinks).compactMap { link in
            guard link.traceID.count == 16, link.spanID.count == 8 else { return nil }
            return link.traceID.hexText + " " + link.spanID.hexText
        }
    }

    private static func cost(_ attributes: [ToldFacts.Attribute]) -> Int {
        attributes.reduce(0) { $0 + 64 + $1.name.utf8.count + $1.value.utf8.count }
    }

    /// The HTTP status that the span reports; nil where it reports none from 100 to 599.
    var status: Int? {
        self["http.response.status_code", "http.status_code"].flatMap { Int($0) }
            .flatMap { (100...599).contains($0) ? $0 : nil }
    }

    subscript(name: String) -> String? { attributes[name] }

    /// An attribute under its stable name, or under the older one.
    subscript(name: String, older: String) -> String? { attributes[name] ?? attributes[older] }

    private static func attributes(of pairs: [OTLPKeyValue]) -> [ToldFacts.Attribute] {
        pairs.prefix(mostAttributes).map {
            ToldFacts.Attribute(name: short(text: $0.key), value: text(of: $0.value, depth: 0))
        }
    }

    private static func text(of value: OTLPAnyValue, depth: Int) -> String {
        // What lies deeper is not told: nobody reads it in a line.
        guard depth < 4 else { return "…" }
        return switch value.value {
        case .stringValue(let text): short(text: text)
        case .boolValue(let flag): flag ? "true" : "false"
        case .intValue(let number): "\(number)"
        case .doubleValue(let number): "\(number)"
        case .arrayValue(let array):
            // As JSON has a list: what comes after `--password` in it is found to be a secret.
            short(
                text: "["
                    + array.values.prefix(16).map { value in
                        if case .stringValue(let text) = value.value {
                            return String(decoding: JSON.string(short(text: text)).encoded, as: UTF8.self)
                        }
                        return text(of: value, depth: depth + 1)
                    }.joined(separator: ", ") + "]")
        case .kvlistValue(let list):
            short(
                text:
                    "{"
                    + list.values.prefix(16).map { "\($0.key): \(text(of: $0.value, depth: depth + 1))" }
                    .joined(separator: ", ") + "}")
        case .bytesValue(let bytes): "\(bytes.count) bytes"
        case nil: ""
        }
    }

    private static func short(text: String) -> String {
        // By scalars: one character may be megabytes of marks.
        text.utf8.count <= mostBytes
            ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(mostBytes / 4))) + "…"
    }

    /// Eight bytes, the highest first; nil for another number of them.
    private static func number(of bytes: Data) -> UInt64? {
        bytes.count == 8 ? bytes.reduce(0) { $0 << 8 | UInt64($1) } : nil
    }
}
