// Any model, any size, any keys: a frame is made, every row has its width, and the selection follows the request.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct ScreenPropertyTests {
    private static let names = [
        "", "/", "/dashboard", "é", "👩‍👩‍👧", "漢字/漢字", "\u{1b}[31mred", "\u{0}\n\t", "e\u{301}\u{301}",
        String(repeating: "x", count: 700),
        "\u{202E}right to left", "a b", "\u{9B}31m", "\u{200B}\u{2066}",
    ]

    @Test("what a filter has said once and says anew is the same, whatever requests come, go and change")
    func verdicts() throws {
        var numbers = SeededNumbers(7)
        // Two states of each request, as it is and as it was told of later.
        let known = [UInt8(0), 1].map { lane in
            (0..<2).map { _ in Self.traces(&numbers, lane: lane, count: 60).0 }
        }
        func lane(_ number: UInt8) -> LaneModel {
            let traces = (0..<60).compactMap { place -> Trace? in
                guard Int.random(in: 0..<3, using: &numbers) > 0 else { return nil }
                return known[Int(number)][Int.random(in: 0..<2, using: &numbers)][place]
            }
            return LaneModel(
                lane: LaneDescription(id: LaneID(rawValue: number), kind: .hosted(.async)), url: "",
                load: WorkerPool.Load(workers: 1, busy: 0, queued: 0), traces: traces)
        }
        var model = Model(app: "x", url: "", lanes: [lane(0), lane(1)], now: 25_000_000_000)
        model.isFilterOn = true
        for text in [">500ms", "error", "not await:dash", "status:5xx or method:é"] {
            model.filter = try Filter(text)
            for _ in 0..<50 {
                model.known.lanes = [lane(0), lane(1)]
                model.known.now += 10_000_000
                model.refilter()
                var fresh = model
                fresh.verdicts = nil
                fresh.refilter()
                #expect(model.matching == fresh.matching)
                let chosen = Set(fresh.matching ?? [])
                #expect(model.numbers == model.allNumbers.filter(chosen.contains))
            }
        }
    }

    /// Traces whose spans begin, end, nest and fail as they like: times may lie, parents may be missing.
    private static func traces(_ numbers: inout SeededNumbers, lane: UInt8, count: Int) -> ([Trace], TraceFold) {
        let log = EventLog()
        var fold = TraceFold()
        var known: [Trace] = []
        for number in 0..<count {
            let start = UInt64.random(in: 0...20_000_000_000, using: &numbers)
            let summary = RequestSummary(
                id: RequestID(number: UInt64(number * 3 + 1), lane: LaneID(rawValue: lane)),
                mode: ExecutionMode.allCases.randomElement(using: &numbers) ?? .sync,
                method: names.randomElement(using: &numbers) ?? "", target: names.randomElement(using: &numbers) ?? "",
                accepted: start)
            let request = log.open(summary)
            request.instant(.accepted, at: start)
            var open: [(EventKind, SpanID)] = []
            for _ in 0..<Int.random(in: 0...20, using: &numbers) {
                let kind = EventKind.allCases.randomElement(using: &numbers) ?? .view
                let time = start &+ UInt64.random(in: 0...3_000_000_000, using: &numbers)
                switch Int.random(in: 0..<4, using: &numbers) {
                case 0:
                    request.instant(
                        kind == .done ? .mark : kind,
                        label: request.own(text: names.randomElement(using: &numbers) ?? ""), at: time)
                case 1 where !open.isEmpty:
                    let (kind, span) = open.remove(at: Int.random(in: 0..<open.count, using: &numbers))
                    request.end(
                        kind, span: span, outcome: Outcome.allCases.randomElement(using: &numbers) ?? .done,
                        detail: request.own(text: names.randomElement(using: &numbers) ?? ""), at: time)
                default:
                    let parent = SpanID(rawValue: UInt32.random(in: 0...12, using: &numbers))
                    let span = request.begin(
                        kind, label: request.own(text: names.randomElement(using: &numbers) ?? ""), parent: parent,
                        value: Int64.random(in: -3...700, using: &numbers),
                        flags: Event.Flags(rawValue: UInt8.random(in: 0...63, using: &numbers)),
                        track: UInt32.random(in: 1...9, using: &numbers), at: time)
                    // A parent is always begun before: a ring cannot be recorded.
                    if span.rawValue > parent.rawValue || parent == .none { open.append((kind, span)) }
                }
            }
            if Bool.random(using: &numbers) {
                request.finish(status: Int.random(in: 0...999, using: &numbers), at: start + 5_000_000)
            }
            _ = log.read(waiting: 0) { fold.apply($0) }
            if let trace = fold[summary.id] { known.append(trace) }
        }
        return (known, fold)
    }

    private static func model(_ numbers: inout SeededNumbers) -> Model {
        var routes: [RouteTable.Key: Statistics] = [:]
        let lanes = (0..<Int.random(in: 1...3, using: &numbers)).map { index in
            let count = Int.random(in: 0...12, using: &numbers)
            let (traces, fold) = traces(&numbers, lane: UInt8(index), count: count)
            routes.merge(fold.routes.all) { first, _ in first }
            let mode = ExecutionMode.allCases[index]
            return LaneModel(
                lane: LaneDescription(id: LaneID(rawValue: UInt8(index)), kind: .hosted(mode)),
                url: "http://127.0.0.1:1",
                load: WorkerPool.Load(
                    workers: Int.random(in: 0...600, using: &numbers), busy: Int.random(in: 0...600, using: &numbers),
                    queued: Int.random(in: 0...20_000, using: &numbers)),
                modes: ExecutionMode.allCases, traces: traces,
                threads: (1...4).map { TrackRegistry.Entry(track: $0, name: "worker-\($0)") },
                trackNames: [1: "worker-1"])
        }
        var model = Model(
            app: names.randomElement(using: &numbers) ?? "", url: "http://127.0.0.1:8080", lanes: lanes,
            now: UInt64.random(in: 0...30_000_000_000, using: &numbers))
        model.known.routes = routes
        model.known.focus = Int.random(in: 0..<lanes.count, using: &numbers)
        model.settings.glyphs = Bool.random(using: &numbers) ? .unicode : .ascii
        model.setFindings(
            lanes.flatMap { lane in
                Findings.look(at: lane.traces, now: model.known.now) { TimeText.short(nanoseconds: $0) }
            })
        if Bool.random(using: &numbers) { model.known.replay = ReplayProgress() }
        return model
    }

    @Test("random models at random sizes under random keys never trap, and every row has its width")
    func anything() {
        var numbers = SeededNumbers(42)
        let factor = max(1, Int(ProcessInfo.processInfo.environment["FUZZ_COUNT"] ?? "1") ?? 1)
        let keys: [Key] =
            Keymap.bindings.flatMap(\.keys) + [.control("u"), .tab, .resize]
            + "error>ms:()\"*é ".map { Key.character($0) }
        for _ in 0..<60 * factor {
            var model = Self.model(&numbers)
            for _ in 0..<12 {
                let key = keys.randomElement(using: &numbers) ?? .escape
                let selected = model.view.selected
                if model.prompt != nil {
                    _ = model.type(key: key)
                } else if let action = Keymap.action(for: key, on: model.screen) {
                    _ = model.update(action)
                    let moves: [Action] = [
                        .up, .down, .pageUp, .pageDown, .halfPageUp, .halfPageDown, .first, .last, .back, .nextHit,
                        .hitBefore, .clear, .open,
                    ]
                    if !moves.contains(action) { #expect(model.view.selected == selected, "\(action)") }
                }
                let width = Int.random(in: 1...300, using: &numbers)
                let height = Int.random(in: 1...100, using: &numbers)
                let frame = Screens.frame(model: model, width: width, height: height)
                let rows = frame.text.split(separator: "\n", omittingEmptySubsequences: false)
                #expect(rows.count <= height + 1)
                for row in rows {
                    #expect(TextWidth.of(text: String(row)) <= width, "\(width)x\(height): \(row)")
                    #expect(!row.unicodeScalars.contains(where: SafeText.isHidden))
                }
            }
        }
    }

    @Test("a frame with ten thousand requests in the model is made")
    func tenThousand() {
        let studio = Studio()
        for number in 1...2000 { studio.dashboard(UInt64(number), .async) }
        var lane = studio.lane(0, .async)
        let copies = lane.traces
        for _ in 1..<5 { lane.traces += copies }
        let scene = Scene(studio.model([lane]), width: 200, height: 50)
        #expect(scene.sees("#2000"))
    }
}
