// A server elsewhere as a lane: what is passed on, what comes back, and what is said where it misbehaves.

import Synchronization
import Testing

@testable import InspectorCore

@Suite struct RemoteLaneTests {
    @Test("a request goes on without what concerns one connection, and with what a proxy adds")
    func onward() throws {
        let server = try RawServer { _ in .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nX-A: 2\r\n\r\nok") }
        defer { server.stop() }
        var options = RemoteLane.Options()
        options.headers = ["X-Key": "abc"]
        let passage = try Passage(to: server.url + "/base", options: options)
        let answer = try passage.get(
            "/a%20b?q=%7B1%7D",
            fields:
                "Keep-Alive: 5\r\nX-Hop: 1\r\nConnection: X-Hop\r\nTE: trailers\r\nX-Inspector-Evil: 1\r\nX-Key: old\r\n"
        )
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("ok"))
        #expect(answer.contains("X-A: 1\r\nX-A: 2\r\n"))
        #expect(answer.contains("Via: 1.1 inspector-"))
        let sent = try #require(server.requests.first)
        #expect(sent.hasPrefix("GET /base/a%20b?q=%7B1%7D HTTP/1.1\r\n"))
        let lower = sent.lowercased()
        for name in ["keep-alive: 5", "x-hop", "te:", "x-inspector-evil", "x-key: old"] {
            #expect(!lower.contains(name))
        }
        for text in [
            "host: 127.0.0.1:\(server.port)", "x-forwarded-host: shop.example", "x-forwarded-for: 127.0.0.1",
            "x-forwarded-proto: http", "x-request-start: t=", "via: 1.1 inspector-", "x-key: abc", "traceparent: 00-",
        ] { #expect(lower.contains(text), "\(text)") }
        let trace = try #require(passage.traces(1).first)
        #expect(sent.contains(trace.summary.context.traceparent()))
        #expect(
            trace.spans.map(\.kind)
                == [.arriving, .connecting, .remote, .receiving].filter { kind in
                    kind != .arriving || trace.spans.contains { $0.kind == .arriving }
                })
        #expect(trace.spans.allSatisfy { $0.end != nil && $0.outcome == .done })
        let kept = try #require(passage.exchanges[trace.id])
        #expect(String(decoding: kept.responseBody.bytes, as: UTF8.self) == "ok")
    }

    @Test(
        "a target goes on byte for byte, also one that no URL could hold",
        arguments: [
            "/a%zz", "/%", "/[x]|{y}", "//", "/a/../b/./c", "/?", "/?q=%26&%&[]=|", "/%E9%00x?%c3%a9", "/a;b=c,d",
            "/'\"<>^`\\",
        ])
    func target(_ target: String) throws {
        let server = try RawServer { _ in .send("HTTP/1.1 204 No Content\r\n\r\n") }
        defer { server.stop() }
        for base in ["", "/base%20x"] {
            let passage = try Passage(to: server.url + base)
            _ = try passage.get(target)
            #expect(server.requests.last?.hasPrefix("GET \(base)\(target) HTTP/1.1\r\n") == true)
            #expect(server.requests.last?.lowercased().contains("x-inspector") == false)
        }
    }

    @Test("a trace that the client began is continued")
    func continued() throws {
        let server = try RawServer { _ in .send("HTTP/1.1 204 No Content\r\n\r\n") }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let trace = String(repeating: "ab", count: 16)
        #expect(
            try passage.get("/", fields: "traceparent: 00-\(trace)-00f067aa0ba902b7-01\r\n").hasPrefix("HTTP/1.1 204"))
        #expect(server.requests.first?.contains("traceparent: 00-\(trace)-") == true)
        #expect(server.requests.first?.contains("00f067aa0ba902b7") == false)
    }

    @Test("HEAD has the length that GET would have, and no body")
    func head() throws {
        let server = try RawServer { _ in .send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n") }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let answer = try passage.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(answer.contains("Content-Length: 1234\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test("a body is passed on as it was sent, and one without a length comes in chunks")
    func bodies() throws {
        let server = try RawServer { head in
            .send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=1\r\ndefg\r\n0\r\nX-T: 1\r\n\r\n")
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let answer = try passage.send(
            "POST /in HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
        #expect(answer.contains("Transfer-Encoding: chunked"))
        #expect(answer.contains("abc"))
        #expect(answer.contains("defg"))
        #expect(answer.hasSuffix("0\r\n\r\n"))
        #expect(server.requests.first?.contains("ontent-Length: 5\r\n") == true)
    }

    /// What a server does, and what is said of it.
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let act: RawServer.Act
        let status: Int
        let kind: String
        var testDescription: String { name }
    }

    static let faults: [Fault] = [
        Fault(name: "resets", act: .reset, status: 502, kind: "ConnectionReset"),
        Fault(name: "closes without an answer", act: .send(""), status: 502, kind: "ConnectionClosed"),
        Fault(name: "closes in the head", act: .send("HTTP/1.1 200 OK\r\nX-A"), status: 502, kind: "ConnectionClosed"),
        Fault(name: "is not HTTP", act: .send("SSH-2.0-OpenSSH_9.6\r\n"), status: 502, kind: "NotHTTP"),
        Fault(name: "answers as HTTP/0.9", act: .send("<html>hello</html>"), status: 502, kind: "NotHTTP"),
        Fault(name: "is silent", act: .hold(""), status: 504, kind: "ServerTimeout"),
        Fault(
            name: "sends interim answers alone", act: .hold("HTTP/1.1 102 Processing\r\n\r\n"), status: 504,
            kind: "ServerTimeout"),
        Fault(
            name: "names two lengths",
            act: .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nhello"),
            status: 502, kind: "NotHTTP"),
        Fault(
            name: "sends a head of 1 MB",
            act: .send("HTTP/1.1 200 OK\r\nX-A: " + String(repeating: "a", count: 1 << 20) + "\r\n\r\n"), status: 502,
            kind: "NotHTTP"),
        Fault(
            name: "speaks TLS", act: .send("\u{15}\u{03}\u{01}\u{00}\u{02}\u{02}\u{46}"), status: 502, kind: "NotHTTP"),
    ]

    @Test("a server that fails is an outcome with a name, and the client is told", arguments: faults)
    func faulty(_ fault: Fault) throws {
        let server = try RawServer { _ in fault.act }
        defer { server.stop() }
        var options = RemoteLane.Options()
        options.answerSeconds = fault.status == 504 ? 0.3 : 30
        let passage = try Passage(to: server.url, options: options)
        let answer = try passage.get("/")
        #expect(answer.hasPrefix("HTTP/1.1 \(fault.status) "), "\(answer.prefix(400))")
        #expect(answer.contains("127.0.0.1:\(server.port)"))
        #expect(answer.contains("Proxy-Status: inspector-"))
        let trace = try #require(passage.traces(1).first)
        #expect(trace.status == fault.status)
        #expect(trace.errors.map(\.kind) == [fault.kind])
        #expect(trace.spans.contains { $0.outcome == .failed })
        #expect(trace.spans.allSatisfy { $0.end != nil })
    }

    @Test(
        "a body that breaks off is cut for the client too, and counted",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nZZ\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        ])
    func cut(_ bytes: String) throws {
        let server = try RawServer { _ in .send(bytes) }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let answer = try passage.get("/")
        #expect(!answer.hasSuffix("0\r\n\r\n"))
        let trace = try #require(passage.traces(1).first)
        #expect(trace.errors.count == 1)
        #expect(["BodyCut", "BodyInvalid"].contains(trace.errors.first?.kind))
        #expect(trace.spans.last?.outcome == .failed)
    }

    @Test("a server that takes no connections is said so")
    func down() throws {
        let server = try RawServer { _ in .reset }
        let url = server.url
        server.stop()
        let passage = try Passage(to: url)
        #expect(try passage.get("/").hasPrefix("HTTP/1.1 502 "))
        #expect(passage.traces(1).first?.errors.map(\.kind) == ["ConnectionRefused"])
    }

    @Test("a client that closes its side while the server has the request has no answer that is timed")
    func halfClosed() throws {
        let begun = Bell()
        let server = try RawServer { _ in
            .talk { talk, _ in
                begun.ring()
                while !talk.read().isEmpty {}
            }
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let client = try RawClient(port: passage.server.port)
        client.send("GET /slow HTTP/1.1\r\nHost: shop\r\n\r\n")
        #expect(begun.wait(seconds: 30))
        client.closeSide()
        let trace = try #require(passage.traces(1).first)
        #expect(trace.status == 499 && !trace.hasAnswer)
    }

    @Test("what a server did not answer is counted, and its time is that of no answer; it is compared with nothing")
    func unanswered() throws {
        let server = try RawServer { head in
            head.contains("/drop") ? .reset : .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        for _ in 0..<3 { #expect(try passage.get("/drop").hasPrefix("HTTP/1.1 502 ")) }
        let dropped = try #require(passage.traces(3).first)
        let key = Statistics.Key(lane: LaneID(rawValue: 0), mode: nil)
        func numbers() -> Statistics? { passage.reader.look { $0.statistics[key] } }
        #expect(numbers()?.finished == 3 && numbers()?.failures == 3)
        #expect(numbers()?.percentile(percent: 50) == nil, "nothing was answered: there is no time of it")
        _ = try passage.get("/ok")
        let answered = try #require(passage.traces(4).last)
        let rules = passage.reader.look { Set($0.routes.all.keys.map(\.rule)) }
        #expect(rules == ["/drop", "/ok"], "its routes are not known, and its paths are")
        #expect(!dropped.hasAnswer && answered.hasAnswer)
        #expect(numbers()?.percentile(percent: 50).map { $0 > 0 } == true && numbers()?.finished == 4)
        #expect(LaneComparison(first: dropped, second: answered) == nil)
        #expect(LaneComparison(first: answered, second: answered) != nil)
    }

    @Test("a lane that leads back to its own process is refused, and asked once")
    func ring() throws {
        let passage = try Passage(to: "http://127.0.0.1:1")
        let back = RemoteLane(
            id: LaneID(rawValue: 1), target: try RemoteTarget(reading: passage.server.url), log: passage.log,
            numbers: passage.numbers)
        defer { back.stop() }
        let port = try HTTPServer.start(port: 0, responder: LanePort(back), loops: passage.loops)
        defer { port.stop() }
        let answer = try Passage.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port: port.port)
        #expect(answer.hasPrefix("HTTP/1.1 508 "))
        #expect(answer.contains("ring"))
    }

    @Test("another protocol is refused with a sentence, and nothing is sent")
    func upgrade() throws {
        let server = try RawServer { _ in .send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let answer = try passage.get("/", fields: "Upgrade: websocket\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 501 "))
        #expect(answer.contains("websocket"))
        #expect(server.requests.isEmpty)
    }

    @Test("a client that goes takes its request back from the server")
    func clientGone() throws {
        let server = try RawServer { _ in .hold("") }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let client = try RawClient(port: passage.server.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while server.requests.isEmpty { Bell().wait(seconds: 0.005) }
        client.closeSide()
        let trace = try #require(passage.traces(1).first)
        #expect(trace.spans.last?.outcome == .cancelled)
        #expect(trace.errors.isEmpty)
    }

    @Test(
        "an address is read with or without a name",
        arguments: [
            ("sync=http://127.0.0.1:9201", "sync", "http://127.0.0.1:9201", 9201),
            ("http://127.0.0.1:9201/", "127.0.0.1:9201", "http://127.0.0.1:9201", 9201),
            ("a=https://shop.example/base/", "a", "https://shop.example/base", 443),
            ("http://[::1]:80/x=1", "[::1]:80", "http://[::1]:80/x=1", 80),
        ] as [(String, String, String, Int)])
    func address(_ text: String, name: String, url: String, port: Int) throws {
        let target = try RemoteTarget(reading: text)
        #expect(target.url == url)
        #expect(target.port == port)
        #expect(target.name == name)
    }

    @Test(
        "an address that is none is refused with a sentence",
        arguments: [
            "", "a", "a=", "=http://x", "a=ftp://x", "a=http://", "a=http://u:p@x", "a=http://x?q=1", "a=http://x#f",
            "a b=http://x", "a=http://x:0", "a=http://x:99999", "a=127.0.0.1:80",
        ])
    func noAddress(_ text: String) {
        #expect(throws: RemoteTargetError.self) { try RemoteTarget(reading: text) }
    }
}
