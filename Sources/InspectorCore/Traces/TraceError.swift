// The errors of a request: what each says, which function threw it, and who handled it.

/// An error that came out of a function of the app.
package struct TraceError: Sendable {
    /// Its kind: a class's name, as Flask would say.
    package let kind: String
    /// What it says of itself; empty where it was not recorded.
    package let message: String
    /// The function that threw it; nil where that is no longer kept.
    package let thrower: Span?
    /// What became of it.
    package let fate: Fate
    /// The functions on the way to the throw, innermost first, as name and place; empty where they are not known: of what
    /// was handled, and past ten a second.
    package let frames: [(function: String, place: String)]

    /// What becomes of an error.
    package enum Fate: Sendable {
        /// An error handler was given it.
        case handled(by: Span)
        /// It is an answer of its own: an HTTP error without a handler.
        case answered
        /// Nobody handled it, and a 500 was made of it.
        case unhandled
        /// It left the app.
        case propagated
    }

    /// `ValueError: no such city`.
    package var words: String { message.isEmpty || message == kind ? kind : "\(kind): \(message)" }
}

extension Trace {
    /// What nobody handled, as a line of a log has it, with where it was thrown; empty once it was told.
    package var unhandledWords: [String] {
        guard fields.finishes <= 1 else { return [] }
        return errors.compactMap { error in
            switch error.fate {
            case .handled, .answered: return nil
            case .unhandled, .propagated: break
            }
            let frames = error.frames.prefix(3).map { $0.place.isEmpty ? $0.function : "\($0.function) \($0.place)" }
            return "Exception on \(summary.target) [\(summary.method)]: \(error.words)"
                + (frames.isEmpty ? "" : "  at " + frames.joined(separator: " < "))
        }
    }

    /// The errors of the request, in the order in which they were thrown.
    package var errors: [TraceError] {
        guard moments.firstPlace(of: .thrown) != nil else { return toldErrors }
        var errors: [TraceError] = []
        for (place, moment) in moments.enumerated() where moment.kind == .thrown {
            let later = moments[(place + 1)...]
            // What was thrown next has a fate of its own.
            let own = later.prefix { $0.kind != .thrown }
            var fate = TraceError.Fate.answered
            if own.contains(where: { $0.kind == .propagate && $0.label == moment.label }) {
                fate = .propagated
            } else if own.contains(where: { $0.kind == .unhandled && $0.label == moment.label }) {
                fate = .unhandled
            }
            // A handler of 500 is given the server's error, behind which this one is; one of a teardown's error handles it not.
            if let given = own.first(where: {
                $0.kind == .givenError && ($0.label == moment.label || $0.detail == moment.label)
            }),
                let handler = self[given.parent], handler.kind == .errorHandler
            {
                fate = .handled(by: handler)
            }
            var frames: [(function: String, place: String)] = []
            switch fate {
            case .unhandled, .propagated:
                // One error of a request is handled by nobody: the first; one of a teardown has no frames.
                if errors.allSatisfy(\.frames.isEmpty) {
                    frames = moments.filter { $0.kind == .frame }.map { ($0.label, $0.detail) }
                }
            case .handled, .answered: break
            }
            errors.append(
                TraceError(
                    kind: moment.label, message: moment.detail, thrower: self[moment.parent], fate: fate, frames: frames
                ))
        }
        return errors
    }

    /// The same of a server elsewhere that tells of its functions: which of them raised.
    private var toldErrors: [TraceError] {
        spans.filter { $0.origin == .told && $0.outcome == .raised && $0.kind.isFunction }.map { span in
            let parts = span.detail.split(separator: ":", maxSplits: 1)
            let kind = parts.first.map(String.init) ?? "an error"
            var fate = TraceError.Fate.answered
            if moments.contains(where: { $0.kind == .propagate && $0.label == kind }) {
                fate = .propagated
            } else if moments.contains(where: { $0.kind == .unhandled && $0.label == kind }) {
                fate = .unhandled
            }
            let given = moments.first {
                $0.kind == .givenError && $0.time >= span.begin && ($0.label == kind || $0.detail == kind)
                    && self[$0.parent]?.kind == .errorHandler
            }
            if let given, let handler = self[given.parent] { fate = .handled(by: handler) }
            return TraceError(
                kind: kind, message: parts.count > 1 ? String(parts[1]).trimmed : "", thrower: span, fate: fate,
                frames: [])
        }
    }
}
