// The answer as lines of text, for a person.

extension CapacityAnswer {
    /// The answer in lines.
    ///
    /// - Parameter text: writes a time in ns.
    package func lines(text: (UInt64) -> String) -> [String] {
        func time(_ seconds: Double) -> String {
            seconds.isFinite ? text(UInt64(saturating: seconds * 1e9)) : "without end"
        }
        let part = question.traffic
        var lines = [
            "\(file): \(recorded.count) requests in \(time(recorded.length)), \(Self.rate(recorded.rate)) a second; "
                + (window == nil
                    ? "planned for the whole of it"
                    : "planned for its busiest \(time(part.length)): \(part.count) requests, \(Self.rate(part.rate)) a second"),
            model, costs,
        ]
        if let workers = recordedWorkers {
            lines.append(
                "recorded times hold the wait for one of \(workers) workers (correlation with requests in flight "
                    + "\(Self.signed(correlation ?? 0))); without it they are p50 \(time(part.time(quantile: 0.5))), "
                    + "p99 \(time(part.time(quantile: 0.99)))")
        } else if let correlation, withheld == nil {
            lines.append(
                "recorded times hold no wait for a worker (correlation with requests in flight \(Self.signed(correlation)))"
            )
        }
        if let withheld { return lines + ["", "no plan: \(withheld)"] + notes }
        lines += ["", heading]
        lines += table(time: time)
        lines += words(time: time)
        return lines + notes
    }

    private var heading: String {
        let balancer =
            switch question.balancing {
            case .chance: "a balancer that chooses by chance"
            case .turns:
                "\(question.balancers == 1 ? "a balancer" : "\(question.balancers) balancers") that takes turns"
            case .two: "a balancer that takes the better of two"
            case .least: "a balancer that takes the least busy"
            }
        let room = question.margin > 0 ? ", with \(Self.percent(question.margin)) room" : ""
        let spare = question.spare > 0 ? ", \(question.spare) of them to spare" : ""
        return "for \(Self.rate(question.rate)) a second, \(question.target)\(room)\(spare); instances of "
            + "\(question.cores) core\(question.cores == 1 ? "" : "s"), \(balancer)"
    }

    private func table(time: (Double) -> String) -> [String] {
        var rows = [["mode", "instances"]]
        let hasBursts = plans.contains { $0.instancesIfBurstsGrow != nil }
        if hasBursts { rows[0].append("bursts alike") }
        rows[0] += ["workers", question.target.name, "cores", "held", "room", "one lost"]
        if price != nil { rows[0].append("an hour") }
        for mode in modes {
            switch mode {
            case .impossible(let mode, let idle):
                rows.append([mode.rawValue, "none: \(question.target.name) is \(time(idle)) with nothing else to do"])
            case .plan(let plan):
                let name = plan.mode.rawValue + (plan.workers.map { " ×\($0)" } ?? "")
                var row = [name, Self.grouped(plan.instances)]
                if hasBursts { row.append(plan.instancesIfBurstsGrow.map(Self.grouped) ?? "-") }
                let spread = plan.timeHalfWidth.isFinite ? " ±" + time(plan.timeHalfWidth) : ""
                row += [
                    plan.workers.map { Self.grouped($0.multipliedSaturated(by: plan.instances)) } ?? "-",
                    time(plan.time) + spread, Self.percent(plan.coresBusy),
                    plan.workers.map { "\(Self.rate(plan.held))/\($0)" } ?? "-", Self.percent(plan.room),
                    plan.oneLost.map(time) ?? "-",
                ]
                if let price { row.append(Self.rate(price * Double(plan.instances))) }
                rows.append(row)
            }
        }
        let columns = rows[0].count
        let widths = (0..<columns).map { column in
            rows.filter { $0.count == columns }.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: max(0, (column < columns ? widths[column] : 0) - cell.count))
                return column == 0 || row.count < columns ? cell + space : space + cell
            }.joined(separator: "  ")
        }
    }

    /// What the table does not say.
    private func words(time: (Double) -> String) -> [String] {
        var lines: [String] = []
        let knees = plans.map { plan in
            "\(plan.mode) \(plan.knee.map { Self.percent($0) } ?? "over 300%")"
        }
        if !knees.isEmpty {
            lines.append(
                "the knee (\(question.target.name) twice that of an idle instance): \(knees.joined(separator: ", ")) of this load"
            )
        }
        for plan in plans where !plan.byWorkers.isEmpty {
            let needs = plan.byWorkers.map { "×\($0.workers) \($0.instances.map(Self.grouped) ?? "never")" }
            lines.append("\(plan.mode) by workers an instance: \(needs.joined(separator: ", "))")
        }
        for plan in plans where plan.instances > 1 || plan.simulated.upperBound > 1 {
            var range = "\(plan.mode): \(Self.words(of: plan.simulated)) by the chance of the simulation"
            if let recorded = plan.recorded {
                range += ", \(Self.words(of: recorded)) by other recordings that might have been made"
            }
            lines.append(range)
        }
        if plans.contains(where: { $0.instancesIfBurstsGrow != nil }) {
            lines.append(
                "instances: as if the load grew by users that know nothing of each other; “bursts alike”: every burst grows "
                    + "with the load")
        }
        for check in checks {
            let name = check.mode.rawValue + (check.workers.map { " ×\($0)" } ?? "")
            let error = check.measured > 0 ? (check.simulated / check.measured - 1) * 100 : 0
            lines.append(
                "checked here: \(name) \(question.target.name) \(time(check.measured)), simulated \(time(check.simulated)) "
                    + "(\(error < 0 ? "-" : "+")\(Int(saturating: abs(error).rounded()))%)")
        }
        return lines
    }

    // MARK: Numbers

    /// `2 instances`, `334 to 355 instances`, `293 instances or none that is enough`.
    private static func words(of range: ClosedRange<Int>) -> String {
        let least = grouped(range.lowerBound)
        if range.upperBound == .max { return "\(least) instances or none that is enough" }
        if range.count == 1 { return "\(least) instance\(range.lowerBound == 1 ? "" : "s")" }
        return "\(least) to \(grouped(range.upperBound)) instances"
    }

    package static func percent(_ share: Double) -> String {
        share.isFinite ? "\(Int(saturating: (share * 100).rounded()))%" : "-"
    }

    private static func signed(_ value: Double) -> String {
        let hundredths = Int(saturating: (abs(value) * 100).rounded())
        let digits = hundredths % 100
        return "\(value < 0 ? "-" : "+")\(hundredths / 100).\(digits < 10 ? "0" : "")\(digits)"
    }

    /// Three digits, more where the number is larger: 0.31, 11.6, 50000.
    static func rate(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        let places = value >= 100 ? 0 : value >= 10 ? 1 : 2
        let factor = [1.0, 10, 100][places]
        let scaled = (value * factor).rounded()
        guard places > 0, scaled.truncatingRemainder(dividingBy: factor) != 0 else {
            return grouped(Int(saturating: scaled / factor))
        }
        let whole = Int(saturating: scaled)
        let rest = "\(whole % Int(factor))"
        return "\(whole / Int(factor))." + String(repeating: "0", count: places - rest.count) + rest
    }

    /// `5,696`.
    static func grouped(_ value: Int) -> String {
        var text = ""
        for (place, digit) in "\(value.magnitude)".reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (value < 0 ? "-" : "") + String(text.reversed())
    }
}
