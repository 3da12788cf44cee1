// What a replay came to, for a person and for a program. The form is documented in docs/replay-report.md.

/// Writes reports.
package struct ReplayReport {
    /// The form of the JSON.
    ///
    /// Until 1, which had no member of this name, `service_ms` was end − sent, queue and all.
    static let version = 2

    let result: ReplayResult
    let verdict: Verdict
    let text: (UInt64) -> String

    /// - Parameters:
    ///   - redaction: what is taken out of targets, bodies that differ, and reasons.
    ///   - text: writes a time in ns.
    package init(
        result: ReplayResult, redaction: Redaction = .standard, text: @escaping (UInt64) -> String
    ) {
        let result = result.redacted(redaction: redaction)
        self.result = result
        self.text = text
        verdict = Verdict(result: result, text: text)
    }

    // MARK: JSON

    /// The report as one JSON object.
    package var json: JSON {
        .object([
            "inspector": .string(ProductVersion.number), "version": .int(ReplayReport.version),
            "file": .string(result.file), "format": .string(result.format),
            "pace": .string(result.pace), "entries": .int(result.entries), "planned": .int(result.planned),
            "rounds": .int(result.rounds), "order": .array(result.order.map { .string($0) }),
            "skipped": .object(result.skipped.mapValues { .int($0) }),
            "notes": .array(
                result.notes.map { .object(["place": .string($0.place), "reason": .string($0.reason)]) }),
            "schedule_kept": .bool(result.scheduleKept), "model": result.model.map { .string($0) } ?? .null,
            "verdict": verdict.sentence.map { .string($0) } ?? .null,
            "unanswered": .array(result.unanswered.map { .string($0) }),
            "verdict_withheld": verdict.withheld.map { .string($0) } ?? .null,
            "lanes": .array(result.lanes.map(lane)),
        ])
    }

    private func lane(lane: LaneOutcome) -> JSON {
        .object(Dictionary(ReportField.all.map { ($0.name, $0.json(lane)) }) { first, _ in first })
    }

    /// A number as tables show it; `missing` where there is nothing to say.
    func words(value: ReportField.Value?, missing: String) -> String {
        switch value {
        case .text(let text): text
        case .count(let count): "\(count)"
        case .time(let time): text(time)
        case .decimal(let decimal): "\(Double(Int(saturating: max(0, min(decimal, 1e9)) * 10)) / 10)"
        case nil: missing
        }
    }

    // MARK: Text

    /// The report as lines.
    package var lines: [String] {
        var lines = ["\(result.file) (\(result.format)): \(result.pace)"]
        if let model = result.model { lines.append(model) }
        lines.append(result.plannedWords)
        if let words = result.passWords { lines.append(words) }
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
        let widths = heads.indices.map { column in ([heads] + rows).map { $0[column].count }.max() ?? 0 }
        return ([heads] + rows).map { row in
            row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }
    }
}
