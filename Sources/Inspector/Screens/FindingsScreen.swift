// What the newest requests of each lane show that is worth telling, and the checks that found nothing.

internal import InspectorCore

/// Draws the findings: a list, and the selected one in full.
struct FindingsScreen {
    private let model: Model
    private let glyphs: Glyphs

    init(model: Model) {
        self.model = model
        glyphs = model.settings.glyphs
    }

    func draw(on frame: inout Frame, rect: Rect) {
        frame.box(rect: rect, title: "FINDINGS  in \(model.view.window.phrase)", glyphs: glyphs)
        let inside = rect.inset(by: 1)
        guard !inside.isEmpty else { return }
        let detail = selected.map { details(of: $0, width: inside.width - 2) } ?? []
        let detailHeight = min(detail.count, max(0, inside.height - 3))
        let (list, below) = inside.splitTop(inside.height - detailHeight)
        drawList(on: &frame, rect: list)
        for (row, line) in detail.prefix(below.height).enumerated() {
            frame.put(line.text, x: below.x + 1, y: below.y + row, role: line.role, clip: below)
        }
    }

    private var selected: Finding? {
        model.known.findings.indices.contains(model.view.finding) ? model.known.findings[model.view.finding] : nil
    }

    private func drawList(on frame: inout Frame, rect: Rect) {
        let findings = model.known.findings
        // The selected one stays in view.
        let first = max(0, min(model.view.finding - rect.height / 2, findings.count - rect.height))
        let laneWidth = laneWidth(in: rect)
        for (row, index) in (first..<findings.count).prefix(rect.height).enumerated() {
            let line = Rect(x: rect.x, y: rect.y + row, width: rect.width, height: 1)
            draw(findings[index], on: &frame, line: line, laneWidth: laneWidth)
            frame.mark(line, spot: .item(UInt64(index), panel: 0))
            if index == model.view.finding {
                frame.put(glyphs.pointer, x: line.x, y: line.y, role: .focus, clip: line)
                frame.select(row: line.y, in: line)
            }
        }
        let isAllSeen = model.known.lanes.allSatisfy { $0.lane.isHosted }
        // Without a word from within, hooks and loops are not known to be well.
        let isAnyTold = model.known.lanes.contains { lane in
            lane.lane.isHosted || lane.traces.suffix(50).contains { $0.spans.last?.origin == .told }
        }
        let quiet = FindingKind.all.filter { kind in !findings.contains { $0.kind == kind } }
        let top = rect.y + min(findings.count - max(0, first), rect.height)
        let hasRoom = findings.isEmpty ? 0 : 1
        for (row, kind) in quiet.enumerated() {
            let y = top + hasRoom + row
            guard y < rect.y + rect.height else { return }
            // What a server elsewhere does not tell is not known to be well.
            if isAllSeen { frame.put("ok", x: rect.x + 2, y: y, role: .good, clip: rect) }
            let words =
                isAllSeen
                ? "none" : isAnyTold || kind.check.isSeenFromOutside ? "none seen" : "cannot be seen from outside"
            frame.put("\(words): \(kind.check.name)", x: rect.x + 8, y: y, role: .faint, clip: rect)
        }
    }

    private func draw(_ finding: Finding, on frame: inout Frame, line: Rect, laneWidth: Int) {
        let isWarning = finding.level == .warn
        frame.put(isWarning ? "warn" : "look", x: line.x + 2, y: line.y, role: isWarning ? .bad : .warning, clip: line)
        let lane = TextWidth.fitMiddle(
            text: finding.lane.name.madeVisible, width: laneWidth, mark: glyphs.more)
        frame.put(lane, x: line.x + 8, y: line.y, role: .faint, clip: line)
        let x = line.x + 8 + laneWidth + 1
        let count = finding.countWords
        let room = max(0, line.x + line.width - x - count.count - 2)
        frame.put(
            TextWidth.fit(text: finding.seen.madeVisible, width: room, mark: glyphs.more), x: x, y: line.y, clip: line)
        frame.put(count, x: line.x + line.width - count.count - 1, y: line.y, role: .faint, clip: line)
    }

    /// As wide as the longest name of a lane, and never more than a quarter of the line.
    private func laneWidth(in line: Rect) -> Int {
        let names = model.known.findings.map { TextWidth.of(text: $0.lane.name.madeVisible) }
        return min(max(6, names.max() ?? 0), max(6, line.width / 4))
    }

    private func details(of finding: Finding, width: Int) -> [(text: String, role: Role)] {
        var lines: [(text: String, role: Role)] = [("", .text)]
        func add(_ name: String, text: String, role: Role = .text) {
            for (index, line) in TextWidth.wrap(text, width: max(10, width - 6)).enumerated() {
                lines.append((TextWidth.pad(index == 0 ? name : "", width: 6) + line, role))
            }
        }
        add("seen", text: finding.seen.madeVisible, role: .strong)
        add("why", text: finding.kind.check.why)
        let check = finding.kind.check
        add("try", text: finding.lane.isHosted ? check.remedy : check.remedyElsewhere, role: .good)
        let number = "#\(finding.example.number)"
        let span =
            finding.count > 1 ? "; the first was #\(finding.first.number), the newest #\(finding.newest.number)" : ""
        add(
            "", text: "\(finding.countWords)\(span). \(glyphs.enter) opens \(number), which shows it best.",
            role: .faint)
        return lines
    }
}
