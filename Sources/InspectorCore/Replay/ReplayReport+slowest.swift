// The slowest requests in the HTML report: each with its number, its threads and what its time was spent on.

extension ReplayReport {
    /// How many of a lane are drawn.
    private static let drawn = 12
    /// The height of a request: its name, and its threads below.
    private static let rowHeight = 32

    var waterfalls: String {
        let pictures = result.lanes.map(waterfall).joined()
        guard !pictures.isEmpty else { return "<p>No answers.</p>\n" }
        let words = legend(y: 14)
        return pictures + svg(width: 720, height: words.height + 4, body: words.body)
    }

    private func waterfall(of lane: LaneOutcome) -> String {
        let slowest = lane.slowest.prefix(ReplayReport.drawn).sorted { $0.due < $1.due }
        guard let first = slowest.map(\.due).min(), let last = slowest.map(\.end).max(), last > first else { return "" }
        let scale = 420.0 / Double(last - first)
        var body = "<text x=\"0\" y=\"14\" font-weight=\"bold\">\(escaped(text: name(lane: lane)))</text>\n"
        body += "<text x=\"720\" y=\"14\" text-anchor=\"end\">time after the replay's start</text>\n"
        for (row, request) in slowest.enumerated() {
            let y = 22 + row * ReplayReport.rowHeight
            let status = request.status.map { " \($0)" } ?? ""
            let name = "#\(request.number) \(request.request.prefix(26))\(status)"
            body += "<text x=\"0\" y=\"\(y + 11)\">\(escaped(text: name))</text>"
            body +=
                "<text x=\"285\" y=\"\(y + 11)\" text-anchor=\"end\">\(escaped(text: text(request.response)))</text>\n"
            let trace = lane.slowTraces[request.number]
            if let threads = trace?.threads, !threads.isEmpty {
                body +=
                    "<text x=\"0\" y=\"\(y + 25)\" font-size=\"10\" opacity=\"0.7\">\(escaped(text: threads))</text>\n"
            }
            func bar(begin: UInt64, end: UInt64, fill: String, title: String) {
                guard end > begin else { return }
                let x = 290 + Double(begin - min(begin, first)) * scale
                let width = max(1, Double(end - begin) * scale)
                body += "<rect x=\"\(decimal(value: x))\" y=\"\(y)\" width=\"\(decimal(value: width))\" height=\"13\" "
                body +=
                    "fill=\"\(fill)\"><title>\(escaped(text: title)) \(escaped(text: text(end - begin)))</title></rect>\n"
            }
            if let trace {
                // A request's time begins when it was due.
                for step in trace.steps {
                    guard let kind = ReplayReport.kinds.first(where: { $0.0 == step.kind }) else { continue }
                    bar(
                        begin: request.due.addingSaturated(step.begin), end: request.due.addingSaturated(step.end),
                        fill: kind.2, title: kind.1)
                }
            } else {
                bar(begin: request.due, end: request.sent, fill: "#cf222e", title: "late by")
                bar(
                    begin: request.sent, end: request.end, fill: color(lane: lane.lane), title: "until the answer's end"
                )
            }
        }
        let foot = 22 + slowest.count * ReplayReport.rowHeight + 12
        for part in 0...4 {
            let time = first + (last - first) / 4 * UInt64(part)
            let x = 290 + 105 * part
            body +=
                "<line x1=\"\(x)\" x2=\"\(x)\" y1=\"22\" y2=\"\(foot - 10)\" stroke=\"#8c959f\" stroke-opacity=\"0.3\"/>"
            body += "<text x=\"\(x)\" y=\"\(foot)\" text-anchor=\"\(part == 4 ? "end" : "middle")\">"
            body += "\(escaped(text: text(time)))</text>\n"
        }
        return svg(width: 720, height: foot + 6, body: body)
    }
}
