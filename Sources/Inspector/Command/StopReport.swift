// What is said when everything has stopped.

internal import InspectorCore

extension OTLPExporter.Status {
    /// `the collector has 120 requests, 3 lost: it answered 503`.
    var words: String {
        var text = "the collector has \(sent) requests"
        if lost > 0 { text += ", \(lost) lost" }
        if rejected > 0 { text += ", \(rejected) spans refused" }
        return text + (problem.map { ": \($0)" } ?? "")
    }
}

/// How a run ended.
struct StopReport {
    let counts: RequestCounts
    /// The requests that were with the app when the time to stop was over: their clients were told 503.
    let stuck: [RequestSummary]
    /// What the apps' own functions after the last request failed by.
    var problems: [String] = []
    /// What a collector has got; nil where none was asked for.
    var exported: OTLPExporter.Status?

    /// How many requests are named.
    private static let named = 20

    /// One line for the counts, where something was served, and one for each request that was not done.
    var lines: [String] {
        guard counts != RequestCounts() else { return problems }
        var parts = ["\(counts.answered) answered"]
        if counts.gone > 0 { parts.append("\(counts.gone) whose clients had gone") }
        if counts.halted > 0 { parts.append("\(counts.halted) told 503 at the stop") }
        var lines = ["\(counts.served) requests: \(parts.joined(separator: ", "))"]
        if counts.refused > 0 { lines[0] += "; \(counts.refused) refused before the app saw them" }
        lines += stuck.prefix(StopReport.named).map { request in
            "not done at the stop: \(request.id) \(request.lane.name) \(request.method) \(request.target)"
        }
        if stuck.count > StopReport.named { lines.append("and \(stuck.count - StopReport.named) more") }
        lines += problems
        if let exported { lines.append(exported.words) }
        return lines
    }
}
