// A remote lane in a test: its address, and what was seen of its requests.

import Synchronization

@testable import InspectorCore

/// A remote lane under an address of its own, whose traces are kept.
final class Passage {
    let log = EventLog()
    let numbers = RequestNumbers()
    let loops = ServerLoops(threads: 1)
    let join = SpanJoin()
    let exchanges = ExchangeStore()
    let reader: TraceReader
    let lane: RemoteLane
    let server: HTTPServer

    /// - Parameter sharesLoops: whether the lane runs on the loops of its server, as where no app is hosted.
    init(
        to url: String, options: RemoteLane.Options = RemoteLane.Options(), limits: Limits = Limits(),
        sharesLoops: Bool = true
    ) throws {
        reader = try TraceReader(log: log)
        lane = RemoteLane(
            id: LaneID(rawValue: 0), target: try RemoteTarget(reading: "far=\(url)"), log: log, numbers: numbers,
            exchanges: exchanges, options: options,
            loops: sharesLoops ? loops : nil, onSend: { [join] in join.sends($0) })
        server = try HTTPServer.start(port: 0, responder: LanePort(lane), loops: loops, limits: limits)
    }

    /// Sends what is given, and gives all that comes back until the connection ends.
    func send(_ text: String) throws -> String { try Self.send(text, port: server.port) }

    static func send(_ text: String, port: Int) throws -> String {
        let client = try RawClient(port: port)
        client.send(text)
        return client.read()
    }

    /// GET, by a connection that is closed after it.
    func get(_ path: String, fields: String = "") throws -> String {
        try send("GET \(path) HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\(fields)\r\n")
    }

    /// The traces of the lane, once `count` of them are over.
    func traces(_ count: Int) -> [Trace] {
        let limit = MonotonicClock.now() + 30_000_000_000
        let pause = Bell()
        while MonotonicClock.now() < limit {
            let traces = reader.look { $0.traces(of: LaneID(rawValue: 0)) }.filter { $0.done != nil }
            if traces.count >= count { return Array(traces) }
            pause.wait(seconds: 0.005)
        }
        return []
    }

    deinit {
        server.stop()
        lane.stop()
        loops.stop()
        reader.stop()
    }
}
