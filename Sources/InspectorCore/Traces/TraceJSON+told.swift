// What spans of other processes came with, as JSON and back: recordings keep it as it came.

extension Trace {
    /// How many spans' facts, attributes of one, events and links are taken from a file, and how long a text may be.
    private static let factLimit = 512
    private static let partLimit = 128
    private static let factTextLimit = 4096

    /// The facts of the trace's told spans, and the resources that they refer to by their place; nil where there are none.
    var toldJSON: JSON? {
        guard !fields.facts.isEmpty else { return nil }
        var resources: [[ToldFacts.Attribute]] = []
        let spans = fields.facts.sorted { $0.key.rawValue < $1.key.rawValue }.map { span, facts -> JSON in
            let place = resources.firstIndex(of: facts.resource) ?? resources.count
            if place == resources.count { resources.append(facts.resource) }
            var members: [String: JSON] = [
                "span": .int(Int(span.rawValue)), "service": .string(facts.service), "resource": .int(place),
                "attributes": Trace.json(of: facts.attributes),
            ]
            if !facts.events.isEmpty {
                members["events"] = .array(
                    facts.events.map {
                        [
                            "name": .string($0.name), "time": .int(Int(clamping: $0.time)),
                            "attributes": Trace.json(of: $0.attributes),
                        ]
                    })
            }
            if !facts.links.isEmpty { members["links"] = .array(facts.links.map { .string($0) }) }
            return .object(members)
        }
        return ["resources": .array(resources.map { Trace.json(of: $0) }), "spans": .array(spans)]
    }

    /// Reads what `toldJSON` wrote; what is something else is left out.
    mutating func readTold(_ json: JSON?) {
        guard let json else { return }
        let resources = (json["resources"]?.items ?? []).prefix(Trace.partLimit).map { Trace.attributes(in: $0) }
        for item in (json["spans"]?.items ?? []).prefix(Trace.factLimit) {
            guard let number = item["span"]?.int else { continue }
            var facts = ToldFacts(service: Trace.text(in: item["service"]))
            facts.attributes = Trace.attributes(in: item["attributes"])
            if let place = item["resource"]?.int, resources.indices.contains(place) {
                facts.resource = resources[place]
            }
            facts.events = (item["events"]?.items ?? []).prefix(Trace.partLimit).map {
                ToldFacts.Event(
                    name: Trace.text(in: $0["name"]),
                    time: min(.lastMoment, UInt64(clamping: $0["time"]?.nearest ?? 0)),
                    attributes: Trace.attributes(in: $0["attributes"]))
            }
            facts.links = (item["links"]?.items ?? []).prefix(Trace.partLimit).map { Trace.text(in: $0) }
            fields.facts[SpanID(rawValue: UInt32(clamping: number))] = facts
            fields.toldBytes += facts.cost
        }
    }

    private static func json(of attributes: [ToldFacts.Attribute]) -> JSON {
        .object(Dictionary(attributes.map { ($0.name, JSON.string($0.value)) }) { _, last in last })
    }

    private static func attributes(in json: JSON?) -> [ToldFacts.Attribute] {
        guard case .object(let members)? = json else { return [] }
        return members.sorted { $0.key < $1.key }.prefix(partLimit).map {
            ToldFacts.Attribute(name: text(in: .string($0.key)), value: text(in: $0.value))
        }
    }

    private static func text(in json: JSON?) -> String {
        let text = json?.string ?? ""
        guard text.utf8.count > factTextLimit else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(512))) + "…"
    }
}
