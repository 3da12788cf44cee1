// What a replay would do, said before it does anything.

internal import InspectorCore

/// Writes the plan of some files.
struct PlanReport {
    private let traffic: TrafficSource
    private let app: KnownApp

    init(traffic: TrafficSource, app: KnownApp) {
        self.traffic = traffic
        self.app = app
    }

    /// The plan in lines.
    var lines: [String] {
        let plan = traffic.plan
        var lines = ["\(plan.name) (\(traffic.format))"]
        func fact(name: String, value: String) { lines.append("  " + TextWidth.pad(name, width: 16) + value) }
        addFields(&lines)
        fact(name: "entries", value: "\(plan.entries)")
        fact(
            name: "planned", value: "\(plan.items.count)" + (plan.rounds > 1 ? ", in \(plan.rounds) rounds" : "")
        )
        for (reason, count) in plan.skipped.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            fact(name: "skipped", value: "\(count): \(reason)")
        }
        var words = traffic.options
        words.pace = plan.pace
        words.loops = plan.rounds
        if plan.pace == .closed, traffic.options.pace == .original { words.limit = 1 }
        fact(name: "pace", value: words.words)
        if plan.pace == .original {
            fact(name: "duration", value: TimeText.short(nanoseconds: plan.length))
            let gaps = plan.gaps
            if let most = gaps.last {
                fact(
                    name: "gaps",
                    value:
                        "median \(TimeText.short(nanoseconds: gaps[gaps.count / 2])), longest \(TimeText.short(nanoseconds: most))"
                )
            }
            fact(name: "busiest second", value: "\(busiest) request\(busiest == 1 ? "" : "s")")
            if let words = traffic.cutWords { fact(name: "", value: words) }
        }
        if plan.outOfOrder > 0 { fact(name: "out of order", value: "\(plan.outOfOrder), sent in the order of time") }
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
                let text = TextWidth.fit(text: value.safe(for: .terminal), width: 90)
                lines.append("    " + TextWidth.pad(name.safe(for: .terminal), width: 14) + text)
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
        var classes: [Int: Int] = [:]
        var paths: [String: [String: Int]] = [:]
        var bytes = 0
        for item in traffic.plan.items.prefix(traffic.plan.items.count / traffic.plan.rounds) {
            guard let outline = traffic.plan.outline(item: item) else { continue }
            methods[outline.method, default: 0] += 1
            classes[outline.status.map { $0 / 100 } ?? 0, default: 0] += 1
            bytes += outline.bodySize
            paths[outline.method, default: [:]][outline.path, default: 0] += 1
        }
        var statuses: [String: Int] = [:]
        for (number, count) in classes { statuses[number == 0 ? "unknown" : "\(number)xx"] = count }
        var strangers: [String: Int] = [:]
        for (method, counts) in paths {
            for (path, count) in counts where !app.hasRoute(method, target: path) {
                strangers[method + " " + path] = count
            }
        }
        func counts(counts: [String: Int]) -> String {
            counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
                .joined(separator: "  ")
        }
        guard !methods.isEmpty else { return }
        lines.append("  methods         " + counts(counts: methods).madeVisible)
        lines.append("  recorded status " + counts(counts: statuses))
        lines.append("  bodies          \(bytes) bytes to send")
        let unknown = strangers.values.reduce(0, +)
        if unknown > 0, unknown == methods.values.reduce(0, +) {
            // Another server's traffic: a list of its paths would say nothing.
            lines.append("  no route in \(app.name): for none of them. It is another server's traffic:")
            lines.append("    replay FILE --to NAME=URL sends it to that server; replay --app model to a model of it")
            return
        }
        lines.append("  no route in \(app.name)" + (unknown == 0 ? ": none" : ": \(unknown)"))
        for (path, count) in strangers.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(10) {
            lines.append("    \(count) × \(TextWidth.fit(text: path.madeVisible, width: 90))")
        }
        if strangers.count > 10 { lines.append("    and \(strangers.count - 10) more paths") }
    }
}
