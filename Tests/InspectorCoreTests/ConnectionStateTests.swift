// A connection's state machine alone: each transition that is legal, and what comes when it is not expected.

import Testing

@testable import InspectorCore

@Suite struct ConnectionStateTests {
    private static let second: UInt64 = 1_000_000_000
    private static let start: UInt64 = 1000 * second

    private static func state(_ change: (inout Limits) -> Void = { _ in }) -> ConnectionState {
        var limits = Limits()
        change(&limits)
        return ConnectionState(limits: limits, now: start)
    }

    private static func request(_ method: String = "GET", _ headers: Headers = [:]) -> IncomingRequest {
        var headers = headers
        if headers["Host"] == nil { headers["Host"] = "localhost" }
        return IncomingRequest(method: method, target: "/", headers: headers, accepted: start)
    }

    /// A state in which a whole request is with the responder.
    private static func serving(keepsAlive: Bool = true) -> ConnectionState {
        var state = state()
        _ = state.readBytes(10, now: start)
        _ = state.readHead(request(), keepsAlive: keepsAlive)
        _ = state.readEnd()
        _ = state.takeRequest()
        return state
    }

    private static func status(_ action: ConnectionState.Action) -> Int? {
        if case .reject(let status, _) = action { status } else { nil }
    }

    @Test("idle → reading → serving → writing → idle, and the next request")
    func goesRound() {
        var state = Self.state()
        for _ in 0..<2 {
            #expect(state.isIdle && !state.isServing)
            #expect(state.readBytes(10, now: Self.start) == .nothing)
            #expect(!state.isIdle, "something of a request came")
            #expect(state.readHead(Self.request(), keepsAlive: true) == .nothing)
            #expect(state.readEnd() == .serve)
            #expect(state.isServing && state.awaitsAnswer && !state.isWriting)
            #expect(state.takeRequest().target == "/")
            state.writes(now: Self.start)
            #expect(state.isServing && state.isWriting && !state.awaitsAnswer)
            #expect(state.answered(now: Self.start) == .nothing)
        }
        #expect(state.isIdle)
    }

    @Test("the last answer closes: the client's wish, its closed side, a server that stops")
    func closes() {
        var wish = Self.serving(keepsAlive: false)
        var side = Self.serving()
        var stop = Self.serving()
        #expect(side.inputClosed() == .nothing && stop.quiesce() == .nothing, "what was asked for is still answered")
        for index in 0..<3 {
            var state = [wish, side, stop][index]
            #expect(state.answered(now: Self.start) == .close && state.isOver)
        }
        wish.endsWithConnection()
        #expect(!wish.keepsAlive)
    }

    @Test("what comes in another phase changes nothing")
    func unexpected() {
        var idle = Self.state()
        #expect(idle.readBody([1]) == .nothing && idle.readEnd() == .nothing && idle.isIdle)
        #expect(idle.answered(now: Self.start) == .nothing)
        idle.writes(now: Self.start)
        #expect(idle.isIdle && !idle.isWriting)
        var reading = Self.state()
        _ = reading.readHead(Self.request("POST", ["Content-Length": "1"]), keepsAlive: true)
        #expect(reading.readHead(Self.request("PUT"), keepsAlive: true) == .nothing)
        #expect(reading.request.method == "POST")
        var serving = Self.serving()
        #expect(serving.readBody([1]) == .nothing && serving.readEnd() == .nothing && serving.awaitsAnswer)
        var over = Self.state()
        over.closed()
        #expect(over.readBytes(1_000_000, now: Self.start) == .nothing)
        #expect(over.readHead(Self.request(), keepsAlive: true) == .nothing && over.readEnd() == .nothing)
        #expect(over.isOver)
    }

    @Test("an expectation is met where there is a body, and only in HTTP/1.1")
    func expectation() {
        var state = Self.state()
        let head = Self.request("POST", ["Content-Length": "3", "Expect": "100-continue"])
        #expect(state.readHead(head, keepsAlive: true) == .sendContinue)
        var old = Self.state()
        #expect(old.readHead(head, keepsAlive: false, isOld: true) == .nothing && old.isOld)
        var none = Self.state()
        #expect(none.readHead(Self.request("GET", ["Expect": "100-continue"]), keepsAlive: true) == .nothing)
        var other = Self.state()
        let strange = Self.request("POST", ["Content-Length": "3", "Expect": "cake"])
        #expect(Self.status(other.readHead(strange, keepsAlive: true)) == 417 && other.isOver)
    }

    @Test("a body is refused when it is announced too large, when it comes too large, and when there is no room")
    func bodies() {
        var announced = Self.state { $0.body = 10 }
        #expect(
            Self.status(announced.readHead(Self.request("POST", ["Content-Length": "11"]), keepsAlive: true)) == 413)
        var coming = Self.state { $0.body = 10 }
        _ = coming.readHead(Self.request("POST", ["Transfer-Encoding": "chunked"]), keepsAlive: true)
        #expect(coming.readBody([UInt8](repeating: 1, count: 10)) == .nothing)
        #expect(Self.status(coming.readBody([1])) == 413 && coming.isOver && coming.request.body.isEmpty)
        var full = Self.state { limits in
            limits.bodies = 1000
            limits.freeBody = 10
        }
        _ = full.readHead(Self.request("POST", ["Content-Length": "5000"]), keepsAlive: true)
        #expect(Self.status(full.readBody([UInt8](repeating: 1, count: 2000))) == 503)
        var wrapped = Self.state()
        _ = wrapped.readHead(Self.request("POST", ["Transfer-Encoding": "chunked"]), keepsAlive: true)
        #expect(Self.status(wrapped.readBytes(1_000_000, now: Self.start)) == 400, "far more around it than in it")
    }

    @Test("a client that takes too long is told 408 within a request, and closed between two")
    func time() {
        let limits = Limits()
        func after(_ seconds: Double) -> UInt64 { Self.start + UInt64((seconds + 1) * 1e9) }
        var idle = Self.state()
        #expect(idle.check(now: Self.start) == .nothing && idle.check(now: after(limits.idleSeconds)) == .close)
        var head = Self.state()
        _ = head.readBytes(5, now: Self.start)
        #expect(Self.status(head.check(now: after(limits.readSeconds))) == 408)
        var body = Self.state()
        _ = body.readHead(Self.request("POST", ["Content-Length": "5"]), keepsAlive: true)
        #expect(body.check(now: after(limits.bodyIdleSeconds - 2)) == .nothing)
        #expect(Self.status(body.check(now: after(limits.bodyIdleSeconds))) == 408)
        var serving = Self.serving()
        #expect(serving.check(now: after(100_000)) == .nothing, "who waits for an answer is not idle")
        var over = Self.state()
        _ = over.failed(status: 400)
        #expect(over.check(now: Self.start) == .nothing && over.check(now: after(limits.lingerSeconds)) == .close)
    }

    @Test("a stop answers 503 to what is not done, and cuts no answer that is on its way")
    func halts() {
        var idle = Self.state()
        #expect(idle.halt() == .close)
        var begun = Self.state()
        _ = begun.readBytes(1, now: Self.start)
        #expect(Self.status(begun.halt()) == 503)
        var serving = Self.serving()
        #expect(Self.status(serving.halt()) == 503 && serving.isOver)
        var writing = Self.serving()
        writing.writes(now: Self.start)
        #expect(writing.halt() == .close)
        var quiet = Self.state()
        #expect(quiet.quiesce() == .close && quiet.isOver)
    }

    @Test(
        "what is not HTTP is refused while nothing is asked, and closes what is; a client that does not read is reset")
    func failures() {
        var idle = Self.state()
        #expect(idle.failed(status: 400) == .reject(400) && idle.isOver && !idle.keepsAlive)
        var serving = Self.serving()
        #expect(serving.failed(status: 400) == .close)
        var writing = Self.serving()
        writing.writes(now: Self.start)
        #expect(writing.stalled() == .reset && writing.isOver)
        var closed = Self.state()
        #expect(closed.inputClosed() == .close)
        var unnamed = Self.state()
        let head = IncomingRequest(method: "GET", target: "/", headers: [:], accepted: Self.start)
        #expect(Self.status(unnamed.readHead(head, keepsAlive: true)) == 400)
        var ports = Self.state()
        for host in ["localhost:99999999", "localhost:65536", "localhost:a", "[::1]:99999"] {
            ports = Self.state()
            #expect(Self.status(ports.readHead(Self.request("GET", ["Host": host]), keepsAlive: true)) == 400)
        }
        for host in ["localhost:65535", "localhost:", "[::1]:80", "[::1]"] {
            ports = Self.state()
            #expect(ports.readHead(Self.request("GET", ["Host": host]), keepsAlive: true) == .nothing, "\(host)")
        }
    }
}
