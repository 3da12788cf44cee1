// The report as one HTML file that needs nothing else: tables, histograms and waterfalls as SVG.

internal import Foundation

extension ReplayReport {
    /// The report as a page.
    package var html: String {
        var page = """
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>\(escaped(text: result.file)): replay</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem;
              background: #fff; color: #1f2328 }
            h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
            .verdict { border-left: 4px solid #1a7f37; padding: .5rem 1rem; background: #f6f8fa }
            .withheld { border-color: #9a6700 }
            .failed { border-color: #cf222e }
            .wide { overflow-x: auto } table { border-collapse: collapse } td, th { padding: .2rem .7rem; text-align: right; white-space: nowrap }
            td:first-child, th:first-child { text-align: left } th { color: #59636e; font-weight: normal }
            tr + tr td { border-top: 1px solid #d1d9e0 } svg { display: block; max-width: 100% } .note { color: #59636e }
            @media (prefers-color-scheme: dark) {
              body { background: #16181c; color: #c9d1d9 } .verdict { background: #22262c }
              tr + tr td { border-color: #3d444d } svg text { fill: #c9d1d9 } .note, th { color: #9198a1 }
            }
            @media (max-width: 720px) { svg { max-width: none } }
            @media print { body { max-width: none; margin: 0; font-size: 11px } .wide { overflow: visible }
              td, th { padding: .1rem .3rem } h2, svg { break-inside: avoid } }
            </style>
            <h1>\(escaped(text: result.file)) <span class="note">\(escaped(text: result.format))</span></h1>
            <p>\(escaped(text: result.pace)); \(result.plannedWords).</p>

            """
        if let words = result.passWords { page += "<p class=note>\(escaped(text: words)).</p>\n" }
        if let words = result.machineWords { page += "<p class=note>\(escaped(text: words)).</p>\n" }
        if let model = result.model { page += "<p class=note>\(escaped(text: model)).</p>\n" }
        for sentence in result.unanswered {
            page += "<p class=\"verdict failed\">Not a success: " + escaped(text: sentence) + "</p>\n"
        }
        page += "<p class=\"verdict\(verdict.sentence == nil ? " withheld" : "")\">"
        page += escaped(text: verdict.sentence ?? "No verdict: \(verdict.withheld ?? "")") + "</p>\n"
        let schedule =
            !result.hasSchedule
            ? "There was no schedule to keep."
            : result.scheduleKept ? "The schedule was kept." : "The schedule was NOT kept."
        page += "<p>\(schedule)</p>\n"
        page +=
            lanesTable + "<h2>Response times</h2>\n" + histograms
            + "<h2>Where the time went, as a mean of the requests</h2>\n" + paths
        page += routesTable + "<h2>The slowest requests</h2>\n" + waterfalls + differencesTable + skippedTable
        return page + "</html>\n"
    }

    func escaped(text: String) -> String { text.safe(for: .html) }

    func name(lane: LaneOutcome) -> String {
        lane.lane.name + (lane.workers.map { ", \($0) workers" } ?? "")
    }

    func color(lane: LaneDescription) -> String {
        switch lane.kind {
        case .hosted(.sync): "#bc4c00"
        case .hosted(.async): "#0969da"
        case .hosted(.native): "#8250df"
        case .remote, .watched: "#9a6700"
        }
    }

    private func table(heads: [String], rows: [[String]]) -> String {
        func row(cells: [String], tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\(escaped(text: $0))</\(tag)>" }.joined() + "</tr>\n"
        }
        // A table that is wider than the page scrolls by itself, and leaves the page where it is.
        return "<div class=wide><table>\n" + row(cells: heads, tag: "th")
            + rows.map { row(cells: $0, tag: "td") }.joined()
            + "</table></div>\n"
    }

    private func time(value: UInt64?) -> String { value.map(text) ?? "–" }

    private var lanesTable: String {
        table(
            heads: ReportField.columns.map(\.title),
            rows: result.lanes.map { lane in ReportField.columns.map { words(value: $0.value(lane), missing: "–") } })
    }

    func decimal(value: Double) -> String {
        let tenths = Int((max(0, min(value, 1e9)) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    private var routesTable: String {
        let names = Set(result.lanes.flatMap { $0.routes.keys })
        guard names.count > 1 else { return "" }
        let busiest = names.map { name in (name, result.lanes.map { $0.routes[name]?.count ?? 0 }.max() ?? 0) }
            .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(40)
        let heads = ["request", "count"] + result.lanes.flatMap { ["\($0.title) p50", "p99"] }
        return "<h2>By request</h2>\n"
            + table(
                heads: heads,
                rows: busiest.map { route, count in
                    [String(route.prefix(80)), "\(count)"]
                        + result.lanes.flatMap { lane in
                            [
                                time(value: lane.routes[route]?.percentile(percent: 50)),
                                time(value: lane.routes[route]?.percentile(percent: 99)),
                            ]
                        }
                })
    }

    private var differencesTable: String {
        let rows = result.lanes.flatMap { lane in
            lane.differences.prefix(20).map { difference in
                [
                    difference.place, lane.lane.name, difference.request, difference.what, difference.recorded,
                    difference.now,
                ]
            }
        }
        guard !rows.isEmpty else { return "" }
        return "<h2>Answers that differ from the recorded ones</h2>\n"
            + table(heads: ["where", "lane", "request", "what", "recorded", "now"], rows: rows)
    }

    private var skippedTable: String {
        guard !result.skipped.isEmpty else { return "" }
        let rows = result.skipped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { [$0.key, "\($0.value)"] }
        return "<h2>Not replayed</h2>\n" + table(heads: ["reason", "entries"], rows: rows)
    }

    // MARK: Pictures

    func svg(width: Int, height: Int, body: String) -> String {
        // On a narrow page a picture scrolls by itself: made smaller its words could not be read.
        "<div class=wide><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" "
            + "font-size=\"12\" font-family=\"system-ui, sans-serif\">\n\(body)</svg></div>\n"
    }

    /// A histogram for each lane on one logarithmic axis.
    private var histograms: String {
        let all = result.lanes.flatMap { $0.response.values.map(\.microseconds) }
        guard let least = all.min(), let most = all.max() else { return "<p>No answers.</p>\n" }
        let columns = 60
        let from = logarithm(value: Double(max(1, least)))
        let width = max(0.1, logarithm(value: Double(max(1, most))) - from) * 1.0001
        return result.lanes.map { lane -> String in
            var counts = [Int](repeating: 0, count: columns)
            for (value, count) in lane.response.values {
                let place = Int((logarithm(value: Double(max(1, value))) - from) / width * Double(columns))
                counts[min(columns - 1, max(0, place))] += count
            }
            let top = max(1, counts.max() ?? 1)
            var body = "<text x=\"0\" y=\"14\">\(escaped(text: name(lane: lane)))</text>\n"
            for (place, count) in counts.enumerated() where count > 0 {
                let height = max(2, 70 * count / top)
                body += "<rect x=\"\(place * 12)\" y=\"\(94 - height)\" width=\"10\" height=\"\(height)\" "
                body += "fill=\"\(color(lane: lane.lane))\"><title>\(count)</title></rect>\n"
            }
            // 1, 2 and 5 of each power of ten: the axis is logarithmic, and has to be read off.
            for tick in ReplayReport.ticks(from: max(1, least), to: most) {
                let x = (logarithm(value: Double(tick)) - from) / width * 720
                body +=
                    "<line x1=\"\(decimal(value: x))\" x2=\"\(decimal(value: x))\" y1=\"94\" y2=\"98\" stroke=\"#59636e\"/>"
                body +=
                    "<text x=\"\(decimal(value: x))\" y=\"110\" text-anchor=\"middle\">\(escaped(text: text(tick * 1000)))</text>\n"
            }
            body +=
                "<text x=\"720\" y=\"14\" text-anchor=\"end\">up: answers, at most \(top); right: response, logarithmic</text>\n"
            return svg(width: 720, height: 116, body: body)
        }.joined()
    }

    /// Round values between two times, in µs: at most a dozen.
    static func ticks(from least: UInt64, to most: UInt64) -> [UInt64] {
        var ticks: [UInt64] = []
        var power: UInt64 = 1
        while power <= most {
            ticks += [1, 2, 5].map { power.multipliedSaturated(by: $0) }.filter { $0 >= least && $0 <= most }
            guard power < .max / 10 else { break }
            power *= 10
        }
        guard ticks.count > 12 else { return ticks }
        return ticks.filter { String($0).first == "1" }
    }

    /// What a part of a request's time is called, and how it is drawn.
    static let kinds: [(CriticalPath.Kind, String, String)] = [
        (.arriving, "arriving", "#d0d7de"), (.queue, "queue", "#8c959f"), (.waiting, "calls", "#0969da"),
        (.scheduled, "scheduled", "#cf222e"), (.subThread, "sub-threads", "#8250df"),
        (.running, "functions", "#1a7f37"), (.server, "server", "#bf8700"),
        (.elsewhere, "elsewhere", "#0e8a8a"),
    ]

    /// The words for the colours, four in a row, from `y` on; how high they are.
    func legend(y: Int) -> (body: String, height: Int) {
        var body = ""
        for (place, kind) in ReplayReport.kinds.enumerated() {
            let (x, line) = (140 + place % 4 * 130, y + place / 4 * 18)
            body += "<rect x=\"\(x)\" y=\"\(line - 10)\" width=\"10\" height=\"10\" fill=\"\(kind.2)\"/>"
            body += "<text x=\"\(x + 14)\" y=\"\(line)\">\(kind.1)</text>\n"
        }
        return (body, (ReplayReport.kinds.count + 3) / 4 * 18)
    }

    /// The mean critical path, lane by lane, on one scale.
    private var paths: String {
        let kinds = ReplayReport.kinds
        let longest = max(
            1, result.lanes.map { lane in kinds.reduce(0) { $0 + lane.causes.mean(kind: $1.0) } }.max() ?? 1)
        var body = ""
        for (row, lane) in result.lanes.enumerated() {
            let y = row * 28
            body += "<text x=\"0\" y=\"\(y + 15)\">\(escaped(text: name(lane: lane)))</text>\n"
            var x = 140.0
            for (kind, title, fill) in kinds {
                let part = Double(lane.causes.mean(kind: kind)) / Double(longest) * 560
                guard part > 0.2 else { continue }
                body +=
                    "<rect x=\"\(decimal(value: x))\" y=\"\(y)\" width=\"\(decimal(value: part))\" height=\"20\" fill=\"\(fill)\">"
                body += "<title>\(title) \(escaped(text: text(lane.causes.mean(kind: kind))))</title></rect>\n"
                x += part
            }
        }
        let y = result.lanes.count * 28 + 4
        body += "<text x=\"140\" y=\"\(y + 8)\">0</text>"
        body += "<text x=\"700\" y=\"\(y + 8)\" text-anchor=\"end\">\(escaped(text: text(longest)))</text>\n"
        let words = legend(y: y + 30)
        return svg(width: 720, height: y + 30 + words.height, body: body + words.body)
    }

    private func logarithm(value: Double) -> Double { log2(value) }
}
