// The model without secrets, for a picture of the screen that is handed around: what is drawn is cut and wrapped, and a
// secret that is cut in two is no longer known for one.

internal import InspectorCore

extension Model {
    /// The same without secrets; what is being typed is left out.
    package var redacted: Model {
        guard redaction.isOn else { return self }
        var clean = self
        for place in clean.lanes.indices { clean.lanes[place].traces = lanes[place].traces.map(redaction.trace) }
        clean.exchanges = exchanges.mapValues(redaction.exchange)
        clean.output = output.map { line in
            OutputLine(
                time: line.time, text: redaction.text(line.text), isError: line.isError, request: line.request,
                isLogged: line.isLogged)
        }
        clean.marks = marks.map { Mark(time: $0.time, lane: $0.lane, text: redaction.text($0.text)) }
        clean.findings = findings.map { $0.changingTexts(redaction.text) }
        clean.filter = filter.flatMap { try? Filter(redaction.text($0.text)) }
        clean.filters = []
        clean.prompt = nil
        clean.message = message.map(redaction.text)
        clean.url = redaction.text(url)
        clean.trafficFile = trafficFile.map(redaction.text)
        return clean
    }
}
