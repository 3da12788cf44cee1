// The screens as text, for models made by hand, and a language to say what a user does and sees.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct SceneTests {
    static let measures = [(80, 24), (118, 40), (200, 50), (20, 5)]

    private static func sideBySide() -> Model {
        let studio = Studio()
        studio.dashboard(1, .sync, lane: 0)
        studio.dashboard(1, .async, lane: 1)
        return studio.model([studio.lane(0, .sync), studio.lane(1, .async)])
    }

    @Test("an empty dashboard says which keys to press")
    func empty() {
        let studio = Studio()
        let scene = Scene(studio.model([studio.lane(0, .async)]))
        #expect(scene.sees("No request yet."))
        #expect(scene.sees("b  sends 32 requests at once"))
        #expect(scene.sees("curl http://127.0.0.1:8080"))
    }

    @Test("side by side at 118x40 the same request stands in both lanes, on one scale")
    func lanes() {
        let lines = Scene(Self.sideBySide()).text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[1].hasPrefix("┏ ◆ SYNC  4 workers  █··· 1/4  1m "))
        #expect(lines[1].contains("ASYNC  4 workers + sub-threads"))
        // Both were sent 1.02 s ago: the calls of one are counted by their seams, those of the other lie upon another.
        let row = lines.first { $0.contains("/dashboard") } ?? ""
        #expect(row.contains(" ▓▓▓▌▓▓▓▌▓▓▌▓▓▌▓▓▓ "), "\(row)")
        #expect(row.contains(" ▆▆▆▋ "), "\(row)")
    }

    @Test("the waterfall of an async request has five awaits on its sub-thread, under one another")
    func waterfall() {
        let studio = Studio()
        studio.dashboard(7, .async)
        var scene = Scene(studio.model([studio.lane(0, .async)]))
        scene.press(.enter)
        #expect(scene.sees("#7 GET /dashboard  async  200 OK  220ms"))
        for part in [
            "queued for a worker", "before auth", "await GET api/delay/10", "after stamp", "teardown forget user",
        ] {
            #expect(scene.sees(part), "\(part)")
        }
        let awaits = scene.text.split(separator: "\n").filter { $0.contains("await GET api/city/") }
        #expect(awaits.count == 5)
        #expect(awaits.allSatisfy { $0.contains("loop-7.2") })
        let columns = Set(awaits.map { $0.distance(from: $0.startIndex, to: $0.firstIndex(of: "▄") ?? $0.endIndex) })
        #expect(columns.count == 1)
        #expect(scene.sees("5 calls overlapped: 1.00s of waiting in 200ms"))
    }

    @Test("the waterfall of a sync request has five blocked calls, one after the other, on its worker")
    func blocked() {
        let studio = Studio()
        studio.dashboard(7, .sync)
        var scene = Scene(studio.model([studio.lane(0, .sync)]))
        scene.press(.enter)
        let calls = scene.text.split(separator: "\n").filter { $0.contains("blocked GET api/city/") }
        #expect(calls.count == 5)
        #expect(calls.allSatisfy { $0.contains("worker-1") })
        let starts = calls.map { $0.distance(from: $0.startIndex, to: $0.firstIndex(of: "▓") ?? $0.endIndex) }
        #expect(starts == starts.sorted())
        #expect(Set(starts).count == 5)
        #expect(scene.sees("one after the other"))
    }

    @Test("a pending request grows, and says so")
    func pending() {
        let studio = Studio()
        studio.dashboard(3, .async, until: 10_100_000_000)
        var scene = Scene(studio.model([studio.lane(0, .async)]))
        #expect(scene.sees("100ms  run"))
        #expect(scene.sees("5 awaits pending: oslo lima cairo delhi tokyo"))
        #expect(scene.sees("waits for its sub-thread loop-3.2"))
        scene.press(.enter)
        #expect(scene.sees("pending  100ms"))
    }

    @Test("the mirrored request opens as two waterfalls, one above the other")
    func stacked() {
        var scene = Scene(Self.sideBySide(), height: 50)
        scene.press(.enter)
        #expect(scene.sees("#1 GET /dashboard  sync  200 OK  1.02s"))
        #expect(scene.sees("#1 GET /dashboard  async  200 OK  220ms"))
    }

    @Test("every screen fits every size, in UTF-8 and in ASCII", arguments: measures)
    func sizes(width: Int, height: Int) {
        for screen in ScreenName.allCases {
            for glyphs in [Glyphs.unicode, .ascii] {
                var model = Self.sideBySide()
                model.view.screens = [.lanes, screen]
                model.settings.glyphs = glyphs
                let frame = Screens.frame(model: model, width: width, height: height)
                #expect(frame.lines.count == height)
                #expect(frame.lines.allSatisfy { TextWidth.of(text: $0) <= width })
                if glyphs == .ascii { #expect(frame.text.utf8.allSatisfy { $0 < 128 }, "\(screen)") }
                if width >= 80 { #expect(frame.text.contains(screen == .help ? "q close" : "q quit"), "\(screen)") }
            }
        }
    }

    @Test("no size and no key is a trap, and the selected request stays selected")
    func anySizeAnyKey() {
        var dice = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: 1...1_000_000, using: &dice)
        var state = seed
        func roll(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        let studio = Studio()
        for number in 1...30 {
            studio.dashboard(UInt64(number), .async, until: 10_000_000_000 + UInt64(roll(300)) * 1_000_000)
        }
        var scene = Scene(studio.model([studio.lane(0, .async)]))
        let keys = Keymap.bindings.flatMap(\.keys)
        // All others may change what is shown of the request, and not which one it is.
        let movers: Set<Action> = [
            .up, .down, .pageUp, .pageDown, .halfPageUp, .halfPageDown, .first, .last, .back, .clear, .nextHit,
            .hitBefore,
        ]
        var asked = 0
        for _ in 0..<400 {
            let key = keys[roll(keys.count)]
            let before = scene.model
            scene.press(key)
            if before.prompt == nil, let action = Keymap.action(for: key, on: before.screen), !movers.contains(action) {
                asked += 1
                #expect(scene.model.view.selected == before.view.selected, "seed \(seed): \(action)")
            }
            scene.width = 1 + roll(300)
            scene.height = 1 + roll(100)
            let frame = Screens.frame(model: scene.model, width: scene.width, height: scene.height)
            #expect(frame.lines.count == scene.height, "seed \(seed)")
        }
        #expect(asked > 20, "seed \(seed)")
    }

    @Test("selecting follows the request, not its row")
    func selection() {
        let studio = Studio()
        for number in 1...5 { studio.dashboard(UInt64(number), .async) }
        var scene = Scene(studio.model([studio.lane(0, .async)]))
        scene.press(.up, .up)
        #expect(scene.model.view.selected == 4)
        studio.dashboard(6, .async)
        scene.model.known.lanes = [studio.lane(0, .async)]
        #expect(scene.model.view.selected == 4)
        #expect(scene.text.split(separator: "\n").contains { $0.contains("▸#4") })
        scene.press(.end)
        #expect(scene.model.view.selected == nil)
    }

    @Test("S, s, b, r and q ask for what they say; a key that cannot act says why")
    func effects() {
        let studio = Studio()
        var scene = Scene(studio.model([studio.lane(0, .async)]))
        scene.press(.character("S"), .character("s"), .character("b"), .character("r"), .character("q"))
        #expect(
            scene.effects == [
                .host(.setMode(.sync)), .host(.showOthersAgain([.sync, .async])), .host(.burst(nil)),
                .host(.startReplay(atBusyPart: false)), .console(.quit),
            ])
        scene.press(.enter)
        #expect(scene.effects.last == .host(.startReplay(atBusyPart: true)))
        #expect(scene.sees("from its busiest seconds on"))
        scene.model.known.trafficFile = nil
        scene.press(.enter)
        #expect(scene.effects.last == .host(.burst(nil)))
        scene.press(.character("r"))
        #expect(scene.sees("No traffic file is at hand."))
    }

    @Test("freezing says so, and space goes on")
    func freeze() {
        let studio = Studio()
        var scene = Scene(studio.model([studio.lane(0, .async)]))
        scene.press(.character(" "))
        #expect(scene.sees("FROZEN  space goes on"))
        scene.press(.character(" "))
        #expect(scene.sees("LIVE"))
    }

    @Test("the help names every key of the table, and the key bar only keys that it has")
    func help() {
        let studio = Studio()
        var scene = Scene(studio.model([studio.lane(0, .async)]), width: 200, height: 200)
        scene.press(.character("?"))
        for binding in Keymap.bindings {
            let words = binding.long.split(separator: " ").prefix(4).joined(separator: " ")
            #expect(scene.sees(words), "\(words)")
        }
    }

    @Test("a path cannot drive the terminal")
    func controlBytes() {
        let studio = Studio()
        let request = studio.log.open(
            RequestSummary(
                id: RequestID(number: 1, lane: LaneID(rawValue: 0)), mode: .async, method: "GET",
                target: "/\u{1B}]0;x\u{7}", accepted: 10_000_000_000))
        request.instant(.accepted)
        _ = studio.log.read(waiting: 0) { studio.fold.apply($0) }
        var scene = Scene(studio.model([studio.lane(0, .async)]))
        #expect(scene.sees("/^[]0;x^G"))
        scene.press(.enter)
        #expect(!scene.text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
    }

    private static func finding(_ kind: FindingKind, _ level: Finding.Level, _ subject: String) -> Finding {
        Finding(
            kind: kind, level: level, lane: LaneDescription(id: LaneID(rawValue: 0), kind: .hosted(.sync)),
            subject: subject, seen: "What was seen of \(subject).",
            example: RequestID(number: 7, lane: LaneID(rawValue: 0)), count: 3)
    }

    @Test("findings are listed with why and what to try, and the checks that found nothing too")
    func findings() {
        let studio = Studio()
        studio.dashboard(7, .sync)
        var scene = Scene(studio.model([studio.lane(0, .sync)]))
        scene.model.setFindings([
            Self.finding(.callsInARow, .warn, "dashboard"), Self.finding(.hookDominates, .look, "auth"),
        ])
        #expect(scene.sees("f: 1 warning"))
        scene.press(.character("f"))
        #expect(scene.sees("warn  sync   What was seen of dashboard."))
        #expect(scene.sees("look  sync   What was seen of auth."))
        #expect(scene.sees("3 times"))
        #expect(scene.sees("Make them with gather"))
        #expect(scene.sees("none: failed teardowns"))
        scene.press(.down)
        #expect(scene.sees("a blueprint's hook"))
        // The selected one stays selected when another comes before it.
        scene.model.setFindings([
            Self.finding(.teardownFailed, .warn, "close"), Self.finding(.callsInARow, .warn, "dashboard"),
            Self.finding(.hookDominates, .look, "auth"),
        ])
        #expect(scene.model.view.finding == 2)
        scene.press(.enter)
        #expect(scene.sees("#7 GET /dashboard"))
        scene.press(.escape)
        #expect(scene.sees("FINDINGS"))
        scene.press(.escape)
        #expect(!scene.sees("FINDINGS"))
        for (width, height) in [(80, 24), (200, 50), (40, 8), (20, 5), (1, 1)] {
            scene.press(.character("f"))
            scene.width = width
            scene.height = height
            #expect(!scene.text.isEmpty)
            scene.press(.escape)
        }
    }

    @Test("+ and - change the workers of the lane that answers, and say why they cannot")
    func workers() {
        let studio = Studio()
        var scene = Scene(studio.model([studio.lane(0, .sync)]))
        scene.press(.character("+"))
        #expect(scene.effects == [.host(.setWorkers(5))])
        #expect(scene.sees("The sync lane has 5 workers now."))
        scene.model.known.lanes[0].load?.workers = 1
        scene.press(.character("-"))
        #expect(scene.effects.count == 1)
        #expect(scene.sees("A lane has 1 to 512 workers"))
        scene.model.known.lanes[0].lane = LaneDescription(id: LaneID(rawValue: 0), kind: .hosted(.native))
        scene.model.known.lanes[0].load = nil
        scene.press(.character("+"))
        #expect(scene.effects.count == 1)
        #expect(scene.sees("A native lane has no workers"))
        scene.press(.character("B"))
        #expect(scene.effects.last == .host(.setMirrorsUnsafe(true)))
        scene.press(.character("B"))
        #expect(scene.effects.last == .host(.setMirrorsUnsafe(false)))
    }

    @Test("the statistics compare a route's modes, and name its columns by what there is room for")
    func statistics() {
        let studio = Studio()
        for number in 1...5 {
            studio.dashboard(UInt64(number), .sync, lane: 0)
            studio.dashboard(UInt64(number), .async, lane: 1)
        }
        var scene = Scene(studio.model([studio.lane(0, .sync), studio.lane(1, .async)]))
        scene.press(.character("i"))
        #expect(scene.sees("No request was answered yet."))
        scene.model.known.routes = studio.fold.routes.all
        #expect(scene.sees("route"))
        let lines = scene.text.split(separator: "\n").filter { $0.contains(" sync ") || $0.contains(" async ") }
        #expect(lines.contains { $0.contains("(no route)") && $0.contains("sync") && $0.contains("1.02s") })
        // Times of routes have two digits: 1.02 s is 4.6 or 4.7 times 220 ms.
        #expect(lines.contains { $0.contains("async") && $0.contains(#/ 4\.[67]× faster /#) }, "\(lines)")
        scene.width = 60
        #expect(scene.sees("p90") && !scene.sees("waits"))
        for (width, height) in [(80, 24), (200, 50), (40, 8), (20, 5)] {
            scene.width = width
            scene.height = height
            #expect(!scene.text.isEmpty)
        }
    }

    private func type(_ text: String, into scene: inout Scene) { for key in text { scene.press(.character(key)) } }

    @Test("a filter is typed with a live count, taken, turned off and on, and recalled")
    func filter() {
        let studio = Studio()
        for number in 1...3 { studio.dashboard(UInt64(number), number == 2 ? .sync : .async) }
        var scene = Scene(studio.model([studio.lane(0, .async)]))
        scene.press(.character("/"))
        #expect(scene.sees("method:POST status:5xx"))
        type("mode:sync", into: &scene)
        #expect(scene.sees("/ mode:sync"))
        #expect(scene.sees("1 of 3"))
        #expect(scene.sees("#3"), "nothing is hidden while it is typed")
        scene.press(.enter)
        #expect(scene.sees("#2") && !scene.sees("#3") && !scene.sees("#1 "))
        #expect(scene.sees("/ mode:sync  1 of 3"))
        scene.press(.character("x"))
        #expect(scene.sees("#3"))
        scene.press(.character("x"))
        #expect(!scene.sees("#3"))
        scene.press(.character("/"), .control("u"))
        type("mode:native", into: &scene)
        scene.press(.enter, .up)
        #expect(scene.sees("Nothing is chosen of them."))
        scene.press(.character("/"), .up, .up, .enter)
        #expect(scene.model.filter?.text == "mode:sync")
        scene.press(.character("/"), .control("u"), .enter)
        #expect(scene.sees("#3"))
    }

    @Test("a filter that is wrong is pointed at, and not taken")
    func wrongFilter() {
        let studio = Studio()
        studio.dashboard(1, .sync)
        var scene = Scene(studio.model([studio.lane(0, .sync)]))
        scene.press(.character("/"))
        type("meth:GET", into: &scene)
        #expect(scene.sees("there is no field meth"))
        scene.press(.enter)
        #expect(scene.model.prompt != nil)
        #expect(scene.model.filter == nil)
        scene.press(.escape)
        #expect(scene.model.prompt == nil)
        scene.press(.character("x"))
        #expect(scene.sees("There is no filter yet."))
        for (width, height) in [(80, 24), (40, 8), (1, 1)] {
            scene.press(.character("/"))
            type("\u{1b}[31mé👩‍👩‍👧(", into: &scene)
            scene.width = width
            scene.height = height
            #expect(!scene.text.contains("\u{1b}"))
            scene.press(.escape)
        }
    }

    @Test(
        "the head says that detail thins out before anything that there may be no room for", arguments: [80, 118, 200])
    func thinning(width: Int) {
        let studio = Studio()
        studio.dashboard(1, .sync)
        var model = studio.model([studio.lane(0, .sync)])
        model.known.thinning = 16
        model.known.ownCost = 0.0384
        let head = Scene(model, width: width).text.split(separator: "\n").first.map(String.init) ?? ""
        #expect(head.contains("LIVE  1 in 16 in detail  "))
        // Cut in its middle it would say nothing.
        #expect(head.contains("own cost 3.8%") == (width > 80))
        #expect(head.contains("own") == (width > 80))
        model.known.thinning = 1
        model.known.ownCost = nil
        let quiet = Scene(model, width: width).text
        #expect(!quiet.contains("in detail"))
        #expect(!quiet.contains("own cost"))
    }

    @Test("docs/keys.md is the table of keys, and each key has one meaning")
    func keysDocument() throws {
        let file = Program.root.appendingPathComponent("docs/keys.md")
        if ProcessInfo.processInfo.environment["WRITE_KEYS"] != nil {
            try Keymap.document.write(to: file, atomically: true, encoding: .utf8)
        }
        let written = try String(contentsOf: file, encoding: .utf8)
        #expect(written == Keymap.document, "run: WRITE_KEYS=1 swift test --filter keysDocument")
        for screen in ScreenName.allCases {
            let keys = Keymap.bindings.filter { $0.holds(on: screen) }.flatMap(\.keys)
            #expect(Set(keys).count == keys.count, "\(screen)")
        }
        // Whatever can be done has a key, and so a line in the help and a name in the palette.
        #expect(Set(Action.allCases.map { "\($0)" }) == Set(Keymap.bindings.map { "\($0.action)" }))
    }
}
