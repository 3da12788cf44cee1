// What other processes told of a request beyond its spans' times: attributes, events, links, and who they are.

internal import InspectorCore

/// The lines of it.
struct ToldText {
    /// A line: how far it is set in, a name, and what follows it.
    struct Line: Equatable {
        var indent = 0
        var name = ""
        var text = ""
        var isFaint = false
    }

    private(set) var lines: [Line] = []

    /// How many spans are written out: more could not be read.
    private static let mostSpans = 100

    /// - Parameter isASCII: whether µ cannot be shown.
    init(trace: Trace, isASCII: Bool) {
        let told = trace.spans.compactMap { span in trace.facts(of: span.id).map { (span: span, facts: $0) } }
        var known: [[ToldFacts.Attribute]] = []
        for (span, facts) in told.prefix(ToldText.mostSpans) {
            if !known.contains(facts.resource), !facts.resource.isEmpty {
                known.append(facts.resource)
                lines.append(
                    Line(name: "from ", text: facts.service.isEmpty ? "a process without a name" : facts.service))
                add(facts.resource, indent: 2, isFaint: true)
            }
            lines.append(Line(name: WaterfallRows.name(of: span)))
            add(facts.attributes, indent: 2, isFaint: false)
            for event in facts.events {
                let after = TimeText.short(
                    nanoseconds: event.time > trace.began ? event.time - trace.began : 0, isASCII: isASCII)
                let words = event.attributes.map { "\($0.name)=\($0.value)" }.joined(separator: "  ")
                lines.append(Line(indent: 2, name: "\(after) \(event.name)  ", text: words))
            }
            for link in facts.links { lines.append(Line(indent: 2, name: "linked with ", text: link)) }
        }
        if told.count > ToldText.mostSpans {
            lines.append(Line(text: "(\(told.count - ToldText.mostSpans) more spans)", isFaint: true))
        }
    }

    private mutating func add(_ attributes: [ToldFacts.Attribute], indent: Int, isFaint: Bool) {
        for attribute in attributes.sorted(by: { $0.name < $1.name }) {
            lines.append(Line(indent: indent, name: attribute.name + ": ", text: attribute.value, isFaint: isFaint))
        }
    }
}
