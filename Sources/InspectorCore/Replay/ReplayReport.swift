// What a replay came to, for a person and for a program. The form is documented in docs/replay-report.md.

/// Writes reports.
package struct ReplayReport {
    let result: ReplayResult
    let verdict: Verdict
    let text: (UInt64) -> String

    /// - Parameters:
    ///   - redaction: what is taken out of targets, bodies that differ, and reasons.
    ///   - text: writes a time in ns.
    package init(
        _ result: ReplayResult, redaction: Redaction = .standard, text: @escaping (UInt64) -> String
    ) {
        let result = result.redacted(redaction)
        self.result = result
        self.text = text
        verdict = Verdict(result, text: text)
    }

    // MARK: JSON

    /// The report as one JSON object.
    package var json: JSON {
        .object([
            "inspector": .string(ProductVersion.number), "file": .string(result.file), "format": .string(result.format),
            "pace": .string(result.pace), "entries": .int(result.entries), "planned": .int(result.planned),
            "rounds": .int(result.rounds),
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

    private func lane(_ lane: LaneOutcome) -> JSON {
        .object([
            "lane": .string(lane.lane.name), "id": .int(Int(lane.lane.id.rawValue)), "kind": .string(kind(lane.lane)),
            "mode": lane.lane.mode.map { .string($0.rawValue) } ?? .null,
            "workers": lane.workers.map(JSON.int) ?? .null, "sent": .int(lane.sent),
            "done": .int(lane.done), "failed": .int(lane.failed), "dropped": .int(lane.dropped),
            "late": .int(lane.late),
            "differ": .int(lane.differ),
            "status": .object(
                Dictionary(uniqueKeysWithValues: lane.status.map { ("\($0.key)", JSON.int($0.value)) })),
            "lag_ms": times(lane.lag), "response_ms": times(lane.response), "service_ms": times(lane.service),
            "queue_ms": times(lane.queue), "throughput": .double(rounded(lane.throughput)),
            "workers_held": .double(rounded(lane.workersHeld)),
            "path_ms": .object(
                Dictionary(
                    uniqueKeysWithValues: CriticalPath.Kind.allCases.map { kind in
                        ("\(kind)", milliseconds(lane.causes.average(kind)))
                    })),
            "routes": .object(lane.routes.mapValues(times)),
            "failures": .object(lane.failures.mapValues { .int($0) }),
            "differences": .array(
                lane.differences.map { difference in
                    .object([
                        "place": .string(difference.place), "request": .string(difference.request),
                        "what": .string(difference.what), "recorded": .string(difference.recorded),
                        "now": .string(difference.now),
                    ])
                }),
        ])
    }

    private func kind(_ lane: LaneDescription) -> String {
        switch lane.kind {
        case .hosted: "hosted"
        case .remote: "remote"
        case .watched: "watched"
        }
    }

    private func times(_ times: Times) -> JSON {
        .object([
            "p50": milliseconds(times.percentile(50)), "p90": milliseconds(times.percentile(90)),
            "p99": milliseconds(times.percentile(99)), "max": milliseconds(times.most),
        ])
    }

    private func milliseconds(_ nanoseconds: UInt64?) -> JSON {
        nanoseconds.map { .double(rounded(Double($0) / 1e6)) } ?? .null
    }

    private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

    // MARK: Text

    /// The report as lines.
    package var lines: [String] {
        var lines = ["\(result.file) (\(result.format)): \(result.pace)"]
        if let model = result.model { lines.append(model) }
        lines.append(result.plannedWords)
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
        let heads = [
            "lane", "sent", "done", "failed", "dropped", "late", "differ", "p50", "p90", "p99", "max", "service p50",
            "queue p50", "lag p99", "/s", "held",
        ]
        let rows = result.lanes.map { lane -> [String] in
            func time(_ value: UInt64?) -> String { value.map(text) ?? "-" }
            return [
                lane.title, "\(lane.sent)", "\(lane.done)", "\(lane.failed)", "\(lane.dropped)",
                "\(lane.late)", "\(lane.differ)", time(lane.response.percentile(50)),
                time(lane.response.percentile(90)),
                time(lane.response.percentile(99)), time(lane.response.most), time(lane.service.percentile(50)),
                time(lane.queue.percentile(50)), time(lane.lag.percentile(99)), "\(rounded(lane.throughput))",
                lane.workers == nil ? "-" : "\(Double(Int(saturating: lane.workersHeld * 10)) / 10)",
            ]
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
