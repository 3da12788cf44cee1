// Two services that give one span's id to a span each.

/// Tells apart the spans of a trace that have one id: Zipkin's B3 lets a client and the server that it calls share theirs.
struct SharedSpanIDs: Sendable {
    private struct Told: Hashable {
        let service: TellingService
        let id: UInt64
    }

    /// How many spans of a trace get another id: more do not share one, they were sent to fill us.
    private static let most = 64

    private var owners: [UInt64: TellingService] = [:]
    private var others: [Told: UInt64] = [:]

    /// The span as the first that told its id has it, or with an id of its own; its parent is one of its own service where
    /// that has one of the id.
    mutating func distinct(_ span: IngestedSpan) -> IngestedSpan {
        var span = span
        let told = Told(service: span.service, id: span.id)
        if let parent = others[Told(service: span.service, id: span.parent)] { span.parent = parent }
        if let id = others[told] {
            span.id = id
        } else if let owner = owners[span.id], owner != span.service, others.count < SharedSpanIDs.most {
            // The odd factor of splitmix64: ids of services are as far from each other as ids of spans.
            var id = span.id &+ 0x9E37_79B9_7F4A_7C15 &* UInt64(others.count + 1)
            while id == 0 || owners[id] != nil { id &+= 1 }
            others[told] = id
            owners[id] = span.service
            span.id = id
        } else if owners[span.id] == nil {
            owners[span.id] = span.service
        }
        return span
    }
}
