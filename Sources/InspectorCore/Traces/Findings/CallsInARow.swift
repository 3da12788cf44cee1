// A finding: calls that may be independent were made one after the other.

/// A function made calls in a row.
enum CallsInARow: FindingCheck {
    static let name = "calls made one after the other"
    static let why =
        "Calls that do not need one another's answers can be under way together; the request then takes as long as "
        + "the slowest, not as long as all."
    static let remedy = "Make them with gather, in the async variant."
    static let remedyElsewhere =
        "Make them at the same time: asyncio.gather in an async view, a ThreadPoolExecutor in a sync one."

    static func look(at subject: inout FindingSubject) {
        for span in subject.trace.spans where span.kind.isFunction {
            look(at: subject.functions.calls[span.id] ?? [], of: span, in: &subject)
        }
    }

    private static func look(at calls: [Span], of function: Span, in subject: inout FindingSubject) {
        var row: [Span] = []
        var longest: [Span] = []
        for call in calls.sorted(by: { $0.begin < $1.begin }) {
            if let last = row.last?.end, call.begin >= last { row.append(call) } else { row = [call] }
            if row.count > longest.count { longest = row }
        }
        guard longest.count >= 2, let first = longest.first, let last = longest.last?.end else { return }
        // Together they would still take as long as the slowest.
        let slowest = longest.map { $0.duration(until: subject.now) }.max() ?? 0
        let total = last.subtractingSaturated(first.begin)
        guard total >= Findings.Bound.rowTotal, Double(slowest) <= Double(total) * Findings.Bound.rowShare else {
            return
        }
        // Two may well need one another; three or more of one service seldom do.
        let service = Set(longest.map { $0.label.split(separator: "/").first.map(String.init) ?? $0.label })
        let isPattern = longest.count >= Findings.Bound.pattern && service.count == 1
        subject.note(
            isPattern ? .warn : .look, about: function.label, weight: total,
            seen: "\(longest.count) calls in a row in \(function.label), \(subject.text(total)); together about "
                + "\(subject.text(slowest)), as long as the slowest, if none needs another's answer.")
    }
}

extension FindingKind {
    package static let callsInARow = FindingKind(CallsInARow.self)
}
