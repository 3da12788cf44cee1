// The model without secrets, for a picture of the screen that is handed around: what is drawn is cut and wrapped, and a
// secret that is cut in two is no longer known for one.

internal import InspectorCore

extension Model {
    /// The same without secrets; what is being typed is left out.
    package var redacted: Model {
        let redaction = settings.redaction
        guard redaction.isOn else { return self }
        var clean = self
        for index in known.lanes.indices {
            clean.known.lanes[index].traces = known.lanes[index].traces.map(redaction.trace)
        }
        clean.known.exchanges = known.exchanges.mapValues(redaction.exchange)
        clean.known.output = known.output.map { line in
            OutputLine(
                time: line.time, text: redaction.text(text: line.text), isError: line.isError, request: line.request,
                isLogged: line.isLogged)
        }
        clean.known.marks = known.marks.map { Mark(time: $0.time, lane: $0.lane, text: redaction.text(text: $0.text)) }
        clean.known.findings = known.findings.map { $0.changingTexts(change: redaction.text) }
        clean.filter = filter.flatMap { try? Filter(redaction.text(text: $0.text)) }
        clean.filters = []
        clean.prompt = nil
        clean.message = message.map(redaction.text)
        clean.known.url = redaction.text(text: known.url)
        clean.known.trafficFile = known.trafficFile.map(redaction.text)
        return clean
    }
}
