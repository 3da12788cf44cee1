// How a span or a moment looks in a waterfall: its glyph, its role, the word beside its bar.

internal import InspectorCore

/// The look of a row.
struct WaterfallLook {
    let role: Role
    let glyph: String
    /// How it ended, where that is worth a word.
    let note: String

    init(item: TraceTree.Item, glyphs: Glyphs) {
        switch item {
        case .span(let span):
            role = Self.role(of: span)
            glyph = Self.glyph(of: span, glyphs: glyphs)
            note = Self.note(of: span, glyphs: glyphs)
        case .moment(let moment):
            role = moment.kind == .mark || moment.kind == .autoOptions ? .strong : .bad
            glyph = glyphs.pointer
            note = ""
        }
    }

    private static func note(of span: Span, glyphs: Glyphs) -> String {
        if span.flags.contains(.leaked) { return "leaked: began after its request was done" }
        switch span.outcome {
        case .raised: return "raised \(span.detail.madeVisible)"
        case .failed: return TextWidth.fit(text: "failed \(span.detail.madeVisible)", width: 40, mark: glyphs.more)
        case .timedOut: return "timed out"
        case .cancelled: return "cancelled"
        case .replaced: return "replaced the response"
        case .nothing: return "returned nothing"
        case .response where span.kind == .beforeRequest: return "answered"
        default:
            let isCall = span.kind.isWait
            return isCall && span.endValue > 0 ? "\(span.endValue)" : ""
        }
    }

    private static func glyph(of span: Span, glyphs: Glyphs) -> String {
        switch span.kind {
        case .arriving: glyphs.arriving
        case .queued: glyphs.queued
        case .await, .call: glyphs.awaiting
        case .blocked: glyphs.blocked
        case .subThread, .task, .background, .held, .remote, .span: glyphs.waiting
        case .connecting: glyphs.connecting
        case .beforeRequest: "b"
        case .middleware: "m"
        case .afterRequest, .afterThisRequest: "a"
        case .errorHandler: "e"
        case .teardownRequest, .teardownAppContext: "t"
        case .routing: glyphs.dot
        default: glyphs.running
        }
    }

    private static func role(of span: Span) -> Role {
        if span.outcome == .raised { return .failing }
        return switch span.kind {
        case .arriving, .queued, .connecting: .queued
        case .remote: .laneOther
        case .receiving, .sending: .running
        case .await, .call: .awaiting
        case .blocked: .blocked
        case .subThread, .task, .background: .subThread
        case .held: .failing
        case let kind where kind.isHook || kind == .middleware: .hook
        case .errorHandler: .failing
        case .teardownRequest, .teardownAppContext: .teardown
        case .view, .render, .stream: .running
        default: .faint
        }
    }
}
