// Recordings: what is written, what is taken out, what is lost and said to be, and that it opens as it was.

import Foundation
import Synchronization
import Testing

@testable import InspectorCore

@Suite struct RecorderTests {
    private static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inspector-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    private static func trace(_ number: UInt64, lane: UInt8 = 0, target: String = "/a", spans: Int = 3) -> Trace {
        let log = EventLog()
        let request = log.open(
            RequestSummary(
                id: RequestID(number: number, lane: LaneID(rawValue: lane)), mode: lane == 0 ? .sync : .async,
                method: "GET", target: target, accepted: 1000 * number))
        request.instant(.accepted, at: 1000 * number)
        request.end(.queued, span: request.begin(.queued, at: 1000 * number), at: 1000 * number + 100)
        for _ in 0..<spans {
            request.end(.await, span: request.begin(.await, label: request.own(text: "GET api/x"), track: 7))
        }
        request.instant(.mark, label: Label("here"), detail: request.own(text: "é\u{1b}"))
        request.finish(status: 201, at: 1000 * number + 900)
        var fold = TraceFold()
        _ = log.read(waiting: 0) { fold.apply($0) }
        return fold[request.summary.id] ?? Trace(summary: request.summary)
    }

    private static func exchange(_ target: String, body: [UInt8] = [], type: String = "application/json") -> Exchange {
        var exchange = Exchange(
            request: IncomingRequest(method: "POST", target: target, body: body),
            headers: ["Authorization": "Bearer xyz", "Content-Type": type, "Cookie": "sid=1", "X-Plain": "shown"])
        exchange.answer(
            Response.json(["access_token": "tok", "name": "ada", "list": [["password": "p"]]], status: 201))
        return exchange
    }

    private static func lines(_ path: String) throws -> [JSON] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { try JSON(parsing: $0.utf8) }
    }

    @Test("what is recorded fits the schema, holds no secret, and opens as it was")
    func records() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.jsonl").path
        let recorder = try Recorder(options: Recorder.Options(path: path), app: "shop", workers: { _ in 4 }) {
            _, track in
            track == 7 ? "worker-1" : nil
        }
        let bodies: [[UInt8]] = [
            Array("{\"secret\":\"s1\",\"a\":1}".utf8), [0, 1, 255], Array("user=a&password=pw1&x=1".utf8), [],
        ]
        for (place, body) in bodies.enumerated() {
            let number = UInt64(place + 1)
            let type = place == 2 ? "application/x-www-form-urlencoded" : "application/json"
            for lane in [UInt8(0), 1] {
                recorder.record(
                    Self.trace(number, lane: lane, target: "/p?token=url-secret&q=1"),
                    exchange: Self.exchange("/p?token=url-secret&q=1", body: body, type: type))
            }
        }
        recorder.stop()
        #expect(recorder.status.written == 8 && recorder.status.lost == 0)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        let schema = try SchemaCheck(file: "recording.schema.json")
        for line in try Self.lines(path) { #expect(schema.problems(in: line) == [], "\(line)") }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for secret in ["xyz", "url-secret", "s1", "pw1", "sid=1", "\"tok\"", "\"p\""] {
            #expect(!text.contains(secret), "\(secret)")
        }
        #expect(text.contains("shown") && text.contains("ada") && text.contains("q=1"))
        #expect(text.contains("REDACTED (3 bytes that could not be read)"))
        // As traffic: a request that went to two lanes is one; one whose body was taken out is not sent.
        let index = try TrafficIndex(path: path)
        #expect(index.entries.count == 3)
        #expect(
            index.skipped == ["its body was taken out of the recording, because it could not be read for secrets": 2])
        let request = try index.request(index.entries[1])
        #expect(request.body == Array("user=a&password=REDACTED&x=1".utf8) && request.status == 201)
        #expect(request.headers["Authorization"] == nil, "what was taken out is not sent")
        // As it was seen live.
        let opened = try OpenedRecording(path: path)
        #expect(opened.app == "shop" && opened.lanes.map(\.mode) == [.sync, .async])
        #expect(opened.lanes.allSatisfy { $0.traces.count == 4 && $0.threadNames[7] == "worker-1" })
        #expect(opened.lanes.allSatisfy { $0.workers == 4 })
        let trace = try #require(opened.lanes.first?.traces.first)
        let live = Self.trace(1, target: "/p?token=REDACTED&q=1")
        #expect(trace.summary.target == live.summary.target && trace.status == 201)
        #expect(trace.spans.map(\.label) == live.spans.map(\.label))
        #expect(trace.moments.map(\.detail) == live.moments.map(\.detail))
        #expect(opened.exchange(trace.id)?.status == 201)
        #expect(opened.range.lowerBound == 1000)
    }

    @Test("a file that is there is never written over, and a recording of nothing says so")
    func exists() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.jsonl").path
        try "mine".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: TrafficFileError.self) {
            try Recorder(options: Recorder.Options(path: path), app: "x") { _, _ in nil }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        let empty = folder.appendingPathComponent("b.jsonl").path
        try Recorder(options: Recorder.Options(path: empty), app: "x") { _, _ in nil }.stop()
        #expect(throws: TrafficFileError.self) { try OpenedRecording(path: empty) }
        #expect(try TrafficIndex(path: empty).entries.isEmpty)
    }

    /// A disk that takes only so many bytes in all.
    private final class Disk: Sendable {
        private let room: Mutex<Int>

        init(room: Int) { self.room = Mutex(room) }

        func add(_ bytes: Int) { room.withLock { $0 = $0.addingSaturated(bytes) } }

        func write(_ bytes: ArraySlice<UInt8>, _ descriptor: Int32) -> (count: Int, problem: String?) {
            let count = room.withLock { room in
                let count = min(room, bytes.count)
                room -= count
                return count
            }
            let (written, problem) = FileWriting.write(bytes.prefix(count), to: descriptor)
            return (written, problem ?? (count < bytes.count ? "No space left on device" : nil))
        }
    }

    private static func wait(_ condition: () -> Bool) -> Bool {
        let limit = MonotonicClock.now() + 20_000_000_000
        while MonotonicClock.now() < limit { if condition() { return true } }
        return false
    }

    @Test("what a full disk cost is told in the file as soon as there is room, and exactly", arguments: [0, 40, 5_000])
    func fullDisk(room: Int) throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.jsonl").path
        let disk = Disk(room: room)
        var options = Recorder.Options(path: path)
        options.writer = disk.write
        let recorder = try Recorder(options: options, app: "x") { _, _ in "worker-1" }
        for number in UInt64(1)...9 { recorder.record(Self.trace(number), exchange: Self.exchange("/\(number)")) }
        #expect(Self.wait { recorder.status.written + recorder.status.lost == 9 })
        #expect(recorder.status.problem == "No space left on device")
        let kept = recorder.status.written
        disk.add(1_000_000)
        recorder.record(Self.trace(10), exchange: Self.exchange("/10"))
        #expect(Self.wait { recorder.status.written == kept + 1 })
        recorder.stop()
        #expect(recorder.status.problem == nil)
        let opened = try OpenedRecording(path: path)
        #expect(opened.lost == 9 - kept)
        #expect(opened.lanes[0].traces.map(\.id.number) == (1...UInt64(9)).filter { $0 <= kept } + [10])
        // A thread that was named in what was lost is named again.
        #expect(opened.lanes[0].threadNames[7] == "worker-1")
        let lost = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
            .split(separator: "\n").compactMap { try? JSON(parsing: $0.utf8) }.filter { $0["type"] == "lost" }
        #expect(lost.map { $0["requests"]?.int } == [9 - kept])
    }

    @Test("what was lost at the very end is told too, when there is room for that")
    func fullDiskAtTheEnd() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.jsonl").path
        let disk = Disk(room: 0)
        var options = Recorder.Options(path: path)
        options.writer = disk.write
        let recorder = try Recorder(options: options, app: "x") { _, _ in nil }
        for number in UInt64(1)...9 { recorder.record(Self.trace(number), exchange: nil) }
        #expect(Self.wait { recorder.status.lost == 9 })
        disk.add(1_000_000)
        recorder.stop()
        let lines = try Self.lines(path)
        #expect(lines.first?["type"] == "header" && lines.count == 2)
        #expect(lines.last?["type"] == "lost" && lines.last?["requests"] == 9)
    }

    @Test("a new file takes a number that is free, and only files of this recording are ever deleted")
    func rotatesAroundOthers() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.jsonl").path
        for number in [1, 3] { try "mine".write(toFile: "\(path).\(number)", atomically: true, encoding: .utf8) }
        try FileManager.default.createSymbolicLink(atPath: path + ".4", withDestinationPath: "/nowhere/else")
        var options = Recorder.Options(path: path)
        options.fileLimit = 10_000
        options.totalLimit = 30_000
        let recorder = try Recorder(options: options, app: "x") { _, _ in nil }
        for number in UInt64(1)...60 {
            recorder.record(Self.trace(number), exchange: Self.exchange("/\(number)"))
            #expect(Self.wait { recorder.status.written == Int(number) })
        }
        recorder.stop()
        for number in [1, 3] { #expect(try String(contentsOfFile: "\(path).\(number)", encoding: .utf8) == "mine") }
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path + ".4") == "/nowhere/else")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(!names.contains("a.jsonl.2"), "the oldest of its own was deleted")
        #expect(!names.contains { $0.contains("next") })
        #expect(names.contains { (Int($0.split(separator: ".").last ?? "") ?? 0) > 4 })
    }

    @Test("a rotation that fails is tried again; meanwhile the file grows on, and the status says why")
    func rotationFails() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.jsonl").path
        // Somebody holds the name of the next file.
        let next = "\(path).next-\(getpid())"
        try "mine".write(toFile: next, atomically: true, encoding: .utf8)
        var options = Recorder.Options(path: path)
        options.fileLimit = 5_000
        let recorder = try Recorder(options: options, app: "x") { _, _ in nil }
        var number: UInt64 = 0
        func record() {
            number += 1
            recorder.record(Self.trace(number), exchange: Self.exchange("/\(number)"))
            #expect(Self.wait { recorder.status.written == Int(number) })
        }
        while recorder.status.problem == nil, number < 30 { record() }
        #expect(recorder.status.problem?.contains("this one grows on") == true)
        for _ in 0..<5 { record() }
        #expect(recorder.status.lost == 0)
        #expect(try String(contentsOfFile: next, encoding: .utf8) == "mine")
        try FileManager.default.removeItem(atPath: next)
        while recorder.status.problem != nil, number < 100_000 { record() }
        recorder.stop()
        #expect(recorder.status.problem == nil && recorder.status.lost == 0)
        var numbers: [UInt64] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            numbers += try OpenedRecording(path: folder.appendingPathComponent(name).path).lanes[0].traces.map(
                \.id.number)
        }
        #expect(numbers.sorted() == Array(1...number))
    }

    @Test("a file that another has put under the recording's name is neither written to nor renamed")
    func replacedByAnother() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.jsonl").path
        var options = Recorder.Options(path: path)
        options.fileLimit = 5_000
        let recorder = try Recorder(options: options, app: "x") { _, _ in nil }
        try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
        try "mine".write(toFile: path, atomically: true, encoding: .utf8)
        var number: UInt64 = 0
        while recorder.status.problem == nil, number < 30 {
            number += 1
            recorder.record(Self.trace(number), exchange: nil)
            #expect(Self.wait { recorder.status.written == Int(number) })
        }
        recorder.stop()
        #expect(recorder.status.problem?.contains("another program") == true)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        #expect(try OpenedRecording(path: path + ".moved").lanes[0].traces.count == Int(number))
    }

    @Test("cut anywhere, a recording keeps all lines before the cut")
    func cut() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.jsonl").path
        let recorder = try Recorder(options: Recorder.Options(path: path), app: "x") { _, _ in nil }
        for number in UInt64(1)...3 { recorder.record(Self.trace(number), exchange: Self.exchange("/\(number)")) }
        recorder.stop()
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for length in stride(from: 0, through: whole.count, by: 97) {
            let bytes = TrafficBytes(bytes: Array(whole[..<length]), name: "cut")
            let lines = whole[..<length].count { $0 == 10 }
            if let opened = try? OpenedRecording(bytes: bytes) {
                #expect(opened.lanes[0].traces.count >= max(0, (lines - 1) / 3))
                #expect(opened.notes.count <= 1)
            } else {
                #expect(lines < 4, "cut at \(length)")
            }
            if let index = try? TrafficIndex(bytes: bytes) { #expect(index.entries.count >= max(0, (lines - 1) / 3)) }
        }
    }

    @Test("files are changed by size, each can be read alone, and the oldest are deleted beyond the total")
    func rotates() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.jsonl").path
        var options = Recorder.Options(path: path)
        options.fileLimit = 20_000
        options.totalLimit = 60_000
        let recorder = try Recorder(options: options, app: "x") { _, track in "thread-\(track)" }
        for number in UInt64(1)...60 {
            recorder.record(Self.trace(number, spans: 8), exchange: Self.exchange("/\(number)"))
            // In small pieces: each is one append.
            let limit = MonotonicClock.now() + 5_000_000_000
            while recorder.status.written < Int(number), MonotonicClock.now() < limit {}
        }
        recorder.stop()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect((2...4).contains(names.count), "\(names)")
        var numbers: [UInt64] = []
        for name in names {
            let file = folder.appendingPathComponent(name).path
            let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
            #expect(size <= 24_000)
            let opened = try OpenedRecording(path: file)
            numbers += opened.lanes[0].traces.map(\.id.number)
            #expect(opened.lanes[0].threadNames[7] == "thread-7")
        }
        #expect(numbers.max() == 60 && numbers.count < 60)
        #expect(numbers.sorted() == Array((numbers.min() ?? 0)...60))
    }

    @Test("whatever stands in a file, opening it is a sentence or a recording, and its traces are drawn without a trap")
    func broken() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("a.jsonl").path
        let recorder = try Recorder(options: Recorder.Options(path: path), app: "x") { _, _ in nil }
        for number in UInt64(1)...3 { recorder.record(Self.trace(number), exchange: Self.exchange("/\(number)")) }
        recorder.stop()
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var state: UInt64 = 11
        func roll(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(max(1, limit)))
        }
        for _ in 0..<1500 {
            var bytes = whole
            for _ in 0...roll(5) {
                let place = roll(bytes.count)
                switch roll(4) {
                case 0: bytes[place] = UInt8(roll(256))
                case 1:
                    bytes.replaceSubrange(
                        place..<min(bytes.count, place + roll(9)), with: Array("999999999999999".utf8.prefix(roll(16))))
                case 2: bytes[place] = [45, 57, 48, 34, 125][roll(5)]
                default: bytes.remove(at: place)
                }
            }
            guard let opened = try? OpenedRecording(bytes: TrafficBytes(bytes: bytes, name: "broken")) else { continue }
            for lane in opened.lanes {
                for trace in lane.traces {
                    let now = trace.lastTime(until: trace.done ?? trace.summary.accepted)
                    _ = CriticalPath(trace: trace, until: now)
                    _ = trace.seen(at: now / 2)
                    for span in trace.spans { _ = LoopTime(of: span, in: trace, until: now) }
                    _ = ChromeTrace.document(lanes: [([trace], [:])])
                    _ = OTLP.document(traces: [trace], app: "x", offset: opened.clock)
                }
                _ = Tracks.make(lane.traces, alive: [], from: 0, now: .max)
            }
        }
    }
}
