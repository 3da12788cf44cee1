import Foundation
import Testing

@testable import InspectorCore

@Suite struct HARTests {
    /// What a reader makes of a text.
    private struct Reading {
        var requests: [RecordedRequest] = []
        var notes: [Note] = []
        var failure: TrafficFileError?
    }

    private func read(_ text: String) -> Reading {
        do throws(TrafficFileError) {
            let index = try TrafficIndex(TrafficBytes(Array(text.utf8), name: "test.har"))
            let requests = index.entries.compactMap { try? index.request($0) }
            return Reading(requests: requests, notes: index.notes, failure: index.failure)
        } catch {
            return Reading(failure: error)
        }
    }

    private func entry(
        _ url: String = "http://x.example/a", time: String = "2026-03-02T08:30:00.000Z", request: String = ""
    ) -> String {
        #"{"startedDateTime":"\#(time)","request":{"method":"GET","url":"\#(url)"\#(request)},"response":{"status":200}}"#
    }

    private func har(_ entries: String...) -> String {
        #"{"log":{"version":"1.2","creator":{"name":"t","version":"1"},"entries":[\#(entries.joined(separator: ","))]}}"#
    }

    @Test("an entry becomes a request with its time, its target and its headers")
    func entryIsRead() throws {
        let recording = read(
            har(
                entry(
                    "https://x.example:8443/a/b?c=d#e", time: "2026-03-02T08:30:00.1234567+01:00",
                    request:
                        #","headers":[{"name":":authority","value":"x"},{"name":"Host","value":"x"},{"name":"A","value":"1"},["B","2"]]"#
                )))
        #expect(recording.failure == nil)
        let request = try #require(recording.requests.first)
        #expect(request.target == "/a/b?c=d")
        #expect(request.headers.fields.map(\.name) == ["A", "B"])
        #expect(request.time.map { $0 % 1_000_000_000 } == 123_456_700)
        #expect(request.time.map { $0 / 1_000_000_000 } == 1_772_436_600)
        #expect(request.status == 200)
    }

    @Test("a byte order mark, unknown fields and a file without entries are taken")
    func tolerated() {
        #expect(read("\u{FEFF}" + har(entry())).requests.count == 1)
        #expect(read(#"{"_x":[1,{"y":"]}"}],"log":{"_z":null,"entries":[]}}"#).failure == nil)
    }

    @Test("a cut file keeps what was read, and says where it ends")
    func cut() throws {
        let whole = har(entry(), entry(), entry())
        let recording = read(String(whole.prefix(whole.count - 60)))
        #expect(recording.requests.count == 2)
        let failure = try #require(recording.failure)
        #expect(failure.reason.contains("after entry 2"))
        #expect(failure.reason.contains("at byte \(whole.count - 60)"))
        #expect(failure.reason.contains("2 requests were read"))
    }

    @Test(
        "what is no HAR is one sentence",
        arguments: [
            "", "hello", "[1,2]", "{}", #"{"log":{}}"#, #"{"log":{"version":"2.0","entries":[]}}"#,
            "{\"log\":{\"entries\":[{}",
        ])
    func invalid(text: String) {
        let recording = read(text)
        #expect(recording.requests.isEmpty)
        #expect(recording.failure?.reason.isEmpty == false)
    }

    @Test("every cut of a file ends in a sentence, and keeps the whole entries before it")
    func everyCut() {
        let whole = har(entry(), entry())
        for length in 0..<whole.count {
            let recording = read(String(whole.prefix(length)))
            #expect(recording.failure != nil, "cut at \(length)")
            #expect(recording.requests.count <= 2)
        }
    }

    @Test("an entry that cannot be replayed is a note, and the others stay")
    func notes() {
        let recording = read(
            har(
                entry(request: #","headers":[{"name":"A","value":"b\r\nC: d"}]"#), entry("ftp://x/a"),
                #"{"startedDateTime":"2026-03-02T08:30:00Z"}"#,
                entry(request: #","headers":[{"name":"B\nad","value":"1"}]"#), entry()))
        #expect(recording.requests.count == 1)
        #expect(recording.notes.map(\.place) == ["entry 1", "entry 2", "entry 3", "entry 4"])
        #expect(recording.notes.allSatisfy { $0.reason.hasPrefix("skipped: ") })
    }

    @Test("a body is the text as it stands, or the parameters as a form")
    func bodies() {
        let text = read(
            har(entry(request: #","postData":{"mimeType":"application/json","text":"{\"a\":1}","params":[]}"#)))
        #expect(text.requests.first.map { String(decoding: $0.body, as: UTF8.self) } == #"{"a":1}"#)
        #expect(text.requests.first?.headers["Content-Type"] == "application/json")
        let form = read(
            har(entry(request: #","postData":{"mimeType":"x","params":[{"name":"a b","value":"c&d"},{"name":"e"}]}"#)))
        #expect(form.requests.first.map { String(decoding: $0.body, as: UTF8.self) } == "a%20b=c%26d&e=")
    }

    @Test("morning.har is planned whole: 60 requests in 30 s, at most 8 a second")
    func morning() throws {
        let path = HouseTests.root.appendingPathComponent("demo-apps/traffic/morning.har").path
        let plan = Plan([try TrafficIndex(path: path)])
        #expect(plan.items.count == 60)
        #expect(plan.notes.isEmpty)
        #expect((29...31).contains(plan.length / 1_000_000_000))
        let busiest = plan.items.indices.map { index in
            plan.items[index...].prefix { $0.due < plan.items[index].due + 1_000_000_000 }.count
        }
        #expect(busiest.max() == 8)
    }

    @Test("a plan is in the order of time, stable, and starts at 0")
    func plan() throws {
        let text = har(
            entry("http://x/2", time: "2026-03-02T08:30:02Z"), entry("http://x/1", time: "2026-03-02T08:30:01Z"),
            entry("http://x/3", time: "nonsense"), entry("http://x/4", time: "2026-03-02T08:30:02Z"))
        let plan = Plan([try TrafficIndex(TrafficBytes(Array(text.utf8), name: "x.har"))])
        #expect(try plan.items.map { try plan.request($0).target } == ["/1", "/3", "/2", "/4"])
        #expect(plan.items.map(\.due) == [0, 0, 1_000_000_000, 1_000_000_000])
        #expect(plan.outOfOrder == 1)
    }

    @Test("a request is sent to every lane with one number, and counted when all have answered")
    func sender() throws {
        let app = App("test")
        app.get("/") { _ in "ok" }
        let log = EventLog()
        let reader = try TraceReader(log: log)
        let numbers = RequestNumbers()
        let loops = ServerLoops(threads: 1)
        var lanes: [Lane] = []
        var servers: [HTTPServer] = []
        for index in 0..<2 {
            let lane = Lane(
                id: LaneID(rawValue: UInt8(index)), app: app.freeze(), mode: .async, workers: 2, log: log,
                numbers: numbers)
            lanes.append(lane)
            servers.append(
                try HTTPServer.start(port: 0, responder: LanePort(lane), loops: loops))
        }
        defer {
            for server in servers { server.stop() }
            for lane in lanes { lane.stop() }
            loops.stop()
            reader.stop()
        }
        let ended = Bell()
        let sender = try Sender(
            .burst(10, target: "/"), to: servers.map { ReplayTarget(url: $0.url, mode: .async, workers: 2) },
            numbers: numbers
        ) { _ in ended.ring() }
        #expect(ended.wait(seconds: 30))
        let progress = sender.progress
        #expect(progress.planned == 10)
        #expect(progress.sent == 10)
        #expect(progress.done == 10)
        #expect(progress.failed == 0)
        #expect(progress.isOver)
        let limit = MonotonicClock.now() + 30_000_000_000
        func numbersOf(_ lane: Lane) -> [UInt64] { reader.look { $0.traces(of: lane.id).map(\.id.number).sorted() } }
        while MonotonicClock.now() < limit, numbersOf(lanes[0]).count < 10 || numbersOf(lanes[1]).count < 10 {}
        #expect(numbersOf(lanes[0]) == numbersOf(lanes[1]))
    }
}
