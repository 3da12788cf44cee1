// Which trace a span belongs to, and who it is there (W3C Trace Context).

internal import ServiceContextModule

/// The ids of a span; they travel with the service context.
struct SpanIdentity: Sendable, Equatable {
    /// Both halves of the trace's id; never both 0.
    let trace: (high: UInt64, low: UInt64)
    /// Never 0.
    let span: UInt64
    /// Whether whoever began the trace records it; what is not sampled is not told.
    let isSampled: Bool
    /// What tracing systems say to each other (`tracestate`), as it came.
    let state: String

    /// How much of a `tracestate` is passed on, in bytes (W3C Trace Context, 3.3.1.5).
    private static let stateLimit = 4096

    /// A new span in the parent's trace, or in a new one.
    init(childOf parent: SpanIdentity?) {
        trace = parent?.trace ?? (.random(in: 1 ... .max), .random(in: .min ... .max))
        span = .random(in: 1 ... .max)
        isSampled = parent?.isSampled ?? true
        state = parent?.state ?? ""
    }

    /// What a caller sent; nil where it is not valid.
    init?(traceparent: String, tracestate: String) {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            parts[1].utf8.count == 32, parts[2].utf8.count == 16, parts[3].utf8.count == 2,
            SpanIdentity.number(parts[0]) != nil, let high = SpanIdentity.number(parts[1].prefix(16)),
            let low = SpanIdentity.number(parts[1].suffix(16)), let span = SpanIdentity.number(parts[2]),
            let flags = SpanIdentity.number(parts[3]), high | low != 0, span != 0
        else { return nil }
        trace = (high, low)
        self.span = span
        isSampled = flags & 1 == 1
        state = tracestate.utf8.count <= SpanIdentity.stateLimit ? tracestate : ""
    }

    /// Lower-case hex only: `UInt64` would also take capitals and a sign.
    private static func number(_ text: Substring) -> UInt64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
            ? UInt64(text, radix: 16) : nil
    }

    var traceparent: String {
        "00-\(Self.hex(trace.high))\(Self.hex(trace.low))-\(Self.hex(span))-\(isSampled ? "01" : "00")"
    }

    private static func hex(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }

    static func == (left: SpanIdentity, right: SpanIdentity) -> Bool {
        left.trace == right.trace && left.span == right.span && left.isSampled == right.isSampled
            && left.state == right.state
    }
}

private enum SpanIdentityKey: ServiceContextKey {
    typealias Value = SpanIdentity
    static let nameOverride: String? = "inspector-span"
}

extension ServiceContext {
    /// The innermost span, of this process or of the caller.
    var spanIdentity: SpanIdentity? {
        get { self[SpanIdentityKey.self] }
        set { self[SpanIdentityKey.self] = newValue }
    }
}
