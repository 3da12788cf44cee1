import Testing

@testable import InspectorCore

@Suite struct EventLogTests {
    private func summary(_ number: UInt64) -> RequestSummary {
        RequestSummary(
            id: RequestID(number: number, lane: LaneID(rawValue: 0)), mode: .async, method: "GET", target: "/",
            accepted: 0)
    }

    private func take(_ log: EventLog) -> [(RequestLog, RequestLog.Taken)] {
        var taken: [(RequestLog, RequestLog.Taken)] = []
        _ = log.read(waiting: 0) { taken.append(($0, $1)) }
        return taken
    }

    @Test("a full log loses whole requests, and counts each")
    func losesWholeRequests() {
        let log = EventLog(capacity: 3 * RequestLog.chunk)
        let requests = (1...5).map { log.open(summary(UInt64($0))) }
        #expect(requests.map(\.isRecording) == [true, true, true, false, false])
        for request in requests {
            request.instant(.accepted)
            request.finish(status: 500)
        }
        let taken = take(log)
        #expect(taken.count == 3)
        for (_, taken) in taken { #expect(taken.events.map(\.kind) == [.accepted, .done]) }
        #expect(log.lost[LaneID(rawValue: 0)]?.requests == 2)
        #expect(log.lost[LaneID(rawValue: 0)]?.failures == 2)
    }

    @Test("what was read makes room for other requests")
    func readingMakesRoom() {
        let log = EventLog(capacity: RequestLog.chunk)
        for number in 1...100 {
            let request = log.open(summary(UInt64(number)))
            #expect(request.isRecording, "request \(number)")
            request.instant(.accepted)
            request.finish(status: 200)
            _ = take(log)
        }
        #expect(log.lost.isEmpty)
    }

    @Test("a span that began always has room for its end")
    func endsHaveRoom() {
        let log = EventLog(capacity: 4096)
        let request = log.open(summary(1))
        request.instant(.accepted)
        let spans = (0..<2000).map { _ in request.begin(.await) }
        for span in spans { request.end(.await, span) }
        let view = request.begin(.view)
        request.end(.view, view)
        request.finish(status: 200)
        let events = take(log).flatMap(\.1.events)
        let skipped = request.take().skipped
        #expect(skipped.isEmpty)
        let begun = events.filter { $0.kind == .await && $0.edge == .begin }.map(\.span)
        let ended = events.filter { $0.kind == .await && $0.edge == .end }.map(\.span)
        #expect(begun == ended)
        #expect(begun.count < 2000)
        #expect(events.contains { $0.kind == .view && $0.edge == .end })
        #expect(events.last?.kind == .done)
    }

    @Test("what found no room is counted by kind")
    func countsSkipped() {
        let log = EventLog(capacity: 4096)
        let request = log.open(summary(1))
        for _ in 0..<1000 { request.end(.poll, request.begin(.poll)) }
        let taken = take(log)
        let polls = taken[0].1.events.filter { $0.kind == .poll && $0.edge == .begin }.count
        #expect(polls + (taken[0].1.skipped[.poll] ?? 0) == 1000)
    }

    @Test("an event is 48 bytes")
    func size() { #expect(MemoryLayout<Event>.stride == 48) }
}
