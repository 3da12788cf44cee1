// Numbers from outside, as large, as small and as odd as they can be: nothing traps, and what is cut is told.

import Testing

@testable import InspectorCore

@Suite struct NumbersTests {
    @Test(
        "a number is decimal digits, a point, an exponent; no other spelling is one",
        arguments: [
            ("12", 12), ("1.5", 1.5), (".5", 0.5), ("-2", -2), ("-0", 0), ("1e3", 1000), ("1E-3", 0.001), ("1e+2", 100),
            ("0x1p3", nil), ("nan", nil), ("NaN", nil), ("inf", nil), ("-inf", nil), ("infinity", nil), ("+5", nil),
            (" 5", nil), ("5 ", nil), ("", nil), (".", nil), ("-", nil), ("1e", nil), ("1,5", nil), ("1_000", nil),
            ("٣", nil), ("1e400", nil), ("1e-400", 0), ("5\u{301}", nil), ("e5", nil),
        ] as [(String, Double?)])
    func plain(text: String, value: Double?) {
        #expect(Double(plain: text) == value)
    }

    @Test("whole numbers have no plus, no space, no other digits than ours")
    func whole() {
        #expect(Int(plain: "12") == 12 && Int(plain: "-2") == -2)
        #expect(UInt64(plain: "18446744073709551615") == .max)
        for text in ["+5", " 5", "5 ", "", "٣", "1e3", "0x10", "9223372036854775808", "-"] {
            #expect(Int(plain: text) == nil, "\(text)")
        }
        #expect(UInt64(plain: "-1") == nil && UInt64(plain: "18446744073709551616") == nil)
    }

    @Test("sums stop at what fits")
    func sums() {
        #expect([UInt64.max, 1, 5].sumSaturated() == .max)
        #expect([Int.min, -1].sumSaturated() == .min)
        #expect([Int]().sumSaturated() == 0)
        #expect(
            Int(saturating: Double.nan) == 0 && Int(saturating: .infinity) == .max && Int(saturating: -1e300) == .min)
        #expect(UInt64(saturating: -1.0) == 0 && UInt64(saturating: 1.9e19) == .max && UInt64(saturating: 2.9) == 2)
    }

    @Test("a wall clock before 1970, or one that was never set, gives an offset of nothing")
    func wallClock() {
        #expect(MonotonicClock.offset(seconds: -5, nanoseconds: 999_999_999, now: 1) == 0)
        #expect(MonotonicClock.offset(seconds: Int.min, nanoseconds: 0, now: .max) == 0)
        #expect(MonotonicClock.offset(seconds: 3, nanoseconds: 5, now: 4_000_000_000) == 0)
        #expect(MonotonicClock.offset(seconds: 3, nanoseconds: 5, now: 1_000_000_000) == 2_000_000_005)
        #expect(MonotonicClock.offset(seconds: Int.max, nanoseconds: 0, now: 0) == .max)
        #expect(MonotonicClock.wallOffset > 0)
    }

    @Test("a wait for longer than there is time waits, until it is rung")
    func longWait() {
        let bell = Bell()
        bell.ring()
        #expect(bell.wait(seconds: 1e300))
        bell.ring()
        #expect(bell.wait(seconds: .infinity))
        #expect(!bell.wait(seconds: .nan))
        #expect(!bell.wait(seconds: -1e300))
    }

    // MARK: Recordings

    private static func recording(_ lines: [String], clock: String = "0") throws -> OpenedRecording {
        let text = "{\"inspector\":1,\"type\":\"header\",\"clock\":\(clock)}\n" + lines.joined(separator: "\n") + "\n"
        return try OpenedRecording(bytes: TrafficBytes(bytes: Array(text.utf8), name: "hostile.jsonl"))
    }

    private static func span(
        _ id: String, _ kind: String = "view", parent: String = "0", begin: String = "1000", end: String = "2000",
        more: String = ""
    ) -> String {
        "{\"id\":\(id),\"kind\":\"\(kind)\",\"parent\":\(parent),\"begin\":\(begin),\"end\":\(end),\"outcome\":\"done\","
            + "\"label\":\"l\",\"track\":1,\"value\":1\(more)}"
    }

    private static func trace(
        _ spans: [String], number: String = "1", lane: String = "0", accepted: String = "1000", done: String = "3000",
        moments: String = "[]", more: String = ""
    ) -> String {
        "{\"type\":\"trace\",\"id\":\(number),\"lane\":\(lane),\"trace\":{\"number\":\(number),\"lane\":\(lane),\"mode\":"
            + "\"async\",\"method\":\"GET\",\"target\":\"/\",\"accepted\":\(accepted),\"done\":\(done),\"status\":200,"
            + "\"spans\":[\(spans.joined(separator: ","))],\"moments\":\(moments)\(more)}}"
    }

    @Test("requests that were lost are added up to what fits, and never taken away")
    func lost() throws {
        let line = "{\"type\":\"lost\",\"requests\":\(Int.max)}"
        let opened = try Self.recording([line, line, "{\"type\":\"lost\",\"requests\":-7}", Self.trace([])])
        #expect(opened.lost == .max)
        let index = try TrafficIndex(
            bytes: TrafficBytes(
                bytes: Array("{\"inspector\":1,\"type\":\"header\"}\n{\"type\":\"lost\",\"requests\":-7}\n".utf8),
                name: "a.jsonl"))
        #expect(index.notes.contains { $0.reason.hasPrefix("0 requests were not recorded") })
    }

    @Test("a clock out of its range is cut, with a note", arguments: ["\(Int.max)", "-1", "\(Int.min)"])
    func clock(text: String) throws {
        let opened = try Self.recording([Self.trace([])], clock: text)
        #expect(opened.clock <= .lastMoment)
        #expect(opened.notes.contains { $0.reason.contains("its clock is") })
        _ = OTLP.document(traces: opened.lanes.flatMap(\.traces), app: "a", offset: opened.clock).encoded
    }

    @Test("times out of their range are cut, ends come after begins, and both are told")
    func times() throws {
        let opened = try Self.recording([
            Self.trace(
                [
                    Self.span("1", begin: "\(Int.max)", end: "-5"), Self.span("2", begin: "5000", end: "4000"),
                    Self.span("3", begin: "-1", end: "\(Int.max)"),
                ], accepted: "4000", done: "10")
        ])
        let trace = try #require(opened.lanes.first?.traces.first)
        for span in trace.spans {
            #expect(span.begin <= .lastMoment && (span.end ?? 0) >= span.begin && (span.end ?? 0) <= .lastMoment)
        }
        #expect(trace.done == 4000)
        #expect(opened.range.upperBound == .lastMoment)
        let words = opened.notes.map(\.reason)
        #expect(
            words.contains { $0.contains("beyond 146 years") } && words.contains { $0.contains("before their begins") })
    }

    @Test("spans stand in the order of their numbers, each once: a tree of doubles does not grow with each level")
    func doubles() throws {
        // Ten spans of each number, each the child of the number before: ten to the tenth rows, were all kept.
        var spans: [String] = []
        for id in 1...10 { for _ in 0..<10 { spans.append(Self.span("\(id)", parent: "\(id - 1)")) } }
        spans += [Self.span("0"), Self.span("-4"), Self.span("\(Int.max)", parent: "\(Int.max)")]
        let opened = try Self.recording([Self.trace(spans.reversed())])
        let trace = try #require(opened.lanes.first?.traces.first)
        #expect(trace.spans.map(\.id.rawValue) == Array(1...10) + [.max])
        #expect(opened.notes.contains { $0.reason.contains("have no number of their own") })
        #expect(TraceTree(trace: trace).roots.count == 2)
        #expect(CriticalPath(trace: trace, until: 9000).steps.map(\.length).sumSaturated() == 2000)
    }

    @Test("of a trace with too many spans so many are kept, the others are counted, and looking at it comes to an end")
    func deep() throws {
        // Each in the one before, and calls in the last of them: every walk up is as long as it can be.
        let chain = (1...1500).map { Self.span("\($0)", "task", parent: "\($0 - 1)") }
        let leaves = (1501...4000).map { Self.span("\($0)", $0 % 2 == 0 ? "await" : "view", parent: "1500") }
        let opened = try Self.recording(
            (1...5).map { Self.trace(chain + leaves, number: "\($0)", more: ",\"skipped\":{\"poll\":\(Int.max)}") })
        let traces = try #require(opened.lanes.first?.traces)
        #expect(traces[0].spans.count == Trace.readLimit)
        #expect(traces[0].skipped.values.sumSaturated() == 4000 - Trace.readLimit + 1 << 31)
        #expect(opened.notes.contains { $0.reason.contains("are only counted") })
        _ = Findings.look(at: traces, now: 9000) { "\($0)" }
        _ = CriticalPath(trace: traces[0], until: 9000)
        _ = LaneComparison(first: traces[0], second: traces[1])
    }

    @Test("a lane that is none, and one lane too many, are left out with a note; threads too")
    func lanes() throws {
        let opened = try Self.recording(
            (0..<300).map { Self.trace([], number: "\($0)", lane: "\($0)") }
                + ["{\"type\":\"lane\",\"lane\":0,\"workers\":\(Int.max)}", "{\"type\":\"thread\",\"lane\":-1}"]
                + (0..<5000).map { "{\"type\":\"thread\",\"lane\":0,\"track\":\($0),\"name\":\"worker-\($0)\"}" })
        #expect(opened.lanes.count == OpenedRecording.laneLimit)
        #expect(opened.lanes[0].workers == 512)
        #expect(opened.lanes[0].threadNames.count == OpenedRecording.threadLimit)
        let words = opened.notes.map(\.description)
        #expect(words.contains { $0.hasSuffix("its lane is not from 0 to 255") })
        #expect(
            words.contains { $0.contains("one lane too many") } && words.contains { $0.contains("names of threads") })
        #expect(opened.firstNotes.count == 21 && opened.firstNotes.last?.hasSuffix("more remarks") == true)
    }

    @Test("of a million broken lines a few are noted and the others counted")
    func notes() throws {
        let opened = try Self.recording((0..<2000).map { _ in "x" } + [Self.trace([])])
        #expect(opened.notes.count == OpenedRecording.noteLimit)
        #expect(opened.notes.count + opened.moreNotes == 2000)
    }

    @Test("what is summed up of overlapping spans stops at what fits")
    func overlapping() throws {
        let view = Self.span("1", begin: "0", end: "\(Int.max)", more: ",\"flags\":3,\"task\":1")
        let spans = (2...40).map { id in
            Self.span(
                "\(id)", ["await", "poll", "subThread", "queued", "beforeRequest"][id % 5], parent: "1", begin: "0",
                end: "\(Int.max)", more: ",\"task\":1")
        }
        let opened = try Self.recording([Self.trace([view] + spans, accepted: "0", done: "0")])
        let trace = try #require(opened.lanes.first?.traces.first)
        #expect(LaneComparison.calls(of: trace, until: 5).sum == .max)
        let time = TaskTime(of: trace.spans[0], in: trace, until: 5)
        #expect(time?.busy == .lastMoment)
        #expect(LoopTime(of: trace.spans[0], in: trace, until: 5)?.busy == .lastMoment)
        _ = Tracks.saturation(traces: [trace], workers: 1, from: 0, now: .max, count: 7)
        #expect(opened.routes.all.values.first?.sums().hookTime == .max)
        _ = ChromeTrace.document(lanes: [(traces: [trace], threadNames: [:])]).encoded
    }

    @Test("a path ends where its answer does, though its spans are open and begin after now")
    func pathOfTheFuture() throws {
        let open = ["500", "9000", "\(Int.max)"].enumerated().map { place, begin in
            Self.span("\(place + 1)", begin: begin, end: "null")
        }
        let opened = try Self.recording([Self.trace(open, accepted: "1000", done: "8000")])
        let trace = try #require(opened.lanes.first?.traces.first)
        for now in [0, 700, 5000, 8000, UInt64.max] {
            let path = CriticalPath(trace: trace, until: now)
            #expect(path.steps.map(\.length).sumSaturated() == 7000, "\(now)")
        }
    }

    @Test("a recorded request's numbers are held to their range, in whichever file they stood")
    func requests() throws {
        let request = try RecordedRequest(
            method: "GET", url: "/", time: .max, place: "",
            response: RecordedResponse(status: 200, size: -5, duration: .max))
        #expect(request.time == .lastMoment && request.response?.duration == .lastMoment && request.response?.size == 0)
        #expect(TrafficEntry(number: 1, range: 0..<1, time: .max).time == .lastMoment)
        let header = RecordedShape.header(request: request, model: RecordedModelOptions(), place: .max)
        #expect(RecordedShape(header: header).busy <= 60_000_000_000)
    }

    @Test("a model's seed is used whole, and nothing in its header is out of range")
    func shape() {
        func shares(_ seed: String) -> [Int] { RecordedShape(header: "200;1;1000000000;4;0;\(seed)").shares }
        #expect(shares("\(UInt64.max)") != shares("\(UInt64.max - 1)"))
        for header in [
            "200;1;\(UInt64.max);64;nan;1", "200;\(Int.max);\(Int.max);\(Int.max);1e308;x", "+200;0x10;1;1;inf;-1",
            "-0;-0;-0",
        ] {
            let shape = RecordedShape(header: header)
            #expect(shape.busy <= 60_000_000_000 && shape.size <= 16 << 20 && shape.shares.count <= 64, "\(header)")
        }
    }

    @Test(
        "times and statuses of a filter are plain numbers",
        arguments: [">0x1p3s", ">nans", ">infs", ">+5ms", "status:>=+5"])
    func filter(text: String) {
        #expect(throws: FilterError.self) { try Filter(text) }
    }

    @Test("a filter's time may be as long as a time can be")
    func longFilter() throws {
        _ = try Filter(">1e10s")
        #expect(throws: FilterError.self) { try Filter(">1e300s") }
        #expect(throws: FilterError.self) { try Filter(">-1s") }
    }
}
