// All targets by their names, and those that need more than the library: a server's connection, whole runs.

import Foundation
import NIOCore
import NIOEmbedded

@testable import InspectorCore

/// What can be fuzzed.
enum FuzzTargets {
    /// Every target by the name that FUZZ_TARGET gives it.
    static let all: [String: FuzzParsers.Check] = FuzzParsers.all.merging(FuzzFrames.all) { first, _ in first }
        .merging(FuzzSpans.all) { first, _ in first }
        .merging(["http": http, "commands": commands]) { first, _ in first }

    /// A whole run of the built program, which INSPECTOR_PROGRAM names.
    static func commands(_ bytes: [UInt8]) -> String? { runs.problem(bytes) }

    private static let runs = CommandFuzz(
        program: ProcessInfo.processInfo.environment["INSPECTOR_PROGRAM"] ?? ".build/release/inspector",
        folder: FileManager.default.temporaryDirectory.path
            + "/inspector-fuzz-\(ProcessInfo.processInfo.processIdentifier)")

    /// Answers at once with what it was asked.
    private struct Echo: Responder {
        func respond(
            to request: IncomingRequest, on place: ServingLoop, reply: @escaping @Sendable (DispatchResult) -> Void
        ) -> InFlight {
            let summary = RequestSummary(
                id: RequestID(number: 1, lane: LaneID(rawValue: 0)), mode: .native, method: request.method,
                target: request.target, accepted: request.accepted)
            precondition(request.target.hasPrefix("/") || request.target == "*", "a target that is not a path")
            reply(.response(Response("\(request.method) \(request.body.count)")))
            return InFlight(log: EventLog.unrecorded(summary: summary), requests: [])
        }
    }

    /// A connection is fed, cut at places that the first byte chooses; what comes out is HTTP, or nothing.
    static func http(_ bytes: [UInt8]) -> String? {
        guard let first = bytes.first else { return nil }
        let loop = EmbeddedEventLoop()
        let channel = EmbeddedChannel(loop: loop)
        var limits = Limits()
        limits.body = 4096
        let place = ServingLoop(queue: LoopQueue(loop))
        do {
            try HTTPServer.addHandlers(
                to: channel, responder: Echo(), place: place, limits: limits, hosts: HostHeaderRule(),
                book: ConnectionBook())
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
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        return output.isEmpty || output.starts(with: Array("HTTP/1.1 ".utf8)) ? nil : "an answer that is not HTTP"
    }
}
