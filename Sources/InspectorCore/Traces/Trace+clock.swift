// Whether a server elsewhere keeps another time than we do, as far as its spans show.

extension Trace {
    /// By how much the clock of the server that was asked differs at the least, in ns; nil where its span lies within the
    /// time in which it had the request, as it must.
    ///
    /// A span may end after the answer: what lies behind is no sign.
    package var clockOffset: Int64? {
        guard let outside = spans.last(where: { $0.kind == .remote }),
            let own = spans.first(where: { $0.origin == .told && $0.parent == outside.id && $0.kind == .span })
        else { return nil }
        if own.begin.addingSaturated(Trace.clockSlack) < outside.begin {
            return -Int64(clamping: outside.begin - own.begin)
        }
        if let end = outside.end, own.begin > end { return Int64(clamping: own.begin - end) }
        return nil
    }

    /// Two readings of one clock differ by less, in ns.
    private static let clockSlack: UInt64 = 1_000_000
}
