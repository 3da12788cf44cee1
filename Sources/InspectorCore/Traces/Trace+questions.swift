// What a test asks of a trace.

extension Trace {
    /// The spans of a kind, in the order of beginning.
    public func spans(_ kind: EventKind) -> [Span] { spans.filter { $0.kind == kind } }

    /// The first span of a kind, and of a name if one is given.
    public func first(_ kind: EventKind, _ name: String? = nil) -> Span? {
        spans.first { $0.kind == kind && (name == nil || $0.label == name) }
    }

    /// The first moment of a kind.
    public func moment(_ kind: EventKind) -> Moment? { moments.first { $0.kind == kind } }

    /// The app's functions that ran, in the order in which they began: `view /`, `after_request a1`.
    public var functions: [String] {
        spans.compactMap { span in
            let name: String
            switch span.kind {
            case .urlValuePreprocessor: name = "url_value_preprocessor"
            case .beforeRequest: name = "before_request"
            case .middleware: name = "middleware"
            case .view: name = "view"
            case .errorHandler: name = "error_handler"
            case .afterThisRequest: name = "after_this_request"
            case .afterRequest: name = "after_request"
            case .teardownRequest: name = "teardown_request"
            case .teardownAppContext: name = "teardown_appcontext"
            default: return nil
            }
            return name + " " + span.label
        }
    }

    /// Whether what its client got is the answer of its server: a server elsewhere may give none, and the status is ours
    /// then.
    package var hasAnswer: Bool {
        guard summary.lane.isRemote else { return true }
        // A client that closed its side took its request back; the status is ours (499), and no error is recorded.
        if status == 499, moments.contains(where: { $0.kind == .clientClosedSide }) { return false }
        return !moments.contains { $0.kind == .thrown || $0.kind == .clientGone || $0.isNotPassedOn }
    }

    /// Whether every span of `first` had ended when the first of `second` began; false when either is not there.
    public func happened(_ first: EventKind, before second: EventKind) -> Bool {
        guard let end = end(of: first), let begin = begin(of: second) else { return false }
        return end <= begin
    }

    /// Whether all of `spans` were going on at one moment.
    public static func overlapped(_ spans: [Span]) -> Bool {
        guard let latest = spans.map(\.begin).max() else { return false }
        return spans.allSatisfy { ($0.end ?? .max) > latest }
    }

    /// The awaits that were pending when the request's deadline was over: what it waited for in vain.
    public var overran: [Span] {
        guard let deadline = moment(.deadline)?.time else { return [] }
        return spans(.await).filter { $0.begin <= deadline && ($0.end ?? .max) >= deadline }
    }

    private func begin(of kind: EventKind) -> UInt64? {
        let times = spans(kind).map(\.begin) + moments.filter { $0.kind == kind }.map(\.time)
        return times.min()
    }

    private func end(of kind: EventKind) -> UInt64? {
        let open = spans(kind).contains { $0.end == nil }
        if open { return nil }
        return (spans(kind).compactMap(\.end) + moments.filter { $0.kind == kind }.map(\.time)).max()
    }
}

extension Trace {
    /// From when to when it held a worker, in ns; nil when it never did, or has none (`native`).
    ///
    /// A worker is free when the last of the request's functions has ended, which is before the answer is on its way.
    package func workerHeld(until now: UInt64) -> (begin: UInt64, end: UInt64)? {
        guard let place = spans.firstPlace(of: .queued), let begin = spans[place].end, spans[place].outcome != .failed
        else {
            return nil
        }
        guard done != nil else { return (begin, max(begin, now)) }
        let worker = spans.firstPlace(of: .routing).map { spans[$0].track }
        var end = begin
        for place in spans.indices {
            let kind = spans[place].kind
            guard spans[place].track == worker || kind == .subThread || kind == .held, kind != .queued else { continue }
            // What outlived its request is ended by nobody; the worker was free long before.
            if spans[place].flags.contains(.leaked) { continue }
            end = max(end, spans[place].end ?? now)
        }
        return (begin, end)
    }
}

extension [Span] {
    /// Where the first span of a kind stands; no span is copied for it.
    package func firstPlace(of kind: EventKind) -> Int? {
        for place in indices where self[place].kind == kind { return place }
        return nil
    }

    /// Whether one of them fulfils `condition`; no span is copied for it.
    package func hasOne(_ condition: (borrowing Span) -> Bool) -> Bool {
        for place in indices where condition(self[place]) { return true }
        return false
    }
}

extension [Moment] {
    /// Where the first moment of a kind stands; no moment is copied for it.
    package func firstPlace(of kind: EventKind) -> Int? {
        for place in indices where self[place].kind == kind { return place }
        return nil
    }
}
