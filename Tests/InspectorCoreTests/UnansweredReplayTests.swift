// A replay to servers that break every connection off: that is not a success, whatever its schedule was.

import Foundation
import Glibc
import Testing

@testable import InspectorCore

@Suite struct UnansweredReplayTests {
    /// A port that takes connections and resets each as soon as it is there; or one that nobody listens on.
    private final class BreakingPort {
        private let listener: Int32
        let port: UInt16

        init(listens: Bool) throws {
            let door = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            listener = door
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let bound = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    bind(door, pointer, length) == 0 && getsockname(door, pointer, &length) == 0
                }
            }
            try #require(bound)
            port = UInt16(bigEndian: address.sin_port)
            guard listens else { return }
            try #require(listen(door, 64) == 0)
            try OwnThread.start("breaking") {
                while true {
                    let taken = accept(door, nil, nil)
                    guard taken >= 0 else { return }
                    var option = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(taken, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
                    close(taken)
                }
            }
        }

        deinit {
            shutdown(listener, Int32(SHUT_RDWR))
            close(listener)
        }
    }

    @Test(
        "requests that get no answer are named with their reason, and take the verdict with them",
        arguments: [true, false])
    func broken(listens: Bool) throws {
        let port = try BreakingPort(listens: listens)
        let log = (0..<3).map {
            #"1.1.1.1 - - [04/Jan/2020:07:25:0\#($0) +0000] "GET /\#($0) HTTP/1.1" 200 3"#
        }.joined(separator: "\n")
        var options = ReplayOptions()
        options.pace = .max
        let plan = Plan(
            indexes: [try TrafficIndex(bytes: TrafficBytes(bytes: Array(log.utf8), name: "a.log"))], options: options)
        let ended = Bell()
        let target = ReplayTarget(
            url: "http://127.0.0.1:\(port.port)", lane: LaneDescription(id: LaneID(rawValue: 0), kind: .hosted(.sync)),
            workers: 1)
        let sender = try Sender(plan: plan, to: [target], numbers: RequestNumbers(), options: options) { _ in
            ended.ring()
        }
        #expect(ended.wait(seconds: 60))
        let outcome = try #require(sender.outcomes.first)
        #expect(outcome.sent == 3 && outcome.failed == 3 && outcome.done == 0)
        let sentence = try #require(outcome.unanswered)
        // A reset is told in one of two ways, by when it comes.
        #expect(sentence.hasPrefix("3 of 3 requests to sync got no answer ("), "\(sentence)")
        #expect(sentence.contains("127.0.0.1:\(port.port)"), "\(sentence)")

        let result = ReplayResult(plan: plan, options: options, format: "x", model: nil, lanes: [outcome, outcome])
        let report = ReplayReport(result: result) { "\($0)" }
        #expect(report.json["verdict_withheld"]?.string == "most requests to sync got no answer")
        #expect(report.json["unanswered"]?.items?.count == 2)
        let words = report.lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains("NOT a success: \(sentence)"), "\(words)")
        #expect(report.html.contains("Not a success: 3 of 3"))
    }

    @Test("a lane that answered half of its requests or more is not a broken one")
    func half() {
        var outcome = LaneOutcome(lane: LaneDescription(id: LaneID(rawValue: 0), kind: .hosted(.async)), workers: 1)
        #expect(outcome.unanswered == nil)
        outcome.sent = 4
        outcome.done = 2
        outcome.failed = 2
        #expect(outcome.unanswered == nil)
        outcome.failed = 3
        outcome.done = 1
        outcome.failures = ["a reset": 1, "a timeout": 2]
        #expect(outcome.unanswered == "3 of 4 requests to async got no answer (a timeout, 2 of them)")
    }
}
