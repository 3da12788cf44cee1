// Several recordings side by side: other numbers, other lanes, one beginning.

import Foundation
import Testing

@testable import Inspector
@testable import InspectorCore

@Suite struct OpenedRecordingsTests {
    private static func recording(
        _ name: String, mode: ExecutionMode, count: UInt64, later: Int64 = 0
    ) throws
        -> OpenedRecording
    {
        let studio = Studio()
        for number in 1...count { studio.dashboard(number, mode) }
        let traces = studio.lane(0, mode).traces.map { $0.moved(to: $0.id, lane: $0.summary.lane, by: later) }
        let lines = traces.flatMap { trace in
            let number = trace.id.number
            let json = String(decoding: trace.json.encoded, as: UTF8.self)
            return [
                #"{"type":"request","id":\#(number),"lane":0,"method":"GET","target":"/\#(name)/\#(number)","headers":[]}"#,
                #"{"type":"response","id":\#(number),"lane":0,"status":200,"headers":[],"body":"\#(name)"}"#,
                #"{"type":"trace","id":\#(number),"lane":0,"trace":\#(json)}"#,
                #"{"type":"note","id":\#(number),"marked":true,"comment":"\#(name)"}"#,
            ]
        }
        let text =
            #"{"inspector":1,"type":"header","app":"weather","clock":5}"# + "\n" + lines.joined(separator: "\n") + "\n"
        return try OpenedRecording(bytes: TrafficBytes(bytes: Array(text.utf8), name: "/x/\(name).jsonl"))
    }

    @Test("a second recording has lanes and numbers of its own, and begins when the first does")
    func together() throws {
        let one = try Self.recording("a", mode: .sync, count: 3)
        let two = try Self.recording("b", mode: .async, count: 2, later: 3_600_000_000_000)
        let both = OpenedRecordings([one, two])
        #expect(both.lanes.map(\.lane.name) == ["sync", "async b.jsonl"])
        #expect(both.lanes.map { $0.traces.map(\.id.number) } == [[1, 2, 3], [1001, 1002]])
        #expect(both.lanes[1].traces[0].began == both.lanes[0].traces[0].began)
        #expect(both.range == one.range)
        let whole = two.lanes[0].traces[0]
        let moved = both.lanes[1].traces[0]
        #expect(moved.response(until: 0) == whole.response(until: 0) && moved.spans.count == whole.spans.count)
        #expect(moved.spans.map { $0.duration(until: 0) } == whole.spans.map { $0.duration(until: 0) })
        #expect(both.exchange(RequestID(number: 1002, lane: both.lanes[1].id))?.target == "/b/2")
        #expect(both.exchange(RequestID(number: 3, lane: both.lanes[0].id))?.target == "/a/3")
        #expect(both.exchange(RequestID(number: 77, lane: both.lanes[0].id)) == nil)
        #expect(both.marks[1001]?.comment == "b" && both.marks[1]?.comment == "a")
        #expect(both.routes.all.count == one.routes.all.count + two.routes.all.count)
    }

    @Test("requests of two recordings are compared as the waterfalls of one screen")
    func compares() throws {
        let source = OpenedSource(
            first: try Self.recording("a", mode: .sync, count: 3),
            others: [try Self.recording("b", mode: .async, count: 2, later: -2_000_000_000)])
        #expect(source.url == "a.jsonl + b.jsonl")
        var model = Model(app: source.appName, url: source.url, lanes: source.laneModels(now: 0), now: 0)
        model.known.now = source.range.upperBound
        model.notes = source.notes
        model.moment = .recording(file: source.url, Transport(at: source.range.upperBound, in: source.range))
        var scene = Scene(model)
        #expect(scene.sees("SYNC") && scene.sees("async b.jsonl") && scene.sees("#1001"))
        scene.press(.character("g"), .character("C"), .character("G"), .up, .character("C"))
        #expect(scene.model.screen == .waterfall)
        #expect(scene.sees("#1 GET /dashboard  sync") && scene.sees("/dashboard  async b.jsonl"), "\(scene.text)")
        #expect(scene.sees("sooner than sync"))
    }
}
