// What each target does with an input, and what has to hold afterwards: a trap is what libFuzzer finds by itself.

import Foundation
import NIOCore
import NIOEmbedded

@testable import InspectorCore

/// The parsers of bytes.
enum FuzzTargets {
    /// What a target does with an input.
    typealias Target = @Sendable ([UInt8]) -> Void

    /// Every target by its name: to add one, add a line here, its name to the Makefile's FUZZ_TARGETS, and a folder of
    /// inputs to begin with to `Benchmarks/corpus`.
    static let all: [String: Target] = [
        "http": http,
        "traffic": traffic,
        "recording": recording,
        "filter": filter,
        "frame": FuzzFrames.frame,
        "commands": commands,
    ]

    /// Answers at once with what it was asked.
    private struct Echo: Responder {
        func respond(
            to request: IncomingRequest, on place: LoopPlace, _ reply: @escaping @Sendable (DispatchResult) -> Void
        ) -> InFlight {
            let summary = RequestSummary(
                id: RequestID(number: 1, lane: LaneID(rawValue: 0)), mode: .native, method: request.method,
                target: request.target, accepted: request.accepted)
            precondition(request.target.hasPrefix("/") || request.target == "*", "a target that is no path")
            reply(.response(Response("\(request.method) \(request.body.count)")))
            return InFlight(log: EventLog.unrecorded(summary), requests: [])
        }
    }

    /// A connection is fed, cut at places that the first byte chooses; what comes out is HTTP, or nothing.
    static func http(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let loop = EmbeddedEventLoop()
        let channel = EmbeddedChannel(loop: loop)
        var limits = Limits()
        limits.body = 4096
        let place = LoopPlace(LoopQueue(loop))
        do {
            try HTTPServer.addHandlers(
                to: channel, Echo(), place: place, limits: limits, hosts: HostCheck(), book: ConnectionBook())
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 80), promise: nil)
            var rest = bytes.dropFirst()
            let step = max(1, Int(first) * 4)
            while !rest.isEmpty {
                try channel.writeInbound(ByteBuffer(bytes: rest.prefix(step)))
                rest = rest.dropFirst(step)
                loop.run()
            }
        } catch {}
        loop.run()
        var output: [UInt8] = []
        while let piece = try? channel.readOutbound(as: ByteBuffer.self) { output += piece.readableBytesView }
        precondition(output.isEmpty || output.starts(with: Array("HTTP/1.1 ".utf8)), "an answer that is no HTTP")
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    /// A traffic file of the kind that the first byte names: found, and every request of it read.
    static func traffic(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let names = ["a.har", "a.gor", "access.log", "a.jsonl", "a.http", "targets.txt", "a.json"]
        let file = TrafficBytes(Array(bytes.dropFirst()), name: names[Int(first) % names.count])
        guard let index = try? TrafficIndex(file) else { return }
        let plan = Plan([index])
        for item in plan.items.prefix(200) {
            guard let request = try? plan.request(item) else { continue }
            precondition(!request.target.utf8.contains { $0 <= 0x20 }, "a target that would break a request's line")
        }
    }

    /// A whole run of the built program, which INSPECTOR_PROGRAM names.
    static func commands(_ bytes: [UInt8]) {
        if let problem = runs.problem(bytes) { fatalError(problem) }
    }

    private static let runs = CommandFuzz(
        program: ProcessInfo.processInfo.environment["INSPECTOR_PROGRAM"] ?? ".build/release/inspector",
        folder: FileManager.default.temporaryDirectory.path
            + "/inspector-fuzz-\(ProcessInfo.processInfo.processIdentifier)")

    /// A recording, opened with its lifecycle, and drawn.
    static func recording(_ bytes: [UInt8]) {
        guard let opened = try? OpenedRecording(TrafficBytes(bytes, name: "a.jsonl")) else { return }
        for lane in opened.lanes {
            for trace in lane.traces.prefix(50) {
                _ = trace.json
                _ = opened.exchange(trace.id)
            }
        }
        FuzzFrames.draw(opened, bytes)
    }

    /// A filter, and a request that it is asked about.
    static func filter(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        do {
            let filter = try Filter(text)
            _ = filter.matches(subject)
        } catch {
            precondition(error.position >= 0 && error.position <= text.count, "a fault beyond the text")
        }
    }

    private static let subject: TraceSubject = {
        let log = EventLog()
        var fold = TraceFold()
        let id = RequestID(number: 1, lane: LaneID(rawValue: 0))
        let request = log.open(RequestSummary(id: id, mode: .async, method: "GET", target: "/oslo?a=1", accepted: 1))
        request.instant(.accepted, at: 1)
        request.end(.await, request.begin(.await, request.own("GET api/oslo"), at: 2), at: 5)
        request.finish(status: 404, at: 9)
        _ = log.read(waiting: 0) { fold.apply($0) }
        let trace = fold[id] ?? Trace(request.summary)
        return TraceSubject(trace, threadNames: [1: "worker-1"], now: 10)
    }()
}
