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
        let reached = fields.reachedServer ?? outside.begin
        if own.begin.addingSaturated(Trace.clockSlack) < reached {
            return -Int64(clamping: reached - own.begin)
        }
        if let end = outside.end, own.begin > end { return Int64(clamping: own.begin - end) }
        return nil
    }

    /// Two readings of one clock differ by less, in ns.
    private static let clockSlack: UInt64 = 1_000_000
}

extension Trace.Fields {
    /// When a server elsewhere could begin with the request at the earliest: it may do so while the body still comes.
    var reachedServer: UInt64? {
        spans.first { $0.origin == .observed && ($0.kind == .sending || $0.kind == .remote) }?.begin
    }
}
