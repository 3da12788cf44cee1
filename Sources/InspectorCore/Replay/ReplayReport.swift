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
            "others_cores": result.others.map { .double(($0 * 1000).rounded() / 1000) } ?? .null,
            "stolen_cores": result.stolen.map { .double(($0 * 1000).rounded() / 1000) } ?? .null,
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
}
