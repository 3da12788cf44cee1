// Files, the tour and what is copied: what is done without leaving the dashboard.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct InsideSceneTests {
    private static func scene() -> Scene {
        let studio = Studio()
        for number in UInt64(1)...5 {
            studio.dashboard(number, .sync, lane: 0)
            studio.dashboard(number, .async, lane: 1)
        }
        return Scene(studio.model([studio.lane(0, .sync), studio.lane(1, .async)]))
    }

    @Test("files are listed, the one under the cursor is looked into, enter replays it")
    func files() {
        var scene = Self.scene()
        scene.press(.character("F"))
        #expect(scene.effects.last == .console(.listFiles))
        scene.model.prompt = .files(
            FilesPanel(
                folder: "/here",
                entries: [
                    TrafficFileEntry(path: "/here/a.har", size: 900, isRecent: true),
                    TrafficFileEntry(path: "/here/b.gor", size: 5 << 20, isRecent: false),
                ]))
        #expect(scene.sees("a.har") && scene.sees("900 B  replayed before") && scene.sees("5 MB"))
        scene.press(.down)
        #expect(scene.effects.last == .console(.describeFile))
        scene.press(.enter)
        #expect(scene.effects.last == .console(.replayFile("/here/b.gor")))
        scene.model.prompt = .files(FilesPanel(folder: "/here", entries: []))
        #expect(scene.sees("There is no traffic file in /here."))
        scene.press(.enter)
        #expect(scene.model.prompt == nil)
    }

    @Test("the files of a folder are found by name, looked into, and those replayed before come first")
    func folder() throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let har =
            #"{"log":{"version":"1.2","entries":[{"startedDateTime":"2026-03-02T08:30:00.000Z","request":"#
            + #"{"method":"GET","url":"http://x/city/oslo","headers":[]},"response":{"status":200}}]}}"#
        try har.write(to: folder.appendingPathComponent("one.har"), atomically: true, encoding: .utf8)
        try "x".write(to: folder.appendingPathComponent("two.har"), atomically: true, encoding: .utf8)
        try "x".write(to: folder.appendingPathComponent("other.swift"), atomically: true, encoding: .utf8)
        mkfifo(folder.appendingPathComponent("pipe.har").path, 0o600)
        let entries = TrafficFolder.entries(folder: folder.path).filter { $0.path.hasPrefix(folder.path) }
        #expect(entries.map(\.name) == ["one.har", "two.har"])
        #expect(TrafficFolder.words(of: entries[0]).hasPrefix("HAR 1.2: 1 of 1 requests are replayed"))
        #expect(TrafficFolder.words(of: entries[1]).contains("two.har"))
    }

    @Test("the tour goes on by what is done, says what is next, and ends")
    func tour() {
        var scene = Scene(Studio().model([Studio().lane(0, .sync), Studio().lane(1, .async)]))
        scene.press(.character("H"))
        #expect(scene.sees("Tour 1 of 7: Traffic first"))
        scene.model.known.lanes = Self.scene().model.known.lanes
        scene.press(.up)
        #expect(scene.sees("Tour 2 of 7"))
        scene.press(.enter)
        #expect(scene.sees("Tour 3 of 7"))
        scene.press(.character(","))
        #expect(scene.sees("Tour 4 of 7"))
        scene.press(.character("t"))
        #expect(scene.sees("Tour 5 of 7"))
        scene.press(.character("i"))
        #expect(scene.sees("Tour 6 of 7"))
        scene.press(.character("f"))
        #expect(scene.sees("Tour 7 of 7"))
        scene.press(.character("?"))
        #expect(scene.sees("That was the tour.") && scene.model.view.tour == nil)
        scene.press(.character("H"), .character("H"))
        #expect(scene.sees("The tour is over."))
    }

    @Test("the body of an answer is copied without secrets; what is no text says so")
    func body() {
        var scene = Self.scene()
        var exchange = Exchange(request: IncomingRequest(method: "GET", target: "/a", body: []), headers: [:])
        exchange.answer(Response("{\"token\": \"s3cret-0123456789abcdef\", \"city\": \"oslo\"}"))
        scene.model.known.exchanges = [LaneID(rawValue: 1): exchange]
        scene.press(.character("Y"))
        guard case .console(.copy(let text))? = scene.effects.last else {
            Issue.record("nothing was copied")
            return
        }
        #expect(text.contains("oslo") && !text.contains("s3cret"))
        #expect(scene.sees("The body of the answer to #5 is on the clipboard"))
        scene.model.known.exchanges = [:]
        scene.press(.character("Y"))
        #expect(scene.sees("is no longer kept"))
    }

    @Test("a client that has gone is seen in the list")
    func gone() {
        let studio = Studio()
        let request = studio.log.open(
            RequestSummary(
                id: RequestID(number: 1, lane: LaneID(rawValue: 0)), mode: .sync, method: "GET", target: "/never",
                accepted: 10_000_000_000))
        request.instant(.accepted, at: 10_000_000_000)
        request.instant(.clientGone, at: 10_100_000_000)
        _ = studio.log.read(waiting: 0) { studio.fold.apply($0) }
        #expect(Scene(studio.model([studio.lane(0, .sync)])).lines("/never").first?.contains("gone") == true)
    }
}
