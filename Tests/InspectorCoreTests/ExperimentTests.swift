// The conclusion of a replay or a burst: what it says, what it withholds, where a plan is busiest.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct ExperimentTests {
    private func side(
        _ number: UInt8, _ mode: ExecutionMode, milliseconds: [UInt64], peak: Int?
    ) -> Experiment.Side {
        var outcome = LaneOutcome(
            lane: LaneDescription(id: LaneID(rawValue: number), kind: .hosted(mode)), workers: 4)
        for (place, time) in milliseconds.enumerated() {
            outcome.measured(
                request: SentRequest(
                    number: UInt64(place), request: "GET /", status: 200, due: 0, sent: 0, firstByte: nil,
                    end: time * 1_000_000))
        }
        return Experiment.Side(outcome: outcome, queuePeak: peak)
    }

    private func sentence(_ sides: [Experiment.Side], length: Experiment.Length = .full, isOver: Bool = true) -> String?
    {
        Experiment(sides: sides, isOver: isOver).sentence(length: length) { "\($0 / 1_000_000)ms" }
    }

    @Test("before an answer nothing is concluded; before the end it is said to be so far")
    func early() {
        #expect(sentence([side(0, .sync, milliseconds: [], peak: 3)]) == nil)
        #expect(
            sentence([side(0, .sync, milliseconds: [5], peak: 3)], isOver: false)?.hasPrefix("so far: sync p50") == true
        )
    }

    @Test("medians, peaks of the queue and the factor stand side by side, and shorter where there is less room")
    func compares() {
        let slow = side(0, .sync, milliseconds: Array(repeating: 2000, count: 40), peak: 27)
        let fast = side(1, .async, milliseconds: Array(repeating: 200, count: 40), peak: 0)
        #expect(
            sentence([slow, fast])
                == "sync p50 2000ms, queue peaked at 27 · async 200ms, queue peaked at 0 · 10.0× faster")
        #expect(
            sentence([slow, fast], length: .short)
                == "sync p50 2000ms, queue ≤27 · async 200ms, queue ≤0 · 10.0× faster")
        #expect(sentence([slow, fast], length: .least) == "sync p50 2000ms · async 200ms · 10.0× faster")
    }

    @Test("where chance could have made the difference no factor is named, and a slower lane is called so")
    func honest() {
        let even = (0..<40).map { UInt64(100 + $0 % 7) }
        #expect(
            sentence([side(0, .sync, milliseconds: even, peak: 0), side(1, .async, milliseconds: even, peak: 0)])?
                .hasSuffix("no clear difference") == true)
        let words = sentence([
            side(0, .sync, milliseconds: Array(repeating: 8, count: 40), peak: 0),
            side(1, .async, milliseconds: Array(repeating: 16, count: 40), peak: 0),
        ])
        #expect(words?.contains("2.0× slower") == true, "\(words ?? "")")
    }

    @Test("the busiest part of a plan is where most requests are due, a moment before them")
    func busy() throws {
        func plan(_ seconds: [Double]) throws -> Plan {
            let lines = seconds.map { second in
                "1 0000000000000000000000000000000000000000 \(1_700_000_000_000_000_000 + Int(second * 1000) * 1_000_000)\n"
                    + "GET /x HTTP/1.1\r\nHost: x\r\n\r\n\n\u{1F435}\u{1F648}\u{1F649}\n"
            }
            let bytes = TrafficBytes(bytes: Array(lines.joined().utf8), name: "x.gor")
            return Plan(indexes: [try TrafficIndex(bytes: bytes)])
        }
        // All at once: it begins at the beginning.
        #expect(try plan([0, 0, 0]).busyPart() == 0)
        // 12 to 15 s hold most of 30 s; it begins half a second earlier.
        let busy = try plan([0, 3, 6, 12, 13, 14, 15, 21, 26, 30]).busyPart()
        #expect(abs(busy - 11.5 / 30) < 0.001, "\(busy)")
    }
}
