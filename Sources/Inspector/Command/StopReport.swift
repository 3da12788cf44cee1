// What is said when everything has stopped.

internal import InspectorCore

/// How a run ended.
struct StopReport {
    let counts: RequestCounts
    /// The requests that were with the app when the time to stop was over: their clients were told 503.
    let stuck: [RequestSummary]

    /// How many requests are named.
    private static let named = 20

    /// One line for the counts, where something was served, and one for each request that was not done.
    var lines: [String] {
        guard counts != RequestCounts() else { return [] }
        var parts = ["\(counts.answered) answered"]
        if counts.gone > 0 { parts.append("\(counts.gone) whose clients had gone") }
        if counts.halted > 0 { parts.append("\(counts.halted) told 503 at the stop") }
        var lines = ["\(counts.served) requests: \(parts.joined(separator: ", "))"]
        if counts.refused > 0 { lines[0] += "; \(counts.refused) refused before the app saw them" }
        lines += stuck.prefix(StopReport.named).map { request in
            "not done at the stop: \(request.id) \(request.lane.name) \(request.method) \(request.target)"
        }
        if stuck.count > StopReport.named { lines.append("and \(stuck.count - StopReport.named) more") }
        return lines
    }
}
