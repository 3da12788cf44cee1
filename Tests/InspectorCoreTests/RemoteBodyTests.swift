// Bodies of requests that go on to a server elsewhere while they come.

import Foundation
import Synchronization
import Testing

@testable import InspectorCore

@Suite struct RemoteBodyTests {
    private static let chunked =
        "POST /up HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static let done = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

    @Test("a piece of a body is with the server before the next one is sent", arguments: [true, false])
    func asItComes(sharesLoops: Bool) throws {
        let (first, second) = (Bell(), Bell())
        let text = Mutex("")
        let server = try RawServer { _ in
            .talk { talk, rest in
                var seen = talk.read(until: "hello", after: rest)
                first.ring()
                seen = talk.read(until: "0\r\n\r\n", after: seen)
                text.withLock { $0 = seen }
                talk.write(Self.done)
                second.ring()
            }
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url, sharesLoops: sharesLoops)
        let client = try RawClient(port: passage.server.port)
        client.send(Self.chunked + "5\r\nhello\r\n")
        #expect(first.wait(seconds: 30), "the first piece waits for the second")
        client.send("6\r\n world\r\n0\r\n\r\n")
        #expect(client.read().hasSuffix("\r\n\r\nok"))
        #expect(second.wait(seconds: 30))
        #expect(text.withLock { $0 }.contains("hello") && text.withLock { $0 }.contains(" world"))
        let trace = try #require(passage.traces(1).first)
        #expect(trace.status == 200)
        let kinds = trace.spans.map(\.kind).filter { $0 != .arriving }
        #expect(kinds == [.connecting, .sending, .remote, .receiving])
        #expect(trace.spans.allSatisfy { $0.end != nil && $0.outcome == .done })
        let kept = try #require(passage.exchanges[trace.id]).requestBody
        #expect(String(decoding: kept.bytes, as: UTF8.self) == "hello world" && kept.isWhole)
    }

    @Test(
        "a body is as long as it likes where it is passed on, and its length is said where it was",
        arguments: [true, false])
    func large(hasLength: Bool) throws {
        let count = 40 * 1024 * 1024
        let sum = Mutex(0)
        let server = try RawServer { _ in
            .talk { talk, rest in
                var seen = hasLength ? rest.utf8.count : rest.count { $0 == "x" }
                while seen < count {
                    let bytes = talk.read(upTo: 1 << 20)
                    if bytes.isEmpty { break }
                    // Of chunks only the payload is counted.
                    seen += hasLength ? bytes.count : bytes.count { $0 == UInt8(ascii: "x") }
                }
                sum.withLock { $0 = seen }
                talk.write(Self.done)
                _ = talk.read()
            }
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let client = try RawClient(port: passage.server.port)
        let head = "POST /up HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n"
        client.send(head + (hasLength ? "Content-Length: \(count)\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n"))
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 1024 * 1024)
        for _ in 0..<40 {
            if !hasLength { client.send("100000\r\n") }
            client.send(piece)
            if !hasLength { client.send("\r\n") }
        }
        if !hasLength { client.send("0\r\n\r\n") }
        #expect(client.read().hasSuffix("ok"))
        #expect(sum.withLock { $0 } == count)
        #expect(server.requests.first?.contains("Content-Length: \(count)\r\n") == hasLength)
        let trace = try #require(passage.traces(1).first)
        let kept = try #require(passage.exchanges[trace.id]).requestBody
        #expect(kept.length == count && kept.bytes.count == ExchangeStore.bodyLimit)
        #expect(trace.spans.first { $0.kind == .sending }?.endValue == Int64(count))
    }

    @Test("a server that takes nothing slows its client, and not our memory")
    func backPressure() throws {
        let release = Bell()
        let server = try RawServer { _ in
            .talk { talk, _ in
                release.wait(seconds: 60)
                while !talk.read(upTo: 1 << 20).isEmpty {}
            }
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let sent = Atomic<Int>(0)
        let ended = Bell()
        let client = try RawClient(port: passage.server.port)
        client.send("POST /up HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000000000\r\n\r\n")
        let socket = client.duplicate()
        try OwnThread.start("sender") {
            let piece = [UInt8](repeating: 0, count: 256 * 1024)
            while sent.load(ordering: .relaxed) < 1_000_000_000 {
                let count = socket.sendSome(piece)
                if count <= 0 { break }
                sent.add(count, ordering: .relaxed)
            }
            ended.ring()
        }
        // It stands still: what the two connections' systems hold, and a window of ours.
        let pause = Bell()
        var before = -1
        var still = 0
        for _ in 0..<600 where still < 10 {
            pause.wait(seconds: 0.05)
            let now = sent.load(ordering: .relaxed)
            still = now == before ? still + 1 : 0
            before = now
        }
        #expect(still >= 10 && before > 0 && before < 64_000_000, "\(before) bytes went")
        client.reset()
        release.ring()
        #expect(ended.wait(seconds: 30))
    }

    @Test("a body that is no HTTP is 400, and the server never gets its end")
    func broken() throws {
        let seen = Mutex("")
        let ended = Bell()
        let server = try RawServer { _ in
            .talk { talk, rest in
                let all = talk.read(until: "0\r\n\r\n", after: rest)
                seen.withLock { $0 = all }
                ended.ring()
            }
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let client = try RawClient(port: passage.server.port)
        client.send(Self.chunked + "5\r\nhello\r\nzz\r\n")
        #expect(client.read().hasPrefix("HTTP/1.1 400 "))
        #expect(ended.wait(seconds: 30))
        #expect(!seen.withLock { $0 }.hasSuffix("0\r\n\r\n"))
        let trace = try #require(passage.traces(1).first)
        #expect(trace.status == 400)
        #expect(trace.moments.contains { $0.kind == .thrown && $0.label == "RequestCut" })
        #expect(trace.spans.allSatisfy { $0.end != nil })
    }

    @Test("a body that comes too slowly is 408, also where it is passed on")
    func slow() throws {
        let server = try RawServer { _ in .talk { talk, _ in while !talk.read().isEmpty {} } }
        defer { server.stop() }
        var limits = Limits()
        limits.bodyIdleSeconds = 0.3
        let passage = try Passage(to: server.url, limits: limits)
        let client = try RawClient(port: passage.server.port)
        client.send(Self.chunked + "5\r\nhello\r\n")
        #expect(client.read().hasPrefix("HTTP/1.1 408 "))
        #expect(passage.traces(1).first?.status == 408)
    }

    @Test("a client that goes in its body takes the request back")
    func gone() throws {
        let (begun, ended) = (Bell(), Bell())
        let server = try RawServer { _ in
            .talk { talk, rest in
                _ = talk.read(until: "hello", after: rest)
                begun.ring()
                while !talk.read().isEmpty {}
                ended.ring()
            }
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let client = try RawClient(port: passage.server.port)
        client.send(Self.chunked + "5\r\nhello\r\n")
        #expect(begun.wait(seconds: 30))
        client.reset()
        #expect(ended.wait(seconds: 30))
        let trace = try #require(passage.traces(1).first)
        #expect(trace.moments.contains { $0.kind == .clientGone })
        #expect(trace.spans.allSatisfy { $0.end != nil })
    }

    @Test("a server that answers before it has read everything is heard, and the client can read what it says")
    func early() throws {
        let server = try RawServer { _ in
            .talk { talk, _ in
                talk.write("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nhuge")
                for _ in 0..<20 where !talk.read().isEmpty {}
            }
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let client = try RawClient(port: passage.server.port)
        client.send(
            "POST /up HTTP/1.1\r\nHost: shop\r\nContent-Length: 50000000\r\n\r\n"
                + String(repeating: "x", count: 100_000))
        let answer = client.read()
        #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.hasSuffix("huge") && !client.wasReset)
        let trace = try #require(passage.traces(1).first)
        #expect(trace.status == 413)
        #expect(trace.spans.allSatisfy { $0.end != nil })
    }

    @Test("who expects 100-continue is told to go on, and is asked for what another lane gets too")
    func expectation() throws {
        let server = try RawServer { _ in
            .talk { talk, rest in
                _ = talk.read(until: "hello", after: rest)
                talk.write(Self.done)
            }
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let client = try RawClient(port: passage.server.port)
        client.send(
            "POST /up HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        #expect(client.read { $0.contains("\r\n\r\n") } == "HTTP/1.1 100 Continue\r\n\r\n")
        client.send("hello")
        #expect(client.read().hasSuffix("ok"))
        #expect(server.requests.first?.lowercased().contains("expect:") == false)

        let other = RemoteLane(
            id: LaneID(rawValue: 1), target: try RemoteTarget(reading: "b=\(server.url)"), log: passage.log,
            numbers: passage.numbers)
        defer { other.stop() }
        let front = Front(lanes: [passage.lane, other], numbers: passage.numbers)
        let post = IncomingRequest(method: "POST", target: "/")
        #expect(front.taker(ofComing: post) != nil)
        front.setMirrorsUnsafe(true)
        #expect(front.taker(ofComing: post) == nil, "two lanes are given what is whole")
        #expect(front.taker(ofComing: IncomingRequest(method: "GET", target: "/")) == nil)
    }

    @Test("the next request of a connection comes after a body that was passed on")
    func keepsAlive() throws {
        let server = try RawServer { head in
            head.contains("POST")
                ? .talk { talk, rest in
                    _ = talk.read(until: "0\r\n\r\n", after: rest)
                    talk.write(Self.done)
                } : .send(Self.done)
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let client = try RawClient(port: passage.server.port)
        client.send(
            "POST /1 HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
                + "GET /2 HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
        #expect(client.read().components(separatedBy: "HTTP/1.1 200 OK").count == 3)
        #expect(passage.traces(2).compactMap(\.status) == [200, 200])
    }

    @Test(
        "what a closed connection took with it is sent once more, where that is allowed and the connection was used before",
        arguments: ["GET", "HEAD", "PUT", "POST", "PATCH"])
    func again(method: String) throws {
        let count = Mutex(0)
        let server = try RawServer { _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            guard number == 1 else { return .send(Self.done) }
            return .talk { talk, _ in
                talk.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                // The next request comes, and is not answered.
                _ = talk.read()
            }
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        #expect(try passage.get("/first").hasSuffix("ok"))
        let answer = try passage.send("\(method) /second HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
        let isRepeated = !["POST", "PATCH"].contains(method)
        #expect(answer.hasPrefix(isRepeated ? "HTTP/1.1 200 " : "HTTP/1.1 502 "))
        #expect(count.withLock { $0 } == (isRepeated ? 2 : 1))
        let trace = try #require(passage.traces(2).last)
        let spans = trace.spans.filter { $0.kind != .arriving && $0.kind != .receiving }
        #expect(
            spans.map(\.kind) == (isRepeated ? [.connecting, .remote, .connecting, .remote] : [.connecting, .remote]))
        #expect(trace.spans.allSatisfy { $0.end != nil })
    }

    @Test("the head of an event stream is with its client before the first event, and each event as it comes")
    func events() throws {
        let (first, second) = (Bell(), Bell())
        let server = try RawServer { _ in
            .talk { talk, _ in
                talk.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                first.wait(seconds: 30)
                talk.write("9\r\ndata: 1\n\n\r\n")
                second.wait(seconds: 30)
                talk.write("9\r\ndata: 2\n\n\r\n0\r\n\r\n")
                _ = talk.read()
            }
        }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        let client = try RawClient(port: passage.server.port)
        client.send("GET /events HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
        #expect(client.read { $0.contains("\r\n\r\n") }.contains("text/event-stream"))
        first.ring()
        #expect(client.read { $0.contains("data: 1") }.contains("data: 1"))
        second.ring()
        #expect(client.read().contains("data: 2"))
    }

    @Test("a server that breaks off after its head, and before its body, is 502 to a client that has got nothing yet")
    func cutAtOnce() throws {
        let server = try RawServer { _ in .send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n") }
        defer { server.stop() }
        let passage = try Passage(to: server.url)
        #expect(try passage.get("/").hasPrefix("HTTP/1.1 502 "))
        let trace = try #require(passage.traces(1).first)
        #expect(trace.status == 502 && trace.errors.first?.kind == "BodyCut")
        #expect(passage.exchanges[trace.id]?.status == 502)
    }
}
