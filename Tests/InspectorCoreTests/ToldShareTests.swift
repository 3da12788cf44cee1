// What a service counts and does not tell in detail, and a clock that is not ours.

import Testing

@testable import InspectorCore

@Suite struct ToldShareTests {
    private static let second: UInt64 = 1_000_000_000

    @Test(
        "one request in so many is told, over the last seconds and all processes; a process that begins anew counts anew"
    )
    func share() {
        var share = ToldShare()
        #expect(share.oneIn(at: 0) == 1)
        share.add(instance: "a", requests: 1_000, detailed: 1_000, at: Self.second)
        share.add(instance: "a", requests: 1_100, detailed: 1_100, at: 2 * Self.second)
        #expect(share.oneIn(at: 2 * Self.second) == 1, "all were told")
        share.add(instance: "a", requests: 3_100, detailed: 1_300, at: 3 * Self.second)
        #expect(share.oneIn(at: 3 * Self.second) == 7, "2,100 requests, 300 told")
        share.add(instance: "b", requests: 10, detailed: 10, at: 3 * Self.second)
        share.add(instance: "b", requests: 910, detailed: 110, at: 4 * Self.second)
        #expect(share.oneIn(at: 4 * Self.second) == 8, "3,000 requests, 400 told")
        share.add(instance: "b", requests: 1, detailed: 1, at: 5 * Self.second)
        #expect(share.oneIn(at: 5 * Self.second) == 7)
        #expect(share.oneIn(at: 30 * Self.second) == 1, "nothing is known of now")
    }

    @Test("counters of any value make no trap, and so many processes are followed")
    func hostile() {
        var share = ToldShare()
        for number in 0..<1_000 {
            share.add(instance: "\(number)", requests: 0, detailed: 0, at: 1)
            share.add(instance: "\(number)", requests: .max, detailed: UInt64(number % 3), at: 2)
        }
        #expect(share.oneIn(at: 2) > 1_000_000)
    }

    @Test("a server's span that begins before it had the request, or after it answered, says that its clock is another")
    func clock() {
        func offset(begin: UInt64, end: UInt64) -> Int64? {
            let summary = RequestSummary(
                number: 1, lane: LaneDescription(id: LaneID(rawValue: 0), kind: .remote(url: "http://a")),
                method: "GET",
                target: "/", accepted: 1, context: nil)
            var trace = Trace(summary: summary)
            trace.spans = [
                Span(
                    id: SpanID(rawValue: 1), kind: .remote, parent: .none, label: "", scope: "", detail: "",
                    begin: 100 * Self.second, end: 101 * Self.second, outcome: .done, value: 0, endValue: 0, track: 0,
                    task: 0, flags: [])
            ]
            trace.join(
                ToldRequest(spans: [ToldSpan(id: 5, parent: 0, kind: .span, label: "s", begin: begin, end: end)]))
            return trace.clockOffset
        }
        #expect(offset(begin: 100 * Self.second, end: 102 * Self.second) == nil)
        #expect(offset(begin: 100 * Self.second - 500_000, end: 101 * Self.second) == nil)
        #expect(offset(begin: 97 * Self.second, end: 98 * Self.second) == -3 * Int64(Self.second))
        #expect(offset(begin: 105 * Self.second, end: 106 * Self.second) == 4 * Int64(Self.second))
    }
}
