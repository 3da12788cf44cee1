// What a first user met: each was once otherwise.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct FirstUseTests {
    private static func lanes(_ count: Int, requests: Int) -> Model {
        let studio = Studio()
        let modes: [ExecutionMode] = [.sync, .async, .native]
        for number in 1...requests {
            for lane in 0..<count { studio.dashboard(UInt64(number), modes[lane], lane: UInt8(lane)) }
        }
        return studio.model((0..<count).map { studio.lane(UInt8($0), modes[$0]) })
    }

    private static func replay(_ lanes: [UInt8] = [0], paused: Bool = false, over: Bool = false) -> ReplayProgress {
        var replay = ReplayProgress()
        replay.name = "morning.har"
        replay.planned = 60
        replay.sent = 20
        replay.done = over ? 60 : 18
        replay.inFlight = over ? 0 : 2
        replay.isPaused = paused
        replay.isSent = over
        replay.length = 32_000_000_000
        replay.time = over ? 32_000_000_000 : 12_000_000_000
        replay.lanes = lanes.map(LaneID.init(rawValue:))
        return replay
    }

    @Test("the mark of the selected request stands before its number and over nothing", arguments: [1, 2, 3])
    func mark(count: Int) {
        for width in [40, 44, 50, 60, 80, 118] {
            var scene = Scene(Self.lanes(count, requests: 9))
            scene.width = width
            scene.height = 10
            scene.press(.up)
            scene.press(.up)
            let lines = scene.text.split(separator: "\n").filter { $0.contains("▸") }
            #expect(!lines.isEmpty, "\(width)")
            for line in lines {
                let places = line.indices.filter { line[$0] == "▸" }
                for place in places where line.index(after: place) < line.endIndex {
                    #expect(line[line.index(after: place)] == "#", "\(width): \(line)")
                }
            }
        }
    }

    @Test("r gives a running replay to the lanes that were added since; with the same lanes it stops it")
    func lanesAdded() {
        var scene = Scene(Self.lanes(2, requests: 1))
        scene.model.known.replay = Self.replay([1])
        scene.press(.character("r"))
        #expect(scene.effects.suffix(2) == [.host(.stopReplay), .host(.startReplay(atBusyPart: false))])
        #expect(scene.sees("Replaying morning.har anew, to both lanes."))
        scene.model.known.replay = Self.replay([0, 1])
        scene.press(.character("r"))
        #expect(scene.effects.last == .host(.stopReplay))
    }

    @Test("the line of a replay says where it stands, that it is held, that it is over, and what p does then")
    func transport() {
        var scene = Scene(Self.lanes(1, requests: 1))
        scene.width = 118
        scene.height = 24
        scene.model.known.replay = Self.replay()
        #expect(scene.sees("▶ replay morning.har") && scene.sees("running at 12.0s of 32.0s"))
        #expect(scene.sees("p pause"))
        scene.model.known.replay = Self.replay(paused: true)
        #expect(scene.sees("‖ replay morning.har") && scene.sees("paused at 12.0s of 32.0s"))
        #expect(scene.sees("p go on") && !scene.sees("p pause"))
        scene.model.known.replay = Self.replay(over: true)
        #expect(scene.sees("■ replay morning.har") && scene.sees("over"))
        #expect(!scene.sees("▶ replay") && !scene.sees("p pause") && !scene.sees("p go on"))
    }

    @Test("going through a replay and changing its speed say what became of it")
    func seeking() {
        var scene = Scene(Self.lanes(1, requests: 1))
        scene.model.known.replay = Self.replay(paused: true)
        scene.press(.character("]"))
        #expect(scene.effects.last == .host(.seekReplay(0.05)) && scene.sees("goes on from 13.6s of 32.0s"))
        scene.press(.character("["))
        #expect(scene.sees("goes on from 10.4s of 32.0s"))
        scene.press(.character("}"))
        #expect(scene.effects.last == .host(.speedReplay(2)) && scene.sees("runs 2.00 times as fast as recorded"))
    }

    @Test("in an opened recording tab goes to the next lane, and claims nothing of an address")
    func recording() {
        var scene = Scene(Self.lanes(2, requests: 1))
        scene.model.moment = .recording(
            file: "rec.jsonl", Transport(at: 11_000_000_000, in: 10_000_000_000...12_000_000_000))
        scene.press(.tab)
        #expect(!scene.sees("answers") && scene.sees("The async lane of rec.jsonl has the keys."))
        #expect(scene.model.known.focus == 1)
    }

    @Test("a click selects a request and moves nothing; a second click opens it")
    func click() throws {
        var scene = Scene(Self.lanes(1, requests: 60))
        scene.width = 80
        scene.height = 24
        func click(_ y: Int) {
            let frame = Screens.frame(model: scene.model, width: scene.width, height: scene.height)
            _ = scene.model.point(mouse: Key.Mouse(kind: .press, x: 10, y: y), on: frame)
        }
        func list() -> [Substring] {
            scene.text.split(separator: "\n", omittingEmptySubsequences: false)[5..<20].map { line in
                line.drop { !$0.isNumber }.prefix { $0.isNumber }
            }
        }
        let before = list()
        for y in [8, 15, 6] {
            click(y)
            #expect(list() == before)
            #expect(scene.model.view.selected.map { "\($0)" } == String(before[y - 5]))
        }
        click(6)
        #expect(scene.model.screen == .waterfall)
    }

    @Test("a percentile in the page of a report is not above the longest time, and the axes have ticks")
    func page() throws {
        #expect(ReplayReport.ticks(from: 90, to: 25_000) == [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000])
        #expect(ReplayReport.ticks(from: 1, to: 3_600_000_000).count <= 12)
        #expect(ReplayReport.ticks(from: 7, to: 7).isEmpty)
        #expect(ReplayReport.ticks(from: 1, to: .max).count <= 24)
    }

    @Test("a recording that is converted to a recording keeps its lanes, its threads and each request's life")
    func copied() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let studio = Studio()
        for number in 1...3 { studio.dashboard(UInt64(number), .async) }
        var text = #"{"type":"header","inspector":1,"app":"shop","clock":5}"# + "\n"
        text += #"{"type":"thread","lane":0,"track":1000,"name":"worker-1"}"# + "\n"
        for trace in studio.fold.traces(of: LaneID(rawValue: 0)) {
            let id = trace.id.number
            text +=
                #"{"type":"request","id":\#(id),"lane":0,"method":"GET","target":"/a?token=s3cret","headers":[["X-A","b"]]}"#
            text +=
                "\n" + #"{"type":"response","id":\#(id),"lane":0,"status":200,"headers":[],"body":"x","size":1}"# + "\n"
            text +=
                #"{"type":"trace","id":\#(id),"lane":0,"trace":\#(String(decoding: trace.json.encoded, as: UTF8.self))}"#
                + "\n"
        }
        let input = folder.appendingPathComponent("a.jsonl").path
        try (text + "{\"type\":").write(toFile: input, atomically: true, encoding: .utf8)
        for redaction in [nil, Redaction.standard] {
            let output = folder.appendingPathComponent("b-\(redaction == nil).jsonl").path
            #expect(RecordingCopy.isRecording(input))
            let copy = try RecordingCopy(of: input, to: output, redaction: redaction)
            #expect(copy.requests == 3)
            #expect(copy.notes.map(\.reason) == ["the file ends within it"])
            let (one, two) = (try OpenedRecording(path: input), try OpenedRecording(path: output))
            #expect(two.app == one.app && two.clock == one.clock)
            #expect(two.lanes.map(\.threadNames) == one.lanes.map(\.threadNames))
            #expect(two.lanes.first?.traces.map(\.json) == one.lanes.first?.traces.map(\.json))
            let exchange = two.exchange(RequestID(number: 2, lane: LaneID(rawValue: 0)))
            #expect(exchange?.status == 200 && exchange?.requestHeaders["X-A"] == "b")
            #expect(exchange?.target.contains("s3cret") == (redaction == nil))
        }
        #expect(!RecordingCopy.isRecording(Program.root.appendingPathComponent("demo-apps/traffic/morning.har").path))
    }

    @Test("what a function threw is told with what it says, who threw it, and who handled it")
    func errors() throws {
        struct Lost: Error, CustomStringConvertible { let description = "no such city: atlantis" }
        let app = App("errors")
        app.get("/raises") { _ -> String in throw Lost() }
        app.get("/handled") { _ -> String in throw HTTPError(.badGateway, message: "upstream said 503") }
        app.errorHandler(.badGateway, name: "bad") { _, _ in Response("handled", status: 502) }
        for mode in ExecutionMode.allCases {
            let client = try TestClient(app, mode: mode)
            let raised = try client.get("/raises").trace
            let error = try #require(raised.errors.first)
            #expect(raised.errors.count == 1 && error.message == "no such city: atlantis")
            #expect(error.words.contains("no such city: atlantis"))
            #expect(error.thrower?.kind == .view && error.place.contains("handled by nobody"))
            let handled = try client.get("/handled").trace
            let other = try #require(handled.errors.first)
            #expect(handled.errors.count == 1 && other.message.contains("upstream said 503"))
            #expect(other.place.contains("handled by error bad"), "\(other.place)")
        }
    }

    @Test("where an error was thrown that nobody handled is told, by file and line of the app's own code")
    func thrownFrom() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("run.jsonl").path
        let program = try RunningProgram(["troubles", "--port", "0", "--headless", "--record", file])
        let url = try program.url()
        // What is thrown before the program knows its own files is told without: it takes a moment.
        let isTold = try Program.wait(seconds: 60) {
            _ = try Program.fetch(url + "/raises")
            usleep(500_000)
            return (try? String(contentsOfFile: file, encoding: .utf8))?.contains(#""detail":"Troubles.swift:"#) == true
        }
        #expect(isTold)
        let recording = try OpenedRecording(path: file)
        let traces = recording.lanes.flatMap(\.traces)
        let error = try #require(traces.flatMap(\.errors).first { !$0.frames.isEmpty })
        #expect(error.frames.allSatisfy { !$0.function.contains("InspectorCore") })
        #expect(error.frames.contains { $0.function.contains("Troubles") && $0.place.hasPrefix("Troubles.swift:") })
        #expect(
            traces.first { !$0.unhandledWords.isEmpty }?.unhandledWords[0].contains("Exception on /raises [GET]:")
                == true)
    }

    @Test("what held a request up is named in its waterfall, and a key away")
    func holder() throws {
        let studio = Studio()
        studio.dashboard(3, .native)
        let id = RequestID(number: 4, lane: LaneID(rawValue: 0))
        let accepted: UInt64 = 11_000_000_000
        let request = studio.log.open(
            RequestSummary(
                number: 4, lane: LaneDescription(id: id.lane, kind: .hosted(.native)), method: "GET", target: "/quick",
                accepted: accepted, began: accepted - 80_000_000))
        request.instant(.accepted, at: accepted)
        request.record(
            Arrival(
                .system, began: accepted - 80_000_000, tolerance: 4_000_000,
                hold: LoopHold(
                    begin: accepted - 90_000_000, end: accepted, request: RequestID(number: 3, lane: id.lane),
                    function: Label("dashboard"))), acceptedAt: accepted)
        request.finish(status: 200, at: accepted + 1_000_000)
        _ = studio.log.read(waiting: 0) { studio.fold.apply($0) }
        var model = studio.model([studio.lane(0, .native)])
        model.known.now = accepted + 2_000_000
        var scene = Scene(model)
        scene.width = 118
        scene.height = 40
        #expect(scene.sees("›››") && scene.sees("81ms"))
        scene.press(.enter)
        #expect(scene.sees("arriving: its loop ran #3") && scene.sees("arriving 80ms"))
        scene.press(.down)
        #expect(scene.sees("by the system, ±4.0ms") && scene.sees("⏎ shows what its loop ran"))
        scene.press(.enter)
        #expect(scene.model.screen == .waterfall && scene.model.view.opened == 3)
        #expect(scene.sees("#3 GET /dashboard"))
    }
}
