// A Hummingbird with its tracing middleware and AsyncHTTPClient, watched by one line: what it calls is seen while it waits.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct SwiftServerTests {
    private static func server(upstream: String) throws -> WatchedServer {
        // Beside the tests themselves, wherever they were built.
        let built = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let folders = [
            built, built.deletingLastPathComponent(), WatchedServer.root.appendingPathComponent(".build/debug"),
        ]
        let paths = folders.map { $0.appendingPathComponent("watched-server") }
        let path = paths.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? paths[2]
        // What it prints is in lines also where it is no terminal's.
        return try WatchedServer(URL(fileURLWithPath: "/usr/bin/stdbuf")) {
            ["-oL", path.path, upstream, $0]
        } environment: { _ in
            [:]
        }
    }

    @Test("a Hummingbird's calls are seen, each with its address and status, within the time with the server")
    func calls() throws {
        let upstream = try SimulatedUpstream()
        defer { upstream.stop() }
        let server = try Self.server(upstream: upstream.url)
        defer { server.stop() }
        let answer = try server.passage.get("/page")
        #expect(answer.hasSuffix("[200, 200, 200]"))
        let traces = try #require(
            server.wait { traces in
                traces.first.map { trace in
                    trace.done != nil && trace.spans(.call).count == 3 && trace.spans(.span).first?.end != nil
                } ?? false
            })
        let trace = try #require(traces.first)
        let remote = try #require(trace.spans(.remote).first)
        let own = try #require(trace.spans(.span).first)
        #expect(own.parent == remote.id && own.label == "shop: /page")
        // It may end after its answer.
        #expect(own.begin >= remote.begin && own.begin <= (remote.end ?? 0))
        let calls = trace.spans(.call)
        #expect(Trace.overlapped(calls) && calls.allSatisfy { $0.outcome == .done && $0.endValue == 200 })
        #expect(calls.allSatisfy { trace.parent(of: $0)?.id == own.id })
        let told = try #require(calls.first.flatMap { trace.facts(of: $0.id) })
        #expect(told.resource.contains { $0.name == "telemetry.sdk.name" && $0.value == "inspector-tracing" })
        #expect(told.attributes.contains { $0.name == "http.request.method" && $0.value == "GET" })
    }

    @Test("a call that is pending is shown while it is")
    func pending() throws {
        let upstream = try SimulatedUpstream()
        let server = try Self.server(upstream: upstream.url)
        defer { server.stop() }
        let client = try RawClient(port: server.passage.server.port)
        client.send("GET /hang HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let traces = server.wait { $0.first?.spans(.call).first.map { $0.end == nil } ?? false }
        #expect(traces?.first?.done == nil)
        // Its end is told under the same ids.
        upstream.stop()
        let ended = server.wait { $0.first?.spans(.call).first?.end != nil }
        #expect(ended?.first?.spans(.call).first?.outcome == .failed)
        client.reset()
    }
}
