// What a replay would do, said before it does anything.

internal import InspectorCore

/// Writes the plan of some files.
struct PlanReport {
    private let traffic: TrafficSource
    private let app: HostedApp

    init(_ traffic: TrafficSource, _ app: HostedApp) {
        self.traffic = traffic
        self.app = app
    }

    /// The plan in lines.
    var lines: [String] {
        let plan = traffic.plan
        var lines = ["\(plan.name) (\(traffic.format))"]
        func fact(_ name: String, _ value: String) { lines.append("  " + TextWidth.pad(name, 16) + value) }
        addFields(&lines)
        fact("entries", "\(plan.entries)")
        fact(
            "planned", "\(plan.items.count)" + (plan.rounds > 1 ? ", in \(plan.rounds) rounds" : "")
        )
        for (reason, count) in plan.skipped.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            fact("skipped", "\(count): \(reason)")
        }
        var words = traffic.options
        words.pace = plan.pace
        words.loops = plan.rounds
        if plan.pace == .closed, traffic.options.pace == .original { words.limit = 1 }
        fact("pace", words.words)
        if plan.pace == .original {
            fact("duration", TimeText.short(plan.length))
            let gaps = plan.gaps
            if let most = gaps.last {
                fact("gaps", "median \(TimeText.short(gaps[gaps.count / 2])), longest \(TimeText.short(most))")
            }
            fact("busiest second", "\(busiest) request\(busiest == 1 ? "" : "s")")
            if let words = traffic.cutWords { fact("", words) }
        }
        if plan.outOfOrder > 0 { fact("out of order", "\(plan.outOfOrder), sent in the order of time") }
        addRequests(&lines)
        for note in traffic.notes.prefix(40) { lines.append("  note            " + note.madeVisible) }
        if traffic.notes.count > 40 { lines.append("  note            and \(traffic.notes.count - 40) more") }
        for problem in traffic.problems { lines.append("  stopped early   " + problem.madeVisible) }
        return lines
    }

    /// What a log's first line holds, by name: whether a file is read as it was meant is seen from that.
    private func addFields(_ lines: inout [String]) {
        for index in traffic.indexes where !index.firstFields.isEmpty {
            let whose = traffic.indexes.count > 1 ? "first line of \(index.file)" : "first line"
            lines.append("  " + whose.safe(for: .terminal))
            for (name, value) in index.firstFields {
                let text = TextWidth.fit(value.safe(for: .terminal), 90)
                lines.append("    " + TextWidth.pad(name.safe(for: .terminal), 14) + text)
            }
        }
    }

    private var busiest: Int {
        let dues = traffic.plan.items.map(\.due)
        var most = 0
        var start = 0
        for (place, due) in dues.enumerated() {
            while dues[start].addingSaturated(1_000_000_000) <= due { start += 1 }
            most = max(most, place - start + 1)
        }
        return most
    }

    /// Methods, recorded statuses, and paths that no route of the app takes.
    private func addRequests(_ lines: inout [String]) {
        var methods: [String: Int] = [:]
        var statuses: [String: Int] = [:]
        var strangers: [String: Int] = [:]
        var bytes = 0
        for item in traffic.plan.items.prefix(traffic.plan.items.count / traffic.plan.rounds) {
            guard let request = try? traffic.plan.request(item) else { continue }
            methods[request.method, default: 0] += 1
            statuses[request.status.map { "\($0 / 100)xx" } ?? "unknown", default: 0] += 1
            bytes += request.body.count
            if !app.hasRoute(request.method, request.target) {
                strangers[request.method + " " + request.target.prefix { $0 != "?" }, default: 0] += 1
            }
        }
        func counts(_ counts: [String: Int]) -> String {
            counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
                .joined(separator: "  ")
        }
        guard !methods.isEmpty else { return }
        lines.append("  methods         " + counts(methods).madeVisible)
        lines.append("  recorded status " + counts(statuses))
        lines.append("  bodies          \(bytes) bytes to send")
        let unknown = strangers.values.reduce(0, +)
        lines.append("  no route in \(app.name)" + (unknown == 0 ? ": none" : ": \(unknown)"))
        for (path, count) in strangers.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(10) {
            lines.append("    \(count) × \(TextWidth.fit(path.madeVisible, 90))")
        }
        if strangers.count > 10 { lines.append("    and \(strangers.count - 10) more paths") }
    }
}
