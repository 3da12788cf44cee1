// Services whose requests others send: lanes and requests made of nothing but what they tell.

import Foundation
import Testing

@testable import InspectorCore

@Suite struct WatchedServicesTests {
    /// A time of day that is not before this machine's start.
    private static let base = MonotonicClock.wallOffset + 1_000_000

    /// A span of `trace` as an exporter tells it; without an end where it goes on.
    static func span(
        _ id: Int, parent: Int = 0, service: String = "shop", kind: Int = 1, trace: Int = 7, name: String = "s",
        begin: UInt64 = 1_000, end: UInt64? = 9_000, attributes: [String: String] = [:]
    ) -> String {
        func hex(_ number: Int, _ digits: Int) -> String {
            let text = String(number, radix: 16)
            return String(repeating: "0", count: digits - text.count) + text
        }
        let told = attributes.sorted { $0.key < $1.key }
            .map { "{\"key\": \"\($0.key)\", \"value\": {\"stringValue\": \"\($0.value)\"}}" }
        return """
            {"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "\(service)"}}]},
             "scopeSpans": [{"spans": [{"traceId": "\(hex(trace, 32))", "spanId": "\(hex(id, 16))",
             "parentSpanId": "\(parent == 0 ? "" : hex(parent, 16))", "name": "\(name)", "kind": \(kind),
             "startTimeUnixNano": "\(base + begin)", "endTimeUnixNano": "\(end.map { base + $0 } ?? 0)",
             "attributes": [\(told.joined(separator: ","))]}]}]}
            """
    }

    static func read(_ spans: [String]) throws -> [IngestedSpan] {
        let body = Array("{\"resourceSpans\": [\(spans.joined(separator: ","))]}".utf8)
        return IngestedSpan.read(
            try OTLPDecoder.read(body, form: .json, encoding: nil), offset: base - 1_000_000
        ).spans
    }

    private static let city = ["http.request.method": "GET", "url.path": "/city", "url.query": "q=1"]

    @Test("a span of a server is a request of its service, with the spans that lie in it, also where those came first")
    func request() throws {
        let lanes = WatchedLanes()
        let join = ServiceJoin(lanes: lanes, numbers: RequestNumbers())
        #expect(join.take(try Self.read([Self.span(3, parent: 2), Self.span(2, parent: 1)])).isEmpty)
        let told = join.take(try Self.read([Self.span(1, parent: 99, kind: 2, attributes: Self.city)]))
        let one = try #require(told.first)
        #expect(told.count == 1 && one.isFirst)
        #expect(Set(one.spans.map(\.id)) == [1, 2, 3])
        #expect(one.summary.method == "GET" && one.summary.target == "/city?q=1")
        #expect(one.summary.lane.kind == .watched(service: "shop") && one.summary.lane.name == "shop")
        #expect(one.summary.context.parentID == 99)
        let later = try #require(join.take(try Self.read([Self.span(4, parent: 3)])).first)
        #expect(!later.isFirst && later.summary.id == one.summary.id && later.spans.map(\.id) == [4])
        #expect(join.take(try Self.read([Self.span(4, parent: 3, end: nil)])).isEmpty, "what has ended stays so")
    }

    @Test(
        "a service that another calls has a request of its own, and the caller's request shows it, in whatever order they come"
    )
    func downstream() throws {
        let spans = [
            Self.span(1, kind: 2, attributes: Self.city), Self.span(2, parent: 1, kind: 3),
            Self.span(3, parent: 2, service: "prices", kind: 2), Self.span(4, parent: 3, service: "prices"),
        ]
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1]] {
            let join = ServiceJoin(lanes: WatchedLanes(), numbers: RequestNumbers())
            var shown: [String: Set<UInt64>] = [:]
            for place in order {
                for told in join.take(try Self.read([spans[place]])) {
                    shown[told.summary.lane.name, default: []].formUnion(told.spans.map(\.id))
                }
            }
            #expect(shown == ["shop": [1, 2, 3, 4], "prices": [3, 4]], "\(order)")
        }
    }

    @Test("a client and the server that it calls may share a span's id, as Zipkin's do: both are shown")
    func sharedIDs() throws {
        let spans = [
            Self.span(1, kind: 2, attributes: Self.city), Self.span(2, parent: 1, kind: 3, name: "asks"),
            Self.span(2, parent: 1, service: "prices", kind: 2, name: "takes"),
            Self.span(4, parent: 2, service: "prices", name: "looks up"),
        ]
        for order in [[0, 1, 2, 3], [2, 1, 0, 3], [3, 2, 1, 0]] {
            let join = ServiceJoin(lanes: WatchedLanes(), numbers: RequestNumbers())
            var shown: [String: Set<String>] = [:]
            var ids: Set<UInt64> = []
            for place in order {
                for told in join.take(try Self.read([spans[place]])) {
                    shown[told.summary.lane.name, default: []].formUnion(told.spans.map(\.name))
                    ids.formUnion(told.spans.map(\.id))
                }
            }
            #expect(shown["shop"] == ["s", "asks", "takes", "looks up"], "\(order)")
            #expect(shown["prices"] == ["takes", "looks up"], "\(order)")
            #expect(ids.count == 4)
        }
    }

    @Test("a request that goes on is not forgotten for thousands that came after it: its end is its own")
    func pending() throws {
        let join = ServiceJoin(lanes: WatchedLanes(), numbers: RequestNumbers())
        let slow = join.take(try Self.read([Self.span(1, kind: 2, trace: 1, end: nil)]))
        for batch in 0..<6 {
            _ = join.take(try Self.read((0..<1_000).map { Self.span(2, kind: 2, trace: 2 + batch * 1_000 + $0) }))
        }
        let ended = try #require(join.take(try Self.read([Self.span(1, kind: 2, trace: 1)])).first)
        #expect(!ended.isFirst && ended.summary.id == slow.first?.summary.id && ended.server.end != nil)
    }

    @Test("an open span that Logfire tells by another one is that open span, and ends when it is told itself")
    func logfire() throws {
        let join = ServiceJoin(lanes: WatchedLanes(), numbers: RequestNumbers())
        func pending(_ id: Int, of span: Int, in parent: Int, kind: Int) -> String {
            Self.span(
                id, parent: span, kind: kind, end: 1_000,
                attributes: [
                    "logfire.span_type": "pending_span",
                    "logfire.pending_parent_id": String(repeating: "0", count: 15) + "\(parent)",
                ])
        }
        let told = join.take(try Self.read([pending(8, of: 1, in: 0, kind: 2), pending(9, of: 2, in: 1, kind: 3)]))
        let spans = try #require(told.first).spans.sorted { $0.id < $1.id }
        #expect(spans.map(\.id) == [1, 2] && spans.map(\.parent) == [0, 1] && spans.allSatisfy { $0.end == nil })
        let ended = join.take(try Self.read([Self.span(2, parent: 1, kind: 3), Self.span(1, kind: 2)]))
        #expect(ended.first?.spans.map(\.id).sorted() == [1, 2] && ended.first?.server.end != nil)
        #expect(ended.first?.isFirst == false)
    }

    @Test("parents in a ring, a span that is its own parent, and a thousand levels make no request twice and no loop")
    func rings() throws {
        let join = ServiceJoin(lanes: WatchedLanes(), numbers: RequestNumbers())
        let ring = join.take(
            try Self.read([
                Self.span(1, parent: 2, kind: 2), Self.span(2, parent: 1, kind: 2), Self.span(3, parent: 3, kind: 2),
            ]))
        #expect(ring.count == 3)
        let deep = join.take(
            try Self.read((1...1_000).map { Self.span($0, parent: $0 - 1, kind: 2, trace: 8) }))
        #expect(deep.count == 1_000)
        #expect(deep.map(\.spans.count).reduce(0, +) <= 1_000 * 16)
    }

    @Test(
        "the first service takes the lane that waits; those with another lane's name are told apart; the ninth is only counted"
    )
    func lanes() {
        let lanes = WatchedLanes(taken: ["flask"])
        let spare = lanes.makeSpare()
        #expect(spare.description.name == "no service yet")
        let first = lanes.lane(of: "flask")
        #expect(first === spare && spare.description.name == "flask, asked by others")
        #expect(spare.description.kind == .watched(service: "flask"))
        let others = (1...9).map { lanes.lane(of: "s\($0)") }
        #expect(others.prefix(7).allSatisfy { $0 != nil } && others[7] == nil && lanes.refused == 2)
        #expect(lanes.takeNew().count == 7 && lanes.takeNew().isEmpty)
        #expect(Set(others.compactMap { $0?.id } + [spare.id]).count == 8)
        #expect(lanes.lane(of: "s1") === others[0])
    }

    @Test(
        "what was not asked from here becomes requests with their status, spans and threads; what was stays with its lane"
    )
    func received() throws {
        let server = try RawServer { _ in .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        _ = try passage.get("/")
        let sent = try #require(passage.traces(1).first)
        let lanes = WatchedLanes()
        let receiver = OTLPReceiver(
            reader: passage.reader, join: passage.join,
            services: (ServiceJoin(lanes: lanes, numbers: passage.numbers), lanes)
        ) { _ in nil }
        let door = try HTTPServer.start(port: 0, responder: receiver, loops: passage.loops)
        defer { door.stop() }
        func post(_ spans: [String]) throws {
            let body = "{\"resourceSpans\": [\(spans.joined(separator: ","))]}"
            let answer = try Passage.send(
                "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)", port: door.port)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
        }
        var failed = Self.city
        failed["http.response.status_code"] = "503"
        failed["http.route"] = "/<path>"
        failed["thread.id"] = "12"
        failed["thread.name"] = "worker-a"
        try post([Self.span(1, kind: 2, end: nil, attributes: Self.city)])
        let lane = try #require(lanes.lane(of: "shop"))
        let open = try #require(passage.reader.look { $0.traces(of: lane.id) }.first)
        #expect(open.done == nil && open.spans.map(\.kind) == [.span])
        try post([
            Self.span(1, kind: 2, attributes: failed), Self.span(2, parent: 1, attributes: ["inspector.kind": "view"]),
        ])
        let done = try #require(passage.reader.look { $0.traces(of: lane.id) }.first)
        #expect(done.status == 503 && done.rule == "/<path>" && done.stage == .finished)
        #expect(done.spans.map(\.kind) == [.span, .view])
        #expect(done.response(until: 0) == 8_000)
        #expect(lane.tracks?.known.map(\.name) == ["worker-a"])
        #expect(passage.reader.look { $0.statistics.count } == 2)
        // A span under one that went out from here is that request's.
        let context = sent.summary.context
        let body = Self.span(5, kind: 2)
            .replacingOccurrences(of: String(repeating: "0", count: 31) + "7", with: context.traceIDText)
            .replacingOccurrences(
                of: "\"parentSpanId\": \"\"", with: "\"parentSpanId\": \"\(TraceContext.hex(number: context.spanID))\"")
        try post([body])
        #expect(passage.reader.look { $0.traces(of: lane.id) }.count == 1)
        #expect(
            passage.reader.look { $0.traces(of: LaneID(rawValue: 0)) }.first?.spans.contains { $0.origin == .told }
                == true)
    }

    @Test("where nothing can be asked, a request is answered with a sentence")
    func nobody() throws {
        let loops = ServerLoops(threads: 1)
        defer { loops.stop() }
        let front = Front(lanes: [], numbers: RequestNumbers())
        let server = try HTTPServer.start(port: 0, responder: front, loops: loops)
        defer { server.stop() }
        let answer = try Passage.send(
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", port: server.port)
        #expect(answer.hasPrefix("HTTP/1.1 503") && answer.contains("Nothing is served here"))
    }
}
