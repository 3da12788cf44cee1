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
            let index = try TrafficIndex(bytes: TrafficBytes(bytes: Array(text.utf8), name: "test.har"))
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
        "what is not a HAR is one sentence",
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
                entry("ftp://x/a"), #"{"startedDateTime":"2026-03-02T08:30:00Z"}"#,
                #"{"request":{"method":"G T","url":"http://x/"}}"#, #"{"request":{"method":"GET"}}"#, "5", "null",
                entry()))
        #expect(recording.requests.count == 1)
        #expect(recording.notes.prefix(6).map(\.place) == (1...6).map { "entry \($0)" })
        #expect(recording.notes.prefix(6).allSatisfy { $0.reason.hasPrefix("skipped: ") })
    }

    @Test(
        "an address that asks no server for anything is skipped with what it is",
        arguments: [
            ("data:text/html,<p>http://x/</p>", "a data: address is not a request to a server"),
            ("DATA:,x", "a data: address is not a request to a server"),
            ("blob:https://x.example/1b2c", "a blob: address is not a request to a server"),
            ("chrome-extension://abc/x.js", "a chrome-extension: address is not a request to a server"),
            ("moz-extension://abc/x.js", "a moz-extension: address is not a request to a server"),
            ("about:blank", "an about: address is not a request to a server"),
            ("file:///etc/passwd", "a file: address is not a request to a server"),
            ("ws://x/socket", "a WebSocket is not a request to replay"),
            ("WSS://x/socket", "a WebSocket is not a request to replay"),
            ("ftp://x/a", "its address is not HTTP: ftp"),
            ("mailto:ada@x", "its address is neither absolute nor a path"),
            ("localhost:8080/a", "its address is neither absolute nor a path"),
            ("data", "its address is neither absolute nor a path"),
        ])
    func schemes(url: String, reason: String) throws {
        let text = har(entry(url), entry(url), entry("/data:x"), entry("http://data:80/"))
        let index = try FormatCase.index(text, "x.har")
        #expect(index.skipped == [reason: 2])
        #expect(try FormatCase.requests(index).map(\.target) == ["/data:x", "/"])
        #expect(index.says("skipped: \(reason) (2 times, first at entry 1)"))
    }

    @Test("a header that cannot be sent costs that header, and nothing can end one")
    func headers() throws {
        let recording = read(
            har(
                entry(
                    request:
                        #","headers":[{"name":"A","value":"b\r\nC: d"},{"name":"B\nad","value":"1"},{"name":"a b","value":"1"},"#
                        + #"{"value":"1"},{"name":"N","value":5},{"name":"Z","value":null},{"name":"T","value":" x\r\n"},"#
                        + #"{"name":"E","value":"\u001b[2J"},7]"#),
                entry(request: #","headers":{"X-A":"1","X-B":2}"#), entry(request: #","headers":"none""#)))
        #expect(recording.requests.count == 3)
        #expect(
            recording.requests[0].headers.fields
                == [Headers.Field("N", "5"), Headers.Field("Z", ""), Headers.Field("T", "x")])
        let notes = recording.notes.filter { $0.place == "entry 1" && $0.reason.contains("header") }
        #expect(notes.map(\.count).sorted() == [1, 1, 1, 1, 2])
        #expect(recording.requests[1].headers.fields == [Headers.Field("X-A", "1"), Headers.Field("X-B", "2")])
        #expect(recording.notes.contains { $0.reason.contains("its headers are neither a list nor an object") })
    }

    // MARK: Files that people have

    @Test("half a character in an answer costs nothing, and in a body it is sent as U+FFFD, with a note")
    func loneSurrogate() throws {
        let index = try FormatCase.kept("har-lone-surrogate.har")
        let requests = try FormatCase.requests(index)
        #expect(requests.map(\.target) == ["/city/oslo", "/city/lima"])
        #expect(FormatCase.text(requests[1].body) == "cut \u{FFFD}")
        #expect(index.notes.contains { $0.place == "entry 2" && $0.reason.contains("half a character") })
        #expect(!index.notes.contains { $0.place == "entry 1" })
    }

    @Test("a body that was not recorded is said, and one in a file beside the HAR is read")
    func bodiesElsewhere() throws {
        let without = try FormatCase.kept("har-body-not-recorded.har")
        #expect(without.entries.count == 1 && without.says("its body of 17 bytes was not recorded"))
        let beside = try FormatCase.kept("har-body-in-another-file.har")
        let request = try #require(try FormatCase.requests(beside).first)
        #expect(FormatCase.text(request.body) == #"{"a":1}"# && request.headers["Content-Type"] == "application/json")
        let outside = read(
            har(
                entry(request: #","postData":{"text":"","_file":"/etc/passwd"}"#),
                entry(request: #","postData":{"text":"","_file":"nobody.json"}"#), entry(request: #","bodySize":9"#),
                entry(request: #","headers":[{"name":"Transfer-Encoding","value":"chunked"}]"#)))
        #expect(outside.requests.count == 2)
        for words in [
            "outside the folder", "cannot be read: nobody.json", "its body of 9 bytes was not recorded",
            "came in chunks and was not recorded",
        ] {
            #expect(outside.notes.contains { $0.reason.contains(words) }, "\(words)")
        }
    }

    @Test("a header's name with a space costs that header")
    func headerName() throws {
        let index = try FormatCase.kept("har-header-name-with-space.har")
        #expect(try FormatCase.requests(index).first?.headers.fields == [Headers.Field("Accept", "*/*")])
        #expect(index.says("a header is left out: a header's name is not a token: X-API-KEY (Header)"))
    }

    @Test("an answer's body in a file beside the HAR is compared with; one that is not there is told")
    func answerFile() throws {
        func entry(_ file: String) -> String {
            #"{"request":{"url":"http://x/"},"response":{"status":200,"content":{"_file":"\#(file)"}}}"#
        }
        try FormatCase.inFolder(["a.har": har(entry("a.txt"), entry("b.txt")), "a.txt": "answer"]) { folder in
            let index = try TrafficIndex(path: folder.appendingPathComponent("a.har").path)
            let requests = try FormatCase.requests(index)
            #expect(requests.map { $0.response?.body } == [Array("answer".utf8), nil])
            #expect(index.says("its answer's body cannot be read: b.txt"))
            #expect(requests.map(\.method) == ["GET", "GET"])
        }
    }

    @Test(
        "what an answer, its timings or its cache hold never costs the request",
        arguments: [
            #""response":null"#, #""response":[1,2]"#, #""response":{"status":"200","content":{"text":5}}"#,
            #""response":{"status":1e400,"headers":{"a":{"b":[]}}}"#, #""response":{"status":NaN}"#,
            #""response":{"status":200,"content":{"size":-1e999,"text":"\ud83d\u12","encoding":"base64"}}"#,
            #""timings":{"wait":"soon"},"cache":7,"time":-Infinity"#, #""timings":{"wait":1e308},"_x":undefined"#,
            #""response":{"status":200},"response":{"status":404}"#, #""response":{"status":99999999999999999999}"#,
            #""response":'single'"#, #""response":{"status":200,"headers":[{"name":"A","value":"x\ny"}]},"#,
            #""pageref":1,"connection":{},"comment":[[[[]]]]"#,
        ])
    func oddAnswers(member: String) throws {
        let odd =
            #"{\#(member),"startedDateTime":"2026-03-02T08:30:00Z","request":{"method":"GET","url":"http://x/odd"}}"#
        let recording = read(har(odd, entry("http://x/next")))
        #expect(recording.requests.map(\.target) == ["/odd", "/next"], "\(recording)")
    }

    @Test(
        "odd forms of a request's own parts are taken as far as they can be",
        arguments: [
            (#""url":"http://x/a","postData":{"text":{"a":1}}"#, "/a", #"{"a":1}"#),
            (#""url":"http://x/a","postData":"plain""#, "/a", "plain"),
            (#""url":"http://x/a","url":"http://x/b""#, "/b", ""),
            (#""url":"http://x/\ud83d\ude00\ud83d""#, "/%F0%9F%98%80%EF%BF%BD", ""),
            (
                #""url":"http://x/a","postData":{"text":null,"params":[["a","b"],{"name":"c","value":1}]}"#, "/a",
                "a=b&c=1"
            ),
            (#""url":"http://x/login?next=http://y/","headers":null"#, "/login?next=http://y/", ""),
        ])
    func oddRequests(members: String, target: String, body: String) throws {
        let recording = read(har(#"{"request":{"method":"POST",\#(members)}}"#, entry()))
        #expect(recording.requests.count == 2)
        #expect(recording.requests.first?.target == target)
        #expect(FormatCase.text(recording.requests.first?.body) == body)
    }

    @Test("bytes that are not UTF-8 stay what they are, in an address and in a body")
    func rawBytes() throws {
        var bytes = Array(#"{"log":{"entries":[{"request":{"method":"POST","url":"http://x/caf"#.utf8) + [0xE9]
        bytes += Array(#"","postData":{"text":"caf"#.utf8) + [0xE9] + Array(#""}}}]}} trailing"#.utf8)
        let index = try TrafficIndex(bytes: TrafficBytes(bytes: bytes, name: "x.har"))
        let request = try #require(try FormatCase.requests(index).first)
        #expect(request.target == "/caf%E9" && request.body == Array("caf".utf8) + [0xE9])
        #expect(index.failure == nil && index.says("behind the HAR's end"))
    }

    @Test(
        "only what looks like a HAR is one: a line of a log is left to other readers",
        arguments: [
            (
                #"{"log":"172.17.0.1 - - [04/Jan/2020:07:25:02 +0000] \"GET / HTTP/1.1\" 200 1","stream":"stdout"}"#,
                false
            ),
            ("[2026-11-25 22:35:45 +0000] [7] [INFO] Listening", false), (#"{"level":"info","msg":"x"}"#, false),
            (#"{"log":{"entries":[]}}"#, true), (#"{"_a":[1],"log":{"_b":{}}}"#, true),
            (#"{"test_response":{"log":{"version":"1.2","entries":[]}}}"#, true), ("[1,2]", false),
        ])
    func kind(text: String, isHAR: Bool) {
        let head = TrafficHead(file: TrafficBytes(bytes: Array((text + "\n").utf8), name: "x"))
        #expect((HARFormat.reader(for: head, reading: TrafficReading()) != nil) == isHAR)
        if text.contains("test_response") {
            #expect(read(text).failure?.reason.contains("it has no log with entries at its top") == true)
        }
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
        let plan = Plan(indexes: [try TrafficIndex(path: path)])
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
        let plan = Plan(indexes: [try TrafficIndex(bytes: TrafficBytes(bytes: Array(text.utf8), name: "x.har"))])
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
        var lanes: [HostedLane] = []
        var servers: [HTTPServer] = []
        for index in 0..<2 {
            let lane = HostedLane(
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
            plan: .burst(count: 10, target: "/"),
            to: zip(servers, lanes).map { ReplayTarget(url: $0.url, lane: $1.description, workers: 2) },
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
        func numbersOf(_ lane: HostedLane) -> [UInt64] {
            reader.look { $0.traces(of: lane.id).map(\.id.number).sorted() }
        }
        while MonotonicClock.now() < limit, numbersOf(lanes[0]).count < 10 || numbersOf(lanes[1]).count < 10 {}
        #expect(numbersOf(lanes[0]) == numbersOf(lanes[1]))
    }
}
