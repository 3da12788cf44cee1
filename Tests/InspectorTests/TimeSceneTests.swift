// Time that does not stand at now: freezing, stepping back, slow motion; marks, axes, the simulated API.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct TimeSceneTests {
    private static func lanes(_ count: Int = 3) -> Scene {
        let studio = Studio()
        for number in 1...count { studio.dashboard(UInt64(number), .async) }
        return Scene(studio.model([studio.lane(0, .async)]))
    }

    @Test("stepping back holds the picture and shows the lane as it was; space goes on with now")
    func stepsBack() {
        var scene = Self.lanes()
        #expect(scene.sees("done    3"))
        scene.press(.right)
        #expect(scene.sees("This is the newest."))
        #expect(!scene.model.isFrozen)
        scene.press(.left)
        #expect(scene.sees("FROZEN,"))
        let before = scene.model.time
        #expect(before < scene.model.known.now)
        #expect(scene.sees("then, of 3 requests:  in flight 3  answered 0  errors 0"))
        #expect(scene.sees("ASYNC  4 workers + sub-threads  ███· 3/4  queue 0"))
        scene.press(.right)
        #expect(scene.model.time > before)
        for _ in 0..<40 { scene.press(.left) }
        // At the first moment the requests were accepted, and waited.
        #expect(scene.sees("0/4  queue 3"))
        scene.press(.character(" "))
        #expect(scene.model.transport == nil && !scene.model.isFrozen)
        #expect(scene.sees("LIVE"))
    }

    @Test("slow motion plays a request again: slower, faster, paused, stepped, and left")
    func slowMotion() {
        var scene = Self.lanes(1)
        scene.press(.character(","))
        #expect(scene.model.screen == .waterfall)
        #expect(scene.sees("SLOW MOTION 1/10"))
        #expect(scene.sees("pending  0ns"))
        scene.wait(milliseconds: 500)
        #expect(scene.sees("50ms of 220ms"))
        #expect(scene.sees("worker-1 → loop-1.2: view dashboard awaits 5: oslo lima cairo delhi tokyo"))
        // What has not begun yet is named, and has no bar and no time.
        #expect(scene.lines("teardown forget user").allSatisfy { !$0.contains("ns") && !$0.contains("ms") })
        scene.press(.character(","))
        #expect(scene.sees("1/100"))
        scene.press(.character(" "))
        let held = scene.model.time
        scene.wait(milliseconds: 900)
        #expect(scene.model.time == held)
        scene.press(.right)
        #expect(scene.model.time == 10_220_000_000)
        scene.press(.character(" "))
        // At its end it begins anew.
        #expect(scene.model.time == 10_000_000_000)
        scene.press(.character("."), .character("."), .character("."))
        #expect(scene.sees("It plays at its own speed."))
        for _ in 0..<10 { scene.wait(milliseconds: 100) }
        #expect(scene.model.transport?.isPlaying == false)
        #expect(scene.sees("200 OK"))
        scene.press(.escape)
        #expect(scene.model.transport == nil && !scene.model.isFrozen)
        #expect(scene.model.screen == .waterfall)
    }

    @Test("hooks light up while they run, and glow for a moment of the user's time")
    func glow() {
        var scene = Self.lanes(1)
        scene.press(.character(","))
        scene.wait(milliseconds: 150)
        func isLit(_ name: String) -> Bool {
            let frame = Screens.frame(model: scene.model, width: 118, height: 40)
            guard let y = frame.lines.firstIndex(where: { $0.contains(name) }) else { return false }
            return (0..<frame.width).contains { frame.cell(x: $0, y: y)?.role == .lit }
        }
        #expect(scene.model.time == 10_015_000_000)
        #expect(isLit("before auth"))
        #expect(!isLit("view dashboard"))
        scene.wait(milliseconds: 100)
        #expect(isLit("view dashboard"))
        #expect(isLit("before auth"), "it ended 5 ms ago, which is 50 ms of the user's")
        scene.wait(milliseconds: 500)
        #expect(!isLit("before auth"))
    }

    @Test("a request that still runs is not played, and says why")
    func stillRuns() {
        let studio = Studio()
        studio.dashboard(3, .async, until: 10_100_000_000)
        var scene = Scene(studio.model([studio.lane(0, .async)]))
        scene.press(.character(","))
        #expect(scene.sees("#3 still runs"))
        scene.press(.character("."))
        #expect(scene.sees("Nothing is played."))
    }

    @Test("on the clock's axis bars stand at their time, and changes by hand are marked there and on the threads")
    func marks() {
        var scene = Self.lanes()
        scene.model.known.marks = [
            Mark(time: 10_110_000_000, lane: nil, text: "API +200ms"),
            Mark(time: 10_120_000_000, lane: LaneID(rawValue: 9), text: "elsewhere"),
        ]
        scene.press(.character("a"))
        #expect(scene.sees("-220ms") || scene.sees("-250ms"))
        #expect(scene.sees("now"))
        scene.press(.character("t"))
        #expect(scene.sees("API +200ms│"))
        #expect(!scene.sees("elsewhere"))
        #expect(scene.sees("pool"))
        scene.press(.character("z"))
        #expect(scene.sees("THREADS  last 1.00s"))
        for _ in 0..<9 { scene.press(.character("Z")) }
        #expect(scene.sees("to a minute"))
    }

    @Test("the simulated API is changed in place, and the head says so; a real one cannot be")
    func service() {
        var scene = Self.lanes()
        scene.press(.character("u"))
        #expect(scene.sees("The app calls a real service"))
        scene.model.known.service = UpstreamSettings()
        scene.press(.character("u"), .right, .right)
        #expect(scene.effects.last == .host(.setService(UpstreamSettings(addedMilliseconds: 50))))
        scene.press(.down, .right)
        #expect(scene.sees("answers later by   50 ms"))
        #expect(scene.sees("← 1 % →"))
        #expect(scene.sees("API +50ms, 1% fail"))
        scene.press(.left, .up, .character("0"))
        #expect(scene.model.known.service == UpstreamSettings())
        scene.press(.left, .escape)
        #expect(scene.model.prompt == nil)
    }

    @Test("the palette finds actions by name, does them, and says where one belongs")
    func palette() {
        var scene = Self.lanes()
        scene.press(.character(":"))
        #expect(scene.sees("ACTIONS"))
        scene.type("side by")
        scene.press(.enter)
        #expect(scene.effects.last == .host(.showOthersAgain([.sync, .async])))
        scene.press(.character(":"))
        scene.type("without queue")
        scene.press(.enter)
        #expect(scene.sees("“without queue” belongs to the waterfall."))
        scene.press(.character(":"))
        scene.type("xyzzy")
        #expect(scene.sees("no action matches"))
        scene.press(.enter)
        #expect(scene.sees("No action matches."))
        scene.press(.character(":"))
        scene.type("native")
        scene.press(.down, .up, .enter)
        #expect(scene.effects.last == .host(.setMode(.native)))
    }

    @Test("side by side l adds a native lane and leaves it out again, tab goes to the next lane")
    func native() {
        let studio = Studio()
        var scene = Scene(studio.model([studio.lane(0, .sync), studio.lane(1, .async)]))
        scene.press(.character("l"))
        #expect(scene.effects.last == .host(.show([.sync, .async, .native])))
        scene.model.known.lanes.append(studio.lane(2, .native))
        scene.press(.character("l"))
        #expect(scene.effects.last == .host(.show([.sync, .async])))
        scene.press(.tab)
        #expect(scene.effects.last == .host(.setFocus(1)))
        scene.press(.character("s"))
        #expect(scene.effects.last == .host(.showFocused))
    }

    @Test("the mouse selects and opens, turns keys of the bar, and drags the cursor to the column it is at")
    func mouse() throws {
        var scene = Self.lanes()
        func point(_ kind: Key.Mouse.Kind, _ x: Int, _ y: Int) {
            let frame = Screens.frame(model: scene.model, width: scene.width, height: scene.height)
            _ = scene.model.point(mouse: Key.Mouse(kind: kind, x: x, y: y), on: frame)
        }
        func row(_ text: String) throws -> Int {
            try #require(
                scene.text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains(text) })
        }
        point(.press, 10, try row("#2"))
        #expect(scene.model.view.selected == 2)
        point(.press, 10, try row("#2"))
        #expect(scene.model.screen == .waterfall && scene.model.view.opened == 2)
        point(.press, 70, try row("view dashboard"))
        point(.drag, 84, try row("view dashboard"))
        let frame = Screens.frame(model: scene.model, width: scene.width, height: scene.height)
        let below = try row("teardown forget user") + 1
        #expect((0..<118).filter { frame.cell(x: $0, y: below)?.role == .cursor } == [84])
        point(.press, 20, try row("before auth"))
        #expect(scene.model.view.waterfall.row != nil)
        point(.wheelDown, 3, 3)
        let bar = try #require(frame.lines.last?.range(of: "d details"))
        point(.press, frame.lines[39].distance(from: frame.lines[39].startIndex, to: bar.lowerBound), 39)
        #expect(scene.model.screen == .details)
        point(.press, 500, -3)
    }

    @Test("a replay is held, stepped, moved and paced by keys, and without one they say so")
    func replayKeys() {
        let studio = Studio()
        var scene = Scene(studio.model([studio.lane(0, .sync), studio.lane(1, .async)]))
        scene.press(.character("p"))
        #expect(scene.effects.isEmpty && scene.sees("No replay is running. r starts one."))
        scene.press(.character("r"))
        #expect(scene.effects == [.host(.startReplay(atBusyPart: false))])
        #expect(scene.sees("Replaying morning.har. The lanes share the cores; --headless gives a verdict. r stops it."))
        var replay = ReplayProgress()
        replay.name = "morning.har"
        replay.planned = 60
        replay.sent = 20
        replay.queued = 2
        replay.differ = 3
        replay.inFlight = 1
        scene.model.known.replay = replay
        #expect(scene.sees("20/60 running  sent 20  queued 2  late 0  in flight 1  done 0  failed 0  differ 3"))
        // Without a schedule there is no time to go through.
        scene.press(.character("]"))
        #expect(scene.sees("All of it is due at once"))
        scene.model.known.replay?.length = 32_000_000_000
        #expect(scene.sees("p pause"))
        for (key, effect) in [
            ("p", HostEffect.pauseReplay), ("P", .stepReplay), ("[", .seekReplay(-0.05)), ("]", .seekReplay(0.05)),
            ("{", .speedReplay(0.5)), ("}", .speedReplay(2)),
        ] {
            scene.press(.character(Character(key)))
            #expect(scene.effects.last == .host(effect), "\(key)")
        }
        scene.model.known.replay?.isPaused = true
        #expect(scene.sees("20/60 paused"))
        scene.model.known.replay?.isPaused = false
        scene.model.known.replay?.isStopped = true
        scene.model.known.replay?.inFlight = 0
        #expect(scene.sees("20/60 stopped"))
        scene.press(.character("p"))
        #expect(scene.effects.last == .host(.speedReplay(2)), "a replay that is over is not paused")
    }

    @Test("an opened recording is played, moved in and stepped by the same keys, and serves nothing")
    func recordingKeys() throws {
        var scene = Self.lanes()
        let end = scene.model.known.now
        scene.model.moment = .recording(
            file: "rec.jsonl",
            Transport(at: end - 1_000_000_000, in: (end - 1_000_000_000)...end, isPlaying: false, speed: 1))
        #expect(scene.sees("RECORDING x1  0ms of 1.00s") || scene.sees("RECORDING x1  0ns of 1.00s"), "\(scene.text)")
        scene.press(.character("]"), .character("]"))
        #expect(scene.model.transport?.time == end - 900_000_000)
        scene.press(.character("["))
        #expect(scene.model.transport?.time == end - 950_000_000)
        scene.press(.character("p"))
        scene.wait(milliseconds: 100)
        #expect(scene.model.transport?.time == end - 850_000_000)
        scene.press(.character("p"))
        scene.wait(milliseconds: 100)
        #expect(scene.model.transport?.time == end - 850_000_000)
        for key in "bmsrnRuP+-" { scene.press(.character(key)) }
        #expect(scene.effects.isEmpty)
        #expect(scene.sees("recording"), "it says why")
        let bar = try #require(scene.text.split(separator: "\n").last)
        #expect(bar.contains("p play") && !bar.contains("burst"))
    }

    @Test("e lists what can be written, of the request and of all that are shown")
    func exports() {
        var scene = Self.lanes()
        scene.press(.character("e"))
        #expect(scene.sees("EXPORT") && scene.sees("this screen, as text and as an SVG picture"))
        scene.press(.down, .enter)
        #expect(
            scene.effects == [.console(.export(ExportChoice(form: .traces(suffix: ChromeTrace.suffix), isAll: false)))])
        scene.press(.character("e"), .up, .up, .enter)
        #expect(scene.effects.count == 2 && scene.effects.last != .console(.export(ExportChoice.all[1])))
        scene.press(.character("e"), .escape)
        #expect(scene.model.prompt == nil && scene.effects.count == 2)
    }

    @Test("the head of a model says so at any width, and still which moment is shown")
    func modelHead() {
        var scene = Self.lanes()
        scene.model.known.modelWords = "a MODEL of access.log: 5 calls, 5% CPU"
        #expect(scene.sees("a MODEL of access.log: 5 calls, 5% CPU"))
        scene.width = 80
        scene.height = 24
        #expect(scene.sees("a MODEL of access.log  ") && scene.sees("LIVE"))
    }
}
