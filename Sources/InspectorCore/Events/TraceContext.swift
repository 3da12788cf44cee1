// The identity of a request across processes, as W3C Trace Context has it: what is sent on with every call, and what
// exported spans are found by.

/// Which trace a request belongs to, and the id of its own span (W3C Trace Context, version 00).
public struct TraceContext: Hashable, Sendable {
    /// The first and the second half of the trace id; never both zero.
    public let traceID: (high: UInt64, low: UInt64)
    /// The id of the request's own span, under which lies all that it does; never zero.
    public let spanID: UInt64
    /// The caller's span, where the request brought one along; 0 where the trace began here.
    public let parentID: UInt64
    /// Whether the caller recorded the trace; true where it began here.
    public let isSampled: Bool
    /// What tracing systems say to each other (`tracestate`), as it came.
    public let state: String

    /// Random, so that two runs never use the same ids.
    private static let run: UInt64 = .random(in: 1 ... .max)
    private static let spanSeed: UInt64 = .random(in: .min ... .max)

    /// A trace that begins with the request: 8 random bytes of the run, 2 of the lane, 6 of the request.
    package init(beginningWith id: RequestID) {
        self.init(
            traceID: (TraceContext.run, TraceContext.low(id: id)), spanID: TraceContext.root(id: id), parentID: 0,
            isSampled: true, state: "")
    }

    /// The trace that a request brought along; nil where its `traceparent` is not valid, as if there were none.
    ///
    /// - Parameters:
    ///   - traceparent: the value of the only field of that name.
    ///   - tracestate: the values of all fields of that name, joined by commas; left out when it is too long to be sent
    ///     on, or holds something that is not printable.
    package init?(traceparent: String, tracestate: String = "", request id: RequestID) {
        guard let parts = TraceContext.parse(traceparent) else { return nil }
        let isKept =
            tracestate.utf8.count <= TraceContext.stateLimit
            && tracestate.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 9 }
        self.init(
            traceID: (parts.high, parts.low), spanID: TraceContext.root(id: id), parentID: parts.span,
            isSampled: parts.flags & 1 == 1, state: isKept ? tracestate : "")
    }

    /// The context as a recording has it: `traceparent` names the request's own span.
    package init?(recorded traceparent: String, parentID: UInt64, state: String) {
        guard let parts = TraceContext.parse(traceparent) else { return nil }
        self.init(
            traceID: (parts.high, parts.low), spanID: parts.span, parentID: parentID, isSampled: parts.flags & 1 == 1,
            state: state)
    }

    private init(
        traceID: (high: UInt64, low: UInt64), spanID: UInt64, parentID: UInt64, isSampled: Bool, state: String
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.parentID = parentID
        self.isSampled = isSampled
        self.state = state
    }

    /// The id of one of the request's spans, the same whenever it is asked for.
    ///
    /// - Returns: the request's own for `.none`.
    package func spanID(of span: SpanID) -> UInt64 {
        guard span != .none else { return spanID }
        let id = SeededHash.mixed(value: spanID &+ UInt64(span.rawValue) &* 0x9E37_79B9_7F4A_7C15)
        return id == 0 ? 1 : id
    }

    /// The trace id in 32 hex digits.
    public var traceIDText: String { TraceContext.hex(number: traceID.high) + TraceContext.hex(number: traceID.low) }

    /// What a call carries that is made in `span`: `00-…-…-01`.
    package func traceparent(in span: SpanID = .none) -> String {
        "00-\(traceIDText)-\(TraceContext.hex(number: spanID(of: span)))-\(isSampled ? "01" : "00")"
    }

    /// Whether all of it is the same.
    public static func == (left: TraceContext, right: TraceContext) -> Bool {
        left.traceID == right.traceID && left.spanID == right.spanID && left.parentID == right.parentID
            && left.isSampled == right.isSampled && left.state == right.state
    }

    /// Hashes the ids.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(traceID.high)
        hasher.combine(traceID.low)
        hasher.combine(spanID)
    }

    /// This context with another `tracestate`.
    package func with(state: String) -> TraceContext {
        TraceContext(traceID: traceID, spanID: spanID, parentID: parentID, isSampled: isSampled, state: state)
    }

    /// 16 hex digits.
    package static func hex(number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }

    /// Longer ones may be left out (W3C Trace Context, 3.3.1.5); 512 bytes have to be sent on.
    private static let stateLimit = 4096

    /// The number of the request whose trace it is, where the trace began with a request of ours; else the trace's own.
    ///
    /// Nil where it is no valid `traceparent`.
    package static func requestNumber(inTraceparent text: String) -> UInt64? {
        parse(text).map { $0.low & 0xFFFF_FFFF_FFFF }
    }

    private static func low(id: RequestID) -> UInt64 {
        UInt64(id.lane.rawValue) << 48 | id.number & 0xFFFF_FFFF_FFFF
    }

    private static func root(id: RequestID) -> UInt64 {
        let root = SeededHash.mixed(value: spanSeed ^ low(id: id))
        return root == 0 ? 1 : root
    }

    /// W3C Trace Context, 3.2: lower-case hex, no part of zeros; later versions may have more behind the flags.
    private static func parse(_ text: String) -> (high: UInt64, low: UInt64, span: UInt64, flags: UInt8)? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 55, bytes[2] == 0x2D, bytes[35] == 0x2D, bytes[52] == 0x2D,
            let version = hexValue(digits: bytes[0..<2]), version != 0xFF,
            version == 0 ? bytes.count == 55 : bytes.count == 55 || bytes[55] == 0x2D,
            let high = hexValue(digits: bytes[3..<19]), let low = hexValue(digits: bytes[19..<35]), high | low != 0,
            let span = hexValue(digits: bytes[36..<52]), span != 0, let flags = hexValue(digits: bytes[53..<55])
        else { return nil }
        return (high, low, span, UInt8(truncatingIfNeeded: flags))
    }

    private static func hexValue(digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: value = value << 4 | UInt64(digit - 0x30)
            case 0x61...0x66: value = value << 4 | UInt64(digit - 0x61 + 10)
            default: return nil
            }
        }
        return value
    }
}
