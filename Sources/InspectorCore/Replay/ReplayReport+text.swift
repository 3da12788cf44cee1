// The report of a replay as lines of text, for a terminal of 80 columns.

extension ReplayReport {
    /// How wide a line may be.
    static let width = 80

    /// A sentence in lines, each after the first moved in; a table's line has its own form.
    private static func wrapped(_ sentence: String) -> [String] {
        guard sentence.count > width, !sentence.contains("  ") else { return [sentence] }
        var lines: [String] = []
        var line = ""
        for word in sentence.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = "   "
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }

    /// The report as lines of at most 80 columns, but for words that are longer.
    package var lines: [String] { sentences.flatMap(ReplayReport.wrapped) }

    private var sentences: [String] {
        var lines = ["\(result.file) (\(result.format)): \(result.pace)"]
        if let model = result.model { lines.append(model) }
        lines.append(result.plannedWords)
        if let words = result.passWords { lines.append(words) }
        if let words = result.machineWords { lines.append(words) }
        for (reason, count) in result.skipped.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            lines.append("skipped \(count): \(reason)")
        }
        lines.append("")
        lines += table
        let failures = result.lanes.flatMap { lane in lane.failures.map { (lane.lane.name, $0.key, $0.value) } }
        for (lane, reason, count) in failures.sorted(by: { $0.2 > $1.2 }).prefix(10) {
            lines.append("failed in \(lane), \(count) times: \(reason)")
        }
        for lane in result.lanes {
            for difference in lane.differences.prefix(5) {
                lines.append(
                    "differs in \(lane.lane.name), \(difference.place), \(difference.request): \(difference.what) was "
                        + "\(difference.recorded), is \(difference.now)")
            }
            if lane.differ > 5 { lines.append("… \(lane.differ - 5) more differ in \(lane.lane.name)") }
        }
        lines.append("")
        lines += result.unanswered.map { "NOT a success: " + $0 }
        lines.append(
            result.hasSchedule
                ? "schedule \(result.scheduleKept ? "kept" : "NOT kept")"
                : "no schedule to keep: the pace is that of the answers")
        lines.append(verdict.sentence ?? "no verdict: \(verdict.withheld ?? "")")
        return lines
    }

    private var table: [String] {
        let heads = ReportField.columns.map(\.title)
        let rows = result.lanes.map { lane in
            ReportField.columns.map { words(value: $0.value(lane), missing: "-") }
        }
        let across = aligned([heads] + rows)
        guard across.contains(where: { $0.count > ReplayReport.width }) else { return across }
        // Too wide as one line for each lane: then a line for each number, and the lanes beside each other.
        return aligned(heads.indices.map { place in [heads[place]] + rows.map { $0[place] } })
    }

    private func aligned(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
    }
}
