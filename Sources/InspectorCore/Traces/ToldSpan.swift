// What another process tells of a request: spans, what happened in them, and all else that it said of them.

/// A span as another process told it.
package struct ToldSpan: Sendable, Equatable {
    /// Its id there (`OTLP 1.x: Span.span_id`), as a number; never 0.
    package var id: UInt64
    /// The id of what it lies in; 0 when it lies in nothing, or in a span of this process.
    package var parent: UInt64
    /// A phase, a function, an await.
    package var kind: EventKind
    /// A function's name, an await's target.
    package var label: String
    /// Where a hook was registered; the name of a sub-thread.
    package var scope: String = ""
    /// What its end said: an error's name, a reason.
    package var detail: String = ""
    /// By this process's monotonic clock, in ns.
    package var begin: UInt64
    /// Nil while it goes on.
    package var end: UInt64?
    /// How it ended.
    package var outcome: Outcome = .none
    /// As `Span.value`: depends on the kind.
    package var value: Int64 = 0
    /// As `Span.endValue`: a status.
    package var endValue: Int64 = 0
    /// The thread it began on, as `Tracks` numbers it; 0 when that is not known.
    package var track: UInt32 = 0
    /// Whether it is async, whether it ran on a sub-thread.
    package var flags: Event.Flags = []
    /// What happened in it.
    package var moments: [ToldMoment] = []
    /// What else it was told with; nil where there is nothing.
    package var facts: ToldFacts?

    /// About how many bytes it takes beside itself.
    var cost: Int {
        (facts?.cost ?? 0) + label.utf8.count + scope.utf8.count + detail.utf8.count
            + moments.reduce(0) { $0 + 64 + $1.label.utf8.count + $1.detail.utf8.count }
    }
}

/// Something that happened at one moment of a told span.
package struct ToldMoment: Sendable, Equatable {
    package var kind: EventKind
    /// By this process's monotonic clock, in ns.
    package var time: UInt64
    package var label: String
    package var detail: String = ""
    package var value: Int64 = 0
}

/// What a span was told with beyond what every span has: kept as it came, and shown in the details.
package struct ToldFacts: Sendable, Equatable {
    /// A name and its value, as text.
    package struct Attribute: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// An event of the span (`OTLP 1.x: Span.Event`).
    package struct Event: Sendable, Equatable {
        package var name: String
        /// By this process's monotonic clock, in ns.
        package var time: UInt64
        package var attributes: [Attribute]
    }

    /// `service.name` and `service.instance.id` of who told it.
    package var service: String
    package var attributes: [Attribute] = []
    package var events: [Event] = []
    /// Spans that it names as related (`OTLP 1.x: Span.Link`): trace id and span id.
    package var links: [String] = []
    /// Of whoever told it (`OTLP 1.x: Resource`).
    package var resource: [Attribute] = []

    /// The value of an attribute.
    subscript(name: String) -> String? { attributes[name] }

    /// About how many bytes it takes; the resource is shared by all spans of a message.
    var cost: Int {
        func bytes(_ attributes: [Attribute]) -> Int {
            attributes.reduce(0) { $0 + 32 + $1.name.utf8.count + $1.value.utf8.count }
        }
        return 160 + bytes(attributes) + events.reduce(0) { $0 + 64 + bytes($1.attributes) } + links.count * 64
    }

    /// These facts with each text changed; of an attribute whose name tells of a secret, all is one.
    func changingTexts(change: (String) -> String, hiding: (String) -> String?) -> ToldFacts {
        func changed(_ attributes: [Attribute]) -> [Attribute] {
            attributes.map { attribute in
                if let hidden = hiding(attribute.name) {
                    return Attribute(name: attribute.name, value: hidden)
                }
                let prefix = attribute.name + "="
                let text = change(prefix + attribute.value)
                return text.hasPrefix(prefix)
                    ? Attribute(name: attribute.name, value: String(text.dropFirst(prefix.count)))
                    : Attribute(name: change(attribute.name), value: change(attribute.value))
            }
        }
        var copy = self
        copy.service = change(service)
        copy.attributes = changed(attributes)
        copy.resource = changed(resource)
        copy.events = events.map { Event(name: change($0.name), time: $0.time, attributes: changed($0.attributes)) }
        return copy
    }
}

/// What another process tells of a request in one message.
package struct ToldRequest: Sendable, Equatable {
    /// New spans, and known spans that have changed; each is complete.
    package var spans: [ToldSpan] = []
    /// When the request was answered, by this process's monotonic clock, in ns; nil when that is not told.
    package var done: UInt64?
    /// The status it was answered with; nil when that is not told.
    package var status: Int?
    /// Whether its server's own span has ended, which holds all others.
    package var isWhole = false
    /// The endpoint that the router found there.
    package var endpoint: String?
    /// The rule that the router found there (`OTLP semantic conventions: http.route`).
    package var rule: String?

    package init(spans: [ToldSpan] = [], done: UInt64? = nil, status: Int? = nil) {
        self.spans = spans
        self.done = done
        self.status = status
    }
}
