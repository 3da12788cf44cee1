// Sentences under a waterfall: what goes on at the cursor, what a row is, and what two lanes differ in.

internal import InspectorCore

/// Writes them.
struct WaterfallWords {
    private let model: Model
    private let geometry: WaterfallGeometry
    private let isASCII: Bool

    init(model: Model, geometry: WaterfallGeometry) {
        self.model = model
        self.geometry = geometry
        isASCII = model.settings.glyphs == .ascii
    }

    private func text(time: UInt64) -> String { TimeText.short(nanoseconds: time, isASCII: isASCII) }

    private func signed(difference: Int64) -> String {
        (difference < 0 ? (isASCII ? "-" : "−") : "+") + text(time: difference.magnitude)
    }

    /// What stands under all panels: in slow motion what goes on, else the cursor, else the selected row.
    var below: [String] {
        if let transport = model.transport, transport.request != nil {
            return geometry.panels.map { words(at: transport.time, panel: $0) }
        }
        if let cursor = model.view.waterfall.cursor {
            return geometry.panels.enumerated().map { index, panel in
                (index == 0 ? "at \(text(time: cursor)):  " : "    ")
                    + words(at: panel.start.addingSaturated(cursor), panel: panel)
            }
        }
        guard let panel = geometry.focused(view: model.view.waterfall), let row = model.view.waterfall.row,
            let span = panel.trace[row]
        else { return queueWords.map { [$0] } ?? [] }
        return [words(of: span, panel: panel)]
    }

    /// What is left out, and how to see it; nil where nothing is.
    private var queueWords: String? {
        guard geometry.leavesQueueOut else { return nil }
        let queues = geometry.panels.filter { $0.start > $0.trace.began }.map { panel in
            "\(text(time: panel.start - panel.trace.began)) in \(panel.trace.summary.lane.name.madeVisible)"
        }
        guard !queues.isEmpty else { return nil }
        return "Left out: the time until a worker took it, " + queues.joined(separator: ", ") + ". v shows it."
    }

    /// Where the work is at a moment, and what it does: `async worker-1 → loop-7.2: view dashboard awaits oslo lima`.
    private func words(at moment: UInt64, panel: WaterfallGeometry.Panel) -> String {
        let trace = panel.trace
        let mode = geometry.panels.count > 1 ? trace.summary.lane.name.madeVisible + " " : ""
        // Slow motion steps to the very moment of an end: what ends then still shows in what glows, not here.
        let open = trace.spans.filter { $0.begin <= moment && ($0.end ?? model.known.now) > moment }
        if moment < trace.began { return mode + "not sent yet" }
        if moment < trace.summary.accepted { return mode + "sent, and not read by its server yet" }
        if let done = trace.done, moment >= done {
            return mode + "answered after \(text(time: trace.response(until: done)))"
        }
        if trace.done == nil, moment > model.known.now { return mode + "not known yet" }
        if open.contains(where: { $0.kind == .queued }) { return mode + "waits for a worker" }
        let names = panel.lane.trackNames
        let function = open.last {
            $0.kind != .subThread && $0.kind != .poll && !$0.kind.isWait && $0.kind != .task && $0.kind != .held
        }
        // Without a worker (native) a sync function runs on a thread of the pool, off the loop.
        let runsOnLoop = trace.first(.queued) == nil
        let track = runsOnLoop ? function?.track ?? trace.first(.routing)?.track : trace.first(.routing)?.track
        let worker = track.map { names[$0] ?? "thread \($0)" } ?? ""
        let arrow = " \(model.settings.glyphs.arrow) "
        let loops = open.filter { $0.kind == .subThread }.map { trace.subThreadName(of: $0.track) ?? $0.scope }
        let place = ([worker] + loops.suffix(1)).filter { !$0.isEmpty }.joined(separator: arrow)
        var doing = function.map { WaterfallRows.name(of: $0) } ?? "between functions"
        let waits = open.filter(\.isOwnWait)
        if let first = waits.first {
            let verb = first.kind == .blocked ? "is blocked on" : "awaits"
            let names = waits.map { $0.label.split(separator: "/").last.map(String.init) ?? $0.label }
            doing += " \(verb) " + (waits.count == 1 ? first.label : "\(waits.count): " + names.joined(separator: " "))
        }
        return mode + place + ": " + doing.madeVisible
    }

    private func words(of span: Span, panel: WaterfallGeometry.Panel) -> String {
        let from = span.begin - min(span.begin, panel.trace.began)
        var parts = [
            WaterfallRows.name(of: span),
            "from \(text(time: from)) to "
                + (span.end == nil ? "now" : text(time: from.addingSaturated(span.duration(until: model.known.now))))
                + " = \(text(time: span.duration(until: model.known.now)))",
        ]
        if span.kind == .arriving {
            parts.append(arrivalWords(of: span))
            return parts.joined(separator: "   ")
        }
        if let loop = span.isAsync ? LoopTime(of: span, in: panel.trace, until: model.known.now) : nil {
            parts.append(
                "its loop: busy \(text(time: loop.busy)) + scheduled \(text(time: loop.scheduled)) + idle \(text(time: loop.idle))"
            )
        }
        if let holder = panel.trace.holder(of: span, until: model.known.now) {
            parts.append(
                "held up \(text(time: holder.time)) by \(holder.request) \(holder.function.madeVisible): "
                    + "\(model.settings.glyphs.enter) shows it")
        }
        if let task = TaskTime(of: span, in: panel.trace, until: model.known.now) {
            parts.append(
                "its task alone: busy \(text(time: task.busy)) + scheduled \(text(time: task.scheduled)) + idle \(text(time: task.idle)), "
                    + "\(task.polls) polls")
        }
        if !span.scope.isEmpty, span.kind != .subThread { parts.append("of \(span.scope.madeVisible)") }
        if span.outcome != .none { parts.append("ended: \(span.outcome.words)") }
        if !span.detail.isEmpty { parts.append(span.detail.madeVisible) }
        return parts.joined(separator: "   ")
    }

    /// Who says when it began, and what its loop did meanwhile.
    private func arrivalWords(of span: Span) -> String {
        let witness =
            switch span.arrivalWitness {
            case .sender: "by the sender's clock"
            case .system: "by the system, \(isASCII ? "+-" : "±")\(text(time: UInt64(clamping: span.endValue)))"
            case .connection: "it was read, and kept behind the request before it on its connection"
            case .nobody, nil: ""
            }
        guard WaterfallRows.holder(of: span) != nil else { return witness }
        return witness + ";  \(model.settings.glyphs.enter) shows what its loop ran"
    }

    /// What the panel at `index` differs in from the first: the parts add up to the whole difference.
    func comparison(of index: Int) -> String? {
        guard let first = geometry.panels.first, geometry.panels.indices.contains(index) else { return nil }
        let traces = [first.trace, geometry.panels[index].trace]
        if let silent = traces.first(where: { !$0.hasAnswer && $0.done != nil }) {
            let why = silent.errors.first.map { " (\($0.kind.madeVisible))" } ?? ""
            return "\(silent.summary.lane.name.madeVisible) gave no answer\(why): there is nothing to compare"
        }
        guard
            // Not while something of it is still to come at the moment that is shown.
            [first, geometry.panels[index]].allSatisfy({ ($0.trace.done ?? .max) <= model.time }),
            let comparison = LaneComparison(first: first.trace, second: geometry.panels[index].trace)
        else { return nil }
        let (one, two) = (comparison.first, comparison.second)
        let whole = comparison.difference
        let parts = CriticalPath.Kind.allCases.map { ($0, comparison.difference(kind: $0)) }
        let least = max(1000, whole.magnitude / 100)
        var shown: [String] = []
        var rest: Int64 = 0
        for (kind, difference) in parts.sorted(by: { $0.1.magnitude > $1.1.magnitude }) {
            let isSubThread = kind == .subThread && two.subThreads + one.subThreads > 0
            guard difference.magnitude >= least || (isSubThread && difference != 0) else {
                rest = rest.addingSaturated(difference)
                continue
            }
            shown.append("\(kind.words) \(signed(difference: difference))" + reason(kind: kind, one: one, two: two))
        }
        if rest.magnitude >= 1000 { shown.append("the rest \(signed(difference: rest))") }
        let sooner = whole < 0 ? "sooner" : "later"
        // Two requests of one lane are told apart by their numbers.
        let names =
            one.lane.id == two.lane.id
            ? traces.map { "#\($0.id.number)" } : [one, two].map(\.lane.name.madeVisible)
        return
            "\(names[1]) answered \(text(time: whole.magnitude)) \(sooner) than \(names[0]):  "
            + shown.joined(separator: ",  ")
    }

    /// Why a part differs, where it can be said.
    private func reason(kind: CriticalPath.Kind, one: LaneComparison.Side, two: LaneComparison.Side) -> String {
        switch kind {
        case .waiting
        where one.calls.count > 1
            && (two.calls.overlapped && one.calls.inARow || one.calls.overlapped && two.calls.inARow):
            let together = two.calls.overlapped ? two : one
            let apart = two.calls.overlapped ? one : two
            return " (\(together.calls.count) calls together in \(text(time: together.calls.spread)), in a row "
                + "\(text(time: apart.calls.spread)))"
        case .subThread where two.subThreads != one.subThreads:
            return " (\(two.subThreads) made, \(one.subThreads) in \(one.lane.name.madeVisible))"
        default: return ""
        }
    }
}

extension Outcome {
    /// What a sentence calls it.
    var words: String {
        switch self {
        case .none: "not said"
        case .done: "done"
        case .continue: "let the request go on"
        case .response: "gave a response"
        case .nothing: "returned nothing"
        case .raised: "threw"
        case .same: "passed the response on"
        case .replaced: "replaced the response"
        case .cancelled: "cancelled"
        case .timedOut: "timed out"
        case .failed: "failed"
        case .unfinished: "its end was not seen"
        }
    }
}
